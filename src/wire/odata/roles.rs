//! Directory roles and who holds them, as `/roleManagement/directory` tells.
//!
//! It does not know which roles matter, nor who is in a group that holds one.

use serde::Deserialize;

use super::field::cloud_id;
use crate::model::CloudId;

/// An element of `roleAssignments` or of `roleEligibilityScheduleInstances`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleAssignmentRecord {
    /// A user, a group or the service principal of an app.
    #[serde(deserialize_with = "cloud_id")]
    pub principal_id: CloudId,
    /// Which role.
    pub role_definition_id: Box<str>,
}

/// An element of `roleDefinitions`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleDefinitionRecord {
    /// What assignments call it.
    pub id: Box<str>,
    /// Its name.
    #[serde(default)]
    pub display_name: Option<Box<str>>,
}

impl RoleAssignmentRecord {
    /// The properties to ask for.
    pub const SELECT: &str = "principalId,roleDefinitionId";
}

impl RoleDefinitionRecord {
    /// The properties to ask for.
    pub const SELECT: &str = "id,displayName";
}
