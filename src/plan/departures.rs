//! Tenant objects whose directory object left, and what happens to them.
//!
//! Only a whole reading can say that somebody left, and only what our records know is ever removed.

use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::model::{Anchor, CloudId, CloudObject, ObjectIndex, ObjectKind, Origin, Property};
use crate::policy::{Channel, Policy, Removal};

use super::Ground;
use super::because::{Because, Departure, ELSEWHERE, LEFT_BEFORE, Move};
use super::change::{Op, Stage, Subject};
use super::hold::{Guard, Hold};
use super::report::{About, WhyUntouched};
use super::scoping::OutOfScope;
use super::sketch::{Draft, Sketch};

/// A tenant object that is to go.
struct Leaver {
    kind: ObjectKind,
    anchor: Anchor,
    id: CloudId,
    name: Arc<str>,
    how: Departure,
}

/// Plans removals; `out_of_scope` says why a directory object is out.
pub(super) fn plan_departures(
    ground: &Ground<'_>,
    sketch: &mut Sketch,
    out_of_scope: impl Fn(ObjectIndex) -> Option<OutOfScope>,
) {
    sketch.turn_away();
    for object in ground.tenant.active() {
        if sketch.is_kept(object.id()) {
            continue;
        }
        let anchor = object.anchor().or_else(|| ground.recorded_anchor(object.id()));
        match (anchor, removal(ground.policy, object.kind())) {
            (Some(anchor), Some(removal)) if ground.index.is_linked(anchor, object.id()) => {
                if ground.links.from_intents.contains(&anchor) {
                    sketch.report.joined.push((anchor, object.kind(), object.id()));
                }
                if ground.is_mastered_by_other(object.origin()) || !ground.whole {
                    continue;
                }
                let Some(how) = how(ground, object.kind(), anchor, &out_of_scope) else { continue };
                let leaver =
                    Leaver { kind: object.kind(), anchor, id: object.id(), name: object.name().into(), how };
                depart(ground, sketch, &leaver, object, removal);
            }
            (Some(anchor), Some(_)) => unknown(ground, sketch, object, anchor),
            (None, Some(_)) if is_synchronised(ground, object) => unknown_synchronised(sketch, object),
            (None, _) | (Some(_), None) => {
                sketch.report.left_alone.cloud_only += 1;
                sketch.untouched(object.kind(), object.name(), WhyUntouched::CloudOnly);
            }
        }
    }
}

pub(super) fn removal(policy: &Policy, kind: ObjectKind) -> Option<Removal> {
    match kind {
        ObjectKind::User => policy.users.as_ref().map(|it| it.lifecycle.removal),
        ObjectKind::Group => policy.groups.as_ref().map(|it| it.removal),
        ObjectKind::Contact => policy.contacts.as_ref().map(|it| it.removal),
    }
}

/// An anchor that the directory may know, but our records do not.
fn unknown(ground: &Ground<'_>, sketch: &mut Sketch, object: CloudObject<'_>, anchor: Anchor) {
    sketch.report.left_alone.unknown_anchor += 1;
    sketch.untouched(object.kind(), object.name(), WhyUntouched::UnknownAnchor);
    let text = match ground.index.in_directory(anchor) {
        Some(at) => format!(
            "left alone: belongs to {}, which is out of scope, and was never in it as far as our records go",
            ground.objects.get(at).dn
        ),
        None => format!(
            "left alone: carries the anchor {anchor}, which neither the directory nor our records know; if it \
             is somebody who left, block it by hand"
        ),
    };
    sketch.finding(object.kind(), object.name(), About::UnknownAnchor, text);
}

/// Whether a directory is master of a group or contact, whose anchor the tenant then does not show.
fn is_synchronised(ground: &Ground<'_>, object: CloudObject<'_>) -> bool {
    ground.policy.channel == Channel::DirectorySync
        && object.kind() != ObjectKind::User
        && object.origin() == Origin::Synced
}

/// One that was synchronised, perhaps by another program, and that nobody knows now.
fn unknown_synchronised(sketch: &mut Sketch, object: CloudObject<'_>) {
    sketch.report.left_alone.unknown_anchor += 1;
    sketch.untouched(object.kind(), object.name(), WhyUntouched::UnknownAnchor);
    let mark = if object.kind() == ObjectKind::Contact { "mail address" } else { "objectSid" };
    let text = format!(
        "left alone: a directory is its master, and neither its {mark} nor our records tell that it is something in \
         scope"
    );
    sketch.finding(object.kind(), object.name(), About::UnknownAnchor, text);
}

/// How somebody left; `None` if they did not, as far as can be told.
pub(super) fn how(
    ground: &Ground<'_>,
    kind: ObjectKind,
    anchor: Anchor,
    out_of_scope: &impl Fn(ObjectIndex) -> Option<OutOfScope>,
) -> Option<Departure> {
    let Some(at) = ground.index.in_directory(anchor) else {
        let why = || ELSEWHERE.to_owned();
        return Some(match ground.edits.of_directory() {
            Some(edit) => Departure::PolicyChanged { why: why(), edit },
            None => Departure::DeletedInDirectory,
        });
    };
    // One of two with this anchor is out of scope: nobody knows which of them the tenant has.
    if ground.index.is_contested(anchor) {
        return None;
    }
    // In scope and still without a place: contested, which is said elsewhere.
    let condition = out_of_scope(at)?;
    let why = condition.to_string();
    Some(match ground.edits.of_scope(kind, &condition) {
        Some(edit) => Departure::PolicyChanged { why, edit },
        None => Departure::MovedOutOfScope { why, moved: moved(ground, anchor, at) },
    })
}

/// From where to where an object was moved since it was last in scope.
fn moved(ground: &Ground<'_>, anchor: Anchor, at: ObjectIndex) -> Option<Box<Move>> {
    let before = ground.index.link(anchor)?.dn.as_ref()?;
    let now = &ground.objects.get(at).dn;
    let (from, to) = (before.parent()?, now.parent()?);
    (!from.eq_ignore_ascii_case(to)).then(|| Box::new(Move { from: from.to_owned(), to: to.to_owned() }))
}

/// The day on which the grace period ends.
pub(super) fn delete_on(since: Timestamp, removal: Removal) -> Option<Date> {
    let days = i64::from(removal.delete_after_days?);
    since.to_zoned(TimeZone::UTC).date().checked_add(days.days()).ok()
}

fn depart(
    ground: &Ground<'_>,
    sketch: &mut Sketch,
    leaver: &Leaver,
    object: CloudObject<'_>,
    removal: Removal,
) {
    let policy_changed = matches!(leaver.how, Departure::PolicyChanged { .. });
    let is_doubtful = sketch.report.is_doubtful();
    // Where everybody seems to be made again, nobody is advised what to do about each.
    let hold = if is_doubtful { None } else { recreated(sketch, leaver) };
    // Who waits for a person for one of these reasons keeps their groups, too.
    if !policy_changed && hold.is_none() {
        sketch.depart(leaver.id, leaver.anchor);
    }
    let recorded = ground.index.link(leaver.anchor).and_then(|it| it.blocked_since);
    let delete_on = delete_on(recorded.unwrap_or(ground.as_of), removal);
    let today = ground.as_of.to_zoned(TimeZone::UTC).date();
    let because = Because::Departed { how: leaver.how.clone(), delete_on };
    let draft = Draft::new(leaver.kind, leaver.anchor, Subject::Known(leaver.id), &leaver.name);
    let can_sign_in = match object {
        CloudObject::User(user) => user.attributes.text(Property::AccountEnabled.id()) != Some("false"),
        CloudObject::Group(_) | CloudObject::Contact(_) => false,
    };
    // Nothing that a policy or a doubt causes happens before a person approves, and then the grace period
    // begins: for whom is blocked already, and for a group, the block is only that beginning.
    let waits = policy_changed || is_doubtful || hold.is_some();
    let begins = waits && recorded.is_none() && removal.delete_after_days.is_some();
    if (can_sign_in && removal.block) || begins {
        sketch.push(&draft, Op::Block, because, Stage::Block).held = hold;
        return;
    }
    let stage = match leaver.kind {
        ObjectKind::User => Stage::DeleteUsers,
        ObjectKind::Group => Stage::DeleteGroups,
        ObjectKind::Contact => Stage::DeleteContacts,
    };
    // A period begins with the record of a departure; one of no days need not begin.
    let has_begun = recorded.is_some() || removal.delete_after_days == Some(0);
    let is_over = |day: Date| has_begun && day <= today;
    match delete_on {
        Some(day) if is_over(day) => {
            let change = sketch.push(&draft, Op::Delete, hastened(ground, leaver, because), stage);
            change.held = hold;
            change.for_good = is_synchronised(ground, object);
        }
        Some(day) => {
            let text = format!("left the directory or the scope: will be deleted on {day}");
            sketch.finding(leaver.kind, &leaver.name, About::Grace, text);
        }
        None => (),
    }
}

/// Who is deleted today because the grace period was shortened leaves because of that.
fn hastened(ground: &Ground<'_>, leaver: &Leaver, because: Because) -> Because {
    match (ground.edits.of_setting(leaver.kind, "lifecycle.removed"), because) {
        (Some(edit), Because::Departed { how: _, delete_on }) => {
            let why = LEFT_BEFORE.to_owned();
            Because::Departed { how: Departure::PolicyChanged { why, edit }, delete_on }
        }
        (_, because) => because,
    }
}

/// Whoever was perhaps deleted in the directory and made again keeps their account until a person decides.
fn recreated(sketch: &Sketch, leaver: &Leaver) -> Option<Hold> {
    let successor = sketch.recreated.get(&leaver.id)?;
    let reason = format!(
        "{successor} is new in AD and wants the same name: if it is the same person, set its \
         mS-DS-ConsistencyGuid to {}; if not, approve this",
        leaver.anchor.guid()
    );
    Some(Hold { guard: Guard::Recreated, reason })
}
