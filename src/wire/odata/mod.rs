//! The JSON of Microsoft Graph: pages, users, groups, contacts, members, roles, faults and batches.
//!
//! It does not know how an answer was fetched, nor what anybody wants to do with it.
//! Answers are read straight into the model; no page ever becomes a tree of JSON values.

mod batch;
mod change;
mod fault;
mod field;
mod page;
mod postal;
mod record;
mod roles;
mod subscription;
mod synchronization;
mod tenant;

pub use self::batch::{BatchAnswer, BatchItem, batch_body};
pub use self::change::{DeltaPage, LinkChange, ObjectChange, Removal};
pub use self::fault::{Fault, FaultDetail};
pub use self::page::{NamedRecord, Page, Reference};
pub use self::record::{ContactRecord, GroupRecord, UserRecord};
pub use self::roles::{RoleAssignmentRecord, RoleDefinitionRecord};
pub use self::subscription::SubscriptionRecord;
pub use self::synchronization::{
    DeletionGuard, OrganizationState, SynchronizationConfiguration, SynchronizationRecord,
};
pub use self::tenant::{DomainRecord, OrganizationRecord};
