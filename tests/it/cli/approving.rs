//! `approve`: what it writes is what a person reads, what the manifests accept, and what `apply` then does.

use expect_test::expect;

use super::{check, started};
use crate::program::{Output, Program};

/// Ada and Charles were applied; then the policy was changed so that both leave.
pub(super) fn held() -> Program {
    let program = started();
    assert_eq!(program.run(&["apply", "policy", "--auto-approve"]).code, 0);
    leave(&program, "(sn=*)");
    assert_eq!(program.run(&["plan", "policy", "--out", "saved.json"]).code, 0);
    program
}

/// Takes out of scope whom a filter describes.
fn leave(program: &Program, filter: &str) {
    let text = program.read("policy/policy.yaml");
    let scope = r#"scope: {bases: ["OU=Staff,DC=corp,DC=contoso,DC=com"]"#;
    program.write("policy/policy.yaml", &text.replace(scope, &format!("{scope}, exclude: [\"{filter}\"]")));
}

const SURE: [&str; 6] =
    ["--by", "kim@msp.example", "--reason", "leavers, ticket 4711", "--expires", "2099-01-01"];

fn approve(program: &Program, more: &[&str]) -> Output {
    let arguments: Vec<&str> =
        ["approve", "saved.json"].into_iter().chain(SURE).chain(more.iter().copied()).collect();
    plain(&program.run(&arguments), program)
}

/// Digests, ids of plans and places differ from run to run.
fn plain(output: &Output, program: &Program) -> Output {
    let saved: serde_json::Value = serde_json::from_str(&program.read("saved.json")).unwrap();
    let text = |text: &str| {
        let mut text = text.replace(&program.path("").display().to_string(), "");
        for change in saved["changes"].as_array().unwrap() {
            let digest = change["digest"].as_str().unwrap();
            let name = change["name"].as_str().unwrap();
            text = text.replace(digest, &format!("<digest of {name}>"));
            text = text.replace(&digest["sha256:".len()..][..8], "<digits>");
        }
        text.replace(saved["id"].as_str().unwrap(), "<plan>")
    };
    Output { code: output.code, stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

#[test]
fn the_manifest_lists_what_the_plan_holds() {
    check(
        &approve(&held(), &[]),
        &expect![[r##"
            # yaml-language-server: $schema=.schema/manifest.schema.json
            apiVersion: samesign.dev/v1alpha1
            kind: Approval
            metadata: {name: contoso-<plan>}
            spec:
              policy: contoso
              plan: "<plan>"
              reason: "leavers, ticket 4711"
              by: kim@msp.example
              expires: 2099-01-01T00:00:00Z
              changes:
                - digest: "<digest of ada@contoso.com>"
                  what: "block user ada@contoso.com, policy changed: users.scope.exclude (excluded by (sn=*))"
                - digest: "<digest of charles@contoso.com>"
                  what: "block user charles@contoso.com, policy changed: users.scope.exclude (excluded by (sn=*))"
            ! lets 2 of 2 held changes run once, until 2099-01-01T00:00:00Z
            ! put it among the manifests (policy), commit it, then plan and apply
        "##]],
    );
}

#[test]
fn what_is_approved_runs_once_and_nothing_else_does() {
    let program = held();
    check(
        &approve(&program, &["--what", "ADA@contoso.com", "--out", "policy/approvals/ada.yaml"]),
        &expect![[r#"
            ! lets 1 of 2 held changes run once, until 2099-01-01T00:00:00Z
            ! wrote policy/approvals/ada.yaml; commit it, then samesign apply policy
        "#]],
    );
    assert!(
        program.read("policy/approvals/ada.yaml").starts_with("# yaml-language-server: $schema=../.schema/"),
        "the schema is one folder up"
    );
    let first = program.run(&["apply", "saved.json"]);
    assert_eq!((first.code, first.stdout.contains("applied: 1 done; 1 held")), (3, true), "{}", first.stdout);
    check(
        &Output { stdout: String::new(), ..first },
        &expect![[r#"
        ! approved: block user ada@contoso.com
        exit 3
    "#]],
    );
    let second = program.run(&["apply", "policy", "--auto-approve"]);
    let second = plain(&second, &program);
    check(
        &Output { stdout: String::new(), ..second },
        &expect![[r#"
            ! warning: approval contoso-<plan>: block user ada@contoso.com, policy changed: users.scope.exclude (excluded by (sn=*)): it was used before
            exit 3
        "#]],
    );
}

#[test]
fn a_word_that_means_nothing_is_answered_with_what_there_is() {
    let program = held();
    check(
        &approve(&program, &["--what", "ada@contoso.com", "adda@contoso.com"]),
        &expect![[r#"
            ! error: the plan holds nothing that is called `adda@contoso.com`
            !
            ! hint: it holds:
            !     <digits>  block user ada@contoso.com, policy changed: users.scope.exclude (excluded by (sn=*))
            !     <digits>  block user charles@contoso.com, policy changed: users.scope.exclude (excluded by (sn=*))
            exit 1
        "#]],
    );
    let text = program.read("saved.json");
    let digest = &text[text.find("sha256:").unwrap()..];
    assert_eq!(approve(&program, &["--what", "sha256:00"]).code, 1, "too few digits, and not its own");
    let plan: serde_json::Value = serde_json::from_str(&text).unwrap();
    let change = &plan["changes"][0];
    for who in [&change["digest"], &change["anchor"], &change["name"]] {
        let output = approve(&program, &["--what", who.as_str().unwrap()]);
        assert_eq!(output.stdout.matches("- digest").count(), 1, "{who}: {}", output.stderr);
    }
    let short = &change["digest"].as_str().unwrap()["sha256:".len()..][..12];
    assert_eq!(approve(&program, &["--what", short]).stdout.matches("- digest").count(), 1, "{digest:.20}");
    assert_eq!(approve(&program, &["--what", "block"]).stdout.matches("- digest").count(), 2);
}

#[test]
fn an_expired_approval_releases_nothing_and_is_said() {
    let program = held();
    assert_eq!(approve(&program, &["--out", "policy/old.yaml"]).code, 0);
    let text = program.read("policy/old.yaml").replace("2099-01-01", "2001-01-01");
    program.write("policy/old.yaml", &text);
    let output = program.run(&["apply", "policy", "--auto-approve"]);
    assert_eq!(output.stderr.matches("the approval has expired").count(), 2, "{}", output.stderr);
    assert!(output.stdout.contains("applied: 0 done; 2 held"), "{}", output.stdout);
}

#[test]
fn a_plan_that_was_edited_is_not_approved() {
    let program = held();
    let text = program.read("saved.json");
    program.write("saved.json", &text.replacen("\"op\": \"block\"", "\"op\": \"delete\"", 1));
    let output = program.run(&["approve", "saved.json", "--reason", "x", "--by", "kim"]);
    assert_eq!((output.code, output.stdout.as_str()), (1, ""));
    assert!(output.stderr.contains("the plan was edited after it was saved"), "{}", output.stderr);
}

#[test]
fn nothing_is_overwritten() {
    let program = held();
    program.write("mine.yaml", "mine");
    check(
        &approve(&program, &["--out", "mine.yaml"]),
        &expect![[r#"
        ! error: mine.yaml exists already: nothing was written
        !
        ! hint: give another file; an approval that was used can be deleted
        exit 1
    "#]],
    );
    assert_eq!(program.read("mine.yaml"), "mine");
}

#[test]
fn odd_words_come_back_as_they_were() {
    let program = held();
    let text = program.read("policy/directory.ldif").replace("charles@contoso.com", "o'brien#1@contoso.com");
    program.write("policy/directory.ldif", &text);
    let reason = "a \"b\" # c: d\n- e\t\u{2028}\u{1f680} \u{202e}{f}";
    program.run(&["plan", "policy", "--out", "saved.json"]);
    let arguments = ["approve", "saved.json", "--by", "null", "--reason", reason, "--out", "policy/odd.yaml"];
    let output = program.run(&arguments);
    assert_eq!(output.code, 0, "{}", output.stderr);
    assert_eq!(program.run(&["validate", "policy"]).code, 0);
    let loaded = samesign::workspace::load(&program.path("policy")).unwrap();
    let approval = &loaded.policies[0].approvals[0];
    assert_eq!((approval.by.as_str(), approval.reason.as_str()), ("null", reason));
}

#[test]
fn who_why_and_until_when_have_to_be_known() {
    let program = held();
    let run = |more: &[&str]| program.run(&[&["approve", "saved.json", "--by", "kim"][..], more].concat());
    check(
        &run(&[]),
        &expect![[r#"
        ! error: why is it approved?
        !
        ! hint: give --reason, as in `--reason "leavers, ticket 4711"`
        exit 64
    "#]],
    );
    check(
        &run(&["--reason", "x", "--expires", "soon"]),
        &expect![[r#"
        ! error: --expires soon is neither a day nor a duration
        !
        ! hint: write it as in `2026-12-01`, `2026-12-01T18:00:00Z`, `36h` or `7d`
        exit 64
    "#]],
    );
    assert_eq!(run(&["--reason", "x", "--expires", "2001-01-01"]).code, 64);
    assert_eq!(run(&["--reason", "x", "--expires", "2099-01-01T00:00"]).code, 64, "no offset");
    check(
        &run(&["--reason", "x", "--name", "Not A Name"]),
        &expect![[r#"
        ! error: Not A Name is no name of a manifest
        !
        ! hint: --name takes lower-case letters, digits, `-` and `.`, at most 63 of them
        exit 64
    "#]],
    );
    let longer = run(&["--reason", "x", "--expires", "2099-01-01T02:00:00+02:00"]);
    assert!(longer.stdout.contains("expires: 2099-01-01T00:00:00Z"), "{}", longer.stdout);
}

#[test]
fn nobody_is_asked_to_approve_nothing() {
    let program = started();
    program.run(&["plan", "policy", "--out", "saved.json"]);
    check(
        &program.run(&["approve", "saved.json"]),
        &expect![[r#"
            ! nothing is held: no approval is needed (a service whose policy has `mode: review` waits for one: --all)
        "#]],
    );
    check(
        &program.run(&["approve", "saved.json", "--what", "ada@contoso.com"]),
        &expect![[r#"
            ! error: nothing holds `ada@contoso.com`: it runs without an approval
            !
            ! hint: a service whose policy has `mode: review` waits for one all the same: give --all
            exit 1
        "#]],
    );
}

#[test]
fn what_no_approval_releases_is_said_with_what_helps() {
    let program = started();
    let seed = "users:\n  - {userPrincipalName: ada@contoso.com, displayName: Other, mailNickname: ada, guest: true}\n";
    program.write("policy/tenant.seed", seed);
    let policy = program.read("policy/policy.yaml");
    program.write(
        "policy/policy.yaml",
        &policy.replace(".sandbox/tenant.json}", ".sandbox/tenant.json, seed: tenant.seed}"),
    );
    program.run(&["plan", "policy", "--out", "saved.json"]);
    let output = approve(&program, &[]);
    assert_eq!((output.code, output.stdout.as_str()), (1, ""));
    assert!(
        output.stderr.contains("no approval releases: adopt user ada@contoso.com, CN=Ada Lovelace,OU=Staff,DC=corp,DC=contoso,DC=com of AD has \
             the same userPrincipalName\n    held by conflict: "),
        "{}",
        output.stderr
    );
}

#[test]
fn a_plan_of_several_policies_gives_a_manifest_for_each() {
    let program = started();
    let second = program.read("policy/policy.yaml").replace("{name: contoso}", "{name: second}");
    let second = second.replace("tenant: contoso", "tenant: second").replace("tenant.json", "second.json");
    program.write("policy/second.yaml", &second.replace("directory: contoso", "directory: second"));
    assert_eq!(program.run(&["apply", "policy", "--auto-approve"]).code, 0);
    leave(&program, "(sn=*)");
    let text = program.read("policy/second.yaml");
    program.write("policy/second.yaml", &text.replace("OU=Staff", "OU=Stuff"));
    program.run(&["plan", "policy", "--out", "saved.json"]);
    let arguments = ["approve", "saved.json", "--name", "all", "--out", "policy/all.yaml"];
    let output = program.run(&[&arguments[..], &SURE].concat());
    assert_eq!(output.code, 0, "{}", output.stderr);
    let written = program.read("policy/all.yaml");
    assert_eq!(written.matches("\n---\n").count(), 1, "{written}");
    for name in ["{name: all-contoso}", "{name: all-second}"] {
        assert!(written.contains(name), "{written}");
    }
    assert_eq!(program.run(&["apply", "saved.json"]).code, 0);
}
