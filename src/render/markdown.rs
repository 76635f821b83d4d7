//! A plan as Markdown, for a comment on a merge request: the summary first, long lists folded.

use std::fmt::Write as _;

use crate::plan::{Change, NewValue, Op, Planned, Summary};

use super::block::{Block, Sign, blocks};
use super::{text, words};

/// Lists longer than this are folded.
const OPEN_MAX: usize = 10;
/// A comment has a size limit (GitLab 1,000,000 characters, GitHub 65,536): the rest is counted.
const LENGTH_MAX: usize = 60_000;

/// A plan with its findings, summary and guards.
pub fn plan_markdown(planned: &Planned) -> String {
    let mut out = String::new();
    let _infallible = write_plan(&mut out, planned);
    out
}

fn write_plan(out: &mut String, planned: &Planned) -> std::fmt::Result {
    let Planned { header, plan, report } = planned;
    let summary = Summary::of(plan);
    let undoes = plan.rollback().map_or_else(String::new, |it| format!(", rollback of run {}", it.run));
    writeln!(out, "### samesign plan `{}`: {}{undoes}\n", plan.id(), escape(&header.policy))?;
    writeln!(out, "**{}**\n", text::summary_line(planned).trim_start_matches("plan: "))?;
    if 0 < summary.held {
        for state in plan.guards().iter().filter(|it| it.tripped) {
            writeln!(out, "> :warning: {}", escape(&text::guard_line(state)))?;
        }
        if let Some(digest) = plan.held_digest() {
            writeln!(out, ">\n> To approve exactly what is held: `samesign apply … --approve {digest}`")?;
        }
        writeln!(out)?;
    }
    let blocks = blocks(plan);
    for (sign, title) in [
        (Sign::Held, "Held"),
        (Sign::Delete, "To delete"),
        (Sign::Block, "To block"),
        (Sign::Add, "To add"),
        (Sign::Change, "To change"),
    ] {
        let of_sign: Vec<&Block<'_>> = blocks.iter().filter(|it| it.sign == sign).collect();
        write_section(out, title, &of_sign)?;
    }
    if !report.findings.is_empty() {
        writeln!(out, "<details><summary>Findings ({})</summary>\n", report.findings.len())?;
        for finding in &report.findings {
            if LENGTH_MAX < out.len() {
                writeln!(out, "- … (`--format json` lists all)")?;
                break;
            }
            writeln!(
                out,
                "- {} **{}**: {}",
                words::finding_kind(finding),
                escape(&finding.name),
                escape(&finding.text)
            )?;
        }
        writeln!(out, "\n</details>\n")?;
    }
    let side = |it: &crate::plan::Side| {
        format!(
            "{}: {}, {}",
            escape(&it.name),
            words::count(it.objects, "object", "objects"),
            if it.whole { "whole" } else { "partial" }
        )
    };
    let version = header.provenance.commit.clone().unwrap_or_else(|| header.policy_digest.short());
    writeln!(out, "<sub>{}; {}; policy {version}</sub>", side(&header.directory), side(&header.tenant))
}

fn write_section(out: &mut String, title: &str, blocks: &[&Block<'_>]) -> std::fmt::Result {
    if blocks.is_empty() {
        return Ok(());
    }
    let folded = OPEN_MAX < blocks.len();
    if folded {
        writeln!(out, "<details><summary>{title} ({})</summary>\n", blocks.len())?;
    } else {
        writeln!(out, "#### {title} ({})\n", blocks.len())?;
    }
    for (at, block) in blocks.iter().enumerate() {
        if LENGTH_MAX < out.len() {
            writeln!(out, "- … and {} more (`--format json` lists all)", blocks.len() - at)?;
            break;
        }
        write_block(out, block)?;
    }
    writeln!(out, "{}", if folded { "\n</details>\n" } else { "" })
}

fn write_block(out: &mut String, block: &Block<'_>) -> std::fmt::Result {
    let head = block.head();
    let reason = head.held().map_or_else(|| words::because(head), |it| format!("held: {}", it.reason));
    writeln!(out, "- {} **{}**: {}", head.kind(), escape(head.name()), escape(&reason))?;
    block.changes.iter().try_for_each(|it| write_details(out, it))
}

fn write_details(out: &mut String, change: &Change) -> std::fmt::Result {
    match change.op() {
        Op::Create(values) => values.iter().try_for_each(|NewValue { property, value }| {
            writeln!(out, "  - {property}: {}", escape(&words::value_of(*property, value)))
        }),
        Op::Update(attributes) | Op::Restore(attributes) => attributes
            .iter()
            .try_for_each(|it| writeln!(out, "  - {}: {}", it.property, escape(&words::transition(it)))),
        Op::Adopt { differ, agree } => {
            writeln!(out, "  - adopt: {}", escape(&words::because(change)))?;
            agree.iter().try_for_each(|NewValue { property, value }| {
                writeln!(out, "  - {property}: {} on both sides", escape(&words::value_of(*property, value)))
            })?;
            differ
                .iter()
                .try_for_each(|it| writeln!(out, "  - {}: {}", it.property, escape(&words::transition(it))))
        }
        Op::Members { add, remove, after } => {
            let names = |list: &[crate::plan::ObjectRef]| {
                let shown: Vec<String> =
                    list.iter().take(OPEN_MAX).map(|it| escape(&words::reference(it))).collect();
                let more = list.len().saturating_sub(OPEN_MAX);
                if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
            };
            if !add.is_empty() {
                writeln!(out, "  - members added: {}", names(add))?;
            }
            if !remove.is_empty() {
                writeln!(out, "  - members removed: {}", names(remove))?;
            }
            writeln!(out, "  - {after} members after")
        }
        Op::Features(turns) => {
            turns.iter().try_for_each(|it| writeln!(out, "  - {}: {}", it.feature.name(), words::turn(*it)))
        }
        Op::Password(set) => writeln!(out, "  - password: {}", words::password(set, change.subject())),
        Op::Block | Op::Unblock | Op::Delete => Ok(()),
    }
}

/// Names and values come from the directory: no mark-up of theirs may take effect.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for it in words::name(text).chars() {
        match it {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '!' | '~' | '@' => escaped.extend(['\\', it]),
            other => escaped.push(other),
        }
    }
    escaped
}

/// A table with a row for each of several plans; nothing for a single one.
pub fn closing_table_markdown(plans: &[Planned]) -> String {
    if plans.len() < 2 {
        return String::new();
    }
    let row = |it: &Planned| {
        format!(
            "| {} | {} |\n",
            escape(&it.header.policy),
            text::summary_line(it).trim_start_matches("plan: ")
        )
    };
    format!("\n| policy | plan |\n| --- | --- |\n{}", plans.iter().map(row).collect::<String>())
}
