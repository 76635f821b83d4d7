//! The header by which a request proves who sends it: the service takes the bearer token from here, not
//! from HTTP.
//!
//! It does not know where a token comes from. The token is masked in `Debug`.

use uuid::Uuid;

use super::error::DecodeError;
use super::schema::{SERVICE, XSI};
use crate::model::Secret;
use crate::wire::nbfx::{Element, Reader, Tag, Value, WriteError, Writer};

const ROLE: &str = "urn:microsoft.online.administrativeservice";

/// Who sends a request, with which program.
#[derive(Clone, Debug)]
pub struct SyncToken {
    /// Which kind of client; the service has one number for each generation of its operations.
    pub application_id: Uuid,
    /// Access token, without a scheme.
    pub bearer_token: Secret,
    /// Version of the protocol's client.
    pub client_version: String,
    /// Version of Entra Connect that the client stands in for. The service refuses old ones.
    pub build_number: String,
    /// By which the service's support finds the request.
    pub tracking_id: Uuid,
}

impl SyncToken {
    /// What a client of the operations without a number says it is.
    pub const APPLICATION_V1: Uuid = Uuid::from_u128(0x1651_564e_7ce4_4d99_88be_0a65_050d_8dc3);
    /// What a client of the operations with a `2` says it is.
    pub const APPLICATION_V2: Uuid = Uuid::from_u128(0x6eb5_9a73_39b2_4c23_a70f_e2e3_ce89_65b1);
    /// The only known version of the protocol's client.
    pub const CLIENT_VERSION: &str = "8.0";

    /// Whether this header is one.
    pub(super) fn is(header: &Element<'_>) -> bool {
        header.name == "SyncToken"
    }

    /// The order of the elements is that of the known requests; a data contract depends on it.
    pub(super) fn write(&self, writer: &mut Writer) -> Result<(), WriteError> {
        let Self { application_id, bearer_token, client_version, build_number, tracking_id } = self;
        let (application_id, tracking_id) = (application_id.to_string(), tracking_id.to_string());
        let fields = [
            ("ApplicationId", application_id.as_str()),
            ("BearerToken", bearer_token.reveal()),
            ("ClientVersion", client_version),
            ("DirSyncBuildNumber", build_number),
            ("FIMBuildNumber", build_number),
            ("IsInstalledOnDC", "False"),
            ("IssueDateTime", "0001-01-01T00:00:00"),
            ("LanguageId", "en-US"),
            ("LiveToken", ""),
            ("ProtocolVersion", "2.0"),
            ("RichCoexistenceEnabled", "False"),
            ("TrackingId", &tracking_id),
        ];
        let tag = Tag::new("SyncToken").namespace("", ROLE).namespace("i", XSI);
        writer.element(&tag.attribute("s", "role", Value::chars(ROLE)), |it| {
            for (name, text) in fields {
                it.leaf(&Tag::new(name).namespace("", SERVICE), &Value::chars(text))?;
            }
            Ok(())
        })
    }

    /// Reads up to the end of the open header.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (mut application_id, mut tracking_id, mut bearer_token) = (None, None, None);
        let (mut client_version, mut build_number) = (String::new(), String::new());
        while let Some(field) = reader.child()? {
            match field.name {
                "ApplicationId" => application_id = Some(uuid("ApplicationId", &reader.text()?)?),
                "BearerToken" => bearer_token = Some(Secret::new(reader.text()?.into_owned())),
                "ClientVersion" => client_version = reader.text()?.into_owned(),
                "DirSyncBuildNumber" => build_number = reader.text()?.into_owned(),
                "TrackingId" => tracking_id = Some(uuid("TrackingId", &reader.text()?)?),
                _ => reader.skip()?,
            }
        }
        Ok(Self {
            application_id: application_id.ok_or(DecodeError::Missing("ApplicationId"))?,
            bearer_token: bearer_token.ok_or(DecodeError::Missing("BearerToken"))?,
            client_version,
            build_number,
            tracking_id: tracking_id.ok_or(DecodeError::Missing("TrackingId"))?,
        })
    }
}

pub(super) fn uuid(name: &str, text: &str) -> Result<Uuid, DecodeError> {
    Uuid::try_parse(text.trim()).map_err(|_| DecodeError::value(name, "a GUID"))
}
