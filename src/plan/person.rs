//! One user in scope: what the directory wants of them, and how that differs from what the tenant has.
//!
//! It does not know the other users; what only one of them can have is settled in `claims`.

use std::sync::Arc;

use jiff::Timestamp;

use crate::model::{
    Anchor, Attributes, CloudId, CloudObject, CloudUser, DirectoryObject, Fingerprint, FingerprintBuilder,
    Form, ObjectIndex, ObjectKind, Property, addresses, from_filetime, well_known,
};
use crate::policy::{Authority, Channel, Lifecycle, OnExpired, UserPolicy};

use super::Ground;
use super::change::{AttributeChange, NewValue, Subject, Value};
use super::claims::Claim;
use super::correlate::{Correlation, user_name};
use super::difference::{Counterpart, keeps_nickname, text_difference};
use super::hold::Hold;
use super::project::{Desired, WhyAlone, desired};
use super::report::About;
use super::returning::bereft;
use super::sketch::{Place, Sketch};

/// One user in scope, with what differs.
pub(super) struct Person<'a> {
    pub(super) at: ObjectIndex,
    pub(super) anchor: Anchor,
    pub(super) object: &'a DirectoryObject,
    pub(super) correlation: Correlation<&'a CloudUser>,
    /// What a user gets that the tenant does not have.
    pub(super) values: Vec<NewValue>,
    /// What changes of one that it has.
    pub(super) differences: Vec<AttributeChange>,
    /// What one in the recycle bin comes back with, or without, since what they had is somebody else's by now.
    pub(super) returns: Vec<AttributeChange>,
    pub(super) name: Arc<str>,
    pub(super) sign_in: SignIn,
    pub(super) reports_to: Option<ReportsTo>,
    /// Set when the user name is somebody else's.
    pub(super) hold: Option<Hold>,
    /// How many others have to give up a name first.
    pub(super) level: u32,
    /// What the tenant should have.
    pub(super) wanted: Option<Fingerprint>,
    /// What is sent of properties that the tenant does not show.
    pub(super) exports: Vec<(Property, Fingerprint)>,
}

impl Person<'_> {
    /// Whether the tenant has them, and every value as it is wanted: then nobody waits for what becomes of them.
    pub(super) const fn agrees(&self) -> bool {
        matches!(self.correlation, Correlation::Joined(_)) && self.differences.is_empty()
    }
}

/// Whether a user may sign in, going by the directory.
#[derive(Clone, Copy)]
pub(super) enum SignIn {
    Allowed,
    Disabled,
    Expired(Timestamp),
    /// The policy says to leave it alone.
    LeftAlone,
    /// `userAccountControl` was not read.
    NotReadable,
}

/// Bit 2 of `userAccountControl` ([MS-ADTS] 2.2.16, ADS_UF_ACCOUNT_DISABLE).
const ACCOUNT_DISABLED: i64 = 2;

pub(super) fn sign_in(object: &DirectoryObject, lifecycle: &Lifecycle, as_of: Timestamp) -> SignIn {
    // Without the right to read it, nobody can say whether the account is enabled.
    let Some(control) = object.attributes.integer(well_known::USER_ACCOUNT_CONTROL) else {
        return SignIn::NotReadable;
    };
    if control & ACCOUNT_DISABLED != 0 {
        return if lifecycle.block_disabled { SignIn::Disabled } else { SignIn::LeftAlone };
    }
    match (lifecycle.expired, expiry(object)) {
        (OnExpired::Block, Some(expiry)) if expiry <= as_of => SignIn::Expired(expiry),
        (OnExpired::Block | OnExpired::Ignore, _) => SignIn::Allowed,
    }
}

/// When an account of the directory expires, if it ever does.
pub(super) fn expiry(object: &DirectoryObject) -> Option<Timestamp> {
    object.attributes.integer(well_known::ACCOUNT_EXPIRES).and_then(from_filetime)
}

pub(super) fn survey<'a>(
    ground: &Ground<'a>,
    sketch: &mut Sketch,
    policy: &'a UserPolicy,
    at: ObjectIndex,
) -> Option<Person<'a>> {
    sketch.turn_to(at);
    let object = ground.objects.get(at);
    let anchor = super::correlate::anchor_of(object, policy.anchor)?;
    let correlation = ground.index.user(anchor, at);
    if let Correlation::Contested(twin) = correlation {
        let text =
            format!("shares its anchor {anchor} with {}: neither is planned", ground.objects.get(twin).dn);
        sketch.finding(ObjectKind::User, object.dn.as_str(), About::Anchor, text);
        return None;
    }
    let current = match correlation {
        Correlation::Joined(user) | Correlation::InRecycleBin(user) => Some(user),
        Correlation::DirectoryOnly | Correlation::Contested(_) => None,
    };
    let mut person = Person {
        at,
        anchor,
        object,
        reports_to: reports_to((ground, sketch), policy, object, current),
        correlation,
        values: Vec::new(),
        differences: Vec::new(),
        returns: Vec::new(),
        name: current.map(user_name).unwrap_or_default().into(),
        sign_in: sign_in(object, &policy.lifecycle, ground.as_of),
        hold: None,
        level: 0,
        wanted: None,
        exports: Vec::new(),
    };
    // The protocol of Entra Connect takes over users of the cloud; Graph takes over nobody from Entra Connect.
    if let Some(user) = current
        && ground.policy.channel == Channel::Graph
        && ground.is_mastered_by_other(user.origin)
    {
        ground.note_other_master(sketch, ObjectKind::User, &person.name);
        // Nobody can refer to somebody who stays in the recycle bin.
        let is_there = user.deleted_at.is_none();
        let place = if is_there { Place::In(Subject::Known(user.id)) } else { Place::Stuck };
        sketch.place(at, place, &person.name);
        return None;
    }
    // Only of active users can a person say that they are to be taken over.
    if let Some(user) = current
        && user.deleted_at.is_some()
        && ground.is_mastered_by_other(user.origin)
    {
        note_recycled(sketch, &person, user);
        return None;
    }
    let bereft = current.and_then(|it| bereft(ground, sketch, (it, &person.name)));
    let current = bereft.as_ref().map(|it| &it.user).or(current);
    compare(ground, sketch, policy, &mut person, current);
    if matches!(person.sign_in, SignIn::NotReadable) {
        note_unreadable(sketch, &person.name, current.is_some());
    }
    person.returns = bereft.map(|it| it.changes).unwrap_or_default();
    Some(person)
}

fn note_recycled(sketch: &mut Sketch, person: &Person<'_>, user: &CloudUser) {
    let text = format!(
        "the recycle bin has this user ({}), and the cloud is their master: restore them there, and they can be taken over",
        user.id
    );
    sketch.finding(ObjectKind::User, &person.name, About::MasteredElsewhere, text);
    sketch.place(person.at, Place::Stuck, &person.name);
}

fn note_unreadable(sketch: &mut Sketch, name: &Arc<str>, is_there: bool) {
    let what = if is_there { "sign-in is left alone" } else { "not created" };
    let text = format!("{what}: userAccountControl cannot be read; give the account of samesign that right");
    sketch.finding(ObjectKind::User, name, About::Value, text);
}

/// Fills in what differs from the tenant's user, or all values if there is none.
pub(super) fn compare<'a>(
    ground: &Ground<'a>,
    sketch: &mut Sketch,
    policy: &'a UserPolicy,
    person: &mut Person<'a>,
    current: Option<&CloudUser>,
) {
    let view = ground.objects.view(person.at);
    let mut values = std::mem::take(&mut sketch.values);
    let mut unusable: Vec<(Property, String)> = Vec::new();
    let mut mark = FingerprintBuilder::default();
    let none = Attributes::default();
    let counterpart = Counterpart {
        kind: ObjectKind::User,
        attributes: current.map_or(&none, |it| &it.attributes),
        is_new: current.is_none(),
        is_bare: current.is_some_and(|it| ground.is_bare(CloudObject::User(it), person.anchor)),
        exported: ground.exported(person.anchor),
    };
    if policy.flows.to(Property::Manager).is_some() {
        mark.field(person.object.attributes.first(well_known::MANAGER).unwrap_or_default());
    }
    for flow in policy.flows.iter().filter(|it| it.to.form() != Form::Reference) {
        if current.is_some()
            && (flow.authority == Authority::InitialOnly || keeps_nickname(flow, person.object))
        {
            continue;
        }
        let wanted = desired(flow, view, &ground.domains);
        wanted.mark(flow.to, &mut mark);
        if let Desired::LeftAlone(WhyAlone::Unusable(why)) = &wanted {
            unusable.push((flow.to, why.clone()));
        }
        if flow.to == Property::UserPrincipalName
            && let (Desired::Text(text), None) = (&wanted, current)
        {
            person.name = text.as_ref().into();
        }
        let change = match (flow.to, current) {
            (Property::UserPrincipalName, Some(user)) => user_name_difference(ground, user, &wanted),
            (Property::Mail, Some(user)) if is_calculated_mail(ground, user, &wanted) => None,
            (to, _) => counterpart.difference(to, wanted, &ground.domains, &mut person.exports),
        };
        match (current, change) {
            (Some(_), change) => person.differences.extend(change),
            (None, Some(AttributeChange { property, from: _, to: Some(value) })) => {
                values.push(NewValue { property, value });
            }
            (None, _) => (),
        }
    }
    person.wanted = Some(mark.finish());
    // A copy of the right size, with room for one more: everybody's are kept until all are known.
    if !values.is_empty() {
        person.values.reserve_exact(values.len() + 1);
        person.values.append(&mut values);
    }
    sketch.values = values;
    if person.name.is_empty() {
        person.name = person.object.dn.as_str().into();
    }
    for (property, why) in unusable {
        sketch.finding(
            ObjectKind::User,
            &person.name,
            About::Value,
            format!("{property} is left alone: {why}"),
        );
    }
}

/// On the channel of Entra Connect the tenant makes a name of its own domain by itself: which one is its business.
pub(super) fn user_name_difference(
    ground: &Ground<'_>,
    user: &CloudUser,
    wanted: &Desired<'_>,
) -> Option<AttributeChange> {
    let current = Some(user_name(user)).filter(|it| !it.is_empty());
    let change = text_difference(Property::UserPrincipalName, current, wanted)?;
    let is_fallback = |it: &str| ground.domains.is_initial(it);
    let is_made_by_tenant = ground.policy.channel == Channel::DirectorySync
        && current.is_some_and(is_fallback)
        && matches!(wanted, Desired::Text(text) if is_fallback(text));
    (!is_made_by_tenant).then_some(change)
}

/// Whether somebody without an address in the directory has one that the tenant calculated: a mailbox gets the user
/// name (graph-tenant reference, 8.6).
fn is_calculated_mail(ground: &Ground<'_>, user: &CloudUser, wanted: &Desired<'_>) -> bool {
    let mail = user.attributes.text(Property::Mail.id());
    let name = Some(user_name(user));
    ground.policy.channel == Channel::DirectorySync
        && matches!(wanted, Desired::Nothing)
        && mail.is_some_and(|it| {
            addresses::is_reserved(it) || name.is_some_and(|name| name.eq_ignore_ascii_case(it))
        })
}

/// The claim of a user to a kind of name.
pub(super) fn claim(person: &Person<'_>, property: Property) -> Option<Claim> {
    let lower = |it: &Value| match it {
        Value::Text(text) => Some(text.to_lowercase()),
        Value::Switch(_) | Value::Set(_) | Value::Reference(_) | Value::NotShown => None,
    };
    let new = person.values.iter().find(|it| it.property == property).map(|it| &it.value);
    let change = person.differences.iter().find(|it| it.property == property);
    let cloud = match person.correlation {
        Correlation::Joined(user) | Correlation::InRecycleBin(user) => Some(user),
        Correlation::DirectoryOnly | Correlation::Contested(_) => None,
    };
    // Whoever comes back has the name and the address that were theirs, changed or not.
    let back = cloud.filter(|it| it.deleted_at.is_some());
    let is_name = property == Property::UserPrincipalName;
    let own = |user: &'_ CloudUser| {
        let other = || user.attributes.text(property.id()).unwrap_or_default();
        Some(if is_name { user_name(user) } else { other() }.to_lowercase())
    };
    let is_lost = person.returns.iter().any(|it| it.property == property);
    let restored = back.filter(|_| !is_lost).and_then(own).filter(|it| !it.is_empty());
    let cloud = cloud.map(|it| it.id);
    let wanted = new.or(change.and_then(|it| it.to.as_ref()));
    let gives_up = change.and_then(|it| it.from.as_ref()).and_then(lower);
    let name = wanted.and_then(lower).or_else(|| restored.clone())?;
    // The service restores nobody whose user name is taken; an address it can leave out.
    let (returns_as, returns_with) = if is_name { (restored, None) } else { (None, restored) };
    Some(Claim { by: person.at, cloud, name, returns_as, returns_with, gives_up })
}

/// A user's manager on both sides.
#[derive(Clone, Copy)]
pub(super) struct ReportsTo {
    pub(super) wanted: Option<ObjectIndex>,
    pub(super) current: Option<CloudId>,
}

/// `None` if the manager is left alone. Looked up while the user is in the processor's cache: this and the short
/// cut in `Index::user` took a plan in which nothing differs from 1.2 to 0.7 s.
fn reports_to<'a>(
    (ground, sketch): (&Ground<'a>, &mut Sketch),
    policy: &UserPolicy,
    object: &'a DirectoryObject,
    current: Option<&CloudUser>,
) -> Option<ReportsTo> {
    match policy.flows.to(Property::Manager)?.authority {
        Authority::Tenant => return None,
        Authority::InitialOnly if current.is_some() => return None,
        Authority::InitialOnly | Authority::Directory => (),
    }
    let name = object.attributes.text(well_known::MANAGER);
    let wanted = name.and_then(|it| ground.named(it));
    sketch.refer(wanted, name.is_some());
    Some(ReportsTo { wanted, current: current.and_then(|it| it.manager) })
}
