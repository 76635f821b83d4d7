//! Brings the steps of one call together by the object that they are about.
//!
//! It sends nothing and asks nobody.

use std::collections::BTreeMap;

use super::CHANNEL;
use super::attribute::attribute;
use super::draft::{Draft, Missing, change};
use super::known::Known;
use super::passwords::Recipient;
use crate::model::{Anchor, CloudId, Feature, ObjectKind, Property};
use crate::target::{ProvisioningError, Step, StepValue, TargetError};
use crate::wire::provisioning::{LinkOperation, PropertyValue};

/// The drafts, in the order in which their objects are first named, and the steps that cannot be sent.
#[derive(Debug)]
pub(super) struct Merged {
    pub(super) drafts: Vec<Draft>,
    pub(super) refused: Vec<(usize, TargetError)>,
    /// Whose password is sent: no object of a message, but a message of its own.
    pub(super) recipients: Vec<Recipient>,
    /// Steps that turn switches: no object of a message either.
    pub(super) turns: Vec<Turn>,
}

/// Switches of the tenant that are turned.
#[derive(Debug)]
pub(super) struct Turn {
    pub(super) step: usize,
    pub(super) tenant: CloudId,
    pub(super) features: Vec<(Feature, bool)>,
}

/// What a step is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    Known(CloudId),
    New(Anchor),
}

struct Merge<'a> {
    known: &'a Known,
    links_max: usize,
    places: BTreeMap<Subject, usize>,
    merged: Merged,
}

/// Brings steps together.
pub(super) fn merge(steps: &[Step], known: &Known, links_max: usize) -> Merged {
    let merged =
        Merged { drafts: Vec::new(), refused: Vec::new(), recipients: Vec::new(), turns: Vec::new() };
    let mut merge = Merge { known, links_max, places: BTreeMap::new(), merged };
    for (at, step) in steps.iter().enumerate() {
        merge.add(at, step);
    }
    merge.merged
}

impl Merge<'_> {
    fn add(&mut self, at: usize, step: &Step) {
        match step {
            Step::CreateUser { anchor, values } => self.create(at, ObjectKind::User, *anchor, values),
            Step::CreateGroup { anchor, values } => self.create(at, ObjectKind::Group, *anchor, values),
            Step::CreateContact { anchor, values } => self.create(at, ObjectKind::Contact, *anchor, values),
            Step::UpdateUser { id, values } => self.update(at, *id, ObjectKind::User, values),
            Step::UpdateGroup { id, values } => self.update(at, *id, ObjectKind::Group, values),
            Step::UpdateContact { id, values } => self.update(at, *id, ObjectKind::Contact, values),
            Step::SetAnchor { id, anchor } => self.adopt(at, *id, *anchor),
            Step::BlockUser { id } => self.enable(at, *id, false),
            Step::UnblockUser { id } => self.enable(at, *id, true),
            Step::SetPassword { id, account, must_change, set_at } => {
                self.merged.recipients.push(Recipient {
                    step: at,
                    id: *id,
                    account: *account,
                    must_change: *must_change,
                    set_at: *set_at,
                    anchor: self.known.anchor(*id),
                    name: self.known.name(*id),
                    is_new: false,
                });
            }
            Step::TurnFeatures { tenant, turns } => {
                self.merged.turns.push(Turn { step: at, tenant: *tenant, features: turns.clone() });
            }
            Step::SetManager { id, manager } => self.reference(at, *id, "manager", *manager),
            Step::SetManagedBy { group, owner } => self.reference(at, *group, "managedBy", *owner),
            Step::DeleteUser { id } => self.existing(at, *id, ObjectKind::User).delete(at),
            Step::DeleteGroup { id } => self.existing(at, *id, ObjectKind::Group).delete(at),
            Step::DeleteContact { id } => self.existing(at, *id, ObjectKind::Contact).delete(at),
            // Addresses of others the service leaves out by itself (graph-tenant reference, 8.4).
            Step::Restore { id, name, leaves_addresses: _ } => self.restore(at, *id, name.as_deref()),
            Step::AddMembers { group, members } => self.link(at, *group, members, LinkOperation::Add),
            Step::RemoveMember { group, member } => {
                self.link(at, *group, std::slice::from_ref(member), LinkOperation::Remove);
            }
        }
    }

    fn create(&mut self, at: usize, kind: ObjectKind, anchor: Anchor, values: &[(Property, StepValue)]) {
        let draft = self.draft(at, Subject::New(anchor), kind);
        let text = |wanted: Property| {
            values.iter().find_map(|(property, value)| match value {
                StepValue::Text(text) if *property == wanted => Some(text.clone()),
                StepValue::Text(_) | StepValue::Switch(_) | StepValue::Set(_) => None,
            })
        };
        if let Some(name) = text(Property::UserPrincipalName).or_else(|| text(Property::DisplayName)) {
            draft.name = name;
        }
        draft.set(at);
        put_all(draft, at, values.iter().map(|(property, value)| (*property, Some(value))));
    }

    fn update(&mut self, at: usize, id: CloudId, kind: ObjectKind, values: &[(Property, Option<StepValue>)]) {
        let draft = self.existing(at, id, kind);
        draft.set(at);
        put_all(draft, at, values.iter().map(|(property, value)| (*property, value.as_ref())));
    }

    /// The Set itself matches: the service takes the anchor over when it finds the user by name.
    fn adopt(&mut self, at: usize, id: CloudId, anchor: Anchor) {
        let draft = self.existing(at, id, ObjectKind::User);
        draft.set(at);
        draft.anchor = Some(anchor);
        match draft.kind {
            ObjectKind::User => draft.missing = Missing::Match,
            // Only by an address could they be matched; else the service would make a second one.
            kind @ (ObjectKind::Group | ObjectKind::Contact) => {
                let error = TargetError::Unsupported { kind, what: "taken over", channel: CHANNEL };
                draft.error.get_or_insert(error);
            }
        }
    }

    fn enable(&mut self, at: usize, id: CloudId, on: bool) {
        let value = StepValue::Switch(on);
        let draft = self.existing(at, id, ObjectKind::User);
        put_all(draft, at, std::iter::once((Property::AccountEnabled, Some(&value))));
    }

    fn restore(&mut self, at: usize, id: CloudId, name: Option<&str>) {
        let draft = self.existing(at, id, ObjectKind::User);
        draft.set(at);
        if let Some(name) = name {
            name.clone_into(&mut draft.name);
            let name = StepValue::Text(name.to_owned());
            put_all(draft, at, std::iter::once((Property::UserPrincipalName, Some(&name))));
        }
        let error = match (draft.kind, draft.anchor) {
            (ObjectKind::User, Some(_)) => {
                draft.missing = Missing::Bin;
                return;
            }
            (ObjectKind::User, None) => TargetError::Step {
                what: format!("{} cannot be restored: its anchor is not known", draft.name),
            },
            // The service would make a new one with another id (graph-tenant reference, 8.2).
            (kind @ (ObjectKind::Group | ObjectKind::Contact), _) => {
                TargetError::Unsupported { kind, what: "restored", channel: CHANNEL }
            }
        };
        draft.error.get_or_insert(error);
    }

    fn reference(&mut self, at: usize, id: CloudId, name: &str, to: Option<CloudId>) {
        let value = match to.map(|it| (it, self.known.anchor(it))) {
            None => PropertyValue::Nil,
            Some((_, Some(anchor))) => PropertyValue::Text(anchor.to_string()),
            Some((other, None)) => {
                let error = ProvisioningError::Unknown { object: self.known.name(id), other };
                self.merged.refused.push((at, error.into()));
                return;
            }
        };
        self.existing(at, id, ObjectKind::User).put(at, name, value);
    }

    fn link(&mut self, at: usize, group: CloudId, members: &[CloudId], operation: LinkOperation) {
        let known = self.known;
        if let Some(other) = members.iter().find(|it| known.get(**it).is_none()) {
            let error = ProvisioningError::Unknown { object: known.name(group), other: *other };
            self.merged.refused.push((at, error.into()));
            return;
        }
        let links_max = self.links_max;
        let draft = self.existing(at, group, ObjectKind::Group);
        if members.is_empty() {
            draft.set(at);
        }
        for reference in members.iter().filter_map(|it| known.reference(*it)) {
            draft.link(at, change(reference, operation), links_max);
        }
    }

    /// The draft of an object of the tenant; the kind is a guess for those that nobody knows.
    fn existing(&mut self, at: usize, id: CloudId, kind: ObjectKind) -> &mut Draft {
        let kind = self.known.get(id).map_or(kind, |it| it.kind);
        self.draft(at, Subject::Known(id), kind)
    }

    fn draft(&mut self, at: usize, subject: Subject, kind: ObjectKind) -> &mut Draft {
        let drafts = &mut self.merged.drafts;
        let place = *self.places.entry(subject).or_insert(drafts.len());
        if place == drafts.len() {
            let (id, anchor, name) = match subject {
                Subject::Known(id) => (Some(id), self.known.anchor(id), self.known.name(id)),
                Subject::New(anchor) => (None, Some(anchor), anchor.to_string()),
            };
            let (missing, writes, steps) = (Missing::Nothing, Vec::new(), Vec::new());
            drafts.push(Draft { kind, id, anchor, name, missing, writes, steps, error: None });
        }
        let draft = &mut drafts[place];
        draft.steps.push(at);
        draft
    }
}

/// One property that cannot be sent keeps the whole object back: nobody gets half of what was approved.
fn put_all<'a>(
    draft: &mut Draft,
    at: usize,
    values: impl Iterator<Item = (Property, Option<&'a StepValue>)>,
) {
    for (property, value) in values {
        match attribute(draft.kind, property, value) {
            Ok((name, value)) => draft.put(at, name, value),
            Err(what) => {
                let object = draft.name.clone();
                draft
                    .error
                    .get_or_insert_with(|| ProvisioningError::Unmapped { object, property, what }.into());
            }
        }
    }
}
