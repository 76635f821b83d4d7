//! A plan as text, for a terminal or a log.

use std::fmt::Write as _;

use crate::plan::{
    Change, Finding, Guard, GuardState, Header, NewValue, ObjectRef, Op, Plan, Planned, Side, Summary,
};

use super::block::{Block, Sign, blocks};
use super::paint::{Meaning, Paint};
use super::words;

/// Members listed by name; more are counted.
const MEMBERS_SHOWN_MAX: usize = 20;
/// Findings listed; more are counted.
const FINDINGS_SHOWN_MAX: usize = 50;
/// The column of names grows with them up to here.
const NAME_WIDTH_MAX: usize = 48;
const NAME_WIDTH_MIN: usize = 22;
/// Users and groups; contacts are longer.
const KIND_WIDTH_MIN: usize = 6;
/// The column of properties grows with the longest name of an object.
const PROPERTY_WIDTH_MIN: usize = 18;

/// A plan with its findings, summary and guards.
pub fn plan_text(planned: &Planned, paint: Paint) -> String {
    let mut out = String::new();
    let _infallible = write_plan(&mut out, planned, paint);
    out
}

fn write_plan(out: &mut String, planned: &Planned, paint: Paint) -> std::fmt::Result {
    let Planned { header, plan, report } = planned;
    writeln!(out, "{}\n", paint.text(Meaning::Heading, heading(header, plan)))?;
    write_changes(out, plan, &report.findings, paint)?;
    if 0 < report.left_alone.cloud_only {
        let count = words::count(report.left_alone.cloud_only, "cloud-only object", "cloud-only objects");
        writeln!(out, "{}", paint.text(Meaning::Quiet, format!(". {count} left alone")))?;
    }
    if !plan.is_empty() || !report.findings.is_empty() || 0 < report.left_alone.cloud_only {
        writeln!(out)?;
    }
    writeln!(out, "{}", paint.text(Meaning::Heading, summary_line(planned)))?;
    write_guards(out, planned, paint)
}

/// The changes object by object, then the findings.
pub(super) fn write_changes(
    out: &mut String,
    plan: &Plan,
    findings: &[Finding],
    paint: Paint,
) -> std::fmt::Result {
    let blocks = blocks(plan);
    let width = blocks.iter().map(|it| it.head().name().chars().count()).max().unwrap_or(0);
    let width = width.clamp(NAME_WIDTH_MIN, NAME_WIDTH_MAX);
    let kinds = blocks.iter().map(|it| it.head().kind().word());
    let kind = kinds.chain(findings.iter().map(words::finding_kind)).map(str::len).max().unwrap_or(0);
    let kind = kind.max(KIND_WIDTH_MIN);
    for block in &blocks {
        write_block(out, block, (kind, width), paint)?;
    }
    write_findings(out, findings, kind, paint)
}

fn heading(header: &Header, plan: &Plan) -> String {
    let id = plan.id();
    let undoes = plan.rollback().map_or_else(String::new, |it| format!("   rollback of run {}", it.run));
    let side = |it: &Side| {
        let reading = if it.whole { "whole" } else { "PARTIAL: nothing is removed" };
        format!("{}: {}, {reading}", it.name, words::count(it.objects, "object", "objects"))
    };
    let dirty = if header.provenance.dirty { "+changes" } else { "" };
    let version = match &header.provenance.commit {
        Some(commit) => format!("{commit}{dirty}"),
        None => header.policy_digest.short(),
    };
    format!(
        "plan {id}{undoes}   {}   {}   policy {} {version}",
        side(&header.directory),
        side(&header.tenant),
        header.policy
    )
}

const fn meaning(sign: Sign) -> Meaning {
    match sign {
        Sign::Add => Meaning::Added,
        Sign::Change => Meaning::Changed,
        Sign::Block | Sign::Delete => Meaning::Removed,
        Sign::Held => Meaning::Held,
    }
}

fn write_block(
    out: &mut String,
    block: &Block<'_>,
    (kind, width): (usize, usize),
    paint: Paint,
) -> std::fmt::Result {
    let head = block.head();
    let mut reasons: Vec<String> = Vec::new();
    for change in &block.changes {
        let reason = match change.held() {
            Some(hold) => format!("held: {}", hold.reason),
            // That the values of a new object are written needs no reason of its own.
            None if block.sign == Sign::Add && change.because().is_difference() => continue,
            None => words::because(change),
        };
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    let symbol = paint.text(meaning(block.sign), block.sign.symbol());
    let name = words::name(head.name());
    let reasons = paint.text(meaning(block.sign), reasons.join("; "));
    writeln!(out, "{symbol} {:<kind$} {name:<width$}  {reasons}", head.kind().word())?;
    let properties = block.changes.iter().flat_map(|it| it.op().properties());
    let column = properties.map(|it| it.name().len()).max().unwrap_or(0).max(PROPERTY_WIDTH_MIN);
    block.changes.iter().try_for_each(|it| write_details(out, it, column, paint))?;
    let after = block.changes.iter().rev().find_map(|it| match it.op() {
        Op::Members { add: _, remove: _, after } => Some(after),
        Op::Create(_)
        | Op::Update(_)
        | Op::Block
        | Op::Unblock
        | Op::Delete
        | Op::Restore(_)
        | Op::Password(_)
        | Op::Features(_)
        | Op::Adopt { .. } => None,
    });
    match after {
        Some(after) => {
            writeln!(out, "    {:column$} {}", "", paint.text(Meaning::Quiet, format!("{after} after")))
        }
        None => Ok(()),
    }
}

fn write_details(out: &mut String, change: &Change, column: usize, paint: Paint) -> std::fmt::Result {
    if change.held().is_some() && change.op().is_deed() {
        let deed = format!("{}: {}", words::deed(change), words::because(change));
        writeln!(out, "    {}", paint.text(Meaning::Quiet, deed))?;
    }
    match change.op() {
        Op::Create(values) => values.iter().try_for_each(|NewValue { property, value }| {
            writeln!(out, "    {:<column$} {}", property.name(), words::value_of(*property, value))
        }),
        Op::Update(attributes) | Op::Restore(attributes) => attributes.iter().try_for_each(|it| {
            writeln!(out, "    {:<column$} {}", it.property.name(), words::transition(it))
        }),
        Op::Adopt { differ, agree } => {
            let because = words::because(change);
            writeln!(out, "    {}", paint.text(Meaning::Quiet, format!("adopt: {because}")))?;
            agree.iter().try_for_each(|NewValue { property, value }| {
                writeln!(
                    out,
                    "    {:<column$} {} on both sides",
                    property.name(),
                    words::value_of(*property, value)
                )
            })?;
            differ.iter().try_for_each(|it| {
                writeln!(out, "    {:<column$} {}", it.property.name(), words::transition(it))
            })
        }
        Op::Members { add, remove, after: _ } => write_members(out, (add, remove), column, paint),
        Op::Password(set) => {
            writeln!(out, "    {:<column$} {}", "password", words::password(set, change.subject()))
        }
        Op::Features(turns) => turns
            .iter()
            .try_for_each(|it| writeln!(out, "    {:<column$} {}", it.feature.name(), words::turn(*it))),
        Op::Block | Op::Unblock | Op::Delete => Ok(()),
    }
}

fn write_members(
    out: &mut String,
    (add, remove): (&[ObjectRef], &[ObjectRef]),
    column: usize,
    paint: Paint,
) -> std::fmt::Result {
    let total = add.len() + remove.len();
    let signed = add
        .iter()
        .map(|it| ('+', Meaning::Added, it))
        .chain(remove.iter().map(|it| ('-', Meaning::Removed, it)));
    let mut label = "members";
    for (symbol, meaning, member) in signed.take(MEMBERS_SHOWN_MAX) {
        let member = format!("{symbol} {}", words::reference(member));
        writeln!(out, "    {label:<column$} {}", paint.text(meaning, member))?;
        label = "";
    }
    match total.saturating_sub(MEMBERS_SHOWN_MAX) {
        0 => Ok(()),
        more => {
            let words = format!("… and {more} more (--format json lists all)");
            writeln!(out, "    {label:<column$} {}", paint.text(Meaning::Quiet, words))
        }
    }
}

fn write_findings(out: &mut String, findings: &[Finding], kind: usize, paint: Paint) -> std::fmt::Result {
    for finding in findings.iter().take(FINDINGS_SHOWN_MAX) {
        let name = words::name(&finding.name);
        writeln!(
            out,
            "{} {:<kind$} {name}: {}",
            paint.text(Meaning::Held, '?'),
            words::finding_kind(finding),
            words::name(&finding.text)
        )?;
    }
    match findings.len().saturating_sub(FINDINGS_SHOWN_MAX) {
        0 => Ok(()),
        more => writeln!(
            out,
            "? … and {} (--format json lists all)",
            words::count(more, "more finding", "more findings")
        ),
    }
}

/// `plan: 1 to add, 2 to change, 1 to block, 0 to delete; 1 held; 14 left alone`.
pub(super) fn summary_line(planned: &Planned) -> String {
    let summary = Summary::of(&planned.plan);
    let alone = &planned.report.left_alone;
    let left_alone = alone.cloud_only + alone.mastered_elsewhere + alone.unknown_anchor;
    if planned.plan.rollback().is_some() {
        return rollback_line(planned, summary);
    }
    if planned.plan.is_empty() {
        let same = words::count(alone.unchanged, "object is", "objects are");
        return format!("plan: nothing to do; {same} the same on both sides; {left_alone} left alone");
    }
    format!(
        "plan: {} to add, {} to change, {} to block, {} to delete; {} held; {left_alone} left alone",
        summary.objects_added,
        summary.objects_changed,
        summary.objects_blocked,
        summary.objects_deleted,
        summary.objects_held,
    )
}

/// What is not put back is a finding each, and nothing else is looked at.
fn rollback_line(planned: &Planned, summary: Summary) -> String {
    if planned.plan.is_empty() {
        return "plan: nothing to do; nothing of this run is left that could be put back".to_owned();
    }
    format!(
        "plan: {} to bring back, {} to change, {} to block, {} to delete; {} held",
        summary.objects_added,
        summary.objects_changed,
        summary.objects_blocked,
        summary.objects_deleted,
        summary.objects_held,
    )
}

/// Whether any guard that a person can release holds something.
fn tripped(planned: &Planned) -> impl Iterator<Item = &GuardState> {
    planned.plan.guards().iter().filter(|it| it.tripped)
}

fn write_guards(out: &mut String, planned: &Planned, paint: Paint) -> std::fmt::Result {
    for state in tripped(planned) {
        writeln!(out, "{}", paint.text(Meaning::Held, guard_line(state)))?;
    }
    if tripped(planned).next().is_none() {
        let removals = planned.plan.guards().iter().find(|it| it.guard == Guard::UserRemovals);
        let words = removals.map_or_else(String::new, |it| {
            let limit = it.limit.map_or_else(String::new, |it| format!("; limit {}", it.words()));
            format!(" ({}{limit})", words::count(it.counted, "removal", "removals"))
        });
        writeln!(out, "guards: clear{words}")?;
    }
    match planned.plan.held_digest() {
        Some(digest) => {
            writeln!(out, "to approve exactly what is held: samesign apply … --approve {digest}")?;
            writeln!(
                out,
                "to approve some of it: samesign plan … --out FILE, then samesign approve FILE --what WHO"
            )
        }
        None => Ok(()),
    }
}

/// One guard that tripped.
pub(super) fn guard_line(state: &GuardState) -> String {
    format!("guards: {}", guard_words(state))
}

/// What a guard that tripped holds, and what that means.
pub fn guard_words(state: &GuardState) -> String {
    let limit = state.limit.map_or_else(String::new, |it| format!("; limit {}", it.words()));
    let what = state.guard.meaning();
    format!("held by {} ({}{limit}): {what}", state.guard.word(), state.counted)
}

/// One line for each of several plans; nothing for a single one.
pub fn closing_table(plans: &[Planned]) -> String {
    if plans.len() < 2 {
        return String::new();
    }
    let width = plans.iter().map(|it| it.header.policy.chars().count()).max().unwrap_or(0);
    let line = |it: &Planned| format!("{:<width$}  {}\n", it.header.policy, summary_line(it));
    format!("\n{}", plans.iter().map(line).collect::<String>())
}
