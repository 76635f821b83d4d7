//! The configuration that Entra Connect exports: what is imported is manifests without a mistake, and what is
//! translated of its expressions compiles.
//!
//! It does not know whether they mean the same.

use samesign::manifest::entra_connect::{Parameters, import, translate};
use samesign::manifest::{InputContent, InputFile, Provenance, load};
use samesign::model::AttributeNamesBuilder;
use samesign::policy::Expression;

/// A real file with some rules has several thousand bytes.
const LENGTH_MAX: usize = 16 << 10;

/// Imports a file, and takes the same bytes for one expression.
pub fn read(bytes: &[u8]) {
    if LENGTH_MAX < bytes.len() {
        return;
    }
    if let Ok(imported) = import(bytes, "a.json") {
        let file = |(name, text): (String, String)| InputFile {
            path: name.into(),
            content: InputContent::Bytes(text.into_bytes()),
        };
        let files = imported.files.into_iter().map(file).collect();
        let loaded = load(files, &Provenance::default());
        assert!(!loaded.has_errors(), "what is imported is sound: {:?}", loaded.findings);
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(translated) = translate(text, &Parameters::default())
    {
        let compiled = Expression::compile(&translated.text, &mut AttributeNamesBuilder::new());
        assert!(compiled.is_ok(), "{}: {compiled:?}", translated.text);
    }
}
