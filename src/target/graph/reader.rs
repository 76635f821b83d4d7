//! Reads the tenant. Whoever holds only a [`Reader`] cannot change anything.
//!
//! It does not compare what it reads with anything.

use std::sync::Arc;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::connection::{Connection, Shared};
use super::listing::Progress;
use super::queue::Queue;
use super::request::{Operation, Request};
use crate::model::{
    CloudContact, CloudGroup, CloudId, CloudUser, Domain, GroupType, Origin, Roles, TenantIdentity,
    TenantReading, TenantSnapshot,
};
use crate::target::TargetError;
use crate::wire::odata::{
    ContactRecord, DomainRecord, GroupRecord, OrganizationRecord, Page, Reference, UserRecord,
};

/// The `manager` of each user, without a request for each.
pub(super) const EXPAND_MANAGER: &str = "$expand=manager($select=id)";
/// Groups whose members are asked for at once: as many as a few batches hold.
const GROUPS_AT_ONCE: usize = 80;

/// What of a tenant is read besides users, groups, domains and roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// The members of the security groups that samesign created through Microsoft Graph.
    OwnGroups,
    /// The members of the groups that a directory is master of, and contacts.
    Synchronised,
}

impl Extent {
    /// Whether the members of a group are read.
    pub(super) fn covers_members_of(self, group: &CloudGroup) -> bool {
        match self {
            Self::OwnGroups => group.anchor.is_some() && group.group_type == GroupType::Security,
            Self::Synchronised => group.origin == Origin::Synced,
        }
    }
}

/// Reads one tenant.
#[derive(Clone, Debug)]
pub struct Reader {
    pub(super) shared: Arc<Shared>,
}

impl Reader {
    /// Reads through a connection.
    pub fn new(connection: &Connection) -> Self {
        Self { shared: Arc::clone(&connection.shared) }
    }

    /// Reads the whole tenant: organisation, domains, users and groups with the recycle bin, the members of
    /// some groups, who holds directory roles, and contacts if they are wanted.
    ///
    /// The recycle bin is read after what is active, so that an object deleted meanwhile is not missed.
    pub async fn observe(
        &self,
        extent: Extent,
        progress: &dyn Progress,
    ) -> Result<TenantSnapshot, TargetError> {
        let (identity, domains, users, (groups, roles), contacts) = tokio::try_join!(
            self.identity(),
            self.domains(),
            Box::pin(self.users(progress)),
            Box::pin(self.groups_and_roles(extent, progress)),
            Box::pin(self.contacts(extent, progress)),
        )?;
        let reading =
            TenantReading { identity, domains, users, groups, contacts, roles, ..TenantReading::default() };
        Ok(reading.finish())
    }

    /// Which tenant this is.
    pub async fn identity(&self) -> Result<TenantIdentity, TargetError> {
        let path = format!("/organization?$select={}", OrganizationRecord::SELECT);
        let request = Request::get(path, 1, Operation::ReadOrganization);
        let reply = self.shared.send(&request, None).await?;
        let page: Page<OrganizationRecord> = self.shared.read(&request, &reply.body)?;
        let organization = page.value.into_iter().next();
        organization
            .map(TenantIdentity::from)
            .ok_or_else(|| self.shared.malformed(&request, "no organisation in it"))
    }

    /// Direct members of any kind of one group, sorted.
    pub async fn members(&self, group: CloudId) -> Result<Vec<CloudId>, TargetError> {
        self.members_through(group, None).await
    }

    pub(super) async fn domains(&self) -> Result<Vec<Domain>, TargetError> {
        let mut domains = Vec::new();
        let path = format!("/domains?$select={}", DomainRecord::SELECT);
        let request = Request::get(path, 1, Operation::ReadDomains);
        let keep = |page: Vec<DomainRecord>| domains.extend(page.into_iter().map(Domain::from));
        self.shared.list(request, None, keep).await?;
        Ok(domains)
    }

    async fn users(&self, progress: &dyn Progress) -> Result<Vec<CloudUser>, TargetError> {
        let select = UserRecord::SELECT;
        // 2, one less for $select, one more for $expand (graph-tenant reference, 6.2).
        let path = format!("/users?$select={select}&$top=999&{EXPAND_MANAGER}");
        let mut active = Vec::new();
        let keep = |page: Vec<UserRecord>| {
            active.extend(page.into_iter().map(UserRecord::into_user));
            progress.objects_read("users", active.len());
        };
        self.shared.list(Request::get(path, 2, Operation::ReadUsers), None, keep).await?;
        self.shared.pacing.users_counted(active.len());
        let mut users = self.deleted_users().await?;
        progress.objects_read("deleted users", users.len());
        // Deleted ones first: of an object that was seen in both places, the later sight is kept.
        users.append(&mut active);
        Ok(users)
    }

    /// The users in the recycle bin.
    pub async fn deleted_users(&self) -> Result<Vec<CloudUser>, TargetError> {
        let select = UserRecord::SELECT;
        let path =
            format!("/directory/deletedItems/microsoft.graph.user?$select={select},deletedDateTime&$top=999");
        let mut users = Vec::new();
        let keep = |page: Vec<UserRecord>| users.extend(page.into_iter().map(UserRecord::into_user));
        self.shared.list(Request::get(path, 1, Operation::ReadUsers), None, keep).await?;
        Ok(users)
    }

    async fn contacts(
        &self,
        extent: Extent,
        progress: &dyn Progress,
    ) -> Result<Vec<CloudContact>, TargetError> {
        let mut contacts = Vec::new();
        if extent == Extent::OwnGroups {
            return Ok(contacts);
        }
        let path = format!("/contacts?$select={}&$top=999&{EXPAND_MANAGER}", ContactRecord::SELECT);
        let keep = |page: Vec<ContactRecord>| {
            contacts.extend(page.into_iter().map(ContactRecord::into_contact));
            progress.objects_read("contacts", contacts.len());
        };
        self.shared.list(Request::get(path, 2, Operation::ReadContacts), None, keep).await?;
        Ok(contacts)
    }

    async fn groups_and_roles(
        &self,
        extent: Extent,
        progress: &dyn Progress,
    ) -> Result<(Vec<CloudGroup>, Roles), TargetError> {
        let assignments = self.role_assignments().await?;
        let groups = self.groups(extent, progress).await?;
        let roles = self.role_holders(assignments, &groups).await?;
        Ok((groups, roles))
    }

    async fn groups(&self, extent: Extent, progress: &dyn Progress) -> Result<Vec<CloudGroup>, TargetError> {
        let path = format!("/groups?$select={}&$top=999", GroupRecord::SELECT);
        let mut active = Vec::new();
        let keep = |page: Vec<GroupRecord>| {
            active.extend(page.into_iter().map(GroupRecord::into_group));
            progress.objects_read("groups", active.len());
        };
        self.shared.list(Request::get(path, 1, Operation::ReadGroups), None, keep).await?;
        let mut groups = self.deleted_groups().await?;
        progress.objects_read("deleted groups", groups.len());
        self.read_members(&mut active, extent, progress).await?;
        groups.append(&mut active);
        Ok(groups)
    }

    pub(super) async fn deleted_groups(&self) -> Result<Vec<CloudGroup>, TargetError> {
        let select = GroupRecord::SELECT;
        let path = format!(
            "/directory/deletedItems/microsoft.graph.group?$select={select},deletedDateTime&$top=999"
        );
        let mut groups = Vec::new();
        let keep = |page: Vec<GroupRecord>| groups.extend(page.into_iter().map(GroupRecord::into_group));
        self.shared.list(Request::get(path, 1, Operation::ReadGroups), None, keep).await?;
        Ok(groups)
    }

    /// Fills in the members of the groups that may be changed, several groups to a request.
    async fn read_members(
        &self,
        groups: &mut [CloudGroup],
        extent: Extent,
        progress: &dyn Progress,
    ) -> Result<(), TargetError> {
        let ours = groups.iter().enumerate().filter(|(_, it)| extent.covers_members_of(it));
        let places: Vec<(usize, CloudId)> = ours.map(|(at, it)| (at, it.id)).collect();
        for (at, members) in self.members_of(places, progress).await? {
            groups[at].members = members;
        }
        Ok(())
    }

    /// The members of several groups, in any order; what each is called by comes back with them.
    pub(super) async fn members_of<K: Send>(
        &self,
        places: Vec<(K, CloudId)>,
        progress: &dyn Progress,
    ) -> Result<Vec<(K, Box<[CloudId]>)>, TargetError> {
        let (queue, runner) = Queue::new();
        let work = async move {
            let queue = &queue;
            let mut readings = stream::iter(places)
                .map(|(at, id)| async move {
                    Ok::<_, TargetError>((at, self.members_through(id, Some(queue)).await?))
                })
                .buffer_unordered(GROUPS_AT_ONCE);
            let (mut all, mut total) = (Vec::new(), 0);
            while let Some((at, members)) = readings.try_next().await? {
                total += members.len();
                all.push((at, members.into_boxed_slice()));
                progress.objects_read("memberships", total);
            }
            Ok(all)
        };
        let (read, ()) = tokio::join!(work, runner.run(&self.shared, &self.shared.reading));
        read
    }

    async fn members_through(
        &self,
        group: CloudId,
        queue: Option<&Queue>,
    ) -> Result<Vec<CloudId>, TargetError> {
        let mut members = Vec::new();
        let path = format!("/groups/{group}/members?$select=id&$top=999");
        let keep = |page: Vec<Reference>| members.extend(page.into_iter().map(|it| it.id));
        self.shared.list(Request::get(path, 2, Operation::ReadMembers), queue, keep).await?;
        members.sort_unstable();
        members.dedup();
        Ok(members)
    }
}
