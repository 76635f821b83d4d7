//! Messages of the provisioning web service, both ways and of every operation: what is read and can be written says
//! the same afterwards.
//!
//! It does not know what a client makes of an answer.

use samesign::model::Secret;
use samesign::wire::provisioning::{
    Answer, Answered, Call, Operation, SyncToken, decode_answer, decode_request, encode_answer,
    encode_request,
};
use samesign::wire::soap::AnswerHead;
use uuid::Uuid;

/// Reads the same bytes as the answer to every operation, and as a request.
pub fn read(bytes: &[u8]) {
    for operation in Operation::ALL {
        if let Ok(answered) = decode_answer(bytes, operation) {
            check(&answered, operation);
        }
    }
    request(bytes);
}

fn check(answered: &Answered, operation: Operation) {
    let Ok(answer) = &answered.outcome else { return };
    assert_eq!(answer.operation(), operation);
    if let Answer::Capabilities(capabilities) = answer {
        let _versions = (capabilities.minimum_version(), capabilities.refused_versions());
    }
    let head = AnswerHead { action: &operation.answer_action(), relates_to: None, activity_id: None };
    // Characters that XML does not have are read, and never written.
    let Ok(bytes) = encode_answer(&head, answer) else { return };
    let again = decode_answer(&bytes, operation).expect("an answer that was written can be read");
    assert_eq!(again.outcome.as_ref(), Ok(answer));
}

fn request(bytes: &[u8]) {
    let Ok(received) = decode_request(bytes) else { return };
    let token = received.token.unwrap_or_else(stranger);
    let call = Call { to: &received.head.to, message_id: Uuid::nil(), token: &token };
    let Ok(bytes) = encode_request(&call, &received.request) else { return };
    let again = decode_request(&bytes).expect("a request that was written can be read");
    assert_eq!(format!("{:?}", again.request), format!("{:?}", received.request));
}

/// Who calls if nobody says so.
fn stranger() -> SyncToken {
    SyncToken {
        application_id: Uuid::nil(),
        bearer_token: Secret::new(String::new()),
        client_version: String::new(),
        build_number: String::new(),
        tracking_id: Uuid::nil(),
    }
}
