//! The targets: how the tenant is read and changed.

mod dirsync;
mod graph;
