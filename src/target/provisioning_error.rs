//! What can go wrong at the provisioning service, the endpoint of Entra Connect.
//!
//! No error holds a token, a message or the value of a property: names, codes and the service's own words.

use super::error::Disposition;
use crate::model::{CloudId, Property};
use crate::wire::nbfx::WriteError;

/// Why the service refuses whole messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It has too much to do, and was asked as often as patience allows.
    Busy,
    /// It does not accept the token, the app's rights or the version that the client states.
    Denied,
    /// Directory synchronisation, or a part of it, is not switched on in the tenant.
    NotActivated,
    /// Anything else.
    Otherwise,
}

/// An error of the provisioning service.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ProvisioningError {
    /// The service refused a message.
    #[error("{host} refused {operation} (code {code}): {description} (tracking id {tracking_id})")]
    Refused {
        /// What kind of refusal it is.
        refused: Refused,
        /// What was asked for.
        operation: &'static str,
        /// Host that answered.
        host: String,
        /// The service's code, or `none`.
        code: Box<str>,
        /// The service's words.
        description: String,
        /// For Microsoft's support.
        tracking_id: Box<str>,
    },
    /// The service did not write one object.
    #[error("{object} was not written ({code}): {description} (tracking id {tracking_id})")]
    NotWritten {
        /// The object's name.
        object: String,
        /// Such as `AttributeValueMustBeUnique`, or `none`.
        code: Box<str>,
        /// The service's words.
        description: String,
        /// For Microsoft's support.
        tracking_id: Box<str>,
    },
    /// The answer does not say what became of an object.
    #[error("the answer of {host} does not say what became of {object}: {what} (tracking id {tracking_id})")]
    NotSaid {
        /// The object's name.
        object: String,
        /// Host that answered.
        host: String,
        /// What is missing in it.
        what: String,
        /// For Microsoft's support.
        tracking_id: Box<str>,
    },
    /// The service wrote to another object than the one that was meant.
    #[error("{object} was matched with {found} instead of {expected}, which was not written")]
    OtherObject {
        /// The object's name.
        object: String,
        /// The object that was meant.
        expected: CloudId,
        /// The object that the service chose or made.
        found: CloudId,
    },
    /// The endpoint has no attribute for a property of such an object.
    #[error(
        "{property} of {object} cannot be sent: the protocol of Entra Connect has no attribute for {what}"
    )]
    Unmapped {
        /// The object's name.
        object: String,
        /// The property.
        property: Property,
        /// What there is no attribute for.
        what: &'static str,
    },
    /// A value that binary XML cannot carry.
    #[error("{property} of {object} cannot be sent")]
    Unwritable {
        /// The object's name.
        object: String,
        /// Attribute of the endpoint.
        property: String,
        /// What is wrong with it.
        #[source]
        cause: WriteError,
    },
    /// A reference to an object that the protocol cannot name: nobody knows its anchor.
    #[error("{object} cannot be sent: it refers to {other}, whose anchor is not known")]
    Unknown {
        /// The object's name.
        object: String,
        /// The object that it needs.
        other: CloudId,
    },
    /// The service sent us elsewhere, and the token must not go there.
    #[error("{host} redirects {operation} to {to}; not followed: {why}")]
    Redirect {
        /// What was asked for.
        operation: &'static str,
        /// Host that answered.
        host: String,
        /// Address that it names, without query.
        to: String,
        /// Why it is not followed.
        why: &'static str,
    },
}

impl ProvisioningError {
    pub(super) const fn disposition(&self) -> Disposition {
        match self {
            Self::Refused { refused: Refused::Busy, .. } => Disposition::Retry { after_ms: 600_000 },
            Self::NotSaid { .. } => Disposition::Retry { after_ms: 300_000 },
            Self::OtherObject { .. } => Disposition::Stale,
            Self::Refused { .. }
            | Self::NotWritten { .. }
            | Self::Unmapped { .. }
            | Self::Unwritable { .. }
            | Self::Unknown { .. }
            | Self::Redirect { .. } => Disposition::Fatal,
        }
    }

    pub(super) const fn is_outcome_unknown(&self) -> bool {
        matches!(self, Self::NotSaid { .. })
    }

    pub(super) const fn concerns_everything(&self) -> bool {
        match self {
            Self::Refused { refused, .. } => match refused {
                Refused::Busy | Refused::Denied | Refused::NotActivated => true,
                Refused::Otherwise => false,
            },
            Self::Redirect { .. } => true,
            Self::NotWritten { .. }
            | Self::NotSaid { .. }
            | Self::OtherObject { .. }
            | Self::Unmapped { .. }
            | Self::Unwritable { .. }
            | Self::Unknown { .. } => false,
        }
    }

    pub(super) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Refused { refused, .. } => match refused {
                Refused::Denied => Some(
                    "check that an administrator consented to the app's permission ADSynchronization.ReadWrite.All, \
                     that directory synchronisation is enabled in the tenant, and that the build number is one of \
                     Entra Connect that the service still serves",
                ),
                Refused::NotActivated => Some(
                    "enable directory synchronisation in the tenant (onPremisesSyncEnabled of the organisation); it \
                     may take hours until the service knows",
                ),
                Refused::Busy => Some("run it again later; what was written stays"),
                Refused::Otherwise => None,
            },
            Self::NotWritten { code, .. } => hint_of(code),
            Self::OtherObject { .. } => Some(
                "compare anchor, user principal name and addresses of both objects; one of them may have to be removed",
            ),
            Self::Unmapped { .. } => {
                Some("take the property out of the mapping, or use the channel graph for it")
            }
            Self::Unwritable { .. } => Some("correct the value in the directory"),
            Self::Redirect { .. } => Some("check the Tenant's endpoints: the server is not as it claims"),
            Self::NotSaid { .. } | Self::Unknown { .. } => None,
        }
    }
}

/// What to do about the service's codes for single objects (password-sync reference, 3.10).
const HINTS: &[(&str, &str)] = &[
    (
        "InvalidSoftMatch",
        "another object of the tenant has this name or address, and another anchor: find out whether they are the \
         same, then correct the anchor or take the name from one of them",
    ),
    (
        "InvalidHardMatch",
        "the tenant does not let this cloud object be taken over: look at \
         blockCloudObjectTakeoverThroughHardMatchEnabled, at the object's onPremisesObjectIdentifier and at its \
         admin roles",
    ),
    (
        "ObjectTypeMismatch",
        "an object of another kind has the same address: change the address of one of them",
    ),
    (
        "AttributeValueMustBeUnique",
        "another object of the tenant has the same value: find it, also in the recycle bin, and change one of the two",
    ),
    ("IdentityDataValidationFailed", "check the user principal name: characters and a verified domain"),
    ("DataValidationFailed", "check the values against the tenant's limits"),
    ("LargeObject", "shorten the lists: addresses and certificates above all"),
    ("ExceededAllowedLength", "shorten the value"),
    (
        "ExistingAdminRoleConflict",
        "a user with an admin role has the same name, and such users are never matched: take the role away, match, \
         then give it back, or leave the account out of scope",
    ),
    (
        "FederatedDomainChangeError",
        "the user principal name cannot go from one federated domain to another at once: go by a managed domain",
    ),
];

fn hint_of(code: &str) -> Option<&'static str> {
    HINTS.iter().find(|(it, _)| *it == code).map(|(_, hint)| *hint)
}
