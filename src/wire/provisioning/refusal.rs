//! What the service says instead of an answer: go elsewhere, or no.
//!
//! It does not follow a redirect: whoever does must check the host, since the request holds a token.

use crate::wire::soap::{Detail, Fault, Field};

/// What came instead of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceFault {
    /// Send the same request to this address, which must be checked.
    Redirect(String),
    /// The service refuses.
    Refused(Refusal),
    /// A fault without words of the service.
    Soap(Fault),
}

/// Why the service refuses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// Number of the error; empty if there is none.
    pub code: String,
    /// Error in words.
    pub description: String,
    /// By which the service's support finds the request.
    pub tracking_id: Option<String>,
}

impl Refusal {
    /// The service is busy: try again later.
    pub const BUSY: &str = "81";
    /// Password hashes are not switched on.
    pub const PASSWORDS_NOT_ACTIVATED: &str = "90";
    /// A deletion that is not possible.
    pub const INVALID_DELETE: &str = "114";
    /// Rights, token or client version are not accepted.
    pub const ACCESS_DENIED: &str = "115";

    /// Takes note of a field of a fault or of an answer.
    pub(super) fn note(&mut self, name: &str, text: &str) {
        let Field { name, text } = Field::new(name, text);
        match name.as_str() {
            "ErrorCode" if self.code.is_empty() => self.code = text,
            "ErrorDescription" if self.description.is_empty() => self.description = text,
            "TrackingId" if self.tracking_id.is_none() && !text.is_empty() => self.tracking_id = Some(text),
            _ => (),
        }
    }

    /// A description is what makes it an error.
    pub(super) fn into_fault(self) -> Option<ServiceFault> {
        (!self.description.is_empty()).then_some(ServiceFault::Refused(self))
    }

    /// The fault that says this.
    pub(super) fn to_soap(&self) -> Fault {
        let Self { code, description, tracking_id } = self;
        let mut fields = vec![Field::new("ErrorCode", code), Field::new("ErrorDescription", description)];
        fields.extend(tracking_id.as_deref().map(|it| Field::new("TrackingId", it)));
        Fault {
            code: "Sender".to_owned(),
            subcodes: Vec::new(),
            reason: description.clone(),
            details: vec![Detail { name: "AdminWebServiceFault".to_owned(), fields }],
        }
    }
}

impl ServiceFault {
    /// What a fault means.
    pub(super) fn from_soap(fault: Fault) -> Self {
        let redirect = fault.details.iter().find(|it| it.name == "BindingRedirectionFault");
        if let Some(url) = redirect.and_then(|it| it.field("Url")) {
            return Self::Redirect(url.to_owned());
        }
        let mut refusal = Refusal::default();
        for Field { name, text } in fault.details.iter().flat_map(|it| &it.fields) {
            refusal.note(name, text);
        }
        refusal.into_fault().unwrap_or(Self::Soap(fault))
    }

    /// The fault that says this.
    pub(super) fn to_soap(&self) -> Fault {
        match self {
            Self::Redirect(url) => Fault {
                code: "Sender".to_owned(),
                subcodes: Vec::new(),
                reason: "redirect".to_owned(),
                details: vec![Detail {
                    name: "BindingRedirectionFault".to_owned(),
                    fields: vec![Field::new("Url", url)],
                }],
            },
            Self::Refused(refusal) => refusal.to_soap(),
            Self::Soap(fault) => fault.clone(),
        }
    }
}
