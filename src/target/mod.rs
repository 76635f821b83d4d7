//! Where the tenant is read and changed; one folder for each channel.
//!
//! A target performs the steps it is given. It never compares and never decides.

mod access;
mod assertion;
mod claims;
mod courier;
mod current;
pub mod dirsync;
mod error;
pub mod graph;
mod http;
mod provisioning_error;
mod retry;
mod step;
mod token;
mod token_fault;

pub use self::access::{App, Chance, Clock, Credential, Patience, Timeouts};
pub use self::assertion::app_certificate;
pub use self::courier::{Courier, Undelivered};
pub use self::current::Current;
pub use self::error::{Disposition, TargetError};
pub use self::provisioning_error::{ProvisioningError, Refused};
pub use self::step::{Done, Step, StepValue};

use crate::model::{Anchor, CloudGroup, CloudId, CloudUser, ObjectKind};

/// Reads single objects of a tenant. Every channel reads through Microsoft Graph, and is given this.
pub trait Lookup: Sync {
    /// Reads objects as they are now, in the order asked for.
    fn current(
        &self,
        ids: &[(ObjectKind, CloudId)],
    ) -> impl Future<Output = Result<Vec<Current>, TargetError>> + Send;

    /// Finds active users by anchor.
    fn find_users(
        &self,
        anchors: &[Anchor],
    ) -> impl Future<Output = Result<Vec<Option<CloudUser>>, TargetError>> + Send;

    /// The users in the recycle bin.
    fn deleted_users(&self) -> impl Future<Output = Result<Vec<CloudUser>, TargetError>> + Send;
}

/// A tenant that changes can be carried out in.
pub trait Target: Sync {
    /// So many changes fill what travels. Of fewer the last of it would be half empty, and of more each waits for the
    /// slowest.
    const CHANGES_TOGETHER: usize;
    /// The same of passwords, which are read from the directory in the moment in which they travel.
    const PASSWORDS_TOGETHER: usize = Self::CHANGES_TOGETHER;
    /// So many times as many keep the line busy, though not all of them end at once.
    const PIECES_AT_ONCE: usize;

    /// Reads objects as they are now, in the order asked for.
    fn current(
        &self,
        ids: &[(ObjectKind, CloudId)],
    ) -> impl Future<Output = Result<Vec<Current>, TargetError>> + Send;

    /// Finds active users by anchor.
    fn find_users(
        &self,
        anchors: &[Anchor],
    ) -> impl Future<Output = Result<Vec<Option<CloudUser>>, TargetError>> + Send;

    /// The users in the recycle bin.
    fn deleted_users(&self) -> impl Future<Output = Result<Vec<CloudUser>, TargetError>> + Send;

    /// Finds groups by anchor, active or else in the recycle bin; `deleted_at` tells which. A channel on which creating
    /// a group that exists changes nothing need not look.
    fn find_groups(
        &self,
        anchors: &[Anchor],
    ) -> impl Future<Output = Result<Vec<Option<CloudGroup>>, TargetError>> + Send;

    /// Performs steps that do not depend on each other; one result for each, in their order.
    fn carry_out(&self, steps: &[Step]) -> impl Future<Output = Vec<Result<Done, TargetError>>> + Send;
}
