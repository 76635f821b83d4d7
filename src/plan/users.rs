//! Users in scope: what has to happen so that the tenant has them as the policy wants.

use jiff::tz::TimeZone;

use crate::model::{CloudObject, CloudUser, Fingerprint, ObjectIndex, ObjectKind, Property};
use crate::policy::UserPolicy;

use super::Ground;
use super::adoption::{Candidate, candidate, plan_adoptions};
use super::aliases::Primary;
use super::because::Because;
use super::change::{AttributeChange, NewValue, ObjectRef, Op, Stage, Subject, Value};
use super::claims::{self, Claim, Verdict};
use super::correlate::{Correlation, Owners, user_name};
use super::hold::{Guard, Hold};
use super::person::{Person, ReportsTo, SignIn, claim, survey};
use super::quarantine;
use super::report::About;
use super::returning;
use super::sketch::{Draft, Place, Sketch};

/// Plans all users in scope.
pub(super) fn plan_users<'a>(
    ground: &Ground<'a>,
    sketch: &mut Sketch,
    policy: &'a UserPolicy,
    places: &[ObjectIndex],
) {
    // Whoever has something that others may want, or wants it: only they have to wait for everybody else.
    let mut people: Vec<Person<'a>> = Vec::with_capacity(places.len());
    // Asked while each is in the processor's cache: another round took a tenth of a first plan.
    let (mut names, mut addresses) = (Vec::with_capacity(places.len()), Vec::with_capacity(places.len()));
    let mut settled = Vec::with_capacity(places.len());
    for at in places {
        let Some(person) = survey(ground, sketch, policy, *at) else { continue };
        if person.agrees() {
            settled.extend(settle(ground, sketch, person, None, None));
            continue;
        }
        names.extend(claim(&person, Property::UserPrincipalName));
        addresses.extend(claim(&person, Property::Mail));
        people.push(person);
    }
    // Who claims a name is created or changed, and gets a manager then. Groups come after them, with their members:
    // making room for these later would move all that is there by then.
    let others = (ground.objects.len() - places.len()).min(names.len());
    sketch.changes.reserve(2 * (names.len() + others));
    let (names, addresses) = verdicts(ground, &names, &addresses);
    let (mut names, mut addresses) = (names.into_iter().peekable(), addresses.into_iter().peekable());
    let mut adoptions: Vec<(Person<'a>, Candidate<'a>)> = Vec::new();
    for person in people {
        let name = names.next_if(|it| it.0 == person.at).map(|it| it.1);
        let address = addresses.next_if(|it| it.0 == person.at).map(|it| it.1);
        match candidate(ground, &person, name, address) {
            Some(found) => adoptions.push((person, found)),
            None => settled.extend(settle(ground, sketch, person, name, address)),
        }
    }
    plan_adoptions(ground, sketch, policy, adoptions);
    // They claim nothing: nothing about them has changed but where their manager is.
    for at in sketch.reopen(ground.objects, ObjectKind::User, &[ObjectKind::User]) {
        let person = survey(ground, sketch, policy, at);
        settled.extend(person.and_then(|it| settle(ground, sketch, it, None, None)));
    }
    settled.sort_by_key(|it| it.at);
    for person in settled {
        manager(ground, sketch, &person);
    }
}

/// What claims come to, with who claims.
type Verdicts = Vec<(ObjectIndex, Verdict)>;

/// The verdicts on user names and on addresses, in the order of the claims.
fn verdicts(ground: &Ground<'_>, names: &[Claim], addresses: &[Claim]) -> (Verdicts, Verdicts) {
    // Most plans change no name: then nobody asks who has one.
    let nobody = names.is_empty() && addresses.is_empty();
    let owners = if nobody { Owners::default() } else { Owners::of(ground.tenant) };
    let name_verdicts = claims::decide(names, |it| owners.of_user_name(it));
    let address_verdicts = claims::decide(addresses, |it| owners.of_address(it));
    let by = |it: &Claim| it.by;
    (
        names.iter().map(by).zip(name_verdicts).collect(),
        addresses.iter().map(by).zip(address_verdicts).collect(),
    )
}

/// Someone whose place is settled and whose manager the directory decides. There is one of nearly everybody: what the
/// sketch knows is not kept here.
struct Settled {
    at: ObjectIndex,
    reports_to: ReportsTo,
    wanted: Option<Fingerprint>,
}

fn settle(
    ground: &Ground<'_>,
    sketch: &mut Sketch,
    mut person: Person<'_>,
    name: Option<Verdict>,
    address: Option<Verdict>,
) -> Option<Settled> {
    sketch.turn_to(person.at);
    let primary = grant_primary(ground, sketch, &mut person, address);
    if claim_addresses(ground, sketch, &mut person, primary) {
        person.wanted = None;
    }
    match name {
        Some(Verdict::Free(after)) => person.level = person.level.max(after),
        Some(Verdict::FreeOnReturn) => returning::rename(&mut person),
        Some(lost) => {
            let reason = ground.rival(Property::UserPrincipalName, person.anchor, &lost);
            note_recreated(ground, sketch, &person, lost);
            person.hold = Some(Hold { guard: Guard::Conflict, reason });
            person.wanted = None;
        }
        None => (),
    }
    let subject = match person.correlation {
        Correlation::Joined(user) | Correlation::InRecycleBin(user) => Subject::Known(user.id),
        Correlation::DirectoryOnly | Correlation::Contested(_) => Subject::Created(person.anchor),
    };
    let stuck = person.hold.is_some() && !matches!(person.correlation, Correlation::Joined(_));
    sketch.place(person.at, if stuck { Place::Stuck } else { Place::In(subject) }, &person.name);
    // Whatever is written makes the directory their master: nothing is, before a person has said so.
    let is_taken_over = matches!(
        person.correlation,
        Correlation::Joined(user) if ground.is_mastered_by_other(user.origin)
    );
    let settled = person.reports_to.filter(|_| !stuck && !is_taken_over).map(|reports_to| Settled {
        at: person.at,
        reports_to,
        wanted: person.wanted,
    });
    match person.correlation {
        Correlation::Joined(user) if ground.is_mastered_by_other(user.origin) => {
            take_over(ground, sketch, person, user);
        }
        Correlation::Joined(user) => join(ground, sketch, &person, user),
        Correlation::InRecycleBin(user) => restore(ground, sketch, &person, user),
        Correlation::DirectoryOnly | Correlation::Contested(_) => {
            note_namesake(ground, sketch, &person);
            ground.note(sketch, (person.anchor, None), &person.object.dn, person.wanted);
            ground.note_exports(sketch, person.anchor, std::mem::take(&mut person.exports));
            create(sketch, person);
        }
    }
    settled
}

/// What comes of the primary address that a person claims.
fn grant_primary(
    ground: &Ground<'_>,
    sketch: &mut Sketch,
    person: &mut Person<'_>,
    address: Option<Verdict>,
) -> Primary {
    match address {
        Some(Verdict::Free(after)) => {
            person.level = after;
            Primary::Granted
        }
        Some(Verdict::FreeOnReturn) => Primary::Granted,
        Some(lost) => {
            let text = format!("mail is left alone: {}", ground.rival(Property::Mail, person.anchor, &lost));
            sketch.finding(ObjectKind::User, &person.name, About::Address, text);
            person.wanted = None;
            person.values.retain(|it| it.property != Property::Mail);
            person.differences.retain(|it| it.property != Property::Mail);
            Primary::Refused
        }
        None => Primary::Unsettled,
    }
}

/// Further addresses, of a user who is new or of one that the tenant has; whether somebody else has one of them, or
/// another value that the tenant keeps back.
fn claim_addresses(
    ground: &Ground<'_>,
    sketch: &mut Sketch,
    person: &mut Person<'_>,
    primary: Primary,
) -> bool {
    let is_addresses = |it: &NewValue| it.property == Property::ProxyAddresses;
    let about = (ObjectKind::User, &person.name);
    let Some(user) = person.correlation.known() else {
        let Some(at) = person.values.iter().position(is_addresses) else { return false };
        let NewValue { property, value } = person.values.remove(at);
        let mut change = vec![AttributeChange { property, from: None, to: Some(value) }];
        let is_refused = sketch.claim_addresses(ground, about, (None, primary), &mut change);
        let claimed = change.pop().and_then(|it| it.to);
        person.values.extend(claimed.map(|value| NewValue { property, value }));
        return is_refused;
    };
    let user = CloudObject::User(user);
    let is_kept_back = quarantine::leave_alone(ground, sketch, about, user, &mut person.differences);
    sketch.claim_addresses(ground, about, (Some(user), primary), &mut person.differences) || is_kept_back
}

/// Somebody who left the directory still has the name: perhaps the account was deleted and made again.
fn note_recreated(ground: &Ground<'_>, sketch: &mut Sketch, person: &Person<'_>, lost: Verdict) {
    if let (Correlation::DirectoryOnly, Verdict::Taken(id)) = (person.correlation, lost)
        && ground.left_directory(id).is_some()
    {
        sketch.recreated.insert(id, person.object.dn.as_str().into());
    }
}

/// Somebody without this anchor had the name and is in the recycle bin: perhaps the same person.
fn note_namesake(ground: &Ground<'_>, sketch: &mut Sketch, person: &Person<'_>) {
    if let Some(id) = ground.index.deleted_owner_of_user_name(&person.name) {
        let text = format!(
            "the recycle bin has a user of this name ({id}) with another anchor or none: if it is the same \
             person, restore that user and set onPremisesImmutableId to {} instead of creating a new one",
            person.anchor
        );
        sketch.finding(ObjectKind::User, &person.name, About::Address, text);
    }
}

fn create(sketch: &mut Sketch, person: Person<'_>) {
    let allowed = match person.sign_in {
        SignIn::Allowed | SignIn::LeftAlone => true,
        SignIn::Disabled | SignIn::Expired(_) | SignIn::NotReadable => false,
    };
    if matches!(person.sign_in, SignIn::NotReadable) {
        // Entra Connect provisions nobody whose accountEnabled is unknown (graph-tenant reference, 9.1).
        sketch.place(person.at, Place::Stuck, &person.name);
        return;
    }
    let has = |property: Property| person.values.iter().any(|it| it.property == property);
    if !has(Property::UserPrincipalName) || !has(Property::DisplayName) || !has(Property::MailNickname) {
        let text =
            "cannot be created: the tenant needs userPrincipalName, displayName and mailNickname, and \
                    the flows give no usable value for all of them"
                .to_owned();
        sketch.finding(ObjectKind::User, &person.name, About::Value, text);
        sketch.place(person.at, Place::Stuck, &person.name);
        return;
    }
    let mut values = person.values;
    values.push(NewValue { property: Property::AccountEnabled, value: Value::Switch(allowed) });
    values.sort_by_key(|it| it.property);
    let subject = Subject::Created(person.anchor);
    let draft = Draft::new(ObjectKind::User, person.anchor, subject, &person.name);
    sketch.push(&draft, Op::Create(values), Because::MissingInTenant, Stage::CreateUsers).held = person.hold;
}

fn restore(ground: &Ground<'_>, sketch: &mut Sketch, person: &Person<'_>, user: &CloudUser) {
    let draft = Draft::new(ObjectKind::User, person.anchor, Subject::Known(user.id), &person.name);
    let op = Op::Restore(person.returns.clone());
    sketch.push(&draft, op, Because::InRecycleBin, Stage::Restore).held.clone_from(&person.hold);
    if person.hold.is_none() {
        note_joined(ground, sketch, person, user);
        update(ground, sketch, person, user);
        switch_sign_in(sketch, person, user, true);
    }
}

/// A user whom the cloud masters, and whose anchor is that of the directory's: the first write makes the directory
/// their master, so a person decides about it.
fn take_over(ground: &Ground<'_>, sketch: &mut Sketch, mut person: Person<'_>, user: &CloudUser) {
    note_joined(ground, sketch, &person, user);
    let enabled = user.attributes.text(Property::AccountEnabled.id()) != Some("false");
    let allowed = match person.sign_in {
        SignIn::Allowed => true,
        SignIn::Disabled | SignIn::Expired(_) => false,
        SignIn::LeftAlone | SignIn::NotReadable => enabled,
    };
    let name = NewValue { property: Property::UserPrincipalName, value: Value::Text(user_name(user).into()) };
    let is_renamed = person.differences.iter().any(|it| it.property == Property::UserPrincipalName);
    let mut differ = std::mem::take(&mut person.differences);
    if enabled != allowed {
        let (from, to) = (Some(Value::Switch(enabled)), Some(Value::Switch(allowed)));
        differ.push(AttributeChange { property: Property::AccountEnabled, from, to });
        differ.sort_by_key(|it| it.property);
    }
    let agree = if is_renamed { Vec::new() } else { vec![name] };
    let draft = Draft::new(ObjectKind::User, person.anchor, Subject::Known(user.id), &person.name);
    let change = sketch.push(&draft, Op::Adopt { differ, agree }, Because::MasteredByCloud, Stage::Adopt);
    change.held = person.hold;
}

fn join(ground: &Ground<'_>, sketch: &mut Sketch, person: &Person<'_>, user: &CloudUser) {
    note_joined(ground, sketch, person, user);
    update(ground, sketch, person, user);
    let returned = ground.index.link(person.anchor).is_some_and(|it| it.blocked_since.is_some());
    switch_sign_in(sketch, person, user, returned);
}

/// Notes what the records should have of somebody who is joined.
fn note_joined(ground: &Ground<'_>, sketch: &mut Sketch, person: &Person<'_>, user: &CloudUser) {
    sketch.join(person.anchor, ObjectKind::User, user.id);
    ground.note(sketch, (person.anchor, Some(user.id)), &person.object.dn, person.wanted);
    ground.note_exports(sketch, person.anchor, person.exports.clone());
}

/// Changes properties; a user name that cannot be had is a held change of its own, the rest goes on.
fn update(ground: &Ground<'_>, sketch: &mut Sketch, person: &Person<'_>, user: &CloudUser) {
    let draft = Draft::new(ObjectKind::User, person.anchor, Subject::Known(user.id), &person.name);
    let is_contested =
        |it: &AttributeChange| person.hold.is_some() && it.property == Property::UserPrincipalName;
    let (contested, free): (Vec<AttributeChange>, Vec<AttributeChange>) =
        person.differences.iter().cloned().partition(is_contested);
    let stage = Stage::UpdateUsers(person.level);
    let because = |changes: &[AttributeChange]| {
        ground.why_different((ObjectKind::User, person.anchor), changes, person.wanted)
    };
    if !contested.is_empty() {
        let because = because(&contested);
        let change = sketch.push(&draft, Op::Update(contested), because, stage);
        change.held.clone_from(&person.hold);
    }
    if !free.is_empty() {
        let because = because(&free);
        sketch.push(&draft, Op::Update(free), because, stage);
    }
}

fn switch_sign_in(sketch: &mut Sketch, person: &Person<'_>, user: &CloudUser, returned: bool) {
    let enabled = user.attributes.text(Property::AccountEnabled.id()) != Some("false");
    let draft = Draft::new(ObjectKind::User, person.anchor, Subject::Known(user.id), &person.name);
    let block = |because| (Op::Block, because, Stage::Block);
    let (op, because, stage) = match (person.sign_in, enabled) {
        (SignIn::Allowed, false) if returned => (Op::Unblock, Because::Returned, Stage::Unblock),
        (SignIn::Allowed, false) => (Op::Unblock, Because::EnabledInDirectory, Stage::Unblock),
        (SignIn::Disabled, true) => block(Because::DisabledInDirectory),
        (SignIn::Expired(at), true) => {
            block(Because::ExpiredInDirectory(Some(at.to_zoned(TimeZone::UTC).date())))
        }
        (SignIn::Allowed, true)
        | (SignIn::Disabled | SignIn::Expired(_), false)
        | (SignIn::LeftAlone | SignIn::NotReadable, _) => {
            return;
        }
    };
    // Someone in the recycle bin can only be blocked once they are out of it.
    let stage = if user.deleted_at.is_some() { Stage::Unblock } else { stage };
    sketch.push(&draft, op, because, stage);
}

/// The manager: a reference, so a change of its own after everybody exists.
fn manager(ground: &Ground<'_>, sketch: &mut Sketch, person: &Settled) {
    let ReportsTo { wanted: at, current } = person.reports_to;
    sketch.turn_to(person.at);
    // Nobody who cannot be created after all gets a manager, or is one.
    if at.into_iter().chain([person.at]).any(|it| sketch.is_stuck(it)) {
        return;
    }
    let subject = at.and_then(|it| sketch.subject(it));
    if subject == current.map(Subject::Known) {
        return;
    }
    // A manager who is not ours was chosen in the tenant; the directory has nothing to say about them.
    if subject.is_some_and(|it| !ground.can_refer_to(it))
        || subject.is_none() && !current.is_some_and(|id| ground.is_ours(id))
    {
        return sketch.mind();
    }
    let (Some(anchor), Some(of)) = (ground.anchor(person.at), sketch.reference(ground, person.at)) else {
        return;
    };
    let to = at.and_then(|it| sketch.reference(ground, it));
    let from = current.map(|id| ground.reference(id));
    let boxed = |it: ObjectRef| Value::Reference(Box::new(it));
    let change = AttributeChange { property: Property::Manager, from: from.map(boxed), to: to.map(boxed) };
    let draft = Draft::new(ObjectKind::User, anchor, of.subject, &of.name);
    let changes = vec![change];
    let because = ground.why_different((ObjectKind::User, anchor), &changes, person.wanted);
    sketch.push(&draft, Op::Update(changes), because, Stage::Managers);
}
