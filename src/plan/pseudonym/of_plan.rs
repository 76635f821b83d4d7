//! A plan in which nobody can be recognised.
//!
//! Everything is taken apart without `..`: a new field is decided about here, or does not compile.

use std::sync::Arc;

use crate::model::{Digest, Form, Guid, Property};

use super::register::{Label, Names};
use crate::plan::{
    About, AttributeChange, Because, Change, Departure, Finding, Header, Hold, LeftAlone, Move, NewValue,
    ObjectRef, Op, OutOfScope, PasswordSet, Plan, Planned, Report, Subject, SubjectKind, Value,
};

pub(super) fn planned(planned: &Planned, names: &mut dyn Names) -> Planned {
    let Planned { header, plan, report } = planned;
    let report = report_of(report, header, names);
    Planned { header: header_of(header), plan: plan_of(plan, names), report }
}

/// What a policy and its manifests are called stays: the repository has it, and not the directory.
fn header_of(header: &Header) -> Header {
    let Header { policy, provenance, policy_digest, directory, watermark: _, tenant, tenant_id } = header;
    Header {
        policy: policy.clone(),
        provenance: provenance.clone(),
        policy_digest: *policy_digest,
        directory: directory.clone(),
        // It names a server or a file, and nobody reads a plan for it.
        watermark: None,
        tenant: tenant.clone(),
        tenant_id: tenant_id.clone(),
    }
}

fn plan_of(plan: &Plan, names: &mut dyn Names) -> Plan {
    let mut changes: Vec<Change> = plan.changes().iter().map(|it| change(it, names)).collect();
    // The order from before is that of the names.
    changes.sort_by(|a, b| {
        (a.stage, a.kind, &a.name, a.anchor, a.op.word()).cmp(&(
            b.stage,
            b.kind,
            &b.name,
            b.anchor,
            b.op.word(),
        ))
    });
    plan.without_digests(changes)
}

fn change(change: &Change, names: &mut dyn Names) -> Change {
    let Change { kind, anchor, subject, name, op, because, stage, held, for_good, digest: _ } = change;
    let name = match kind {
        SubjectKind::Object(kind) => names.text((*kind).into(), name).into(),
        // That of the manifest.
        SubjectKind::Tenant => Arc::clone(name),
    };
    Change {
        kind: *kind,
        subject: match subject {
            Subject::Known(id) => Subject::Known(names.id(*id, Some(*anchor))),
            Subject::Created(anchor) => Subject::Created(names.anchor(*anchor)),
        },
        anchor: names.anchor(*anchor),
        name,
        op: op_of(op, names),
        because: because_of(because, names),
        stage: *stage,
        // What was written down of it names others.
        held: held
            .as_ref()
            .map(|Hold { guard, reason: _ }| Hold { guard: *guard, reason: guard.meaning().to_owned() }),
        for_good: *for_good,
        // It is over one object: whoever knows that object could try values until it fits.
        digest: Digest::from_bytes([0; 32]),
    }
}

fn op_of(op: &Op, names: &mut dyn Names) -> Op {
    match op {
        Op::Create(values) => Op::Create(new_values(values, names)),
        Op::Update(changes) => Op::Update(attribute_changes(changes, names)),
        Op::Restore(changes) => Op::Restore(attribute_changes(changes, names)),
        Op::Block => Op::Block,
        Op::Unblock => Op::Unblock,
        Op::Delete => Op::Delete,
        Op::Adopt { differ, agree } => {
            Op::Adopt { differ: attribute_changes(differ, names), agree: new_values(agree, names) }
        }
        Op::Members { add, remove, after } => {
            Op::Members { add: members(add, names), remove: members(remove, names), after: *after }
        }
        // When people set a password is told to nobody.
        Op::Password(PasswordSet { account: _, last_set: _, must_change }) => Op::Password(PasswordSet {
            account: Guid::from_bytes([0; 16]),
            last_set: 0,
            must_change: *must_change,
        }),
        Op::Features(turns) => Op::Features(turns.clone()),
    }
}

fn new_values(values: &[NewValue], names: &mut dyn Names) -> Vec<NewValue> {
    let new = |NewValue { property, value }: &NewValue| NewValue {
        property: *property,
        value: value_of(*property, value, names),
    };
    values.iter().map(new).collect()
}

fn attribute_changes(changes: &[AttributeChange], names: &mut dyn Names) -> Vec<AttributeChange> {
    let change = |AttributeChange { property, from, to }: &AttributeChange| {
        let mut side = |it: &Option<Value>| it.as_ref().map(|it| value_of(*property, it, names));
        AttributeChange { property: *property, from: side(from), to: side(to) }
    };
    changes.iter().map(change).collect()
}

fn value_of(property: Property, value: &Value, names: &mut dyn Names) -> Value {
    match value {
        Value::Text(text) => Value::Text(text_of(property, text, names).into()),
        Value::Switch(on) => Value::Switch(*on),
        Value::Set(values) => {
            let mut values: Vec<Box<str>> =
                values.iter().map(|it| text_of(property, it, names).into()).collect();
            values.sort_unstable();
            Value::Set(values.into())
        }
        Value::Reference(object) => Value::Reference(Box::new(reference(object, Label::User, names))),
        Value::NotShown => Value::NotShown,
    }
}

/// One value of a property.
pub(super) fn text_of(property: Property, text: &str, names: &mut dyn Names) -> String {
    match property.form() {
        // It says nothing of anybody else.
        Form::Switch => text.to_owned(),
        Form::Reference => names.text(Label::User, text),
        Form::Text
        | Form::CaselessText
        | Form::Number
        | Form::Octets
        | Form::TextSet
        | Form::OctetsSet
        | Form::Addresses => names.text(Label::Value, text),
    }
}

fn members(members: &[ObjectRef], names: &mut dyn Names) -> Vec<ObjectRef> {
    let mut members: Vec<ObjectRef> = members.iter().map(|it| reference(it, Label::Value, names)).collect();
    members.sort_by(|a, b| (&a.name, a.subject).cmp(&(&b.name, b.subject)));
    members
}

fn reference(object: &ObjectRef, label: Label, names: &mut dyn Names) -> ObjectRef {
    let ObjectRef { subject, name } = object;
    ObjectRef {
        subject: match subject {
            Subject::Known(id) => Subject::Known(names.id(*id, None)),
            Subject::Created(anchor) => Subject::Created(names.anchor(*anchor)),
        },
        name: names.text(label, name).into(),
    }
}

fn because_of(because: &Because, names: &mut dyn Names) -> Because {
    match because {
        // The day is a value of theirs.
        Because::ExpiredInDirectory(_) => Because::ExpiredInDirectory(None),
        Because::LooksTheSame { property, dn } => {
            Because::LooksTheSame { property: *property, dn: names.text(Label::Entry, dn).into() }
        }
        Because::Departed { how, delete_on } => {
            Because::Departed { how: departure(how, names), delete_on: *delete_on }
        }
        Because::FlowChanged(_)
        | Because::MissingInTenant
        | Because::InRecycleBin
        | Because::MasteredByCloud
        | Because::FeatureDiffers
        | Because::PasswordChanged
        | Because::AttributeDiffers
        | Because::MembersDiffer
        | Because::DriftedInTenant
        | Because::DisabledInDirectory
        | Because::EnabledInDirectory
        | Because::Returned
        | Because::MembersDeparted
        | Because::RolledBack { .. } => because.clone(),
    }
}

fn departure(how: &Departure, names: &mut dyn Names) -> Departure {
    match how {
        Departure::DeletedInDirectory => Departure::DeletedInDirectory,
        Departure::MovedOutOfScope { why, moved } => Departure::MovedOutOfScope {
            why: condition(why).to_owned(),
            moved: moved.as_ref().map(|it| {
                let Move { from, to } = &**it;
                let (from, to) = (names.text(Label::Entry, from), names.text(Label::Entry, to));
                Box::new(Move { from, to })
            }),
        },
        Departure::PolicyChanged { why, edit } => {
            Departure::PolicyChanged { why: condition(why).to_owned(), edit: edit.clone() }
        }
    }
}

/// The words of a condition, unless they hold a filter or a name out of the policy.
fn condition(why: &str) -> &str {
    if OutOfScope::names_nobody(why) || Departure::names_nobody(why) { why } else { "the policy excludes it" }
}

/// What is shown of a report; the rest of it is for the records.
fn report_of(report: &Report, header: &Header, names: &mut dyn Names) -> Report {
    let Report {
        findings,
        left_alone,
        managed: _,
        departed: _,
        joined: _,
        named: _,
        wanted: _,
        exported: _,
        memberships: _,
        is_closed: _,
        symptoms: _,
        renamed: _,
        stock: _,
    } = report;
    let LeftAlone { unchanged, cloud_only, mastered_elsewhere, unknown_anchor, out_of_scope, objects: _ } =
        left_alone;
    let mut findings: Vec<Finding> = findings.iter().map(|it| finding(it, header, names)).collect();
    findings.sort();
    Report {
        findings,
        left_alone: LeftAlone {
            unchanged: *unchanged,
            cloud_only: *cloud_only,
            mastered_elsewhere: *mastered_elsewhere,
            unknown_anchor: *unknown_anchor,
            out_of_scope: out_of_scope.clone(),
            // A pseudonym to which nothing happens tells nobody anything.
            objects: Vec::new(),
        },
        ..Report::default()
    }
}

fn finding(finding: &Finding, header: &Header, names: &mut dyn Names) -> Finding {
    let Finding { kind, name, about, text: _ } = finding;
    let is_manifest = match about {
        About::Health => **name == *header.directory.name,
        About::Channel => **name == *header.tenant.name,
        About::Scope
        | About::Value
        | About::Address
        | About::Entry
        | About::Quarantine
        | About::Anchor
        | About::MasteredElsewhere
        | About::UnknownAnchor
        | About::Members
        | About::Grace
        | About::Approval
        | About::Rollback => false,
    };
    let name = match kind {
        None if is_manifest => Arc::clone(name),
        None => names.text(Label::Entry, name).into(),
        Some(kind) => names.text((*kind).into(), name).into(),
    };
    Finding { kind: *kind, name, about: *about, text: about.meaning().to_owned() }
}
