//! How many policies stand, for people: a line for each, above what there is to say of each.

use std::fmt::Write as _;

use super::text::time;
use crate::plan::{PolicyStatus, Sides};
use crate::render::Paint;
use crate::render::paint::Meaning;
use crate::render::words;

const COLUMNS: [&str; COLUMNS_MANY] =
    ["policy", "last apply", "pending", "drifted", "held", "failing", "leaving", "passwords waiting"];
const COLUMNS_MANY: usize = 8;
/// These columns are words, the others numbers.
const WORDS: usize = 2;
/// A side could not be read.
const UNKNOWN: &str = "?";
/// There can be none.
const NONE: &str = "-";

/// A line for each of several policies; nothing for a single one.
pub(super) fn table(policies: &[PolicyStatus], paint: Paint) -> String {
    if policies.len() < 2 {
        return String::new();
    }
    let rows: Vec<[String; COLUMNS_MANY]> = policies.iter().map(row).collect();
    let widths: [usize; COLUMNS_MANY] = std::array::from_fn(|column| {
        let cells = rows.iter().map(|it| it[column].chars().count());
        cells.max().unwrap_or(0).max(COLUMNS[column].len())
    });
    let mut out = String::new();
    let heading = line(&COLUMNS.map(str::to_owned), &widths);
    let _ = writeln!(out, "{}", paint.text(Meaning::Heading, heading));
    for (policy, row) in policies.iter().zip(&rows) {
        let line = line(row, &widths);
        let _ = match meaning(policy) {
            Some(meaning) => writeln!(out, "{}", paint.text(meaning, line)),
            None => writeln!(out, "{line}"),
        };
    }
    out.push('\n');
    out
}

fn row(it: &PolicyStatus) -> [String; COLUMNS_MANY] {
    let sides = it.sides.as_ref().ok();
    let of_sides = |count: fn(&Sides) -> usize| match sides {
        None => UNKNOWN.to_owned(),
        // Perhaps more: the directory was read in part.
        Some(sides) if sides.broken.is_some() => format!("{}{UNKNOWN}", count(sides)),
        Some(sides) => count(sides).to_string(),
    };
    let last = it.last.as_ref().map(|it| time(it.ended.unwrap_or(it.started)));
    let waiting = if it.no_travel.is_some() {
        NONE.to_owned()
    } else {
        of_sides(|it| it.passwords.as_ref().map_or(0, |it| it.waiting.len()))
    };
    [
        words::name(&it.policy).into_owned(),
        last.unwrap_or_else(|| "never".to_owned()),
        of_sides(|it| it.changes),
        of_sides(|it| it.drifted),
        of_sides(held),
        it.failing.len().to_string(),
        it.leaving.len().to_string(),
        waiting,
    ]
}

fn held(sides: &Sides) -> usize {
    sides.held.iter().map(|it| it.1).sum()
}

/// What a line is coloured by: the numbers say the same.
fn meaning(it: &PolicyStatus) -> Option<Meaning> {
    match &it.sides {
        Ok(sides) if sides.broken.is_none() && it.failing.is_empty() => {
            (0 < held(sides)).then_some(Meaning::Held)
        }
        Ok(_) | Err(_) => Some(Meaning::Removed),
    }
}

fn line(row: &[String; COLUMNS_MANY], widths: &[usize; COLUMNS_MANY]) -> String {
    let cells = row.iter().zip(widths).enumerate().map(|(column, (cell, width))| {
        if column < WORDS { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
    });
    cells.collect::<Vec<_>>().join("  ")
}
