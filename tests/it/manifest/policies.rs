//! Whole policies: the one of the specification, the sample, and what `init` writes.

use expect_test::expect;
use samesign::manifest::starter;

use super::{file, findings, load_text};
use samesign::manifest::{Provenance, load};

const APPENDIX_A: &str = include_str!("appendix_a.yaml");

#[test]
fn the_policy_of_the_specification_works_as_written() {
    let loaded = load_text(APPENDIX_A);
    assert!(!loaded.has_errors(), "{}", findings(APPENDIX_A));
    expect![[]].assert_eq(&findings(APPENDIX_A));
    let policy = &loaded.policies[0];
    assert_eq!((policy.name.as_str(), policy.directory.as_str()), ("contoso", "corp"));
    assert_eq!(loaded.tests[0].cases.len(), 2);
    assert_eq!(policy.approvals.len(), 1);
    assert_eq!(loaded.directories.len(), 2);
}

#[test]
fn what_init_writes_has_no_findings() {
    let files = starter::FILES
        .iter()
        .filter(|(path, _)| path.ends_with(".yaml"))
        .map(|(path, text)| file(path, text.as_bytes()))
        .collect();
    let loaded = load(files, &Provenance::default());
    assert_eq!(loaded.findings, []);
    assert_eq!(loaded.policies.len(), 1);
}

#[test]
fn the_sample_has_no_findings() {
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("manifests");
    let loaded = samesign::workspace::load(&directory).unwrap();
    assert_eq!(loaded.findings, []);
    assert_eq!(loaded.policies.len(), 1);
    assert_eq!(loaded.tests[0].cases.len(), 3);
}
