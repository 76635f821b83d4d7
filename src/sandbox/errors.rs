//! The service's error envelope (graph-tenant reference, 6.3) and the refusals that many routes share.
//!
//! It does not know which rule was broken where: a route names its own refusal.

use serde_json::{Value, json};

use super::exchange::Response;

/// The body member `details[]`.
#[derive(Clone, Debug)]
pub(crate) struct Detail {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) target: String,
}

/// A request that the service turns down, as it tells the client.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) details: Vec<Detail>,
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message: message.into(),
            details: Vec::new(),
            headers: Vec::new(),
        }
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "Request_BadRequest", message)
    }

    pub(crate) fn unsupported_query(message: impl Into<String>) -> Self {
        Self::new(400, "Request_UnsupportedQuery", message)
    }

    pub(crate) fn not_found(key: &str) -> Self {
        Self::new(
            404,
            "Request_ResourceNotFound",
            format!(
                "Resource '{key}' does not exist or one of its queried reference-property objects are not \
                 present."
            ),
        )
    }

    pub(crate) fn forbidden() -> Self {
        Self::new(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
    }

    pub(crate) fn unauthorized(message: &str) -> Self {
        Self::new(401, "InvalidAuthenticationToken", message).header(
            "WWW-Authenticate",
            "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\""
                .to_owned(),
        )
    }

    pub(crate) fn invalid_value(property: &str, resource: &str) -> Self {
        let message = format!("Invalid value specified for property '{property}' of resource '{resource}'.");
        Self::bad_request(message.clone()).detail("InvalidValue", message, property)
    }

    pub(crate) fn conflict(property: &str) -> Self {
        let message = format!("Another object with the same value for property {property} already exists.");
        Self::bad_request(message.clone()).detail("ObjectConflict", message, property)
    }

    pub(crate) fn mastered_on_premises() -> Self {
        Self::bad_request(
            "Unable to update the specified properties for on-premises mastered Directory Sync objects or \
             objects currently undergoing migration.",
        )
    }

    pub(crate) fn unreplicated() -> Self {
        Self::bad_request("The source resource object or one of the objects being referenced don't exist.")
    }

    pub(crate) fn malformed_json() -> Self {
        Self::new(
            400,
            "BadRequest",
            "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of \
             valid JSON format.",
        )
    }

    pub(crate) fn unknown_segment(segment: &str) -> Self {
        Self::new(400, "BadRequest", format!("Resource not found for the segment '{segment}'."))
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self::new(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")
    }

    pub(crate) fn detail(mut self, code: &'static str, message: String, target: &str) -> Self {
        self.details.push(Detail { code, message, target: target.to_owned() });
        self
    }

    pub(crate) fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The envelope; `date`, `request_id` and `client_request_id` are those of the response's headers.
    pub(crate) fn into_response(self, date: &str, request_id: &str, client_request_id: &str) -> Response {
        let Self { status, code, message, details, headers } = self;
        let mut error = json!({ "code": code, "message": message });
        if !details.is_empty() {
            error["details"] = details
                .into_iter()
                .map(|it| json!({ "code": it.code, "message": it.message, "target": it.target }))
                .collect();
        }
        error["innerError"] =
            json!({ "date": date, "request-id": request_id, "client-request-id": client_request_id });
        if status == 429 {
            error["innerError"]["code"] = Value::from("429");
            error["innerError"]["status"] = Value::from("429");
            error["innerError"]["message"] = Value::from("Please retry after");
        }
        let mut response = Response::json(status, json!({ "error": error }));
        response.headers.extend(headers.into_iter().map(|(name, value)| (name.to_owned(), value)));
        response
    }
}
