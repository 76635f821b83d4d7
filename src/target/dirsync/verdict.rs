//! What an answer means for its request (password-sync reference, 3.10).
//!
//! It does not wait, send or follow.

use std::time::Duration;

use super::outcome::or_none;
use crate::target::http::{Answer as HttpAnswer, Asked};
use crate::target::{Disposition, ProvisioningError, Refused, TargetError};
use crate::wire::provisioning::{
    Answer, Answered, DecodeError, Operation, Refusal, ServiceFault, decode_answer,
};
use crate::wire::soap::Fault;

/// What to do with an answer.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It is the answer, and the tracking id of the service if it has one.
    Good(Answer, Option<String>),
    /// The same request to this address, if that may be.
    Redirect(String),
    /// Once more with a new token.
    NewToken(TargetError),
    /// Once more, after so long if the service said so.
    Again(Option<Duration>, TargetError),
    /// It is an error.
    Bad(TargetError),
}

/// What was asked, for errors.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question<'a> {
    pub(super) operation: Operation,
    pub(super) asked: &'a Asked,
    /// Our own identity of the request, if the service gives none.
    pub(super) message_id: &'a str,
}

/// Judges an answer.
pub(super) fn verdict(question: Question<'_>, answer: &HttpAnswer, after: Option<Duration>) -> Verdict {
    let status = answer.status;
    let decoded = decode_answer(&answer.body, question.operation);
    let (head, outcome) = match decoded {
        Ok(Answered { head, outcome }) => (head, outcome),
        Err(error) => return question.unreadable(status, after, &error),
    };
    let tracking_id = head.tracking_id;
    match outcome {
        Ok(answer) if (200..300).contains(&status) => Verdict::Good(answer, tracking_id),
        Ok(_) => {
            question.of_status(status, after, "an answer came under this status", tracking_id.as_deref())
        }
        Err(ServiceFault::Redirect(to)) => Verdict::Redirect(to),
        Err(ServiceFault::Refused(refusal)) => {
            let tracking_id = refusal.tracking_id.as_deref().or(tracking_id.as_deref());
            question.refused(&refusal, after, tracking_id)
        }
        Err(ServiceFault::Soap(fault)) => question.of_fault(status, &fault, after, tracking_id.as_deref()),
    }
}

impl Question<'_> {
    fn refused(self, refusal: &Refusal, after: Option<Duration>, tracking_id: Option<&str>) -> Verdict {
        let words = refusal.description.to_lowercase();
        let refused = match refusal.code.as_str() {
            Refusal::BUSY => Refused::Busy,
            Refusal::ACCESS_DENIED => Refused::Denied,
            Refusal::PASSWORDS_NOT_ACTIVATED => Refused::NotActivated,
            // The codes are not all known, and not always there.
            _ if words.contains("currently busy") => Refused::Busy,
            _ if words.contains("not yet activated") || words.contains("not been activated") => {
                Refused::NotActivated
            }
            _ if words.contains("denied") => Refused::Denied,
            _ => Refused::Otherwise,
        };
        let error = self.error(refused, &refusal.code, &refusal.description, tracking_id);
        match refused {
            Refused::Busy => Verdict::Again(after, error),
            Refused::Denied => Verdict::NewToken(error),
            Refused::NotActivated | Refused::Otherwise => Verdict::Bad(error),
        }
    }

    /// A fault without words of the service: its code says on whose side the matter lies (SOAP 1.2 Part 1, 5.4.6).
    fn of_fault(
        self,
        status: u16,
        fault: &Fault,
        after: Option<Duration>,
        tracking_id: Option<&str>,
    ) -> Verdict {
        let code = fault.subcodes.last().unwrap_or(&fault.code);
        match (fault.code.as_str(), status) {
            ("Receiver", _) | (_, 408 | 429 | 503 | 504) => {
                Verdict::Again(after, self.http_error(status, code, &fault.reason, tracking_id))
            }
            (_, 401 | 403) => Verdict::NewToken(self.denied(status, &fault.reason, tracking_id)),
            _ => Verdict::Bad(self.error(Refused::Otherwise, code, &fault.reason, tracking_id)),
        }
    }

    /// An answer that is not one of the protocol.
    fn unreadable(self, status: u16, after: Option<Duration>, error: &DecodeError) -> Verdict {
        if (200..300).contains(&status) {
            let Asked { method, path, host } = self.asked.clone();
            let what = said(error);
            return Verdict::Again(after, TargetError::Malformed { method, path, host, what });
        }
        let words = if (300..400).contains(&status) {
            "a redirect of HTTP, which is not followed"
        } else {
            "the answer is no message of the service"
        };
        self.of_status(status, after, words, None)
    }

    fn of_status(
        self,
        status: u16,
        after: Option<Duration>,
        words: &str,
        tracking_id: Option<&str>,
    ) -> Verdict {
        let error = self.http_error(status, "(no code)", words, tracking_id);
        match status {
            401 | 403 => Verdict::NewToken(self.denied(status, words, tracking_id)),
            408 | 429 | 500..=599 => Verdict::Again(after, error),
            _ => Verdict::Bad(error),
        }
    }

    fn denied(self, status: u16, words: &str, tracking_id: Option<&str>) -> TargetError {
        self.error(Refused::Denied, &format!("HTTP {status}"), words, tracking_id)
    }

    fn error(self, refused: Refused, code: &str, words: &str, tracking_id: Option<&str>) -> TargetError {
        let (operation, host) = (self.operation.name(), self.asked.host.clone());
        let (code, description) = (or_none(Some(code)), words.to_owned());
        let tracking_id = tracking_id.unwrap_or(self.message_id).into();
        ProvisioningError::Refused { refused, operation, host, code, description, tracking_id }.into()
    }

    fn http_error(self, status: u16, code: &str, words: &str, tracking_id: Option<&str>) -> TargetError {
        let retries = matches!(status, 408 | 429 | 500..=599);
        let Asked { method, path, host: _ } = self.asked.clone();
        TargetError::Refused {
            method,
            path,
            status,
            code: code.into(),
            message: words.to_owned(),
            request_id: tracking_id.unwrap_or(self.message_id).into(),
            disposition: if retries { Disposition::Retry { after_ms: 600_000 } } else { Disposition::Fatal },
        }
    }
}

/// The error and its causes: they hold no text of the message but names.
fn said(error: &DecodeError) -> String {
    let mut words = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        words = format!("{words}: {cause}");
        source = cause.source();
    }
    words
}
