//! Sources: files, and servers that say what a script tells them to.

mod connections;
mod ldap;
mod ldif;
mod name_servers;
mod scripted;
