//! Answers of name servers to one question.
//!
//! It does not know how they travel.

use samesign::wire::dns::{srv_answer, srv_question};

/// Reads an answer.
pub fn read(bytes: &[u8]) {
    let question = srv_question(0x0102, "_ldap._tcp.corp.example").expect("a name of few letters");
    if let Ok(found) = srv_answer(&question, bytes) {
        assert!(found.len() <= bytes.len());
        assert!(found.iter().all(|it| it.target.len() <= 255));
    }
}
