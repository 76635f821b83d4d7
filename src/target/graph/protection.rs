//! Tells a missing permission from a user whom the service protects: it answers both in the same words
//! (graph-tenant reference, 2.7).
//!
//! It changes nothing, and asks only after a refusal.

use serde::Deserialize;

use super::queue::Queue;
use super::request::{Operation, Request};
use super::writer::Writer;
use crate::model::CloudId;
use crate::target::{Step, TargetError};
use crate::wire::odata::{Page, RoleAssignmentRecord};

#[derive(Deserialize)]
struct Named {
    #[serde(rename = "userPrincipalName")]
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Membership {
    #[serde(default)]
    is_assignable_to_role: Option<bool>,
}

impl Writer {
    /// The error of a refused step, with the user's name and the cause if the user is protected.
    pub(super) async fn explained(&self, step: &Step, error: TargetError, queue: &Queue) -> TargetError {
        let (Some(id), TargetError::Permission { operation, permission, request_id, .. }) =
            (user_of(step), &error)
        else {
            return error;
        };
        if !self.is_protected(id, queue).await {
            return error;
        }
        let user = self.name_of(id, queue).await.unwrap_or_else(|| id.to_string());
        TargetError::Protected { user, operation, permission, request_id: request_id.clone() }
    }

    /// Whether the user holds a role or is in a group that may hand one on. What cannot be read is not so:
    /// then the error names the permission alone.
    async fn is_protected(&self, id: CloudId, queue: &Queue) -> bool {
        let select = RoleAssignmentRecord::SELECT;
        let path = format!(
            "/roleManagement/directory/roleAssignments?$filter=principalId%20eq%20'{id}'&$select={select}"
        );
        let roles: Option<Page<RoleAssignmentRecord>> = self.asked(path, queue).await;
        if roles.is_some_and(|it| it.value.iter().any(|it| it.principal_id == id)) {
            return true;
        }
        let path =
            format!("/users/{id}/memberOf/microsoft.graph.group?$select=id,isAssignableToRole&$top=999");
        let groups: Option<Page<Membership>> = self.asked(path, queue).await;
        groups.is_some_and(|it| it.value.iter().any(|it| it.is_assignable_to_role == Some(true)))
    }

    async fn name_of(&self, id: CloudId, queue: &Queue) -> Option<String> {
        let named: Option<Named> = self.asked(format!("/users/{id}?$select=userPrincipalName"), queue).await;
        named.map(|it| it.name)
    }

    async fn asked<T: serde::de::DeserializeOwned>(&self, path: String, queue: &Queue) -> Option<T> {
        let request = Request::get(path, 1, Operation::ReadRoles);
        let reply = self.shared().send(&request, Some(queue)).await.ok()?;
        self.shared().read(&request, &reply.body).ok()
    }
}

/// The user whom a step would change.
const fn user_of(step: &Step) -> Option<CloudId> {
    match step {
        Step::UpdateUser { id, .. }
        | Step::SetAnchor { id, .. }
        | Step::BlockUser { id }
        | Step::UnblockUser { id }
        | Step::SetManager { id, .. }
        | Step::DeleteUser { id } => Some(*id),
        // Of a user in the recycle bin the service tells no roles.
        Step::Restore { .. }
        | Step::CreateUser { .. }
        | Step::CreateGroup { .. }
        | Step::UpdateGroup { .. }
        | Step::DeleteGroup { .. }
        | Step::SetManagedBy { .. }
        | Step::SetPassword { .. }
        | Step::TurnFeatures { .. }
        | Step::CreateContact { .. }
        | Step::UpdateContact { .. }
        | Step::DeleteContact { .. }
        | Step::AddMembers { .. }
        | Step::RemoveMember { .. } => None,
    }
}
