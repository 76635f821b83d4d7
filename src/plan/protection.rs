//! Who is never removed, blocked or adopted, whatever a policy says.
//!
//! It holds nothing; the guard does that.

use crate::model::{Anchor, CloudId, ObjectKind, well_known};
use crate::policy::Exclusion;

use super::Ground;
use super::change::{Change, Op, Subject};
use super::correlate::user_name;

/// Why an object of a change is protected, if it is and the change would touch that.
pub(super) fn protection(ground: &Ground<'_>, change: &Change) -> Option<String> {
    match change.op {
        Op::Block | Op::Delete | Op::Adopt { .. } => (),
        Op::Create(_)
        | Op::Update(_)
        | Op::Unblock
        | Op::Restore(_)
        | Op::Members { .. }
        | Op::Password(_)
        | Op::Features(_) => return None,
    }
    let id = match change.subject {
        Subject::Known(id) => id,
        Subject::Created(_) => return None,
    };
    protects(ground, (change.kind.object()?, Some(change.anchor)), id, &change.name)
}

/// Why an object of the tenant is never removed, blocked or adopted, if it is so.
pub(super) fn protects(
    ground: &Ground<'_>,
    (kind, anchor): (ObjectKind, Option<Anchor>),
    id: CloudId,
    name: &str,
) -> Option<String> {
    // Who comes back from the recycle bin under another name is still who they were.
    let before = ground.tenant.user(id).map(user_name);
    listed(ground, anchor, (name, before))
        .or_else(|| {
            Some(format!("{}: take the role away first, or do it by hand", holds_a_role(ground, id)?))
        })
        .or_else(|| system_account(ground, kind, anchor?))
        .or_else(|| is_synchronisation_account(kind, name))
}

/// Whether the policy lists an object by its user name, on either side: a rename must not open the door for a run.
fn listed(
    ground: &Ground<'_>,
    anchor: Option<Anchor>,
    (name, before): (&str, Option<&str>),
) -> Option<String> {
    let at = anchor.and_then(|it| ground.index.in_directory(it));
    let principal = at.and_then(|it| ground.objects.get(it).attributes.text(well_known::USER_PRINCIPAL_NAME));
    let protect = &ground.policy.guards.protect;
    let is_listed = |it: &str| protect.contains(&it.to_lowercase());
    let listed = !protect.is_empty() && [Some(name), before, principal].into_iter().flatten().any(is_listed);
    listed.then(|| "the policy protects this account".to_owned())
}

/// The names of the roles of an object of the tenant, as a reason.
pub(super) fn holds_a_role(ground: &Ground<'_>, id: CloudId) -> Option<String> {
    let roles = ground.tenant.roles_of(id);
    let first = roles.first()?;
    let more = match roles.len() {
        1 => String::new(),
        many => format!(" and {} more", many - 1),
    };
    Some(format!("holds the role {first}{more} in the tenant"))
}

/// What the directory says of an object: critical to it, an account of its services, or our own.
fn system_account(ground: &Ground<'_>, kind: ObjectKind, anchor: Anchor) -> Option<String> {
    let object = ground.objects.get(ground.index.in_directory(anchor)?);
    let system = match Exclusion::of(object) {
        Some(Exclusion::CriticalSystemObject) => Some("AD marks it as isCriticalSystemObject"),
        Some(Exclusion::SynchronisationAccount | Exclusion::DirectoryServiceAccount) => {
            Some("it is an account of a directory service")
        }
        _ => None,
    };
    if let Some(system) = system {
        return Some(system.to_owned());
    }
    let account = object.attributes.text(well_known::SAM_ACCOUNT_NAME)?.to_lowercase();
    let principal = object.attributes.text(well_known::USER_PRINCIPAL_NAME).map(str::to_lowercase);
    let is_own = |own: &String| {
        let plain = own.rsplit('\\').next().unwrap_or(own);
        principal.as_deref() == Some(plain) || plain.split('@').next() == Some(&account)
    };
    let own = ground.policy.guards.own_accounts.iter().any(is_own);
    (own && kind == ObjectKind::User).then(|| "samesign itself signs in to AD with it".to_owned())
}

/// The accounts that Entra Connect and its like keep in a tenant (graph-tenant reference, 9.1).
fn is_synchronisation_account(kind: ObjectKind, name: &str) -> Option<String> {
    let lower = name.to_lowercase();
    let ours = ["sync_", "msol_", "aad_", "adtoaadsyncserviceaccount@", "krbtgt@", "dns-"];
    let is_one = kind == ObjectKind::User && ours.iter().any(|it| lower.starts_with(it));
    is_one.then(|| "it is a service account of a directory or its synchronisation".to_owned())
}
