//! What a doctor says of a real domain controller.

use std::fs;

use super::tenant::Tenant;
use super::workplace::{Door, Ran, Workplace};
use crate::lab::{Lab, authority};

/// The words after the server's address in the lines of one check.
fn said(ran: &Ran, check: &str, lab: &Lab) -> Vec<String> {
    let lines = ran.out.lines().filter(|it| it.split_whitespace().nth(2) == Some(check));
    lines.filter(|it| it.contains(&lab.address)).map(|it| it.trim().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_controller_that_is_well_is_said_to_be_well() {
    let lab = tokio::task::block_in_place(Lab::start);
    let tenant = Tenant::start().await;
    for door in [Door::Password, Door::Keytab] {
        let ran = Workplace::new(lab, &tenant, door, &["Staff"]).samesign(&["doctor"]);
        for check in ["resolution", "reach", "certificate", "bind", "controller", "clock"] {
            let lines = said(&ran, check, lab);
            assert!(lines.len() == 1 && lines[0].starts_with(". ok"), "{check}: {}", ran.out);
        }
        let controller = &said(&ran, "controller", lab)[0];
        assert!(controller.contains("a writable controller of corp.example.com"), "{controller}");
        assert!(
            controller.contains("functional level") && controller.contains("invocation id"),
            "{controller}"
        );
        assert!(ran.out.contains("read to the end"), "{}", ran.out);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_authority_is_a_problem_that_says_what_to_do() {
    let lab = tokio::task::block_in_place(Lab::start);
    let tenant = Tenant::start().await;
    let place = Workplace::new(lab, &tenant, Door::Password, &["Staff"]);
    fs::write(place.path("manifests/ca.pem"), authority("somebody else").pem()).unwrap();
    let ran = place.samesign(&["doctor"]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    let lines = said(&ran, "certificate", lab);
    assert!(lines[0].starts_with("! problem") && lines[0].contains("UnknownIssuer"), "{}", ran.out);
    assert!(
        ran.out.contains("fix: the `caFile` must hold it, or the authority that signed it"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("the app gets a token"), "the tenant is looked at all the same: {}", ran.out);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_base_that_is_gone_is_named() {
    let lab = tokio::task::block_in_place(Lab::start);
    let tenant = Tenant::start().await;
    let place = Workplace::new(lab, &tenant, Door::Password, &["Nowhere"]);
    let ran = place.samesign(&["doctor"]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert!(ran.out.contains("- OU=Nowhere,DC=corp,DC=example,DC=com"), "{}", ran.out);
}
