//! Names of people and services in a realm (RFC 4120, 6).
//!
//! Names compare without regard to case, as Active Directory's do.

use std::fmt;
use std::str::FromStr;

use crate::wire::ber::{BerError, Reader, integer, tag, wrap};

/// A name in a realm.
#[derive(Clone, Debug)]
pub struct Principal {
    /// The realm.
    pub realm: String,
    /// `["ldap", "dc1.corp.example.com"]`.
    pub components: Vec<String>,
}

/// A text that is no principal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a principal; write name@REALM")]
pub struct PrincipalError(String);

/// NT-PRINCIPAL and NT-SRV-INST (RFC 4120, 6.2).
const NT_PRINCIPAL: i64 = 1;
const NT_SRV_INST: i64 = 2;

impl Principal {
    /// The service of a class on a host.
    pub fn service(class: &str, host: &str, realm: &str) -> Self {
        Self { realm: realm.to_owned(), components: vec![class.to_owned(), host.to_owned()] }
    }

    /// The ticket-granting service of a realm (RFC 4120, 7.3).
    pub fn ticket_granting(realm: &str) -> Self {
        Self::service("krbtgt", realm, realm)
    }

    /// PrincipalName (RFC 4120, 5.2.2).
    pub(super) fn encode(&self) -> Vec<u8> {
        let kind = if self.components.len() < 2 { NT_PRINCIPAL } else { NT_SRV_INST };
        let parts: Vec<u8> =
            self.components.iter().flat_map(|it| wrap(tag::GENERAL_STRING, &[it.as_bytes()])).collect();
        let kind = wrap(tag::context(0), &[&integer(tag::INTEGER, kind)]);
        let parts = wrap(tag::context(1), &[&wrap(tag::SEQUENCE, &[&parts])]);
        wrap(tag::SEQUENCE, &[&kind, &parts])
    }

    /// PrincipalName with a realm that came beside it.
    pub(super) fn decode(realm: String, name: &[u8]) -> Result<Self, BerError> {
        let mut fields = Reader::new(name).nested(tag::SEQUENCE)?;
        fields.element(tag::context(0))?;
        let mut list = fields.nested(tag::context(1))?.nested(tag::SEQUENCE)?;
        let mut components = Vec::new();
        while !list.is_empty() {
            components.push(list.text(tag::GENERAL_STRING)?.to_owned());
        }
        Ok(Self { realm, components })
    }
}

impl PartialEq for Principal {
    fn eq(&self, other: &Self) -> bool {
        self.realm.eq_ignore_ascii_case(&other.realm)
            && self.components.len() == other.components.len()
            && self.components.iter().zip(&other.components).all(|it| it.0.eq_ignore_ascii_case(it.1))
    }
}

impl Eq for Principal {}

impl FromStr for Principal {
    type Err = PrincipalError;

    fn from_str(text: &str) -> Result<Self, PrincipalError> {
        let wrong = || PrincipalError(text.to_owned());
        let (name, realm) = text.rsplit_once('@').ok_or_else(wrong)?;
        let components: Vec<String> = name.split('/').map(str::to_owned).collect();
        if realm.is_empty() || components.iter().any(String::is_empty) {
            return Err(wrong());
        }
        // Active Directory's realms are upper case; a lower-case one is a slip that Windows forgives.
        Ok(Self { realm: realm.to_ascii_uppercase(), components })
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.components.join("/"), self.realm)
    }
}
