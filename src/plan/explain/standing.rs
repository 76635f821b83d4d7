//! How an object stands in the tenant: its match, who is its master, whether it signs in, whether it leaves.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::model::{
    Anchor, CloudId, CloudObject, GroupType, ObjectIndex, ObjectKind, Origin, Property, Roles, from_filetime,
    well_known,
};
use crate::policy::{AnchorSource, Channel, Policy};

use super::{Explainer, Sides};
use crate::plan::Ground;
use crate::plan::because::Departure;
use crate::plan::correlate::{self, Correlation};
use crate::plan::departures;
use crate::plan::person::{SignIn, sign_in};
use crate::plan::protection;

/// How an object and the tenant relate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    /// The same object is active.
    Joined(JoinedBy),
    /// The same object is in the recycle bin.
    InRecycleBin,
    /// The tenant has no such object.
    Missing,
    /// Another object of the directory has the same anchor: its name.
    Contested(String),
    /// The directory has no such object.
    NotInDirectory,
}

/// By what both sides are known to be the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinedBy {
    /// Our records link them, and the tenant's object bears no anchor.
    Record,
    /// The tenant's object bears the anchor; it is not on record yet.
    Anchor,
    /// Both.
    RecordAndAnchor,
}

/// An object of the tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantSide {
    /// Its id.
    pub id: CloudId,
    /// The name that people know it by.
    pub name: String,
    /// Who is master.
    pub origin: Origin,
    /// Whether a user is a guest.
    pub guest: bool,
    /// Sort of group; `None` for a user.
    pub group_type: Option<GroupType>,
    /// The anchor that it bears: as text, whether it is one of ours or not.
    pub anchor: Option<String>,
    /// Names of its directory roles, or why they are not known.
    pub roles: Result<Vec<String>, String>,
    /// How many licences a user has.
    pub licences: usize,
    /// Why it is never removed, blocked or adopted, if it is so.
    pub protected: Option<String>,
    /// When it went into the recycle bin.
    pub deleted_at: Option<Timestamp>,
}

/// Whether a user may sign in, on both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInState {
    /// Going by the directory.
    pub directory: DirectorySignIn,
    /// The day on which the account expires or expired in the directory.
    pub expires: Option<Date>,
    /// Whether the tenant lets the user sign in; `None` if it has no such user.
    pub tenant: Option<bool>,
}

/// Whether a user may sign in, going by the directory and the policy's lifecycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DirectorySignIn {
    /// Yes.
    Allowed,
    /// The account is disabled.
    Disabled,
    /// The account has expired.
    Expired,
    /// The account is disabled, and the policy leaves that alone.
    LeftAlone,
    /// `userAccountControl` was not read.
    NotReadable,
    /// The directory has no such user, or the policy handles none.
    NotAsked,
}

/// What our records say of an object that is not, or no longer, in scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaving {
    /// Its name in the directory when it was last in scope.
    pub last_dn: Option<String>,
    /// Since when its sign-in is blocked because it left.
    pub blocked_since: Option<Timestamp>,
    /// The day on which it is deleted; `None` if never.
    pub delete_on: Option<Date>,
    /// How it left; `None` if that cannot be said.
    pub how: Option<Departure>,
}

pub(super) fn anchor_source(policy: &Policy) -> AnchorSource {
    policy.users.as_ref().map_or(AnchorSource::Auto, |it| it.anchor)
}

/// The anchor of an object of the tenant: its own, else the one under which our records know it.
pub(super) fn anchor_of(ground: &Ground<'_>, object: CloudObject<'_>) -> Option<Anchor> {
    object.anchor().or_else(|| ground.recorded_anchor(object.id()))
}

/// The name that people know an object of the tenant by; in the recycle bin without what is put before it there.
pub(super) fn name_of(object: CloudObject<'_>) -> String {
    match object {
        CloudObject::User(user) => correlate::user_name(user).to_owned(),
        CloudObject::Group(_) | CloudObject::Contact(_) => object.name().to_owned(),
    }
}

pub(super) const fn deleted_at(object: CloudObject<'_>) -> Option<Timestamp> {
    object.deleted_at()
}

/// The object of the tenant that belongs to one of the directory, by the planner's own ladder.
pub(super) fn correlation<'a>(
    ground: &Ground<'a>,
    (at, kind): (ObjectIndex, ObjectKind),
    anchor: Option<Anchor>,
) -> (Match, Option<CloudObject<'a>>) {
    let correlation = match (kind, anchor) {
        (ObjectKind::User, Some(anchor)) => ground.index.user(anchor, at).map(CloudObject::User),
        (ObjectKind::Group, Some(_)) => {
            let object = ground.objects.get(at);
            ground.index.group(ground.policy.channel, object, at).map(CloudObject::Group)
        }
        (ObjectKind::Contact, Some(_)) => {
            ground.index.contact(ground.objects.get(at), at).map(CloudObject::Contact)
        }
        (_, None) => Correlation::DirectoryOnly,
    };
    match correlation {
        Correlation::Joined(it) => (Match::Joined(joined_by(ground, it, anchor)), Some(it)),
        Correlation::InRecycleBin(it) => (Match::InRecycleBin, Some(it)),
        Correlation::DirectoryOnly => (Match::Missing, None),
        Correlation::Contested(twin) => (Match::Contested(ground.dn(twin).to_owned()), None),
    }
}

fn joined_by(ground: &Ground<'_>, object: CloudObject<'_>, anchor: Option<Anchor>) -> JoinedBy {
    let bears = object.anchor().is_some();
    let recorded = anchor.is_some_and(|it| ground.index.is_linked(it, object.id()));
    match (recorded, bears) {
        (true, true) => JoinedBy::RecordAndAnchor,
        (true, false) => JoinedBy::Record,
        (false, _) => JoinedBy::Anchor,
    }
}

pub(super) fn tenant_side(
    ground: &Ground<'_>,
    object: CloudObject<'_>,
    anchor: Option<Anchor>,
) -> TenantSide {
    let (id, name) = (object.id(), name_of(object));
    let roles = match ground.tenant.roles() {
        Roles::Known(_) => Ok(ground.tenant.roles_of(id).iter().map(ToString::to_string).collect()),
        Roles::Unknown(why) => Err(why.clone()),
    };
    let protected = protection::protects(ground, (object.kind(), anchor), id, &name);
    let side = TenantSide {
        id,
        name,
        origin: Origin::Cloud,
        guest: false,
        group_type: None,
        anchor: None,
        roles,
        licences: 0,
        protected,
        deleted_at: deleted_at(object),
    };
    match object {
        CloudObject::User(user) => TenantSide {
            origin: user.origin,
            guest: user.guest,
            anchor: user
                .anchor
                .map(|it| it.to_string())
                .or_else(|| user.foreign_anchor.as_ref().map(ToString::to_string)),
            licences: user.licences.len(),
            ..side
        },
        CloudObject::Group(group) => TenantSide {
            origin: group.origin,
            group_type: Some(group.group_type),
            anchor: group.anchor.map(|it| it.to_string()),
            ..side
        },
        CloudObject::Contact(contact) => TenantSide { origin: contact.origin, ..side },
    }
}

pub(super) fn sign_in_of(ground: &Ground<'_>, sides: Sides<'_>) -> Option<SignInState> {
    let enabled = match sides.cloud {
        Some(CloudObject::User(user)) => {
            Some(user.attributes.text(Property::AccountEnabled.id()) != Some("false"))
        }
        Some(CloudObject::Group(_) | CloudObject::Contact(_)) | None => None,
    };
    let object = sides.at.map(|it| ground.objects.get(it));
    if enabled.is_none() && object.is_none_or(|it| it.kind != ObjectKind::User) {
        return None;
    }
    let asked = object.zip(ground.policy.users.as_ref());
    let directory = asked.map(|(object, users)| sign_in(object, &users.lifecycle, ground.as_of));
    let expires = object
        .and_then(|it| it.attributes.integer(well_known::ACCOUNT_EXPIRES))
        .and_then(from_filetime)
        .map(|it| it.to_zoned(TimeZone::UTC).date());
    let directory = match directory {
        Some(SignIn::Allowed) => DirectorySignIn::Allowed,
        Some(SignIn::Disabled) => DirectorySignIn::Disabled,
        Some(SignIn::Expired(_)) => DirectorySignIn::Expired,
        Some(SignIn::LeftAlone) => DirectorySignIn::LeftAlone,
        Some(SignIn::NotReadable) => DirectorySignIn::NotReadable,
        None => DirectorySignIn::NotAsked,
    };
    Some(SignInState { directory, expires, tenant: enabled })
}

/// What our records say of an object that left or was away; `None` if they say nothing of the sort.
pub(super) fn leaving(explainer: &Explainer<'_>, sides: Sides<'_>, kind: ObjectKind) -> Option<Leaving> {
    let Explainer { ground, scoping, planned: _ } = explainer;
    let anchor = sides.anchor?;
    let link = ground.links.by_anchor.get(&anchor)?;
    let is_other = |it: CloudObject<'_>| it.id() != link.cloud;
    let is_in_scope = sides.at.is_some_and(|at| scoping.decide(at).is_ok());
    if sides.cloud.is_some_and(is_other) || (is_in_scope && link.blocked_since.is_none()) {
        return None;
    }
    let out_of_scope = |at| scoping.decide(at).err();
    let how = ground.whole.then(|| departures::how(ground, kind, anchor, &out_of_scope)).flatten();
    let removal = departures::removal(ground.policy, kind);
    let since = link.blocked_since.unwrap_or(ground.as_of);
    let is_there = sides.cloud.is_some_and(|it| deleted_at(it).is_none());
    let delete_on =
        removal.filter(|_| is_there && how.is_some()).and_then(|it| departures::delete_on(since, it));
    let last_dn = link.dn.as_ref().map(ToString::to_string);
    Some(Leaving { last_dn, blocked_since: link.blocked_since, delete_on, how })
}

/// Why a whole object is left alone, if it is; that it is out of scope is said by its conditions.
pub(super) fn alone(ground: &Ground<'_>, sides: Sides<'_>, found: &Match) -> Option<String> {
    if let Match::Contested(other) = found {
        return Some(format!(
            "{other} has the same anchor: neither is planned. Give one of them another mS-DS-ConsistencyGuid, or \
             delete the copy"
        ));
    }
    let cloud = sides.cloud?;
    let (origin, guest) = match cloud {
        CloudObject::User(user) => (user.origin, user.guest),
        CloudObject::Group(_) | CloudObject::Contact(_) => (cloud.origin(), false),
    };
    let is_taken_over = |it: ObjectKind| it == ObjectKind::User && sides.at.is_some();
    match ground.policy.channel {
        Channel::Graph if ground.is_mastered_by_other(origin) => {
            return Some("Entra Connect is its master: Microsoft Graph refuses to change it".to_owned());
        }
        Channel::DirectorySync if ground.is_mastered_by_other(origin) && !is_taken_over(cloud.kind()) => {
            return Some(
                "the cloud is its master: the protocol of Entra Connect does not take it over".to_owned(),
            );
        }
        Channel::Graph | Channel::DirectorySync => (),
    }
    if sides.at.is_some() {
        return None;
    }
    if deleted_at(cloud).is_some() {
        return Some("it is in the recycle bin, and the directory has nobody with its anchor".to_owned());
    }
    match sides.anchor {
        None if guest => Some("it is a guest, made in the cloud: samesign has nothing to do with it".to_owned()),
        None => Some(
            "it is cloud-only: it has no anchor and is not on record, and samesign changes only what it created or \
             has seen joined"
                .to_owned(),
        ),
        Some(anchor) if !ground.index.is_linked(anchor, cloud.id()) => Some(format!(
            "it carries the anchor {anchor}, which neither the directory nor our records know"
        )),
        Some(_) => None,
    }
}
