//! JSON batching: many requests in one (graph-tenant reference, 6.1).
//!
//! It does not decide which requests may travel together.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// One request of a batch; its id is its place.
#[derive(Debug, Serialize)]
pub struct BatchItem<'a> {
    /// HTTP method.
    pub method: &'a str,
    /// Path and query below the version.
    pub url: &'a str,
    /// Headers.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<&'a str, &'a str>,
    /// JSON body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<&'a RawValue>,
}

#[derive(Serialize)]
struct Numbered<'a> {
    id: String,
    #[serde(flatten)]
    item: &'a BatchItem<'a>,
}

/// The body of a batch request; ids are the places of the items, from 0.
pub fn batch_body(items: &[BatchItem<'_>]) -> serde_json::Result<Vec<u8>> {
    #[derive(Serialize)]
    struct Requests<'a> {
        requests: Vec<Numbered<'a>>,
    }
    let requests = items.iter().enumerate().map(|(at, item)| Numbered { id: at.to_string(), item }).collect();
    serde_json::to_vec(&Requests { requests })
}

/// The answer to one request of a batch.
#[derive(Debug, Deserialize)]
pub struct BatchAnswer {
    id: String,
    /// HTTP status.
    pub status: u16,
    /// Headers; names in whatever case the service chose.
    #[serde(default)]
    headers: Option<BTreeMap<String, serde_json::Value>>,
    #[serde(default)]
    body: Option<Box<RawValue>>,
}

impl BatchAnswer {
    /// Reads the answers into the places of their requests; what is missing or unknown leaves `None`.
    pub fn read(body: &[u8], requests: usize) -> serde_json::Result<Vec<Option<Self>>> {
        #[derive(Deserialize)]
        struct Responses {
            responses: Vec<BatchAnswer>,
        }
        let mut places: Vec<Option<Self>> = (0..requests).map(|_| None).collect();
        for answer in serde_json::from_slice::<Responses>(body)?.responses {
            if let Some(place) = answer.id.parse::<usize>().ok().and_then(|at| places.get_mut(at)) {
                *place = Some(answer);
            }
        }
        Ok(places)
    }

    /// A header's value; a number passes for its text.
    pub fn header(&self, name: &str) -> Option<String> {
        let headers = self.headers.as_ref()?;
        let (_, value) = headers.iter().find(|(it, _)| it.eq_ignore_ascii_case(name))?;
        value.as_str().map(str::to_owned).or_else(|| value.as_number().map(ToString::to_string))
    }

    /// The body's JSON; empty if there is none.
    pub fn body(&self) -> &[u8] {
        self.body.as_ref().map_or(&[], |it| it.get().as_bytes())
    }
}
