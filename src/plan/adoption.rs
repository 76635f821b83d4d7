//! Users of the tenant that nobody looks after and that look like somebody of the directory.
//!
//! Taking one over is a person's decision: here it is only suggested, with both sides next to each other.

use std::collections::HashMap;
use std::sync::Arc;

use crate::model::{CloudId, CloudUser, ObjectKind, Origin, Property};
use crate::policy::UserPolicy;

use super::Ground;
use super::because::Because;
use super::change::{AttributeChange, NewValue, Op, Stage, Subject, Value};
use super::claims::Verdict;
use super::correlate::{Correlation, user_name};
use super::hold::{Guard, Hold};
use super::person::{Person, compare};
use super::sketch::{Draft, Place, Sketch};

/// What the names of a new user of the directory say about the users of the tenant.
#[derive(Clone, Copy)]
pub(super) enum Candidate<'a> {
    /// This one has the same user name or primary address.
    One(&'a CloudUser, Property),
    /// One has the user name, another the primary address.
    Two(&'a CloudUser, &'a CloudUser),
    /// A guest has this one of them, and belongs to another organisation.
    Guest(&'a CloudUser, Property),
}

/// The user of the tenant that somebody new looks like.
pub(super) fn candidate<'a>(
    ground: &Ground<'a>,
    person: &Person<'_>,
    name: Option<Verdict>,
    address: Option<Verdict>,
) -> Option<Candidate<'a>> {
    if !matches!(person.correlation, Correlation::DirectoryOnly) {
        return None;
    }
    let mail = person.values.iter().find(|it| it.property == Property::Mail).map(|it| &it.value);
    let address = match (address, mail) {
        (Some(verdict), Some(Value::Text(mail))) => Some((verdict, &**mail)),
        (Some(_), Some(Value::Switch(_) | Value::Set(_) | Value::Reference(_) | Value::NotShown) | None)
        | (None, _) => None,
    };
    by_names(ground, name, address)
}

/// Suggests users to take over. They are not created meanwhile, and get groups and a manager once they are ours.
pub(super) fn plan_adoptions<'a>(
    ground: &Ground<'a>,
    sketch: &mut Sketch,
    policy: &'a UserPolicy,
    adoptions: Vec<(Person<'a>, Candidate<'a>)>,
) {
    let mut suitors = Suitors::new();
    for (_, candidate) in &adoptions {
        if let Candidate::One(user, _) = candidate {
            *suitors.entry(user.id).or_default() += 1;
        }
    }
    for (mut person, candidate) in adoptions {
        sketch.turn_to(person.at);
        sketch.place(person.at, Place::Stuck, &person.name);
        let (user, property, conflict) = match candidate {
            Candidate::One(user, property) => {
                let words = || {
                    format!(
                        "others of the directory look like {}, too: give only one of them its user name and address",
                        ground.owner(user.id)
                    )
                };
                let has_others = suitors.get(&user.id).is_some_and(|it| 1 < *it);
                (user, property, has_others.then(words))
            }
            Candidate::Two(user, other) => {
                let words = format!(
                    "{} has the user name and {} the address: change one of them",
                    ground.owner(user.id),
                    ground.owner(other.id)
                );
                (user, Property::UserPrincipalName, Some(words))
            }
            Candidate::Guest(user, property) => {
                let words = format!("{} is a guest: guests are not taken over", ground.owner(user.id));
                (user, property, Some(words))
            }
        };
        let wanted = std::mem::take(&mut person.values);
        compare(ground, sketch, policy, &mut person, Some(user));
        let agree = agreements(user, &wanted, &person.differences);
        let name: Arc<str> = user_name(user).into();
        let draft = Draft::new(ObjectKind::User, person.anchor, Subject::Known(user.id), &name);
        let op = Op::Adopt { differ: person.differences, agree };
        let because = Because::LooksTheSame { property, dn: person.object.dn.as_str().into() };
        let change = sketch.push(&draft, op, because, Stage::Adopt);
        change.held = conflict.map(|reason| Hold { guard: Guard::Conflict, reason });
    }
}

/// Looks for a user to take over, going by what became of the claims to user name and address.
fn by_names<'a>(
    ground: &Ground<'a>,
    name: Option<Verdict>,
    address: Option<(Verdict, &str)>,
) -> Option<Candidate<'a>> {
    let by_name = name.and_then(|it| free_user(ground, it));
    let by_address = address.and_then(|(verdict, address)| {
        free_user(ground, verdict).filter(|it| has_primary_address(it, address))
    });
    let (user, property) = match (by_name, by_address) {
        (Some(one), Some(other)) if one.id != other.id => return Some(Candidate::Two(one, other)),
        (Some(user), _) => (user, Property::UserPrincipalName),
        (None, Some(user)) => (user, Property::Mail),
        (None, None) => return None,
    };
    Some(if user.guest { Candidate::Guest(user, property) } else { Candidate::One(user, property) })
}

/// The user of the tenant who has a name, if nobody looks after them.
fn free_user<'a>(ground: &Ground<'a>, verdict: Verdict) -> Option<&'a CloudUser> {
    let Verdict::Taken(id) = verdict else { return None };
    let user = ground.tenant.user(id)?;
    let is_free = user.anchor.is_none()
        && user.foreign_anchor.is_none()
        && user.deleted_at.is_none()
        && user.origin != Origin::Synced
        && ground.recorded_anchor(id).is_none();
    is_free.then_some(user)
}

/// Other addresses of a mailbox are often shared or inherited: only the primary one speaks for a person.
fn has_primary_address(user: &CloudUser, address: &str) -> bool {
    let mail = user.attributes.text(Property::Mail.id());
    let mut proxies = user.attributes.texts(Property::ProxyAddresses.id());
    let primary = proxies.find_map(|it| it.strip_prefix("SMTP:"));
    mail.into_iter().chain(primary).any(|it| Property::Mail.same(it, address))
}

/// How many of the directory would take over each user of the tenant.
type Suitors = HashMap<CloudId, usize>;

/// The properties that both sides have alike: what speaks for its being the same person.
fn agreements(user: &CloudUser, wanted: &[NewValue], differ: &[AttributeChange]) -> Vec<NewValue> {
    let is_alike = |it: &&NewValue| {
        Value::is_in(Some(&it.value), it.property, &user.attributes)
            && differ.iter().all(|other| other.property != it.property)
    };
    wanted.iter().filter(is_alike).cloned().collect()
}
