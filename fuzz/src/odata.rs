//! The JSON of Microsoft Graph: pages of every kind of object, single objects, faults and batches.
//!
//! It does not know what was asked for.

use samesign::model::{CloudUser, Domain, TenantIdentity};
use samesign::wire::odata::{
    BatchAnswer, ContactRecord, DeltaPage, DomainRecord, Fault, GroupRecord, NamedRecord, OrganizationRecord,
    OrganizationState, Page, Reference, RoleAssignmentRecord, RoleDefinitionRecord, SubscriptionRecord,
    SynchronizationRecord, UserRecord,
};
use serde::de::DeserializeOwned;

/// Requests of a batch whose answers are looked for.
const REQUESTS: usize = 3;

/// Reads the same bytes as every answer.
pub fn read(bytes: &[u8]) {
    any::<UserRecord>(bytes, |it| drop(it.into_user()));
    any::<GroupRecord>(bytes, |it| drop(it.into_group()));
    any::<ContactRecord>(bytes, |it| drop(it.into_contact()));
    any::<NamedRecord>(bytes, |it| assert!(it.name().len() <= bytes.len().max(16)));
    any::<Reference>(bytes, drop);
    any::<RoleAssignmentRecord>(bytes, drop);
    any::<RoleDefinitionRecord>(bytes, drop);
    any::<SubscriptionRecord>(bytes, |it| assert!(it.is_usable() || it.capability_status.is_some()));
    any::<SynchronizationRecord>(bytes, drop);
    any::<OrganizationState>(bytes, drop);
    any::<OrganizationRecord>(bytes, |it| drop(TenantIdentity::from(it)));
    any::<DomainRecord>(bytes, |it| drop(Domain::from(it)));
    fault(&Fault::read(bytes));
    for change in serde_json::from_slice::<DeltaPage>(bytes).into_iter().flat_map(|it| it.value) {
        let id = change.id();
        assert_eq!(change.onto_user(&CloudUser::default()).id, id);
    }
    for answer in BatchAnswer::read(bytes, REQUESTS).into_iter().flatten().flatten() {
        let _wait = answer.header("Retry-After");
        fault(&Fault::read(answer.body()));
    }
}

/// Alone, and in a page.
fn any<T: DeserializeOwned>(bytes: &[u8], each: impl Fn(T)) {
    serde_json::from_slice::<T>(bytes).into_iter().for_each(&each);
    if let Ok(page) = serde_json::from_slice::<Page<T>>(bytes) {
        page.value.into_iter().for_each(each);
    }
}

/// What people are shown of a fault is short, and cannot steer their terminal.
fn fault(fault: &Fault) {
    assert!(fault.message.chars().count() <= 401 && !fault.message.contains(char::is_control));
}
