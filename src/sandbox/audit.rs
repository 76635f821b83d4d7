//! The record of every request, for assertions of tests and for people who rehearse.
//!
//! It holds no password, secret or token: they are replaced before a body is kept.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// Most lines kept; older ones fall out, counters go on.
const LINES_MAX: usize = 50_000;
const MASKED: &[&str] = &["password", "newPassword", "currentPassword", "client_secret", "client_assertion"];

/// One request.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditLine {
    /// When it came.
    pub at: Timestamp,
    /// HTTP method.
    pub method: String,
    /// Path without the version.
    pub path: String,
    /// Client id of the caller.
    pub app: String,
    /// `request-id` of the response.
    pub request_id: String,
    /// Whether it came inside `$batch`.
    pub batched: bool,
    /// HTTP status.
    pub status: u16,
    /// Body of a write, without passwords.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
}

/// How many requests of each sort succeeded, and how many were turned down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counters {
    /// GET.
    pub reads: u64,
    /// POST, PATCH, PUT and DELETE, batches not counted but what is in them.
    pub writes: u64,
    /// Users and groups deleted, into the recycle bin or for good; what leaves the bin is not counted again.
    pub deletes: u64,
    /// Answers of 400 and above.
    pub refusals: u64,
}

/// The log.
#[derive(Debug, Default)]
pub(crate) struct Audit {
    lines: VecDeque<AuditLine>,
    counters: Counters,
}

impl Audit {
    pub(crate) fn record(&mut self, line: AuditLine) {
        let ok = line.status < 400;
        match line.method.as_str() {
            _ if !ok => self.counters.refusals += 1,
            // A batch is as much as what is in it, and that has lines of its own.
            _ if line.path == "/$batch" => (),
            "GET" => self.counters.reads += 1,
            _ => self.counters.writes += 1,
        }
        if self.lines.len() == LINES_MAX {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }

    pub(crate) fn lines(&self) -> Vec<AuditLine> {
        self.lines.iter().cloned().collect()
    }

    pub(crate) const fn counters(&self) -> Counters {
        self.counters
    }
}

/// A body as it may be kept.
pub(crate) fn without_passwords(body: &[u8]) -> Option<Value> {
    let mut value = serde_json::from_slice(body).ok()?;
    mask(&mut value);
    Some(value)
}

fn mask(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if MASKED.iter().any(|it| it.eq_ignore_ascii_case(name)) {
                    *member = Value::from("**");
                } else {
                    mask(member);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(mask),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => (),
    }
}
