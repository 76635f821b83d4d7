//! Requests: a client writes them, an embedded tenant reads them.
//!
//! They hold a token, so their bytes are wiped when they are dropped and never logged.

use uuid::Uuid;

use super::credential::{CredentialChange, read_credentials};
use super::error::{DecodeError, EncodeError};
use super::features::DirSyncFeatures;
use super::object::{SyncObject, read_objects};
use super::operation::Operation;
use super::schema::{COEXISTENCE, OBJECTS, SERVICE, XSI, boolean, integer};
use super::token::SyncToken;
use crate::model::SecretBytes;
use crate::wire::nbfx::{Limits, Reader, Tag, Value, Writer};
use crate::wire::soap::{self, Content, Head, RequestHead};

/// What is asked for.
#[derive(Clone, Debug)]
pub enum Request {
    /// See [`Operation::GetCompanyConfiguration`].
    GetCompanyConfiguration {
        /// Whether to say which licences there are.
        include_license_information: bool,
    },
    /// See [`Operation::SetCompanyDirsyncFeatures`].
    SetCompanyDirsyncFeatures(DirSyncFeatures),
    /// See [`Operation::Capabilities`].
    Capabilities,
    /// See [`Operation::ProvisionAzureADSyncObjects`].
    ProvisionObjects(Vec<SyncObject>),
    /// See [`Operation::ProvisionAzureADSyncObjects2`].
    ProvisionObjects2(Vec<SyncObject>),
    /// See [`Operation::FinalizeExport`].
    FinalizeExport {
        /// Objects that were sent.
        total: i64,
        /// Objects that were taken.
        successful: i64,
    },
    /// See [`Operation::ProvisionCredentials`].
    ProvisionCredentials(Vec<CredentialChange>),
}

/// Who calls whom.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// Address of the service, the new one after a redirect.
    pub to: &'a str,
    /// Identity of the message.
    pub message_id: Uuid,
    /// Who calls.
    pub token: &'a SyncToken,
}

/// A request that arrived.
#[derive(Clone, Debug)]
pub struct Received {
    /// What its headers say.
    pub head: Head,
    /// Who calls, if it says.
    pub token: Option<SyncToken>,
    /// What is asked for.
    pub request: Request,
}

impl Request {
    /// Which operation it is.
    pub fn operation(&self) -> Operation {
        match self {
            Self::GetCompanyConfiguration { .. } => Operation::GetCompanyConfiguration,
            Self::SetCompanyDirsyncFeatures(_) => Operation::SetCompanyDirsyncFeatures,
            Self::Capabilities => Operation::Capabilities,
            Self::ProvisionObjects(_) => Operation::ProvisionAzureADSyncObjects,
            Self::ProvisionObjects2(_) => Operation::ProvisionAzureADSyncObjects2,
            Self::FinalizeExport { .. } => Operation::FinalizeExport,
            Self::ProvisionCredentials(_) => Operation::ProvisionCredentials,
        }
    }

    /// Writes what stands inside the element of the operation.
    fn write(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        match self {
            Self::GetCompanyConfiguration { include_license_information } => {
                let text = if *include_license_information { "true" } else { "false" };
                writer.leaf(&Tag::new("includeLicenseInformation"), &Value::chars(text))?;
            }
            Self::SetCompanyDirsyncFeatures(features) => {
                write_number(writer, "dirsyncFeatures", features.0.into())?;
            }
            Self::Capabilities => (),
            Self::ProvisionObjects(objects) | Self::ProvisionObjects2(objects) => {
                let tag = Tag::new("syncRequest").namespace("b", OBJECTS).namespace("i", XSI);
                writer.element(&tag, |it| {
                    it.element(&Tag::prefixed("b", "SyncObjects"), |it| {
                        objects.iter().try_for_each(|object| object.write(it))
                    })
                })?;
            }
            Self::FinalizeExport { total, successful } => {
                write_number(writer, "totalExported", *total)?;
                write_number(writer, "successfulExportCount", *successful)?;
            }
            Self::ProvisionCredentials(items) => {
                let tag = Tag::new("request").namespace("b", COEXISTENCE).namespace("i", XSI);
                writer.element(&tag, |it| {
                    it.element(&Tag::prefixed("b", "RequestItems"), |it| {
                        items.iter().try_for_each(|item| item.write(it))
                    })
                })?;
            }
        }
        Ok(())
    }

    /// Reads up to the end of the open element of the operation.
    fn read(operation: Operation, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match operation {
            Operation::GetCompanyConfiguration => {
                let [include] = parameters(reader, ["includeLicenseInformation"])?;
                let include_license_information = boolean("includeLicenseInformation", &include)?;
                Self::GetCompanyConfiguration { include_license_information }
            }
            Operation::SetCompanyDirsyncFeatures => {
                let [features] = parameters(reader, ["dirsyncFeatures"])?;
                let bits = i32::try_from(integer("dirsyncFeatures", &features)?)
                    .map_err(|_| DecodeError::value("dirsyncFeatures", "a number of 32 bits"))?;
                Self::SetCompanyDirsyncFeatures(DirSyncFeatures(bits))
            }
            Operation::Capabilities => {
                reader.skip()?;
                Self::Capabilities
            }
            Operation::ProvisionAzureADSyncObjects => {
                Self::ProvisionObjects(parameter(reader, "syncRequest", read_objects)?)
            }
            Operation::ProvisionAzureADSyncObjects2 => {
                Self::ProvisionObjects2(parameter(reader, "syncRequest", read_objects)?)
            }
            Operation::FinalizeExport => {
                let [total, successful] = parameters(reader, ["totalExported", "successfulExportCount"])?;
                Self::FinalizeExport {
                    total: integer("totalExported", &total)?,
                    successful: integer("successfulExportCount", &successful)?,
                }
            }
            Operation::ProvisionCredentials => {
                Self::ProvisionCredentials(parameter(reader, "request", read_credentials)?)
            }
        })
    }
}

/// Writes a request. The bytes are wiped when they are dropped.
pub fn encode_request(call: &Call<'_>, request: &Request) -> Result<SecretBytes, EncodeError> {
    let Call { to, message_id, token } = *call;
    let operation = request.operation();
    let head = RequestHead { action: &operation.action(), message_id, to };
    soap::write_request(
        &head,
        |it| Ok::<_, EncodeError>(token.write(it)?),
        |it| it.element(&Tag::new(operation.name()).namespace("", SERVICE), |it| request.write(it)),
    )
}

/// Reads a request.
pub fn decode_request(bytes: &[u8]) -> Result<Received, DecodeError> {
    let mut token = None;
    let mut message = soap::open(bytes, Limits::default(), |header, reader| {
        if !SyncToken::is(header) {
            return Ok::<_, DecodeError>(false);
        }
        token = Some(SyncToken::read(reader)?);
        Ok(true)
    })?;
    let operation = match message.content()? {
        Content::Fault(_) => return Err(DecodeError::Operation("Fault".to_owned())),
        Content::Body(element) => Some(&element)
            .filter(|it| it.namespace == SERVICE)
            .and_then(|it| Operation::from_name(it.name))
            .ok_or_else(|| DecodeError::Operation(element.name.to_owned()))?,
    };
    let request = Request::read(operation, message.reader())?;
    message.finish()?;
    Ok(Received { head: message.head, token, request })
}

fn write_number(writer: &mut Writer, name: &str, number: i64) -> Result<(), EncodeError> {
    Ok(writer.leaf(&Tag::new(name), &Value::chars(&number.to_string()))?)
}

/// The texts of these parameters, all of which must be there.
fn parameters<const N: usize>(
    reader: &mut Reader<'_>,
    names: [&'static str; N],
) -> Result<[String; N], DecodeError> {
    let mut texts = [const { None }; N];
    while let Some(element) = reader.child()? {
        match names.iter().position(|it| *it == element.name) {
            Some(at) => texts[at] = Some(reader.text()?.into_owned()),
            None => reader.skip()?,
        }
    }
    for (name, text) in names.into_iter().zip(&texts) {
        if text.is_none() {
            return Err(DecodeError::Missing(name));
        }
    }
    Ok(texts.map(Option::unwrap_or_default))
}

/// What `read` makes of this parameter, which must be there.
fn parameter<'a, T>(
    reader: &mut Reader<'a>,
    name: &'static str,
    read: impl Fn(&mut Reader<'a>) -> Result<T, DecodeError>,
) -> Result<T, DecodeError> {
    let mut found = None;
    while let Some(element) = reader.child()? {
        if element.name == name {
            found = Some(read(reader)?);
        } else {
            reader.skip()?;
        }
    }
    found.ok_or(DecodeError::Missing(name))
}
