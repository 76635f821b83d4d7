//! Sources against servers that say what a script tells them to.
#![expect(clippy::unwrap_used, reason = "a test whose server cannot start has failed")]

mod ldap;
mod name_servers;
mod scripted;
