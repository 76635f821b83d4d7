//! Codecs and protocol state machines: bytes in, values out, and back.
//!
//! Nothing here knows a socket, a clock or a policy.

pub mod ldif;
pub mod odata;
