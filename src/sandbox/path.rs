//! The path of a Graph request, split into decoded segments: version prefix, `name('key')` and
//! `name(alternateKey='value')` understood.
//!
//! It does not know which routes exist.

use super::errors::Refusal;
use super::exchange::decode;

/// Marks a segment that names an alternate key; no path can contain it.
pub(crate) const UNIQUE_NAME: &str = "\0uniqueName";
/// The same for service principals.
pub(crate) const APP_ID: &str = "\0appId";
/// The same for directory roles.
pub(crate) const ROLE_TEMPLATE_ID: &str = "\0roleTemplateId";

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    segments: Vec<String>,
}

impl Target {
    /// Reads `/v1.0/…` or `/beta/…`.
    pub(crate) fn parse(path: &str) -> Result<Self, Refusal> {
        let mut parts = path.trim_start_matches('/').split('/');
        match parts.next() {
            Some("v1.0" | "beta") => (),
            Some(other) => return Err(Refusal::new(400, "BadRequest", format!("Invalid version: {other}"))),
            None => return Err(Refusal::unknown_segment("")),
        }
        let mut segments = Vec::new();
        for part in parts {
            let part = decode(part, false);
            if part.contains(char::is_control) {
                return Err(Refusal::new(400, "Request_InvalidRequestUrl", "Request url was invalid."));
            }
            push(&mut segments, &part)?;
        }
        if segments.last().is_some_and(String::is_empty) {
            segments.pop();
        }
        Ok(Self { segments })
    }

    pub(crate) fn segments(&self) -> Vec<&str> {
        self.segments.iter().map(String::as_str).collect()
    }

    /// The path without version, as faults and the audit log name it.
    pub(crate) fn path(&self) -> String {
        format!("/{}", self.segments.join("/").replace('\0', ""))
    }
}

fn push(segments: &mut Vec<String>, part: &str) -> Result<(), Refusal> {
    let invalid = || Refusal::new(400, "Request_InvalidRequestUrl", "Request url was invalid.");
    // The schema gives its namespace the alias `graph`, which client libraries use in casts.
    let cast = part.strip_prefix("graph.").map(|it| format!("microsoft.graph.{it}"));
    let part = cast.as_deref().unwrap_or(part);
    // Of this key the service also takes a segment of its own.
    if let Some(id) = part.strip_prefix("roleTemplateId=") {
        segments.extend([ROLE_TEMPLATE_ID.to_owned(), id.trim_matches('\'').to_owned()]);
        return Ok(());
    }
    let Some((name, rest)) = part.split_once('(') else {
        segments.push(if part == "microsoft.graph.delta" { "delta" } else { part }.to_owned());
        return Ok(());
    };
    let argument = rest.strip_suffix(')').ok_or_else(invalid)?;
    segments.push(if name == "microsoft.graph.delta" { "delta".to_owned() } else { name.to_owned() });
    if argument.is_empty() {
        return Ok(());
    }
    let (key, quoted) = match argument.split_once('=') {
        Some((key, quoted)) if !key.starts_with('\'') => (Some(key), quoted),
        Some(_) | None => (None, argument),
    };
    let value = quoted.strip_prefix('\'').and_then(|it| it.strip_suffix('\'')).ok_or_else(invalid)?;
    match key {
        None | Some("id") => (),
        Some("uniqueName") => segments.push(UNIQUE_NAME.to_owned()),
        Some("appId") => segments.push(APP_ID.to_owned()),
        Some("roleTemplateId") => segments.push(ROLE_TEMPLATE_ID.to_owned()),
        Some(_) => return Err(invalid()),
    }
    // OData doubles a quote inside a literal.
    segments.push(value.replace("''", "'"));
    Ok(())
}
