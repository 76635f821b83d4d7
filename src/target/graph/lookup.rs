//! Looks single objects up: before they are changed, and after an answer was lost.
//!
//! It does not read whole collections, the recycle bin apart.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::queue::Queue;
use super::reader::{EXPAND_MANAGER, Reader};
use super::request::{Operation, Request, encoded, literal};
use crate::model::{Anchor, CloudGroup, CloudId, CloudUser, ObjectKind};
use crate::target::{Current, TargetError};
use crate::wire::odata::{ContactRecord, GroupRecord, Page, Reference, UserRecord};

/// Objects looked up at once: as many as the batches hold that are under way at once.
pub(super) const LOOKUPS_AT_ONCE: usize = 160;
/// The service takes at most fifteen values in one `in` clause.
const ANCHORS_PER_FILTER: usize = 15;

impl Reader {
    /// Reads objects as they are now, in the order asked for.
    pub async fn current(&self, ids: &[(ObjectKind, CloudId)]) -> Result<Vec<Current>, TargetError> {
        let (queue, runner) = Queue::new();
        let work = async move {
            let queue = &queue;
            stream::iter(ids.iter().copied())
                .map(|(kind, id)| self.current_of(kind, id, queue))
                .buffered(LOOKUPS_AT_ONCE)
                .try_collect()
                .await
        };
        let (found, ()) = tokio::join!(work, runner.run(&self.shared, &self.shared.reading));
        found
    }

    /// Finds active users by `onPremisesImmutableId`. Their managers are not read.
    ///
    /// The service searches an index, which may lag behind a write by minutes.
    pub async fn find_users_by_anchor(
        &self,
        anchors: &[Anchor],
    ) -> Result<Vec<Option<CloudUser>>, TargetError> {
        let (queue, runner) = Queue::new();
        let work = async move {
            let queue = &queue;
            stream::iter(anchors.chunks(ANCHORS_PER_FILTER).map(<[Anchor]>::to_vec))
                .map(|some| self.active_users_among(some, queue))
                .buffered(LOOKUPS_AT_ONCE)
                .try_concat()
                .await
        };
        let (active, ()) = tokio::join!(work, runner.run(&self.shared, &self.shared.reading));
        let active: Vec<CloudUser> = active?;
        let of = |anchor: &Anchor| active.iter().find(|it| it.anchor == Some(*anchor)).cloned();
        Ok(anchors.iter().map(of).collect())
    }

    /// Finds an active user by user principal name.
    pub async fn find_user_by_upn(&self, name: &str) -> Result<Option<CloudUser>, TargetError> {
        // A name that begins with `$` would be taken for an operator (graph-tenant reference, 2.3).
        let place = if name.starts_with('$') {
            format!("({})", literal(name))
        } else {
            format!("/{}", encoded(name))
        };
        let path = format!("/users{place}?$select={}&{EXPAND_MANAGER}", UserRecord::SELECT);
        let request = Request::get(path, 1, Operation::ReadUsers);
        let record: Option<UserRecord> = self.found(&request, None).await?;
        Ok(record.map(UserRecord::into_user))
    }

    /// Finds groups by the `uniqueName` that stands for the anchor, active or else in the recycle bin.
    pub async fn find_group_by_anchor(
        &self,
        anchors: &[Anchor],
    ) -> Result<Vec<Option<CloudGroup>>, TargetError> {
        let (queue, runner) = Queue::new();
        let work = async move {
            let queue = &queue;
            stream::iter(anchors.iter().copied())
                .map(|anchor| self.active_group_by_anchor(anchor, Some(queue)))
                .buffered(LOOKUPS_AT_ONCE)
                .try_collect::<Vec<_>>()
                .await
        };
        let (found, ()) = tokio::join!(work, runner.run(&self.shared, &self.shared.reading));
        let mut found = found?;
        if found.iter().any(Option::is_none) {
            let deleted = self.deleted_groups().await?;
            for (place, anchor) in found.iter_mut().zip(anchors).filter(|(it, _)| it.is_none()) {
                *place = deleted.iter().find(|it| it.anchor == Some(*anchor)).cloned();
            }
        }
        Ok(found)
    }

    /// Active users with one of a few anchors, without their managers: these would double the cost.
    async fn active_users_among(
        &self,
        anchors: Vec<Anchor>,
        queue: &Queue,
    ) -> Result<Vec<CloudUser>, TargetError> {
        let list: Vec<String> = anchors.iter().map(|it| literal(&it.to_string())).collect();
        let path = format!(
            "/users?$select={}&$filter=onPremisesImmutableId%20in%20({})",
            UserRecord::SELECT,
            list.join(",")
        );
        let request = Request::get(path, 1, Operation::ReadUsers);
        let reply = self.shared.send(&request, Some(queue)).await?;
        let page: Page<UserRecord> = self.shared.read(&request, &reply.body)?;
        // The answer is checked: a server that ignores the filter must not make us adopt a stranger.
        let users = page.value.into_iter().map(UserRecord::into_user);
        Ok(users.filter(|it| it.anchor.is_some_and(|found| anchors.contains(&found))).collect())
    }

    pub(super) async fn active_user_by_anchor(
        &self,
        anchor: Anchor,
        queue: Option<&Queue>,
    ) -> Result<Option<CloudUser>, TargetError> {
        let path = format!(
            "/users?$select={}&$filter=onPremisesImmutableId%20eq%20{}&{EXPAND_MANAGER}",
            UserRecord::SELECT,
            literal(&anchor.to_string())
        );
        let request = Request::get(path, 2, Operation::ReadUsers);
        let reply = self.shared.send(&request, queue).await?;
        let page: Page<UserRecord> = self.shared.read(&request, &reply.body)?;
        let users = page.value.into_iter().map(UserRecord::into_user);
        // The answer is checked: a server that ignores the filter must not make us adopt a stranger.
        Ok(users.into_iter().find(|it| it.anchor == Some(anchor)))
    }

    pub(super) async fn active_group_by_anchor(
        &self,
        anchor: Anchor,
        queue: Option<&Queue>,
    ) -> Result<Option<CloudGroup>, TargetError> {
        let name = literal(&CloudGroup::unique_name_of(anchor));
        let path = format!("/groups(uniqueName={name})?$select={}", GroupRecord::SELECT);
        let record: Option<GroupRecord> =
            self.found(&Request::get(path, 1, Operation::ReadGroups), queue).await?;
        Ok(record.map(GroupRecord::into_group).filter(|it| it.anchor == Some(anchor)))
    }

    /// Whether an object of that kind is active under its id.
    pub(super) async fn is_active(
        &self,
        kind: ObjectKind,
        id: CloudId,
        queue: Option<&Queue>,
    ) -> Result<bool, TargetError> {
        let (place, operation) = place_of(kind);
        let request = Request::get(format!("/{place}/{id}?$select=id"), 1, operation);
        Ok(self.found::<Reference>(&request, queue).await?.is_some())
    }

    async fn current_of(&self, kind: ObjectKind, id: CloudId, queue: &Queue) -> Result<Current, TargetError> {
        let (place, operation) = place_of(kind);
        let query = match kind {
            ObjectKind::User => format!("$select={}&{EXPAND_MANAGER}", UserRecord::SELECT),
            ObjectKind::Group => format!("$select={}", GroupRecord::SELECT),
            ObjectKind::Contact => format!("$select={}&{EXPAND_MANAGER}", ContactRecord::SELECT),
        };
        let request = Request::get(format!("/{place}/{id}?{query}"), 1, operation);
        let active = match kind {
            ObjectKind::User => self
                .found::<UserRecord>(&request, Some(queue))
                .await?
                .map(|it| Current::User(Box::new(it.into_user()))),
            ObjectKind::Group => self
                .found::<GroupRecord>(&request, Some(queue))
                .await?
                .map(|it| Current::Group(Box::new(it.into_group()))),
            ObjectKind::Contact => self
                .found::<ContactRecord>(&request, Some(queue))
                .await?
                .map(|it| Current::Contact(Box::new(it.into_contact()))),
        };
        if let Some(active) = active {
            return Ok(active);
        }
        if kind == ObjectKind::Contact {
            return Ok(Current::Gone);
        }
        let request = Request::get(format!("/directory/deletedItems/{id}?$select=id"), 1, operation);
        let deleted = self.found::<Reference>(&request, Some(queue)).await?;
        Ok(deleted.map_or(Current::Gone, |_| Current::Deleted))
    }

    /// An object, or `None` if the service says that there is none.
    async fn found<T: serde::de::DeserializeOwned>(
        &self,
        request: &Request,
        queue: Option<&Queue>,
    ) -> Result<Option<T>, TargetError> {
        match self.shared.send(request, queue).await {
            Ok(reply) => self.shared.read(request, &reply.body).map(Some),
            Err(TargetError::Refused { status: 404, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// The collection of a kind.
const fn place_of(kind: ObjectKind) -> (&'static str, Operation) {
    match kind {
        ObjectKind::User => ("users", Operation::ReadUsers),
        ObjectKind::Group => ("groups", Operation::ReadGroups),
        ObjectKind::Contact => ("contacts", Operation::ReadContacts),
    }
}
