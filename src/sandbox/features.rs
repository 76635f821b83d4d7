//! The tenant's switches for directory synchronisation (graph-tenant reference, 7.1; password-sync reference,
//! 3.6): kept once, shown by Graph under names and by the provisioning service as bits of a number.
//!
//! It knows neither of the two forms of request.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::tenant::Tenant;

/// Every switch, how it is in a new tenant, and its bit, if it has one.
const FEATURES: &[(&str, bool, i32)] = &[
    ("allowOnPremUpdateOfOnPremisesObjectIdentifierEnabled", false, 0),
    ("blockCloudObjectTakeoverThroughHardMatchEnabled", false, 1_048_576),
    ("blockSoftMatchEnabled", false, 524_288),
    ("bypassDirSyncOverridesEnabled", false, 0),
    ("cloudPasswordPolicyForPasswordSyncedUsersEnabled", false, 512),
    ("concurrentCredentialUpdateEnabled", false, 0),
    ("concurrentOrgIdProvisioningEnabled", false, 0),
    ("deviceWritebackEnabled", false, 4_096),
    ("directoryExtensionsEnabled", false, 4),
    ("fopeConflictResolutionEnabled", false, 0),
    ("groupWriteBackEnabled", false, 0),
    (PASSWORDS, false, 1),
    ("passwordWritebackEnabled", false, 2),
    ("quarantineUponProxyAddressesConflictEnabled", true, 32),
    ("quarantineUponUpnConflictEnabled", true, 8),
    ("softMatchOnUpnEnabled", true, 16),
    ("synchronizeUpnForManagedUsersEnabled", true, 8_192),
    ("unifiedGroupWritebackEnabled", false, 1_024),
    (MUST_CHANGE, false, 16_384),
    ("userWritebackEnabled", false, 2_048),
];
/// Whether password hashes are taken.
pub(crate) const PASSWORDS: &str = "passwordSyncEnabled";
/// Whether a password may come with the order to change it.
pub(crate) const MUST_CHANGE: &str = "userForcePasswordChangeOnLogonEnabled";
/// Once on, these stay on.
const ONE_WAY: &[&str] = &[
    "quarantineUponProxyAddressesConflictEnabled",
    "quarantineUponUpnConflictEnabled",
    "softMatchOnUpnEnabled",
    "synchronizeUpnForManagedUsersEnabled",
];

/// What was changed since the tenant began.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Synchronization {
    features: BTreeMap<String, bool>,
    pub(crate) prevention: Option<(String, Option<u64>)>,
    /// Bits that have no name.
    #[serde(default)]
    other_bits: Option<i32>,
    /// Whether directory synchronisation is on, once that was changed.
    #[serde(default)]
    pub(crate) enabled: Option<bool>,
    /// The build of the client that ended an export last, and when.
    #[serde(default)]
    pub(crate) last_export: Option<(String, Timestamp)>,
}

/// Why a switch stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stuck {
    Unknown(String),
    OneWay(String),
}

impl Tenant {
    /// `onPremisesSyncEnabled` of the organisation.
    pub(crate) fn synchronizes(&self) -> Option<bool> {
        self.synchronization.enabled.or(self.seed.on_premises_sync_enabled)
    }

    /// Whether a feature is on.
    pub(crate) fn feature(&self, name: &str) -> bool {
        let usual = FEATURES.iter().any(|(it, usual, _)| *it == name && *usual);
        // A tenant that synchronises has had its passwords synchronised all along.
        let usual = usual || (name == PASSWORDS && self.seed.on_premises_sync_enabled == Some(true));
        let usual = self.seed.provisioning.features.get(name).copied().unwrap_or(usual);
        self.synchronization.features.get(name).copied().unwrap_or(usual)
    }

    /// Every feature and whether it is on.
    pub(crate) fn features(&self) -> impl Iterator<Item = (&'static str, bool)> + '_ {
        FEATURES.iter().map(|(name, _, _)| (*name, self.feature(name)))
    }

    /// Every feature as bits.
    pub(crate) fn feature_bits(&self) -> i32 {
        let named = FEATURES.iter().filter(|(name, _, _)| self.feature(name)).map(|(_, _, bit)| bit);
        named.fold(self.synchronization.other_bits.unwrap_or_default(), |sum, bit| sum | bit)
    }

    /// The switches with one of them changed.
    pub(crate) fn with_feature(
        &self,
        mut switches: Synchronization,
        name: &str,
        on: bool,
    ) -> Result<Synchronization, Stuck> {
        if !FEATURES.iter().any(|(it, _, _)| *it == name) {
            return Err(Stuck::Unknown(name.to_owned()));
        }
        if !on && ONE_WAY.contains(&name) && self.feature(name) {
            return Err(Stuck::OneWay(name.to_owned()));
        }
        switches.features.insert(name.to_owned(), on);
        Ok(switches)
    }

    /// The switches as bits say; bits without a name are kept as they come.
    pub(crate) fn with_feature_bits(&self, bits: i32) -> Result<Synchronization, Stuck> {
        let mut switches = self.synchronization.clone();
        let mut named = 0;
        for (name, _, bit) in FEATURES.iter().filter(|(_, _, bit)| *bit != 0) {
            named |= bit;
            let on = bits & bit != 0;
            if on != self.feature(name) {
                switches = self.with_feature(switches, name, on)?;
            }
        }
        switches.other_bits = Some(bits & !named);
        Ok(switches)
    }

    /// Whether a name is that of a feature.
    pub(crate) fn is_feature(name: &str) -> bool {
        FEATURES.iter().any(|(it, _, _)| *it == name)
    }
}
