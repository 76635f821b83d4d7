//! samesign keeps Office 365 the same as an on-premises Active Directory.

pub mod model;
pub mod plan;
pub mod policy;
pub mod render;
pub mod source;
pub mod target;
pub mod wire;
