//! The command line, by the real program in a sealed environment.

mod against;
mod alarms;
mod applying;
mod approving;
mod copying;
mod doctor;
#[cfg(target_os = "linux")]
mod dumps;
mod existing_tenant;
mod faults;
mod first_steps;
mod history;
mod importing;
mod killed;
mod looking;
mod moving;
#[cfg(target_os = "linux")]
mod outages;
mod packaging;
mod pseudonymising;
mod rollback;
mod running;
mod showing;
mod status;
mod watching;

use expect_test::Expect;

use crate::program::{Output, Program};

/// A policy folder `policy` as `init` writes it.
fn started() -> Program {
    let program = Program::new();
    let output = program.run(&["init", "policy"]);
    assert_eq!((output.code, output.stdout.as_str()), (0, ""), "{}", output.stderr);
    program
}

/// Standard output, then standard error with `! ` before each line, then the exit code unless it is 0.
fn check(output: &Output, expected: &Expect) {
    let Output { code, stdout, stderr } = output;
    let mut lines: Vec<String> = stdout.lines().map(str::to_owned).collect();
    lines.extend(stderr.lines().map(|it| format!("! {it}")));
    if *code != 0 {
        lines.push(format!("exit {code}"));
    }
    // White space at the end of a line says nothing, and editors take it away.
    let text: Vec<&str> = lines.iter().map(|it| it.trim_end()).collect();
    expected.assert_eq(&(text.join("\n") + "\n"));
}
