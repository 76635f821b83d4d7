//! Where somebody signs in: what client libraries ask before they send a password.
//!
//! It tells of domains only; whether the user exists is not said.

use serde_json::json;

use super::exchange::{Response, decode};
use super::tenant::Tenant;

const CLOUD: &str = "microsoftonline.com";

/// `GET /common/userrealm/{name}`.
pub(crate) fn answer(tenant: &Tenant, name: &str) -> Response {
    let name = decode(name, false);
    let domain = name.rsplit_once('@').map_or("", |(_, it)| it);
    let known = tenant.seed.domains.iter().find(|it| it.verified && it.name.eq_ignore_ascii_case(domain));
    let body = match known {
        None => json!({ "ver": "1.0", "account_type": "Unknown", "cloud_instance_name": CLOUD }),
        Some(domain) if domain.federated => {
            // A seed does not say where its federation server is; this is the usual place, and nobody is there.
            let server = format!("https://sts.{}/adfs", domain.name);
            json!({
                "ver": "1.0",
                "account_type": "Federated",
                "domain_name": domain.name,
                "federation_protocol": "WSTrust",
                "federation_metadata_url": format!("{server}/services/trust/mex"),
                "federation_active_auth_url": format!("{server}/services/trust/2005/usernamemixed"),
                "cloud_instance_name": CLOUD,
                "cloud_audience_urn": "urn:federation:MicrosoftOnline",
            })
        }
        Some(domain) => json!({
            "ver": "1.0",
            "account_type": "Managed",
            "domain_name": domain.name,
            "cloud_instance_name": CLOUD,
            "cloud_audience_urn": "urn:federation:MicrosoftOnline",
        }),
    };
    Response::json(200, body)
}
