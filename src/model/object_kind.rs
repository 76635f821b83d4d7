//! The kinds of object that samesign keeps the same.

use std::fmt;

/// Kind of a directory or tenant object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectKind {
    /// A person's account.
    User,
    /// A group.
    Group,
    /// A mail contact.
    Contact,
}

impl ObjectKind {
    /// The word that plans and manifests use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::Contact => "contact",
        }
    }
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}
