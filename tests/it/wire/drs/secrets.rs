//! Decryption, and silence about what was decrypted.

use samesign::wire::drsuapi::{Attribute, Scope, SecretError, SessionKey, changes_response};
use samesign::wire::ndr::DsName;
use zeroize::Zeroizing;

use super::{bytes, digits, hex, recorded, stub, vectors};

fn key(bytes: Vec<u8>) -> SessionKey {
    SessionKey::new(Zeroizing::new(bytes)).map_err(|it| it.to_string()).unwrap()
}

fn opened(key: &SessionKey, rid: u32, value: &[u8]) -> Result<Vec<u8>, SecretError> {
    key.nt_hash(rid, value).map(|it| it.reveal().to_vec())
}

#[test]
fn hashes_are_those_of_the_vectors() {
    let vectors = vectors(include_str!("../../../vectors/drs-decrypt.json"));
    let mut lengths = Vec::new();
    for vector in vectors.as_array().unwrap() {
        let session = bytes(&vector["session_key"]);
        lengths.push(session.len());
        let rid = u32::try_from(vector["rid"].as_u64().unwrap()).unwrap();
        let (blob, key) = (bytes(&vector["blob"]), key(session));
        if vector["attr"] == "ntPwdHistory" {
            // Several hashes in one value: not what this client asks for.
            assert_eq!(opened(&key, rid, &blob), Err(SecretError::Length(84)));
        } else {
            assert_eq!(opened(&key, rid, &blob), Ok(bytes(&vector["out"][0])));
        }
    }
    assert_eq!(lengths, [16, 16, 16, 32, 32]);
}

#[test]
fn a_wrong_key_or_a_changed_value_shows_in_the_checksum() {
    let vectors = vectors(include_str!("../../../vectors/drs-decrypt.json"));
    let vector = &vectors[4];
    let (session, blob) = (bytes(&vector["session_key"]), bytes(&vector["blob"]));
    assert_eq!(opened(&key(session[..16].to_vec()), 1103, &blob), Err(SecretError::Checksum));
    for at in 0..blob.len() {
        let mut changed = blob.clone();
        changed[at] ^= 1;
        assert_eq!(opened(&key(session.clone()), 1103, &changed), Err(SecretError::Checksum), "byte {at}");
    }
    for len in 0..blob.len() {
        assert!(opened(&key(session.clone()), 1103, &blob[..len]).is_err(), "{len} bytes");
    }
    assert_ne!(opened(&key(session), 1104, &blob).unwrap(), bytes(&vector["out"][0]), "another account");
}

#[test]
fn keys_of_other_lengths_are_refused() {
    for len in [0, 8, 15, 17, 24, 33] {
        let made = SessionKey::new(Zeroizing::new(vec![1; len]));
        assert_eq!(made.err(), Some(SecretError::KeyLength(len)));
    }
}

#[test]
fn hashes_of_recorded_replies_are_those_of_the_accounts() {
    let scope = Scope::Object(DsName::default());
    for call in ["getncchanges_incremental_v8", "getncchanges_repl_obj_v8"] {
        let key = key(bytes(&recorded()[call]["session_key"]));
        let changes = changes_response(&scope, &stub(call, "response_stub"));
        let changes = changes.or_else(|_| {
            let cursor = samesign::wire::drsuapi::Cursor::default();
            let scope = Scope::Changes { domain: DsName::default(), cursor: &cursor, objects_max: 1 };
            changes_response(&scope, &stub(call, "response_stub"))
        });
        let mut seen = 0;
        for object in changes.unwrap().objects {
            for value in &object.attribute(Attribute::UnicodePwd).unwrap().values {
                let hash = opened(&key, object.rid().unwrap(), value);
                assert_eq!(hash, Ok(hex("92937945b518814341de3f726500d4ff")), "{}", object.dn);
                seen += 1;
            }
        }
        assert!(0 < seen);
    }
}

/// Neither the encrypted hash nor anything near it.
#[test]
fn no_value_is_in_a_debug_output() {
    let cursor = samesign::wire::drsuapi::Cursor::default();
    let scope = Scope::Changes { domain: DsName::default(), cursor: &cursor, objects_max: 1 };
    let stub = stub("getncchanges_incremental_v8", "response_stub");
    let changes = changes_response(&scope, &stub).unwrap();
    let shown = format!("{changes:?} {changes:#?}");
    let decimal = |bytes: &[u8]| format!("{bytes:?}").trim_matches(['[', ']']).to_owned();
    let mut checked = 0;
    for object in &changes.objects {
        for value in object.attributes.iter().flat_map(|it| &it.values).filter(|it| 4 < it.len()) {
            for secret in [digits(&value[..4]), decimal(&value[..4])] {
                assert!(!shown.contains(&secret), "{secret} in {shown}");
                checked += 1;
            }
        }
    }
    assert!(6 < checked);
    assert!(shown.contains("UnicodePwd") && shown.contains("CN=alice"));
}

/// What holds secrets cannot be shown at all.
#[test]
fn types_of_secrets_have_no_debug() {
    let sources = [
        include_str!("../../../../src/wire/drsuapi/secret.rs"),
        include_str!("../../../../src/wire/password/hash.rs"),
    ];
    for (source, name) in sources.into_iter().zip(["SessionKey", "NtHash"]) {
        let (before, _) = source.split_once(&format!("pub struct {name}(")).unwrap();
        assert!(before.lines().last().unwrap().starts_with("///"), "{name} derives something");
        for banned in ["Debug for", "Clone for", "Display for", "Serialize", "PartialEq for"] {
            assert!(!source.contains(banned), "{name}: {banned}");
        }
    }
}
