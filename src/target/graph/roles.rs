//! Who holds directory roles, directly, through groups, or as a role that can be activated.
//!
//! It does not judge roles: a guard asks whether somebody holds any. Whoever may only become a member of a
//! role-assignable group (Privileged Identity Management for groups) is not seen: there is no listing of that
//! over all groups.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::queue::Queue;
use super::reader::Reader;
use super::request::{Operation, Request};
use crate::model::{CloudGroup, CloudId, Roles};
use crate::target::TargetError;
use crate::wire::odata::{Reference, RoleAssignmentRecord, RoleDefinitionRecord};

/// Groups whose members are asked for at once.
const GROUPS_AT_ONCE: usize = 40;
/// What the service answers where the tenant has no licence for roles that can be activated.
const NO_ELIGIBLE_ROLES: &str = "AadPremiumLicenseRequired";

/// Role assignments, before groups are opened.
#[derive(Clone, Debug)]
pub(super) enum Assignments {
    /// Names of roles by principal.
    Read(BTreeMap<CloudId, BTreeSet<Box<str>>>),
    /// The app may not read them; what to do about it.
    Denied(String),
}

impl Reader {
    /// Reads every assignment, those that are in force and those that can be activated.
    ///
    /// It has to come before the groups are read: then a group that holds a role cannot be missed because it
    /// was made meanwhile.
    pub(super) async fn role_assignments(&self) -> Result<Assignments, TargetError> {
        let read =
            tokio::try_join!(self.role_names(), self.active_assignments(), self.eligible_assignments());
        match read {
            Ok((names, active, eligible)) => {
                let mut held: BTreeMap<CloudId, BTreeSet<Box<str>>> = BTreeMap::new();
                for RoleAssignmentRecord { principal_id, role_definition_id: role } in
                    active.into_iter().chain(eligible)
                {
                    // A role that was made a moment ago has no name yet, but it counts.
                    let name = names.get(&role).cloned().unwrap_or(role);
                    held.entry(principal_id).or_default().insert(name);
                }
                Ok(Assignments::Read(held))
            }
            Err(error) => denied(error).map(Assignments::Denied),
        }
    }

    /// Hands the roles of groups on to whoever is in them.
    pub(super) async fn role_holders(
        &self,
        assignments: Assignments,
        groups: &[CloudGroup],
    ) -> Result<Roles, TargetError> {
        let mut held = match assignments {
            Assignments::Read(held) => held,
            Assignments::Denied(advice) => return Ok(Roles::Unknown(advice)),
        };
        let active = groups.iter().filter(|it| it.deleted_at.is_none()).map(|it| it.id);
        let handing_on: Vec<CloudId> = active.filter(|it| held.contains_key(it)).collect();
        let members = match self.members_of_all(handing_on).await {
            Ok(members) => members,
            Err(error) => return denied(error).map(Roles::Unknown),
        };
        for (group, members) in members {
            let names = held.get(&group).cloned().unwrap_or_default();
            for member in members {
                held.entry(member).or_default().extend(names.iter().cloned());
            }
        }
        let holders = held.into_iter().map(|(id, names)| (id, names.into_iter().collect()));
        Ok(Roles::Known(holders.collect()))
    }

    async fn role_names(&self) -> Result<BTreeMap<Box<str>, Box<str>>, TargetError> {
        let select = RoleDefinitionRecord::SELECT;
        let path = format!("/roleManagement/directory/roleDefinitions?$select={select}");
        let mut names = BTreeMap::new();
        let keep = |page: Vec<RoleDefinitionRecord>| {
            names.extend(page.into_iter().filter_map(|it| Some((it.id, it.display_name?))));
        };
        self.shared.list(Request::get(path, 1, Operation::ReadRoles), None, keep).await?;
        Ok(names)
    }

    async fn active_assignments(&self) -> Result<Vec<RoleAssignmentRecord>, TargetError> {
        self.assignments_at("roleAssignments").await
    }

    /// A tenant without Entra ID P2 has none.
    async fn eligible_assignments(&self) -> Result<Vec<RoleAssignmentRecord>, TargetError> {
        match self.assignments_at("roleEligibilityScheduleInstances").await {
            Err(TargetError::Refused { code, .. }) if *code == *NO_ELIGIBLE_ROLES => Ok(Vec::new()),
            other => other,
        }
    }

    async fn assignments_at(&self, collection: &str) -> Result<Vec<RoleAssignmentRecord>, TargetError> {
        let select = RoleAssignmentRecord::SELECT;
        let path = format!("/roleManagement/directory/{collection}?$select={select}");
        let mut records = Vec::new();
        let keep = |page: Vec<RoleAssignmentRecord>| records.extend(page);
        self.shared.list(Request::get(path, 1, Operation::ReadRoles), None, keep).await?;
        Ok(records)
    }

    async fn members_of_all(
        &self,
        groups: Vec<CloudId>,
    ) -> Result<Vec<(CloudId, Vec<CloudId>)>, TargetError> {
        let (queue, runner) = Queue::new();
        let work = async move {
            let queue = &queue;
            stream::iter(groups)
                .map(|id| async move { Ok((id, self.transitive_members(id, queue).await?)) })
                .buffer_unordered(GROUPS_AT_ONCE)
                .try_collect()
                .await
        };
        let (members, ()) = tokio::join!(work, runner.run(&self.shared, &self.shared.reading));
        members
    }

    async fn transitive_members(&self, group: CloudId, queue: &Queue) -> Result<Vec<CloudId>, TargetError> {
        let mut members = Vec::new();
        // 5, one less for $select (graph-tenant reference, 6.2).
        let path = format!("/groups/{group}/transitiveMembers?$select=id&$top=999");
        let keep = |page: Vec<Reference>| members.extend(page.into_iter().map(|it| it.id));
        self.shared.list(Request::get(path, 4, Operation::ReadMembers), Some(queue), keep).await?;
        Ok(members)
    }
}

/// What to do where the app lacks a right; any other error stays one.
fn denied(error: TargetError) -> Result<String, TargetError> {
    let permission = if let TargetError::Permission { permission, .. } = &error {
        permission
    } else if let TargetError::Refused { status: 403, .. } = &error {
        // The listing of eligible roles words its refusals in a way of its own.
        Operation::ReadRoles.words().1
    } else {
        return Err(error);
    };
    Ok(format!(
        "grant the application {permission} and consent to it as an administrator: without it samesign cannot \
         see who holds an admin role"
    ))
}
