//! What a certificate says of itself: whose it is, and from when to when it is valid (RFC 5280, 4.1).
//!
//! It verifies nothing: whoever shows dates to people has had the certificate verified, or knows it to be their
//! own.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::ber::{BerError, Reader, tag};

/// UTCTime, with two digits of the year.
const UTC_TIME: u8 = 0x17;
/// `commonName`, 2.5.4.3.
const COMMON_NAME: &[u8] = &[0x55, 4, 3];

/// Whose a certificate is, and how long it is valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The common name of its subject; `None` if it has none that is text.
    pub subject: Option<String>,
    /// First moment at which it is valid.
    pub begins: Timestamp,
    /// Last moment at which it is valid.
    pub ends: Timestamp,
}

impl Certificate {
    /// Reads a certificate in DER.
    ///
    /// # Errors
    /// The bytes are no certificate.
    pub fn parse(der: &[u8]) -> Result<Self, BerError> {
        let mut fields = Reader::new(der).nested(tag::SEQUENCE)?.nested(tag::SEQUENCE)?;
        fields.optional(tag::context(0))?;
        fields.element(tag::INTEGER)?;
        fields.element(tag::SEQUENCE)?;
        fields.element(tag::SEQUENCE)?;
        let mut validity = fields.nested(tag::SEQUENCE)?;
        let (begins, ends) = (time(&mut validity)?, time(&mut validity)?);
        let subject = common_name(fields.nested(tag::SEQUENCE)?)?;
        Ok(Self { subject, begins, ends })
    }
}

/// UTCTime or GeneralizedTime, both to the second and in UTC (RFC 5280, 4.1.2.5).
fn time(fields: &mut Reader<'_>) -> Result<Timestamp, BerError> {
    let (form, bytes) = fields.any()?;
    let text = std::str::from_utf8(bytes).map_err(|_| BerError::Value)?;
    let format = match form {
        // jiff takes 69 to 99 for the last century; RFC 5280 says 50, and nobody's certificate is so old.
        UTC_TIME => "%y%m%d%H%M%SZ",
        tag::GENERALIZED_TIME => "%Y%m%d%H%M%SZ",
        found => return Err(BerError::Tag { expected: UTC_TIME, found }),
    };
    let civil = DateTime::strptime(format, text).map_err(|_| BerError::Value)?;
    civil.to_zoned(TimeZone::UTC).map(|it| it.timestamp()).map_err(|_| BerError::Value)
}

/// The last common name of a name: that is the most specific one.
fn common_name(mut names: Reader<'_>) -> Result<Option<String>, BerError> {
    let mut found = None;
    while !names.is_empty() {
        let mut parts = names.nested(tag::SET)?;
        while !parts.is_empty() {
            let mut part = parts.nested(tag::SEQUENCE)?;
            if part.element(tag::OID)? == COMMON_NAME {
                let text = part.any()?.1;
                found = std::str::from_utf8(text).ok().map(str::to_owned);
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn der(subject: &str, from: (i32, u8), to: (i32, u8)) -> Vec<u8> {
        let mut params = rcgen::CertificateParams::new(vec!["dc1.corp.example.com".to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(from.0, from.1, 2);
        params.not_after = rcgen::date_time_ymd(to.0, to.1, 3);
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(rcgen::DnType::OrganizationName, "Contoso");
        params.distinguished_name.push(rcgen::DnType::CommonName, subject);
        params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    #[test]
    fn name_and_dates_are_read_in_both_forms() {
        let found = Certificate::parse(&der("dc1", (2026, 1), (2051, 12))).unwrap();
        assert_eq!(found.subject.as_deref(), Some("dc1"));
        assert_eq!(found.begins.to_string(), "2026-01-02T00:00:00Z");
        assert_eq!(found.ends.to_string(), "2051-12-03T00:00:00Z");
    }

    #[test]
    fn what_is_cut_off_or_something_else_is_an_error() {
        let whole = der("dc1", (2026, 1), (2027, 1));
        for end in 0..whole.len().min(200) {
            assert!(Certificate::parse(&whole[..end]).is_err(), "{end}");
        }
        assert!(Certificate::parse(b"-----BEGIN CERTIFICATE-----").is_err());
    }
}
