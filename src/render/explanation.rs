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
            writeln!(out, "  scope    {}", paint.text(Meaning::Removed, format!("out of scope: {why}")))?;
        }
    }
    let found = match &it.found {
        Match::Joined(id, name) => format!("{} ({id})", words::name(name)),
        Match::InRecycleBin(id, name) => format!("{} ({id}), in the recycle bin", words::name(name)),
        Match::Missing => "none".to_owned(),
        Match::Contested(other) => format!("contested: {} has the same anchor", words::name(other)),
    };
    writeln!(out, "  tenant   {found}")?;
    let is_empty = |it: &&ExplainedProperty| {
        it.wanted.as_ref().is_ok_and(Vec::is_empty) && it.current.as_ref().is_none_or(Vec::is_empty)
    };
    for property in it.properties.iter().filter(|it| !is_empty(it)) {
        write_property(out, property, paint)?;
    }
    let empty: Vec<&str> = it.properties.iter().filter(is_empty).map(|it| it.property.name()).collect();
    if empty.is_empty() {
        return Ok(());
    }
    let words = format!("no value on either side: {}", empty.join(", "));
    writeln!(out, "    {}", paint.text(Meaning::Quiet, words))
}

fn write_property(out: &mut String, property: &ExplainedProperty, paint: Paint) -> std::fmt::Result {
    let ExplainedProperty { property, origin, authority, wanted, current } = property;
    let authority = match authority {
        Authority::Directory | Authority::Tenant => "",
        Authority::InitialOnly => ", on creation only",
    };
    let shown = match wanted {
        Ok(found) => values(found),
        Err(why) => format!("left alone: {why}"),
    };
    let tenant = match (wanted, current) {
        (_, None) => String::new(),
        (Ok(wanted), Some(current)) if wanted == current => "   same in the tenant".to_owned(),
        (_, Some(current)) => format!("   tenant: {}", values(current)),
    };
    let source = format!("   ({}: {}{authority})", origin.list, origin.text);
    writeln!(
        out,
        "    {:<PROPERTY_WIDTH$} {shown}{tenant}{}",
        property.name(),
        paint.text(Meaning::Quiet, source)
    )
}

fn values(values: &[String]) -> String {
    if values.is_empty() {
        return "(none)".to_owned();
    }
    values.iter().map(|it| words::quoted(it)).collect::<Vec<_>>().join(", ")
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
