//! Plans as a page: what to decide first, then object by object.

use maud::{Markup, html};

use super::{Item, list, page};
use crate::plan::{AttributeChange, Change, NewValue, ObjectRef, Op, Planned, Side, Summary};
use crate::render::block::{Block, Sign, blocks};
use crate::render::{text, words};

/// Members named of one group; more are counted.
const MEMBERS_SHOWN_MAX: usize = 50;

/// All plans on one page, above them a table if there are several.
pub fn plans_html(plans: &[Planned]) -> String {
    plans_page(plans, None)
}

/// The same, with something to say below.
pub(in crate::render) fn plans_page(plans: &[Planned], note: Option<&str>) -> String {
    let main = html! {
        @if 1 < plans.len() { (table(plans)) }
        @for planned in plans { (section(planned)) }
        @if let Some(note) = note { p.quiet { (note) } }
    };
    let title = match plans {
        [planned] => format!("Plan {} of {}", planned.plan.id(), words::name(&planned.header.policy)),
        several => format!("Plans of {} policies", several.len()),
    };
    page(&title, &main)
}

fn table(plans: &[Planned]) -> Markup {
    html! {
        div.scroll {
            table {
                caption { "All policies" }
                thead { tr {
                    th scope="col" { "Policy" }
                    @for name in ["Add", "Change", "Block", "Delete", "Held"] { th.number scope="col" { (name) } }
                } }
                tbody {
                    @for (planned, summary) in plans.iter().map(|it| (it, Summary::of(&it.plan))) {
                        tr {
                            th scope="row" {
                                a href={ "#" (planned.header.policy) } { (words::name(&planned.header.policy)) }
                            }
                            @for (label, count) in counts(summary) {
                                td.number.none[count == 0] data-label=(label) { (count) }
                            }
                        }
                    }
                }
            }
        }
    }
}

const fn counts(it: Summary) -> [(&'static str, usize); 5] {
    [
        ("Add", it.objects_added),
        ("Change", it.objects_changed),
        ("Block", it.objects_blocked),
        ("Delete", it.objects_deleted),
        ("Held", it.objects_held),
    ]
}

fn section(planned: &Planned) -> Markup {
    let Planned { header, plan, report } = planned;
    let blocks = blocks(plan);
    html! {
        section aria-labelledby=(header.policy) {
            h2 #(header.policy) { "Policy " (words::name(&header.policy)) }
            p.lead { (text::summary_line(planned).trim_start_matches("plan: ")) }
            (guards(planned))
            @for (sign, heading, class) in SIGNS {
                (of_sign(&blocks, sign, (heading, class)))
            }
            (list("Findings", "", report.findings.len(), report.findings.iter().map(|it| Item {
                kind: words::finding_kind(it),
                name: &it.name,
                says: it.text.clone(),
                details: Vec::new(),
            })))
            (origin(planned))
        }
    }
}

/// What waits for a decision stands first, as on a merge request.
const SIGNS: [(Sign, &str, &str); 5] = [
    (Sign::Held, "Held", "held"),
    (Sign::Delete, "To delete", "remove"),
    (Sign::Block, "To block", "remove"),
    (Sign::Add, "To add", "add"),
    (Sign::Change, "To change", "change"),
];

/// What is held, and how it is released.
fn guards(planned: &Planned) -> Markup {
    html! {
        @for state in planned.plan.guards().iter().filter(|it| it.tripped) {
            p { span.badge.waits { "held" } (text::guard_words(state).trim_start_matches("held")) }
        }
        @if let Some(digest) = planned.plan.held_digest() {
            p.quiet { "To approve exactly what is held: " code { "samesign apply … --approve " (digest) } }
        }
    }
}

fn origin(planned: &Planned) -> Markup {
    let Planned { header, plan, .. } = planned;
    let side = |it: &Side| {
        let reading = if it.whole { "whole" } else { "partial: nothing is removed" };
        format!("{}: {}, {reading}", words::name(&it.name), words::count(it.objects, "object", "objects"))
    };
    let dirty = if header.provenance.dirty { "+changes" } else { "" };
    html! {
        dl.facts {
            dt { "Plan" } dd { code { (plan.id()) } }
            @if let Some(rollback) = plan.rollback() { dt { "Rollback" } dd { "of run " (rollback.run) } }
            dt { "Directory" } dd { (side(&header.directory)) }
            dt { "Tenant" } dd { (side(&header.tenant)) }
            dt { "Manifests" } dd {
                @match &header.provenance.commit {
                    Some(commit) => code { (words::name(commit)) (dirty) },
                    None => code { (header.policy_digest.short()) },
                }
            }
        }
    }
}

fn of_sign(blocks: &[Block<'_>], sign: Sign, (heading, class): (&str, &str)) -> Markup {
    let count = blocks.iter().filter(|it| it.sign == sign).count();
    let items = blocks.iter().filter(|it| it.sign == sign).map(|block| {
        let head = block.head();
        Item {
            kind: head.kind().word(),
            name: head.name(),
            says: head.held().map_or_else(|| words::because(head), |it| format!("held: {}", it.reason)),
            details: block.changes.iter().flat_map(|it| details(it)).collect(),
        }
    });
    list(heading, class, count, items)
}

fn details(change: &Change) -> Vec<(&'static str, String)> {
    match change.op() {
        Op::Create(values) => {
            let details = values
                .iter()
                .map(|NewValue { property, value }| (property.name(), words::value_of(*property, value)));
            details.collect()
        }
        Op::Restore(attributes) if change.held().is_some() => {
            let deed = (words::deed(change), words::because(change));
            [vec![deed], transitions(attributes)].concat()
        }
        Op::Update(attributes) | Op::Restore(attributes) => transitions(attributes),
        Op::Adopt { differ, agree } => {
            let agree = agree.iter().map(|NewValue { property, value }| {
                (property.name(), format!("{} on both sides", words::value_of(*property, value)))
            });
            let differ = differ.iter().map(|it| (it.property.name(), words::transition(it)));
            std::iter::once(("adopt", words::because(change))).chain(agree).chain(differ).collect()
        }
        Op::Members { add, remove, after } => {
            let lists = [("members added", add), ("members removed", remove)];
            let named = lists.into_iter().filter(|it| !it.1.is_empty()).map(|(label, it)| (label, names(it)));
            named.chain([("members after", after.to_string())]).collect()
        }
        Op::Features(turns) => {
            turns.iter().map(|it| (it.feature.name(), words::turn(*it).to_owned())).collect()
        }
        Op::Password(set) => vec![("password", words::password(set, change.subject()))],
        // Why it is held stands where else the reason is.
        Op::Block | Op::Unblock | Op::Delete if change.held().is_some() => {
            vec![(words::deed(change), words::because(change))]
        }
        Op::Block | Op::Unblock | Op::Delete => Vec::new(),
    }
}

fn transitions(attributes: &[AttributeChange]) -> Vec<(&'static str, String)> {
    attributes.iter().map(|it| (it.property.name(), words::transition(it))).collect()
}

fn names(members: &[ObjectRef]) -> String {
    let shown: Vec<String> = members.iter().take(MEMBERS_SHOWN_MAX).map(words::reference).collect();
    match members.len().saturating_sub(MEMBERS_SHOWN_MAX) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
