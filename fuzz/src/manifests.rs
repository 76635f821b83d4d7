//! Manifests: policies or findings, whose places lie inside of the file.
//!
//! It does not know where files come from.

use samesign::manifest::{InputContent, InputFile, Provenance, load};
use samesign::render::{Paint, diagnostics};

/// Reading compares with a schema, which takes its time.
const LENGTH_MAX: usize = 4096;

/// Loads one file, and shows what was found.
pub fn read(bytes: &[u8]) {
    if LENGTH_MAX < bytes.len() {
        return;
    }
    let file = InputFile { path: "a.yaml".into(), content: InputContent::Bytes(bytes.to_vec()) };
    let loaded = load(vec![file], &Provenance::default());
    let _shown = diagnostics(&loaded.findings, Paint::Plain);
    if loaded.has_errors() {
        assert!(loaded.policies.is_empty() && loaded.tenants.is_empty() && loaded.directories.is_empty());
    }
}
