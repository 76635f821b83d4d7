//! Password hashes to write, and what became of them.
//!
//! It does not make a hash. Hashes are masked in `Debug`.

use jiff::Timestamp;

use super::error::{DecodeError, EncodeError};
use super::schema::{ITEMS_MAX, boolean, check_count, filled, is_nil, optional};
use crate::model::Secret;
use crate::wire::nbfx::{Reader, Tag, Value, WriteError, Writer};
use crate::wire::soap::Field;

/// Items that the service takes in one call.
pub const CREDENTIALS_PER_CALL_MAX: usize = 50;

/// A hash to write. One of the anchors names the user.
#[derive(Clone, Debug)]
pub struct CredentialChange {
    /// When the password was changed.
    pub changed_at: Timestamp,
    /// The user's anchor in the tenant.
    pub cloud_anchor: Option<String>,
    /// The transformed hash.
    pub credential: Secret,
    /// Whether the password must be changed at next logon.
    pub must_change: bool,
    /// The user's anchor in the directory.
    pub source_anchor: Option<String>,
}

/// What became of a hash. Results belong to requests by anchor, not by position.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CredentialResult {
    /// The user's anchor in the tenant.
    pub cloud_anchor: Option<String>,
    /// What is wrong, in words.
    pub extended_error: Option<String>,
    /// `0` if it was taken; other values are not documented.
    pub result: String,
    /// The user's anchor in the directory.
    pub source_anchor: Option<String>,
}

impl CredentialResult {
    /// Whether the hash was taken.
    pub fn is_done(&self) -> bool {
        self.result == "0"
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut result = Self::default();
        reader.leaves(|leaf| {
            if is_nil(leaf.element) || leaf.text.is_empty() {
                return;
            }
            let Field { name, text } = Field::new(leaf.element.name, leaf.text);
            match name.as_str() {
                // Anchors are compared, so they stay as they are.
                "CloudAnchor" => result.cloud_anchor = Some(leaf.text.to_owned()),
                "Result" => result.result = text,
                "SourceAnchor" => result.source_anchor = Some(leaf.text.to_owned()),
                // Whether the extended information is text or has elements inside is not known.
                _ => match &mut result.extended_error {
                    Some(error) if error.len() < 4096 => error.extend([" ", &text]),
                    Some(_) => (),
                    None => result.extended_error = Some(text),
                },
            }
        })?;
        Ok(result)
    }

    pub(super) fn write(&self, writer: &mut Writer) -> Result<(), WriteError> {
        let Self { cloud_anchor, extended_error, result, source_anchor } = self;
        writer.element(&Tag::prefixed("b", "SyncCredentialsChangeResult"), |it| {
            optional(it, "b", "CloudAnchor", cloud_anchor.as_deref())?;
            optional(it, "b", "ExtendedErrorInformation", extended_error.as_deref())?;
            it.leaf(&Tag::prefixed("b", "Result"), &Value::chars(result))?;
            optional(it, "b", "SourceAnchor", source_anchor.as_deref())
        })
    }
}

impl CredentialChange {
    pub(super) fn write(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        let anchor = self.source_anchor.as_ref().or(self.cloud_anchor.as_ref());
        self.write_fields(writer)
            .map_err(|source| EncodeError::Credential { anchor: anchor.cloned().unwrap_or_default(), source })
    }

    /// In alphabetical order, as a data contract wants it.
    fn write_fields(&self, writer: &mut Writer) -> Result<(), WriteError> {
        let Self { changed_at, cloud_anchor, credential, must_change, source_anchor } = self;
        writer.element(&Tag::prefixed("b", "SyncCredentialsChangeItem"), |it| {
            optional(it, "b", "ChangeDate", Some(&change_date(*changed_at)))?;
            optional(it, "b", "CloudAnchor", cloud_anchor.as_deref())?;
            optional(it, "b", "CredentialData", Some(credential.reveal()))?;
            let must_change = if *must_change { "true" } else { "false" };
            optional(it, "b", "ForcePasswordChangeOnLogon", Some(must_change))?;
            optional(it, "b", "SourceAnchor", source_anchor.as_deref())?;
            optional(it, "b", "WindowsLegacyCredentials", None)?;
            optional(it, "b", "WindowsSupplementalCredentials", None)
        })
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (mut changed_at, mut credential, mut must_change) = (None, None, false);
        let (mut cloud_anchor, mut source_anchor) = (None, None);
        while let Some(field) = reader.child()? {
            if is_nil(&field) {
                reader.skip()?;
                continue;
            }
            match field.name {
                "ChangeDate" => {
                    let parsed = reader.text()?.trim().parse::<Timestamp>();
                    changed_at = Some(parsed.map_err(|_| DecodeError::value(field.name, "a time in UTC"))?);
                }
                "CloudAnchor" => cloud_anchor = filled(reader.text()?),
                "CredentialData" => credential = Some(Secret::new(reader.text()?.into_owned())),
                "ForcePasswordChangeOnLogon" => must_change = boolean(field.name, &reader.text()?)?,
                "SourceAnchor" => source_anchor = filled(reader.text()?),
                _ => reader.skip()?,
            }
        }
        Ok(Self {
            changed_at: changed_at.ok_or(DecodeError::Missing("ChangeDate"))?,
            cloud_anchor,
            credential: credential.ok_or(DecodeError::Missing("CredentialData"))?,
            must_change,
            source_anchor,
        })
    }
}

/// Reads the items up to the end of the open `request`.
pub(super) fn read_credentials(reader: &mut Reader<'_>) -> Result<Vec<CredentialChange>, DecodeError> {
    let mut items = Vec::new();
    while let Some(part) = reader.child()? {
        if part.name != "RequestItems" {
            reader.skip()?;
            continue;
        }
        while reader.child()?.is_some() {
            check_count("credentials", items.len(), ITEMS_MAX)?;
            items.push(CredentialChange::read(reader)?);
        }
    }
    Ok(items)
}

/// With seven digits after the point, as .NET writes a time.
fn change_date(at: Timestamp) -> String {
    let civil = jiff::tz::TimeZone::UTC.to_datetime(at);
    format!("{}.{:07}Z", civil.strftime("%Y-%m-%dT%H:%M:%S"), civil.subsec_nanosecond() / 100)
}
