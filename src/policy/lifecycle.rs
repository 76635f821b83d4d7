//! What happens to an account that is disabled, expires or leaves.

use crate::model::Digest;

/// What a past `accountExpires` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum OnExpired {
    /// Sign-in is blocked, as it is at the office.
    #[default]
    Block,
    /// Nothing: Entra Connect's behaviour.
    Ignore,
}

/// What happens to an object that left the directory or the scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Removal {
    /// Block sign-in at once.
    pub block: bool,
    /// Days until the soft delete, counted from the block; `None` never deletes.
    pub delete_after_days: Option<u32>,
}

impl Removal {
    /// Digest of both: a deletion after it changed is put down to policy.
    pub fn digest(&self) -> Digest {
        let Self { block, delete_after_days } = self;
        Digest::of_fields([format!("{block} {delete_after_days:?}").as_bytes()])
    }
}

impl Default for Removal {
    /// Two weeks: long enough to notice a mistake, and the tenant's recycle bin adds 30 days.
    fn default() -> Self {
        Self { block: true, delete_after_days: Some(14) }
    }
}

/// How the sign-in of a user follows the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifecycle {
    /// Whether an account that is disabled in the directory is blocked in the tenant.
    pub block_disabled: bool,
    /// What a past `accountExpires` means.
    pub expired: OnExpired,
    /// What happens when the user left the directory or the scope.
    pub removal: Removal,
}

impl Default for Lifecycle {
    fn default() -> Self {
        Self { block_disabled: true, expired: OnExpired::default(), removal: Removal::default() }
    }
}
