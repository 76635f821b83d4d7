//! samesign keeps Office 365 the same as an on-premises Active Directory.

pub mod apply;
pub mod cli;
pub mod manifest;
pub mod model;
pub mod plan;
pub mod policy;
pub mod render;
pub mod sandbox;
pub mod source;
pub mod state;
pub mod target;
pub mod wire;
pub mod workspace;
