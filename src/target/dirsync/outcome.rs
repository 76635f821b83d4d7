//! Brings the results of a request back to the objects that were sent: by anchor, never by position.
//!
//! It does not know steps' contents or when to ask again.

use std::collections::HashMap;

use super::draft::Sent;
use super::known::id_in;
use crate::model::CloudId;
use crate::target::{ProvisioningError, TargetError};
use crate::wire::provisioning::{ObjectResult, ResultCode};

/// Something that the service said of an object although it wrote it, such as an address in quarantine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The object's name.
    pub object: String,
    /// The service's code, or `none`.
    pub code: Box<str>,
    /// The service's words.
    pub description: String,
}

/// What became of one object.
#[derive(Debug)]
pub(super) struct Settled {
    pub(super) outcome: Result<CloudId, TargetError>,
    pub(super) warning: Option<Warning>,
}

/// Who answered.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) host: String,
    pub(super) tracking_id: String,
}

/// What became of each object, in the order in which they were sent.
pub(super) fn settle(sent: &[Sent], results: Vec<ObjectResult>, source: &Source) -> Vec<Settled> {
    let places = Places::new(sent);
    let mut found: Vec<Option<ObjectResult>> = sent.iter().map(|_| None).collect();
    for result in results {
        let Some(at) = places.find(sent, &result) else {
            tracing::warn!(
                host = source.host,
                tracking_id = source.tracking_id,
                "a result belongs to no object that was sent"
            );
            continue;
        };
        // Of two results for one object, the worse one counts.
        if found[at].as_ref().is_none_or(|it| it.code == ResultCode::Success) {
            found[at] = Some(result);
        }
    }
    sent.iter().zip(found).map(|(sent, result)| settled(sent, result, source)).collect()
}

/// Where objects stand that results may name.
struct Places<'a> {
    anchors: HashMap<&'a str, usize>,
    ids: HashMap<CloudId, usize>,
}

impl<'a> Places<'a> {
    fn new(sent: &'a [Sent]) -> Self {
        let places = || sent.iter().enumerate();
        Self {
            anchors: places().map(|(at, it)| (it.wire_anchor.as_str(), at)).collect(),
            ids: places().filter_map(|(at, it)| Some((it.id?, at))).collect(),
        }
    }

    fn find(&self, sent: &[Sent], result: &ObjectResult) -> Option<usize> {
        let source = result.source_anchor.as_deref();
        if let Some(at) = source.and_then(|it| self.anchors.get(it)) {
            return Some(*at);
        }
        let at = *self.ids.get(&id_in(result.cloud_anchor.as_deref()?)?)?;
        // With another source anchor than the one that was sent it is another object; but one that was sent
        // without may have one.
        (source.is_none() || sent[at].anchor.is_none()).then_some(at)
    }
}

fn settled(sent: &Sent, result: Option<ObjectResult>, source: &Source) -> Settled {
    let not_said = |what: String| {
        let (object, Source { host, tracking_id }) = (sent.name.clone(), source.clone());
        let error = ProvisioningError::NotSaid { object, host, what, tracking_id: tracking_id.into() };
        Settled { outcome: Err(error.into()), warning: None }
    };
    let Some(result) = result else { return not_said("there is no result for it".to_owned()) };
    match &result.code {
        ResultCode::Success => {}
        ResultCode::Failure => return Settled { outcome: Err(failure(sent, result, source)), warning: None },
        ResultCode::Other(code) => return not_said(format!("its result is {code:?}")),
        ResultCode::Missing => return not_said("its result has no code".to_owned()),
    }
    let warning = (result.error_code.is_some() || result.error_description.is_some()).then(|| Warning {
        object: sent.name.clone(),
        code: or_none(result.error_code.as_deref()),
        description: result.error_description.clone().unwrap_or_default(),
    });
    let found = result.cloud_anchor.as_deref().and_then(id_in);
    let outcome = match (sent.id, found) {
        (Some(expected), Some(found)) if expected != found => {
            Err(ProvisioningError::OtherObject { object: sent.name.clone(), expected, found }.into())
        }
        (_, Some(id)) | (Some(id), None) => Ok(id),
        (None, None) => {
            return Settled { warning, ..not_said("it was written, but has no cloud anchor".to_owned()) };
        }
    };
    Settled { outcome, warning }
}

fn failure(sent: &Sent, result: ObjectResult, source: &Source) -> TargetError {
    let mut description =
        result.error_description.unwrap_or_else(|| "the service does not say why".to_owned());
    // Such as the object in the way; which fields there can be is not known.
    for field in result.further.iter().filter(|it| !it.text.is_empty() && it.name != "TrackingId").take(5) {
        description = format!("{description} [{}: {}]", field.name, field.text);
    }
    let own = result.further.iter().find(|it| it.name == "TrackingId").map(|it| it.text.as_str());
    let tracking_id = own.unwrap_or(&source.tracking_id).into();
    let (object, code) = (sent.name.clone(), or_none(result.error_code.as_deref()));
    ProvisioningError::NotWritten { object, code, description, tracking_id }.into()
}

pub(super) fn or_none(code: Option<&str>) -> Box<str> {
    code.filter(|it| !it.is_empty()).unwrap_or("none").into()
}
