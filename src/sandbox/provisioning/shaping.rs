//! Which attribute of Entra Connect shows as which property of Graph (graph-tenant reference, 9.3).
//!
//! Names and addresses are calculated beside it; what Graph does not show is kept as it was sent, as Exchange and the
//! other workloads get it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::attributes::Sent;
use super::calculation::INPUTS;
use super::failure::Failure;
use crate::sandbox::object::{Kind, Object, whole_second};
use crate::sandbox::rules;
use crate::sandbox::schema::{self, Shape};

/// Attribute and property; those with the same name are in the schema.
const RENAMED: &[(&str, &str)] = &[
    ("title", "jobTitle"),
    ("company", "companyName"),
    ("physicalDeliveryOfficeName", "officeLocation"),
    ("mobile", "mobilePhone"),
    ("facsimileTelephoneNumber", "faxNumber"),
    ("dnsDomainName", "onPremisesDomainName"),
    ("netBiosName", "onPremisesNetBiosName"),
];
/// Attributes of a contact that are parts of its address.
const ADDRESS: &[(&str, &str)] = &[
    ("city", "city"),
    ("country", "countryOrRegion"),
    ("physicalDeliveryOfficeName", "officeLocation"),
    ("postalCode", "postalCode"),
    ("state", "state"),
    ("streetAddress", "street"),
];
/// Attributes of a contact that are telephone numbers.
const PHONES: &[(&str, &str)] =
    &[("telephoneNumber", "business"), ("mobile", "mobile"), ("facsimileTelephoneNumber", "businessFax")];

/// Puts what was sent into an object; what was not sent stays.
pub(super) fn shape(object: &mut Object, sent: &Sent) -> Result<(), Failure> {
    for (name, value) in &sent.values {
        if INPUTS.contains(&name.as_str()) {
            keep(object, name, value);
        } else {
            set(object, name, value)?;
        }
    }
    if let Some(nickname) = sent.text("alias").or_else(|| sent.text("mailNickname")) {
        check(object.kind, "mailNickname", &nickname.into())?;
        object.properties.set("mailNickname", nickname.into());
    }
    if let Some(name) = sent.text("userPrincipalName") {
        check_name(name)?;
        if !sent.values.contains_key("onPremisesUserPrincipalName") {
            object.properties.set("onPremisesUserPrincipalName", name.into());
        }
    }
    complete(object, sent)
}

/// Form alone: characters that the service does not take lead to another name, not to an error.
fn check_name(name: &str) -> Result<(), Failure> {
    let parts = name.split_once('@').filter(|(local, domain)| {
        !local.is_empty() && !domain.is_empty() && !domain.contains('@') && name.chars().count() <= 113
    });
    parts.map(|_| ()).ok_or_else(|| Failure::identity("The value of userPrincipalName is not a valid name."))
}

/// What an object has whether or not it was sent.
fn complete(object: &mut Object, sent: &Sent) -> Result<(), Failure> {
    if object.properties.text("displayName").is_none() {
        let local = sent.text("userPrincipalName").or(sent.text("mail")).and_then(|it| it.split('@').next());
        let name = sent.text("commonName").or(local).or(sent.source_anchor.as_deref());
        object.properties.set("displayName", name.map_or(Value::Null, Value::from));
    }
    match object.kind {
        Kind::User if object.properties.get("accountEnabled").is_none() => {
            if sent.values.contains_key("accountEnabled") {
                return Err(Failure::invalid("The attribute accountEnabled cannot be cleared."));
            }
            object.properties.set("accountEnabled", true.into());
        }
        Kind::User | Kind::Group | Kind::Contact => (),
    }
    Ok(())
}

/// Whether a group is one that the service has: with mail, for security, or both.
pub(super) fn complete_group(group: &mut Object) -> Result<(), Failure> {
    let mail = group.properties.text("mail").is_some();
    group.properties.set("mailEnabled", mail.into());
    if group.properties.get("securityEnabled").is_none() {
        group.properties.set("securityEnabled", (!mail).into());
    }
    if !mail && !group.properties.switch("securityEnabled") {
        return Err(Failure::invalid("A group without mail address must be security enabled."));
    }
    Ok(())
}

fn keep(object: &mut Object, name: &str, value: &Value) {
    let shadow = object.shadow.get_or_insert_default();
    if value.is_null() {
        shadow.shift_remove(name);
    } else {
        shadow.insert(name.to_owned(), value.clone());
    }
}

fn set(object: &mut Object, name: &str, value: &Value) -> Result<(), Failure> {
    if schema::is_extension_attribute(name) {
        return set_extension(object, name, value);
    }
    if object.kind == Kind::Contact && set_contact_part(object, name, value) {
        return Ok(());
    }
    let (shown_as, value) = match name {
        "onPremiseSecurityIdentifier" => ("onPremisesSecurityIdentifier", security_identifier(value)?),
        "lastPasswordChangeTimestamp" => ("lastPasswordChangeDateTime", time(value)?),
        "telephoneNumber" => {
            ("businessPhones", Value::Array(value.as_str().map(Value::from).into_iter().collect()))
        }
        other => (RENAMED.iter().find(|(it, _)| *it == other).map_or(other, |(_, it)| it), value.clone()),
    };
    let shown = schema::property(object.kind, shown_as).is_some() || schema::is_extension(shown_as);
    if !shown {
        keep(object, name, &value);
        return Ok(());
    }
    check(object.kind, shown_as, &value)?;
    object.properties.set(shown_as, value);
    Ok(())
}

fn check(kind: Kind, name: &str, value: &Value) -> Result<(), Failure> {
    let too_long = |max: usize, text: &str| max < text.chars().count();
    match (schema::property(kind, name).map(|it| it.shape), value) {
        (Some(Shape::Text(max)), Value::String(text)) if too_long(max, text) => Err(Failure::too_long(name)),
        (Some(Shape::Texts { items: _, length }), Value::Array(items))
            if items.iter().filter_map(Value::as_str).any(|it| too_long(length, it)) =>
        {
            Err(Failure::too_long(name))
        }
        _ => {
            let property = Map::from_iter([(name.to_owned(), value.clone())]);
            let fits = rules::fits(kind, &property);
            if fits { Ok(()) } else { Err(Failure::invalid(format!("The value of {name} is not valid."))) }
        }
    }
}

fn set_extension(object: &mut Object, name: &str, value: &Value) -> Result<(), Failure> {
    const ALL: &str = "onPremisesExtensionAttributes";
    if value.as_str().is_some_and(|it| 1_024 < it.chars().count()) {
        return Err(Failure::too_long(name));
    }
    if object.kind != Kind::User {
        keep(object, name, value);
        return Ok(());
    }
    let stored = object.properties.get(ALL).and_then(|it| it.as_object().cloned());
    let mut all = stored.unwrap_or_default();
    if value.is_null() {
        all.shift_remove(name);
    } else {
        all.insert(name.to_owned(), value.clone());
    }
    object.properties.set(ALL, if all.is_empty() { Value::Null } else { all.into() });
    Ok(())
}

/// Addresses and telephone numbers of contacts are lists of records.
fn set_contact_part(contact: &mut Object, name: &str, value: &Value) -> bool {
    if let Some((_, part)) = ADDRESS.iter().find(|(it, _)| *it == name) {
        let stored = contact.properties.get("addresses").and_then(|it| it.get(0).cloned());
        let empty = || ADDRESS.iter().map(|(_, part)| ((*part).to_owned(), Value::Null)).collect();
        let mut address = stored.unwrap_or_else(|| Value::Object(empty()));
        address[*part] = value.clone();
        let blank = address.as_object().is_some_and(|it| it.values().all(Value::is_null));
        contact.properties.set("addresses", if blank { json!([]) } else { json!([address]) });
        return true;
    }
    let Some((_, kind)) = PHONES.iter().find(|(it, _)| *it == name) else { return false };
    let stored = contact.properties.get("phones").unwrap_or_default();
    let mut phones: Vec<Value> = stored.as_array().cloned().unwrap_or_default();
    phones.retain(|it| it["type"] != *kind);
    phones.extend(value.as_str().map(|it| json!({ "type": kind, "number": it })));
    contact.properties.set("phones", phones.into());
    true
}

/// A security identifier in its usual text ([MS-DTYP] 2.4.2.1 and 2.4.2.2).
fn security_identifier(value: &Value) -> Result<Value, Failure> {
    let Some(text) = value.as_str() else { return Ok(Value::Null) };
    let invalid = || Failure::invalid("The value of onPremiseSecurityIdentifier is not valid.");
    let bytes = STANDARD.decode(text).map_err(|_| invalid())?;
    let ([revision @ 1, count], rest) = bytes.split_first_chunk::<2>().ok_or_else(invalid)? else {
        return Err(invalid());
    };
    let (authority, parts) = rest.split_first_chunk::<6>().ok_or_else(invalid)?;
    if parts.len() != usize::from(*count) * 4 {
        return Err(invalid());
    }
    let authority = authority.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    let numbers = parts
        .chunks_exact(4)
        .map(|it| it.iter().rev().fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte)).to_string());
    let all: Vec<String> = [format!("S-{revision}-{authority}")].into_iter().chain(numbers).collect();
    Ok(all.join("-").into())
}

/// `yyyyMMddHHmmss.0Z`, as LDAP writes a time.
fn time(value: &Value) -> Result<Value, Failure> {
    let Some(text) = value.as_str() else { return Ok(Value::Null) };
    let invalid = || Failure::invalid("The value of lastPasswordChangeTimestamp is not valid.");
    let plain = text.split('.').next().unwrap_or_default().trim_end_matches('Z');
    let civil = jiff::civil::DateTime::strptime("%Y%m%d%H%M%S", plain).map_err(|_| invalid())?;
    let at = civil.to_zoned(jiff::tz::TimeZone::UTC).map_err(|_| invalid())?;
    Ok(whole_second(at.timestamp()).into())
}
