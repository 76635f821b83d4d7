//! The members of a group: how many are in the tenant, who is missing and why.

use std::collections::BTreeMap;
use std::fmt::Result;

use crate::plan::{Absence, Absent, Members};

use super::Page;
use crate::render::words;

/// Missing members listed for each reason; more are counted.
const SHOWN_MAX: usize = 10;

pub(super) fn write(page: &mut Page<'_>) -> Result {
    let Some(Members { listed, present, in_tenant, dynamic, not_read, absent }) = &page.it.members else {
        return Ok(());
    };
    if page.it.in_scope().is_err() {
        return page.line("members", format!("{listed} in the directory"));
    }
    if *not_read {
        let why = "those in the tenant are not known while this channel does not write the group";
        return page.line("members", format!("{listed} in the directory; {why}"));
    }
    if *dynamic {
        page.line("members", "a rule of the tenant computes them: they are left alone")?;
    } else {
        let more =
            if present < in_tenant { format!(", which has {in_tenant} members") } else { String::new() };
        page.line("members", format!("{present} of {listed} are in the tenant's group{more}"))?;
    }
    let mut by_reason: BTreeMap<String, Vec<&Absent>> = BTreeMap::new();
    for it in absent {
        by_reason.entry(reason(&it.why)).or_default().push(it);
    }
    for (reason, members) in by_reason {
        page.line("", format!("{} missing: {}", members.len(), words::name(&reason)))?;
        for it in members.iter().take(SHOWN_MAX) {
            page.quiet("", format!("  {}", words::name(&it.dn)))?;
        }
        if SHOWN_MAX < members.len() {
            page.quiet("", format!("  … and {} more (--format json lists all)", members.len() - SHOWN_MAX))?;
        }
    }
    Ok(())
}

fn reason(why: &Absence) -> String {
    match why {
        Absence::OutOfScope(why) => format!("out of scope: {why}"),
        Absence::OtherDomain(domain) if domain.is_empty() => "of another domain".to_owned(),
        Absence::OtherDomain(domain) => format!("of another domain, {domain}"),
        Absence::NotRead => {
            "not read: a computer or another class, or outside of the search bases".to_owned()
        }
        Absence::Stuck(why) => format!("not in the tenant: {why}"),
        Absence::Planned(None) => "the plan adds them".to_owned(),
        Absence::Planned(Some(why)) => format!("the plan would add them, and that is held: {why}"),
        Absence::LeftOut => "in the tenant, and the plan does not add them".to_owned(),
    }
}
