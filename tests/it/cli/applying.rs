//! `apply`: who is asked, what is refused, and what a second process may do.

use expect_test::expect;

use super::{check, started};
use crate::program::Output;

#[test]
fn without_a_terminal_nothing_is_applied_unless_it_was_said() {
    let program = started();
    let output = program.run(&["apply", "policy"]);
    let plan = program.run(&["plan", "policy"]);
    let rest = output.stdout.strip_prefix(&plan.stdout).unwrap();
    assert_eq!((output.code, rest), (1, ""));
    expect![[r#"
        error: there is no terminal to ask on

        hint: review and save the plan with `samesign plan --out FILE`, then `samesign apply FILE`; or give --auto-approve, which never approves what a guard holds
    "#]].assert_eq(&output.stderr);
    assert_eq!(program.run(&["plan", "policy", "--detailed-exitcode"]).code, 2, "nothing was applied");
}

#[test]
fn a_saved_plan_needs_no_terminal() {
    let program = started();
    let saved = program.run(&["plan", "policy", "--out", "saved.json"]);
    assert_eq!(saved.stderr, "saved; to apply exactly this: samesign apply saved.json\n");
    let output = program.run(&["apply", "saved.json"]);
    assert_eq!((output.code, output.stderr.as_str()), (0, ""));
    assert_eq!(program.run(&["plan", "policy", "--detailed-exitcode"]).code, 0);
}

#[test]
fn a_second_process_that_writes_the_same_records_is_refused() {
    let program = started();
    program.run(&["plan", "policy"]);
    let folder = program.path("home/.local/state/samesign");
    let _first = samesign::state::State::open(&folder).unwrap();
    let place = program.path("").display().to_string();
    let tried = program.run(&["apply", "policy", "--auto-approve"]);
    let own = format!("pid {}", std::process::id());
    let output = Output { stderr: tried.stderr.replace(&place, "").replace(&own, "pid 4711"), ..tried };
    check(
        &output,
        &expect![[r#"
        ! error: home/.local/state/samesign/state.db is in use by another samesign process (pid 4711); wait for it, or give this one its own --state
        exit 1
    "#]],
    );
    assert_eq!(program.run(&["apply", "policy", "--auto-approve", "--state", "elsewhere"]).code, 0);
}

#[test]
fn records_are_kept_where_one_says() {
    let mut program = started();
    program.run(&["plan", "policy", "--state", "by-option"]);
    program.set("XDG_STATE_HOME", &program.path("by-xdg").display().to_string());
    program.run(&["plan", "policy"]);
    program.set("SAMESIGN_STATE", "by-variable");
    program.run(&["plan", "policy"]);
    for folder in ["by-option", "by-xdg/samesign", "by-variable"] {
        assert!(program.path(folder).join("state.db").is_file(), "{folder}");
    }
}

#[test]
fn records_that_are_none_are_not_overwritten() {
    let program = started();
    program.write("state/state.db", &"not a database ".repeat(100));
    check(
        &program.run(&["plan", "policy", "--state", "state"]),
        &expect![[r#"
        ! error: state/state.db is damaged: file is not a database; move it away, it is rebuilt from the tenant and removes nobody meanwhile
        exit 1
    "#]],
    );
    assert!(program.read("state/state.db").starts_with("not a database"));
}

#[test]
fn what_is_neither_a_plan_nor_a_folder_is_not_applied() {
    let program = started();
    check(
        &program.run(&["apply", "nothing.json"]),
        &expect![[r#"
            ! error: there is neither a saved plan nor a folder of manifests at nothing.json
            !
            ! hint: save a plan with `samesign plan --out FILE`, or give the folder of the manifests
            exit 1
        "#]],
    );
    program.write("empty.json", "");
    check(
        &program.run(&["apply", "empty.json"]),
        &expect![[r#"
        ! error: cannot apply empty.json
        !   caused by: not a saved plan
        !   caused by: EOF while parsing a value at line 1 column 0
        exit 1
    "#]],
    );
    program.write("deep.json", &"[".repeat(100_000));
    assert_eq!(program.run(&["apply", "deep.json"]).code, 1);
    program.write("other.json", "{\"format\": \"samesign.dev/plan/v1alpha1\"}");
    check(
        &program.run(&["apply", "other.json"]),
        &expect![[r#"
        ! error: cannot apply other.json
        !   caused by: not a saved plan
        !   caused by: missing field `id` at line 1 column 40
        exit 1
    "#]],
    );
}

#[test]
fn a_plan_that_cannot_be_saved_is_an_error() {
    let output = started().run(&["plan", "policy", "--out", "no/such/folder/plan.json"]);
    check(
        &output,
        &expect![[r#"
        ! error: cannot save the plan to no/such/folder/plan.json
        !   caused by: No such file or directory (os error 2)
        exit 1
    "#]],
    );
}

#[test]
fn a_saved_plan_of_another_domain_is_refused_whole() {
    let program = started();
    program.run(&["plan", "policy", "--out", "saved.json"]);
    let people = program.read("policy/directory.ldif");
    let of_the_domain = "5d0c0f6e-3b1e-4c55-9f0a-6a1f6b0c1a01";
    assert!(people.contains(of_the_domain));
    program.write("policy/directory.ldif", &people.replace(of_the_domain, &of_the_domain.replace('5', "7")));
    let output = program.run(&["apply", "saved.json"]);
    assert_eq!((output.code, output.stdout.as_str()), (1, ""));
    expect![[r#"
        error: the plan is of the domain with objectGUID 5d0c0f6e-3b1e-4c55-9f0a-6a1f6b0c1a01, contoso now leads to the domain 7d0c0f6e-3b1e-4c77-9f0a-6a1f6b0c1a01

        hint: look at `domain` and `servers` of the Directory; nothing was applied
    "#]].assert_eq(&output.stderr);
    assert_eq!(program.run(&["plan", "policy", "--detailed-exitcode"]).code, 3, "nothing was applied");
}
