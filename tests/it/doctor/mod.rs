//! What facts mean: findings without a connection.

mod channels;
mod deadlines;
mod quality;
mod tenants;

use expect_test::Expect;
use samesign::doctor::{Finding, Level};

/// One line for each finding, with its examples and what to do.
fn check(findings: &[Finding], expected: &Expect) {
    let line = |finding: &Finding| {
        let Finding { level, check, subject, says, examples, fix } = finding;
        let level = match level {
            Level::Ok => "ok",
            Level::Warning => "warning",
            Level::Problem => "problem",
        };
        let examples = examples.iter().map(|it| ["  - ", it, "\n"].concat()).collect::<String>();
        let fix = fix.as_ref().map(|it| format!("  fix: {it}\n")).unwrap_or_default();
        format!("{level} {} {subject}: {says}\n{examples}{fix}", check.word())
    };
    expected.assert_eq(&findings.iter().map(line).collect::<String>());
}
