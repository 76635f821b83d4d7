//! Values that somebody else holds (graph-tenant reference, 8.4): they are left out and noted, so that the rest of
//! an object can be written, and tried again every hour.
//!
//! It does not know requests.

use jiff::{SignedDuration, Timestamp};
use rand::RngExt as _;
use serde_json::{Value, json};
use uuid::Uuid;

use super::calculation::{self, Inputs};
use super::failure::{Failure, conflict};
use super::writing;
use crate::sandbox::object::{Kind, Object, whole_second};
use crate::sandbox::store::KeySpace;
use crate::sandbox::tenant::Tenant;

/// How often values in quarantine are tried again.
const INTERVAL: SignedDuration = SignedDuration::from_hours(1);
const ERRORS: &str = "onPremisesProvisioningErrors";

/// Puts calculated values into an object, without those that others hold.
pub(super) fn settle(tenant: &mut Tenant, object: &mut Object, keep_name: bool) -> Result<(), Failure> {
    let inputs = Inputs::of(object, &tenant.seed);
    if object.properties.text("mailNickname").is_none() {
        let nickname = inputs.nickname().unwrap_or_else(|| fallback_nickname(object));
        object.properties.set("mailNickname", nickname.into());
    }
    let before = object.properties.get(ERRORS).unwrap_or_default();
    let mut errors = Vec::new();
    if object.kind == Kind::User {
        settle_name(tenant, object, (&inputs, keep_name), &mut errors)?;
    }
    settle_addresses(tenant, object, &inputs, &mut errors)?;
    let now = whole_second(tenant.now());
    let errors: Vec<Value> = errors.into_iter().map(|it| dated(&before, it, &now)).collect();
    object.properties.set(ERRORS, errors.into());
    Ok(())
}

/// What a result says of an object that was written all the same.
pub(super) fn warning(object: &Object) -> Option<String> {
    let errors = object.properties.get(ERRORS)?;
    let each = errors.as_array().into_iter().flatten();
    let named: Vec<String> = each
        .map(|it| {
            let text = |name: &str| it[name].as_str().unwrap_or_default();
            format!("{} {};", text("propertyCausingError"), text("value"))
        })
        .collect();
    (!named.is_empty()).then(|| conflict(&named.join(" ")))
}

/// Tries values in quarantine again, if the last time was an hour ago.
pub(crate) fn review(tenant: &mut Tenant) {
    let now = tenant.now();
    let due = |last: Timestamp| last.saturating_add(INTERVAL).is_ok_and(|it| it <= now);
    if !tenant.quarantine_reviewed.is_none_or(due) {
        return;
    }
    // The first look only starts the clock.
    let first = tenant.quarantine_reviewed.replace(now).is_none();
    if !first {
        for id in tenant.store.quarantined() {
            recalculate(tenant, id);
        }
    }
}

/// Calculates an object anew: something that it depends on may have changed.
pub(crate) fn recalculate(tenant: &mut Tenant, id: Uuid) {
    let Some(mut object) = tenant.store.get(id).filter(|it| it.deleted.is_none()).map(writing::shallow)
    else {
        return;
    };
    if object.shadow.is_some() && settle(tenant, &mut object, true).is_ok() {
        writing::replace(tenant, object);
    }
}

fn fallback_nickname(object: &Object) -> String {
    let named = object.properties.text("displayName").unwrap_or_default();
    let plain: String = named.chars().filter(char::is_ascii_alphanumeric).take(64).collect();
    if plain.is_empty() { object.id.simple().to_string() } else { plain }
}

/// An error that was there before keeps its date.
fn dated(before: &Value, (property, value): (&str, String), now: &str) -> Value {
    let same = |it: &&Value| it["propertyCausingError"] == property && it["value"] == value;
    before.as_array().into_iter().flatten().find(same).cloned().unwrap_or_else(|| {
        json!({
            "category": "PropertyConflict",
            "occurredDateTime": now,
            "propertyCausingError": property,
            "value": value,
        })
    })
}

fn settle_name(
    tenant: &mut Tenant,
    user: &mut Object,
    (inputs, keep): (&Inputs, bool),
    errors: &mut Vec<(&'static str, String)>,
) -> Result<(), Failure> {
    let nickname = user.properties.text("mailNickname").unwrap_or_default();
    let wanted = calculation::name(&tenant.seed, inputs.name.as_deref(), nickname);
    let noted = user.properties.get(ERRORS).unwrap_or_default();
    let mut noted = noted.as_array().into_iter().flatten();
    let placeheld = noted.any(|it| it["propertyCausingError"] == "UserPrincipalName");
    let current = user.properties.text("userPrincipalName");
    if keep && !placeheld && current.is_some() {
        return Ok(());
    }
    let taken = |it: &str| {
        tenant.store.holder(KeySpace::UserPrincipalName, it).is_some_and(|holder| holder != user.id)
    };
    if !taken(&wanted) {
        user.properties.set("userPrincipalName", wanted.into());
        return Ok(());
    }
    if !tenant.feature("quarantineUponUpnConflictEnabled") {
        return Err(Failure::taken("UserPrincipalName", &wanted));
    }
    let prefix = format!("{}+", wanted.split('@').next().unwrap_or_default());
    if !current.is_some_and(|it| it.starts_with(&prefix)) {
        let domain = calculation::initial_domain(&tenant.seed).to_owned();
        let name = numbered(tenant, KeySpace::UserPrincipalName, (&prefix, &domain));
        user.properties.set("userPrincipalName", name.into());
    }
    errors.push(("UserPrincipalName", wanted));
    Ok(())
}

/// `<prefix><four digits>@<domain>` that nobody has.
fn numbered(tenant: &mut Tenant, space: KeySpace, (prefix, domain): (&str, &str)) -> String {
    let mut ceiling = 10_000_u64;
    loop {
        let digits = tenant.random.random_range(0..ceiling);
        // Should very many be taken, there are more than four digits.
        ceiling = ceiling.saturating_add(10);
        let name = format!("{prefix}{digits:04}@{domain}");
        let key = if space == KeySpace::ProxyAddress { format!("smtp:{name}") } else { name.clone() };
        if tenant.store.holder(space, &key).is_none() {
            return name;
        }
    }
}

fn settle_addresses(
    tenant: &mut Tenant,
    object: &mut Object,
    inputs: &Inputs,
    errors: &mut Vec<(&'static str, String)>,
) -> Result<(), Failure> {
    let mut addresses = Vec::new();
    for address in inputs.addresses(&tenant.seed) {
        let holder = tenant.store.holder(KeySpace::ProxyAddress, &address);
        if holder.is_none_or(|it| it == object.id) {
            addresses.push(address);
        } else if tenant.feature("quarantineUponProxyAddressesConflictEnabled") {
            errors.push(("ProxyAddress", address));
        } else {
            return Err(Failure::taken("ProxyAddresses", &address));
        }
    }
    let mut mail = addresses.iter().find_map(|it| it.strip_prefix("SMTP:")).map(str::to_owned);
    if let Some(moera) = moera(tenant, object, inputs.recipient) {
        // Without another primary address it is the one that the service gave.
        let scheme = if mail.is_none() { "SMTP" } else { "smtp" };
        calculation::add(&mut addresses, format!("{scheme}:{moera}"));
        mail = mail.or(Some(moera));
    }
    object.properties.set("mail", mail.map_or(Value::Null, Value::from));
    object.properties.set("proxyAddresses", addresses.into());
    Ok(())
}

/// The address in the initial domain: given once to whoever gets mail here, and kept ever after.
fn moera(tenant: &mut Tenant, object: &Object, recipient: bool) -> Option<String> {
    let domain = calculation::initial_domain(&tenant.seed).to_owned();
    let of_initial = |it: &String| {
        let (_, address) = it.split_once(':')?;
        let (_, of) = address.rsplit_once('@')?;
        of.eq_ignore_ascii_case(&domain).then(|| address.to_owned())
    };
    let held = object.properties.texts("proxyAddresses").iter().find_map(of_initial);
    if held.is_some() || !recipient || object.kind != Kind::User {
        return held;
    }
    let nickname = object.properties.text("mailNickname").unwrap_or_default();
    let wanted = format!("{nickname}@{domain}");
    let taken = tenant.store.holder(KeySpace::ProxyAddress, &format!("smtp:{wanted}"));
    if taken.is_none_or(|it| it == object.id) {
        return Some(wanted);
    }
    Some(numbered(tenant, KeySpace::ProxyAddress, (nickname, &domain)))
}
