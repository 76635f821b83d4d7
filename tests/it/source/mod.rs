//! Where the directory is read.

mod ldif;
