//! Manifests: what is read, what is refused, and in which words.
#![expect(
    clippy::needless_pass_by_value,
    clippy::format_push_string,
    clippy::format_collect,
    reason = "tests are data; what cannot be built fails them"
)]

mod entra_connect;
mod hostile;
mod lowering;
mod policies;
mod schemas;
mod spans;
mod structure;
mod yaml;

use samesign::manifest::{Diagnostic, InputContent, InputFile, Loaded, Provenance, load};
use samesign::render::{Paint, diagnostics};

/// Loads one file.
fn load_text(text: &str) -> Loaded {
    load_bytes(text.as_bytes())
}

fn load_bytes(bytes: &[u8]) -> Loaded {
    load(vec![file("a.yaml", bytes)], &Provenance::default())
}

fn file(path: &str, bytes: &[u8]) -> InputFile {
    InputFile { path: path.into(), content: InputContent::Bytes(bytes.to_vec()) }
}

/// Findings of one file, a line for each fact.
fn words(text: &str) -> String {
    words_of(&load_text(text).findings)
}

fn words_of(findings: &[Diagnostic]) -> String {
    let mut words = String::new();
    for finding in findings {
        words.push_str(&format!("{finding}\n"));
        for it in &finding.related {
            let (line, column) = it.file.position(it.span.start);
            words.push_str(&format!("    {line}:{column} is {}\n", it.label));
        }
        if let Some(hint) = &finding.hint {
            words.push_str(&format!("    hint: {hint}\n"));
        }
    }
    words
}

/// What people see of the findings of one file.
fn findings(text: &str) -> String {
    diagnostics(&load_text(text).findings, Paint::Plain)
}

/// A manifest without its first line.
fn manifest(kind: &str, spec: &str) -> String {
    let spec: String = spec.trim_matches('\n').lines().map(|it| format!("  {it}\n")).collect();
    format!("apiVersion: samesign.dev/v1alpha1\nkind: {kind}\nmetadata: {{name: it}}\nspec:\n{spec}")
}

/// A policy together with the directory and the tenant that it needs.
fn policy(spec: &str) -> String {
    let sides = [
        manifest("SyncPolicy", &format!("directory: it\ntenant: it\n{}", spec.trim_matches('\n'))),
        manifest("Directory", "ldif: {path: d.ldif}"),
        manifest("Tenant", "cloud: sandbox"),
    ];
    sides.join("---\n")
}
