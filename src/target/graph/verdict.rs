//! What an answer means for its request (graph-tenant reference, 6.4).
//!
//! It does not wait or send.

use std::time::Duration;

use super::request::Request;
use crate::target::http::{Answer, Asked};
use crate::target::{Disposition, TargetError};
use crate::wire::odata::Fault;

/// What to do with an answer.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It is the answer.
    Good,
    /// The token was refused: once more with a new one.
    NewToken(TargetError),
    /// Once more, after so long if the service said so.
    Again(Option<Duration>, TargetError),
    /// It is an error.
    Bad(TargetError),
}

/// Judges an answer.
pub(super) fn verdict(
    request: &Request,
    answer: &Answer,
    after: Option<Duration>,
    refusal: impl FnOnce(&Fault) -> TargetError,
) -> Verdict {
    if (200..300).contains(&answer.status) {
        return Verdict::Good;
    }
    let fault = Fault::read(&answer.body);
    let error = refusal(&fault);
    match answer.status {
        401 => Verdict::NewToken(error),
        429 => Verdict::Again(after, error),
        409 if fault.is_concurrency() => Verdict::Again(after, error),
        408 | 500 | 502..=504 | 507 | 509 if request.repeatable => Verdict::Again(after, error),
        status if request.fresh && fault.is_replication_delay(status) => Verdict::Again(after, error),
        _ => Verdict::Bad(error),
    }
}

/// The error that an answer amounts to.
pub(super) fn refusal(
    request: &Request,
    answer: &Answer,
    after: Option<Duration>,
    asked: &Asked,
    fault: &Fault,
) -> TargetError {
    let request_id = match (&answer.headers.request_id, &fault.request_id) {
        (Some(id), _) | (None, Some(id)) => id.as_str().into(),
        (None, None) => "unknown".into(),
    };
    let Asked { method, path, host: _ } = asked.clone();
    if answer.status == 403 && matches!(fault.code.as_str(), "Authorization_RequestDenied" | "Forbidden") {
        let (operation, permission) = request.operation.words();
        return TargetError::Permission { method, path, operation, permission, request_id };
    }
    let after_ms = after.and_then(|it| u64::try_from(it.as_millis()).ok());
    let disposition = match answer.status {
        404 | 410 | 412 => Disposition::Stale,
        408 | 423 | 429 | 500 | 502..=504 | 507 | 509 => {
            Disposition::Retry { after_ms: after_ms.unwrap_or(60_000) }
        }
        409 if fault.is_concurrency() => Disposition::Retry { after_ms: after_ms.unwrap_or(5_000) },
        400 if fault.code == "Directory_ExpiredPageToken" => Disposition::Retry { after_ms: 0 },
        _ => Disposition::Fatal,
    };
    TargetError::Refused {
        method,
        path,
        status: answer.status,
        code: if fault.code.is_empty() { "(no code)" } else { &fault.code }.into(),
        message: worded(fault),
        request_id,
        disposition,
    }
}

/// The message, and the properties at fault that it does not name.
fn worded(fault: &Fault) -> String {
    let mut words = fault.message.clone();
    for detail in fault.details.iter().take(5) {
        if !detail.code.is_empty() && !words.contains(&detail.code) {
            words = format!("{words} ({} {})", detail.code, detail.target);
        }
    }
    words
}
