//! samesign keeps Office 365 the same as an on-premises Active Directory.
//!
//! The modules stand in reading order; each uses only some of those above it, and `tests/tidy` holds the
//! table. Start with [`plan::plan`], the function that all others serve.
//!
//! ```text
//! manifests ── manifest ──> policy ─┐
//! directory ── source ──> snapshot ─┼─ plan ──> review ──> apply ──> state
//! tenant ───── target ──> snapshot ─┘    │                   │
//!                                      render              target
//! ```
//!
//! On disk: manifests (read by [`workspace`]), an LDIF export ([`source::ldif`]), the records
//! ([`state`]), and the file of a sandbox tenant ([`sandbox`]). Nothing else is written, except what the
//! command line is asked to write.

pub mod model;

pub mod policy;

pub mod manifest;

pub mod workspace;

pub mod plan;

pub mod render;

pub mod wire;

pub mod doctor;

pub mod source;

pub mod target;

pub mod apply;

pub mod state;

pub mod sandbox;

pub mod controller;
pub mod observe;

pub mod cli;
