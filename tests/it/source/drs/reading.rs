//! What is read when all goes well, and how it is asked for.

use std::sync::{Arc, Mutex};

use expect_test::expect;
use samesign::model::Guid;
use samesign::source::drs::{Replica, Rights, Settings};
use samesign::wire::drsuapi::Cursor;

use super::domain_controller::Reply;
use super::{
    BIND, CHANGES, UNBIND, mapped, middle_page, read, recorded, refusal, server, settings, shown, single,
};

#[tokio::test]
async fn hashes_and_what_is_known_about_them_are_handed_over() {
    let server = server(|_| None).await;
    let mut replica = Replica::new(settings(&server));
    let (seen, result) = read(&mut replica, None).await;
    expect![[r#"
        56eae942-89c1-4e45-b0ea-470652b15964 92937945b518814341de3f726500d4ff 2026-11-22T03:47:23Z Some(At(2026-11-22T03:47:23.548648Z)) None false
        c062cdd1-fc04-4c6a-9e82-1822b5bd4131 92937945b518814341de3f726500d4ff 2026-11-22T03:47:24Z Some(At(2026-11-22T03:47:24.108143Z)) Some(512) false
        e0feb55e-ba22-4d7b-842e-d669207e9d72 removed None Some(512) true"#]]
    .assert_eq(&seen.join("\n"));
    let cursor = result.unwrap();
    assert_eq!(Cursor::from_bytes(&cursor.to_bytes()).unwrap(), cursor);
    expect!["bind, proved, call 0, call 16, call 3"].assert_eq(&server.log());
    // The binding is kept.
    read(&mut replica, Some(&cursor)).await.1.unwrap();
    assert_eq!((replica.requests(), replica.objects()), (2, 6));
    expect!["bind, proved, call 0, call 16, call 3, call 3"].assert_eq(&server.log());
}

#[tokio::test]
async fn a_page_is_handed_over_before_the_next_is_asked_for() {
    let asked = Mutex::new(0);
    let server = server(move |call| {
        let mut asked = asked.lock().unwrap();
        *asked += usize::from(call.operation == CHANGES);
        (call.operation == CHANGES && *asked == 1).then(|| Reply::Stub(middle_page(call)))
    })
    .await;
    let mut seen = Vec::new();
    let mut replica = Replica::new(settings(&server));
    let on = &mut |_| seen.push(server.log().matches("call 3").count());
    let cursor = replica.changes(None, on).await.unwrap();
    assert_eq!(seen, [1, 1, 1, 2, 2, 2]);
    assert_eq!(cursor.usn.object, 0xfe7);
}

#[tokio::test]
async fn the_port_comes_from_the_endpoint_mapper_and_the_account_asks_if_strangers_may_not() {
    for strangers in [true, false] {
        let port = Arc::new(Mutex::new(0));
        let own = Arc::clone(&port);
        let server = server(move |call| match (call.operation, call.stub.len()) {
            // The mapper's only operation has the number of GetNCChanges.
            (CHANGES, 156) if call.key.is_empty() && !strangers => Some(Reply::Fault(5)),
            (CHANGES, len) if len < 160 && (call.key.is_empty() || !strangers) => {
                Some(Reply::Stub(mapped(*own.lock().unwrap())))
            }
            _ => None,
        })
        .await;
        *port.lock().unwrap() = server.port;
        let settings = Settings { replication_port: None, ..settings(&server) };
        let (seen, result) = read(&mut Replica::new(settings), None).await;
        result.unwrap();
        assert_eq!(seen.len(), 3);
    }
}

#[tokio::test]
async fn one_account_is_asked_for_by_its_guid() {
    let server = server(|call| (call.operation == CHANGES).then(|| Reply::Stub(single(call)))).await;
    let guid: Guid = "56eae942-89c1-4e45-b0ea-470652b15964".parse().unwrap();
    let mut replica = Replica::new(settings(&server));
    let [Ok(Some(account))] = &replica.accounts(&[guid]).await.unwrap()[..] else { panic!("no account") };
    expect!["56eae942-89c1-4e45-b0ea-470652b15964 92937945b518814341de3f726500d4ff 2026-11-22T03:47:23Z Some(At(2026-11-22T03:47:23.548648Z)) None false"].assert_eq(&shown(account));
}

#[tokio::test]
async fn a_server_that_wants_a_table_of_prefixes_gets_one() {
    let lens = Mutex::new(Vec::new());
    let server = server(move |call| {
        let mut lens = lens.lock().unwrap();
        (call.operation == CHANGES).then(|| lens.push(call.stub.len()))?;
        // Later requests are longer: there is a table in them.
        (call.stub.len() <= lens[0]).then(|| refusal(87))
    })
    .await;
    let (seen, result) = read(&mut Replica::new(settings(&server)), None).await;
    result.unwrap();
    assert_eq!(seen.len(), 3);
}

#[tokio::test]
async fn a_cursor_that_is_too_old_gives_a_full_cycle() {
    let asked = Mutex::new(0);
    let server = server(move |call| {
        let mut asked = asked.lock().unwrap();
        *asked += usize::from(call.operation == CHANGES);
        (call.operation == CHANGES && *asked == 2).then(|| refusal(8614))
    })
    .await;
    let mut replica = Replica::new(settings(&server));
    let cursor = read(&mut replica, None).await.1.unwrap();
    let (seen, result) = read(&mut replica, Some(&cursor)).await;
    assert_eq!((seen.len(), replica.requests()), (3, 3));
    result.unwrap();
}

#[tokio::test]
async fn the_replication_epoch_is_that_of_the_server() {
    let epochs = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&epochs);
    let server = server(move |call| match call.operation {
        BIND => {
            seen.lock().unwrap().push(call.stub[56]);
            let mut stub = recorded("drsbind", "response_stub");
            stub[36] = 7;
            Some(Reply::Stub(stub))
        }
        UNBIND => Some(Reply::Stub(vec![0; 24])),
        _ => None,
    })
    .await;
    read(&mut Replica::new(settings(&server)), None).await.1.unwrap();
    assert_eq!(*epochs.lock().unwrap(), [0, 7]);
    expect!["bind, proved, call 0, call 1, call 0, call 16, call 3"].assert_eq(&server.log());
}

#[tokio::test]
async fn rights_are_tried_one_by_one_without_a_cycle() {
    for (denied, expected) in
        [(None, (true, true)), (Some(false), (true, false)), (Some(true), (false, false))]
    {
        let server = server(move |call| {
            let wants_secrets = call.stub.windows(4).any(|it| it == [0x5a, 0, 9, 0]);
            let is_denied = denied.is_some_and(|all| all || wants_secrets);
            // The extended operation that reads one object.
            let is_single = call.operation == CHANGES && call.stub[0x70] == 6;
            is_single.then(|| if is_denied { refusal(8453) } else { Reply::Stub(single(call)) })
        })
        .await;
        let mut replica = Replica::new(settings(&server));
        let Rights { changes, secrets } = replica.rights().await.unwrap();
        assert_eq!((changes, secrets), expected);
        let missing = replica.missing_rights().await.unwrap();
        assert_eq!(missing.is_none(), denied.is_none());
    }
}
