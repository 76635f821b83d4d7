//! `plan --pseudonymise`: what the public reads of a plan, by the real program.

use std::collections::BTreeSet;

use expect_test::expect;

use super::{check, started};
use crate::program::{self, Output, Program, repository};

const FORMS: [&str; 4] = ["text", "json", "markdown", "html"];

/// The values of a directory in LDIF that are long enough not to be part of something else, and their parts.
fn values(ldif: &str) -> BTreeSet<String> {
    let technical = ["objectclass", "grouptype", "useraccountcontrol", "version", "pwdlastset"];
    let values = ldif.lines().filter_map(|it| it.split_once(": ")).filter(|(name, _)| {
        !technical.contains(&name.to_lowercase().as_str()) && !name.starts_with('#') && !name.ends_with(':')
    });
    let parts = |it: &str| [vec![it.to_owned()], it.split('@').map(str::to_owned).collect()].concat();
    values.flat_map(|(_, value)| parts(value)).filter(|it| 4 <= it.len()).collect()
}

#[track_caller]
fn check_names_nobody(values: &BTreeSet<String>, output: &Output) {
    let said = format!("{}{}", output.stdout, output.stderr).replace('\\', "");
    // Without a capital or a domain it may be a word of samesign, too, and stages are called `createGroups`.
    let is_name = |it: &&String| (it.contains(char::is_uppercase) || it.contains('@')) && *it != "Groups";
    let found: Vec<&String> = values.iter().filter(is_name).filter(|it| said.contains(it.as_str())).collect();
    assert!(found.is_empty(), "{found:?}:\n{said}");
}

#[test]
fn no_sample_names_anybody_under_pseudonyms_in_any_form() {
    for sample in ["manifests", "examples/first-steps", "examples/school", "examples/pilot-group"] {
        let program = Program::new();
        program::copy(&repository(sample), &program.path("policy"));
        let kept = program.path("policy/.sandbox");
        if kept.exists() {
            std::fs::remove_dir_all(kept).unwrap();
        }
        let values = values(&program.read("policy/directory.ldif"));
        assert!(10 < values.len(), "{sample}");
        for form in FORMS {
            let output = program.run(&["plan", "policy", "--pseudonymise", "--format", form]);
            assert_eq!(output.code, 0, "{sample}: {}", output.stderr);
            assert!(output.stdout.contains("domain-1"), "{sample}: {}", output.stdout);
            check_names_nobody(&values, &output);
        }
    }
}

#[test]
fn what_is_saved_is_the_plan_itself_with_the_id_that_is_printed() {
    let program = started();
    let output = program.run(&["plan", "policy", "--pseudonymise", "--out", "plan.json"]);
    let id = output.stdout.split(' ').nth(1).unwrap();
    let saved = program.read("plan.json");
    assert!(saved.contains(&format!("\"id\": \"{id}\"")) && saved.contains("ada@contoso.com"));
    assert!(!output.stdout.contains("ada@"), "{}", output.stdout);
    let applied = program.run(&["apply", "plan.json"]);
    assert_eq!(applied.code, 0, "{}", applied.stderr);
}

#[test]
fn what_is_printed_is_taken_by_nothing() {
    let program = started();
    let plan = program.run(&["plan", "policy", "--pseudonymise", "--format", "json"]);
    program.write("plan.json", &plan.stdout);
    check(
        &program.run(&["apply", "plan.json"]),
        &expect![[r#"
            ! error: cannot apply plan.json
            !   caused by: names and values in it are pseudonyms, which nobody has: it is for reading only
            !
            ! hint: with --out FILE, samesign plan --pseudonymise saves the plan itself, and prints the other one
            exit 1
        "#]],
    );
    assert_eq!(program.run(&["approve", "plan.json", "--reason", "leavers"]).code, 1);
}

#[test]
fn the_log_and_a_single_object_are_not_to_be_had_under_pseudonyms() {
    let program = started();
    for arguments in [["-v", "--color=never"], ["--object", "ada@contoso.com"]] {
        let output = program.run(&[&["plan", "policy", "--pseudonymise"], arguments.as_slice()].concat());
        assert_eq!((output.code, output.stdout.as_str()), (64, ""), "{}", output.stderr);
        assert!(output.stderr.contains("cannot be used with"), "{}", output.stderr);
    }
}

#[test]
fn of_what_fails_only_the_step_is_told() {
    let program = started();
    assert_eq!(program.run(&["apply", "policy", "--auto-approve"]).code, 0);
    let tenant = program.read("policy/.sandbox/tenant.json");
    program.write("policy/.sandbox/tenant.json", "{\"adalove\": 1}");
    check(
        &program.run(&["plan", "policy", "--pseudonymise"]),
        &expect![[r#"
            ! error: policy contoso: cannot open the tenant contoso
            !   caused by: not told under pseudonyms, since it may name people
            !
            ! hint: without --pseudonymise, where only you can read it, the same command says why
            exit 1
        "#]],
    );
    assert!(program.run(&["plan", "policy"]).stderr.contains("adalove"));
    program.write("policy/.sandbox/tenant.json", &tenant);
    let policy = program.read("policy/policy.yaml");
    program.write("policy/policy.yaml", &policy.replace("  users:", "  adalove: 1\n  users:"));
    check(
        &program.run(&["plan", "policy", "--pseudonymise"]),
        &expect![[r#"
            ! error: policy/policy.yaml:9:3
            ! error: the manifests in policy have errors
            !
            ! hint: samesign validate policy says what they are
            exit 1
        "#]],
    );
    assert!(program.run(&["plan", "policy"]).stderr.contains("adalove"));
}

#[test]
fn of_a_reading_that_broke_off_the_cause_is_not_told() {
    let program = started();
    let directory = program.read("policy/directory.ldif");
    program.write("policy/directory.ldif", &format!("{directory}\nthis line names Adalove\n"));
    let output = program.run(&["plan", "policy", "--pseudonymise"]);
    assert!(output.stdout.contains("PARTIAL") && !output.stdout.contains("dalove"), "{}", output.stdout);
    let line = output.stdout.lines().find(|it| it.starts_with('?')).unwrap();
    expect!["? health contoso: the reading of the directory cannot be trusted"].assert_eq(line);
}
