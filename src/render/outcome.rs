//! What became of changes, as text.

use crate::apply::{Applied, Moved, Outcome};
use crate::plan::{Change, Op};
use crate::target::TargetError;

use super::words;

/// One change and what became of it; errors say what failed and what to do.
pub fn outcome_line(change: &Change, applied: &Applied) -> String {
    let deed = match change.op() {
        Op::Create(_) => "create",
        Op::Update(_) => "change",
        Op::Block => "block",
        Op::Unblock => "allow",
        Op::Delete => "delete",
        Op::Restore => "restore",
        Op::Members { .. } => "members of",
    };
    let what = format!("{deed} {} {}", change.kind(), words::name(change.name()));
    match &applied.outcome {
        Outcome::Applied => format!("done     {what}\n"),
        Outcome::AlreadySo => format!("same     {what}: the tenant was already so\n"),
        Outcome::Stale(moved) => {
            format!("refused  {what}: it moved since the plan was made\n{}", moved_lines(moved))
        }
        Outcome::Refused(error) => format!("failed   {what}\n{}", error_lines(error)),
        Outcome::Unknown(error) => {
            format!("unknown  {what}: it may have happened; the next plan shows\n{}", error_lines(error))
        }
        Outcome::Waits(name) => format!("skipped  {what}: {} could not be created\n", words::name(name)),
        Outcome::Partly { done, of, missing, error } => {
            let mut text = format!("partly   {what}: {done} of {of} steps done\n");
            for name in missing {
                text.extend([format!("           {} does not exist\n", words::name(name))]);
            }
            text + &error.as_ref().map_or_else(String::new, error_lines)
        }
        Outcome::NotTried(None) => format!("stopped  {what}: not begun\n"),
        Outcome::NotTried(Some(why)) => format!("skipped  {what}: not begun: {why}\n"),
    }
}

fn moved_lines(moved: &[Moved]) -> String {
    let line =
        |it: &Moved| format!("           {}: {} in the plan, {} now\n", it.what, it.expected, it.found);
    moved.iter().map(line).collect()
}

/// An error with its causes and what to do about it.
fn error_lines(error: &TargetError) -> String {
    let mut text = format!("           {}\n", words::name(&error.to_string()));
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        text.extend([format!("           caused by: {}\n", words::name(&cause.to_string()))]);
        next = cause.source();
    }
    if let Some(hint) = error.hint() {
        text.extend([format!("           hint: {hint}\n")]);
    }
    text
}

/// `applied: 12 done, 1 failed; 2 held`.
pub fn outcomes_summary(outcomes: &[Applied], held: usize) -> String {
    let count = |of: fn(&Outcome) -> bool| outcomes.iter().filter(|it| of(&it.outcome)).count();
    let done = count(Outcome::is_done);
    let refused = count(|it| matches!(it, Outcome::Stale(_)));
    let untried = count(|it| matches!(it, Outcome::NotTried(_) | Outcome::Waits(_)));
    let failed = outcomes.len() - done - refused - untried;
    let mut parts = vec![format!("{done} done")];
    for (number, word) in
        [(failed, "failed"), (refused, "refused because they moved"), (untried, "not begun")]
    {
        if 0 < number {
            parts.push(format!("{number} {word}"));
        }
    }
    let held = if held == 0 { String::new() } else { format!("; {held} held") };
    format!("applied: {}{held}\n", parts.join(", "))
}
