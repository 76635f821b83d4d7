//! Which property values the service takes (graph-tenant reference, 2.1, 2.2 and 4.2).
//!
//! It looks at one body at a time; uniqueness across the tenant is the routes' business.

use serde_json::{Map, Value};

use super::errors::Refusal;
use super::membership_rule;
use super::object::Kind;
use super::schema::{self, Property, Shape, Write};

/// Whether a body makes an object or changes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Create,
    Update,
}

/// Checks every member of a body against the schema.
pub(crate) fn check(kind: Kind, purpose: Purpose, body: &Map<String, Value>) -> Result<(), Refusal> {
    for (name, value) in body {
        if name.starts_with("@odata.") || name.ends_with("@odata.bind") || name.ends_with("@odata.type") {
            continue;
        }
        match schema::property(kind, name) {
            Some(property) => check_property(kind, purpose, property, value)?,
            None if schema::is_extension(name) => check_extension(kind, name, value)?,
            None => return Err(Refusal::bad_request(format!("Invalid property '{name}'."))),
        }
    }
    Ok(())
}

/// Checks the properties that a seed gives an object: read-only ones are welcome there.
pub(crate) fn check_seed(kind: Kind, properties: &Map<String, Value>) -> Result<(), Refusal> {
    for (name, value) in properties {
        let property = match schema::property(kind, name) {
            Some(it) if name != "passwordProfile" => it,
            None if schema::is_extension(name) => continue,
            Some(_) | None => return Err(Refusal::bad_request(format!("Invalid property '{name}'."))),
        };
        if !value.is_null() && property.shape != Shape::Complex {
            check_shape(kind, property, value)?;
        }
    }
    Ok(())
}

/// Whether values are such as an object can have, whoever writes them.
pub(crate) fn fits(kind: Kind, properties: &Map<String, Value>) -> bool {
    check_seed(kind, properties).is_ok()
        && properties.iter().filter(|(_, value)| !value.is_null()).all(|(name, value)| match kind {
            Kind::User => check_user_value(name, value).is_ok(),
            Kind::Group => check_group_value(name, value).is_ok(),
            Kind::Contact => true,
        })
}

fn check_property(kind: Kind, purpose: Purpose, property: &Property, value: &Value) -> Result<(), Refusal> {
    let name = property.name;
    let fixed = match property.write {
        Write::Never => true,
        Write::Once => purpose == Purpose::Update,
        Write::Free | Write::Kept => false,
    };
    if fixed {
        return Err(Refusal::bad_request(format!("Property '{name}' is read-only and cannot be set.")));
    }
    if value.is_null() {
        // A null that means "not given" is fine at creation, except where a value is required anyway.
        let optional = purpose == Purpose::Create && matches!(name, "usageLocation" | "mail");
        let kept = property.write == Write::Kept && !optional;
        return if kept { Err(Refusal::invalid_value(name, kind.resource())) } else { Ok(()) };
    }
    check_shape(kind, property, value)?;
    if kind == Kind::User { check_user_value(name, value) } else { check_group_value(name, value) }
}

fn check_shape(kind: Kind, property: &Property, value: &Value) -> Result<(), Refusal> {
    let name = property.name;
    let invalid = || Refusal::invalid_value(name, kind.resource());
    let text = || value.as_str().ok_or_else(|| wrong_type("Edm.String"));
    match property.shape {
        Shape::Text(max) => {
            let text = text()?;
            if text.is_empty() || max < text.chars().count() { Err(invalid()) } else { Ok(()) }
        }
        Shape::Switch => value.as_bool().map(|_| ()).ok_or_else(|| wrong_type("Edm.Boolean")),
        Shape::Choice(words) => {
            let text = text()?;
            if words.contains(&text) { Ok(()) } else { Err(invalid()) }
        }
        Shape::Time => {
            text()?.parse::<jiff::Timestamp>().map(|_| ()).map_err(|_| wrong_type("Edm.DateTimeOffset"))
        }
        Shape::Texts { items, length } => {
            let values = value.as_array().ok_or_else(|| wrong_type("Collection(Edm.String)"))?;
            if items < values.len() {
                return Err(invalid());
            }
            for value in values {
                let text = value.as_str().ok_or_else(|| wrong_type("Edm.String"))?;
                if text.is_empty() || length < text.chars().count() {
                    return Err(invalid());
                }
            }
            Ok(())
        }
        Shape::Complex => value.as_object().map(|_| ()).ok_or_else(|| wrong_type("complex value")),
    }
}

fn wrong_type(expected: &str) -> Refusal {
    Refusal::bad_request(format!(
        "Cannot convert a primitive value to the expected type '{expected}'. See the inner exception for more \
         details."
    ))
}

fn check_extension(kind: Kind, name: &str, value: &Value) -> Result<(), Refusal> {
    let fits = match value {
        Value::String(text) => text.chars().count() <= 256,
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
        Value::Array(items) => items.iter().all(|it| it.as_str().is_some_and(|it| it.len() <= 256)),
        Value::Object(_) => false,
    };
    if fits { Ok(()) } else { Err(Refusal::invalid_value(name, kind.resource())) }
}

fn check_user_value(name: &str, value: &Value) -> Result<(), Refusal> {
    let text = value.as_str().unwrap_or_default();
    let valid = match name {
        "userPrincipalName" => is_upn(text),
        "mail" => is_address(text),
        "mailNickname" => is_nickname(text),
        "usageLocation" => is_country(text),
        "onPremisesImmutableId" => !text.contains(['$', '_']),
        "passwordPolicies" => text
            .split(',')
            .all(|it| matches!(it.trim(), "None" | "DisablePasswordExpiration" | "DisableStrongPassword")),
        "otherMails" => value.as_array().into_iter().flatten().filter_map(Value::as_str).all(is_address),
        "preferredLanguage" => {
            text.chars().all(|it| it.is_ascii_alphanumeric() || it == '-') && 2 <= text.len()
        }
        "onPremisesExtensionAttributes" => return check_extension_attributes(value),
        "passwordProfile" => return check_password_profile(value),
        _ => true,
    };
    if valid { Ok(()) } else { Err(Refusal::invalid_value(name, "User")) }
}

fn check_group_value(name: &str, value: &Value) -> Result<(), Refusal> {
    let valid = match name {
        "membershipRule" => return check_membership_rule(Some(value)),
        "mailNickname" => value.as_str().is_some_and(is_nickname),
        "groupTypes" => value
            .as_array()
            .into_iter()
            .flatten()
            .all(|it| matches!(it.as_str(), Some("Unified" | "DynamicMembership"))),
        _ => true,
    };
    if valid { Ok(()) } else { Err(Refusal::invalid_value(name, "Group")) }
}

/// A rule that the service could not process is refused when it is set, with the place where it goes wrong.
pub(crate) fn check_membership_rule(value: Option<&Value>) -> Result<(), Refusal> {
    let Some(text) = value.and_then(Value::as_str) else { return Ok(()) };
    membership_rule::parse(text).map(|_| ()).map_err(|error| {
        let message = format!("Dynamic membership rule validation error: {error}.");
        Refusal::bad_request(message.clone()).detail("InvalidValue", message, "membershipRule")
    })
}

fn check_extension_attributes(value: &Value) -> Result<(), Refusal> {
    for (name, value) in value.as_object().into_iter().flatten() {
        if name.starts_with("@odata.") {
            continue;
        }
        if !schema::is_extension_attribute(name) {
            return Err(Refusal::bad_request(format!("Invalid property '{name}'.")));
        }
        match value {
            Value::Null => (),
            Value::String(text) if text.chars().count() <= 1024 => (),
            Value::String(_) => return Err(Refusal::invalid_value(name, "User")),
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                return Err(wrong_type("Edm.String"));
            }
        }
    }
    Ok(())
}

fn check_password_profile(value: &Value) -> Result<(), Refusal> {
    for (name, value) in value.as_object().into_iter().flatten() {
        match name.as_str() {
            "forceChangePasswordNextSignIn" | "forceChangePasswordNextSignInWithMfa" => {
                if !value.is_boolean() && !value.is_null() {
                    return Err(wrong_type("Edm.Boolean"));
                }
            }
            "password" => {
                let password = match value {
                    Value::Null => continue,
                    Value::String(text) => text,
                    Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                        return Err(wrong_type("Edm.String"));
                    }
                };
                if !is_strong(password) {
                    return Err(weak_password());
                }
            }
            other if other.starts_with("@odata.") => (),
            other => return Err(Refusal::bad_request(format!("Invalid property '{other}'."))),
        }
    }
    Ok(())
}

fn weak_password() -> Refusal {
    let message = "The specified password does not comply with password complexity requirements. Please provide \
                   a different password.";
    Refusal::bad_request(message).detail("InvalidValue", message.to_owned(), "passwordProfile")
}

/// The default cloud policy: 8 to 256 characters, three of four classes (reference, 2.6).
fn is_strong(password: &str) -> bool {
    let classes = [
        password.chars().any(|it| it.is_ascii_lowercase()),
        password.chars().any(|it| it.is_ascii_uppercase()),
        password.chars().any(|it| it.is_ascii_digit()),
        password.chars().any(|it| !it.is_ascii_alphanumeric()),
    ];
    (8..=256).contains(&password.chars().count()) && 3 <= classes.into_iter().filter(|it| *it).count()
}

/// Length and characters only; whether the domain is verified is the tenant's knowledge.
pub(crate) fn is_upn(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let allowed = |it: char| it.is_ascii_alphanumeric() || "'.-_!#^~".contains(it);
    (1..=64).contains(&local.len())
        && (1..=255).contains(&domain.len())
        && text.len() <= 113
        && local.chars().all(allowed)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && domain.chars().all(|it| it.is_ascii_alphanumeric() || ".-".contains(it))
}

fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let plain = |it: char| it.is_ascii_graphic() && !"@()<>[],;:\\\"".contains(it);
    !local.is_empty()
        && local.chars().all(plain)
        && domain.contains('.')
        && domain
            .split('.')
            .all(|label| !label.is_empty() && label.chars().all(|it| it.is_ascii_alphanumeric() || it == '-'))
}

/// ASCII without `@ () \ [ ] " ; : < > ,` and space (reference, 4.2).
fn is_nickname(text: &str) -> bool {
    text.chars().all(|it| it.is_ascii_graphic() && !"@()\\[]\";:<>,".contains(it))
}

/// ISO 3166-1 alpha-2 codes that are assigned.
const COUNTRIES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO \
BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER \
ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN \
IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH \
MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN \
PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ \
TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW";

fn is_country(text: &str) -> bool {
    text.len() == 2 && COUNTRIES.split_whitespace().any(|it| it.eq_ignore_ascii_case(text))
}
