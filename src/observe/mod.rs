//! Tells people what is the matter: once when it begins, once when it gets worse, once when it is over.
//!
//! What is looked at, and what follows from it, is decided elsewhere. Nothing of a secret is in an alarm, and no name of
//! a person: alarms leave the house. The page does not, and has both names and what differs.

mod alarm;
mod board;
mod dispatch;
mod door;
mod gate;
mod health;
mod heartbeat;
mod look;
mod mail;
mod notice;
mod page;
mod picture;
mod server;
mod webhook;

pub use self::alarm::{Alarm, Part, Severity, Topic};
pub use self::board::Board;
pub use self::dispatch::{Dispatcher, Notifier, Way};
pub use self::door::{Tls, TlsPem, TlsPemError};
pub use self::gate::{Token, TokenError};
pub use self::health::{Figures, Health};
pub use self::heartbeat::{Heartbeat, Pulse};
pub use self::look::Look;
pub use self::mail::{Mail, MailError, MailSettings};
pub use self::notice::{Audience, Event, Notice, notice_schema};
pub use self::picture::{Ended, Found, PAUSED_MAX, Picture, Pictures, Title, excerpt};
pub use self::server::{Answers, Entry, Explained, Monitor, MonitorError, Overview, Past};
pub use self::webhook::{Webhook, WebhookError, WebhookForm};
