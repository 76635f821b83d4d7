//! `status`: how policies stand, by the records and by both sides.

use expect_test::expect;

use super::check;
use crate::program::{Output, Program};

const POLICY: &str = r#"
apiVersion: samesign.dev/v1alpha1
kind: Directory
metadata: {name: corp}
spec: {ldif: {path: corp.ldif}}
---
apiVersion: samesign.dev/v1alpha1
kind: Tenant
metadata: {name: contoso}
spec: {cloud: sandbox, sandbox: {state: .sandbox/tenant.json, seed: tenant.seed}}
---
apiVersion: samesign.dev/v1alpha1
kind: SyncPolicy
metadata: {name: contoso}
spec:
  directory: corp
  tenant: contoso
  users: {scope: {bases: ["OU=Staff,DC=contoso,DC=com"]}}
"#;

const FAULT: &str = "
faults:
  - method: POST
    path: /users
    effect: {kind: status, status: 400, message: A value is wrong}
";

/// Two people, one of whom the tenant refuses.
fn folder() -> Program {
    let program = Program::new();
    let person = |number: u32, name: &str| {
        format!(
            "\ndn: CN={name},OU=Staff,DC=contoso,DC=com\nobjectClass: user\n\
             objectGUID: {{00000000-0000-4000-8000-00000000000{number}}}\nsAMAccountName: {name}\n\
             userAccountControl: 512\nuserPrincipalName: {name}@contoso.com\nmail: {name}@contoso.com\n"
        )
    };
    let unit = "dn: OU=Staff,DC=contoso,DC=com\nobjectClass: organizationalUnit\n\
                objectGUID: {00000000-0000-4000-8000-000000000001}\n";
    let ldif = [unit, &person(2, "ada"), &person(3, "bob")].concat();
    program.write("policy/policy.yaml", POLICY);
    program.write("policy/corp.ldif", &ldif);
    program.write("policy/tenant.seed", FAULT);
    program
}

/// Times, digests and ids of requests differ from run to run.
fn plain(output: &Output) -> Output {
    let is_time = |it: &str| {
        let it = it.trim_end_matches([',', ':']);
        it.starts_with("20") && it.len() == 10 || it.ends_with('Z') && it.len() == 9
    };
    let mut stdout = String::new();
    for line in output.stdout.lines() {
        let line = line.split_once(" (request-id").map_or(line, |it| it.0);
        let words: Vec<&str> = line.split(' ').map(|it| if is_time(it) { "<time>" } else { it }).collect();
        stdout += &(words.join(" ") + "\n");
    }
    Output { stdout, ..output.clone() }
}

#[test]
fn before_the_first_apply_it_says_so_and_makes_nothing() {
    let program = folder();
    check(
        &program.run(&["status", "policy"]),
        &expect![[r#"
            policy contoso   corp -> contoso
              last apply   nothing was applied yet, as far as the records go
              now          2 changes pending
              passwords    none travel: Microsoft Graph takes no password hashes (channel: graph)
        "#]],
    );
    assert!(!program.path("home").exists(), "no records are made");
    assert!(!program.path("policy/.sandbox").exists(), "no tenant is made");
}

#[test]
fn a_failed_object_is_told_until_it_succeeds() {
    let mut program = folder();
    program.set("USER", "kim");
    assert_eq!(program.run(&["apply", "policy", "--auto-approve"]).code, 1);
    let before = program.read("policy/.sandbox/tenant.json");
    check(
        &plain(&program.run(&["status", "policy"])),
        &expect![[r#"
            policy contoso   corp -> contoso
              last apply   <time> <time> run 1 by kim: 1 done, 1 failed, 0 held
              now          1 change pending
              failing      1 change failed last
                ! create user bob@contoso.com   failed, run 1, <time> <time> missing in tenant
                    POST /users was answered with 400 Request_BadRequest: A value is wrong
              passwords    none travel: Microsoft Graph takes no password hashes (channel: graph)
        "#]],
    );
    assert_eq!(program.read("policy/.sandbox/tenant.json"), before, "nothing is saved");
    program.write("policy/tenant.seed", "{}");
    assert_eq!(program.run(&["apply", "policy", "--auto-approve"]).code, 0);
    check(
        &plain(&program.run(&["status", "policy", "--policy", "contoso"])),
        &expect![[r#"
        policy contoso   corp -> contoso
          last apply   <time> <time> run 2 by kim: 1 done, 0 failed, 0 held
          now          nothing to do
          passwords    none travel: Microsoft Graph takes no password hashes (channel: graph)
    "#]],
    );
}

#[test]
fn a_side_that_cannot_be_read_leaves_the_records_and_exit_code_1() {
    let mut program = folder();
    program.set("USER", "kim");
    program.run(&["apply", "policy", "--auto-approve"]);
    std::fs::remove_file(program.path("policy/corp.ldif")).unwrap();
    check(
        &plain(&program.run(&["status", "policy"])),
        &expect![[r#"
        policy contoso   corp -> contoso
          last apply   <time> <time> run 1 by kim: 1 done, 1 failed, 0 held
          now          not known, both sides have to be read: the directory could not be read: cannot read policy/corp.ldif: no such file
          failing      1 change failed last
            ! create user bob@contoso.com   failed, run 1, <time> <time> missing in tenant
                POST /users was answered with 400 Request_BadRequest: A value is wrong
          passwords    none travel: Microsoft Graph takes no password hashes (channel: graph)
        exit 1
    "#]],
    );
    let output = program.run(&["status", "policy", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!((output.code, &json["policies"][0]["now"]), (1, &serde_json::Value::Null));
    assert_eq!(json["policies"][0]["lastApply"]["failed"], 1);
}

#[test]
fn an_export_has_no_passwords_whatever_the_policy_wants() {
    let program = folder();
    program.write("policy/tenant.seed", "onPremisesSyncEnabled: true\n");
    let policy = POLICY.replace("{cloud: sandbox,", "{cloud: sandbox, channel: directorySync,");
    program.write("policy/policy.yaml", &(policy + "  passwords: {mode: hash}\n"));
    let output = program.run(&["status", "policy"]);
    assert_eq!(output.code, 0, "{}", output.stdout);
    assert!(
        output.stdout.ends_with("passwords    none travel: an LDIF export has none\n"),
        "{}",
        output.stdout
    );
}

#[test]
fn records_that_another_process_writes_can_be_looked_at() {
    let program = folder();
    program.run(&["apply", "policy", "--auto-approve"]);
    let before = program.run(&["status", "policy"]);
    let _writer = samesign::state::State::open(&program.path("home/.local/state/samesign")).unwrap();
    let output = program.run(&["status", "policy"]);
    assert_eq!((output.code, output.stderr.as_str()), (0, ""));
    assert_eq!(output.stdout, before.stdout);
    assert_eq!(program.run(&["history", "policy"]).code, 0);
}

#[test]
fn status_for_scripts_is_as_its_schema_says() {
    let program = folder();
    program.run(&["apply", "policy", "--auto-approve"]);
    let schema = serde_json::from_str(&program.run(&["schema", "status"]).stdout).unwrap();
    let output = program.run(&["status", "policy", "--format", "json"]);
    assert_eq!((output.code, output.stderr.as_str()), (0, ""));
    let json: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&json).map(|it| it.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    assert_eq!(json["format"], "samesign.dev/status/v1alpha1");
    assert_eq!(json["policies"][0]["failing"][0]["planned"], true);
}
