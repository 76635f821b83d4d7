//! The words for reasons, values and names that all outputs share.

use std::borrow::Cow;
use std::fmt::Write as _;

use jiff::SignedDuration;
use similar::{ChangeTag, TextDiff};

use crate::model::{Form, ObjectKind, Property, from_filetime};
use crate::plan::{
    About, AttributeChange, Because, Change, Departure, FeatureTurn, Finding, Move, ObjectRef, Op,
    PasswordSet, PolicyEdit, Subject, SubjectKind, Value,
};

/// A name on one line: a control character could otherwise steer the reader's terminal, and a character
/// that turns the direction of writing could make one name look like another.
pub fn name(text: &str) -> Cow<'_, str> {
    if !text.contains(misleads) {
        return Cow::Borrowed(text);
    }
    let escape = |it: char| if misleads(it) { it.escape_unicode().to_string() } else { it.to_string() };
    Cow::Owned(text.chars().map(escape).collect())
}

/// Whether a character could steer a terminal, or make one text look like another.
pub(super) fn misleads(it: char) -> bool {
    it.is_control()
        || matches!(it, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
}

/// A value in quotation marks, escaped where it could be misread.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for it in text.chars() {
        match it {
            '"' | '\\' => quoted.extend(['\\', it]),
            it if misleads(it) => quoted.extend(it.escape_unicode()),
            it => quoted.push(it),
        }
    }
    quoted.push('"');
    quoted
}

/// A referenced object.
pub(super) fn reference(object: &ObjectRef) -> String {
    match object.subject {
        Subject::Known(_) => name(&object.name).into_owned(),
        Subject::Created(_) => format!("{} (known after apply)", name(&object.name)),
    }
}

/// A value of a property; of bytes only how many there are.
pub(super) fn value_of(property: Property, value: &Value) -> String {
    match (property.form(), value) {
        (Form::Octets, Value::Text(text)) => octets(text),
        (Form::OctetsSet, Value::Set(values)) => {
            values.iter().map(|it| octets(it)).collect::<Vec<_>>().join(", ")
        }
        (_, other) => plain_value(other),
    }
}

/// Four digits of base64 are three bytes. What stands for bytes that are not told is no base64.
fn octets(base64: &str) -> String {
    if base64.contains('-') {
        return quoted(base64);
    }
    let padding = base64.bytes().rev().take_while(|it| *it == b'=').count();
    count(base64.len() / 4 * 3 - padding.min(base64.len()), "byte", "bytes")
}

/// A value of which only its own form is known.
pub(super) fn plain_value(value: &Value) -> String {
    match value {
        Value::Text(text) => quoted(text),
        Value::Switch(on) => on.to_string(),
        Value::Set(values) => values.iter().map(|it| quoted(it)).collect::<Vec<_>>().join(", "),
        Value::Reference(object) => reference(object),
        Value::NotShown => NOT_SHOWN.to_owned(),
    }
}

/// What stands for a value that the tenant does not show.
pub(super) const NOT_SHOWN: &str = "(not shown by the tenant)";

/// What happens to a switch: `off -> on`.
pub(super) const fn turn(turn: FeatureTurn) -> &'static str {
    if turn.on { "off -> on" } else { "on -> off" }
}

/// What is sent of a password: `hash, changed in AD 2026-11-22 09:14`, in UTC.
pub(super) fn password(set: &PasswordSet, subject: Subject) -> String {
    let PasswordSet { account: _, last_set, must_change } = set;
    let when = match (subject, from_filetime(*last_set)) {
        (Subject::Created(_), _) => "after creation".to_owned(),
        (Subject::Known(_), Some(at)) => format!("changed in AD {}", at.strftime("%Y-%m-%d %H:%M")),
        (Subject::Known(_), None) => "set in AD".to_owned(),
    };
    format!("hash, {when}{}", if *must_change { ", must change at next logon" } else { "" })
}

/// What happens to the values of a property: `"Clerk" -> "Accountant"`, or what a set gains and loses.
pub(super) fn transition(change: &AttributeChange) -> String {
    let AttributeChange { property, from, to } = change;
    between(*property, from.as_ref(), to.as_ref())
}

/// What happens to a value.
pub(super) fn between(property: Property, from: Option<&Value>, to: Option<&Value>) -> String {
    let is_bytes = matches!(property.form(), Form::Octets | Form::OctetsSet);
    let side = |it: Option<&Value>| it.map_or_else(|| "(none)".to_owned(), |it| value_of(property, it));
    if is_bytes {
        return format!("{} -> {}", side(from), side(to));
    }
    let set = |it: Option<&Value>| match it {
        Some(Value::Set(values)) => Some(values.to_vec()),
        None => Some(Vec::new()),
        Some(Value::Text(_) | Value::Switch(_) | Value::Reference(_) | Value::NotShown) => None,
    };
    if let (Some(from), Some(to)) = (set(from), set(to)) {
        let gained = to.iter().filter(|it| !from.contains(it)).map(|it| format!("+ {}", quoted(it)));
        let lost = from.iter().filter(|it| !to.contains(it)).map(|it| format!("- {}", quoted(it)));
        return gained.chain(lost).collect::<Vec<_>>().join("   ");
    }
    if let (Some(Value::Text(from)), Some(Value::Text(to))) = (from, to)
        && LONG < from.chars().count().min(to.chars().count())
    {
        return word_diff(from, to);
    }
    format!("{} -> {}", side(from), side(to))
}

/// From this many characters on, two texts are not shown whole one after the other.
const LONG: usize = 60;

/// Two long texts in one: `"Everybody in [-sales-]{+marketing+} and …"`.
fn word_diff(from: &str, to: &str) -> String {
    let diff = TextDiff::from_words(from, to);
    let mut text = String::new();
    for change in diff.iter_all_changes() {
        let value = name(change.value());
        match change.tag() {
            ChangeTag::Equal => text += &value,
            ChangeTag::Delete => text.extend(["[-", &value, "-]"]),
            ChangeTag::Insert => text.extend(["{+", &value, "+}"]),
        }
    }
    // Words next to each other that share a fate need one pair of brackets.
    let text = text.replace("-][-", "").replace("+}{+", "");
    format!("\"{text}\"")
}

/// What is done, of an operation without values. Of whoever cannot sign in a block is the beginning of the grace
/// period and nothing else.
pub(super) fn deed(change: &Change) -> &'static str {
    match (change.op(), change.kind()) {
        (Op::Block, SubjectKind::Object(ObjectKind::Group | ObjectKind::Contact)) => "grace period",
        (op, _) => op.word(),
    }
}

/// Why, in words.
pub(super) fn because(change: &Change) -> String {
    match change.because() {
        Because::MissingInTenant => "missing in tenant".to_owned(),
        Because::InRecycleBin => format!("in the tenant's recycle bin: restore{}", without(change.op())),
        Because::MasteredByCloud => "mastered by the cloud: the directory becomes its master".to_owned(),
        Because::PasswordChanged => "password set in AD".to_owned(),
        Because::FeatureDiffers => "switch differs from the manifest".to_owned(),
        Because::AttributeDiffers => "attribute differs".to_owned(),
        Because::MembersDiffer => "members differ".to_owned(),
        Because::DriftedInTenant => "drifted in the tenant".to_owned(),
        Because::FlowChanged(it) => format!("flow changed: {}", edit(it)),
        Because::LooksTheSame { property, dn } => {
            format!("{} of AD has the same {property}", name(dn))
        }
        Because::DisabledInDirectory => "disabled in AD: block sign-in".to_owned(),
        Because::ExpiredInDirectory(Some(day)) => format!("expired in AD on {day}: block sign-in"),
        Because::ExpiredInDirectory(None) => "expired in AD: block sign-in".to_owned(),
        Because::EnabledInDirectory => "enabled in AD: allow sign-in".to_owned(),
        Because::Returned => "returned: allow sign-in".to_owned(),
        Because::MembersDeparted => "members left".to_owned(),
        Because::RolledBack { run } => format!("rolled back (run {run}){}", put_back(change.op())),
        Because::Departed { how, delete_on } => {
            let mut words = departure(how);
            let deed = match (change.op(), delete_on) {
                (Op::Delete, _) if change.kind() == ObjectKind::Contact => {
                    ": delete (the recycle bin keeps no contacts)".to_owned()
                }
                (Op::Delete, _) if change.is_for_good() => {
                    ": delete for good (the recycle bin keeps no group that a directory is master of)"
                        .to_owned()
                }
                (Op::Delete, _) => ": delete (recycle bin)".to_owned(),
                (_, Some(day)) if change.kind() != ObjectKind::User => format!(": delete on {day}"),
                (_, Some(day)) => format!(": block sign-in now, delete on {day}"),
                (_, None) => ": block sign-in now".to_owned(),
            };
            let _infallible = write!(words, "{deed}");
            words
        }
    }
}

/// What somebody comes out of the recycle bin without.
fn without(op: &Op) -> &'static str {
    let Op::Restore(changes) = op else { return "" };
    let is_renamed = changes.iter().any(|it| it.property == Property::UserPrincipalName);
    let leaves_addresses = changes.iter().any(|it| it.property != Property::UserPrincipalName);
    match (is_renamed, leaves_addresses) {
        (false, false) => "",
        (true, false) => " under another name, since the one from before is somebody else's",
        (false, true) => " without addresses that are somebody else's",
        (true, true) => {
            " under another name and without addresses, since those from before are somebody else's"
        }
    }
}

/// What undoing does to a whole object.
const fn put_back(op: &Op) -> &'static str {
    match op {
        Op::Block => ": block sign-in",
        Op::Unblock => ": allow sign-in",
        Op::Delete => ": delete (recycle bin)",
        Op::Restore(_) => ": restore",
        Op::Create(_)
        | Op::Update(_)
        | Op::Adopt { .. }
        | Op::Members { .. }
        | Op::Password(_)
        | Op::Features(_) => "",
    }
}

/// What was changed in a policy, and in which commit: `users.scope.filter in commit 4f0c2e1 (before: 9b1d7aa)`.
pub(super) fn edit(edit: &PolicyEdit) -> String {
    let PolicyEdit { settings, before, after } = edit;
    let what = match settings.as_slice() {
        [] => "no plan of it was applied yet".to_owned(),
        some => some.join(", "),
    };
    let place = match (&after.commit, after.dirty) {
        (Some(commit), false) => format!(" in commit {commit}"),
        (Some(commit), true) => format!(" in edits that are not committed, on top of {commit}"),
        (None, _) => String::new(),
    };
    let before = match before {
        Some(before) if after.commit.as_ref() != Some(before) => format!(" (last applied: {before})"),
        Some(_) | None => String::new(),
    };
    format!("{what}{place}{before}")
}

/// Why, without what is done: `deleted in AD`.
pub(super) fn reason(change: &Change) -> String {
    match change.because() {
        Because::Departed { how, delete_on: _ } => departure(how),
        // The rest of these is the reason.
        Because::FlowChanged(_) | Because::LooksTheSame { .. } => because(change),
        Because::MissingInTenant
        | Because::InRecycleBin
        | Because::MasteredByCloud
        | Because::PasswordChanged
        | Because::FeatureDiffers
        | Because::AttributeDiffers
        | Because::MembersDiffer
        | Because::DriftedInTenant
        | Because::DisabledInDirectory
        | Because::ExpiredInDirectory(_)
        | Because::EnabledInDirectory
        | Because::Returned
        | Because::MembersDeparted
        | Because::RolledBack { .. } => {
            let words = because(change);
            words.split_once(": ").map_or(words.as_str(), |(reason, _)| reason).to_owned()
        }
    }
}

fn departure(how: &Departure) -> String {
    match how {
        Departure::DeletedInDirectory => "deleted in AD".to_owned(),
        Departure::MovedOutOfScope { why, moved } => match moved.as_deref() {
            None => format!("moved out of scope ({why})"),
            Some(Move { from, to }) => {
                format!("moved out of scope, from {} to {} ({why})", name(from), name(to))
            }
        },
        Departure::PolicyChanged { why, edit: it } => format!("policy changed: {} ({why})", edit(it)),
    }
}

/// What a finding is about: a kind of object, or a word for what is none.
pub(super) fn finding_kind(finding: &Finding) -> &'static str {
    let other = match finding.about {
        About::Health => "health",
        About::Rollback => "rollback",
        About::Channel
        | About::Scope
        | About::Value
        | About::Address
        | About::Entry
        | About::Quarantine
        | About::Anchor
        | About::MasteredElsewhere
        | About::UnknownAnchor
        | About::Members
        | About::Grace
        | About::Approval => "scope",
    };
    finding.kind.map_or(other, ObjectKind::word)
}

/// `1 removal`, `2 removals`.
pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// A length of time in its two largest units: `3 s`, `2 h 5 min`, `400 d`.
pub fn span(length: SignedDuration) -> String {
    let seconds = length.as_secs();
    let parts = [
        (seconds / 86_400, "d"),
        (seconds / 3600 % 24, "h"),
        (seconds / 60 % 60, "min"),
        (seconds % 60, "s"),
    ];
    let Some(first) = parts.iter().position(|it| it.0 != 0) else { return "0 s".to_owned() };
    let two = parts.iter().skip(first).take(2).filter(|it| it.0 != 0);
    two.map(|(number, unit)| format!("{number} {unit}")).collect::<Vec<_>>().join(" ")
}
