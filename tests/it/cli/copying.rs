//! `state`: copies of the records, made and put back.

use expect_test::expect;

use super::{check, started};
use crate::program::{Output, Program};

/// Without the folder of the test.
fn plain(output: &Output, program: &Program) -> Output {
    let place = program.path("").display().to_string();
    let without = |text: &str| text.replace(&place, "");
    Output { stdout: without(&output.stdout), stderr: without(&output.stderr), ..output.clone() }
}

fn run(program: &Program, arguments: &[&str]) -> Output {
    plain(&program.run(&[&["state"], arguments].concat()), program)
}

/// A policy that was applied once.
fn applied() -> Program {
    let program = started();
    assert_eq!(program.run(&["apply", "policy", "--auto-approve"]).code, 0);
    program
}

const RECORDS: &str = "home/.local/state/samesign/state.db";

#[test]
fn a_copy_is_made_while_another_process_writes_and_put_back_when_it_does_not() {
    let program = applied();
    let service = samesign::state::State::open(&program.path("home/.local/state/samesign")).unwrap();
    check(
        &run(&program, &["backup", "copy.db"]),
        &expect![[r#"
        copied to copy.db: 3 links, 1 run, version 8
    "#]],
    );
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&program.path("copy.db").metadata().unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let refused = run(&program, &["restore", "copy.db"]);
    assert!(refused.code == 1 && refused.stderr.contains("is in use by another"), "{}", refused.stderr);
    drop(service);
    program.write(RECORDS, "scrap");
    assert_eq!(run(&program, &["check"]).code, 1);
    program.write(&format!("{RECORDS}-journal"), "of the scrap");
    check(
        &run(&program, &["restore", "copy.db"]),
        &expect![[r#"
        restored to home/.local/state/samesign: 3 links, 1 run, version 8
        ! what was there is kept as home/.local/state/samesign/state.db.before-1
        ! plan before anything is applied: grace periods and used approvals are those of the copy
    "#]],
    );
    check(
        &run(&program, &["check"]),
        &expect![[r#"
        the records in home/.local/state/samesign are whole: 3 links, 1 run, version 8
    "#]],
    );
    assert_eq!(program.read(&format!("{RECORDS}.before-1")), "scrap");
    assert_eq!(program.read(&format!("{RECORDS}.before-1-journal")), "of the scrap");
    assert_eq!(program.run(&["plan", "policy", "--detailed-exitcode"]).code, 0);
}

#[test]
fn creations_that_were_begun_are_counted() {
    let program = applied();
    let records = rusqlite::Connection::open(program.path(RECORDS)).unwrap();
    let begun = "INSERT INTO intent VALUES ('contoso', 't', x'00', 'user', 'ada', 0)";
    records.execute_batch(begun).unwrap();
    check(
        &run(&program, &["check"]),
        &expect![[r#"
        the records in home/.local/state/samesign are whole: 3 links, 1 run, 1 creation begun, version 8
    "#]],
    );
    records.execute_batch(&begun.replace("x'00'", "x'01'")).unwrap();
    check(
        &run(&program, &["backup", "copy.db"]),
        &expect![[r#"
        copied to copy.db: 3 links, 1 run, 2 creations begun, version 8
    "#]],
    );
}

#[test]
fn nothing_is_overwritten_and_no_half_copy_is_left() {
    let program = applied();
    program.write("copy.db", "precious");
    check(
        &run(&program, &["backup", "copy.db"]),
        &expect![[r#"
        ! error: cannot make copy.db
        !   caused by: File exists (os error 17)
        exit 1
    "#]],
    );
    assert_eq!(program.read("copy.db"), "precious");
    check(
        &run(&program, &["backup", "nowhere/copy.db"]),
        &expect![[r#"
        ! error: cannot make nowhere/copy.db
        !   caused by: No such file or directory (os error 2)
        exit 1
    "#]],
    );
    program.write(RECORDS, "scrap");
    assert_eq!(run(&program, &["backup", "other.db"]).code, 1);
    assert!(!program.path("other.db").exists());
}

#[test]
fn what_is_no_copy_is_not_put_back() {
    let program = applied();
    program
        .write("scrap.db", "scrap that is longer than the head of a database, so that somebody has to look");
    rusqlite::Connection::open(program.path("other.db"))
        .unwrap()
        .execute_batch("CREATE TABLE it (a)")
        .unwrap();
    let newer = rusqlite::Connection::open(program.path("newer.db")).unwrap();
    newer.execute_batch("CREATE TABLE link (a); PRAGMA user_version = 4711").unwrap();
    for (file, expected) in [
        (
            "scrap.db",
            expect![[r#"
                ! error: scrap.db is no whole copy of records: file is not a database; nothing was changed
                exit 1
            "#]],
        ),
        (
            "other.db",
            expect![[r#"
                ! error: other.db is no whole copy of records: it holds no records of samesign; nothing was changed
                exit 1
            "#]],
        ),
        (
            "newer.db",
            expect![[r#"
            ! error: newer.db has schema version 4711, this samesign knows up to 8: use a newer samesign
            exit 1
        "#]],
        ),
        (
            "absent.db",
            expect![[r#"
                ! error: absent.db is no whole copy of records: there is no such file; nothing was changed
                exit 1
            "#]],
        ),
    ] {
        check(&run(&program, &["restore", file]), &expected);
    }
    assert_eq!(run(&program, &["check"]).code, 0, "the records are as they were");
}

#[test]
fn without_records_there_is_nothing_to_copy() {
    let program = started();
    check(
        &run(&program, &["check"]),
        &expect![[r#"
        ! error: there are no records in home/.local/state/samesign
        !
        ! hint: name their folder with --state; the service has them in /var/lib/samesign
        exit 1
    "#]],
    );
}
