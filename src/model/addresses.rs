//! Mail addresses of an object, as the tenant calculates them from what it is sent (graph-tenant reference, 8.6).
//!
//! The tenant adds addresses of its own, which are nobody's change, and drops what it cannot deliver to. It does
//! not know who else has an address.

use std::borrow::Cow;

/// Protocols that the tenant does not take any more.
const LEGACY: &[&str] = &["x400", "msmail", "ccmail", "notes"];
/// Domains that only the service gives away.
const RESERVED: &[&str] = &[".onmicrosoft.com", ".microsoftonline.com"];

/// The address without its protocol, if the protocol is SMTP.
pub fn smtp_address(proxy: &str) -> Option<&str> {
    let (scheme, address) = proxy.split_once(':')?;
    scheme.eq_ignore_ascii_case("smtp").then_some(address)
}

/// Whether an address is the one that mail goes out with.
pub fn is_primary(proxy: &str) -> bool {
    proxy.starts_with("SMTP:")
}

/// Whether only the service gives such addresses away.
pub fn is_reserved(address: &str) -> bool {
    let domain = address.rsplit_once('@').map_or("", |(_, it)| it);
    let ends_in = |suffix: &&str| {
        let at = domain.len().checked_sub(suffix.len());
        at.and_then(|it| domain.get(it..)).is_some_and(|it| it.eq_ignore_ascii_case(suffix))
    };
    RESERVED.iter().any(ends_in)
}

/// Whether the tenant keeps an address that it is sent: well-formed, of a protocol in use, and not reserved.
fn is_kept(proxy: &str) -> bool {
    let Some((scheme, rest)) = proxy.split_once(':') else { return false };
    let is_legacy = LEGACY.iter().any(|it| scheme.eq_ignore_ascii_case(it));
    let is_fit = match smtp_address(proxy) {
        Some(address) => address.contains('@') && !address.contains(' ') && !is_reserved(address),
        None => true,
    };
    !scheme.is_empty() && !rest.is_empty() && !is_legacy && is_fit
}

/// Whether two are the same address, primary or not alike.
fn is_same(one: &str, other: &str) -> bool {
    is_primary(one) == is_primary(other) && one.eq_ignore_ascii_case(other)
}

/// The addresses that an object should have: those of `proxyAddresses` that the tenant keeps, with `mail` as the
/// primary one if none is marked; sorted.
pub fn wanted<'a>(proxies: impl IntoIterator<Item = &'a str>, mail: Option<&'a str>) -> Vec<Cow<'a, str>> {
    let mut addresses: Vec<Cow<'a, str>> = Vec::new();
    for proxy in proxies.into_iter().map(str::trim).filter(|it| is_kept(it)) {
        add(&mut addresses, Cow::Borrowed(proxy));
    }
    let mail = mail.map(str::trim).filter(|it| it.contains('@') && !it.contains(' ') && !is_reserved(it));
    if let Some(mail) = mail.filter(|_| !addresses.iter().any(|it| is_primary(it))) {
        addresses.retain(|it| smtp_address(it).is_none_or(|it| !it.eq_ignore_ascii_case(mail)));
        addresses.push(Cow::Owned(format!("SMTP:{mail}")));
    }
    addresses.sort();
    addresses
}

/// An address once, as the primary one if it is that anywhere; the directory lets people mark two, and the first
/// counts.
fn add<'a>(addresses: &mut Vec<Cow<'a, str>>, proxy: Cow<'a, str>) {
    let has_primary = addresses.iter().any(|it| is_primary(it));
    let proxy = match smtp_address(&proxy) {
        Some(address) if is_primary(&proxy) && has_primary => Cow::Owned(format!("smtp:{address}")),
        Some(_) | None => proxy,
    };
    match addresses.iter_mut().find(|it| it.eq_ignore_ascii_case(&proxy)) {
        Some(known) if is_primary(&proxy) => *known = proxy,
        Some(_) => (),
        None => addresses.push(proxy),
    }
}

/// Whether an object has these addresses, and beside them only what the tenant adds by itself.
pub fn are_in(wanted: &[Box<str>], has: &[&str], user_name: Option<&str>) -> bool {
    wanted.iter().all(|it| has.iter().any(|has| is_same(it, has)))
        && has.iter().all(|has| is_calculated(has, user_name) || wanted.iter().any(|it| is_same(it, has)))
}

/// Whether the tenant adds an address by itself: of its own domain, or the user's name, which a mailbox gets.
pub fn is_calculated(proxy: &str, user_name: Option<&str>) -> bool {
    smtp_address(proxy)
        .is_some_and(|it| is_reserved(it) || user_name.is_some_and(|name| name.eq_ignore_ascii_case(it)))
}

/// How the addresses of an object change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressDifference {
    /// What it has of its own today, sorted.
    pub from: Vec<Box<str>>,
    /// What it should have.
    pub to: Vec<Box<str>>,
}

/// How the addresses of an object change; `None` if it has what it should have.
///
/// An address of a domain that the tenant does not own may be there or not: the tenant drops it from mailboxes.
pub fn difference<'a>(
    wanted: &[Cow<'a, str>],
    has: &[&'a str],
    user_name: Option<&str>,
    is_verified: impl Fn(&str) -> bool,
) -> Option<AddressDifference> {
    let is_there = |it: &str| has.iter().any(|has| is_same(it, has));
    let may_be_missing = |it: &str| smtp_address(it).is_some_and(|it| !is_verified(domain(it)));
    let to: Vec<Box<str>> =
        wanted.iter().filter(|it| is_there(it) || !may_be_missing(it)).map(|it| it.as_ref().into()).collect();
    if are_in(&to, has, user_name) {
        return None;
    }
    // A primary address that gives way to another is one that people know, whoever calculated it.
    let gives_way = to.iter().any(|it| is_primary(it));
    let is_own = |it: &&&str| {
        (gives_way && is_primary(it)) || !is_calculated(it, user_name) || to.iter().any(|to| is_same(to, it))
    };
    let mut from: Vec<Box<str>> = has.iter().filter(is_own).map(|it| (*it).into()).collect();
    from.sort();
    Some(AddressDifference { from, to })
}

/// What follows the `@`.
fn domain(address: &str) -> &str {
    address.rsplit_once('@').map_or("", |(_, it)| it)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_wanted(proxies: &[&str], mail: Option<&str>, expected: &[&str]) {
        assert_eq!(wanted(proxies.iter().copied(), mail), expected);
    }

    #[test]
    fn the_primary_address_is_marked_or_else_mail() {
        check_wanted(
            &["smtp:b@c.example", "SMTP:a@c.example"],
            Some("m@c.example"),
            &["SMTP:a@c.example", "smtp:b@c.example"],
        );
        check_wanted(
            &["smtp:m@c.example", "smtp:b@c.example"],
            Some("M@c.example"),
            &["SMTP:M@c.example", "smtp:b@c.example"],
        );
        check_wanted(&[], Some("m@c.example"), &["SMTP:m@c.example"]);
        check_wanted(
            &["SMTP:a@c.example", "SMTP:b@c.example"],
            None,
            &["SMTP:a@c.example", "smtp:b@c.example"],
        );
    }

    #[test]
    fn what_the_tenant_drops_is_not_wanted() {
        let dropped =
            ["smtp:a@x.onmicrosoft.com", "X400:c=US;", "nonsense", "smtp:two words@c.example", "smtp:"];
        check_wanted(&dropped, Some("a@x.onmicrosoft.com"), &[]);
        check_wanted(&["sip:a@c.example", "X500:/o=x"], None, &["X500:/o=x", "sip:a@c.example"]);
    }

    fn check(wanted: &[&str], has: &[&str], expected: Option<(&[&str], &[&str])>) {
        let wanted: Vec<Cow<'_, str>> = wanted.iter().map(|it| Cow::Borrowed(*it)).collect();
        let found = difference(&wanted, has, Some("u@c.example"), |it| it == "c.example");
        let owned = |it: &[&str]| it.iter().map(|it| Box::from(*it)).collect::<Vec<Box<str>>>();
        assert_eq!(found, expected.map(|(from, to)| AddressDifference { from: owned(from), to: owned(to) }));
    }

    #[test]
    fn what_the_tenant_adds_is_no_difference() {
        check(
            &["SMTP:a@c.example"],
            &["smtp:a@t.onmicrosoft.com", "SMTP:A@c.example", "smtp:U@c.example"],
            None,
        );
        check(&[], &["SMTP:u@c.example", "smtp:u@t.onmicrosoft.com"], None);
        check(&["SMTP:a@c.example", "smtp:a@elsewhere.example"], &["SMTP:a@c.example"], None);
    }

    #[test]
    fn a_difference_names_what_the_object_has_of_its_own() {
        let has = ["SMTP:a@c.example", "smtp:a@t.onmicrosoft.com", "smtp:u@c.example", "smtp:old@c.example"];
        check(
            &["SMTP:b@c.example", "smtp:a@c.example"],
            &has,
            Some((&["SMTP:a@c.example", "smtp:old@c.example"], &["SMTP:b@c.example", "smtp:a@c.example"])),
        );
        check(&[], &["SMTP:a@c.example"], Some((&["SMTP:a@c.example"], &[])));
    }

    #[test]
    fn a_primary_address_that_gives_way_is_named_even_if_the_tenant_calculated_it() {
        check(
            &["SMTP:new@c.example", "smtp:u@c.example"],
            &["SMTP:u@c.example", "smtp:u@t.onmicrosoft.com"],
            Some((&["SMTP:u@c.example"], &["SMTP:new@c.example", "smtp:u@c.example"])),
        );
        check(
            &["smtp:also@c.example"],
            &["SMTP:u@c.example", "smtp:u@t.onmicrosoft.com"],
            Some((&[], &["smtp:also@c.example"])),
        );
    }
}
