//! Pages, faults and batches as text.

use proptest::prelude::*;
use samesign::wire::odata::{BatchAnswer, Fault, GroupRecord, Page, UserRecord};

#[test]
fn a_fault_without_an_envelope_is_an_excerpt() {
    let fault = Fault::read(b"<html><body><p>No\r\n\x1b[31m way</p></body></html>");
    assert_eq!((fault.code.as_str(), fault.message.as_str()), ("", "No [31m way"));
    assert_eq!(Fault::read(b"").message, "");
    assert!(Fault::read("é".repeat(5000).as_bytes()).message.chars().count() < 200);
}

#[test]
fn answers_of_a_batch_find_their_requests() {
    let body = br#"{"responses":[{"id":"1","status":429,"headers":{"Retry-After":7}},
        {"id":"0","status":200,"body":{"a":[1]}},{"id":"9","status":200},{"id":"x","status":200}]}"#;
    let answers = BatchAnswer::read(body, 3).unwrap();
    assert_eq!(answers[0].as_ref().unwrap().body(), br#"{"a":[1]}"#);
    assert_eq!(answers[1].as_ref().unwrap().header("retry-after").as_deref(), Some("7"));
    assert!(answers[2].is_none());
}

proptest! {
    #[test]
    fn no_text_makes_a_codec_panic(text in any::<String>(), bytes in any::<Vec<u8>>()) {
        drop(Fault::read(text.as_bytes()));
        drop(Fault::read(&bytes));
        drop(BatchAnswer::read(&bytes, 3));
        drop(serde_json::from_slice::<Page<UserRecord>>(&bytes));
        drop(serde_json::from_str::<GroupRecord>(&text));
    }
}
