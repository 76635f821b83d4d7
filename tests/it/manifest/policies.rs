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
    expect![[r#"
        warning: no policy uses the Directory `export`
          --> a.yaml:17:18
           |
        17 | metadata: {name: export}
           |                  ^^^^^^
           |
           = hint: name it in a SyncPolicy, or remove it

        warning: `endpoints` counts only with `cloud: custom`
          --> a.yaml:27:3
           |
        27 |   endpoints:                        # with cloud: custom; https, or http on loopback only
           |   ^^^^^^^^^
           |
           = hint: set `cloud: custom`, or remove `endpoints`

        warning: no policy uses the Tenant `rehearsal`
          --> a.yaml:41:18
           |
        41 | metadata: {name: rehearsal}
           |                  ^^^^^^^^^
           |
           = hint: name it in a SyncPolicy, or remove it

        warning: contacts are not written: Microsoft Graph cannot create mail contacts
          --> a.yaml:80:3
           |
        80 |   contacts:
           |   ^^^^^^^^ ignored with `channel: graph`
           |
           = hint: set `channel: directorySync` in the Tenant, or remove `contacts`

        warning: passwords do not travel: Microsoft Graph takes no password hashes
          --> a.yaml:82:3
           |
        82 |   passwords: {mode: hash, select: "(!(employeeType=contractor))"}
           |   ^^^^^^^^^ ignored with `channel: graph`
           |
           = hint: set `channel: directorySync` in the Tenant, or write `mode: none`

        warning: this entry approves nothing: not a digest: `sha256:` and 64 hexadecimal digits are expected
          --> a.yaml:98:16
           |
        98 |     - {digest: "sha256:5c0b…", what: "block user eve@contoso.com, deleted in AD"}
           |                ^^^^^^^^^^^^^^
           |
           = hint: copy the whole digest of the change from `samesign plan --format json`

        6 warnings
    "#]]
    .assert_eq(&findings(APPENDIX_A));
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
        .filter(|(path, _)| path.contains(".yaml"))
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
