//! What samesign itself says and checks of LDAP (RFC 4511): the bytes before and around a session.
//!
//! Binding and StartTLS are spoken here, because channel bindings and Kerberos belong to them; every answer is
//! checked here before a client library sees it, and entries are read here. Asking is left to that library.

mod answer;
mod changes;
mod request;
mod result_code;
mod search;

pub use self::answer::{Answer, Outcome, PagedAnswer};
pub use self::changes::{ChangesAnswer, changes_control_value};
pub use self::request::{paged_control_value, sasl_bind, simple_bind, start_tls};
pub use self::result_code::{bind_failure, result_code_name};
pub use self::search::{EntryView, SearchAnswer, Values};

/// Paged results (RFC 2696, 2).
pub const PAGED_RESULTS_OID: &str = "1.2.840.113556.1.4.319";
/// What changed since a cookie ([MS-ADTS] 3.1.1.3.4.1.3).
pub const CHANGES_OID: &str = "1.2.840.113556.1.4.841";
/// StartTLS (RFC 4511, 4.14.1).
const START_TLS_OID: &str = "1.3.6.1.4.1.1466.20037";
