//! Whose password travels to the tenant.
//!
//! It knows no password and no hash.

use crate::model::{AttributeId, Digest};

use super::filter::Filter;

/// How passwords travel: as a salted hash of the hash that the directory keeps.
#[derive(Clone, Debug)]
pub struct PasswordPolicy {
    /// Whose do; `None` is everybody in scope.
    pub select: Option<Filter>,
    /// Whose do not, whatever else is said.
    pub exclude: Vec<Filter>,
    /// Whether those of disabled accounts do: nobody signs in with them.
    pub of_disabled: bool,
    /// Whether those of administrators do, of the directory or of the tenant: one leak would then open both.
    pub of_privileged: bool,
    /// Whether "must change the password at next logon" travels with it, where the tenant takes that.
    pub must_change: bool,
    /// `pwdLastSet`.
    pub last_set: AttributeId,
    /// `adminCount`.
    pub admin_count: AttributeId,
}

impl PasswordPolicy {
    /// Whose password travels, in words.
    pub fn words(&self) -> String {
        let Self { select, exclude, of_disabled, of_privileged, must_change, last_set: _, admin_count: _ } =
            self;
        let select =
            select.as_ref().map_or_else(|| "everybody in scope".to_owned(), |it| it.text().to_owned());
        let mut words = vec![format!("hash of {select}")];
        words.extend(exclude.iter().map(|it| format!("without {}", it.text())));
        let more = [
            (*of_disabled, "disabled ones too"),
            (*of_privileged, "administrators too"),
            (*must_change, "with must change at next logon"),
        ];
        words.extend(more.into_iter().filter(|it| it.0).map(|it| it.1.to_owned()));
        words.join(", ")
    }

    /// Digest of everything that decides whose password travels.
    pub fn digest(&self) -> Digest {
        let Self { select, exclude, of_disabled, of_privileged, must_change, last_set: _, admin_count: _ } =
            self;
        let mut fields = vec![format!("{of_disabled} {of_privileged} {must_change}")];
        fields.extend(select.iter().map(|it| it.text().to_owned()));
        fields.push("exclude".to_owned());
        fields.extend(exclude.iter().map(|it| it.text().to_owned()));
        Digest::of_fields(fields.iter().map(String::as_bytes))
    }
}
