//! Whether changes run in an order in which each can.
//!
//! It does not ask whether they should run.

use std::collections::HashMap;

use crate::model::{CloudId, CloudUser, ObjectKind, Property};
use crate::plan::change::{Change, ObjectRef, Op, Stage, Subject, SubjectKind, Value};

use super::{Case, Culprit, Fault};

pub(super) fn check(case: &Case<'_>, faults: &mut Vec<Fault>) {
    for pair in case.changes.windows(2) {
        if let [before, what] = pair
            && what.stage < before.stage
        {
            let (what, before) = (Culprit::of(what), Culprit::of(before));
            faults.push(Fault::OutOfOrder { what, before });
        }
    }
    for change in case.changes {
        if !is_at_home(case, change) {
            faults.push(Fault::WrongStage(Culprit::of(change)));
        }
        references(case, change, faults);
    }
    names(case, faults);
}

/// Whether a change runs in a stage of its operation.
fn is_at_home(case: &Case<'_>, change: &Change) -> bool {
    let is_user = change.kind == ObjectKind::User;
    let is_about_manager = |it: &[_]| matches!(it, [one] if is_manager(one));
    match (&change.op, change.stage) {
        // Whoever comes out of the recycle bin can only be blocked then.
        (Op::Block, Stage::Unblock) => {
            matches!(change.subject, Subject::Known(id) if case.restored.contains(&id))
        }
        (Op::Block, stage) => stage == Stage::Block,
        (Op::Restore(_), stage) => stage == Stage::Restore,
        (Op::Adopt { .. }, stage) => stage == Stage::Adopt,
        (Op::Unblock, stage) => stage == Stage::Unblock,
        (Op::Create(_), stage) => {
            let of_kind = |kind| match kind {
                ObjectKind::User => Stage::CreateUsers,
                ObjectKind::Group => Stage::CreateGroups,
                ObjectKind::Contact => Stage::CreateContacts,
            };
            change.kind.object().map(of_kind) == Some(stage)
        }
        (Op::Delete, stage) => {
            let of_kind = |kind| match kind {
                ObjectKind::User => Stage::DeleteUsers,
                ObjectKind::Group => Stage::DeleteGroups,
                ObjectKind::Contact => Stage::DeleteContacts,
            };
            change.kind.object().map(of_kind) == Some(stage)
        }
        (Op::Password(_), stage) => is_user && stage == Stage::Passwords,
        (Op::Features(_), stage) => change.kind == SubjectKind::Tenant && stage == Stage::Features,
        (Op::Update(attributes), Stage::Managers) => {
            (is_user || change.kind == ObjectKind::Contact) && is_about_manager(attributes)
        }
        (Op::Update(attributes), stage) => {
            let is_at_home = match change.kind {
                SubjectKind::Object(ObjectKind::User) => matches!(stage, Stage::UpdateUsers(_)),
                SubjectKind::Object(ObjectKind::Group) => stage == Stage::UpdateGroups,
                SubjectKind::Object(ObjectKind::Contact) => stage == Stage::UpdateContacts,
                SubjectKind::Tenant => false,
            };
            is_at_home && !attributes.iter().any(is_manager)
        }
        (Op::Members { add: _, remove, after: _ }, Stage::AddMembers) => remove.is_empty(),
        (Op::Members { add, remove: _, after: _ }, stage) => stage == Stage::RemoveMembers && add.is_empty(),
    }
}

fn is_manager(it: &crate::plan::AttributeChange) -> bool {
    it.property == Property::Manager
}

/// What a change refers to exists by then: the object that it is about, managers and new members.
fn references(case: &Case<'_>, change: &Change, faults: &mut Vec<Fault>) {
    let mut need = |subject: Subject, name: &str| {
        if !exists(case, subject, change.stage) {
            faults.push(Fault::MissingReference { what: Culprit::of(change), name: name.to_owned() });
        }
    };
    match &change.op {
        Op::Create(_) => return,
        Op::Update(attributes) => {
            for it in attributes {
                if let Some(Value::Reference(object)) = &it.to {
                    let ObjectRef { subject, name } = &**object;
                    need(*subject, name);
                }
            }
        }
        Op::Members { add, remove: _, after: _ } => add.iter().for_each(|it| need(it.subject, &it.name)),
        Op::Block
        | Op::Unblock
        | Op::Delete
        | Op::Restore(_)
        | Op::Adopt { .. }
        | Op::Password(_)
        | Op::Features(_) => (),
    }
    if let Subject::Created(_) = change.subject {
        need(change.subject, &change.name);
    }
}

fn exists(case: &Case<'_>, subject: Subject, stage: Stage) -> bool {
    match subject {
        Subject::Created(anchor) => match case.created.get(&anchor) {
            Some(created) => *created < stage,
            None => !case.is_everything(),
        },
        Subject::Known(id) => match case.inputs.tenant.object(id) {
            None => false,
            Some(object) => {
                let is_deleted = object.deleted_at().is_some();
                let comes_back = case.restored.contains(&id) && Stage::Restore < stage;
                !is_deleted || comes_back || !case.is_everything()
            }
        },
    }
}

/// The user name that a change takes, in lower case.
pub(super) fn taken_name(case: &Case<'_>, change: &Change) -> Option<String> {
    let of = |value: &Value| match value {
        Value::Text(text) => Some(text.to_lowercase()),
        Value::Switch(_) | Value::Set(_) | Value::Reference(_) | Value::NotShown => None,
    };
    let is_name = |it: Property| it == Property::UserPrincipalName;
    match (&change.op, change.subject) {
        (Op::Create(values), _) => values.iter().find(|it| is_name(it.property)).and_then(|it| of(&it.value)),
        (Op::Update(attributes) | Op::Adopt { differ: attributes, agree: _ }, _) => {
            attributes.iter().find(|it| is_name(it.property)).and_then(|it| of(it.to.as_ref()?))
        }
        (Op::Restore(changes), Subject::Known(id)) => {
            let other = changes.iter().find(|it| is_name(it.property)).and_then(|it| of(it.to.as_ref()?));
            other.or_else(|| case.inputs.tenant.user(id).map(former_name))
        }
        (
            Op::Restore(_)
            | Op::Block
            | Op::Unblock
            | Op::Delete
            | Op::Members { .. }
            | Op::Password(_)
            | Op::Features(_),
            _,
        ) => None,
    }
}

/// The name that a deleted user comes back with: in the recycle bin the id without dashes stands before it.
fn former_name(user: &CloudUser) -> String {
    let name = user.attributes.text(Property::UserPrincipalName.id()).unwrap_or_default().to_lowercase();
    let id = user.id.to_string().replace('-', "");
    name.strip_prefix(&id).map_or(name.clone(), str::to_owned)
}

/// Nobody takes a user name that somebody else still has then.
fn names(case: &Case<'_>, faults: &mut Vec<Fault>) {
    let takers: Vec<(&Change, String)> =
        case.free().filter_map(|it| Some((it, taken_name(case, it)?))).collect();
    if takers.is_empty() {
        return;
    }
    let active = case.inputs.tenant.users().iter().filter(|it| it.deleted_at.is_none());
    let owners: HashMap<String, CloudId> = active
        .filter_map(|it| Some((it.attributes.text(Property::UserPrincipalName.id())?.to_lowercase(), it.id)))
        .collect();
    let givers: HashMap<CloudId, Stage> = takers
        .iter()
        .filter_map(|(it, _)| match (&it.op, it.subject) {
            (Op::Update(_), Subject::Known(id)) => Some((id, it.stage)),
            (_, Subject::Known(_) | Subject::Created(_)) => None,
        })
        .collect();
    for (change, name) in takers {
        let owner = owners.get(&name).copied().filter(|it| Subject::Known(*it) != change.subject);
        let Some(owner) = owner else { continue };
        let in_time = match givers.get(&owner) {
            Some(stage) => *stage < change.stage,
            None => !case.is_everything(),
        };
        if !in_time {
            faults.push(Fault::NameTaken { what: Culprit::of(change), name, owner });
        }
    }
}
