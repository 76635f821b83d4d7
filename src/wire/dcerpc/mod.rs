//! Remote procedure calls over a connection (C706 chapter 12, version 5.0, as [MS-RPCE] 2.2.2 extends it): bind,
//! authenticate, call, put fragments together, and ask the endpoint mapper for a port.
//!
//! It opens no connection and holds no key. Sealing is the work of a [`SecurityContext`] that somebody else
//! provides. The only protection level is privacy: there is no call that is signed but readable.

mod association;
mod binding;
mod endpoint;
mod error;
mod interface;
mod pdu;
mod security;

pub use self::association::Association;
pub use self::binding::Binding;
pub use self::endpoint::{ENDPOINT_MAPPER, ENDPOINT_MAPPER_PORT, EPT_MAP, map_request, map_response};
pub use self::error::{DcerpcError, FaultStatus};
pub use self::interface::Interface;
pub use self::pdu::pdu_len;
pub use self::security::{AuthKind, Parts, SealError, SecurityContext};
