//! What changed in the tenant since a link was given (graph-tenant reference, 3.3), and what no such link tells.
//!
//! It does not know what the tenant was before, so it applies nothing.

use std::collections::BTreeMap;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::Url;

use super::inspection::QUARANTINED;
use super::lookup::LOOKUPS_AT_ONCE;
use super::queue::Queue;
use super::reader::{Extent, Reader};
use super::request::{Operation, Place, Request};
use crate::model::{CloudGroup, CloudId, CloudUser, ObjectKind, Quarantined};
use crate::target::TargetError;
use crate::wire::odata::{ContactRecord, GroupRecord, ObjectChange, Reference, UserRecord};

/// Where the next round of each collection begins.
#[derive(Clone, Debug)]
pub(super) struct Links {
    users: Url,
    groups: Url,
    contacts: Option<Url>,
}

/// One round of each collection.
#[derive(Debug)]
pub(super) struct Round {
    pub(super) users: Vec<ObjectChange>,
    pub(super) groups: Vec<ObjectChange>,
    pub(super) contacts: Vec<ObjectChange>,
    /// Where the next round begins.
    pub(super) links: Links,
}

impl Round {
    /// Whether nothing was told.
    pub(super) fn is_empty(&self) -> bool {
        self.users.is_empty() && self.groups.is_empty() && self.contacts.is_empty()
    }

    /// Users and groups that it tells of; contacts never lie in the recycle bin.
    pub(super) fn told(&self) -> impl Iterator<Item = CloudId> {
        self.users.iter().chain(&self.groups).map(ObjectChange::id)
    }
}

/// The recycle bin.
#[derive(Clone, Debug)]
pub(super) struct Bin {
    pub(super) users: Vec<CloudUser>,
    pub(super) groups: Vec<CloudGroup>,
}

/// Who counts on an object: the groups that it is directly in, and the users and contacts whose manager it is.
#[derive(Debug)]
pub(super) struct Relations {
    pub(super) id: CloudId,
    pub(super) groups: Vec<CloudId>,
    pub(super) reports: Vec<CloudId>,
}

/// Values that the tenant keeps back, by object.
pub(super) type KeptBack = BTreeMap<CloudId, Box<[Quarantined]>>;

impl Reader {
    /// Links that begin with now: nothing is listed for them.
    pub(super) async fn links(&self, extent: Extent) -> Result<Links, TargetError> {
        let contacts = async {
            match extent {
                Extent::OwnGroups => Ok(None),
                Extent::Synchronised => {
                    let request = latest("contacts", ObjectChange::CONTACTS, Operation::ReadContacts);
                    self.shared.round(request, drop).await.map(Some)
                }
            }
        };
        let (users, groups, contacts) = tokio::try_join!(
            self.shared.round(latest("users", ObjectChange::USERS, Operation::ReadUsers), drop),
            self.shared.round(latest("groups", ObjectChange::GROUPS, Operation::ReadGroups), drop),
            contacts,
        )?;
        Ok(Links { users, groups, contacts })
    }

    /// All that changed since the links were given.
    pub(super) async fn changes(&self, since: &Links) -> Result<Round, TargetError> {
        let contacts = async {
            match &since.contacts {
                None => Ok((Vec::new(), None)),
                Some(link) => {
                    let (changes, next) = self.round(link, Operation::ReadContacts).await?;
                    Ok((changes, Some(next)))
                }
            }
        };
        let ((users, users_link), (groups, groups_link), (contacts, contacts_link)) = tokio::try_join!(
            self.round(&since.users, Operation::ReadUsers),
            self.round(&since.groups, Operation::ReadGroups),
            contacts,
        )?;
        let links = Links { users: users_link, groups: groups_link, contacts: contacts_link };
        Ok(Round { users, groups, contacts, links })
    }

    async fn round(&self, link: &Url, operation: Operation) -> Result<(Vec<ObjectChange>, Url), TargetError> {
        let mut changes = Vec::new();
        let first = Request { place: Place::Link(link.clone()), ..Request::get(String::new(), 1, operation) };
        let next = self.shared.round(first, |page| changes.extend(page)).await?;
        Ok((changes, next))
    }

    /// The recycle bin, which is small beside the tenant.
    pub(super) async fn bin(&self) -> Result<Bin, TargetError> {
        let (users, groups) = tokio::try_join!(self.deleted_users(), self.deleted_groups())?;
        Ok(Bin { users, groups })
    }

    /// Values that the tenant keeps back. There are few of them, or the tenant is in trouble.
    pub(super) async fn kept_back(&self, extent: Extent) -> Result<KeptBack, TargetError> {
        const SELECT: &str = "id,onPremisesProvisioningErrors";
        let path = |kind: &str| format!("/{kind}?$select={SELECT}&$filter={QUARANTINED}&$top=999");
        let contacts = async {
            match extent {
                Extent::OwnGroups => Ok(Vec::new()),
                Extent::Synchronised => self.collected(path("contacts"), Operation::ReadContacts).await,
            }
        };
        let (users, groups, contacts) = tokio::try_join!(
            self.collected(path("users"), Operation::ReadUsers),
            self.collected(path("groups"), Operation::ReadGroups),
            contacts,
        )?;
        let users = users.into_iter().map(UserRecord::into_user).map(|it| (it.id, it.quarantined));
        let groups = groups.into_iter().map(GroupRecord::into_group).map(|it| (it.id, it.quarantined));
        let contacts = contacts.into_iter().map(ContactRecord::into_contact);
        Ok(users.chain(groups).chain(contacts.map(|it| (it.id, it.quarantined))).collect())
    }

    /// Who counts on objects that came back from the recycle bin.
    pub(super) async fn relations_of(
        &self,
        returned: Vec<(ObjectKind, CloudId)>,
    ) -> Result<Vec<Relations>, TargetError> {
        let (queue, runner) = Queue::new();
        let work = async move {
            let queue = &queue;
            stream::iter(returned)
                .map(|(kind, id)| self.relations_of_one(kind, id, queue))
                .buffer_unordered(LOOKUPS_AT_ONCE)
                .try_collect()
                .await
        };
        let (read, ()) = tokio::join!(work, runner.run(&self.shared, &self.shared.reading));
        read
    }

    async fn relations_of_one(
        &self,
        kind: ObjectKind,
        id: CloudId,
        queue: &Queue,
    ) -> Result<Relations, TargetError> {
        let place = if kind == ObjectKind::Group { "groups" } else { "users" };
        let groups = format!("/{place}/{id}/memberOf/microsoft.graph.group?$select=id&$top=999");
        let groups = self.references(groups, Operation::ReadMembers, queue);
        let reports = async {
            if kind != ObjectKind::User {
                return Ok(Vec::new());
            }
            let path = format!("/users/{id}/directReports?$select=id&$top=999");
            self.references(path, Operation::ReadUsers, queue).await
        };
        let (groups, reports) = tokio::try_join!(groups, reports)?;
        Ok(Relations { id, groups, reports })
    }

    async fn references(
        &self,
        path: String,
        operation: Operation,
        queue: &Queue,
    ) -> Result<Vec<CloudId>, TargetError> {
        let mut ids = Vec::new();
        let keep = |page: Vec<Reference>| ids.extend(page.into_iter().map(|it| it.id));
        self.shared.list(Request::get(path, 1, operation), Some(queue), keep).await?;
        Ok(ids)
    }
}

/// Asks for a link that begins with now.
fn latest(collection: &str, select: &str, operation: Operation) -> Request {
    Request::get(format!("/{collection}/delta?$select={select}&$deltatoken=latest"), 1, operation)
}
