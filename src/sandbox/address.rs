//! How `mail` becomes `proxyAddresses` (graph-tenant reference, 8.6), for objects that the tenant masters.
//!
//! Licences do not play a part here yet, and nobody can write secondary addresses through Graph.

use super::object::Object;

/// Makes an address the primary one. A former primary address is replaced, secondary ones stay.
///
/// Tells whether `proxyAddresses` changed.
pub(crate) fn set_primary(object: &mut Object, mail: &str) -> bool {
    let mut addresses: Vec<String> = object
        .properties
        .texts("proxyAddresses")
        .into_iter()
        .filter(|it| !it.starts_with("SMTP:") && !it.eq_ignore_ascii_case(&format!("smtp:{mail}")))
        .collect();
    addresses.insert(0, format!("SMTP:{mail}"));
    object.properties.set("proxyAddresses", addresses.into())
}
