//! The protocol of Entra Connect: users, groups and contacts that the directory is master of.
//!
//! The service serves only clients that state a build of Entra Connect, and refuses old builds; so this client
//! states one, which is a setting. It writes objects and reads the tenant's settings; the objects themselves
//! are read by somebody else, whom it is given as a [`Lookup`](super::Lookup). It decides nothing.

mod attribute;
mod batch;
mod connection;
mod draft;
mod features;
mod hashes;
mod known;
mod merge;
mod outcome;
mod passwords;
mod redirect;
mod salting;
mod settings;
mod tenant;
mod verdict;
mod waits;

pub use self::attribute::attribute_name;
pub use self::connection::Connection;
pub use self::hashes::{CurrentPassword, PasswordHashes, PasswordPage};
pub use self::known::{Known, KnownObject};
pub use self::outcome::Warning;
pub use self::salting::salted;
pub use self::settings::{Batches, Endpoints, Settings};
pub use self::tenant::DirSync;

/// The name of this channel in errors.
const CHANNEL: &str = "the protocol of Entra Connect";
