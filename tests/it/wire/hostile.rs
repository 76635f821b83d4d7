//! No bytes make a decoder panic, hang or answer with more than it was given.

use proptest::prelude::*;
use samesign::wire::ber::{self, integer, tag};
use samesign::wire::dns::{srv_answer, srv_question};
use samesign::wire::kerberos::{Key, Principal, as_reply, keys_of, ticket_granting_ticket};
use samesign::wire::ldap::{
    Answer, ChangesAnswer, EntryView, PagedAnswer, SearchAnswer, bind_failure, paged_control_value,
};

fn everything(bytes: &[u8]) {
    let principal: Principal = "kim@X".parse().unwrap();
    let key = Key::new(18, &[7; 32]).unwrap();
    let question = srv_question(0x0102, "_ldap._tcp.x").unwrap();
    let _ = ber::whole_len(bytes);
    drop(SearchAnswer::parse(bytes));
    if let Ok(entry) = EntryView::opened(bytes) {
        assert!(entry.attributes().map(|it| it.1.count()).sum::<usize>() <= bytes.len());
    }
    drop(Answer::parse(bytes));
    drop(PagedAnswer::parse(bytes));
    drop(ChangesAnswer::parse(bytes));
    drop(srv_answer(&question, bytes));
    drop(key.decrypt(3, bytes));
    drop(as_reply(bytes, &principal, &[key], 1));
    drop(keys_of(&principal, bytes));
    drop(ticket_granting_ticket(&principal, bytes, jiff::Timestamp::UNIX_EPOCH));
    let _ = bind_failure(&String::from_utf8_lossy(bytes));
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        everything(&bytes);
    }

    #[test]
    fn bytes_that_begin_well_are_survived(
        head in prop::sample::select(vec![
            &[5u8, 2][..], &[5, 4, 0, 0], &[5, 3], &[0x30, 0x40, 2, 1, 1, 0x64], &[0x6b, 0x40, 0x30, 0x3e],
            &[1, 2, 0x81, 0, 0, 1, 0, 1], &[0x7e, 0x40, 0x30, 0x3e],
        ]),
        tail in prop::collection::vec(prop_oneof![Just(0u8), Just(1), Just(0x30), Just(0xc0), any::<u8>()], 0..100),
    ) {
        everything(&[head, &tail].concat());
    }

    #[test]
    fn integers_come_back(value: i64) {
        let bytes = integer(tag::INTEGER, value);
        prop_assert_eq!(ber::Reader::new(&bytes).integer(tag::INTEGER), Ok(value));
    }

    #[test]
    fn a_cookie_comes_back(cookie in prop::collection::vec(any::<u8>(), 0..300)) {
        let value = paged_control_value(500, &cookie);
        prop_assert_eq!(PagedAnswer::parse(&value), Ok(PagedAnswer { cookie }));
    }
}
