//! Lets the guards look at all changes together, and holds what they object to.
//!
//! What each guard looks at stands in its own module: limits, protection, health.

use std::collections::{BTreeMap, HashSet};

use crate::model::{CloudId, ObjectKind, Roles};
use crate::policy::Limit;

use super::Ground;
use super::change::{AttributeChange, Change, Op, Subject};
use super::health::Symptom;
use super::hold::{Guard, Hold};
use super::limits::{self, Managed, Part, Rule};
use super::protection::protection;
use super::report::{About, Report};
use super::waiting;

/// What a guard counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardState {
    /// Which guard.
    pub guard: Guard,
    /// Changes that it counts.
    pub counted: usize,
    /// Its limit; `None` for a guard that holds every such change.
    pub limit: Option<Limit>,
    /// Whether it holds any.
    pub tripped: bool,
}

/// Consults all guards, in an order in which what one holds does not count for the next.
pub(super) fn consult(changes: &mut Vec<Change>, ground: &Ground<'_>, report: &Report) -> Vec<GuardState> {
    waiting::order(changes);
    for change in changes.iter_mut() {
        // What a person could let go otherwise is protected all the same.
        let could_run = change.held.as_ref().is_none_or(|hold| hold.guard.can_be_approved());
        if could_run && let Some(reason) = protection(ground, change) {
            change.held = Some(Hold { guard: Guard::Protected, reason });
        }
        if change.held.is_none() {
            change.held = objection(ground, change);
        }
    }
    hold_for_missing_scope(changes, report);
    hold_for_health(changes, &report.symptoms);
    let linked = |kind| ground.links.by_anchor.values().filter(|it| it.kind == kind).count();
    let managed = Managed::of(report, linked);
    let rules = limits::rules(ground.policy, &managed);
    let counts = enforce(changes, &rules, ground);
    waiting::hold(changes);
    waiting::hold_dependents(changes);
    hold_with_members(changes);
    states(changes, &rules, &counts)
}

/// What is held whatever else the plan does.
fn objection(ground: &Ground<'_>, change: &Change) -> Option<Hold> {
    let (guard, reason) = match &change.op {
        Op::Adopt { .. } => {
            (Guard::Adoption, "the tenant's user would be taken over: look at both first".to_owned())
        }
        Op::Block | Op::Delete if change.because.is_policy_change() => {
            (Guard::PolicyChange, "leaves because the policy changed, not the directory".to_owned())
        }
        Op::Block | Op::Delete if change.kind == ObjectKind::User => match ground.tenant.roles() {
            Roles::Unknown(why) => {
                (Guard::RolesUnknown, format!("it is not known who holds admin roles: {why}"))
            }
            Roles::Known(_) => return None,
        },
        Op::Features(_) => (Guard::Features, "a switch of the tenant concerns everybody in it".to_owned()),
        Op::Create(_)
        | Op::Update(_)
        | Op::Block
        | Op::Unblock
        | Op::Delete
        | Op::Restore(_)
        | Op::Members { .. }
        | Op::Password(_) => return None,
    };
    Some(Hold { guard, reason })
}

fn hold(changes: &mut [Change], guard: Guard, reason: &str, counts: impl Fn(&Change) -> bool) {
    for change in changes.iter_mut().filter(|it| it.held.is_none() && counts(it)) {
        change.held = Some(Hold { guard, reason: reason.to_owned() });
    }
}

/// Holds a part of the properties of each change, and lets the others go on as a change of their own.
fn hold_attributes(
    changes: &mut Vec<Change>,
    guard: Guard,
    reason: &str,
    kinds: &[ObjectKind],
    is_meant: impl Fn(&AttributeChange) -> bool,
) {
    let mut rest = Vec::new();
    for change in
        changes.iter_mut().filter(|it| it.held.is_none() && kinds.iter().any(|kind| it.kind == *kind))
    {
        let Op::Update(attributes) = &mut change.op else { continue };
        if !attributes.iter().any(&is_meant) {
            continue;
        }
        let (meant, others) = std::mem::take(attributes).into_iter().partition(&is_meant);
        *attributes = others;
        if !attributes.is_empty() {
            rest.push(change.clone());
        }
        change.op = Op::Update(meant);
        change.held = Some(Hold { guard, reason: reason.to_owned() });
    }
    changes.append(&mut rest);
}

fn hold_for_missing_scope(changes: &mut Vec<Change>, report: &Report) {
    let Some(missing) = report.findings.iter().find(|it| it.about == About::Scope) else { return };
    let renamed = report.renamed.iter().find(|it| *it.from == *missing.name);
    let reason = match renamed {
        Some(it) => {
            format!("{} was renamed or moved to {}, and the scope names it as before", it.from, it.to)
        }
        None => format!("the directory does not have {}, which the scope names", missing.name),
    };
    hold(changes, Guard::MissingScope, &reason, Change::is_removal);
    // A manager who is below the base that is missing has not left either.
    let all = [ObjectKind::User, ObjectKind::Group, ObjectKind::Contact];
    hold_attributes(changes, Guard::MissingScope, &reason, &all, AttributeChange::is_clear);
}

fn hold_for_health(changes: &mut Vec<Change>, symptoms: &[Symptom]) {
    let spoilt = symptoms.iter().any(Symptom::spoils_values);
    let strange = symptoms.iter().any(Symptom::spoils_identity);
    for kind in [ObjectKind::User, ObjectKind::Group, ObjectKind::Contact] {
        let concerns = |it: &&Symptom| it.kind().is_none_or(|it| it == kind);
        let Some(symptom) = symptoms.iter().find(concerns).or(symptoms.first()) else { return };
        let reason = format!("the reading of the directory is doubtful: {symptom}");
        hold(changes, Guard::DirectoryHealth, &reason, |it| {
            let takes_away = it.is_removal() || !it.members_taken_out().is_empty();
            let is_new = matches!(it.op, Op::Create(_));
            it.kind == kind && (takes_away || (spoilt && it.op == Op::Unblock) || (strange && is_new))
        });
        hold_attributes(changes, Guard::DirectoryHealth, &reason, &[kind], |it| {
            it.is_clear() || (spoilt && it.is_rewrite())
        });
    }
}

/// Holds what is above limits; how much there was of each.
///
/// All are counted at once, and again behind one that trips: going through a first plan once for each limit took a
/// tenth of its time.
fn enforce(changes: &mut Vec<Change>, rules: &[Rule], ground: &Ground<'_>) -> Vec<usize> {
    let mut counts = tally(changes, rules);
    for (at, rule) in rules.iter().enumerate() {
        let Rule { guard, kind, limit, managed, weight, each, part, words } = rule;
        if *each {
            if 0 < counts[at] {
                counts[at] = enforce_each(changes, rule, ground);
            }
        } else if limit.trips(counts[at], *managed) {
            let reason = format!("{}; limit {}", limits::counted(counts[at], words), limit.words());
            match part {
                Part::Whole => hold(changes, *guard, &reason, |it| 0 < weight(it)),
                Part::Attributes(is_meant) => {
                    hold_attributes(changes, *guard, &reason, &[*kind], is_meant);
                }
            }
        } else {
            continue;
        }
        let behind = tally(changes, &rules[at + 1..]);
        counts.truncate(at + 1);
        counts.extend(behind);
    }
    counts
}

/// How much of what each rule counts there is that nothing holds.
fn tally(changes: &[Change], rules: &[Rule]) -> Vec<usize> {
    let mut counts = vec![0; rules.len()];
    for change in changes.iter().filter(|it| it.held.is_none()) {
        for (count, rule) in counts.iter_mut().zip(rules) {
            *count += (rule.weight)(change);
        }
    }
    counts
}

/// Measures each group by itself: all that is taken out of it, in percent of the members that it has.
fn enforce_each(changes: &mut [Change], rule: &Rule, ground: &Ground<'_>) -> usize {
    let Rule { guard, kind: _, limit, managed: _, weight, each: _, part: _, words } = rule;
    let mut by_group: BTreeMap<Subject, usize> = BTreeMap::new();
    for change in changes.iter().filter(|it| it.held.is_none() && 0 < weight(it)) {
        *by_group.entry(change.subject).or_default() += weight(change);
    }
    let members = |subject: &Subject| match subject {
        Subject::Known(id) => ground.tenant.group(*id).map_or(0, |it| it.members.len()),
        Subject::Created(_) => 0,
    };
    let trips = |group: &Subject, many: usize| limit.trips(many, members(group));
    for change in changes.iter_mut().filter(|it| it.held.is_none() && 0 < weight(it)) {
        if let Some(many) = by_group.get(&change.subject).filter(|it| trips(&change.subject, **it)) {
            let reason = format!("{}; limit {}", limits::counted(*many, words), limit.words());
            change.held = Some(Hold { guard: *guard, reason });
        }
    }
    by_group.into_values().max().unwrap_or_default()
}

/// Members who leave stay in their groups for as long as their own removal is held.
fn hold_with_members(changes: &mut [Change]) {
    let staying: HashSet<CloudId> = changes
        .iter()
        .filter(|it| it.is_removal() && it.held.is_some())
        .filter_map(|it| match it.subject {
            Subject::Known(id) => Some(id),
            Subject::Created(_) => None,
        })
        .collect();
    let waits = |it: &Subject| matches!(it, Subject::Known(id) if staying.contains(id));
    hold(changes, Guard::MemberRemovals, "a member's own removal is held", |it| {
        it.members_taken_out().iter().any(|member| waits(&member.subject))
    });
}

fn states(changes: &[Change], rules: &[Rule], counts: &[usize]) -> Vec<GuardState> {
    let mut held: BTreeMap<Guard, usize> = BTreeMap::new();
    for hold in changes.iter().filter_map(|it| it.held.as_ref()) {
        *held.entry(hold.guard).or_default() += 1;
    }
    let state = |guard: Guard| {
        let held = held.get(&guard).copied().unwrap_or_default();
        let rule = rules.iter().zip(counts).find(|(rule, _)| rule.guard == guard);
        let (counted, limit) = rule.map_or((held, None), |(rule, count)| (*count, Some(rule.limit)));
        GuardState { guard, counted, limit, tripped: 0 < held }
    };
    let is_set = |it: &GuardState| it.limit.is_some() || it.tripped || !it.guard.has_limit();
    Guard::ALL.into_iter().map(state).filter(is_set).collect()
}
