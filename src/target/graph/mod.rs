//! The documented Microsoft Graph: cloud-managed users and groups.
//!
//! It does not know the protocol of Entra Connect, and decides nothing: it reads what it is asked for and
//! performs the steps it is given. A [`Reader`] cannot write, so planning holds nothing else.

mod body;
mod bookmark;
mod carrying;
mod comparison;
mod connection;
mod creation;
mod delta;
mod followed;
mod follower;
mod inspection;
mod listing;
mod lookup;
mod pacing;
mod password;
mod protection;
mod queue;
mod reader;
mod request;
mod roles;
mod settings;
mod settling;
mod tenant;
mod verdict;
mod writer;

pub use self::connection::Connection;
pub use self::follower::{Follower, Observed};
pub use self::listing::Progress;
pub use self::pacing::{Cost, Window};
pub use self::reader::{Extent, Reader};
pub use self::settings::{Cloud, Endpoints, Limit, Limits, Settings};
pub use self::tenant::Tenant;
pub use self::writer::Writer;
pub use crate::target::access::{App, Clock, Credential, Patience, Timeouts};
