//! The properties of an object: result, tenant's value, and the flow with what it looked at.

use std::fmt::{Result, Write as _};

use crate::plan::{ExplainedProperty, Fate, Input, Place};
use crate::policy::Authority;

use super::{Page, scope};
use crate::render::paint::Meaning;
use crate::render::words;

/// The column of names grows with the longest of them.
const PROPERTY_WIDTH_MIN: usize = 20;

pub(super) fn write(page: &mut Page<'_>) -> Result {
    let it = page.it;
    if it.properties.is_empty() || !matches!(it.place, Place::Directory { .. }) {
        return Ok(());
    }
    if it.in_scope().is_err() {
        return page.quiet("properties", "not kept the same, it is out of scope (--format json has them)");
    }
    page.line("properties", "what the policy wants, and from where: (list of flows: source)")?;
    let filled = || it.properties.iter().filter(|it| !is_empty(it));
    let width = filled().map(|it| it.property.name().len()).max().unwrap_or(0).max(PROPERTY_WIDTH_MIN);
    for property in filled() {
        write_property(page, property, width)?;
    }
    let empty: Vec<&str> =
        it.properties.iter().filter(|it| is_empty(it)).map(|it| short(it.property.name())).collect();
    match empty.len() {
        0 => Ok(()),
        many => {
            let mut names: Vec<&str> = Vec::new();
            for name in empty {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            page.quiet(
                "",
                format!(
                    "{many} more {} no value on either side: {}",
                    if many == 1 { "has" } else { "have" },
                    names.join(", ")
                ),
            )
        }
    }
}

/// Whether neither side has anything.
fn is_empty(it: &ExplainedProperty) -> bool {
    let nothing_read = !it.inputs.is_empty() && it.inputs.iter().all(|it| it.count == 0);
    let wanted = it.wanted.as_ref().map_or(nothing_read, Vec::is_empty);
    wanted && it.current.as_ref().is_none_or(Vec::is_empty)
}

/// Families of names, each read as one.
const FAMILIES: &[(&str, &str)] = &[
    ("extensionAttribute", "extensionAttribute…"),
    ("msDs", "msDs…"),
    ("msExch", "msExch…"),
    ("msRtcSip", "msRtcSip…"),
];

fn short(name: &'static str) -> &'static str {
    FAMILIES.iter().find(|(head, _)| name.starts_with(head)).map_or(name, |(_, family)| family)
}

fn write_property(page: &mut Page<'_>, property: &ExplainedProperty, width: usize) -> Result {
    let Page { out, paint, it } = page;
    let is_shown = it.kind.is_none_or(|kind| property.property.shown().has(kind));
    let ExplainedProperty { property, origin, authority, inputs, wanted, current, fate } = property;
    let (sign, meaning, note) = match fate {
        Fate::Same => ('=', Meaning::Quiet, "same".to_owned()),
        Fate::Written { held: false } => ('~', Meaning::Changed, "differs".to_owned()),
        Fate::Written { held: true } => ('!', Meaning::Held, "differs, held".to_owned()),
        // Said once, of the whole object.
        Fate::LeftAlone(why) if it.alone.as_ref() == Some(why) => {
            ('.', Meaning::Held, "left alone".to_owned())
        }
        Fate::LeftAlone(why) => ('.', Meaning::Held, format!("left alone: {}", words::name(why))),
    };
    let note = if current.is_none() && matches!(fate, Fate::Written { held: false }) {
        "new".to_owned()
    } else {
        note
    };
    let shown = wanted.as_ref().map_or_else(|_| String::new(), |it| values(it) + "   ");
    let tenant = match current {
        Some(current) if *fate != Fate::Same && is_shown => format!("; tenant: {}", values(current)),
        Some(_) | None => String::new(),
    };
    let name = property.name();
    write!(out, "    {} {name:<width$} {shown}{note}{tenant}", paint.text(meaning, sign))?;
    let authority = match authority {
        Authority::Directory | Authority::Tenant => "",
        Authority::InitialOnly => ", on creation only",
    };
    let source = if origin.text.is_empty() {
        origin.list.clone()
    } else {
        format!("{}: {}", origin.list, origin.text)
    };
    let source = words::name(&source).into_owned();
    if is_plain(inputs, wanted, &origin.text) {
        return writeln!(out, "   {}", paint.text(Meaning::Quiet, format!("({source}{authority})")));
    }
    writeln!(out)?;
    let used: Vec<String> = inputs.iter().filter(|it| 0 < it.count).map(scope::input).collect();
    let used = if used.is_empty() && !inputs.is_empty() {
        format!(
            "no value of {}",
            inputs.iter().map(|it| it.attribute.as_str()).collect::<Vec<_>>().join(", ")
        )
    } else {
        used.join(", ")
    };
    let used = if used.is_empty() { used } else { format!("   with {used}") };
    let line = format!("({source}{authority}){used}");
    writeln!(out, "      {:width$} {}", "", paint.text(Meaning::Quiet, line))
}

/// Whether the source says all: the value is that of the attribute that it names first.
fn is_plain(inputs: &[Input], wanted: &std::result::Result<Vec<String>, String>, source: &str) -> bool {
    let Some(first) = inputs.first() else { return true };
    source.starts_with(&first.attribute) && wanted.as_ref().is_ok_and(|it| *it == first.values)
}

fn values(values: &[String]) -> String {
    if values.is_empty() {
        return "(none)".to_owned();
    }
    values.iter().map(|it| words::quoted(it)).collect::<Vec<_>>().join(", ")
}
