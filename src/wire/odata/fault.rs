//! The error envelope of Microsoft Graph (graph-tenant reference, 6.3).
//!
//! It does not know what to do about an error.

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny};

/// Longest message that is kept, in characters: enough for every documented one.
const MESSAGE_CHARS_MAX: usize = 400;
/// Longest excerpt of an answer that is no error envelope, such as a proxy's page.
const EXCERPT_CHARS_MAX: usize = 120;

/// An error as the service words it. Every part may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fault {
    /// Error code, such as `Request_BadRequest`.
    pub code: String,
    /// Message, without control characters and of bounded length.
    pub message: String,
    /// Which properties are at fault.
    pub details: Vec<FaultDetail>,
    /// Identity of the request, if the envelope names it.
    pub request_id: Option<String>,
}

/// One property at fault.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct FaultDetail {
    /// Such as `ObjectConflict`.
    #[serde(default, deserialize_with = "text_or_nothing")]
    pub code: String,
    /// Property.
    #[serde(default, deserialize_with = "text_or_nothing")]
    pub target: String,
}

impl Fault {
    /// Reads the body of an answer whose status is an error; a body of another form gives an excerpt.
    pub fn read(body: &[u8]) -> Self {
        match serde_json::from_slice::<Envelope>(body) {
            Ok(envelope) => envelope.error.into_fault(),
            Err(_) => Self { message: excerpt(body), ..Self::default() },
        }
    }

    /// Whether the service says that somebody else is writing the same object now.
    pub fn is_concurrency(&self) -> bool {
        self.code.starts_with("Directory_Concurren")
    }

    /// Whether it may be that the replica that answered has not seen a new object yet (6.5).
    pub fn is_replication_delay(&self, status: u16) -> bool {
        match status {
            404 => true,
            400 => {
                self.message.contains("The source resource object or one of the objects being referenced")
                    || self.message.contains("One or more property values specified are invalid")
            }
            _ => false,
        }
    }
}

#[derive(Deserialize)]
struct Envelope {
    error: Body,
}

#[derive(Deserialize)]
struct Body {
    #[serde(default, deserialize_with = "text_or_nothing")]
    code: String,
    #[serde(default)]
    message: Option<Message>,
    #[serde(default)]
    details: Option<Details>,
    #[serde(rename = "innerError", alias = "innererror", default)]
    inner: Option<Inner>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Message {
    Text(String),
    Localised { value: String },
    Odd(IgnoredAny),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Details {
    List(Vec<FaultDetail>),
    One(FaultDetail),
    Odd(IgnoredAny),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Inner {
    Known {
        #[serde(rename = "request-id")]
        request_id: String,
    },
    Odd(IgnoredAny),
}

impl Body {
    fn into_fault(self) -> Fault {
        let message = match self.message {
            Some(Message::Text(text) | Message::Localised { value: text }) => text,
            Some(Message::Odd(_)) | None => String::new(),
        };
        Fault {
            code: clean(&self.code, EXCERPT_CHARS_MAX),
            message: clean(&message, MESSAGE_CHARS_MAX),
            details: match self.details {
                Some(Details::List(list)) => list,
                Some(Details::One(one)) => vec![one],
                Some(Details::Odd(_)) | None => Vec::new(),
            },
            request_id: match self.inner {
                Some(Inner::Known { request_id }) => Some(clean(&request_id, EXCERPT_CHARS_MAX)),
                Some(Inner::Odd(_)) | None => None,
            },
        }
    }
}

fn text_or_nothing<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Any {
        Text(String),
        Odd(IgnoredAny),
    }
    Ok(match Any::deserialize(deserializer)? {
        Any::Text(text) => text,
        Any::Odd(_) => String::new(),
    })
}

/// The words of an answer that is no envelope: without tags, in one line, short.
fn excerpt(body: &[u8]) -> String {
    let head = &body[..body.len().min(4096)];
    let text = String::from_utf8_lossy(head);
    let mut words = String::new();
    let mut in_tag = false;
    for c in text.chars() {
        match c {
            '<' => in_tag = true,
            '>' if in_tag => {
                in_tag = false;
                words.push(' ');
            }
            _ if !in_tag => words.push(c),
            _ => (),
        }
    }
    clean(&words, EXCERPT_CHARS_MAX)
}

/// One line of printable text, cut to so many characters.
fn clean(text: &str, chars_max: usize) -> String {
    let mut line = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|it| !it.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if 4 * chars_max < line.len() {
            break;
        }
    }
    if let Some((at, _)) = line.char_indices().nth(chars_max) {
        line.truncate(at);
        line.push('…');
    }
    line
}
