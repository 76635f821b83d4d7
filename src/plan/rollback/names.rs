//! User names and addresses from before that somebody else has by now: they are not put back.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::model::{CloudId, Form, Property, addresses};
use crate::plan::Ground;
use crate::plan::change::{AttributeChange, Change, Op, Subject, SubjectKind, Value};
use crate::plan::correlate::Owners;
use crate::plan::report::About;
use crate::plan::sketch::Sketch;

/// What a name is: users may have a user name and an address that look alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Sort {
    UserName,
    Address,
}

type Name = (Sort, String);

/// Leaves out what cannot be had, until all that is left can: who does not get a name back gives none up.
pub(super) fn settle(ground: &Ground<'_>, sketch: &mut Sketch) {
    let is_about_names = |it: &Change| it.attribute_changes().iter().any(|it| !taken(it).is_empty());
    if !sketch.changes.iter().any(is_about_names) {
        return;
    }
    let owners = Owners::of(ground.tenant);
    loop {
        let findings = leave_out(ground, &owners, &mut sketch.changes);
        if findings.is_empty() {
            return;
        }
        sketch.changes.retain(|it| !matches!(&it.op, Op::Update(attributes) if attributes.is_empty()));
        for (kind, name, text) in findings {
            sketch.finding(kind.object(), &name, About::Rollback, text);
        }
    }
}

/// Leaves out what somebody else has who keeps it, or what another one gets back; what is to be said about each.
fn leave_out(
    ground: &Ground<'_>,
    owners: &Owners,
    changes: &mut [Change],
) -> Vec<(SubjectKind, Arc<str>, String)> {
    let given: HashSet<(CloudId, Name)> = changes.iter().flat_map(given_up).collect();
    let leaving: HashSet<Subject> =
        changes.iter().filter(|it| it.op == Op::Delete).map(|it| it.subject).collect();
    let mut granted: HashMap<Name, CloudId> =
        changes.iter().flat_map(|it| names_in_bin(ground, it)).collect();
    let mut findings = Vec::new();
    for change in changes {
        let Subject::Known(id) = change.subject else { continue };
        let Op::Update(attributes) = &mut change.op else { continue };
        attributes.retain(|it| {
            let names = taken(it);
            let rival = names.iter().find_map(|name| {
                let keeps = |owner: &CloudId| *owner != id && !given.contains(&(*owner, name.clone()));
                let owner = match name.0 {
                    Sort::UserName => owners.of_user_name(&name.1),
                    Sort::Address => owners.of_address(&name.1),
                };
                owner.filter(keeps).or_else(|| granted.get(name).copied().filter(|it| *it != id))
            });
            let Some(rival) = rival else {
                granted.extend(names.into_iter().map(|it| (it, id)));
                return true;
            };
            let later = if leaving.contains(&Subject::Known(rival)) {
                ", who goes last: undo the run once more when that is done"
            } else {
                ""
            };
            let owner = ground.owner(rival);
            let text =
                format!("{} is left as it is: the value from before belongs to {owner}{later}", it.property);
            findings.push((change.kind, Arc::clone(&change.name), text));
            false
        });
    }
    findings
}

/// The names with which a user comes out of the recycle bin.
fn names_in_bin(ground: &Ground<'_>, change: &Change) -> Vec<(Name, CloudId)> {
    let (Op::Restore(_), Subject::Known(id)) = (&change.op, change.subject) else { return Vec::new() };
    let Some(user) = ground.tenant.user(id) else { return Vec::new() };
    let mail = user.attributes.text(Property::Mail.id()).map(|it| (Sort::Address, it.to_lowercase()));
    let name = (Sort::UserName, user.user_name().to_lowercase());
    mail.into_iter().chain([name]).map(|it| (it, id)).collect()
}

fn given_up(change: &Change) -> Vec<(CloudId, Name)> {
    let Subject::Known(id) = change.subject else { return Vec::new() };
    let lost = |it: &AttributeChange| names_lost(it.property, it.from.as_ref(), it.to.as_ref());
    change.attribute_changes().iter().flat_map(lost).map(|it| (id, it)).collect()
}

fn taken(change: &AttributeChange) -> Vec<Name> {
    names_lost(change.property, change.to.as_ref(), change.from.as_ref())
}

/// The names of one value that another does not have.
fn names_lost(property: Property, of: Option<&Value>, without: Option<&Value>) -> Vec<Name> {
    let kept = names(property, without);
    names(property, of).into_iter().filter(|it| !kept.contains(it)).collect()
}

fn names(property: Property, value: Option<&Value>) -> Vec<Name> {
    match (property, value) {
        (Property::UserPrincipalName, Some(Value::Text(text))) => vec![(Sort::UserName, text.to_lowercase())],
        (Property::Mail, Some(Value::Text(text))) => vec![(Sort::Address, text.to_lowercase())],
        (property, Some(Value::Set(values))) if property.form() == Form::Addresses => values
            .iter()
            .filter_map(|it| addresses::smtp_address(it))
            .map(|it| (Sort::Address, it.to_lowercase()))
            .collect(),
        _ => Vec::new(),
    }
}
