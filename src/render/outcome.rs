//! What became of changes, as text.

use crate::apply::{Applied, Moved, Outcome};
use crate::plan::{AttributeChange, Change, Op};

use super::words;

/// One change and what became of it; errors say what failed and what to do.
pub fn outcome_line(change: &Change, applied: &Applied) -> String {
    let Account { word, remark, details } = Account::of(&applied.outcome);
    format!("{word:<8} {}{remark}\n{details}", deed(change))
}

/// The word for what became of a change, and what there is to say about it, for the history.
pub fn outcome_record(applied: &Applied) -> (&'static str, Option<String>) {
    let Account { word, remark, details } = Account::of(&applied.outcome);
    let lines = remark.strip_prefix(": ").into_iter().chain(details.lines().map(str::trim));
    let message = lines.collect::<Vec<_>>().join("\n");
    (word, Some(message).filter(|it| !it.is_empty()))
}

/// What became of a change, in words.
struct Account {
    /// One word.
    word: &'static str,
    /// Follows the deed on its line.
    remark: String,
    /// Lines below it.
    details: String,
}

impl Account {
    fn new(word: &'static str, remark: impl Into<String>, details: String) -> Self {
        Self { word, remark: remark.into(), details }
    }

    fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Applied => Self::new("done", "", String::new()),
            Outcome::AlreadySo => Self::new("same", ": the tenant was already so", String::new()),
            Outcome::Stale(moved) => {
                Self::new("refused", ": it moved since the plan was made", expectation_lines(moved))
            }
            Outcome::Refused(error) => Self::new("failed", "", error_lines(error, error.hint())),
            Outcome::Unknown(error) => {
                let details = error_lines(error, error.hint());
                Self::new("unknown", ": it may have happened; the next plan shows", details)
            }
            Outcome::Waits(name) => {
                let remark = format!(": {} could not be created", words::name(name));
                Self::new("skipped", remark, String::new())
            }
            Outcome::Partly { done, of, missing, error } => {
                let mut details = String::new();
                for name in missing {
                    details += &["           ", &words::name(name), " does not exist\n"].concat();
                }
                details += &error.as_ref().map_or_else(String::new, |it| error_lines(it, it.hint()));
                Self::new("partly", format!(": {done} of {of} steps done"), details)
            }
            Outcome::NotTried(None) => Self::new("stopped", ": not begun", String::new()),
            Outcome::NotTried(Some(why)) => {
                Self::new("skipped", format!(": not begun: {why}"), String::new())
            }
        }
    }
}

/// A held change that a person let go.
pub fn approved_line(change: &Change) -> String {
    format!("approved: {}\n", deed(change))
}

/// What is done to whom.
pub(super) fn deed(change: &Change) -> String {
    let deed = match change.op() {
        Op::Create(_) => "create",
        Op::Update(_) => "change",
        Op::Block => "block",
        Op::Unblock => "unblock",
        Op::Delete => "delete",
        Op::Restore(_) => "restore",
        Op::Adopt { .. } => "adopt",
        Op::Members { .. } => "change members of",
        Op::Password(_) => "send password of",
        Op::Features(_) => "turn switches of",
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
        | (Op::Restore(then), Op::Restore(now))
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
                let other =
                    other.map_or_else(|| "(none)".to_owned(), |it| words::value_of(it.property, &it.value));
                compare(it.property.name(), &words::value_of(it.property, &it.value), &other);
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
