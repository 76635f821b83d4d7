//! The conditions of a scope, one line each: which hold, and which decides.

use std::fmt::{Result, Write as _};

use crate::plan::{Asked, Input};

use super::Page;
use crate::render::paint::Meaning;
use crate::render::words;

/// The column of conditions.
const WORD_WIDTH: usize = 17;
/// Values and texts listed for each; more are counted.
const SHOWN_MAX: usize = 5;

pub(super) fn write(page: &mut Page<'_>) -> Result {
    if page.it.scope.is_empty() {
        return Ok(());
    }
    match page.it.in_scope() {
        Ok(()) => {
            let words = page.paint.text(Meaning::Added, "in scope");
            page.line("scope", words)?;
        }
        Err(why) => {
            let words =
                page.paint.text(Meaning::Removed, format!("out of scope: {}", words::name(&why.to_string())));
            page.line("scope", words)?;
        }
    }
    let first = page.it.scope.iter().position(|it| it.answer.is_err());
    page.it.scope.iter().enumerate().try_for_each(|(at, it)| write_condition(page, it, first == Some(at)))
}

fn write_condition(page: &mut Page<'_>, asked: &Asked, decides: bool) -> Result {
    let mark = if asked.answer.is_ok() { "ok" } else { "NO" };
    let mark = page.paint.text(if asked.answer.is_ok() { Meaning::Added } else { Meaning::Removed }, mark);
    write!(
        page.out,
        "             {mark} {:<WORD_WIDTH$} {}",
        asked.word,
        words::name(&listed(&asked.text))
    )?;
    // With one base or group, the text has said already which.
    let known = asked.answer.is_ok() && asked.text.len() < 2;
    match (&asked.because, &asked.answer) {
        (Some(_), Ok(())) if known => (),
        (Some(because), _) => write!(page.out, "   {}", words::name(because))?,
        (None, Err(why)) if !decides => write!(page.out, "   {}", words::name(&why.to_string()))?,
        (None, _) => (),
    }
    // What every object has, and the name says already, needs no line of its own where the condition holds.
    let needless = asked.answer.is_ok()
        && matches!(asked.word, "bases" | "excludeBases" | "memberOf" | "channel" | "anchor");
    if !asked.inputs.is_empty() && !needless {
        let inputs: Vec<String> = asked.inputs.iter().map(input).collect();
        write!(page.out, "   {}", page.paint.text(Meaning::Quiet, inputs.join(", ")))?;
    }
    writeln!(page.out, "{}", if decides { "   <- decides" } else { "" })
}

/// An attribute with its values: `employeeType "robot"`.
pub(super) fn input(input: &Input) -> String {
    let Input { attribute, values, count } = input;
    if *count == 0 {
        return format!("{attribute} (none)");
    }
    let shown: Vec<String> = values.iter().take(SHOWN_MAX).map(|it| words::quoted(it)).collect();
    let more = count - shown.len();
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("{attribute} {}{more}", shown.join(", "))
}

fn listed(texts: &[String]) -> String {
    let shown = texts.iter().take(SHOWN_MAX).cloned().collect::<Vec<_>>().join("; ");
    match texts.len().saturating_sub(SHOWN_MAX) {
        0 => shown,
        more => format!("{shown}; … and {more} more"),
    }
}
