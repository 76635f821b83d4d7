//! Nickname, name and addresses of a synchronised object, calculated from what was sent and the tenant's domains
//! (graph-tenant reference, 8.5 and 8.6).
//!
//! It does not know whether somebody else holds a value.

use serde_json::Value;

use crate::sandbox::object::Object;
use crate::sandbox::rules;
use crate::sandbox::seed::{Seed, SeedDomain};

/// The attributes whose values are kept as they were sent.
pub(super) const INPUTS: &[&str] =
    &["alias", "mail", "mailNickname", "msExchRecipientTypeDetails", "proxyAddresses", "userPrincipalName"];
const LEGACY: &[&str] = &["x400", "msmail", "ccmail", "notes"];
const NICKNAME_CHARS_MAX: usize = 64;

/// What was sent of one object, and whether it gets mail here.
#[derive(Clone, Debug, Default)]
pub(super) struct Inputs {
    pub(super) name: Option<String>,
    pub(super) mail: Option<String>,
    pub(super) nickname: Option<String>,
    pub(super) proxies: Vec<String>,
    pub(super) recipient: bool,
}

impl Inputs {
    /// Reads the values that were kept.
    pub(super) fn of(object: &Object, seed: &Seed) -> Self {
        let kept = |name: &str| object.shadow.as_ref().and_then(|it| it.get(name));
        let text = |name: &str| kept(name).and_then(Value::as_str).map(str::to_owned);
        let proxies = kept("proxyAddresses").and_then(Value::as_array).into_iter().flatten();
        Self {
            name: text("userPrincipalName"),
            mail: text("mail"),
            nickname: text("alias").or_else(|| text("mailNickname")),
            proxies: proxies.filter_map(Value::as_str).map(str::to_owned).collect(),
            recipient: has_exchange(object, seed) || kept("msExchRecipientTypeDetails").is_some(),
        }
    }

    /// The nickname of an object that has none yet: the first of these that there is.
    pub(super) fn nickname(&self) -> Option<String> {
        let primary = self.proxies.iter().find_map(|it| it.strip_prefix("SMTP:"));
        let secondary = self.proxies.iter().find_map(|it| it.strip_prefix("smtp:"));
        let sources =
            [self.nickname.as_deref(), primary, self.mail.as_deref(), self.name.as_deref(), secondary];
        sources.into_iter().flatten().map(nickname_of).find(|it| !it.is_empty())
    }

    /// The addresses, primary first, but for those that only recipients have.
    pub(super) fn addresses(&self, seed: &Seed) -> Vec<String> {
        let proxies: Vec<&str> = self.proxies.iter().map(String::as_str).collect();
        let primary = primary(&proxies, self.mail.as_deref()).filter(|it| !is_reserved(it)).or_else(|| {
            let name = self.name.clone().filter(|it| self.recipient && verified(seed, it).is_some());
            name.filter(|it| !is_reserved(it))
        });
        let mut addresses: Vec<String> = primary.iter().map(|it| format!("SMTP:{it}")).collect();
        for proxy in proxies.into_iter().filter(|it| is_kept(it)) {
            let (scheme, rest) = proxy.split_once(':').unwrap_or_default();
            let smtp = scheme.eq_ignore_ascii_case("smtp");
            add(&mut addresses, if smtp { format!("smtp:{rest}") } else { proxy.to_owned() });
        }
        if self.recipient {
            for name in self.name.iter().filter(|it| !is_reserved(it)) {
                add(&mut addresses, format!("smtp:{name}"));
            }
            addresses.retain(|it| {
                let address = it.split_once(':').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("smtp"));
                address.is_none_or(|(_, it)| verified(seed, it).is_some())
            });
        }
        addresses
    }
}

/// The primary address: the one in capitals, or else `mail`.
pub(super) fn primary(proxies: &[&str], mail: Option<&str>) -> Option<String> {
    let marked = proxies.iter().filter(|it| is_kept(it)).find_map(|it| it.strip_prefix("SMTP:"));
    marked.or(mail.filter(|it| it.contains('@') && !it.contains(' '))).map(str::to_owned)
}

/// Adds an address that is not there in whatever case.
pub(super) fn add(addresses: &mut Vec<String>, address: String) {
    if !addresses.iter().any(|it| it.eq_ignore_ascii_case(&address)) {
        addresses.push(address);
    }
}

/// Well-formed, of a protocol in use, and not of a domain that only the service gives away.
fn is_kept(proxy: &str) -> bool {
    let Some((scheme, rest)) = proxy.split_once(':') else { return false };
    let smtp = scheme.eq_ignore_ascii_case("smtp");
    !scheme.is_empty()
        && !rest.is_empty()
        && !LEGACY.iter().any(|it| scheme.eq_ignore_ascii_case(it))
        && (!smtp || (rest.contains('@') && !rest.contains(' ') && !is_reserved(rest)))
}

fn is_reserved(address: &str) -> bool {
    let domain = address.rsplit_once('@').map_or("", |(_, it)| it).to_ascii_lowercase();
    [".onmicrosoft.com", ".microsoftonline.com"].iter().any(|it| domain.ends_with(it))
}

/// The verified domain that a name or address is of.
pub(super) fn verified<'a>(seed: &'a Seed, address: &str) -> Option<&'a SeedDomain> {
    let (_, domain) = address.rsplit_once('@')?;
    seed.domains.iter().find(|it| it.verified && it.name.eq_ignore_ascii_case(domain))
}

/// The domain that the tenant got from the service.
pub(super) fn initial_domain(seed: &Seed) -> &str {
    seed.domains.iter().find(|it| it.initial).map_or("", |it| &it.name)
}

/// The name that an object gets from the name that was sent, if that is of a verified domain and in the
/// characters of the service; else from its nickname.
pub(super) fn name(seed: &Seed, sent: Option<&str>, nickname: &str) -> String {
    match sent.filter(|it| rules::is_upn(it) && verified(seed, it).is_some()) {
        Some(name) => name.to_owned(),
        None => format!("{}@{}", nickname.trim_matches('.'), initial_domain(seed)),
    }
}

/// The part before the `@`, in the characters of a nickname that a name can have as well.
fn nickname_of(text: &str) -> String {
    let local = text.split_once('@').map_or(text, |(local, _)| local);
    let allowed = |it: &char| it.is_ascii_alphanumeric() || "'.-_!#^~".contains(*it);
    local.chars().filter(allowed).take(NICKNAME_CHARS_MAX).collect()
}

/// Whether a user has a licence with a plan of Exchange.
fn has_exchange(object: &Object, seed: &Seed) -> bool {
    let assigned = object.properties.get("assignedLicenses").unwrap_or_default();
    assigned.as_array().into_iter().flatten().any(|licence| {
        let sku = seed.skus.iter().find(|it| licence["skuId"] == it.sku_id.to_string());
        let disabled =
            |plan: &str| licence["disabledPlans"].as_array().into_iter().flatten().any(|it| it == plan);
        sku.is_some_and(|it| {
            it.plans.iter().any(|(name, id)| name.starts_with("EXCHANGE_S_") && !disabled(&id.to_string()))
        })
    })
}
