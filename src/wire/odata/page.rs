//! One page of a collection.
//!
//! It does not follow the link to the next page.

use serde::Deserialize;

use crate::model::CloudId;

/// A page; a collection is whole when its last page has been read, and a page may be empty.
#[derive(Debug, Deserialize)]
pub struct Page<T> {
    /// Objects. Required: an answer without it is no page, and must not pass for an empty one.
    pub value: Vec<T>,
    /// Where the next page is; to be followed as it stands (OData 4.01 JSON Format, 4.6.5).
    #[serde(rename = "@odata.nextLink", default)]
    pub next_link: Option<String>,
}

/// An object of which only the name matters.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NamedRecord {
    #[serde(default)]
    user_principal_name: Option<String>,
    #[serde(default)]
    display_name: Option<String>,
}

impl NamedRecord {
    /// The properties that all kinds have; users have a `userPrincipalName` besides.
    pub const SELECT: &str = "id,displayName";

    /// The name that people know it by.
    pub fn name(&self) -> &str {
        let names = self.user_principal_name.as_deref().or(self.display_name.as_deref());
        names.unwrap_or("(no name)")
    }
}

/// An object of which only the identity matters, such as a member.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Reference {
    /// Identity.
    #[serde(deserialize_with = "super::field::cloud_id")]
    pub id: CloudId,
}
