//! How each step is sent (graph-tenant reference, 2 and 4).
//!
//! It does not know how requests travel, and creates nothing; see `creation`.

use super::body;
use super::connection::Reply;
use super::queue::Queue;
use super::request::{CHANNEL, Operation, Request};
use super::writer::Writer;
use crate::model::{CloudId, ObjectKind, Property};
use crate::target::{Done, Step, StepValue, TargetError};

type Outcome = Result<Done, TargetError>;

impl Writer {
    /// Carries out one step. Of a user whom the service protects, the error says so.
    pub(super) async fn carry_out_step(&self, step: &Step, queue: &Queue) -> Outcome {
        match self.send_step(step, queue).await {
            Err(error @ TargetError::Permission { .. }) => Err(self.explained(step, error, queue).await),
            outcome => outcome,
        }
    }

    async fn send_step(&self, step: &Step, queue: &Queue) -> Outcome {
        match step {
            Step::CreateUser { anchor, values } => self.create_user(*anchor, values, queue).await,
            Step::CreateGroup { anchor, values } => self.create_group(*anchor, values, queue).await,
            Step::UpdateUser { id, values } => self.update(ObjectKind::User, *id, values, queue).await,
            Step::UpdateGroup { id, values } => self.update(ObjectKind::Group, *id, values, queue).await,
            Step::SetAnchor { id, anchor } => {
                let body = serde_json::json!({ "onPremisesImmutableId": anchor.to_string() });
                self.patch_user(*id, &body, queue).await
            }
            Step::BlockUser { id } => self.block(*id, queue).await,
            Step::UnblockUser { id } => {
                self.patch_user(*id, &serde_json::json!({ "accountEnabled": true }), queue).await
            }
            Step::SetManager { id, manager: Some(manager) } => self.set_manager(*id, *manager, queue).await,
            Step::SetManager { id, manager: None } => {
                let path = format!("/users/{id}/manager/$ref");
                self.delete(path, Operation::WriteUsers, *id, queue).await
            }
            Step::DeleteUser { id } => {
                self.delete(format!("/users/{id}"), Operation::DeleteUsers, *id, queue).await
            }
            Step::DeleteGroup { id } => {
                self.delete(format!("/groups/{id}"), Operation::DeleteGroups, *id, queue).await
            }
            Step::Restore { id, name, leaves_addresses } => {
                self.restore(*id, (name.as_deref(), *leaves_addresses), queue).await
            }
            // Exchange's (graph-tenant reference, 4.5 and 9.3): this channel does not touch them.
            Step::CreateContact { .. } | Step::UpdateContact { .. } | Step::DeleteContact { .. } => {
                Err(TargetError::Unsupported { kind: ObjectKind::Contact, what: "written", channel: CHANNEL })
            }
            Step::SetPassword { .. } => Err(TargetError::Unsupported {
                kind: ObjectKind::User,
                what: "given a password hash",
                channel: CHANNEL,
            }),
            // No application permission does (graph-tenant reference, 7.1).
            Step::TurnFeatures { .. } => Err(TargetError::Step {
                what: format!("the tenant's switches cannot be turned through {CHANNEL}"),
            }),
            Step::SetManagedBy { .. } => Err(TargetError::Unsupported {
                kind: ObjectKind::Group,
                what: "given into somebody's care",
                channel: CHANNEL,
            }),
            Step::AddMembers { group, members } => self.add_members(*group, members, queue).await,
            Step::RemoveMember { group, member } => self.remove_member(*group, *member, queue).await,
        }
    }

    /// Sends a write on an object, and waits for replicas if the object or what it names is new.
    pub(super) async fn write(
        &self,
        mut request: Request,
        about: &[CloudId],
        queue: &Queue,
    ) -> Result<Reply, TargetError> {
        request.fresh = self.any_fresh(about);
        self.shared().send(&request, Some(queue)).await
    }

    async fn update(
        &self,
        kind: ObjectKind,
        id: CloudId,
        values: &[(Property, Option<StepValue>)],
        queue: &Queue,
    ) -> Outcome {
        if values.is_empty() {
            return Ok(Done::AlreadySo(id));
        }
        let (place, operation) = match kind {
            ObjectKind::User => ("users", Operation::WriteUsers),
            ObjectKind::Group => ("groups", Operation::WriteGroups),
            ObjectKind::Contact => {
                return Err(TargetError::Unsupported { kind, what: "written", channel: CHANNEL });
            }
        };
        let body = body::changes(values)?;
        let request = Request::write("PATCH", format!("/{place}/{id}"), operation).with_body(&body);
        self.write(request, &[id], queue).await.map(|_| Done::Applied(id))
    }

    async fn patch_user(&self, id: CloudId, body: &serde_json::Value, queue: &Queue) -> Outcome {
        let request = Request::write("PATCH", format!("/users/{id}"), Operation::WriteUsers).with_body(body);
        self.write(request, &[id], queue).await.map(|_| Done::Applied(id))
    }

    /// Blocking a sign-in leaves open sessions alone, so they are ended after it.
    ///
    /// If they cannot be ended, the user is blocked nevertheless and no later plan would come back to it: the
    /// step counts as done, and a warning says what is left to do. Sessions end on their own within the hour
    /// or so that an access token lives, because a blocked user gets no new one.
    async fn block(&self, id: CloudId, queue: &Queue) -> Outcome {
        self.patch_user(id, &serde_json::json!({ "accountEnabled": false }), queue).await?;
        let path = format!("/users/{id}/revokeSignInSessions");
        let request = Request::write("POST", path, Operation::RevokeSessions);
        if let Err(error) = self.write(request, &[id], queue).await {
            let hint = error.hint().unwrap_or_default();
            tracing::warn!(
                user = %id, %error, hint,
                "sign-in is blocked, but open sessions could not be ended: revoke them in the admin centre"
            );
        }
        Ok(Done::Applied(id))
    }

    async fn set_manager(&self, id: CloudId, manager: CloudId, queue: &Queue) -> Outcome {
        let reference = body::reference(&self.shared().root, manager);
        let path = format!("/users/{id}/manager/$ref");
        let request = Request::write("PUT", path, Operation::WriteUsers).with_body(&reference);
        self.write(request, &[id, manager], queue).await.map(|_| Done::Applied(id))
    }

    /// What is not there needs no deletion.
    async fn delete(&self, path: String, operation: Operation, id: CloudId, queue: &Queue) -> Outcome {
        match self.shared().send(&Request::write("DELETE", path, operation), Some(queue)).await {
            Ok(_) => Ok(Done::Applied(id)),
            Err(TargetError::Refused { status: 404, .. }) => Ok(Done::AlreadySo(id)),
            Err(error) => Err(error),
        }
    }

    /// An object that is no longer in the recycle bin is so already if it is active.
    async fn restore(&self, id: CloudId, other: (Option<&str>, bool), queue: &Queue) -> Outcome {
        let path = format!("/directory/deletedItems/{id}/restore");
        let mut request = Request::write("POST", path, Operation::Restore);
        if let Some(body) = body::restore(other) {
            request = request.with_body(&body);
        }
        let error = match self.shared().send(&request, Some(queue)).await {
            Ok(_) => {
                self.created(id);
                return Ok(Done::Applied(id));
            }
            Err(error @ TargetError::Refused { status: 404, .. }) => error,
            Err(error) => return Err(error),
        };
        for kind in [ObjectKind::User, ObjectKind::Group] {
            if self.reader.is_active(kind, id, Some(queue)).await? {
                return Ok(Done::AlreadySo(id));
            }
        }
        Err(error)
    }

    async fn add_members(&self, group: CloudId, members: &[CloudId], queue: &Queue) -> Outcome {
        let mut members = members.to_vec();
        members.sort_unstable();
        members.dedup();
        if members.is_empty() {
            return Ok(Done::AlreadySo(group));
        }
        if Step::MEMBERS_MAX < members.len() {
            let what = format!("{} members at once, at most {}", members.len(), Step::MEMBERS_MAX);
            return Err(TargetError::Step { what });
        }
        let body = body::members(&self.shared().root, &members);
        let request =
            Request::write("PATCH", format!("/groups/{group}"), Operation::WriteMembers).with_body(&body);
        let about: Vec<CloudId> = members.iter().copied().chain([group]).collect();
        match self.write(request, &about, queue).await {
            Ok(_) => Ok(Done::Applied(group)),
            Err(error) if is_already_member(&error) => self.add_one_by_one(group, &members, queue).await,
            Err(error) => Err(error),
        }
    }

    /// One member that is there already makes the service refuse all; so each is added alone.
    async fn add_one_by_one(&self, group: CloudId, members: &[CloudId], queue: &Queue) -> Outcome {
        let mut added = false;
        for member in members {
            let reference = body::reference(&self.shared().root, *member);
            let path = format!("/groups/{group}/members/$ref");
            let request = Request::write("POST", path, Operation::WriteMembers).with_body(&reference);
            match self.write(request, &[group, *member], queue).await {
                Ok(_) => added = true,
                Err(error) if is_already_member(&error) => (),
                Err(error) => return Err(error),
            }
        }
        Ok(if added { Done::Applied(group) } else { Done::AlreadySo(group) })
    }

    /// Without `/$ref` the request would delete the member itself (graph-tenant reference, 4.4).
    async fn remove_member(&self, group: CloudId, member: CloudId, queue: &Queue) -> Outcome {
        let path = format!("/groups/{group}/members/{member}/$ref");
        match self.delete(path, Operation::WriteMembers, group, queue).await {
            Err(TargetError::Refused { status: 400, message, .. })
                if message.contains("removed object references do not exist") =>
            {
                Ok(Done::AlreadySo(group))
            }
            other => other,
        }
    }
}

fn is_already_member(error: &TargetError) -> bool {
    matches!(error, TargetError::Refused { status: 400 | 409, message, .. }
        if message.contains("already exist for the following modified properties"))
}
