//! `SyncPolicy`: joins one directory and one tenant.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Duration, GracePeriod, ScopeSpec};

/// Joins one Directory and one Tenant. Everything that is not given has a default.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SyncPolicySpec {
    /// Name of the Directory.
    pub directory: String,
    /// Name of the Tenant.
    pub tenant: String,
    /// What a controller may do by itself; `plan` and `apply` do not look at it. Default: `review`.
    #[serde(default)]
    #[schemars(extend("default" = "review"))]
    pub mode: ModeWord,
    /// How often a controller looks; `plan` and `apply` do not look at it.
    #[serde(default)]
    pub schedule: ScheduleSpec,
    /// After how long a controller tells people; `plan` and `apply` do not look at it.
    #[serde(default)]
    pub alarms: AlarmsSpec,
    /// How users are handled. Without it, they are not.
    pub users: Option<UsersSpec>,
    /// How groups are handled. Without it, they are not.
    pub groups: Option<GroupsSpec>,
    /// How mail contacts are handled; needs `channel: directorySync`.
    pub contacts: Option<ContactsSpec>,
    /// Whether passwords travel; needs `channel: directorySync`.
    pub passwords: Option<PasswordsSpec>,
    /// How much one plan may do before a person has to look.
    #[serde(default)]
    pub guards: GuardsSpec,
}

/// What a controller may do by itself; `plan` and `apply` do not look at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ModeWord {
    /// Plan and report differences.
    Observe,
    /// Apply what is approved.
    #[default]
    Review,
    /// Apply all that no guard holds.
    Auto,
}

/// How often a controller looks; `plan` and `apply` do not look at it.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScheduleSpec {
    /// For changes on both sides. Default: `30s`.
    #[schemars(extend("default" = "30s"))]
    pub every: Option<Duration>,
    /// For a whole reading of both sides. Default: `24h`.
    #[schemars(extend("default" = "24h"))]
    pub full_every: Option<Duration>,
    /// For changes of a directory that tells them, which is one small question. Default: `1s`.
    #[schemars(extend("default" = "1s"))]
    pub changes_every: Option<Duration>,
    /// For changed passwords. Default: `2s`.
    #[schemars(extend("default" = "2s"))]
    pub passwords_every: Option<Duration>,
}

/// After how long a controller tells people; `plan` and `apply` do not look at it.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AlarmsSpec {
    /// Both sides, or changed passwords, could not be looked at for so long. Default: `5m`.
    #[schemars(extend("default" = "5m"))]
    pub no_success_after: Option<Duration>,
    /// A password that was changed at the office has waited for so long. Default: `15m`.
    #[schemars(extend("default" = "15m"))]
    pub password_lag_after: Option<Duration>,
}

/// How users are handled.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UsersSpec {
    /// Which users.
    pub scope: ScopeSpec,
    /// Attribute that links a user to its tenant object for ever. Default: `auto`.
    #[serde(default)]
    #[schemars(extend("default" = "auto"))]
    pub anchor: AnchorWord,
    /// Names of AttributeFlows, later ones winning; `default` is built in. Default: `[default]`.
    #[schemars(extend("default" = ["default"]))]
    pub flows: Option<Vec<String>>,
    /// What happens when users are disabled, expire or leave.
    #[serde(default)]
    pub lifecycle: LifecycleSpec,
}

/// Attribute that links a user to its tenant object for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Deserialize, JsonSchema)]
pub enum AnchorWord {
    /// `mS-DS-ConsistencyGuid` if it is set, else `objectGUID`: what Entra Connect does.
    #[default]
    #[serde(rename = "auto")]
    Auto,
    /// Always `objectGUID`.
    #[serde(rename = "objectGUID")]
    ObjectGuid,
    /// Only `mS-DS-ConsistencyGuid`; a user without it is out of scope.
    #[serde(rename = "mS-DS-ConsistencyGuid")]
    ConsistencyGuid,
}

/// What happens when users are disabled, expire or leave.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LifecycleSpec {
    /// An account that is disabled in the directory. Default: `block`.
    #[serde(default)]
    #[schemars(extend("default" = "block"))]
    pub disabled: DisabledWord,
    /// An account whose `accountExpires` has passed. Default: `block`.
    #[serde(default)]
    #[schemars(extend("default" = "block"))]
    pub expired: ExpiredWord,
    /// A user who left the directory or the scope.
    #[serde(default)]
    pub removed: RemovedSpec,
}

/// What a disabled account means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum DisabledWord {
    /// Sign-in is blocked in the tenant too.
    #[default]
    Block,
    /// Nothing.
    Ignore,
}

/// What an expired account means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ExpiredWord {
    /// Sign-in is blocked in the tenant too.
    #[default]
    Block,
    /// Nothing: what Entra Connect does.
    Ignore,
}

/// A user who left the directory or the scope.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RemovedSpec {
    /// Block sign-in at once. Default: `true`.
    #[schemars(extend("default" = true))]
    pub block: Option<bool>,
    /// Days until the tenant's soft delete, or `never`. Default: `14d`.
    #[schemars(extend("default" = "14d"))]
    pub delete_after: Option<GracePeriod>,
}

/// How groups are handled.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupsSpec {
    /// Which groups.
    pub scope: ScopeSpec,
    /// Names of AttributeFlows, later ones winning; `default` is built in. Default: `[default]`.
    #[schemars(extend("default" = ["default"]))]
    pub flows: Option<Vec<String>>,
    /// What happens when groups leave.
    #[serde(default)]
    pub lifecycle: GroupLifecycleSpec,
}

/// What happens when groups or contacts leave.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupLifecycleSpec {
    /// A group or contact that left the directory or the scope.
    #[serde(default)]
    pub removed: GroupRemovedSpec,
}

/// A group or contact that left the directory or the scope.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupRemovedSpec {
    /// Days until the tenant's soft delete, or `never`. Default: `14d`.
    #[schemars(extend("default" = "14d"))]
    pub delete_after: Option<GracePeriod>,
}

/// How mail contacts are handled.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ContactsSpec {
    /// Which contacts.
    pub scope: ScopeSpec,
    /// Names of AttributeFlows, later ones winning; `default` is built in. Default: `[default]`.
    #[schemars(extend("default" = ["default"]))]
    pub flows: Option<Vec<String>>,
    /// What happens when contacts leave.
    #[serde(default)]
    pub lifecycle: GroupLifecycleSpec,
}

/// Whether passwords travel.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PasswordsSpec {
    /// How.
    pub mode: PasswordMode,
    /// LDAP filter that chooses whose hash travels. Without it, that of every user in scope does.
    pub select: Option<String>,
    /// LDAP filters: whose hash does not travel, whatever else is said.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Whether hashes of disabled accounts travel. Default: `false`.
    #[serde(default)]
    pub include_disabled: bool,
    /// Whether hashes of administrators travel: accounts that AD protects, and holders of roles of the tenant. Default:
    /// `false`.
    #[serde(default)]
    pub include_privileged: bool,
    /// Whether "must change the password at next logon" travels with the hash, where the tenant takes that. Otherwise
    /// such a hash waits until the password was changed at the office. Default: `false`.
    #[serde(default)]
    pub force_change_at_logon: bool,
}

/// How passwords travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PasswordMode {
    /// They do not.
    #[serde(alias = "off")]
    None,
    /// The salted hash of the hash, as Entra Connect sends it.
    Hash,
}

/// How much one plan may do before a person has to look. What is not given keeps its default.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GuardsSpec {
    /// What makes a reading of the directory doubtful: then removals are held, and updates go on.
    #[serde(default)]
    pub directory: DirectoryGuards,
    /// Limits on users.
    #[serde(default)]
    pub users: UserGuards,
    /// Limits on groups.
    #[serde(default)]
    pub groups: GroupGuards,
    /// Limits on contacts.
    #[serde(default)]
    pub contacts: ContactGuards,
    /// User principal names that are never removed, blocked or adopted, such as break-glass accounts.
    #[serde(default)]
    pub protect: Vec<String>,
}

/// What makes a reading of the directory doubtful.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DirectoryGuards {
    /// So many fewer objects of a kind than at the last good reading are too few. Default: more than 10 and
    /// 10 %. None left is always too few.
    #[schemars(extend("default" = {"percent": 10, "floor": 10}))]
    pub fewer: Option<FewerSpec>,
    /// Names of objects that every good reading has, such as a user made for this in each important OU: if one is
    /// missing, the account of samesign has lost rights.
    #[serde(default)]
    pub canaries: Vec<String>,
}

/// How many objects less are too few.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FewerSpec {
    /// Share of the objects, in percent.
    #[schemars(range(max = 100))]
    pub percent: Option<u32>,
    /// Objects less that the percentage never trips on.
    pub floor: Option<u32>,
}

/// Limits on users.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UserGuards {
    /// Users who left the directory or the scope. Default: more than 5, or more than 10 and 2 %.
    #[schemars(extend("default" = {"max": 5, "percent": 2, "floor": 10}))]
    pub removals: Option<LimitSpec>,
    /// Users who are disabled or expired. Default: more than 20, or more than 10 and 5 %.
    #[schemars(extend("default" = {"max": 20, "percent": 5, "floor": 10}))]
    pub blocks: Option<LimitSpec>,
    /// Users whose user name or primary mail address becomes another. Default: more than 20, or more than 10 and
    /// 5 %.
    #[schemars(extend("default" = {"max": 20, "percent": 5, "floor": 10}))]
    pub rewrites: Option<LimitSpec>,
    /// Users of whom a value is taken away. Default: more than 50, or more than 10 and 10 %.
    #[schemars(extend("default" = {"max": 50, "percent": 10, "floor": 10}))]
    pub clears: Option<LimitSpec>,
    /// New users. Without it there is no limit, so that a first run is not held.
    pub creates: Option<LimitSpec>,
    /// Users of whom anything else changes. Without it there is no limit.
    pub updates: Option<LimitSpec>,
}

/// Limits on groups.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupGuards {
    /// Groups that left the directory or the scope. Default: more than 2.
    #[schemars(extend("default" = {"max": 2}))]
    pub removals: Option<LimitSpec>,
    /// Members taken out of one group. Default: more than 50, or more than 10 and 20 % of its members.
    #[schemars(extend("default" = {"max": 50, "percent": 20, "floor": 10}))]
    pub member_removals: Option<LimitSpec>,
    /// Members taken out of all groups together. Default: more than 200, or more than 20 and 10 % of all
    /// memberships.
    #[schemars(extend("default" = {"max": 200, "percent": 10, "floor": 20}))]
    pub all_member_removals: Option<LimitSpec>,
    /// Groups of which a value is taken away. Default: more than 20, or more than 5 and 10 %.
    #[schemars(extend("default" = {"max": 20, "percent": 10, "floor": 5}))]
    pub clears: Option<LimitSpec>,
    /// New groups. Without it there is no limit, so that a first run is not held.
    pub creates: Option<LimitSpec>,
    /// Groups of which any other property changes. Without it there is no limit.
    pub updates: Option<LimitSpec>,
}

/// Limits on contacts.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ContactGuards {
    /// Contacts that left the directory or the scope. Default: more than 5, or more than 10 and 2 %.
    #[schemars(extend("default" = {"max": 5, "percent": 2, "floor": 10}))]
    pub removals: Option<LimitSpec>,
    /// Contacts of which a value is taken away. Default: more than 20, or more than 10 and 10 %.
    #[schemars(extend("default" = {"max": 20, "percent": 10, "floor": 10}))]
    pub clears: Option<LimitSpec>,
    /// New contacts. Without it there is no limit, so that a first run is not held.
    pub creates: Option<LimitSpec>,
    /// Contacts of which any other property changes. Without it there is no limit.
    pub updates: Option<LimitSpec>,
}

/// Trips when a plan has more than `max` such changes, or more than `floor` and more than `percent` of the
/// managed objects of that kind.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LimitSpec {
    /// Most changes.
    pub max: Option<u32>,
    /// Most changes, in percent.
    #[schemars(range(max = 100))]
    pub percent: Option<u32>,
    /// Changes that the percentage never trips on.
    pub floor: Option<u32>,
}
