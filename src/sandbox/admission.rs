//! Which application permissions a request needs (graph-tenant reference, 1.5), and whom they do not reach:
//! holders of admin roles (2.7).
//!
//! It knows roles and routes, not objects' contents.

use serde_json::{Map, Value};

use super::errors::Refusal;
use super::object::Object;
use super::token::Caller;

/// Properties of an administrator that an ordinary app may not write.
const SENSITIVE: &[&str] = &[
    "accountEnabled",
    "userPrincipalName",
    "businessPhones",
    "mobilePhone",
    "otherMails",
    "passwordProfile",
];

/// Checks the roles of the caller against a route, before anything is looked up.
///
/// `PATCH /users/{id}` depends on the body and is checked by [`may_update_user`].
pub(crate) fn check(caller: &Caller, method: &str, segments: &[&str]) -> Result<(), Refusal> {
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
        ("GET", ["groups", _, "members" | "owners" | "memberOf", ..]) => &[
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
        (_, ["directory", "onPremisesSynchronization", ..]) => {
            &["OnPremDirectorySynchronization.Read.All", "OnPremDirectorySynchronization.ReadWrite.All"]
        }
        (_, ["directoryObjects", ..]) => &["Directory.Read.All", "Directory.ReadWrite.All"],
        _ => &[],
    }
}

/// Whether the caller may write these properties of a user, and of this user.
pub(crate) fn may_update_user(
    caller: &Caller,
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
                    && (caller.holds("User Administrator") || is_privileged(caller))
            }
            "otherMails" => broad || caller.has("User-Mail.ReadWrite.All"),
            "businessPhones" | "mobilePhone" => broad || caller.has("User-Phone.ReadWrite.All"),
            _ => broad,
        };
        if !allowed || (SENSITIVE.contains(&name.as_str()) && !reaches(caller, user)) {
            return Err(Refusal::forbidden());
        }
    }
    Ok(())
}

/// Whether the caller may delete or restore this object.
pub(crate) fn may_remove(caller: &Caller, object: &Object) -> Result<(), Refusal> {
    let role = match object.kind {
        super::object::Kind::User => caller.has("User.DeleteRestore.All") || caller.has("User.ReadWrite.All"),
        super::object::Kind::Group => caller.has("Group.ReadWrite.All"),
    };
    if role && reaches(caller, object) { Ok(()) } else { Err(Refusal::forbidden()) }
}

fn reaches(caller: &Caller, object: &Object) -> bool {
    !object.admin || is_privileged(caller)
}

fn is_privileged(caller: &Caller) -> bool {
    caller.holds("Global Administrator") || caller.holds("Privileged Authentication Administrator")
}
