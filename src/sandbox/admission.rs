//! Which application permissions a request needs (graph-tenant reference, 1.5), and whom they do not reach:
//! holders of admin roles (2.7).
//!
//! It knows roles and routes, not objects' contents.

use serde_json::{Map, Value};

use super::directory_roles;
use super::errors::Refusal;
use super::object::{Kind, Object};
use super::store::Store;
use super::token::Caller;

/// Properties of an administrator that an ordinary app may not write.
const SENSITIVE: &[&str] = &[
    "accountEnabled",
    "userPrincipalName",
    "onPremisesImmutableId",
    "businessPhones",
    "mobilePhone",
    "otherMails",
    "passwordProfile",
];

/// What `User.ReadBasic.All` shows of a user.
pub(crate) const BASICS: &[&str] =
    &["id", "displayName", "givenName", "surname", "mail", "userPrincipalName", "securityIdentifier"];

/// Whether the caller may read the basics of users and no more.
pub(crate) fn reads_basics_only(caller: &Caller) -> bool {
    let more = ["User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"];
    caller.has("User.ReadBasic.All") && !more.iter().any(|it| caller.has(it))
}

/// Checks the roles of the caller against a route, before anything is looked up.
///
/// `PATCH /users/{id}` depends on the body and is checked by [`may_update_user`].
pub(crate) fn check(caller: &Caller, method: &str, segments: &[&str]) -> Result<(), Refusal> {
    // Whoever signed in sees themselves; what else people may do is not imitated.
    if caller.user.is_some() {
        return if (method, segments) == ("GET", &["me"]) { Ok(()) } else { Err(Refusal::forbidden()) };
    }
    let needed = needed(method, segments);
    if needed.is_empty() || needed.iter().any(|it| caller.has(it)) {
        Ok(())
    } else {
        Err(Refusal::forbidden())
    }
}

/// Any one of these; none: the route checks for itself.
fn needed(method: &str, segments: &[&str]) -> &'static [&'static str] {
    match segments.first() {
        Some(&"users") => needed_for_users(method, segments),
        Some(&"groups") => needed_for_groups(method, segments),
        Some(_) | None => needed_for_the_rest(method, segments),
    }
}

fn needed_for_users(method: &str, segments: &[&str]) -> &'static [&'static str] {
    match (method, segments) {
        ("GET", ["users", "delta"]) => {
            &["User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"]
        }
        ("GET", ["users", ..]) => &[
            "User.Read.All",
            "User.ReadBasic.All",
            "User.ReadWrite.All",
            "Directory.Read.All",
            "Directory.ReadWrite.All",
        ],
        ("DELETE", ["users", _]) => &["User.DeleteRestore.All", "User.ReadWrite.All"],
        ("POST", ["users", _, "revokeSignInSessions"]) => {
            &["User.RevokeSessions.All", "User.ReadWrite.All", "Directory.ReadWrite.All"]
        }
        ("POST", ["users", _, "assignLicense"]) => {
            &["LicenseAssignment.ReadWrite.All", "User.ReadWrite.All", "Directory.ReadWrite.All"]
        }
        // Which properties are sent decides.
        ("PATCH", ["users", _]) => &[],
        ("POST" | "PUT" | "PATCH" | "DELETE", ["users", ..]) => {
            &["User.ReadWrite.All", "Directory.ReadWrite.All"]
        }
        _ => &[],
    }
}

fn needed_for_groups(method: &str, segments: &[&str]) -> &'static [&'static str] {
    match (method, segments) {
        ("GET", ["groups", _, "members" | "transitiveMembers" | "owners" | "memberOf", ..]) => &[
            "GroupMember.Read.All",
            "GroupMember.ReadBasic.All",
            "GroupMember.ReadWrite.All",
            "Group.Read.All",
            "Group.ReadWrite.All",
            "Directory.Read.All",
            "Directory.ReadWrite.All",
        ],
        ("GET", ["groups", ..]) => &[
            "Group.ReadBasic.All",
            "Group.Read.All",
            "Group.ReadWrite.All",
            "GroupMember.Read.All",
            "GroupMember.ReadWrite.All",
            "Directory.Read.All",
            "Directory.ReadWrite.All",
        ],
        ("POST", ["groups"]) => &["Group.Create", "Group.ReadWrite.All", "Directory.ReadWrite.All"],
        ("DELETE", ["groups", _]) => &["Group.ReadWrite.All"],
        ("POST" | "DELETE", ["groups", _, "members", ..]) => {
            &["GroupMember.ReadWrite.All", "Group.ReadWrite.All", "Directory.ReadWrite.All"]
        }
        // A PATCH that only binds members is a membership change; the route looks closer.
        ("PATCH", ["groups", _]) => {
            &["Group.ReadWrite.All", "Directory.ReadWrite.All", "GroupMember.ReadWrite.All"]
        }
        ("POST" | "PATCH" | "DELETE" | "PUT", ["groups", ..]) => {
            &["Group.ReadWrite.All", "Directory.ReadWrite.All"]
        }
        _ => &[],
    }
}

fn needed_for_the_rest(method: &str, segments: &[&str]) -> &'static [&'static str] {
    match (method, segments) {
        ("GET", ["organization", ..]) => &[
            "Organization.Read.All",
            "User.Read.All",
            "User.ReadWrite.All",
            "Directory.Read.All",
            "Directory.ReadWrite.All",
        ],
        (_, ["contacts", ..]) => &["OrgContact.Read.All", "Directory.Read.All", "Directory.ReadWrite.All"],
        ("PATCH", ["organization", ..]) => &["Organization.ReadWrite.All"],
        ("GET", ["domains", ..]) => &["Domain.Read.All", "Directory.Read.All", "Directory.ReadWrite.All"],
        ("GET", ["subscribedSkus", ..]) => &[
            "LicenseAssignment.Read.All",
            "LicenseAssignment.ReadWrite.All",
            "Organization.Read.All",
            "Directory.Read.All",
            "Directory.ReadWrite.All",
        ],
        ("GET", ["directory", "deletedItems", "microsoft.graph.user", ..]) => {
            &["User.Read.All", "User.ReadWrite.All", "User.DeleteRestore.All", "Directory.Read.All"]
        }
        ("GET", ["directory", "deletedItems", "microsoft.graph.group", ..]) => {
            &["Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All"]
        }
        ("GET", ["directory", "deletedItems", _]) => &[
            "User.Read.All",
            "User.ReadWrite.All",
            "User.DeleteRestore.All",
            "Group.Read.All",
            "Group.ReadWrite.All",
            "Directory.Read.All",
        ],
        ("POST" | "DELETE", ["directory", "deletedItems", ..]) => {
            &["User.DeleteRestore.All", "User.ReadWrite.All", "Group.ReadWrite.All"]
        }
        ("GET", ["directory", "onPremisesSynchronization", ..]) => {
            &["OnPremDirectorySynchronization.Read.All", "OnPremDirectorySynchronization.ReadWrite.All"]
        }
        (_, ["directory", "onPremisesSynchronization", ..]) => {
            &["OnPremDirectorySynchronization.ReadWrite.All"]
        }
        // Which types the filter names decides.
        ("GET", ["directoryObjects", "delta"]) => &[],
        (method, ["roleManagement", "directory", collection, ..]) => needed_for_roles(method, collection),
        (method, ["directoryRoles", ..]) => needed_for_roles(method, "directoryRoles"),
        ("GET", ["servicePrincipals", ..]) => &[
            "Application.Read.All",
            "Application.ReadWrite.All",
            "Directory.Read.All",
            "Directory.ReadWrite.All",
        ],
        (_, ["directoryObjects", ..]) => &["Directory.Read.All", "Directory.ReadWrite.All"],
        _ => &[],
    }
}

/// Eligible roles are not for whoever may only read the directory (Privileged Identity Management).
fn needed_for_roles(method: &str, collection: &str) -> &'static [&'static str] {
    match (method, collection) {
        ("GET", "roleEligibilityScheduleInstances") => &[
            "RoleEligibilitySchedule.Read.Directory",
            "RoleEligibilitySchedule.ReadWrite.Directory",
            "RoleManagement.Read.All",
            "RoleManagement.Read.Directory",
            "RoleManagement.ReadWrite.Directory",
        ],
        ("GET", _) => &[
            "RoleManagement.Read.Directory",
            "RoleManagement.Read.All",
            "RoleManagement.ReadWrite.Directory",
            "Directory.Read.All",
            "Directory.ReadWrite.All",
        ],
        _ => &["RoleManagement.ReadWrite.Directory"],
    }
}

/// Whether the caller may write these properties of a user, and of this user.
pub(crate) fn may_update_user(
    (caller, store): (&Caller, &Store),
    user: &Object,
    body: &Map<String, Value>,
) -> Result<(), Refusal> {
    let broad = caller.has("User.ReadWrite.All")
        || caller.has("Directory.ReadWrite.All")
        || caller.has("User.ReadUpdate.All");
    for name in body.keys().filter(|it| !it.starts_with("@odata.")) {
        let allowed = match name.as_str() {
            "accountEnabled" => {
                broad || (caller.has("User.EnableDisableAccount.All") && caller.has("User.Read.All"))
            }
            // The permission alone is not enough: a reset needs an Entra role (reference, 2.6).
            "passwordProfile" => {
                (broad || caller.has("User-PasswordProfile.ReadWrite.All"))
                    && (caller.holds("User Administrator") || directory_roles::is_privileged(caller))
            }
            "otherMails" => broad || caller.has("User-Mail.ReadWrite.All"),
            "businessPhones" | "mobilePhone" => broad || caller.has("User-Phone.ReadWrite.All"),
            _ => broad,
        };
        if !allowed || (SENSITIVE.contains(&name.as_str()) && !directory_roles::reaches(caller, store, user))
        {
            return Err(Refusal::forbidden());
        }
    }
    Ok(())
}

/// Whether the caller may delete or restore this object.
///
/// A role-assignable group takes the permission for roles besides.
pub(crate) fn may_remove(caller: &Caller, store: &Store, object: &Object) -> Result<(), Refusal> {
    let may = match object.kind {
        Kind::User => caller.has("User.DeleteRestore.All") || caller.has("User.ReadWrite.All"),
        Kind::Group => caller.has("Group.ReadWrite.All") && may_touch_role_group(caller, object),
        Kind::Contact => false,
    };
    if may && directory_roles::reaches(caller, store, object) { Ok(()) } else { Err(Refusal::forbidden()) }
}

/// Whether the caller may change a group, if that hands on directory roles.
pub(crate) fn may_touch_role_group(caller: &Caller, group: &Object) -> bool {
    !group.properties.switch("isAssignableToRole") || caller.has("RoleManagement.ReadWrite.Directory")
}
