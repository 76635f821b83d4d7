//! The tenant of the made-up company as others have it: the seed of a sandbox, and the pages of Microsoft Graph.

use std::fmt::Write as _;

use samesign::model::{Anchor, CloudGroup, CloudUser, Form, Property, TenantSnapshot};
use serde_json::{Map, Value, json};

/// Users on one page, as many as the service gives.
const PAGE: usize = 999;

/// Who is master of the objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Master {
    /// The tenant: they are written through Microsoft Graph.
    Tenant,
    /// The directory: they are written through the protocol of Entra Connect.
    Directory,
}

impl Master {
    const fn word(self) -> &'static str {
        match self {
            Self::Tenant => "cloud",
            Self::Directory => "onPremSynced",
        }
    }
}

/// A seed in YAML: an object on a line, as JSON.
pub(super) fn seed(tenant: &TenantSnapshot, master: Master) -> String {
    let mut seed = format!("onPremisesSyncEnabled: {}\n", master == Master::Directory);
    seed.push_str(
        "domains:\n- {name: example.onmicrosoft.com, initial: true}\n- {name: example.com, default: true}\n",
    );
    let mut list = |name: &str, objects: &mut dyn Iterator<Item = Value>| {
        seed.push_str(name);
        seed.push_str(":\n");
        objects.for_each(|it| writeln!(seed, "- {it}").expect("a text takes what is written"));
    };
    list("users", &mut tenant.users().iter().map(|it| seed_user(tenant, it, master)));
    list("groups", &mut tenant.groups().iter().map(|it| seed_group(it, master)));
    seed
}

/// The users on pages as Microsoft Graph lists them.
pub(super) fn pages(tenant: &TenantSnapshot) -> Vec<Vec<u8>> {
    let page = |users: &[CloudUser]| {
        let value: Vec<Value> = users.iter().map(listed_user).collect();
        let next = "https://graph.microsoft.com/v1.0/users?$skiptoken=RFNwdAIAAQAAABY6";
        json!({ "@odata.nextLink": next, "value": value }).to_string().into_bytes()
    };
    tenant.users().chunks(PAGE).map(page).collect()
}

fn listed_user(user: &CloudUser) -> Value {
    let mut values = properties(&user.attributes);
    values.insert("id".to_owned(), user.id.to_string().into());
    values.insert("onPremisesImmutableId".to_owned(), user.anchor.map(|it| it.to_string()).into());
    // What is asked for and empty is there as well.
    for empty in
        ["officeLocation", "faxNumber", "streetAddress", "state", "postalCode", "country", "employeeType"]
    {
        values.insert(empty.to_owned(), Value::Null);
    }
    values.insert("userType".to_owned(), "Member".into());
    values.insert("onPremisesProvisioningErrors".to_owned(), json!([]));
    values.insert("assignedLicenses".to_owned(), json!([]));
    Value::Object(values)
}

fn seed_user(tenant: &TenantSnapshot, user: &CloudUser, master: Master) -> Value {
    let mut values = properties(&user.attributes);
    values.insert("id".to_owned(), user.id.to_string().into());
    values.insert("origin".to_owned(), master.word().into());
    values.insert("onPremisesImmutableId".to_owned(), user.anchor.map(|it| it.to_string()).into());
    if let Some(manager) = user.manager.and_then(|it| tenant.user(it)) {
        values.insert("manager".to_owned(), manager.user_name().into());
    }
    Value::Object(values)
}

fn seed_group(group: &CloudGroup, master: Master) -> Value {
    let mut values = properties(&group.attributes);
    values.insert("id".to_owned(), group.id.to_string().into());
    values.insert("origin".to_owned(), master.word().into());
    let members: Vec<String> = group.members.iter().map(ToString::to_string).collect();
    values.insert("members".to_owned(), members.into());
    if let Some(anchor) = group.anchor {
        let (name, value) = match master {
            Master::Tenant => ("uniqueName", CloudGroup::unique_name_of(anchor)),
            Master::Directory => ("sourceAnchor", Anchor::to_string(&anchor)),
        };
        values.insert(name.to_owned(), value.into());
    }
    Value::Object(values)
}

/// Values of one object under the names of Microsoft Graph.
fn properties(attributes: &samesign::model::Attributes) -> Map<String, Value> {
    let value_of = |property: &Property| {
        let id = property.id();
        let text = attributes.text(id)?;
        let value = if property.form() == Form::Switch {
            (text == "true").into()
        } else if property.form().is_set() {
            attributes.texts(id).collect::<Vec<_>>().into()
        } else {
            text.into()
        };
        Some((property.name().to_owned(), value))
    };
    Property::ALL.iter().filter_map(value_of).collect()
}
