//! The endpoint of Entra Connect, driven by messages, and what Graph shows of it.

mod connector;
mod contacts;
mod faults;
mod groups;
mod lifecycle;
mod matching;
mod messages;
mod passwords;
mod quarantine;
mod settings;
