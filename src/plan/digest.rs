//! Digests of changes and plans: what approvals and saved plans bind to.

use crate::model::{CloudId, Digest, DigestBuilder};

use super::because::{Because, Departure, Move, PolicyEdit};
use super::change::{
    AttributeChange, Change, FeatureTurn, NewValue, ObjectRef, Op, PasswordSet, Subject, Value,
};

/// What a change belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// Name of the policy.
    pub policy: String,
    /// Id of the tenant.
    pub tenant_id: String,
}

/// Collects the fields of a digest.
#[derive(Default)]
struct Fields(DigestBuilder);

impl Fields {
    fn text(&mut self, text: &str) {
        self.0.field(text.as_bytes());
    }

    fn cloud(&mut self, id: CloudId) {
        self.0.field(id.as_bytes());
    }

    fn subject(&mut self, subject: Subject) {
        match subject {
            Subject::Known(id) => self.cloud(id),
            Subject::Created(anchor) => self.0.field(anchor.guid().as_bytes()),
        }
    }

    /// The name of a referenced object is for people and does not count.
    fn reference(&mut self, reference: &ObjectRef) {
        let ObjectRef { subject, name: _ } = reference;
        self.subject(*subject);
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Text(text) => {
                self.text("text");
                self.text(text);
            }
            Value::Switch(on) => self.text(if *on { "true" } else { "false" }),
            Value::Set(values) => {
                self.text("set");
                self.0.field(&values.len().to_be_bytes());
                values.iter().for_each(|it| self.text(it));
            }
            Value::Reference(reference) => {
                self.text("reference");
                self.reference(reference);
            }
            Value::NotShown => self.text("not shown"),
        }
    }

    fn optional(&mut self, value: Option<&Value>) {
        match value {
            Some(value) => self.value(value),
            None => self.text("none"),
        }
    }

    fn op(&mut self, op: &Op) {
        self.text(op.word());
        match op {
            Op::Create(values) => self.new_values(values),
            // Of most who come back nothing has to be another one.
            Op::Update(attributes) | Op::Restore(attributes) => self.attribute_changes(attributes),
            Op::Adopt { differ, agree } => {
                self.attribute_changes(differ);
                self.new_values(agree);
            }
            // The password is that of the moment in which it is sent.
            Op::Password(PasswordSet { account, last_set: _, must_change: _ }) => {
                self.0.field(account.as_bytes());
            }
            Op::Features(turns) => {
                for FeatureTurn { feature, on } in turns {
                    self.text(feature.name());
                    self.text(if *on { "true" } else { "false" });
                }
            }
            Op::Block | Op::Unblock | Op::Delete => (),
            // How many members there are afterwards also depends on changes that need no approval.
            Op::Members { add, remove, after: _ } => {
                for (sign, members) in [("+", add), ("-", remove)] {
                    for member in members {
                        self.text(sign);
                        self.reference(member);
                    }
                }
            }
        }
    }

    fn new_values(&mut self, values: &[NewValue]) {
        for NewValue { property, value } in values {
            self.text(property.name());
            self.value(value);
        }
    }

    fn attribute_changes(&mut self, attributes: &[AttributeChange]) {
        for AttributeChange { property, from, to } in attributes {
            self.text(property.name());
            self.optional(from.as_ref());
            self.optional(to.as_ref());
        }
    }

    fn because(&mut self, because: &Because) {
        self.text(because.word());
        match because {
            Because::ExpiredInDirectory(Some(day)) => self.text(&day.to_string()),
            // Where in the directory it lies does not count.
            Because::LooksTheSame { property, dn: _ } => self.text(property.name()),
            Because::FlowChanged(edit) => self.edit(edit),
            // The day of deletion moves while an approval is waited for.
            Because::Departed { how, delete_on: _ } => self.departure(how),
            Because::RolledBack { run } => self.text(&run.to_string()),
            Because::MissingInTenant
            | Because::InRecycleBin
            | Because::MasteredByCloud
            | Because::PasswordChanged
            | Because::FeatureDiffers
            | Because::AttributeDiffers
            | Because::MembersDiffer
            | Because::DriftedInTenant
            | Because::DisabledInDirectory
            | Because::EnabledInDirectory
            | Because::Returned
            | Because::ExpiredInDirectory(None)
            | Because::MembersDeparted => (),
        }
    }

    fn departure(&mut self, how: &Departure) {
        match how {
            Departure::DeletedInDirectory => (),
            Departure::MovedOutOfScope { why, moved } => {
                self.text(why);
                if let Some(Move { from, to }) = moved.as_deref() {
                    self.text(from);
                    self.text(to);
                }
            }
            Departure::PolicyChanged { why, edit } => {
                self.text(why);
                self.edit(edit);
            }
        }
    }

    /// Which commits it lies between does not count: the one that brings the approval is one more.
    fn edit(&mut self, edit: &PolicyEdit) {
        let PolicyEdit { settings, before: _, after: _ } = edit;
        for it in settings {
            self.text(it);
        }
    }

    fn finish(self) -> Digest {
        self.0.finish()
    }
}

/// The digest of one change. Stage, hold and display name are not part of it.
pub(super) fn of_change(binding: &Binding, change: &Change) -> Digest {
    let Change { kind, anchor, subject, name: _, op, because, stage: _, held: _, for_good, digest: _ } =
        change;
    let mut fields = Fields::default();
    fields.text("samesign.dev/change/v1alpha1");
    fields.text(&binding.policy);
    fields.text(&binding.tenant_id);
    fields.text(kind.word());
    fields.text(&anchor.to_string());
    fields.subject(*subject);
    fields.op(op);
    fields.because(because);
    // Approvals of what can be undone are as they were before plans told the difference.
    if *for_good {
        fields.text("for good");
    }
    fields.finish()
}

/// The digest of a list of changes, in their order.
pub(super) fn of_changes<'a>(head: &[&str], changes: impl Iterator<Item = &'a Change>) -> Digest {
    let mut fields = Fields::default();
    for it in head {
        fields.text(it);
    }
    for change in changes {
        fields.0.field(change.digest.as_bytes());
        fields.text(change.held.as_ref().map_or("", |it| it.guard.word()));
        let (stage, after) = change.stage.number();
        fields.0.field(&[stage]);
        fields.0.field(&after.to_be_bytes());
    }
    fields.finish()
}
