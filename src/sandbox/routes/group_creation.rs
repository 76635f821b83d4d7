//! Creation of groups (graph-tenant reference, 4.1 and 4.2), and the groups that a seed brings along.

use jiff::Timestamp;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Call, members, references, user_creation};
use crate::sandbox::errors::Refusal;
use crate::sandbox::exchange::Response;
use crate::sandbox::object::{Kind, Object, Properties, whole_second};
use crate::sandbox::rules::{self, Purpose};
use crate::sandbox::tenant::Answer;

const UNSUPPORTED: &str = "The service does not currently support writes of mail-enabled groups. Please ensure that \
                           the mail-enablement property is unset and the security-enablement property is set.";

/// `POST /groups`.
pub(crate) fn create(call: &mut Call<'_>) -> Answer {
    let body = call.request.object()?;
    create_from(call, &body)
}

/// Creates a group from a body: of a POST, or of an upsert.
pub(crate) fn create_from(call: &mut Call<'_>, body: &Map<String, Value>) -> Answer {
    rules::check(Kind::Group, Purpose::Create, body)?;
    check_required(body)?;
    if body.get("isAssignableToRole") == Some(&Value::Bool(true))
        && !call.caller.has("RoleManagement.ReadWrite.Directory")
    {
        return Err(Refusal::forbidden());
    }
    let now = call.tenant.now();
    let mut group = blank(call.tenant.ids.next(), now);
    fill(&mut group, body);
    check_type(&group)?;
    complete(call, &mut group, now);
    user_creation::check_unique(&call.tenant.store, &group)?;
    let members = references::bound(call, body, "members")?;
    let owners = references::bound(call, body, "owners")?;
    if references::BOUND_MAX < members.len() + owners.len() {
        return Err(Refusal::bad_request(
            "At most 20 relationships can be specified when a group is created.",
        ));
    }
    if !members.is_empty() {
        members::check_assigned(&group)?;
    }
    for member in &members {
        members::check_type(&group, call.current(*member)?)?;
    }
    for owner in &owners {
        if call.current(*owner)?.kind != Kind::User {
            return Err(Refusal::bad_request("Only users and service principals can be owners of a group."));
        }
    }
    group.members.extend(members);
    group.owners.extend(owners);
    let mut view = Map::new();
    view.insert("@odata.context".to_owned(), call.context("groups/$entity").into());
    view.extend(group.default_view());
    let id = group.id;
    call.tenant.store.insert(now, group);
    Ok(Response::json(201, Value::Object(view))
        .header("Location", user_creation::location(call, id, "Group")))
}

fn blank(id: Uuid, now: Timestamp) -> Object {
    Object { kind: Kind::Group, properties: Properties::default(), ..user_creation::blank(id, now) }
}

/// A group of the seed; one that Graph could not create, such as a distribution list, is welcome there.
pub(crate) fn seeded(id: Uuid, now: Timestamp, properties: &Map<String, Value>) -> Result<Object, Refusal> {
    let mut group = blank(id, now);
    rules::check_seed(Kind::Group, properties)?;
    rules::check_membership_rule(properties.get("membershipRule"))?;
    fill(&mut group, properties);
    for (name, usual) in [("mailEnabled", false), ("securityEnabled", true)] {
        if group.properties.get(name).is_none() {
            group.properties.set(name, usual.into());
        }
    }
    Ok(group)
}

fn fill(group: &mut Object, body: &Map<String, Value>) {
    for (name, value) in body.iter().filter(|(name, _)| !name.contains('@')) {
        group.properties.set(name, value.clone());
    }
}

fn check_required(body: &Map<String, Value>) -> Result<(), Refusal> {
    for name in ["displayName", "mailEnabled", "mailNickname", "securityEnabled"] {
        if body.get(name).is_none_or(Value::is_null) {
            let text = format!("A value is required for property '{name}' of resource 'Group'.");
            return Err(Refusal::bad_request(text.clone()).detail("InvalidValue", text, name));
        }
    }
    Ok(())
}

/// Only security groups and Microsoft 365 groups can be made.
pub(crate) fn check_type(group: &Object) -> Result<(), Refusal> {
    let properties = &group.properties;
    let (mail, security) = (properties.switch("mailEnabled"), properties.switch("securityEnabled"));
    if group.unified() != mail || (!group.unified() && !security) {
        return Err(Refusal::bad_request(UNSUPPORTED));
    }
    if group.dynamic() != properties.text("membershipRule").is_some() {
        return Err(Refusal::invalid_value("membershipRule", "Group"));
    }
    if properties.switch("isAssignableToRole") && (!security || group.dynamic()) {
        return Err(Refusal::invalid_value("isAssignableToRole", "Group"));
    }
    if properties.text("visibility") == Some("HiddenMembership") && !group.unified() {
        return Err(Refusal::invalid_value("visibility", "Group"));
    }
    Ok(())
}

/// What the service adds to a new group.
fn complete(call: &Call<'_>, group: &mut Object, now: Timestamp) {
    group.properties.set("renewedDateTime", whole_second(now).into());
    if group.properties.switch("isAssignableToRole") {
        group.properties.set("visibility", "Private".into());
    }
    if !group.unified() {
        return;
    }
    if group.properties.text("visibility").is_none() {
        group.properties.set("visibility", "Public".into());
    }
    let domain = call.tenant.seed.domains.iter().find(|it| it.is_default).map_or("", |it| &it.name);
    let mail = format!("{}@{domain}", group.properties.text("mailNickname").unwrap_or_default());
    group.properties.set("proxyAddresses", vec![format!("SMTP:{mail}")].into());
    group.properties.set("mail", mail.into());
}
