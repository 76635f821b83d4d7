//! Replies of replication in all versions, with their prefix table, and the secrets in them under a fixed key.
//!
//! It does not know how a stub travels.

use samesign::wire::drsuapi::{
    Changes, Cursor, InfoLevel, Scope, SessionKey, bind_response, changes_response, controllers_response,
    crack_names_response, unbind_response,
};
use samesign::wire::ndr::DsName;
use zeroize::Zeroizing;

/// The session key of the recordings that the corpus begins with, so that secrets open.
const SESSION_KEY: [u8; 16] = *b"RbY4z2vEYQdg0yFF";

/// Reads the same bytes as the reply to every call.
pub fn read(bytes: &[u8]) {
    let _bound = bind_response(bytes);
    let _unbound = unbind_response(bytes);
    let _names = crack_names_response(bytes);
    let _controllers = controllers_response(InfoLevel::Two, bytes);
    let _controllers = controllers_response(InfoLevel::Three, bytes);
    if let Ok(cursor) = Cursor::from_bytes(bytes) {
        assert_eq!(Cursor::from_bytes(&cursor.to_bytes()), Ok(cursor));
    }
    let cursor = Cursor::default();
    let scopes = [
        Scope::Changes { domain: DsName::default(), cursor: &cursor, objects_max: 1000 },
        Scope::Object(DsName::default()),
    ];
    for scope in scopes {
        if let Ok(changes) = changes_response(&scope, bytes) {
            check(&changes, bytes.len());
        }
    }
}

fn check(changes: &Changes, len: usize) {
    let cursor = changes.cursor(&Cursor::default()).to_bytes();
    let again = Cursor::from_bytes(&cursor).expect("a cursor that was recorded can be read");
    assert_eq!(again.to_bytes(), cursor);
    let key = SessionKey::new(Zeroizing::new(SESSION_KEY.to_vec())).expect("a key of sixteen bytes");
    let mut values = 0;
    for object in &changes.objects {
        for attribute in &object.attributes {
            let _oid = changes.prefix_table.oid(attribute.kind);
            for value in &attribute.values {
                values += value.len();
                let _hash = key.nt_hash(object.rid().unwrap_or_default(), value);
            }
        }
    }
    assert!(values <= len, "values are not more than what was sent");
}
