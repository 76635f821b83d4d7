//! What the tenant says about itself: organisation and domains.
//!
//! It does not read licences or service plans.

use serde::Deserialize;

use crate::model::{Domain, TenantIdentity};

/// An element of `organization`.
#[derive(Debug, Deserialize)]
pub struct OrganizationRecord {
    id: String,
    #[serde(rename = "displayName", default)]
    display_name: Option<String>,
    #[serde(rename = "onPremisesSyncEnabled", default)]
    synchronised: Option<bool>,
}

impl OrganizationRecord {
    /// The properties to ask for.
    pub const SELECT: &str = "id,displayName,onPremisesSyncEnabled";
}

impl From<OrganizationRecord> for TenantIdentity {
    fn from(record: OrganizationRecord) -> Self {
        Self {
            tenant_id: record.id,
            display_name: record.display_name.unwrap_or_default(),
            takes_synchronised: record.synchronised,
        }
    }
}

/// An element of `domains`; its `id` is the name.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DomainRecord {
    id: String,
    #[serde(default)]
    is_verified: Option<bool>,
    #[serde(default)]
    is_default: Option<bool>,
    #[serde(default)]
    is_initial: Option<bool>,
    #[serde(default)]
    authentication_type: Option<String>,
}

impl DomainRecord {
    /// The properties to ask for.
    pub const SELECT: &str = "id,isVerified,isDefault,isInitial,authenticationType";
}

impl From<DomainRecord> for Domain {
    fn from(record: DomainRecord) -> Self {
        Self {
            name: record.id.to_lowercase(),
            verified: record.is_verified.unwrap_or(false),
            federated: record.authentication_type.is_some_and(|it| it.eq_ignore_ascii_case("Federated")),
            initial: record.is_initial.unwrap_or(false),
            default: record.is_default.unwrap_or(false),
        }
    }
}
