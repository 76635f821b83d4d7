//! Why one object of a batch is not written (graph-tenant reference, 8.3), in the service's words.
//!
//! The batch goes on; a refusal of the whole call is a fault.

/// What an object's result says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) code: &'static str,
    pub(super) text: String,
}

impl Failure {
    pub(super) fn invalid(text: impl Into<String>) -> Self {
        Self { code: "DataValidationFailed", text: text.into() }
    }

    pub(super) fn identity(text: impl Into<String>) -> Self {
        Self { code: "IdentityDataValidationFailed", text: text.into() }
    }

    pub(super) fn too_long(attribute: &str) -> Self {
        Self {
            code: "ExceededAllowedLength",
            text: format!("The attribute {attribute} exceeds its allowed length."),
        }
    }

    pub(super) fn too_large(attribute: &str) -> Self {
        Self { code: "LargeObject", text: format!("The attribute {attribute} has too many values.") }
    }

    pub(super) fn taken(property: &str, value: &str) -> Self {
        Self { code: "AttributeValueMustBeUnique", text: conflict(&format!("{property} {value};")) }
    }

    pub(super) fn hard_match(text: &str) -> Self {
        Self { code: "InvalidHardMatch", text: text.to_owned() }
    }

    pub(super) fn soft_match() -> Self {
        Self {
            code: "InvalidSoftMatch",
            text: "Unable to update this object because an object with another source anchor has the same \
                   userPrincipalName or primary address."
                .to_owned(),
        }
    }

    pub(super) fn type_mismatch() -> Self {
        Self {
            code: "ObjectTypeMismatch",
            text: "The object that would be matched is of another type.".to_owned(),
        }
    }

    pub(super) fn admin_role() -> Self {
        Self {
            code: "ExistingAdminRoleConflict",
            text: "The user that would be matched has an administrator role.".to_owned(),
        }
    }

    pub(super) fn anchor_changed() -> Self {
        Self::invalid("SourceAnchor attribute has changed.")
    }

    pub(super) fn invalid_delete() -> Self {
        Self { code: "114", text: "The synchronization operation, Delete, is not valid.".to_owned() }
    }
}

/// Which values others hold: the failure of an object, or a warning where they went into quarantine.
pub(super) fn conflict(values: &str) -> String {
    format!(
        "Unable to update this object because the following attributes associated with this object have values that \
         may already be associated with another object in your local directory services: [{values}]."
    )
}
