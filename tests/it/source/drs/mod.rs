//! Reading password hashes from domain controllers that do what a script tells them.

mod breaking;
mod domain_controller;
mod fall_over;
mod pages;
mod reading;

use std::sync::Arc;
use std::time::Duration;

use md5::{Digest, Md5};
use rc4::{KeyInit, Rc4, StreamCipher};
use samesign::model::Secret;
use samesign::source::ServerAddress;
use samesign::source::drs::{Account, AccountChange, PasswordChange, Replica, ReplicationError, Settings};
use samesign::wire::drsuapi::Cursor;
use serde_json::Value;

use self::domain_controller::{Call, DomainController, PASSWORD, Reply, Script};

/// Operations of the replication interface.
const BIND: u16 = 0;
const UNBIND: u16 = 1;
const CHANGES: u16 = 3;
const CRACK_NAMES: u16 = 12;
const CONTROLLERS: u16 = 16;

/// A stub of the traffic that was recorded with Samba 4.17.
fn recorded(call: &str, name: &str) -> Vec<u8> {
    let all: Value = serde_json::from_str(include_str!("../../../vectors/drsr-samba417.json")).unwrap();
    hex(all[call][name].as_str().unwrap())
}

fn hex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    digits.map(|it| u8::from_str_radix(std::str::from_utf8(it).unwrap(), 16).unwrap()).collect()
}

/// Three objects, as the last page of a cycle, with secrets for this connection.
fn page(call: &Call) -> Vec<u8> {
    rekeyed(recorded("getncchanges_incremental_v8", "response_stub"), &call.key)
}

/// The same as a page in the middle.
fn middle_page(call: &Call) -> Vec<u8> {
    let mut page = page(call);
    page[0x7c] = 1;
    page[0x48] += 1;
    page
}

/// One object that was asked for by its GUID.
fn single(call: &Call) -> Vec<u8> {
    rekeyed(recorded("getncchanges_repl_obj_v8", "response_stub"), &call.key)
}

/// Encrypts the secrets of a recording for another session key.
fn rekeyed(mut stub: Vec<u8>, key: &[u8]) -> Vec<u8> {
    let old = recorded("getncchanges_incremental_v8", "session_key");
    let apply = |key: &[u8], salt: &[u8], text: &mut [u8]| {
        let digest = Md5::new().chain_update(key).chain_update(salt).finalize();
        Rc4::new_from_slice(&digest).unwrap().apply_keystream(text);
    };
    // An encrypted hash is a value of 36 bytes: salt, and then what depends on the key.
    for at in
        (0..stub.len() - 40).step_by(4).filter(|at| stub[*at..*at + 4] == [36, 0, 0, 0]).collect::<Vec<_>>()
    {
        let (salt, text) = stub[at + 4..at + 40].split_at_mut(16);
        let mut plain = text.to_vec();
        apply(&old, salt, &mut plain);
        if crc32(&plain[4..]).to_le_bytes() == plain[..4] {
            apply(key, salt, &mut plain);
            text.copy_from_slice(&plain);
        }
    }
    stub
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32| crc >> 1 ^ if crc & 1 == 0 { 0 } else { 0xedb8_8320 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)))
}

/// What an ordinary domain controller answers; there is one page.
fn ordinary(call: &Call) -> Reply {
    Reply::Stub(match call.operation {
        BIND => recorded("drsbind", "response_stub"),
        CONTROLLERS => controllers(),
        CRACK_NAMES => recorded("cracknames_nt4_to_guid", "response_stub"),
        _ => page(call),
    })
}

/// One domain controller, `dcx.lab.test`, which can be written to.
fn controllers() -> Vec<u8> {
    let all: Value = serde_json::from_str(include_str!("../../../vectors/drsr-dcinfo3.json")).unwrap();
    hex(all["response_stub"].as_str().unwrap())
}

/// Ordinary, but for what the script says about some calls.
async fn server(script: impl Fn(&Call) -> Option<Reply> + Send + Sync + 'static) -> DomainController {
    let script: Script = Arc::new(move |call| script(call).unwrap_or_else(|| ordinary(call)));
    DomainController::start(script).await
}

/// An error of `IDL_DRSGetNCChanges`: Samba sends an empty body with it.
fn refusal(status: u32) -> Reply {
    let mut stub = recorded("error_bad_dn_8439", "response_stub");
    let end = stub.len() - 4;
    stub[end..].copy_from_slice(&status.to_le_bytes());
    Reply::Stub(stub)
}

fn account(password: &str) -> Account {
    let password = Secret::new(password.to_owned());
    Account::Password { user: "LAB\\kim".to_owned(), password, clock: || jiff::Timestamp::UNIX_EPOCH }
}

fn address(port: u16) -> ServerAddress {
    ServerAddress {
        host: "127.0.0.1".to_owned(),
        port: Some(port),
        tls_name: Some("dcx.lab.test".to_owned()),
    }
}

/// The server answers calls of the replication interface at once; there is one of these, since the port is fixed.
fn settings(server: &DomainController) -> Settings {
    Settings {
        servers: vec![address(server.port)],
        replication_port: Some(server.port),
        timeout: Duration::from_secs(10),
        call_timeout: Duration::from_secs(10),
        ..Settings::new("lab.test".to_owned(), account(PASSWORD))
    }
}

/// What the endpoint mapper of a server answers: its own port.
fn mapped(port: u16) -> Vec<u8> {
    let all: Value = serde_json::from_str(include_str!("../../../vectors/drsr-samba417.json")).unwrap();
    let mut stub = hex(all["epm_pdus"][3][1].as_str().unwrap())[24..].to_vec();
    let at = stub.windows(2).position(|it| it == [0xc0, 0x01]).unwrap();
    stub[at..at + 2].copy_from_slice(&port.to_be_bytes());
    stub
}

/// The result of reading everything: names of what came, and the cursor or the words of the failure.
async fn read(replica: &mut Replica, since: Option<&Cursor>) -> (Vec<String>, Result<Cursor, String>) {
    let mut seen = Vec::new();
    let result = replica.changes(since, &mut |it| seen.push(shown(&it))).await;
    (seen, result.map_err(|it| chain(&it)))
}

fn shown(account: &AccountChange) -> String {
    let AccountChange { guid, password, last_set, control, is_deleted } = account;
    let password = match password {
        PasswordChange::NotSent => "not sent".to_owned(),
        PasswordChange::Removed => "removed".to_owned(),
        PasswordChange::Set { hash, changed } => {
            format!("{:032x} {}", u128::from_be_bytes(*hash.reveal()), changed.unwrap())
        }
    };
    format!("{guid} {password} {last_set:?} {control:?} {is_deleted}")
}

/// The whole chain of a failure, a line for each cause, with ports left out.
fn chain(error: &ReplicationError) -> String {
    let mut lines = vec![error.to_string()];
    let mut below = std::error::Error::source(error);
    while let Some(it) = below {
        lines.push(it.to_string());
        below = it.source();
    }
    let text = lines.join("\n");
    let mut parts = text.split("127.0.0.1:");
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |text, part| text + "DC" + part.trim_start_matches(|it: char| it.is_ascii_digit()))
}
