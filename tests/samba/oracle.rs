//! What `ldapsearch` says is in the directory: an independent reading to compare with.
//!
//! It shares no code with the program.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Values by attribute, lower case.
pub(crate) type Entry = BTreeMap<String, BTreeSet<Vec<u8>>>;

/// Entries by `distinguishedName`.
pub(crate) fn entries(ldif: &str) -> BTreeMap<String, Entry> {
    let mut found = BTreeMap::new();
    for block in ldif.split("\n\n") {
        let mut entry = Entry::new();
        for line in block.lines().filter(|it| !it.starts_with('#')) {
            let Some((name, value)) = line.split_once(':') else { continue };
            let value = match value.strip_prefix(':') {
                Some(encoded) => STANDARD.decode(encoded.trim()).unwrap(),
                None => value.trim_start().as_bytes().to_vec(),
            };
            entry.entry(name.to_ascii_lowercase()).or_default().insert(value);
        }
        let Some(dn) = entry.remove("dn").and_then(|it| it.into_iter().next()) else { continue };
        found.insert(String::from_utf8(dn).unwrap(), entry);
    }
    found
}
