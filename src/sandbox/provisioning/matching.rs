//! Which object of the tenant an object of Entra Connect is or becomes (graph-tenant reference, 8.2).
//!
//! It changes nothing. Only an object that no anchor is known of yet is matched; later ones are found by it.

use uuid::Uuid;

use super::anchors;
use super::attributes::Sent;
use super::calculation;
use super::failure::Failure;
use crate::sandbox::object::{Kind, Mastery, Object};
use crate::sandbox::store::{KeySpace, Store};
use crate::sandbox::tenant::Tenant;

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Match {
    /// It has the anchor, or gets it now.
    Is(Uuid),
    /// The same, but it lies in the recycle bin.
    InBin(Uuid),
    Nobody,
}

/// Finds the object, or says why it may not be matched.
pub(super) fn find(tenant: &Tenant, sent: &Sent) -> Result<Match, Failure> {
    let store = &tenant.store;
    if let Some(object) = named(store, sent)? {
        // A mismatch of the two anchors is an anchor that changed.
        if let (Some(sent), Some(held)) = (&sent.source_anchor, object.source_anchor())
            && sent != held
        {
            return Err(Failure::anchor_changed());
        }
        check_takeover(tenant, object, sent)?;
        return Ok(if object.deleted.is_some() { Match::InBin(object.id) } else { Match::Is(object.id) });
    }
    soft_match(tenant, sent)
}

/// The object that an anchor names, if there is one.
fn named<'a>(store: &'a Store, sent: &Sent) -> Result<Option<&'a Object>, Failure> {
    let by_source = sent.source_anchor.as_deref().and_then(|anchor| {
        let in_bin = || store.in_bin(anchor).filter(|_| sent.kind == Kind::User);
        anchors::holder(store, sent.kind, anchor).or_else(in_bin)
    });
    let Some(id) = sent.cloud_anchor else { return Ok(by_source.and_then(|id| store.get(id))) };
    let object = store.get(id).filter(|it| it.kind == sent.kind);
    let object = object.ok_or_else(|| Failure::invalid("No object has this CloudAnchor."))?;
    if by_source.is_some_and(|it| it != id) {
        return Err(Failure::anchor_changed());
    }
    Ok(Some(object))
}

/// A hard match: whether an object that the tenant masters may be taken over, and whether an object that the
/// connector masters is still the same one.
fn check_takeover(tenant: &Tenant, object: &Object, sent: &Sent) -> Result<(), Failure> {
    const HARDENED: &str =
        "Hard match operation blocked due to security hardening. Review OnPremisesObjectIdentifier mapping.";
    let takes_over = match object.mastery {
        Mastery::OnPremSynced => false,
        Mastery::SoaConverted => {
            return Err(Failure::hard_match("The source of authority of this object is the cloud."));
        }
        Mastery::Cloud if object.kind != Kind::User => {
            return Err(Failure::hard_match("Only users are taken over by an anchor."));
        }
        Mastery::Cloud if tenant.feature("blockCloudObjectTakeoverThroughHardMatchEnabled") => {
            return Err(Failure::hard_match(
                "The tenant blocks the takeover of cloud objects by hard match.",
            ));
        }
        Mastery::Cloud | Mastery::FormerlySynced => true,
    };
    let held = object.properties.text("onPremisesObjectIdentifier");
    let sent = sent.text("onPremisesObjectIdentifier");
    let foreign = held.is_some_and(|held| sent.is_some_and(|it| it != held));
    let blocked = foreign || (takes_over && is_admin(&tenant.store, object));
    if blocked && !tenant.feature("allowOnPremUpdateOfOnPremisesObjectIdentifierEnabled") {
        return Err(Failure::hard_match(HARDENED));
    }
    Ok(())
}

/// A soft match: by primary address, and users also by name.
fn soft_match(tenant: &Tenant, sent: &Sent) -> Result<Match, Failure> {
    if tenant.feature("blockSoftMatchEnabled") {
        return Ok(Match::Nobody);
    }
    let store = &tenant.store;
    let proxies = sent.texts("proxyAddresses");
    let primary = calculation::primary(&proxies, sent.text("mail"));
    let by_address = primary
        .and_then(|it| store.holder(KeySpace::ProxyAddress, &format!("smtp:{it}")).zip(Some(it)))
        .and_then(|(id, address)| store.get(id).filter(|it| has_primary(it, &address)));
    let by_name = sent
        .text("userPrincipalName")
        .filter(|_| sent.kind == Kind::User && tenant.feature("softMatchOnUpnEnabled"))
        .and_then(|it| store.holder(KeySpace::UserPrincipalName, it))
        .and_then(|id| store.get(id));
    let Some(object) = by_address.or(by_name) else { return Ok(Match::Nobody) };
    let resilient = tenant.feature(if by_address.is_some() {
        "quarantineUponProxyAddressesConflictEnabled"
    } else {
        "quarantineUponUpnConflictEnabled"
    });
    if object.source_anchor().is_some() || object.mastery == Mastery::OnPremSynced {
        // The value goes into quarantine.
        return if resilient { Ok(Match::Nobody) } else { Err(Failure::soft_match()) };
    }
    if object.kind != sent.kind || object.unified() {
        return Err(Failure::type_mismatch());
    }
    if is_admin(store, object) {
        return Err(Failure::admin_role());
    }
    Ok(Match::Is(object.id))
}

fn has_primary(object: &Object, address: &str) -> bool {
    object
        .properties
        .texts("proxyAddresses")
        .iter()
        .any(|it| it.strip_prefix("SMTP:").is_some_and(|it| it.eq_ignore_ascii_case(address)))
}

/// Whether a user holds a directory role or may activate one, alone or through a group.
fn is_admin(store: &Store, object: &Object) -> bool {
    !object.roles.is_empty() || !object.eligible_roles.is_empty() || store.in_role_group(object.id)
}
