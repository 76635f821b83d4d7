//! The way in which changes reach a tenant: it decides what can be written at all.

use std::fmt;

use crate::model::{ObjectKind, Property};

/// How changes reach the tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Channel {
    /// Microsoft Graph: users and security groups that the cloud masters.
    #[default]
    Graph,
    /// The protocol of Entra Connect: users, groups and contacts that the directory masters.
    DirectorySync,
}

impl Channel {
    /// Both.
    pub const ALL: &'static [Self] = &[Self::Graph, Self::DirectorySync];

    /// Whether objects of a kind have this property there, and it can be written.
    pub const fn writes(self, kind: ObjectKind, property: Property) -> bool {
        match self {
            Self::Graph => property.written_by_graph().has(kind),
            Self::DirectorySync => property.written_by_directory_sync().has(kind),
        }
    }

    /// Whether a value can be taken away again. The protocol of Entra Connect clears all but what every object needs.
    pub const fn clears(self, property: Property) -> bool {
        match self {
            Self::Graph => property.clearable(),
            Self::DirectorySync => !matches!(
                property,
                Property::UserPrincipalName
                    | Property::DisplayName
                    | Property::MailNickname
                    | Property::AccountEnabled
                    | Property::SecurityEnabled
                    | Property::UsageLocation
            ),
        }
    }

    /// The word of the manifests.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Graph => "graph",
            Self::DirectorySync => "directorySync",
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}
