//! `history`: who did what, when, and by whose word.

use expect_test::expect;

use super::approving::held;
use super::{check, started};
use crate::program::{Output, Program};

/// Times, ids and digests differ from run to run.
fn plain(output: &Output) -> Output {
    let mut stdout = String::new();
    for line in output.stdout.lines() {
        let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        for word in &mut words {
            let is_hex = word.len() == 8 && word.bytes().all(|it| it.is_ascii_hexdigit());
            let is_time =
                word.starts_with("20") && word.len() == 10 || word.ends_with('Z') && word.len() == 9;
            if is_hex || is_time {
                if is_hex { "<digits>" } else { "<time>" }.clone_into(word);
            }
        }
        stdout += &(words.join(" ") + "\n");
    }
    Output { code: output.code, stdout, stderr: output.stderr.clone() }
}

/// The story of two people who leave: one by a manifest, one by a digest.
fn applied() -> Program {
    let mut program = held();
    program.set("USER", "kim");
    let approval =
        ["--what", "ada@contoso.com", "--by", "lee@msp.example", "--reason", "leavers, ticket 4711"];
    let arguments =
        [&["approve", "saved.json", "--name", "leavers", "--out", "policy/leavers.yaml"][..], &approval];
    assert_eq!(program.run(&arguments.concat()).code, 0);
    assert_eq!(program.run(&["apply", "saved.json"]).code, 3);
    let plan = program.run(&["plan", "policy"]).stdout;
    let digest = plan.split_once("--approve ").unwrap().1.lines().next().unwrap();
    assert_eq!(program.run(&["apply", "policy", "--auto-approve", "--approve", digest]).code, 0);
    program
}

#[test]
fn runs_are_listed_newest_first_and_told_with_every_change() {
    let mut program = applied();
    program.set("USER", "kim");
    check(
        &plain(&program.run(&["history", "policy", "--limit", "2"])),
        &expect![[r#"
        run  started               policy   plan      version   done  failed  held  by
          3  <time> <time>  contoso  <digits>  <digits>     1       0     0  kim
          2  <time> <time>  contoso  <digits>  <digits>     1       0     1  kim
        ! there are older runs: --limit shows more
    "#]],
    );
    check(
        &plain(&program.run(&["history", "policy", "2"])),
        &expect![[r#"
            run 2   plan <digits>   policy contoso <digits>
            applied by kim   began <time> <time>   ended <time> <time>

            done     block user ada@contoso.com   policy changed: users.scope.exclude (excluded by (sn=*)): block sign-in now, delete on <time>
                accountEnabled     true -> false
                approved by lee@msp.example: leavers, ticket 4711 (approval leavers)

            1 done, 0 failed; 1 stayed held
        "#]],
    );
    check(
        &plain(&program.run(&["history", "3"])),
        &expect![[r#"
            run 3   plan <digits>   policy contoso <digits>
            applied by kim   began <time> <time>   ended <time> <time>

            done     block user charles@contoso.com   policy changed: users.scope.exclude (excluded by (sn=*)): block sign-in now, delete on <time>
                accountEnabled     true -> false
                approved by kim (--approve)

            1 done, 0 failed; 0 stayed held
        "#]],
    );
    let first = program.run(&["history", "policy", "1"]).stdout;
    assert!(first.contains("    displayName        \"Ada Lovelace\"\n"), "{first}");
    assert!(first.contains("    manager            (none) -> ada@contoso.com\n"), "{first}");
    assert!(first.contains("    members            + ada@contoso.com\n"), "{first}");
}

#[test]
fn a_changed_value_is_kept_before_and_after() {
    let program = started();
    program.run(&["apply", "policy", "--auto-approve"]);
    let text = program.read("policy/directory.ldif").replace("title: Analyst", "title: Countess");
    program.write("policy/directory.ldif", &text);
    program.run(&["apply", "policy", "--auto-approve"]);
    let output = program.run(&["history", "2"]);
    assert!(output.stdout.contains("jobTitle           \"Analyst\" -> \"Countess\"\n"), "{}", output.stdout);
}

#[test]
fn the_json_follows_its_schema_and_says_by_whose_word() {
    let program = applied();
    let validator = jsonschema::validator_for(samesign::render::history_schema().as_value()).unwrap();
    let read = |arguments: &[&str]| -> serde_json::Value {
        let json = serde_json::from_str(&program.run(arguments).stdout).unwrap();
        assert!(validator.is_valid(&json), "{json:#}");
        json
    };
    let table = read(&["history", "policy", "--format", "json"]);
    assert_eq!(table["runs"].as_array().unwrap().len(), 3);
    assert!(table["runs"][0].get("changes").is_none());
    let run = read(&["history", "2", "--format", "json"]);
    let change = &run["runs"][0]["changes"][0];
    assert_eq!(change["attributes"][0]["from"], true);
    assert_eq!(change["approved"]["approval"], "leavers");
    assert_eq!(change["approved"]["by"], "lee@msp.example");
    assert_eq!(change["approved"]["reason"], "leavers, ticket 4711");
    assert!(change["approved"]["expires"].is_string());
}

#[test]
fn a_run_with_nothing_to_do_is_not_one() {
    let program = started();
    for _ in 0..3 {
        program.run(&["apply", "policy", "--auto-approve"]);
    }
    let output = program.run(&["history", "policy"]);
    assert_eq!(output.stdout.lines().count(), 2, "{}", output.stdout);
}

#[test]
fn what_is_not_there_is_said_and_nothing_is_made() {
    let program = started();
    let place = program.path("").display().to_string();
    let run = |arguments: &[&str]| {
        let output = program.run(arguments);
        Output { stderr: output.stderr.replace(&place, ""), ..output }
    };
    check(
        &run(&["history", "policy"]),
        &expect![[r#"
        ! nothing was applied yet, as far as the records in home/.local/state/samesign go
    "#]],
    );
    check(
        &run(&["history", "7"]),
        &expect![[r#"
        ! error: the records in home/.local/state/samesign have no run 7
        !
        ! hint: `samesign history` lists them; old ones are dropped after 400 days
        exit 1
    "#]],
    );
    assert!(!program.path("home").join(".local").exists(), "looking makes no records");
    check(
        &run(&["history", "policy", "--policy", "gone"]),
        &expect![[r#"
        ! nothing was applied yet, as far as the records in home/.local/state/samesign go
    "#]],
    );
}

#[cfg(unix)]
#[test]
fn nobody_else_can_read_the_records() {
    use std::os::unix::fs::PermissionsExt as _;
    let program = started();
    program.run(&["apply", "policy", "--auto-approve"]);
    let mode = |path: &str| std::fs::metadata(program.path(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("home/.local/state/samesign"), 0o700);
    assert_eq!(mode("home/.local/state/samesign/state.db"), 0o600);
    let open = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(program.path("home/.local/state/samesign/state.db"), open).unwrap();
    program.run(&["plan", "policy"]);
    assert_eq!(mode("home/.local/state/samesign/state.db"), 0o600, "a copy or an older file is closed too");
}
