//! The documented Microsoft Graph: cloud-managed users and groups.
//!
//! It does not know the protocol of Entra Connect, and decides nothing: it reads what it is asked for and
//! performs the steps it is given. A [`Reader`] cannot write, so planning holds nothing else.

mod assertion;
mod body;
mod carrying;
mod connection;
mod creation;
mod http;
mod listing;
mod lookup;
mod pacing;
mod password;
mod protection;
mod queue;
mod reader;
mod request;
mod retry;
mod roles;
mod settings;
mod tenant;
mod token;
mod token_fault;
mod verdict;
mod writer;

pub use self::connection::Connection;
pub use self::listing::Progress;
pub use self::pacing::{Cost, Window};
pub use self::reader::Reader;
pub use self::settings::{
    App, Clock, Cloud, Credential, Endpoints, Limit, Limits, Patience, Settings, Timeouts,
};
pub use self::tenant::Tenant;
pub use self::writer::Writer;
