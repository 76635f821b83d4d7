//! Pages of a domain, of which only those who are wanted are looked at.

use std::collections::HashSet;
use std::sync::Mutex;

use expect_test::expect;
use samesign::model::Guid;
use samesign::source::drs::{Page, Replica};
use samesign::wire::drsuapi::Cursor;

use super::domain_controller::Reply;
use super::{CHANGES, chain, middle_page, page, read, server, settings, shown};

/// The three objects of the recorded page; the last of them is deleted.
const ALL: [&str; 3] = [
    "56eae942-89c1-4e45-b0ea-470652b15964",
    "c062cdd1-fc04-4c6a-9e82-1822b5bd4131",
    "e0feb55e-ba22-4d7b-842e-d669207e9d72",
];

fn wanted(guids: &[&str]) -> HashSet<Guid> {
    guids.iter().map(|it| it.parse().unwrap()).collect()
}

async fn first(replica: &mut Replica, of: &[&str]) -> Page {
    let page = replica.page(&Cursor::default(), &wanted(of)).await;
    page.unwrap_or_else(|error| panic!("{}", chain(&error)))
}

fn lines(page: &Page) -> Vec<String> {
    let line = |it: &Result<_, _>| it.as_ref().map_or_else(ToString::to_string, shown);
    page.accounts.iter().map(line).collect()
}

#[tokio::test]
async fn accounts_of_a_page_are_those_of_a_whole_reading() {
    let server = server(|_| None).await;
    let mut replica = Replica::new(settings(&server));
    let page = first(&mut replica, &ALL).await;
    assert_eq!(lines(&page), read(&mut replica, None).await.0);
    assert_eq!((page.objects, page.next.is_none()), (3, true));
    let some = first(&mut replica, &ALL[1..2]).await;
    assert_eq!((lines(&some), some.objects), (lines(&page)[1..2].to_vec(), 3));
    // The binding is kept.
    expect!["bind, proved, call 0, call 16, call 3, call 3, call 3"].assert_eq(&server.log());
    assert_eq!((replica.requests(), replica.objects()), (3, 9));
}

#[tokio::test]
async fn a_page_says_where_the_next_begins() {
    let asked = Mutex::new(0);
    let server = server(move |call| {
        let mut asked = asked.lock().unwrap();
        *asked += usize::from(call.operation == CHANGES);
        (call.operation == CHANGES && *asked == 1).then(|| Reply::Stub(middle_page(call)))
    })
    .await;
    let mut replica = Replica::new(settings(&server));
    let next = first(&mut replica, &ALL).await.next.unwrap();
    assert_eq!(next.usn.object, 0xfe8);
    assert!(replica.page(&next, &wanted(&ALL)).await.unwrap().next.is_none());
}

/// Its hash does not fit the key, so the next page comes over a new binding.
#[tokio::test]
async fn one_that_cannot_be_read_keeps_no_other_from_being_read() {
    let server = server(|call| {
        let mut stub = page(call);
        // The last byte of the last value that is as long as an encrypted hash.
        let at = stub.windows(4).rposition(|it| it == [36, 0, 0, 0]).unwrap();
        stub[at + 39] ^= 1;
        (call.operation == CHANGES).then_some(Reply::Stub(stub))
    })
    .await;
    let mut replica = Replica::new(settings(&server));
    let page = first(&mut replica, &ALL).await;
    expect![[r#"
        its hash cannot be decrypted
        c062cdd1-fc04-4c6a-9e82-1822b5bd4131 92937945b518814341de3f726500d4ff 2026-11-22T03:47:24Z Some(At(2026-11-22T03:47:24.108143Z)) Some(512) false
        e0feb55e-ba22-4d7b-842e-d669207e9d72 removed None Some(512) true"#]].assert_eq(&lines(&page).join("\n"));
    first(&mut replica, &ALL[2..]).await;
    expect!["bind, proved, call 0, call 16, call 3, bind, proved, call 0, call 16, call 3"]
        .assert_eq(&server.log());
}

#[tokio::test]
async fn a_page_that_gets_nowhere_is_none() {
    let server = server(|call| {
        (call.operation == CHANGES).then(|| {
            let mut stub = page(call);
            stub[0x7c] = 1;
            Reply::Stub(stub)
        })
    })
    .await;
    let mut replica = Replica::new(settings(&server));
    let next = first(&mut replica, &ALL).await.next.unwrap();
    let error = replica.page(&next, &wanted(&ALL)).await.err().unwrap();
    expect!["the answer of DC cannot be trusted to be whole: it goes on without getting anywhere"]
        .assert_eq(&chain(&error));
}
