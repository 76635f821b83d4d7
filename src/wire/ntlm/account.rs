//! Who proves a password: a name, and where it is known.
//!
//! It does not know whether there is such an account.

/// An account as people write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The name, with its suffix if it is a user principal name.
    pub(super) user: String,
    /// The domain; `None` for that of the server.
    pub(super) domain: Option<String>,
}

impl Account {
    /// `CORP\kim`, `kim@corp.example.com` or `kim`. A user principal name goes over the wire as it is, with an empty
    /// domain (MS-NLMP 2.2.1.3 leaves the form of names to the server).
    pub fn parse(text: &str) -> Self {
        match text.split_once('\\') {
            Some((domain, user)) => Self { user: user.to_owned(), domain: Some(domain.to_owned()) },
            None if text.contains('@') => Self { user: text.to_owned(), domain: Some(String::new()) },
            None => Self { user: text.to_owned(), domain: None },
        }
    }
}
