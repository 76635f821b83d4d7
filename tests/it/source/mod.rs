//! Sources: files, and servers that say what a script tells them to.

mod connections;
mod drs;
mod following;
mod ldap;
mod ldif;
mod name_servers;
mod probe;
mod scripted;
mod silence;
