//! samesign keeps Office 365 the same as an on-premises Active Directory.

pub mod model;
pub mod sandbox;
