//! Where the tenant is read and changed; one folder for each channel.
//!
//! A target performs the steps it is given. It never compares and never decides.

mod current;
mod error;
pub mod graph;
mod step;

pub use self::current::Current;
pub use self::error::{Disposition, TargetError};
pub use self::step::{Done, Step, StepValue};

use crate::model::{Anchor, CloudGroup, CloudId, CloudUser, ObjectKind};

/// A tenant that changes can be carried out in.
pub trait Target: Sync {
    /// Reads objects as they are now, in the order asked for.
    fn current(
        &self,
        ids: &[(ObjectKind, CloudId)],
    ) -> impl Future<Output = Result<Vec<Current>, TargetError>> + Send;

    /// Finds users by anchor, active or else in the recycle bin; `deleted_at` tells which.
    fn find_users(
        &self,
        anchors: &[Anchor],
    ) -> impl Future<Output = Result<Vec<Option<CloudUser>>, TargetError>> + Send;

    /// Finds groups by anchor, active or else in the recycle bin; `deleted_at` tells which.
    fn find_groups(
        &self,
        anchors: &[Anchor],
    ) -> impl Future<Output = Result<Vec<Option<CloudGroup>>, TargetError>> + Send;

    /// Performs steps that do not depend on each other; one result for each, in their order.
    fn carry_out(&self, steps: &[Step]) -> impl Future<Output = Vec<Result<Done, TargetError>>> + Send;
}
