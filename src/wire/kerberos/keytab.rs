//! Keytab files, version 2 (MIT Kerberos, "The Kerberos keytab binary file format").
//!
//! It takes bytes; where they come from is the caller's.

use super::{KerberosError, Key, Principal};

/// The AES keys of a principal with the newest version number, the strongest first.
pub fn keys_of(principal: &Principal, keytab: &[u8]) -> Result<Vec<Key>, KerberosError> {
    let not_one = KerberosError::NotSuchFile("a keytab of version 2");
    let Some(mut rest) = keytab.strip_prefix(&[5, 2]) else { return Err(not_one) };
    let mut found: Vec<(u32, Key)> = Vec::new();
    while let Some((size, tail)) = rest.split_first_chunk::<4>() {
        let size = i32::from_be_bytes(*size);
        let len = usize::try_from(size.unsigned_abs()).unwrap_or(usize::MAX);
        let (record, tail) = tail.split_at_checked(len).ok_or_else(|| not_one.clone())?;
        rest = tail;
        // A negative size is a hole where a key was removed.
        if size < 0 {
            continue;
        }
        let Entry { name, version, kind, key } = entry(record).ok_or_else(|| not_one.clone())?;
        if name == *principal
            && let Ok(key) = Key::new(kind.into(), key)
        {
            found.push((version, key));
        }
    }
    let newest = found.iter().map(|it| it.0).max();
    let mut keys: Vec<Key> = found.into_iter().filter(|it| Some(it.0) == newest).map(|it| it.1).collect();
    keys.sort_by_key(|it| std::cmp::Reverse(it.kind()));
    if keys.is_empty() { Err(KerberosError::NoKey(principal.to_string())) } else { Ok(keys) }
}

struct Entry<'a> {
    name: Principal,
    version: u32,
    kind: u16,
    key: &'a [u8],
}

fn entry(record: &[u8]) -> Option<Entry<'_>> {
    let mut rest = record;
    let count = short(&mut rest)?;
    let realm = text(&mut rest)?;
    let components = (0..count).map(|_| text(&mut rest)).collect::<Option<_>>()?;
    let (_name_kind_and_time, tail) = rest.split_at_checked(8)?;
    let (version, mut rest) = tail.split_first()?;
    let kind = short(&mut rest)?;
    let len = short(&mut rest)?;
    let (key, rest) = rest.split_at_checked(len.into())?;
    // The wide version number was added later.
    let wide = rest.first_chunk().map(|it| u32::from_be_bytes(*it)).filter(|it| *it != 0);
    let version = wide.unwrap_or(u32::from(*version));
    Some(Entry { name: Principal { realm, components }, version, kind, key })
}

fn short(rest: &mut &[u8]) -> Option<u16> {
    let (bytes, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(u16::from_be_bytes(*bytes))
}

fn text(rest: &mut &[u8]) -> Option<String> {
    let len = short(rest)?;
    let (bytes, tail) = rest.split_at_checked(len.into())?;
    *rest = tail;
    String::from_utf8(bytes.to_vec()).ok()
}
