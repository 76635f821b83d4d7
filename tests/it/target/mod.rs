//! The targets: how the tenant is read and changed.

mod contract;
mod dirsync;
mod graph;
