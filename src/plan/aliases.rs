//! Mail addresses besides the primary one that somebody new gets: each belongs to one object of the tenant.
//!
//! The primary address and the user name are settled in `claims`, with those who wait for each other. Nobody waits
//! for a further address: who does not get it with this plan gets it with one of the next.

use std::collections::HashMap;
use std::sync::Arc;

use crate::model::{CloudObject, ObjectKind, Property, addresses};

use super::Ground;
use super::change::{AttributeChange, Value};
use super::correlate::Owners;
use super::report::About;
use super::sketch::Sketch;

/// Who gets which address with this plan.
#[derive(Default)]
pub(super) struct Aliases {
    /// Made when first asked for.
    owners: Option<Owners>,
    /// Names of those who get an address, by address in lower case.
    given: HashMap<String, Arc<str>>,
}

/// What is known of the primary address before the others are looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Primary {
    /// Nothing: it is an address like the others.
    Unsettled,
    /// The object gets it.
    Granted,
    /// Somebody else has it, and that is said already.
    Refused,
}

impl Sketch {
    /// Takes addresses that belong to others out of what an object gets, and says whose they are; whether there were
    /// any.
    pub(super) fn claim_addresses(
        &mut self,
        ground: &Ground<'_>,
        (kind, name): (ObjectKind, &Arc<str>),
        (current, primary): (Option<CloudObject<'_>>, Primary),
        differences: &mut Vec<AttributeChange>,
    ) -> bool {
        let Some(at) = differences.iter().position(|it| it.property == Property::ProxyAddresses) else {
            return false;
        };
        let change = &mut differences[at];
        let Some(Value::Set(wanted)) = &mut change.to else { return false };
        let had: &[Box<str>] = match &change.from {
            Some(Value::Set(had)) => had,
            Some(Value::Text(_) | Value::Switch(_) | Value::Reference(_) | Value::NotShown) | None => &[],
        };
        let is_new = |it: &str| !had.iter().any(|had| had.eq_ignore_ascii_case(it));
        let mut refused = Vec::new();
        let kept = wanted.iter().filter(|it| {
            if addresses::is_primary(it) && primary != Primary::Unsettled {
                return primary == Primary::Granted;
            }
            let rival = if is_new(it) { self.aliases.rival(ground, it, current, name) } else { None };
            let is_free = rival.is_none();
            refused.extend(rival.map(|rival| (it.to_string(), rival)));
            is_free
        });
        let mut kept: Vec<Box<str>> = kept.cloned().collect();
        if primary == Primary::Refused {
            keep_primary(&mut kept, had);
        }
        *wanted = kept.into_boxed_slice();
        let (is_empty, is_settled) = (wanted.is_empty(), **wanted == *had);
        if is_empty {
            change.to = None;
        }
        if is_settled {
            differences.remove(at);
        }
        let are_some = !refused.is_empty();
        for (address, rival) in refused {
            let text = format!("proxyAddresses {address} is left alone: it belongs to {rival}");
            self.finding(kind, name, About::Address, text);
        }
        are_some
    }
}

/// Lets the tenant's primary address be: the tenant calculates it from `mail`, which is left alone, so that taking it
/// out would change nothing, again and again.
fn keep_primary(addresses: &mut Vec<Box<str>>, had: &[Box<str>]) {
    if let Some(primary) = had.iter().find(|it| addresses::is_primary(it)) {
        addresses.retain(|it| !it.eq_ignore_ascii_case(primary));
        addresses.push(primary.clone());
        addresses.sort();
    }
}

impl Aliases {
    fn owners(&mut self, ground: &Ground<'_>) -> &Owners {
        self.owners.get_or_insert_with(|| Owners::of(ground.tenant))
    }

    /// Who else has or gets an address; if nobody, it is given to this one.
    pub(super) fn rival(
        &mut self,
        ground: &Ground<'_>,
        address: &str,
        current: Option<CloudObject<'_>>,
        name: &Arc<str>,
    ) -> Option<String> {
        let key = addresses::smtp_address(address)?.to_lowercase();
        let owner =
            self.owners(ground).of_address(&key).filter(|it| current.is_none_or(|own| own.id() != *it));
        if let Some(owner) = owner {
            return Some(ground.owner(owner));
        }
        if let Some(other) = self.given.get(&key).filter(|it| !Arc::ptr_eq(it, name)) {
            return Some(format!("{other}, who gets it with this plan"));
        }
        self.given.insert(key, Arc::clone(name));
        None
    }
}
