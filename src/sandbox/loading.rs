//! Turns a seed into the objects of a new tenant.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value};
use uuid::Uuid;

use super::directory_roles;
use super::dynamic_groups;
use super::errors::Refusal;
use super::object::{Mastery, Object};
use super::routes::{assign_licence, object_id, seeded_contact, seeded_group, seeded_user};
use super::seed::{Seed, SeedContact, SeedError, SeedGroup, SeedUser};
use super::store::keys_of;
use super::tenant::Tenant;
use super::verifier::Verifier;

/// Names by which objects of a seed refer to each other.
#[derive(Default)]
struct Names(HashMap<String, Uuid>);

impl Names {
    fn resolve(&self, from: &str, to: &str) -> Result<Uuid, SeedError> {
        self.0
            .get(&to.to_lowercase())
            .copied()
            .or_else(|| object_id(to))
            .ok_or_else(|| SeedError::Reference { from: from.to_owned(), to: to.to_owned() })
    }
}

/// Fills an empty tenant with the objects of its seed.
pub(super) fn fill(tenant: &mut Tenant) -> Result<(), SeedError> {
    let mut seed: Seed = std::mem::take(&mut tenant.seed);
    let users = std::mem::take(&mut seed.users);
    let deleted = std::mem::take(&mut seed.deleted_users);
    let groups = std::mem::take(&mut seed.groups);
    let contacts = std::mem::take(&mut seed.contacts);
    tenant.seed = seed;
    for app in &tenant.seed.apps {
        roles_of(&app.client_id.to_string(), &app.directory_roles)?;
    }
    if let Some(name) = tenant.seed.provisioning.features.keys().find(|it| !Tenant::is_feature(it)) {
        return Err(SeedError::Feature(name.clone()));
    }
    let mut names = Names::default();
    let user_ids: Vec<Uuid> = users.iter().map(|it| it.id.unwrap_or_else(|| tenant.ids.next())).collect();
    let group_ids: Vec<Uuid> = groups.iter().map(|it| it.id.unwrap_or_else(|| tenant.ids.next())).collect();
    names.0.extend(users.iter().zip(&user_ids).map(|(it, id)| (it.user_principal_name.to_lowercase(), *id)));
    names.0.extend(groups.iter().zip(&group_ids).map(|(it, id)| (it.display_name.to_lowercase(), *id)));
    for (user, id) in users.into_iter().zip(user_ids) {
        add_user(tenant, &names, user, id, false)?;
    }
    for user in deleted {
        let id = user.id.unwrap_or_else(|| tenant.ids.next());
        add_user(tenant, &names, user, id, true)?;
    }
    for contact in contacts {
        let id = contact.id.unwrap_or_else(|| tenant.ids.next());
        names.0.insert(contact.display_name.to_lowercase(), id);
        add_contact(tenant, contact, id)?;
    }
    for (group, id) in groups.into_iter().zip(group_ids) {
        add_group(tenant, &names, group, id)?;
    }
    Ok(())
}

fn add_user(
    tenant: &mut Tenant,
    names: &Names,
    user: SeedUser,
    id: Uuid,
    deleted: bool,
) -> Result<(), SeedError> {
    let SeedUser {
        id: _,
        user_principal_name: name,
        password,
        manager,
        admin,
        directory_roles,
        eligible_directory_roles,
        licences,
        guest,
        origin,
        deleted_at,
        mut properties,
    } = user;
    if guest {
        default(&mut properties, "userType", "Guest");
    }
    let shown = if deleted { format!("{}{name}", id.simple()) } else { name.clone() };
    let nickname = name.split('@').next().unwrap_or_default().to_owned();
    default(&mut properties, "displayName", &nickname);
    default(&mut properties, "mailNickname", &nickname);
    properties.entry("accountEnabled").or_insert(Value::Bool(true));
    let now = tenant.now();
    let refused = |refusal: Refusal| object_error("user", &name, &refusal);
    let mut object = seeded_user(id, now, &properties).map_err(refused)?;
    object.properties.set("userPrincipalName", shown.into());
    object.manager = manager.map(|it| names.resolve(&name, &it)).transpose()?;
    object.roles = roles_of(&name, &directory_roles)?;
    object.roles.extend(admin.then_some(directory_roles::GLOBAL_ADMINISTRATOR));
    object.eligible_roles = roles_of(&name, &eligible_directory_roles)?;
    add_licences(tenant, &mut object, &name, &licences)?;
    object.mastery = origin;
    object.deleted = deleted.then(|| deleted_at.unwrap_or(now));
    load(tenant, object, "user", &name)?;
    if let Some(password) = password {
        tenant.store.set_verifier(id, Verifier::of_password(password.reveal(), false));
    }
    Ok(())
}

fn add_group(tenant: &mut Tenant, names: &Names, group: SeedGroup, id: Uuid) -> Result<(), SeedError> {
    let SeedGroup {
        id: _,
        display_name: name,
        members,
        owners,
        directory_roles,
        eligible_directory_roles,
        origin,
        source_anchor,
        mut properties,
    } = group;
    if !directory_roles.is_empty() || !eligible_directory_roles.is_empty() {
        properties.insert("isAssignableToRole".to_owned(), Value::Bool(true));
    }
    let nickname: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    default(&mut properties, "mailNickname", if nickname.is_empty() { "group" } else { &nickname });
    properties.insert("displayName".to_owned(), name.clone().into());
    let now = tenant.now();
    let refused = |refusal: Refusal| object_error("group", &name, &refusal);
    let mut object = seeded_group(id, now, &properties).map_err(refused)?;
    object.mastery = origin;
    object.anchor = source_anchor.map(Into::into);
    object.roles = roles_of(&name, &directory_roles)?;
    object.eligible_roles = roles_of(&name, &eligible_directory_roles)?;
    for member in members {
        object.members.insert(names.resolve(&name, &member)?);
    }
    // Users are loaded before groups. Whoever a rule takes was a member all along: nothing to journal.
    if let Some(rule) = dynamic_groups::rule_of(&object) {
        object.members = tenant.store.taken_by(&rule).into_iter().collect();
    }
    for owner in owners {
        object.owners.insert(names.resolve(&name, &owner)?);
    }
    load(tenant, object, "group", &name)
}

fn add_contact(tenant: &mut Tenant, contact: SeedContact, id: Uuid) -> Result<(), SeedError> {
    let SeedContact { id: _, display_name: name, origin, source_anchor, mut properties } = contact;
    properties.insert("displayName".to_owned(), name.clone().into());
    let now = tenant.now();
    let refused = |refusal: Refusal| object_error("contact", &name, &refusal);
    let mut object = seeded_contact(id, now, &properties).map_err(refused)?;
    object.mastery = origin;
    object.anchor = source_anchor.map(Into::into);
    load(tenant, object, "contact", &name)
}

fn roles_of(holder: &str, names: &[String]) -> Result<BTreeSet<Uuid>, SeedError> {
    let found = names.iter().map(|name| {
        directory_roles::named(name)
            .map(|it| it.id)
            .ok_or_else(|| SeedError::Role { holder: holder.to_owned(), role: name.clone() })
    });
    found.collect()
}

fn add_licences(
    tenant: &Tenant,
    object: &mut Object,
    name: &str,
    licences: &[String],
) -> Result<(), SeedError> {
    for licence in licences {
        let skus = &tenant.seed.skus;
        let found = skus
            .iter()
            .find(|it| it.sku_part_number == *licence || it.sku_id.to_string().eq_ignore_ascii_case(licence));
        let sku = found.ok_or_else(|| SeedError::Licence { user: name.to_owned(), sku: licence.clone() })?;
        assign_licence(object, tenant.now(), (sku.sku_id, &[]));
    }
    Ok(())
}

fn default(properties: &mut Map<String, Value>, name: &str, value: &str) {
    properties.entry(name).or_insert_with(|| value.into());
}

fn object_error(kind: &'static str, name: &str, refusal: &Refusal) -> SeedError {
    SeedError::Object { kind, name: name.to_owned(), reason: refusal.message.clone() }
}

fn load(tenant: &mut Tenant, mut object: Object, kind: &'static str, name: &str) -> Result<(), SeedError> {
    if object.mastery == Mastery::OnPremSynced
        && object.properties.text("onPremisesLastSyncDateTime").is_none()
    {
        let synced = super::object::whole_second(object.created);
        object.properties.set("onPremisesLastSyncDateTime", synced.into());
    }
    let taken = tenant.store.get(object.id).is_some()
        || keys_of(&object).into_iter().any(|(space, value)| tenant.store.holder(space, &value).is_some());
    if taken {
        let reason = "another object of the seed has the same id, name, address or anchor".to_owned();
        return Err(SeedError::Object { kind, name: name.to_owned(), reason });
    }
    tenant.store.load(object);
    Ok(())
}
