//! What became of changes, as text.

use crate::apply::{Applied, Moved, Outcome};
use crate::plan::{AttributeChange, Change, Op};

use super::words;

/// One change and what became of it; errors say what failed and what to do.
pub fn outcome_line(change: &Change, applied: &Applied) -> String {
    let what = deed(change);
    match &applied.outcome {
        Outcome::Applied => format!("done     {what}\n"),
        Outcome::AlreadySo => format!("same     {what}: the tenant was already so\n"),
        Outcome::Stale(moved) => {
            format!("refused  {what}: it moved since the plan was made\n{}", expectation_lines(moved))
        }
        Outcome::Refused(error) => format!("failed   {what}\n{}", error_lines(error, error.hint())),
        Outcome::Unknown(error) => {
            format!(
                "unknown  {what}: it may have happened; the next plan shows\n{}",
                error_lines(error, error.hint())
            )
        }
        Outcome::Waits(name) => format!("skipped  {what}: {} could not be created\n", words::name(name)),
        Outcome::Partly { done, of, missing, error } => {
            let mut text = format!("partly   {what}: {done} of {of} steps done\n");
            for name in missing {
                text += &["           ", &words::name(name), " does not exist\n"].concat();
            }
            text + &error.as_ref().map_or_else(String::new, |it| error_lines(it, it.hint()))
        }
        Outcome::NotTried(None) => format!("stopped  {what}: not begun\n"),
        Outcome::NotTried(Some(why)) => format!("skipped  {what}: not begun: {why}\n"),
    }
}

/// A held change that a person let go.
pub fn approved_line(change: &Change) -> String {
    format!("approved: {}\n", deed(change))
}

/// What is done to whom.
fn deed(change: &Change) -> String {
    let deed = match change.op() {
        Op::Create(_) => "create",
        Op::Update(_) => "change",
        Op::Block => "block",
        Op::Unblock => "unblock",
        Op::Delete => "delete",
        Op::Restore => "restore",
        Op::Adopt { .. } => "adopt",
        Op::Members { .. } => "change members of",
    };
    format!("{deed} {} {}", change.kind(), words::name(change.name()))
}

/// A change of a saved plan that nothing remains of.
pub fn gone_line(change: &Change) -> String {
    format!("same     {}: nothing of it is left to do\n", deed(change))
}

/// A change of a saved plan that would be made differently now: the difference of the difference.
pub fn moved_lines(then: &Change, now: &Change) -> String {
    let mut text = format!("refused  {}: it moved since the plan was made\n", deed(then));
    let mut compare = |what: &str, then: &str, now: &str| {
        if then != now {
            text += &["           ", what, ": ", then, " in the plan; ", now, " now\n"].concat();
        }
    };
    compare("because", &words::because(then), &words::because(now));
    match (then.op(), now.op()) {
        (Op::Update(then), Op::Update(now))
        | (Op::Adopt { differ: then, agree: _ }, Op::Adopt { differ: now, agree: _ }) => {
            let of = |all: &[AttributeChange], property| {
                let found = all.iter().find(|it| it.property == property);
                found.map_or_else(|| "no change".to_owned(), words::transition)
            };
            for it in then {
                compare(it.property.name(), &words::transition(it), &of(now, it.property));
            }
            for it in now.iter().filter(|it| then.iter().all(|then| then.property != it.property)) {
                compare(it.property.name(), "no change", &words::transition(it));
            }
        }
        (Op::Create(then), Op::Create(now)) => {
            for it in then {
                let other = now.iter().find(|other| other.property == it.property);
                let other = other.map_or_else(|| "(none)".to_owned(), |it| words::value(&it.value));
                compare(it.property.name(), &words::value(&it.value), &other);
            }
        }
        (Op::Members { add, remove, .. }, Op::Members { add: add_now, remove: remove_now, .. }) => {
            let names = |list: &[crate::plan::ObjectRef]| {
                list.iter().map(words::reference).collect::<Vec<_>>().join(", ")
            };
            compare("added", &names(add), &names(add_now));
            compare("taken out", &names(remove), &names(remove_now));
        }
        _ => (),
    }
    text
}

fn expectation_lines(moved: &[Moved]) -> String {
    let line =
        |it: &Moved| format!("           {}: {} in the plan, {} now\n", it.what, it.expected, it.found);
    moved.iter().map(line).collect()
}

/// An error with its causes and what to do about it.
fn error_lines(error: &dyn std::error::Error, hint: Option<String>) -> String {
    let mut text = format!("           {}\n", words::name(&error.to_string()));
    let mut next = error.source();
    while let Some(cause) = next {
        text += &["           caused by: ", &words::name(&cause.to_string()), "\n"].concat();
        next = cause.source();
    }
    if let Some(hint) = hint {
        text += &["           hint: ", &hint, "\n"].concat();
    }
    text
}

/// `applied: 12 done, 1 failed; 2 held`; `moved` are changes of a saved plan that were not even begun.
pub fn outcomes_summary(outcomes: &[Applied], moved: usize, held: usize) -> String {
    let count = |of: fn(&Outcome) -> bool| outcomes.iter().filter(|it| of(&it.outcome)).count();
    let done = count(Outcome::is_done);
    let refused = count(|it| matches!(it, Outcome::Stale(_)));
    let untried = count(|it| matches!(it, Outcome::NotTried(_) | Outcome::Waits(_)));
    let failed = outcomes.len() - done - refused - untried;
    let refused = refused + moved;
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
