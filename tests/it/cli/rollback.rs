//! `rollback`: which runs it undoes, what it prints, and what it refuses.

use expect_test::expect;

use super::{check, started};
use crate::program::{Output, Program};

/// Two runs: the first creates, the second changes a title.
fn applied() -> Program {
    let program = started();
    assert_eq!(program.run(&["apply", "policy", "--auto-approve"]).code, 0);
    let text = program.read("policy/directory.ldif").replace("title: Analyst", "title: Countess");
    program.write("policy/directory.ldif", &text);
    assert_eq!(program.run(&["apply", "policy", "--auto-approve"]).code, 0);
    program
}

/// Runs it without what differs from machine to machine.
fn run(program: &Program, arguments: &[&str]) -> Output {
    let place = program.path("").display().to_string();
    let output = program.run(arguments);
    Output { stderr: output.stderr.replace(&place, ""), ..output }
}

/// As if the records said something else of the second run.
fn record(program: &Program, column: &str, value: &str) {
    let path = program.path("home/.local/state/samesign/state.db");
    let database = rusqlite::Connection::open(path).unwrap();
    let changed = database.execute(&format!("UPDATE run SET {column} = {value} WHERE id = 2"), []).unwrap();
    assert_eq!(changed, 1);
}

#[test]
fn a_run_that_the_records_do_not_have_is_not_undone() {
    let program = applied();
    check(
        &run(&program, &["rollback", "policy", "7"]),
        &expect![[r#"
        ! error: the records in home/.local/state/samesign have no run 7
        !
        ! hint: `samesign history` lists them; old ones are dropped after 400 days
        exit 1
    "#]],
    );
    check(
        &run(&program, &["rollback", "policy"]),
        &expect![[r#"
        ! error: which run is to be undone?
        !
        ! hint: samesign rollback DIR RUN; `samesign history` lists the runs
        exit 64
    "#]],
    );
    std::fs::rename(program.path("policy"), program.path("manifests")).unwrap();
    let output = program.run(&["rollback", "2"]);
    assert_eq!((output.code, output.stderr.as_str()), (0, ""), "a number alone is a run of `manifests`");
    assert!(output.stdout.contains("\"Countess\" -> \"Analyst\""), "{}", output.stdout);
}

#[test]
fn a_run_of_another_policy_or_tenant_is_not_undone_here() {
    let program = applied();
    record(&program, "policy", "'fabrikam'");
    check(
        &run(&program, &["rollback", "policy", "2"]),
        &expect![[r#"
        ! error: run 2 is of policy fabrikam, which the manifests in policy do not have
        !
        ! hint: give the folder of the manifests that have it; its limits and protected accounts count here, too
        exit 1
    "#]],
    );
    record(&program, "policy", "'contoso'");
    record(&program, "tenant", "'another'");
    let output = program.run(&["rollback", "policy", "2"]);
    assert_eq!((output.code, output.stdout.as_str()), (1, ""));
    let said = "error: run 2 was in tenant another, the manifests lead to ";
    assert!(output.stderr.starts_with(said), "{}", output.stderr);
}

#[test]
fn a_run_that_is_under_way_is_waited_for_and_one_that_broke_off_is_undone_as_far_as_it_is_known() {
    let program = applied();
    record(&program, "ended", "NULL");
    let writer = samesign::state::State::open(&program.path("home/.local/state/samesign")).unwrap();
    check(
        &run(&program, &["rollback", "policy", "2"]),
        &expect![[r#"
        ! error: run 2 did not end yet: another samesign process is at it
        !
        ! hint: wait for its end, or stop that process
        exit 1
    "#]],
    );
    drop(writer);
    let output = program.run(&["rollback", "policy", "2"]);
    assert_eq!(output.code, 0, "{}", output.stderr);
    assert!(output.stdout.contains("? rollback contoso: run 2 broke off"), "{}", output.stdout);
    assert!(output.stdout.contains("\"Countess\" -> \"Analyst\""), "{}", output.stdout);
}

#[test]
fn a_saved_rollback_is_as_the_schema_says_and_is_applied_with_its_own_records_only() {
    let program = applied();
    assert_eq!(program.run(&["rollback", "policy", "2", "--out", "undo.json"]).code, 0);
    let saved: serde_json::Value = serde_json::from_str(&program.read("undo.json")).unwrap();
    let schema = serde_json::from_str(&program.run(&["schema", "plan"]).stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&saved).map(|it| it.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    assert_eq!(saved["rollback"]["run"], 2);
    assert_eq!(saved["changes"][0]["because"], serde_json::json!({ "reason": "rolledBack", "run": 2 }));
    let shown = program.run(&["rollback", "policy", "2", "--format", "json"]);
    let shown: serde_json::Value = serde_json::from_str(&shown.stdout).unwrap();
    assert_eq!((&shown["id"], &shown["changes"]), (&saved["id"], &saved["changes"]));
    record(&program, "plan", "'01234567'");
    let output = run(&program, &["apply", "undo.json"]);
    assert_eq!(output.code, 1);
    let plan = saved["rollback"]["plan"].as_str().unwrap();
    let stderr = output.stderr.replace(plan, "<plan>");
    check(
        &Output { stderr, ..output },
        &expect![[r#"
        ! error: the plan undoes run 2, which applied plan <plan>: these records do not have it
        !
        ! hint: apply it with the records that it was made from (--state DIR)
        exit 1
    "#]],
    );
    let edited = program.read("undo.json").replace("\"run\": 2,\n    \"plan\"", "\"run\": 1,\n    \"plan\"");
    program.write("undo.json", &edited);
    let output = program.run(&["apply", "undo.json"]);
    assert!(output.stderr.contains("the plan was edited after it was saved"), "{}", output.stderr);
}

#[test]
fn the_history_tells_that_a_run_was_undone() {
    let program = applied();
    program.run(&["rollback", "policy", "2", "--out", "undo.json"]);
    let output = program.run(&["apply", "undo.json"]);
    assert_eq!((output.code, output.stderr.as_str()), (0, ""));
    let told = program.run(&["history", "policy", "3"]).stdout;
    let line = "done     update user ada@contoso.com   rolled back (run 2)\n    jobTitle           \"Countess\" -> \"Analyst\"\n";
    assert!(told.contains(line), "{told}");
    let next = program.run(&["plan", "policy"]).stdout;
    assert!(
        next.contains("~ user   ada@contoso.com         attribute differs\n"),
        "no drift of the tenant: {next}"
    );
}
