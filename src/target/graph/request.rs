//! One request to Microsoft Graph: what it asks, what it costs, and whether it may be repeated.
//!
//! It does not know when or with what token it is sent.

use reqwest::Url;
use reqwest::header::HeaderMap;
use serde::Serialize;
use serde_json::value::RawValue;

use super::pacing::Cost;
use crate::target::http::header_map;

/// The name of this channel in errors.
pub(super) const CHANNEL: &str = "Microsoft Graph";

/// A request.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: &'static str,
    pub(super) place: Place,
    pub(super) body: Option<Box<RawValue>>,
    /// The `Prefer` header.
    pub(super) prefer: Option<&'static str>,
    pub(super) cost: Cost,
    /// Whether a request whose fate is not known may be sent again as it is.
    pub(super) repeatable: bool,
    /// Whether it names an object that we have just created, which replicas may not know yet.
    pub(super) fresh: bool,
    pub(super) operation: Operation,
}

/// Where a request goes.
#[derive(Debug)]
pub(super) enum Place {
    /// Path and query below the version, encoded.
    Path(String),
    /// A link that the service gave, to be followed as it stands.
    Link(Url),
}

/// What a request is for; it decides which permission an error names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    ReadOrganization,
    ReadDomains,
    ReadUsers,
    ReadGroups,
    ReadContacts,
    ReadMembers,
    ReadRoles,
    ReadSubscriptions,
    ReadSynchronization,
    WriteUsers,
    DeleteUsers,
    Restore,
    RevokeSessions,
    WriteGroups,
    DeleteGroups,
    WriteMembers,
}

impl Operation {
    /// In words, and the application permission that allows it (graph-tenant reference, 1.5).
    pub(super) const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::ReadOrganization => ("read the organisation", "Organization.Read.All"),
            Self::ReadDomains => ("read domains", "Domain.Read.All"),
            Self::ReadUsers => ("read users", "User.Read.All"),
            Self::ReadGroups => ("read groups", "Group.Read.All"),
            Self::ReadContacts => ("read contacts", "OrgContact.Read.All"),
            Self::ReadMembers => ("read members of groups", "GroupMember.Read.All"),
            Self::ReadRoles => ("read directory roles", "RoleManagement.Read.Directory"),
            Self::ReadSubscriptions => ("read subscriptions", "LicenseAssignment.Read.All"),
            Self::ReadSynchronization => {
                ("read the switches of directory synchronisation", "OnPremDirectorySynchronization.Read.All")
            }
            Self::WriteUsers => ("write users", "User.ReadWrite.All"),
            Self::DeleteUsers => ("delete users", "User.DeleteRestore.All"),
            Self::Restore => {
                ("restore objects", "User.DeleteRestore.All (users) or Group.ReadWrite.All (groups)")
            }
            Self::RevokeSessions => ("end sessions", "User.RevokeSessions.All"),
            Self::WriteGroups => ("write groups", "Group.ReadWrite.All"),
            Self::DeleteGroups => ("delete groups", "Group.ReadWrite.All"),
            Self::WriteMembers => ("change members of groups", "GroupMember.ReadWrite.All"),
        }
    }
}

impl Request {
    /// A read of so many resource units.
    pub(super) fn get(path: String, resource_units: u32, operation: Operation) -> Self {
        Self {
            method: "GET",
            place: Place::Path(path),
            body: None,
            prefer: None,
            cost: Cost::read(resource_units),
            repeatable: true,
            fresh: false,
            operation,
        }
    }

    /// A write that comes to the same if it is sent twice.
    pub(super) fn write(method: &'static str, path: String, operation: Operation) -> Self {
        Self { method, cost: Cost::WRITE, ..Self::get(path, 0, operation) }
    }

    /// With a JSON body.
    pub(super) fn with_body(mut self, body: &impl Serialize) -> Self {
        self.body = Some(serde_json::value::to_raw_value(body).expect("texts, switches and lists are JSON"));
        self
    }

    /// The same request for the page that a link names.
    pub(super) fn follow(&self, link: Url) -> Self {
        Self {
            place: Place::Link(link),
            ..Self::get(String::new(), self.cost.resource_units, self.operation)
        }
    }

    /// Path without query, for errors: queries hold people's names.
    pub(super) fn path(&self) -> &str {
        match &self.place {
            Place::Path(path) => path.split('?').next().unwrap_or(path),
            Place::Link(url) => url.path(),
        }
    }

    /// Headers that belong to the request itself.
    pub(super) fn headers(&self) -> HeaderMap {
        self.prefer.map(|it| header_map(&[("prefer", it)])).unwrap_or_default()
    }
}

/// Percent-encodes a value for a path segment or a query (RFC 3986, 2.3: all but unreserved characters).
pub(super) fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            for digit in [byte >> 4, byte & 15] {
                encoded.push(char::from_digit(u32::from(digit), 16).unwrap_or('0').to_ascii_uppercase());
            }
        }
    }
    encoded
}

/// A text as an OData literal, encoded; quotes in it are doubled (OData 4.01 URL Conventions, 5.1.1.14.1).
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", encoded(&text.replace('\'', "''")))
}
