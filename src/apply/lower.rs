//! Turns a change into the steps of a target, once every id is known.

use std::collections::HashMap;

use crate::model::{Anchor, CloudId, ObjectKind, Property, from_filetime};
use crate::plan::{AttributeChange, Change, NewValue, ObjectRef, Op, PasswordSet, Subject, Value};
use crate::target::{Step, StepValue};

/// The steps of one change.
pub(super) struct Lowered {
    pub(super) steps: Vec<Step>,
    /// Members that do not exist because their creation failed.
    pub(super) unresolved: Vec<String>,
}

/// Turns a change into steps.
///
/// # Errors
/// The name of the object that it needs and that was not created.
pub(super) fn lower(change: &Change, made: &HashMap<Anchor, CloudId>) -> Result<Lowered, String> {
    let one = |step| Ok(Lowered { steps: vec![step], unresolved: Vec::new() });
    let resolve = |subject: Subject, name: &str| match subject {
        Subject::Known(id) => Ok(id),
        Subject::Created(anchor) => made.get(&anchor).copied().ok_or_else(|| name.to_owned()),
    };
    let Some(kind) = change.kind().object() else { return one(of_tenant(change)) };
    if let Op::Create(values) = change.op() {
        let values = values.iter().filter_map(new_value).collect();
        let anchor = change.anchor();
        return one(match kind {
            ObjectKind::User => Step::CreateUser { anchor, values },
            ObjectKind::Group => Step::CreateGroup { anchor, values },
            ObjectKind::Contact => Step::CreateContact { anchor, values },
        });
    }
    let id = resolve(change.subject(), change.name())?;
    match (change.op(), kind) {
        (Op::Update(attributes), kind) => update(id, kind, attributes, &resolve),
        (Op::Adopt { differ, agree: _ }, kind) => {
            let Lowered { mut steps, unresolved } = update(id, kind, differ, &resolve)?;
            steps.insert(0, Step::SetAnchor { id, anchor: change.anchor() });
            Ok(Lowered { steps, unresolved })
        }
        (Op::Block, _) => one(Step::BlockUser { id }),
        (Op::Unblock, _) => one(Step::UnblockUser { id }),
        (Op::Restore(changes), _) => one(restore(id, changes)),
        (Op::Delete, ObjectKind::User) => one(Step::DeleteUser { id }),
        (Op::Delete, ObjectKind::Group) => one(Step::DeleteGroup { id }),
        (Op::Delete, ObjectKind::Contact) => one(Step::DeleteContact { id }),
        (Op::Members { add, remove, after: _ }, _) => Ok(members(id, add, remove, &resolve)),
        (Op::Password(PasswordSet { account, last_set, must_change }), _) => {
            let set_at = from_filetime(*last_set);
            one(Step::SetPassword { id, account: *account, must_change: *must_change, set_at })
        }
        (Op::Create(_) | Op::Features(_), _) => unreachable!("these are lowered above"),
    }
}

fn of_tenant(change: &Change) -> Step {
    let (Op::Features(turns), Subject::Known(tenant)) = (change.op(), change.subject()) else {
        unreachable!("plans turn switches of a tenant that is there, and do nothing else to it")
    };
    Step::TurnFeatures { tenant, turns: turns.iter().map(|it| (it.feature, it.on)).collect() }
}

fn step_value(value: &Value) -> Option<StepValue> {
    match value {
        Value::Text(text) => Some(StepValue::Text(text.to_string())),
        Value::Switch(on) => Some(StepValue::Switch(*on)),
        Value::Set(values) => Some(StepValue::Set(values.iter().map(ToString::to_string).collect())),
        Value::Reference(_) | Value::NotShown => None,
    }
}

fn new_value(NewValue { property, value }: &NewValue) -> Option<(Property, StepValue)> {
    Some((*property, step_value(value)?))
}

fn update(
    id: CloudId,
    kind: ObjectKind,
    attributes: &[AttributeChange],
    resolve: &impl Fn(Subject, &str) -> Result<CloudId, String>,
) -> Result<Lowered, String> {
    let mut values = Vec::new();
    let mut steps = Vec::new();
    for AttributeChange { property, from: _, to } in attributes {
        let referent = |it: &ObjectRef| resolve(it.subject, &it.name);
        match (property, to) {
            (Property::Manager, None) => steps.push(Step::SetManager { id, manager: None }),
            (Property::ManagedBy, None) => steps.push(Step::SetManagedBy { group: id, owner: None }),
            (Property::ManagedBy, Some(Value::Reference(object))) => {
                steps.push(Step::SetManagedBy { group: id, owner: Some(referent(object)?) });
            }
            (_, Some(Value::Reference(object))) => {
                steps.push(Step::SetManager { id, manager: Some(referent(object)?) });
            }
            (property, to) => values.push((*property, to.as_ref().and_then(step_value))),
        }
    }
    if !values.is_empty() {
        steps.push(match kind {
            ObjectKind::User => Step::UpdateUser { id, values },
            ObjectKind::Group => Step::UpdateGroup { id, values },
            ObjectKind::Contact => Step::UpdateContact { id, values },
        });
    }
    Ok(Lowered { steps, unresolved: Vec::new() })
}

/// What is left out of several addresses is what others have: the tenant leaves it out by itself.
fn restore(id: CloudId, changes: &[AttributeChange]) -> Step {
    let of = |wanted| changes.iter().find(|it| it.property == wanted);
    let name = of(Property::UserPrincipalName).and_then(|it| match it.to.as_ref()? {
        Value::Text(text) => Some(text.to_string()),
        Value::Switch(_) | Value::Set(_) | Value::Reference(_) | Value::NotShown => None,
    });
    let leaves_addresses = of(Property::Mail).or_else(|| of(Property::ProxyAddresses)).is_some();
    Step::Restore { id, name, leaves_addresses }
}

fn members(
    group: CloudId,
    add: &[ObjectRef],
    remove: &[ObjectRef],
    resolve: &impl Fn(Subject, &str) -> Result<CloudId, String>,
) -> Lowered {
    let mut unresolved = Vec::new();
    let mut ids = |list: &[ObjectRef]| {
        let mut found = Vec::with_capacity(list.len());
        for it in list {
            match resolve(it.subject, &it.name) {
                Ok(id) => found.push(id),
                Err(name) => unresolved.push(name),
            }
        }
        found
    };
    let (add, remove) = (ids(add), ids(remove));
    let adds = add.chunks(Step::MEMBERS_MAX).map(|it| Step::AddMembers { group, members: it.to_vec() });
    let removes = remove.into_iter().map(|member| Step::RemoveMember { group, member });
    Lowered { steps: adds.chain(removes).collect(), unresolved }
}
