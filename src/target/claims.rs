//! What the service wrote into our own token about our rights.
//!
//! The token is meant for the service and its form is not promised: a token that cannot be read is no error, only
//! nothing known. Nothing of it but the names of rights leaves here.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::model::Secret;

/// The application permissions that an app's token grants; `None` if the token cannot be read.
pub(super) fn roles(token: &Secret) -> Option<Vec<String>> {
    let payload = token.reveal().split('.').nth(1)?;
    let json = Zeroizing::new(URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?);
    let claims: Map<String, Value> = serde_json::from_slice(&json).ok()?;
    let mut roles = claims.get("roles").map_or(Ok(Vec::new()), Vec::<String>::deserialize).ok()?;
    roles.sort();
    Some(roles)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_read_where_they_stand() {
        let token = |payload: &str| {
            roles(&Secret::new(format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(payload.as_bytes()))))
        };
        let two = vec!["Domain.Read.All".to_owned(), "User.Read.All".to_owned()];
        assert_eq!(token(r#"{"roles":["User.Read.All","Domain.Read.All"],"aud":"x"}"#), Some(two));
        assert_eq!(token("{}"), Some(Vec::new()), "an app without any permission");
        for other in ["[]", "", "{\"roles\":1}"] {
            assert_eq!(token(other), None, "{other}");
        }
        assert_eq!(roles(&Secret::new("opaque".to_owned())), None);
    }
}
