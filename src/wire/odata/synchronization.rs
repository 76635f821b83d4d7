//! What the tenant says about directory synchronisation: whether it is on, its switches, its guard.
//!
//! The switches are kept by name, so that one which is new shows as it is.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;

/// The part of `organization` that is about directory synchronisation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrganizationState {
    /// Identity of the tenant.
    pub id: String,
    /// Name.
    #[serde(default)]
    pub display_name: Option<String>,
    /// Never, off again, or on.
    #[serde(default)]
    pub on_premises_sync_enabled: Option<bool>,
    /// When Entra Connect, or whoever stands in for it, was last there.
    #[serde(default)]
    pub on_premises_last_sync_date_time: Option<Timestamp>,
}

impl OrganizationState {
    /// The properties to ask for.
    pub const SELECT: &str = "id,displayName,onPremisesSyncEnabled,onPremisesLastSyncDateTime";
}

/// An element of `directory/onPremisesSynchronization`, of which there is one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SynchronizationRecord {
    /// Switches by name.
    pub features: BTreeMap<String, Option<bool>>,
    /// The guard against deletions.
    pub configuration: SynchronizationConfiguration,
}

/// Settings that are no switches.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SynchronizationConfiguration {
    /// The guard against deletions.
    pub accidental_deletion_prevention: DeletionGuard,
}

/// When a client should stop because it would delete too much.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeletionGuard {
    /// `disabled`, `enabledForCount` or `enabledForPercentage`.
    pub synchronization_prevention_type: Option<String>,
    /// How many, or which share.
    pub alert_threshold: Option<u64>,
}
