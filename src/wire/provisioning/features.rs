//! The feature switches of directory synchronisation: bits of one number.
//!
//! Bits that have no name here keep their value.

/// Feature switches. Read them, change them, write all of them back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DirSyncFeatures(
    /// The bits.
    pub i32,
);

impl DirSyncFeatures {
    /// Password hashes are taken.
    pub const PASSWORD_HASH_SYNC: Self = Self(1);
    /// Passwords are written back to the directory.
    pub const PASSWORD_WRITE_BACK: Self = Self(1 << 1);
    /// Directory extensions are taken.
    pub const DIRECTORY_EXTENSIONS: Self = Self(1 << 2);
    /// An object with a user principal name that another has is taken, without the name.
    pub const DUPLICATE_UPN_RESILIENCY: Self = Self(1 << 3);
    /// An object may be joined to a cloud user by its user principal name.
    pub const SOFT_MATCH_ON_UPN: Self = Self(1 << 4);
    /// An object with a proxy address that another has is taken, without the address.
    pub const DUPLICATE_PROXY_ADDRESS_RESILIENCY: Self = Self(1 << 5);
    /// Passwords of synchronised users expire as cloud passwords do.
    pub const ENFORCE_CLOUD_PASSWORD_POLICY: Self = Self(1 << 9);
    /// Cloud groups are written back.
    pub const UNIFIED_GROUP_WRITEBACK: Self = Self(1 << 10);
    /// Cloud users are written back.
    pub const USER_WRITEBACK: Self = Self(1 << 11);
    /// Devices are written back.
    pub const DEVICE_WRITEBACK: Self = Self(1 << 12);
    /// The user principal name of licensed users follows the directory.
    pub const SYNCHRONIZE_UPN_FOR_MANAGED_USERS: Self = Self(1 << 13);
    /// "Must change the password at next logon" is taken with the hash.
    pub const FORCE_PASSWORD_CHANGE_ON_LOGON: Self = Self(1 << 14);
    /// Pass-through authentication.
    pub const PASS_THROUGH_AUTHENTICATION: Self = Self(1 << 17);
    /// No object is joined to a cloud user by mail address or name.
    pub const BLOCK_SOFT_MATCH: Self = Self(1 << 19);
    /// No cloud user is taken over by an anchor.
    pub const BLOCK_CLOUD_OBJECT_TAKEOVER_THROUGH_HARD_MATCH: Self = Self(1 << 20);

    /// Whether all of these are on.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// These switched on as well.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// These switched off.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}
