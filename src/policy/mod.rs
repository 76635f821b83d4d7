//! What the operator decided, validated and compiled: no text of a manifest is left in here.
//!
//! A policy knows nothing of YAML, of files or of a connection.

mod approval;
mod channel;
mod exclusions;
mod expression;
mod filter;
mod flow;
mod guards;
mod lifecycle;
mod passwords;
mod preset;
mod scope;

pub use self::approval::{Approval, ApprovedChange};
pub use self::channel::Channel;
pub use self::exclusions::Exclusion;
pub use self::expression::{Evaluated, EvaluationError, Expression, ExpressionError};
pub use self::filter::{Filter, FilterError, Truth};
pub use self::flow::{Authority, Builtin, Flow, FlowOrigin, FlowSource, Flows, Missing};
pub use self::guards::{ContactLimits, DirectoryLimits, GroupLimits, Guards, Limit, UserLimits};
pub use self::lifecycle::{Lifecycle, OnExpired, Removal};
pub use self::passwords::PasswordPolicy;
pub use self::preset::{NOT_SENT, StandardCopy, preset_flows, standard_copy};
pub use self::scope::{Base, Scope};

use std::collections::BTreeMap;

use crate::model::{Digest, Feature, Provenance, ReviewedPolicy};

/// Whether a controller only looks, waits for approval, or applies what no guard holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Mode {
    /// Plan and report drift.
    Observe,
    /// Apply what is approved.
    #[default]
    Review,
    /// Apply all that no guard holds.
    Auto,
}

/// Which directory attribute is the anchor of users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum AnchorSource {
    /// `mS-DS-ConsistencyGuid` if it is set, else `objectGUID`: what Entra Connect does.
    #[default]
    Auto,
    /// Always `objectGUID`.
    ObjectGuid,
    /// Only `mS-DS-ConsistencyGuid`; a user without it is out of scope.
    ConsistencyGuid,
}

/// How users are handled.
#[derive(Clone, Debug)]
pub struct UserPolicy {
    /// Which users.
    pub scope: Scope,
    /// What identifies them.
    pub anchor: AnchorSource,
    /// What they get, later flows winning.
    pub flows: Flows,
    /// What happens when they are disabled, expire or leave.
    pub lifecycle: Lifecycle,
}

/// How groups are handled. Their anchor is always `objectGUID`.
#[derive(Clone, Debug)]
pub struct GroupPolicy {
    /// Which groups.
    pub scope: Scope,
    /// What they get, later flows winning.
    pub flows: Flows,
    /// What happens when they leave: groups cannot be blocked, they go when the grace period is over.
    pub removal: Removal,
}

/// How mail contacts are handled. Their anchor is always `objectGUID`.
#[derive(Clone, Debug)]
pub struct ContactPolicy {
    /// Which contacts.
    pub scope: Scope,
    /// What they get, later flows winning.
    pub flows: Flows,
    /// What happens when they leave: they cannot be blocked, and the recycle bin keeps none.
    pub removal: Removal,
}

/// One policy: joins one directory and one tenant.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Name in the manifest.
    pub name: String,
    /// Name of the `Directory` manifest.
    pub directory: String,
    /// Name of the `Tenant` manifest.
    pub tenant: String,
    /// How changes reach the tenant.
    pub channel: Channel,
    /// What a controller may do by itself.
    pub mode: Mode,
    /// Users, if the policy handles them.
    pub users: Option<UserPolicy>,
    /// Groups, if the policy handles them.
    pub groups: Option<GroupPolicy>,
    /// Contacts, if the policy handles them.
    pub contacts: Option<ContactPolicy>,
    /// Passwords, if they travel.
    pub passwords: Option<PasswordPolicy>,
    /// Switches of the tenant, and how they are to be; all others are nobody's business.
    pub features: BTreeMap<Feature, bool>,
    /// Limits and protected objects.
    pub guards: Guards,
    /// Approvals that name this policy.
    pub approvals: Vec<Approval>,
    /// Digest of everything in the manifests that decides what this policy does, secrets apart.
    pub digest: Digest,
    /// Digest of the directory's connection and bases: if it changes, an absence may be a change of policy.
    pub directory_digest: Digest,
    /// Version of the manifests.
    pub provenance: Provenance,
}

impl Policy {
    /// What counts as reviewed once a plan of this policy was applied.
    pub fn reviewed(&self) -> ReviewedPolicy {
        ReviewedPolicy {
            settings: self.settings(),
            directory: self.directory_digest,
            commit: self.provenance.commit.clone(),
        }
    }

    /// The digest of each setting that decides who is there and what they have, by its place in the manifest.
    pub fn settings(&self) -> BTreeMap<String, Digest> {
        let of_kind = |kind: &'static str, scope: &Scope, flows: &Flows, removal: Removal| {
            let scope = scope.digests().map(|(name, digest)| (format!("{kind}.scope.{name}"), digest));
            let flows = flows.iter().map(|it| (format!("{kind}.flows.{}", it.to), it.digest()));
            let removal = (format!("{kind}.lifecycle.removed"), removal.digest());
            scope.into_iter().chain(flows).chain([removal]).collect::<Vec<_>>()
        };
        let mut settings = BTreeMap::new();
        if let Some(UserPolicy { scope, anchor, flows, lifecycle }) = &self.users {
            settings.extend(of_kind("users", scope, flows, lifecycle.removal));
            let anchor = Digest::of_fields([format!("{anchor:?}").as_bytes()]);
            settings.insert("users.anchor".to_owned(), anchor);
        }
        if let Some(GroupPolicy { scope, flows, removal }) = &self.groups {
            settings.extend(of_kind("groups", scope, flows, *removal));
        }
        if let Some(ContactPolicy { scope, flows, removal }) = &self.contacts {
            settings.extend(of_kind("contacts", scope, flows, *removal));
        }
        settings.extend(self.passwords.as_ref().map(|it| ("passwords".to_owned(), it.digest())));
        settings.insert("channel".to_owned(), Digest::of_fields([self.channel.word().as_bytes()]));
        settings
    }
}
