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
        if 0 < size
            && let Some((name, version, key)) = entry(record).ok_or_else(|| not_one.clone())?
            && name == *principal
        {
            found.push((version, key));
        }
    }
    let newest = found.iter().map(|it| it.0).max();
    let mut keys: Vec<Key> = found.into_iter().filter(|it| Some(it.0) == newest).map(|it| it.1).collect();
    keys.sort_by_key(|it| std::cmp::Reverse(it.kind()));
    if keys.is_empty() { Err(KerberosError::NoKey(principal.to_string())) } else { Ok(keys) }
}

/// `None`: malformed; `Some(None)`: a key of a kind that is not used.
fn entry(record: &[u8]) -> Option<Option<(Principal, u32, Key)>> {
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
    let principal = Principal { realm, components };
    Some(Key::new(kind.into(), key).ok().map(|key| (principal, version, key)))
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
