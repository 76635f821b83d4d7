//! The configuration that Entra Connect exports: what is imported is manifests without a mistake, and what is
//! translated of its expressions compiles.
//!
//! It does not know whether they mean the same.

use samesign::manifest::entra_connect::{Imported, Parameters, import, translate};
use samesign::manifest::yaml::parse;
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
        check(imported);
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(translated) = translate(text, &Parameters::default())
    {
        let compiled = Expression::compile(&translated.text, &mut AttributeNamesBuilder::new());
        assert!(compiled.is_ok(), "{}: {compiled:?}", translated.text);
    }
}

fn check(imported: Imported) {
    // A group that cannot be understood stays in the policy, which is refused until somebody has mended it.
    let is_to_be_mended = imported.notes.iter().any(|it| it.to_string().contains("into `memberOf`"));
    let file = |(name, text): (String, String)| {
        let parsed = parse(&text);
        assert!(parsed.whole && parsed.faults.is_empty(), "what is written is YAML: {:?}", parsed.faults);
        InputFile { path: name.into(), content: InputContent::Bytes(text.into_bytes()) }
    };
    let loaded = load(imported.files.into_iter().map(file).collect(), &Provenance::default());
    assert!(is_to_be_mended || !loaded.has_errors(), "what is imported is sound: {:?}", loaded.findings);
}
