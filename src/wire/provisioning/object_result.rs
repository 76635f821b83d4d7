//! What became of an object.
//!
//! It does not know what to do about a failure.

use super::error::DecodeError;
use super::object::{SyncObjectType, SyncOperation};
use super::schema::{is_nil, optional};
use crate::wire::nbfx::{Reader, Tag, Value, WriteError, Writer};
use crate::wire::soap::Field;

/// Fields beyond the known ones that are kept.
const FURTHER_MAX: usize = 32;

/// What became of an object. A success may have an error description: a warning, such as an address that
/// was put in quarantine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectResult {
    /// The object's anchor in the tenant.
    pub cloud_anchor: Option<String>,
    /// Whether it succeeded.
    pub code: ResultCode,
    /// Error code, such as `AttributeValueMustBeUnique`.
    pub error_code: Option<String>,
    /// Error in words.
    pub error_description: Option<String>,
    /// The object's anchor in the directory.
    pub source_anchor: Option<String>,
    /// Kind of the object, if it is a known one.
    pub kind: Option<SyncObjectType>,
    /// What was asked for, if it is a known one.
    pub operation: Option<SyncOperation>,
    /// Everything else that the service says, such as extended error information and the object in the way.
    /// Which fields there can be is not known.
    pub further: Vec<Field>,
}

/// Whether an object was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ResultCode {
    /// It was.
    Success,
    /// It was not.
    Failure,
    /// A code that is not known.
    Other(String),
    /// The service did not say.
    #[default]
    Missing,
}

impl ResultCode {
    /// As it is written.
    pub fn name(&self) -> &str {
        match self {
            Self::Success => "Success",
            Self::Failure => "Failure",
            Self::Other(code) => code,
            Self::Missing => "",
        }
    }

    fn from_name(name: &str) -> Self {
        match name.trim() {
            "Success" => Self::Success,
            "Failure" => Self::Failure,
            "" => Self::Missing,
            other => Self::Other(other.chars().take(128).collect()),
        }
    }
}

impl ObjectResult {
    /// Reads up to the end of the open `AzureADSyncObjectResult`.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut result = Self::default();
        reader.leaves(|leaf| {
            let name = leaf.element.name;
            if is_nil(leaf.element) || leaf.text.is_empty() {
                return;
            }
            let field = Field::new(name, leaf.text);
            match (leaf.path, name) {
                // Anchors are compared, so they stay as they are.
                ([], "CloudAnchor") => result.cloud_anchor = Some(leaf.text.to_owned()),
                ([], "ResultCode") => result.code = ResultCode::from_name(&field.text),
                ([], "ResultErrorCode") => result.error_code = Some(field.text),
                ([], "ResultErrorDescription") => result.error_description = Some(field.text),
                ([], "SourceAnchor") => result.source_anchor = Some(leaf.text.to_owned()),
                ([], "SyncObjectType") => result.kind = SyncObjectType::from_name(&field.text),
                ([], "SyncOperation") => result.operation = SyncOperation::from_name(&field.text),
                _ if result.further.len() < FURTHER_MAX => result.further.push(field),
                _ => (),
            }
        })?;
        Ok(result)
    }

    pub(super) fn write(&self, writer: &mut Writer) -> Result<(), WriteError> {
        let Self {
            cloud_anchor,
            code,
            error_code,
            error_description,
            source_anchor,
            kind,
            operation,
            further,
        } = self;
        writer.element(&Tag::prefixed("b", "AzureADSyncObjectResult"), |it| {
            optional(it, "b", "CloudAnchor", cloud_anchor.as_deref())?;
            for Field { name, text } in further {
                it.leaf(&Tag::prefixed("b", name), &Value::chars(text))?;
            }
            it.leaf(&Tag::prefixed("b", "ResultCode"), &Value::chars(code.name()))?;
            optional(it, "b", "ResultErrorCode", error_code.as_deref())?;
            optional(it, "b", "ResultErrorDescription", error_description.as_deref())?;
            optional(it, "b", "SourceAnchor", source_anchor.as_deref())?;
            optional(it, "b", "SyncObjectType", kind.map(SyncObjectType::name))?;
            optional(it, "b", "SyncOperation", operation.map(SyncOperation::name))
        })
    }
}
