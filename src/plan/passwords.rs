//! Passwords of users in scope: who has one in the directory that the tenant does not have.
//!
//! A plan holds no password and no hash. It says whose is to be sent; what is sent is the hash of that moment.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::model::{
    Anchor, CloudId, Feature, Features, ObjectIndex, ObjectKind, Origin, Roles, from_filetime, well_known,
};
use crate::policy::{PasswordPolicy, Truth};

use super::Ground;
use super::because::Because;
use super::change::{Op, PasswordSet, Stage, Subject};
use super::correlate;
use super::hold::{Guard, Hold};
use super::protection::holds_a_role;
use super::report::About;
use super::sketch::{Draft, Sketch};

/// Why the password of a user does not travel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoPassword {
    /// The policy's filter does not choose it.
    NotSelected,
    /// One of the policy's excludes matches.
    Excluded(String),
    /// The account is disabled.
    Disabled,
    /// It is an administrator's; of which side, in words.
    Privileged(String),
    /// `pwdLastSet` cannot be read, or there has never been a password.
    NeverSet,
    /// It has to be changed at the next logon, and that does not travel.
    MustChange,
    /// The cloud is master of the user.
    MasteredByCloud,
    /// The tenant takes none.
    NotTaken,
    /// Nobody could find out whether the tenant takes any; why.
    NotKnown(String),
}

impl fmt::Display for NoPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSelected => f.write_str("the filter of passwords.select does not match"),
            Self::Excluded(filter) => write!(f, "excluded by {filter}"),
            Self::Disabled => f.write_str("the account is disabled in AD"),
            Self::Privileged(why) => write!(f, "an administrator's: {why}"),
            Self::NeverSet => f.write_str("AD tells no time at which it was set"),
            Self::MustChange => f.write_str("it must be changed at the next logon at the office first"),
            Self::MasteredByCloud => f.write_str("the cloud is master of the user"),
            Self::NotTaken => f.write_str("password hash synchronisation is off in the tenant"),
            Self::NotKnown(why) => write!(f, "it is not known whether the tenant takes it: {why}"),
        }
    }
}

/// The password of a user, as far as times tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordState {
    /// When it was set in the directory; `None` if it must be changed first.
    pub changed: Option<Timestamp>,
    /// When the tenant confirmed one.
    pub confirmed: Option<Timestamp>,
    /// Whether the tenant has this one, or why it will not get it.
    pub standing: PasswordStanding,
}

impl PasswordState {
    /// How long the tenant is behind, or was until it confirmed; `None` if it gets none, or nobody knows.
    pub fn lag(&self, as_of: Timestamp) -> Option<SignedDuration> {
        let Self { changed, confirmed, standing } = self;
        let until = match standing {
            PasswordStanding::Confirmed => (*confirmed)?,
            PasswordStanding::Waiting => as_of,
            PasswordStanding::Left(_) => return None,
        };
        // Two clocks that differ are no negative lag.
        Some(until.duration_since((*changed)?).max(SignedDuration::ZERO))
    }
}

/// Whether the tenant has a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PasswordStanding {
    /// It has the one that the directory has.
    Confirmed,
    /// The next apply sends it.
    Waiting,
    /// It does not travel.
    Left(NoPassword),
}

/// What is to be sent of a user.
struct Wanted {
    /// `pwdLastSet` as the directory writes it.
    last_set: i64,
    must_change: bool,
}

/// Bit 2 of `userAccountControl` ([MS-ADTS] 2.2.16, ADS_UF_ACCOUNT_DISABLE).
const ACCOUNT_DISABLED: i64 = 2;

/// Plans the passwords of all users in scope who are in the tenant or get there.
pub(super) fn plan_passwords(
    ground: &Ground<'_>,
    sketch: &mut Sketch,
    policy: &PasswordPolicy,
    users: &[ObjectIndex],
) {
    match ground.tenant.features() {
        Features::Known(on) if on.contains(&Feature::PasswordSync) => (),
        Features::Known(_) if ground.turns_on(Feature::PasswordSync) => {
            let text = "passwords do not travel: password hash synchronisation is off in the tenant. This plan turns \
                        it on once somebody approves that, and the plan after it sends them"
                .to_owned();
            return sketch.finding(None, &ground.policy.tenant, About::Channel, text);
        }
        Features::Known(_) => {
            let text = "passwords do not travel: password hash synchronisation is off in the tenant. Switch it on with \
                        `directorySync: {features: {passwordSyncEnabled: true}}` in the Tenant, or as a Global \
                        Administrator: PATCH /directory/onPremisesSynchronization/{tenant id} \
                        {\"features\": {\"passwordSyncEnabled\": true}}"
                .to_owned();
            return sketch.finding(None, &ground.policy.tenant, About::Channel, text);
        }
        Features::Unknown(why) => {
            let text =
                format!("passwords do not travel: it is not known whether the tenant takes them: {why}");
            return sketch.finding(None, &ground.policy.tenant, About::Channel, text);
        }
    }
    for at in users {
        let Some(reference) = sketch.reference(ground, *at) else { continue };
        let Some(anchor) = ground.user_anchor(*at) else { continue };
        let cloud = match reference.subject {
            Subject::Known(id) => Some(id),
            Subject::Created(_) => None,
        };
        let Ok(wanted) = wanted(ground, policy, *at, cloud) else { continue };
        if ground.sent_password(anchor, cloud) == Some(wanted.last_set) {
            continue;
        }
        sketch.turn_to(*at);
        let account = ground.objects.get(*at).guid;
        let Wanted { last_set, must_change } = wanted;
        let draft = Draft::new(ObjectKind::User, anchor, reference.subject, &reference.name);
        let op = Op::Password(PasswordSet { account, last_set, must_change });
        sketch.push(&draft, op, Because::PasswordChanged, Stage::Passwords).held = hold(ground, policy);
    }
}

/// Nobody sends the password of an administrator by accident.
fn hold(ground: &Ground<'_>, policy: &PasswordPolicy) -> Option<Hold> {
    match ground.tenant.roles() {
        Roles::Unknown(why) if !policy.of_privileged => {
            let reason = format!("it is not known who holds admin roles: {why}");
            Some(Hold { guard: Guard::RolesUnknown, reason })
        }
        Roles::Unknown(_) | Roles::Known(_) => None,
    }
}

/// What is to be sent of a user, or why nothing is.
fn wanted(
    ground: &Ground<'_>,
    policy: &PasswordPolicy,
    at: ObjectIndex,
    cloud: Option<CloudId>,
) -> Result<Wanted, NoPassword> {
    let view = ground.objects.view(at);
    let object = view.object();
    if policy.select.as_ref().is_some_and(|it| it.evaluate(&view) != Truth::True) {
        return Err(NoPassword::NotSelected);
    }
    if let Some(filter) = policy.exclude.iter().find(|it| it.evaluate(&view) == Truth::True) {
        return Err(NoPassword::Excluded(filter.text().to_owned()));
    }
    let control = object.attributes.integer(well_known::USER_ACCOUNT_CONTROL);
    let is_disabled = control.is_none_or(|it| it & ACCOUNT_DISABLED != 0);
    if is_disabled && !policy.of_disabled {
        return Err(NoPassword::Disabled);
    }
    if !policy.of_privileged {
        if object.attributes.integer(policy.admin_count).is_some_and(|it| 0 < it) {
            return Err(NoPassword::Privileged("AD protects the account (adminCount)".to_owned()));
        }
        if let Some(role) = cloud.and_then(|it| holds_a_role(ground, it)) {
            return Err(NoPassword::Privileged(role));
        }
    }
    if cloud.and_then(|it| ground.tenant.user(it)).is_some_and(|it| it.origin == Origin::Cloud) {
        return Err(NoPassword::MasteredByCloud);
    }
    match object.attributes.integer(policy.last_set) {
        None => Err(NoPassword::NeverSet),
        Some(0)
            if policy.must_change && ground.tenant.features().has(Feature::ForcePasswordChangeOnLogon) =>
        {
            Ok(Wanted { last_set: 0, must_change: true })
        }
        Some(0) => Err(NoPassword::MustChange),
        Some(last_set) => Ok(Wanted { last_set, must_change: false }),
    }
}

impl Ground<'_> {
    fn user_anchor(&self, at: ObjectIndex) -> Option<Anchor> {
        let source = self.policy.users.as_ref()?.anchor;
        correlate::anchor_of(self.objects.get(at), source)
    }

    /// `pwdLastSet` of the password that the tenant confirmed, if that was for this very user.
    fn sent_password(&self, anchor: Anchor, cloud: Option<CloudId>) -> Option<i64> {
        let link = self.index.link(anchor).filter(|it| Some(it.cloud) == cloud)?;
        link.password.map(|it| it.last_set)
    }

    /// The password of a user in scope, as far as times tell; `None` if the policy sends none.
    pub(super) fn password_state(&self, at: ObjectIndex, cloud: Option<CloudId>) -> Option<PasswordState> {
        let policy = self.policy.passwords.as_ref()?;
        let anchor = self.user_anchor(at)?;
        let link = self.index.link(anchor).filter(|it| Some(it.cloud) == cloud);
        let confirmed = link.and_then(|it| it.password).map(|it| it.confirmed_at);
        let last_set = self.objects.get(at).attributes.integer(policy.last_set);
        let standing = match wanted(self, policy, at, cloud) {
            Err(why) => PasswordStanding::Left(why),
            Ok(it) if self.sent_password(anchor, cloud) == Some(it.last_set) => PasswordStanding::Confirmed,
            Ok(_) => match self.tenant.features() {
                Features::Known(on) if on.contains(&Feature::PasswordSync) => PasswordStanding::Waiting,
                Features::Known(_) => PasswordStanding::Left(NoPassword::NotTaken),
                Features::Unknown(why) => PasswordStanding::Left(NoPassword::NotKnown(why.clone())),
            },
        };
        Some(PasswordState { changed: last_set.and_then(from_filetime), confirmed, standing })
    }
}
