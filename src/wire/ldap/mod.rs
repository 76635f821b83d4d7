//! The part of LDAP (RFC 4511) that reading a directory needs: StartTLS, binding, searching in pages.
//!
//! It makes and checks bytes; it knows no connection and no directory.

mod answer;
mod request;
mod result_code;
mod search;

pub use self::answer::{Answer, Outcome};
pub use self::request::{sasl_bind, simple_bind, start_tls};
pub use self::result_code::{bind_failure, result_code_name};
pub use self::search::{EntryView, Filter, Scope, SearchAnswer, SearchRequest, Values};

/// Paged results (RFC 2696, 2).
const PAGED_RESULTS_OID: &str = "1.2.840.113556.1.4.319";
/// StartTLS (RFC 4511, 4.14.1).
const START_TLS_OID: &str = "1.3.6.1.4.1.1466.20037";
