//! SOAP envelopes and faults: what is kept of one is bounded, and a fault that is written again is the same.
//!
//! It does not know any service.

use samesign::wire::nbfx::Limits;
use samesign::wire::soap::{AnswerHead, Content, Fault, Head, SoapError, open, write_fault};

/// Where details of a fault that is written again have their names.
const NAMESPACE: &str = "urn:x";

/// Reads a message up to its end.
pub fn read(bytes: &[u8]) {
    let Some((head, fault)) = message(bytes) else { return };
    for text in [&head.action, &head.to] {
        assert!(text.chars().count() <= 2048 && !text.contains(char::is_control));
    }
    let Some(fault) = fault else { return };
    let to_fault = AnswerHead { action: "urn:fault", relates_to: head.relates_to, activity_id: None };
    // Names with characters that XML does not have are read, and never written.
    let Ok(bytes) = write_fault(&to_fault, &fault, NAMESPACE) else { return };
    let (_, again) = message(&bytes).expect("a fault that was written can be read");
    assert_eq!(again, Some(fault));
}

/// The headers of a message, and the fault if it is one.
fn message(bytes: &[u8]) -> Option<(Head, Option<Fault>)> {
    let mut message = open::<SoapError>(bytes, Limits::default(), |_, _| Ok(false)).ok()?;
    let fault = match message.content().ok()? {
        Content::Body(_) => {
            message.reader().skip().ok()?;
            None
        }
        Content::Fault(fault) => Some(fault),
    };
    message.finish().ok()?;
    Some((message.head, fault))
}
