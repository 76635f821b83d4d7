//! One object explained, as text.

use std::fmt::Write as _;

use crate::plan::{ExplainedProperty, Explanation, Finding, Match, Plan};
use crate::policy::Authority;

use super::paint::{Meaning, Paint};
use super::{text, words};

const PROPERTY_WIDTH: usize = 20;

/// What a policy has to say about one object of the directory.
pub fn explanation_text(policy: &str, explanation: &Explanation, paint: Paint) -> String {
    let mut out = String::new();
    let _infallible = write_explanation(&mut out, policy, explanation, paint);
    out
}

fn write_explanation(out: &mut String, policy: &str, it: &Explanation, paint: Paint) -> std::fmt::Result {
    let heading = format!("{} {}", it.kind, words::name(&it.dn));
    writeln!(out, "{}", paint.text(Meaning::Heading, heading))?;
    writeln!(out, "  policy   {policy}")?;
    writeln!(out, "  anchor   {}", it.anchor.as_deref().unwrap_or("none of the wanted sort"))?;
    match &it.scope {
        Ok(()) => writeln!(out, "  scope    {}", paint.text(Meaning::Added, "in scope"))?,
        Err(why) => {
            writeln!(out, "  scope    {}", paint.text(Meaning::Removed, format!("out of scope: {why}")))?
        }
    }
    let found = match &it.found {
        Match::Joined(id, name) => format!("{} ({id})", words::name(name)),
        Match::InRecycleBin(id, name) => format!("{} ({id}), in the recycle bin", words::name(name)),
        Match::Missing => "none".to_owned(),
        Match::Contested(other) => format!("contested: {} has the same anchor", words::name(other)),
    };
    writeln!(out, "  tenant   {found}")?;
    for property in &it.properties {
        write_property(out, property, paint)?;
    }
    Ok(())
}

fn write_property(out: &mut String, property: &ExplainedProperty, paint: Paint) -> std::fmt::Result {
    let ExplainedProperty { property, origin, authority, wanted, current } = property;
    let values = |it: &[String]| {
        if it.is_empty() {
            "(none)".to_owned()
        } else {
            it.iter().map(|it| words::quoted(it)).collect::<Vec<_>>().join(", ")
        }
    };
    let wanted = match wanted {
        Ok(found) => values(found),
        Err(why) => format!("left alone: {why}"),
    };
    let authority = match authority {
        Authority::Directory => "",
        Authority::InitialOnly => ", on creation only",
        Authority::Tenant => ", the tenant decides",
    };
    let source = format!("{}: {}{authority}", origin.list, origin.text);
    writeln!(
        out,
        "    {:<PROPERTY_WIDTH$} {wanted}   {}",
        property.name(),
        paint.text(Meaning::Quiet, source)
    )?;
    match current {
        Some(current) => writeln!(
            out,
            "    {:<PROPERTY_WIDTH$} {}",
            "",
            paint.text(Meaning::Quiet, format!("tenant: {}", values(current)))
        ),
        None => Ok(()),
    }
}

/// What a plan would do with the object, and what there is to know.
pub fn plan_changes_text(plan: &Plan, findings: &[Finding], paint: Paint) -> String {
    let mut out = String::new();
    let _infallible = text::write_changes(&mut out, plan, findings, paint);
    if plan.is_empty() {
        out += "nothing to do for it\n";
    }
    out + "\n"
}
