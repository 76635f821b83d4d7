//! Creates users and groups, once each, whatever happens to the answers.
//!
//! It does not choose properties.

use super::body;
use super::connection::Reply;
use super::queue::Queue;
use super::request::{Operation, Request, literal};
use super::writer::Writer;
use crate::model::{Anchor, CloudGroup, CloudId, Property};
use crate::target::retry::Backoff;
use crate::target::{Done, StepValue, TargetError};
use crate::wire::odata::Reference;

/// Tries of a create that fails validation for no reason that we can see (graph-tenant reference, 6.5).
const VALIDATION_TRIES_MAX: u32 = 3;

impl Writer {
    /// Creates a user. The service has no create-if-missing for users: when an answer is lost, the user is
    /// looked up by its anchor before the request is repeated.
    pub(super) async fn create_user(
        &self,
        anchor: Anchor,
        values: &[(Property, StepValue)],
        queue: &Queue,
    ) -> Result<Done, TargetError> {
        let mut request = Request::write("POST", "/users".to_owned(), Operation::WriteUsers)
            .with_body(&body::new_user(anchor, values)?);
        request.repeatable = false;
        let name = values.iter().find_map(|(property, value)| match (property, value) {
            (Property::UserPrincipalName, StepValue::Text(name)) => Some(name.as_str()),
            (_, StepValue::Text(_) | StepValue::Switch(_) | StepValue::Set(_)) => None,
        });
        let mut backoff = Backoff::new(self.shared().settings.patience, &self.shared().settings.chance);
        let mut lost = false;
        loop {
            let error = match self.shared().send(&request, Some(queue)).await {
                Ok(reply) => match self.id_in(&request, &reply) {
                    Ok(id) => return Ok(self.applied(id)),
                    Err(error) => error,
                },
                Err(error) => error,
            };
            lost |= error.is_outcome_unknown();
            if (lost || is_conflict(&error))
                && let Ok(Some(id)) = self.active_user(anchor, name, queue).await
            {
                return Ok(if lost { self.applied(id) } else { Done::AlreadySo(id) });
            }
            let again = lost && (error.is_outcome_unknown() || is_conflict(&error))
                || is_validation(&error) && backoff.tries() < VALIDATION_TRIES_MAX;
            let Some(wait) = again.then(|| backoff.next(None)).flatten() else { return Err(error) };
            tracing::debug!(wait_ms = wait.as_millis(), lost, "creation is repeated");
            tokio::time::sleep(wait).await;
        }
    }

    /// Creates a security group, or finds the one that carries the anchor: the service does either in one
    /// request that may be repeated (graph-tenant reference, 4.2).
    pub(super) async fn create_group(
        &self,
        anchor: Anchor,
        values: &[(Property, StepValue)],
        queue: &Queue,
    ) -> Result<Done, TargetError> {
        let name = literal(&CloudGroup::unique_name_of(anchor));
        let mut request =
            Request::write("PATCH", format!("/groups(uniqueName={name})"), Operation::WriteGroups)
                .with_body(&body::new_group(values)?);
        request.prefer = Some("create-if-missing");
        let reply = self.shared().send(&request, Some(queue)).await?;
        if reply.status == 201
            && let Ok(id) = self.id_in(&request, &reply)
        {
            return Ok(self.applied(id));
        }
        let path = format!("/groups(uniqueName={name})?$select=id");
        let mut lookup = Request::get(path, 1, Operation::ReadGroups);
        lookup.fresh = true;
        let found = self.shared().send(&lookup, Some(queue)).await?;
        let id = self.id_in(&lookup, &found)?;
        // An answer that was lost before this one may have been the one that created it.
        Ok(if reply.status == 201 || 1 < reply.tries { self.applied(id) } else { Done::AlreadySo(id) })
    }

    fn applied(&self, id: CloudId) -> Done {
        self.created(id);
        Done::Applied(id)
    }

    fn id_in(&self, request: &Request, reply: &Reply) -> Result<CloudId, TargetError> {
        self.shared().read::<Reference>(request, &reply.body).map(|it| it.id)
    }

    /// By name first, which is read directly; by anchor in the index, which may lag.
    async fn active_user(
        &self,
        anchor: Anchor,
        name: Option<&str>,
        queue: &Queue,
    ) -> Result<Option<CloudId>, TargetError> {
        if let Some(name) = name
            && let Some(user) = self.reader.find_user_by_upn(name).await?
            && user.anchor == Some(anchor)
        {
            return Ok(Some(user.id));
        }
        Ok(self.reader.active_user_by_anchor(anchor, Some(queue)).await?.map(|it| it.id))
    }
}

fn is_conflict(error: &TargetError) -> bool {
    matches!(error, TargetError::Refused { status: 400 | 409, code, message, .. }
        if message.contains("ObjectConflict")
            || message.contains("Another object with the same value")
            || &**code == "Request_MultipleObjectsWithSameKeyValue")
}

fn is_validation(error: &TargetError) -> bool {
    matches!(error, TargetError::Refused { status: 400, message, .. }
        if message.contains("One or more property values specified are invalid"))
}
