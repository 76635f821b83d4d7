//! The effect as text, for a terminal or a log.

use std::fmt::Write as _;

use crate::plan::{Class, Effect};
use crate::render::paint::{Meaning, Paint};
use crate::render::words;

use super::phrases::{self, Entry};
use super::{Compared, Section, verdict};

/// Entries of a section that are listed; more are counted.
const SHOWN_MAX: usize = 20;
/// The column of names grows with them up to here.
const NAME_WIDTH_MAX: usize = 48;
const NAME_WIDTH_MIN: usize = 22;
const PROPERTY_WIDTH: usize = 18;

/// The effects on all policies.
pub fn effect_text(compared: &Compared<'_>, paint: Paint) -> String {
    let mut out = String::new();
    let _infallible = write_effects(&mut out, compared, paint);
    out
}

fn write_effects(out: &mut String, compared: &Compared<'_>, paint: Paint) -> std::fmt::Result {
    let Compared { revision, commit, effects } = compared;
    writeln!(out, "{}", paint.text(Meaning::Heading, verdict(effects)))?;
    for effect in *effects {
        let Effect { policy, directory, tenant, .. } = effect;
        let heading =
            format!("effect   policy {policy} against {revision} ({commit})   {directory}   {tenant}");
        writeln!(out, "\n{}", paint.text(Meaning::Heading, words::name(&heading)))?;
        if let Some(words) = phrases::presence(effect) {
            writeln!(out, "{words}")?;
        }
        for unknown in phrases::unknown(effect) {
            writeln!(out, "{} {}", paint.text(Meaning::Held, '?'), words::name(&unknown))?;
        }
        Section::ALL.iter().try_for_each(|it| write_section(out, effect, *it, paint))?;
    }
    Ok(())
}

const fn symbol(section: Section) -> (char, Meaning) {
    match section {
        Section::Objects(Class::Admins) | Section::Loosened => ('!', Meaning::Held),
        Section::Objects(Class::Leaving | Class::Licences) => ('-', Meaning::Removed),
        Section::Objects(
            Class::UserNames | Class::Addresses | Class::Clears | Class::Attributes | Class::Released,
        )
        | Section::Settings => ('~', Meaning::Changed),
        Section::Objects(Class::Entering) => ('+', Meaning::Added),
    }
}

fn write_section(out: &mut String, effect: &Effect, section: Section, paint: Paint) -> std::fmt::Result {
    let (count, entries) = phrases::entries(effect, section, SHOWN_MAX);
    if count == 0 {
        return Ok(());
    }
    writeln!(out, "\n{} ({count})", section.title())?;
    let (symbol, meaning) = symbol(section);
    let width = entries.iter().map(|it| words::name(&it.name).chars().count()).max().unwrap_or(0);
    let width = width.clamp(NAME_WIDTH_MIN, NAME_WIDTH_MAX);
    for Entry { kind, name, says, details } in &entries {
        let kind = if kind.is_empty() { String::new() } else { format!("{kind:<6} ") };
        let (name, says) = (words::name(name), paint.text(meaning, words::name(says)));
        let line = format!("{} {kind}{name:<width$}  {says}", paint.text(meaning, symbol));
        writeln!(out, "{}", line.trim_end())?;
        for (property, what) in details {
            writeln!(out, "    {property:<PROPERTY_WIDTH$} {}", words::name(what))?;
        }
    }
    if let Some(more) = count.checked_sub(SHOWN_MAX).filter(|it| *it != 0) {
        let words = format!("{symbol} … and {more} more (--format json lists all)");
        writeln!(out, "{}", paint.text(Meaning::Quiet, words))?;
    }
    if section == Section::Objects(Class::Leaving) {
        writeln!(out, "  {}", paint.text(Meaning::Quiet, phrases::LEAVERS))?;
    }
    Ok(())
}
