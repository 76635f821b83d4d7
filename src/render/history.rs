//! What was done, as text: a table of runs, or one run with every change.

use std::fmt::Write as _;

use jiff::Timestamp;

use crate::model::{PastChange, PastRelease, PastRun};
use crate::plan::{Change, Value};

use super::json::{Details, read_details};
use super::paint::{Meaning, Paint};
use super::words;

/// Members listed by name; more are counted.
const MEMBERS_SHOWN_MAX: usize = 20;
const PROPERTY_WIDTH: usize = 18;
/// The table of runs: what a column is called, and whether it is of numbers.
const COLUMNS: [(&str, bool); 9] = [
    ("run", true),
    ("started", false),
    ("policy", false),
    ("plan", false),
    ("version", false),
    ("done", true),
    ("failed", true),
    ("held", true),
    ("by", false),
];

/// Why a change was made, as a sentence that is still true years later.
pub fn recorded_reason(change: &Change) -> String {
    words::because(change)
}

/// A table of runs.
pub fn runs_text(runs: &[PastRun], paint: Paint) -> String {
    let rows: Vec<[String; 9]> = runs.iter().map(row).collect();
    let mut widths = COLUMNS.map(|(name, _)| name.len());
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: [&str; 9]| {
        let mut line = String::new();
        for ((cell, width), (_, is_number)) in cells.iter().zip(widths).zip(COLUMNS) {
            let _infallible =
                if is_number { write!(line, "{cell:>width$}  ") } else { write!(line, "{cell:<width$}  ") };
        }
        line.trim_end().to_owned()
    };
    let heading = line(COLUMNS.map(|(name, _)| name));
    let mut text = format!("{}\n", paint.text(Meaning::Heading, heading));
    for row in &rows {
        text += &line(row.each_ref().map(String::as_str));
        text.push('\n');
    }
    text
}

fn row(run: &PastRun) -> [String; 9] {
    let by = words::name(&run.by);
    [
        run.number.to_string(),
        moment(run.started),
        run.policy.clone(),
        run.plan.clone(),
        version(run),
        run.done.to_string(),
        run.failed.to_string(),
        run.held.to_string(),
        if run.ended.is_none() { format!("{by} (did not end)") } else { by.into_owned() },
    ]
}

/// To the second, in UTC: a time zone is a matter of the reader, and of no use in a report.
fn moment(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

fn version(run: &PastRun) -> String {
    match &run.commit {
        Some(commit) => format!("{commit}{}", if run.dirty { "+changes" } else { "" }),
        None => run.policy_digest.trim_start_matches("sha256:").chars().take(8).collect(),
    }
}

/// One run with every change, its values before and after, and by whose word held ones ran.
pub fn run_text(run: &PastRun, changes: &[PastChange], paint: Paint) -> String {
    let heading = format!("run {}   plan {}   policy {} {}", run.number, run.plan, run.policy, version(run));
    let ended = run.ended.map_or_else(|| "did not end".to_owned(), |it| format!("ended {}", moment(it)));
    let mut text = format!("{}\n", paint.text(Meaning::Heading, heading));
    let _infallible =
        writeln!(text, "applied by {}   began {}   {ended}\n", words::name(&run.by), moment(run.started));
    for change in changes {
        write_change(&mut text, change, paint);
    }
    if !changes.is_empty() {
        text.push('\n');
    }
    let PastRun { done, failed, held, .. } = run;
    let summary = format!("{done} done, {failed} failed; {held} stayed held");
    let _infallible = writeln!(text, "{}", paint.text(Meaning::Heading, summary));
    text
}

fn write_change(out: &mut String, change: &PastChange, paint: Paint) {
    let PastChange { op, kind, name, because, outcome, .. } = change;
    let meaning = match outcome.as_str() {
        "done" | "same" => Meaning::Added,
        // These are words of the records, not variants: an older program may have known others.
        _ => Meaning::Removed,
    };
    let _infallible = writeln!(
        out,
        "{} {op} {kind} {}   {}",
        paint.text(meaning, format!("{outcome:<8}")),
        words::name(name),
        paint.text(Meaning::Quiet, words::name(because))
    );
    // Nothing was written if the tenant was already so.
    if outcome != "same" {
        write_values(out, op == "create", &read_details(&change.values));
    }
    if let Some(release) = &change.release {
        let _infallible = writeln!(out, "    {}", paint.text(Meaning::Held, release_words(release)));
    }
    for line in change.message.iter().flat_map(|it| it.lines()) {
        let _infallible = writeln!(out, "    {}", words::name(line));
    }
}

fn write_values(out: &mut String, is_new: bool, details: &Details) {
    let Details { attributes, added, removed } = details;
    // What speaks for taking a user over is the same on both sides.
    for (property, from, to) in attributes.iter().filter(|(_, from, to)| from != to) {
        let words = match to {
            Some(value) if is_new => side(property, Some(value)),
            Some(Value::Reference(_)) | None if from.as_ref().or(to.as_ref()).is_some_and(is_reference) => {
                format!("{} -> {}", side(property, from.as_ref()), side(property, to.as_ref()))
            }
            Some(_) | None => match property.parse() {
                Ok(property) => words::between(property, from.as_ref(), to.as_ref()),
                Err(_) => format!("{} -> {}", side(property, from.as_ref()), side(property, to.as_ref())),
            },
        };
        let _infallible = writeln!(out, "    {property:<PROPERTY_WIDTH$} {words}");
    }
    let members = added.iter().map(|it| ('+', it)).chain(removed.iter().map(|it| ('-', it)));
    let mut label = "members";
    for (sign, name) in members.take(MEMBERS_SHOWN_MAX) {
        let _infallible = writeln!(out, "    {label:<PROPERTY_WIDTH$} {sign} {}", words::name(name));
        label = "";
    }
    if let Some(more) = (added.len() + removed.len()).checked_sub(MEMBERS_SHOWN_MAX).filter(|it| 0 < *it) {
        let _infallible =
            writeln!(out, "    {label:<PROPERTY_WIDTH$} … and {more} more (--format json lists all)");
    }
}

const fn is_reference(value: &Value) -> bool {
    matches!(value, Value::Reference(_))
}

/// One side of a change of a property, which an older version may have known by a name that is gone. What was known
/// after apply once is known by now.
fn side(property: &str, value: Option<&Value>) -> String {
    match (value, property.parse()) {
        (None, _) => "(none)".to_owned(),
        (Some(Value::Reference(object)), _) => words::name(&object.name).into_owned(),
        (Some(value), Ok(property)) => words::value_of(property, value),
        (Some(value), Err(_)) => words::plain_value(value),
    }
}

/// `approved by kim@msp.example: leavers, ticket 4711 (approval leavers-november)`.
fn release_words(release: &PastRelease) -> String {
    let PastRelease { approval, by, reason, expires: _ } = release;
    let reason = reason.as_ref().map_or_else(String::new, |it| format!(": {}", words::name(it)));
    let by_what = approval.as_ref().map_or_else(|| "--approve".to_owned(), |it| format!("approval {it}"));
    format!("approved by {}{reason} ({by_what})", words::name(by))
}
