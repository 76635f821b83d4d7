//! The switches of a tenant's directory synchronisation.
//!
//! It knows neither of the two forms in which a tenant shows them.

use std::collections::BTreeSet;
use std::fmt;

/// A switch that a manifest may turn, under its Microsoft Graph name (graph-tenant reference, 7.1).
///
/// Not among them: what writes back to the directory, which samesign does not, and what every tenant has on for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Feature {
    /// Password hashes are taken.
    PasswordSync,
    /// "Must change the password at next logon" is taken with the hash.
    ForcePasswordChangeOnLogon,
    /// Passwords of synchronised users expire as cloud passwords do.
    CloudPasswordPolicy,
    /// An object may be joined to a cloud user by its user principal name.
    SoftMatchOnUpn,
    /// No object is joined to a cloud object by mail address or name.
    BlockSoftMatch,
    /// No cloud user is taken over by an anchor.
    BlockHardMatchTakeover,
    /// The user principal name of licensed users follows the directory.
    SynchronizeUpn,
    /// Directory extensions are taken.
    DirectoryExtensions,
}

impl Feature {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::PasswordSync,
        Self::ForcePasswordChangeOnLogon,
        Self::CloudPasswordPolicy,
        Self::SoftMatchOnUpn,
        Self::BlockSoftMatch,
        Self::BlockHardMatchTakeover,
        Self::SynchronizeUpn,
        Self::DirectoryExtensions,
    ];

    /// Its name in Microsoft Graph.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PasswordSync => "passwordSyncEnabled",
            Self::ForcePasswordChangeOnLogon => "userForcePasswordChangeOnLogonEnabled",
            Self::CloudPasswordPolicy => "cloudPasswordPolicyForPasswordSyncedUsersEnabled",
            Self::SoftMatchOnUpn => "softMatchOnUpnEnabled",
            Self::BlockSoftMatch => "blockSoftMatchEnabled",
            Self::BlockHardMatchTakeover => "blockCloudObjectTakeoverThroughHardMatchEnabled",
            Self::SynchronizeUpn => "synchronizeUpnForManagedUsersEnabled",
            Self::DirectoryExtensions => "directoryExtensionsEnabled",
        }
    }

    /// The switch of a name in Microsoft Graph.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// Whether the tenant does not let it be turned off again (graph-tenant reference, 7.1).
    pub const fn stays_on(self) -> bool {
        matches!(self, Self::SoftMatchOnUpn | Self::SynchronizeUpn)
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// How the switches of a tenant are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Features {
    /// These are on, all others are off.
    Known(BTreeSet<Feature>),
    /// It was not asked, or did not say; why.
    Unknown(String),
}

impl Default for Features {
    fn default() -> Self {
        Self::Unknown("it was not asked".to_owned())
    }
}

impl Features {
    /// Whether a switch is on, as far as is known.
    pub fn has(&self, feature: Feature) -> bool {
        matches!(self, Self::Known(on) if on.contains(&feature))
    }
}
