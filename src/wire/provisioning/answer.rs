//! Answers: an embedded tenant writes them, a client reads them.
//!
//! It does not know what to do about a refusal.

use super::capabilities::Capabilities;
use super::configuration::CompanyConfiguration;
use super::credential::CredentialResult;
use super::error::{DecodeError, EncodeError};
use super::object_result::ObjectResult;
use super::operation::Operation;
use super::refusal::{Refusal, ServiceFault};
use super::schema::{COEXISTENCE, ITEMS_MAX, OBJECTS, SERVICE, XSI, check_count};
use crate::model::SecretBytes;
use crate::wire::nbfx::{Limits, Reader, Tag, Value, WriteError, Writer};
use crate::wire::soap::{self, AnswerHead, Content, Head};

/// The action of a fault, as WCF sends it.
const FAULT_ACTION: &str =
    "http://schemas.microsoft.com/net/2005/12/windowscommunicationfoundation/dispatcher/fault";

/// What the service did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// To [`Operation::GetCompanyConfiguration`].
    CompanyConfiguration(Box<CompanyConfiguration>),
    /// To [`Operation::SetCompanyDirsyncFeatures`].
    FeaturesSet,
    /// To [`Operation::Capabilities`].
    Capabilities(Capabilities),
    /// To [`Operation::ProvisionAzureADSyncObjects`].
    Objects(Vec<ObjectResult>),
    /// To [`Operation::ProvisionAzureADSyncObjects2`].
    Objects2(Vec<ObjectResult>),
    /// To [`Operation::FinalizeExport`].
    ExportFinalized,
    /// To [`Operation::ProvisionCredentials`].
    Credentials(Vec<CredentialResult>),
}

/// An answer that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// What its headers say.
    pub head: Head,
    /// What the service did, or said instead.
    pub outcome: Result<Answer, ServiceFault>,
}

impl Answer {
    /// Which operation it answers.
    pub fn operation(&self) -> Operation {
        match self {
            Self::CompanyConfiguration(_) => Operation::GetCompanyConfiguration,
            Self::FeaturesSet => Operation::SetCompanyDirsyncFeatures,
            Self::Capabilities(_) => Operation::Capabilities,
            Self::Objects(_) => Operation::ProvisionAzureADSyncObjects,
            Self::Objects2(_) => Operation::ProvisionAzureADSyncObjects2,
            Self::ExportFinalized => Operation::FinalizeExport,
            Self::Credentials(_) => Operation::ProvisionCredentials,
        }
    }

    /// Writes what stands inside the element of the answer.
    fn write(&self, writer: &mut Writer) -> Result<(), WriteError> {
        let result = format!("{}Result", self.operation().name());
        let result = |namespace| Tag::new(&result).namespace("b", namespace).namespace("i", XSI);
        match self {
            Self::CompanyConfiguration(configuration) => configuration.write(writer),
            Self::FeaturesSet | Self::ExportFinalized => Ok(()),
            Self::Capabilities(Capabilities { xml }) => {
                writer.leaf(&Tag::new("CapabilitiesResult"), &Value::chars(xml))
            }
            Self::Objects(results) | Self::Objects2(results) => writer.element(&result(OBJECTS), |it| {
                it.element(&Tag::prefixed("b", "SyncObjectResults"), |it| {
                    results.iter().try_for_each(|result| result.write(it))
                })
            }),
            Self::Credentials(results) => writer.element(&result(COEXISTENCE), |it| {
                it.element(&Tag::prefixed("b", "Results"), |it| {
                    results.iter().try_for_each(|result| result.write(it))
                })
            }),
        }
    }

    /// Reads up to the end of the open element of the answer. An error description anywhere in it, but for
    /// the results of single items, makes it a refusal.
    fn read(
        operation: Operation,
        reader: &mut Reader<'_>,
    ) -> Result<Result<Self, ServiceFault>, DecodeError> {
        let mut refusal = Refusal::default();
        let answer = match operation {
            Operation::GetCompanyConfiguration => {
                let mut configuration = Box::<CompanyConfiguration>::default();
                reader.leaves(|leaf| {
                    refusal.note(leaf.element.name, leaf.text);
                    configuration.note(leaf);
                })?;
                Self::CompanyConfiguration(configuration)
            }
            Operation::SetCompanyDirsyncFeatures => {
                reader.leaves(|leaf| refusal.note(leaf.element.name, leaf.text))?;
                Self::FeaturesSet
            }
            Operation::FinalizeExport => {
                reader.leaves(|leaf| refusal.note(leaf.element.name, leaf.text))?;
                Self::ExportFinalized
            }
            Operation::Capabilities => {
                let mut capabilities = Capabilities::default();
                reader.leaves(|leaf| match leaf.element.name {
                    "CapabilitiesResult" => leaf.text.clone_into(&mut capabilities.xml),
                    name => refusal.note(name, leaf.text),
                })?;
                Self::Capabilities(capabilities)
            }
            Operation::ProvisionAzureADSyncObjects => {
                Self::Objects(items(reader, "AzureADSyncObjectResult", &mut refusal, ObjectResult::read)?)
            }
            Operation::ProvisionAzureADSyncObjects2 => {
                Self::Objects2(items(reader, "AzureADSyncObjectResult", &mut refusal, ObjectResult::read)?)
            }
            Operation::ProvisionCredentials => {
                let item = "SyncCredentialsChangeResult";
                Self::Credentials(items(reader, item, &mut refusal, CredentialResult::read)?)
            }
        };
        Ok(refusal.into_fault().map_or(Ok(answer), Err))
    }
}

/// Writes an answer.
pub fn encode_answer(head: &AnswerHead<'_>, answer: &Answer) -> Result<SecretBytes, EncodeError> {
    let name = format!("{}Response", answer.operation().name());
    let bytes = soap::write_answer(head, |it| {
        it.element(&Tag::new(&name).namespace("", SERVICE), |it| answer.write(it))
    });
    Ok(bytes?)
}

/// Writes what is said instead of an answer; the action of `head` becomes that of a fault.
pub fn encode_refusal(head: &AnswerHead<'_>, fault: &ServiceFault) -> Result<SecretBytes, EncodeError> {
    let head = AnswerHead { action: FAULT_ACTION, ..*head };
    Ok(soap::write_fault(&head, &fault.to_soap(), SERVICE)?)
}

/// Reads the answer to a request for this operation.
pub fn decode_answer(bytes: &[u8], operation: Operation) -> Result<Answered, DecodeError> {
    let mut message = soap::open(bytes, Limits::default(), |_, _| Ok::<_, DecodeError>(false))?;
    let outcome = match message.content()? {
        Content::Fault(fault) => Err(ServiceFault::from_soap(fault)),
        Content::Body(element) if element.name.strip_suffix("Response") == Some(operation.name()) => {
            Answer::read(operation, message.reader())?
        }
        Content::Body(element) => {
            let mut refusal = Refusal::default();
            message.reader().leaves(|leaf| refusal.note(leaf.element.name, leaf.text))?;
            let foreign =
                || DecodeError::Foreign { expected: operation.name(), found: element.name.to_owned() };
            Err(refusal.into_fault().ok_or_else(foreign)?)
        }
    };
    message.finish()?;
    Ok(Answered { head: message.head, outcome })
}

/// Every element of this name, at any depth, up to the end of the open element.
fn items<'a, T>(
    reader: &mut Reader<'a>,
    name: &str,
    refusal: &mut Refusal,
    read: impl Fn(&mut Reader<'a>) -> Result<T, DecodeError>,
) -> Result<Vec<T>, DecodeError> {
    let mut results = Vec::new();
    let outside = reader.depth();
    while outside <= reader.depth() {
        match reader.child()? {
            Some(element) if element.name == name => {
                check_count("results", results.len(), ITEMS_MAX)?;
                results.push(read(reader)?);
            }
            Some(element) if ["ErrorCode", "ErrorDescription", "TrackingId"].contains(&element.name) => {
                refusal.note(element.name, &reader.text()?);
            }
            // What is inside an element comes next.
            Some(_) | None => (),
        }
    }
    Ok(results)
}
