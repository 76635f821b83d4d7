//! Several servers: who is tried after whom, and who is not.

use expect_test::expect;
use samesign::source::drs::{Replica, Settings};

use super::domain_controller::{DomainController, PASSWORD, Reply};
use super::{CHANGES, CONTROLLERS, account, address, controllers, mapped, middle_page, read, server};

/// A server with an endpoint mapper, so that there can be several.
async fn one_of_several(
    script: impl Fn(&super::Call) -> Option<Reply> + Send + Sync + 'static,
) -> DomainController {
    let port = std::sync::Arc::new(std::sync::OnceLock::new());
    let own = std::sync::Arc::clone(&port);
    let server =
        server(
            move |call| {
                if call.key.is_empty() { Some(Reply::Stub(mapped(*own.get()?))) } else { script(call) }
            },
        )
        .await;
    port.set(server.port).unwrap();
    server
}

fn several(servers: &[&DomainController], password: &str) -> Settings {
    let servers = servers.iter().map(|it| address(it.port)).collect();
    Settings { servers, ..Settings::new("lab.test".to_owned(), account(password)) }
}

#[tokio::test]
async fn a_refused_password_is_not_tried_at_the_next_server() {
    let (one, two) = (one_of_several(|_| None).await, one_of_several(|_| None).await);
    let (seen, result) = read(&mut Replica::new(several(&[&one, &two], "wrong")), None).await;
    expect![[
        r#"DC refuses LAB\kim: the user name or the password is wrong, or the account may not sign in"#
    ]]
    .assert_eq(&result.unwrap_err());
    assert_eq!((seen.len(), two.log().as_str()), (0, ""));
    expect!["bind, call 3, bind, refused"].assert_eq(&one.log());
}

#[tokio::test]
async fn an_empty_password_is_not_tried_at_all() {
    let (one, two) = (one_of_several(|_| None).await, one_of_several(|_| None).await);
    let (_, result) = read(&mut Replica::new(several(&[&one, &two], "")), None).await;
    expect![[r#"DC refuses LAB\kim: the password is empty"#]].assert_eq(&result.unwrap_err());
    assert_eq!((one.log().contains("proved"), two.log().as_str()), (false, ""));
}

#[tokio::test]
async fn a_read_only_domain_controller_is_no_source() {
    let read_only = one_of_several(|call| {
        (call.operation == CONTROLLERS).then(|| {
            let mut stub = controllers();
            stub[60] = 1;
            Reply::Stub(stub)
        })
    })
    .await;
    let other = one_of_several(|_| None).await;
    let (seen, result) = read(&mut Replica::new(several(&[&read_only, &other], PASSWORD)), None).await;
    result.unwrap();
    assert_eq!(seen.len(), 3);
    assert!(!read_only.log().contains("call 16, call 3"));
    let (_, result) = read(&mut Replica::new(several(&[&read_only], PASSWORD)), None).await;
    expect![
        "DC is a read-only domain controller, which gives no password hashes; list one that can be written to"
    ]
    .assert_eq(&result.unwrap_err());
}

#[tokio::test]
async fn a_server_that_breaks_in_the_middle_is_replaced_and_the_reading_begins_again() {
    let asked = std::sync::Mutex::new(0);
    let breaking = one_of_several(move |call| {
        let mut asked = asked.lock().unwrap();
        *asked += usize::from(call.operation == CHANGES);
        match (call.operation, *asked) {
            (CHANGES, 1) => Some(Reply::Stub(middle_page(call))),
            (CHANGES, _) => Some(Reply::Hangup),
            _ => None,
        }
    })
    .await;
    let other = one_of_several(|_| None).await;
    let mut replica = Replica::new(several(&[&breaking, &other], PASSWORD));
    let (seen, result) = read(&mut replica, None).await;
    result.unwrap();
    assert_eq!((seen.len(), &seen[..3]), (6, &seen[3..]));
    assert_eq!(replica.server(), Some(format!("127.0.0.1:{}", other.port).as_str()));
}

#[tokio::test]
async fn a_binding_that_broke_since_the_last_time_is_made_anew_at_the_first_server() {
    let asked = std::sync::Mutex::new(0);
    let one = one_of_several(move |call| {
        let mut asked = asked.lock().unwrap();
        *asked += usize::from(call.operation == CHANGES);
        (call.operation == CHANGES && *asked == 2).then_some(Reply::Hangup)
    })
    .await;
    let two = one_of_several(|_| None).await;
    let mut replica = Replica::new(several(&[&one, &two], PASSWORD));
    let cursor = read(&mut replica, None).await.1.unwrap();
    read(&mut replica, Some(&cursor)).await.1.unwrap();
    assert_eq!((one.log().matches("proved").count(), two.log().as_str()), (2, ""));
}

#[tokio::test]
async fn each_server_is_named_with_what_it_said() {
    let busy = one_of_several(|call| (call.operation == CHANGES).then(|| super::refusal(8438))).await;
    let broken =
        one_of_several(|call| (call.operation == CHANGES).then_some(Reply::Fault(0x1c01_0014))).await;
    let (_, result) = read(&mut Replica::new(several(&[&busy, &broken], PASSWORD)), None).await;
    expect![[r#"
        password hashes can be read from none of the 2 domain controllers of lab.test
        DC does not replicate: DRSGetNCChanges: the domain controller is busy (8438)
        DC cannot be used while replicating: the server refuses the call: the server is too busy (0x1c010014)"#]].assert_eq(&result.unwrap_err());
}

#[tokio::test]
async fn missing_rights_are_the_same_everywhere() {
    let one = one_of_several(|call| (call.operation == CHANGES).then(|| super::refusal(8453))).await;
    let two = one_of_several(|_| None).await;
    let (_, result) = read(&mut Replica::new(several(&[&one, &two], PASSWORD)), None).await;
    expect![[r#"DC lets LAB\kim read no password hashes: the account lacks the rights "Replicating Directory Changes" and "Replicating Directory Changes All" on DC=lab,DC=test itself"#]].assert_eq(&result.unwrap_err());
    assert_eq!(two.log(), "");
}
