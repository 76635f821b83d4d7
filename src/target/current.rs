//! How an object of the tenant is now.

use crate::model::{CloudContact, CloudGroup, CloudUser};

/// How an object is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Current {
    /// An active user.
    User(Box<CloudUser>),
    /// An active group; its members are not read.
    Group(Box<CloudGroup>),
    /// A contact.
    Contact(Box<CloudContact>),
    /// In the recycle bin.
    Deleted,
    /// Nowhere.
    Gone,
}
