//! Every way in which an answer can be worth nothing ends the reading, without a cursor.

use std::error::Error;
use std::sync::Mutex;
use std::time::Duration;

use expect_test::{Expect, expect};
use samesign::model::Guid;
use samesign::source::drs::{Replica, Settings};

use super::domain_controller::{Call, Reply, pdu};
use super::{BIND, CHANGES, CONTROLLERS, page, read, recorded, server, settings, shown, single};

/// Nothing comes of an answer to one operation.
async fn check(operation: u16, reply: fn(&Call) -> Reply, said: Expect) {
    let server = server(move |call| (call.operation == operation).then(|| reply(call))).await;
    let short = Duration::from_secs(1);
    let settings = Settings { call_timeout: short, ..settings(&server) };
    let (seen, result) = read(&mut Replica::new(settings), None).await;
    said.assert_eq(&result.unwrap_err());
    assert_eq!(seen, Vec::<String>::new());
}

#[tokio::test]
async fn a_wrong_session_key() {
    let foreign = |_: &Call| Reply::Stub(recorded("getncchanges_incremental_v8", "response_stub"));
    check(
        CHANGES,
        foreign,
        expect![[r#"
        a password hash of DC cannot be read; nothing of this page was used
        an encrypted password hash does not fit the session key; connect anew"#]],
    )
    .await;
}

#[tokio::test]
async fn a_changed_byte() {
    check(
        CHANGES,
        |call| Reply::Tampered(page(call)),
        expect![[r#"
        DC cannot be used while replicating
        an answer cannot be decrypted, or was changed on its way
        the signature of a message is wrong"#]],
    )
    .await;
}

#[tokio::test]
async fn an_answer_without_encryption() {
    check(
        CHANGES,
        |call| Reply::Plain(page(call)),
        expect![[r#"
        DC cannot be used while replicating
        the server answers without the encryption that was agreed on; somebody may be in between"#]],
    )
    .await;
}

#[tokio::test]
async fn a_truncated_answer() {
    let truncated = |call: &Call| {
        let mut stub = page(call);
        let end = stub.len() - 4;
        stub.drain(end - 40..end);
        Reply::Stub(stub)
    };
    check(
        CHANGES,
        truncated,
        expect![[r#"
        DC does not replicate
        an answer of the replication protocol is malformed
        metadata: a count of 3, at most 2 fit"#]],
    )
    .await;
}

#[tokio::test]
async fn a_compressed_answer() {
    let compressed = |call: &Call| {
        let mut stub = page(call);
        (stub[0], stub[4]) = (7, 7);
        Reply::Stub(stub)
    };
    check(
        CHANGES,
        compressed,
        expect![[r#"
        DC does not replicate
        DRSGetNCChanges: a compressed reply (version 7), which was not asked for and is not supported"#]],
    )
    .await;
}

/// The second of three accounts gives nothing but its own words; the server is asked for all of them.
async fn check_one_of_three(broken: fn(&Call) -> Vec<u8>, said: Expect) {
    let asked = Mutex::new(0);
    let server = server(move |call| {
        let mut asked = asked.lock().unwrap();
        *asked += usize::from(call.operation == CHANGES);
        let reply = if *asked == 2 { broken } else { single };
        (call.operation == CHANGES).then(|| Reply::Stub(reply(call)))
    })
    .await;
    let guid: Guid = "56eae942-89c1-4e45-b0ea-470652b15964".parse().unwrap();
    let mut replica = Replica::new(settings(&server));
    let found = replica.accounts(&[guid; 3]).await.unwrap();
    let [Ok(Some(first)), Err(error), Ok(Some(third))] = &found[..] else { panic!("{}", found.len()) };
    assert_eq!(shown(first), shown(third));
    assert_eq!(replica.requests(), 3);
    let cause = error.source().map_or(String::new(), |it| format!("\n{it}"));
    said.assert_eq(&format!("{error}{cause}"));
}

#[tokio::test]
async fn one_account_that_cannot_be_read_fails_alone() {
    let foreign = |_: &Call| recorded("getncchanges_repl_obj_v8", "response_stub");
    check_one_of_three(
        foreign,
        expect![[r#"
            its hash cannot be decrypted
            an encrypted password hash does not fit the session key; connect anew"#]],
    )
    .await;
    // The length of `pwdLastSet`, twice; what follows begins at the next multiple of four, so it stays where it is.
    let short = |call: &Call| {
        let mut stub = single(call);
        for at in [0x608, 0x610] {
            stub[at] -= 3;
        }
        stub
    };
    check_one_of_three(short, expect!["its PwdLastSet is not what the schema has there"]).await;
    let cut = |call: &Call| {
        let mut stub = single(call);
        let end = stub.len() - 4;
        stub.drain(end - 40..end);
        stub
    };
    check_one_of_three(
        cut,
        expect![[r#"
        the answer about it cannot be read
        metadata: a count of 2, at most 1 fit"#]],
    )
    .await;
}

#[tokio::test]
async fn a_key_that_fits_no_more_is_not_kept() {
    let asked = Mutex::new(0);
    let server = server(move |call| {
        let mut asked = asked.lock().unwrap();
        *asked += usize::from(call.operation == CHANGES);
        let foreign = || recorded("getncchanges_repl_obj_v8", "response_stub");
        (call.operation == CHANGES).then(|| Reply::Stub(if *asked == 1 { foreign() } else { single(call) }))
    })
    .await;
    let guid: Guid = "56eae942-89c1-4e45-b0ea-470652b15964".parse().unwrap();
    let mut replica = Replica::new(settings(&server));
    assert!(replica.accounts(&[guid]).await.unwrap()[0].is_err());
    assert!(matches!(replica.accounts(&[guid]).await.unwrap()[..], [Ok(Some(_))]));
    expect!["bind, proved, call 0, call 16, call 3, bind, proved, call 0, call 16, call 3"]
        .assert_eq(&server.log());
}

#[tokio::test]
async fn a_cycle_that_gets_nowhere() {
    let server = server(|call| {
        (call.operation == CHANGES).then(|| {
            let mut stub = page(call);
            stub[0x7c] = 1;
            Reply::Stub(stub)
        })
    })
    .await;
    let (_, result) = read(&mut Replica::new(settings(&server)), None).await;
    expect!["the answer of DC cannot be trusted to be whole: it goes on without getting anywhere"]
        .assert_eq(&result.unwrap_err());
}

#[tokio::test]
async fn a_database_that_is_replaced_in_the_middle() {
    let server = server(|call| {
        (call.operation == CHANGES).then(|| {
            let mut stub = super::middle_page(call);
            // The request that follows a page carries its invocation id.
            if call.stub[0x30..0x40] != [0; 16] {
                stub[0x18] ^= 1;
            }
            Reply::Stub(stub)
        })
    })
    .await;
    let (_, result) = read(&mut Replica::new(settings(&server)), None).await;
    expect!["the answer of DC cannot be trusted to be whole: its database was replaced in the middle"]
        .assert_eq(&result.unwrap_err());
}

#[tokio::test]
async fn a_fault() {
    check(
        CHANGES,
        |_| Reply::Fault(0x6f7),
        expect![[r#"
        DC cannot be used while replicating
        the server refuses the call: the server cannot read the request (0x6f7)"#]],
    )
    .await;
}

#[tokio::test]
async fn a_server_that_hangs_up() {
    check(
        CHANGES,
        |_| Reply::Hangup,
        expect![[r#"
        the connection to DC broke while replicating
        early eof"#]],
    )
    .await;
}

#[tokio::test]
async fn a_server_that_is_silent() {
    check(CHANGES, |_| Reply::Silence, expect!["DC did not answer in 1 s while replicating"]).await;
    check(
        BIND,
        |_| Reply::Silence,
        expect!["DC did not answer in 1 s while binding to the replication service"],
    )
    .await;
}

#[tokio::test]
async fn an_answer_that_never_ends() {
    let begun = |_: &Call| Reply::Bytes(pdu(2, 1, 2, &[0; 64], &[0; 16])[..40].to_vec());
    check(CONTROLLERS, begun, expect!["DC did not answer in 1 s while asking about domain controllers"])
        .await;
}

#[tokio::test]
async fn another_protocol() {
    check(
        CONTROLLERS,
        |_| Reply::Bytes(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()),
        expect![[r#"
        DC cannot be used while asking about domain controllers
        a message of the remote procedure call protocol is malformed: not version 5 of the protocol"#]],
    )
    .await;
}

#[tokio::test]
async fn an_answer_to_another_call() {
    check(
        CONTROLLERS,
        |_| Reply::Bytes(pdu(2, 3, 99, &[0; 64], &[0; 16])),
        expect![[r#"
        DC cannot be used while asking about domain controllers
        the server answers with a message of type 2 for call 99, which does not belong here"#]],
    )
    .await;
}
