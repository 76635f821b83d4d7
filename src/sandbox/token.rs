//! The token endpoint of the tenant: client credentials by secret, certificate or federated assertion
//! (graph-tenant reference, 1.1 to 1.4), and the access tokens that Graph routes take.
//!
//! Tokens look like the service's but are signed with a key of this tenant alone; it keeps no session. How people
//! sign in is beside it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ring::hmac;
use serde_json::{Value, json};
use uuid::Uuid;

use super::assertion;
use super::errors::Refusal;
use super::exchange::{Request, Response};
use super::form::Form;
use super::seed::App;
use super::sign_in;
use super::tenant::Tenant;

/// The resource of Microsoft Graph.
const GRAPH: &str = "00000003-0000-0000-c000-000000000000";
/// The resource "Microsoft Entra AD Synchronization Service" (password-sync reference, 3.3).
pub(crate) const SYNCHRONIZATION: &str = "6bf85cfa-ac8a-4be5-b5de-425a0d0dc016";
/// Life of an access token.
const TOKEN_LIFE_S: i64 = 3_599;

/// Who calls a Graph route.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) app: String,
    /// Who signed in, if the token is a person's and not the app's own.
    pub(crate) user: Option<Uuid>,
    pub(crate) roles: Vec<String>,
    pub(crate) directory_roles: Vec<String>,
}

impl Caller {
    pub(crate) fn has(&self, role: &str) -> bool {
        self.roles.iter().any(|it| it == "*" || it == role)
    }

    pub(crate) fn holds(&self, directory_role: &str) -> bool {
        self.directory_roles.iter().any(|it| it == directory_role)
    }
}

/// An error of the token endpoint, in its own shape.
#[derive(Debug)]
pub(crate) struct TokenRefusal {
    pub(crate) status: u16,
    pub(crate) error: &'static str,
    pub(crate) code: u32,
    pub(crate) text: String,
    /// What a client could do about it, for some errors.
    pub(crate) suberror: Option<&'static str>,
}

pub(crate) fn refuse(status: u16, error: &'static str, code: u32, text: impl Into<String>) -> TokenRefusal {
    TokenRefusal { status, error, code, text: text.into(), suberror: None }
}

impl TokenRefusal {
    pub(crate) fn into_response(self, now: Timestamp, trace: Uuid, correlation: &str) -> Response {
        let Self { status, error, code, text, suberror } = self;
        let stamp = super::object::whole_second(now);
        let mut body = json!({
            "error": error,
            "error_description": format!(
                "AADSTS{code}: {text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {stamp}"
            ),
            "error_codes": [code],
            "timestamp": stamp,
            "trace_id": trace.to_string(),
            "correlation_id": correlation,
            "error_uri": format!("https://login.microsoftonline.com/error?code={code}"),
        });
        if let Some(suberror) = suberror {
            body["suberror"] = suberror.into();
        }
        Response::json(status, body)
    }
}

/// `POST /{tenant}/oauth2/v2.0/token`.
pub(crate) fn issue(tenant: &mut Tenant, request: &Request, name: &str) -> Result<Response, TokenRefusal> {
    check_tenant(tenant, name)?;
    let form = Form::of(request);
    match form.needed("grant_type")? {
        "client_credentials" => client_credentials(tenant, request, &form),
        "password" => sign_in::answer(tenant, request, &form),
        _ => {
            let text = "The app requested an unsupported grant type.";
            Err(refuse(400, "unsupported_grant_type", 70_003, text))
        }
    }
}

fn client_credentials(tenant: &Tenant, request: &Request, form: &Form) -> Result<Response, TokenRefusal> {
    let client = form.needed("client_id")?;
    let scope = check_scope(form.needed("scope")?)?;
    let resource = resource(tenant, scope.trim_end_matches("/.default"))?;
    let app = app(tenant, client)?;
    check_client(tenant, request, form, app)?;
    let token = signed(tenant, &app_claims(tenant, client, app, resource));
    Ok(issued(&token, None))
}

/// The answer that carries an access token; `scope` is what a delegated one reaches.
pub(crate) fn issued(token: &str, scope: Option<&str>) -> Response {
    let mut body = json!({
        "token_type": "Bearer",
        "expires_in": TOKEN_LIFE_S,
        "ext_expires_in": TOKEN_LIFE_S,
        "access_token": token,
    });
    if let Some(scope) = scope {
        body["scope"] = scope.into();
    }
    Response::json(200, body).header("Cache-Control", "no-store, no-cache")
}

/// Checks that a client is who it says, by its secret or its assertion.
pub(crate) fn check_client(
    tenant: &Tenant,
    request: &Request,
    form: &Form,
    app: Option<&App>,
) -> Result<(), TokenRefusal> {
    let client = form.needed("client_id")?;
    match (form.get("client_secret"), form.get("client_assertion")) {
        (Some(secret), None) => check_secret(app, client, secret),
        (None, Some(token)) => {
            let endpoint = format!("{}{}", request.base, request.path);
            assertion::check(tenant, app, client, token, (form.get("client_assertion_type"), &endpoint))
        }
        (None, None) | (Some(_), Some(_)) => {
            let text = "The request body must contain the following parameter: 'client_assertion' or \
                        'client_secret'.";
            Err(refuse(401, "invalid_client", 7_000_218, text))
        }
    }
}

/// A tenant is named by its id or one of its domains.
pub(crate) fn check_tenant(tenant: &Tenant, name: &str) -> Result<(), TokenRefusal> {
    let known = name.eq_ignore_ascii_case(&tenant.seed.tenant_id.to_string())
        || tenant.seed.domains.iter().any(|it| it.verified && it.name.eq_ignore_ascii_case(name));
    if known {
        return Ok(());
    }
    let text = format!("Tenant '{name}' not found. Check to make sure you have the correct tenant ID.");
    Err(refuse(400, "invalid_request", 90_002, text))
}

fn check_scope(scope: &str) -> Result<&str, TokenRefusal> {
    if scope.ends_with("/.default") && !scope.contains(' ') {
        return Ok(scope);
    }
    let text = format!(
        "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with \
         /.default suffixed to the resource identifier (application ID URI)."
    );
    Err(refuse(400, "invalid_scope", 1_002_012, text))
}

/// The resource that an application ID URI names. That of synchronisation is in a tenant once it was enabled.
pub(crate) fn resource(tenant: &Tenant, uri: &str) -> Result<&'static str, TokenRefusal> {
    let named = uri.rsplit('/').next().unwrap_or_default();
    if !named.eq_ignore_ascii_case(SYNCHRONIZATION) {
        return Ok(GRAPH);
    }
    if tenant.synchronizes().is_some() {
        return Ok(SYNCHRONIZATION);
    }
    let text = format!(
        "The resource principal named {SYNCHRONIZATION} was not found in the tenant named {}. This can happen if \
         the application has not been installed by the administrator of the tenant.",
        tenant.seed.organization
    );
    Err(refuse(400, "invalid_resource", 500_011, text))
}

/// The registered app; `None` when the seed registers none, so that any will do.
pub(crate) fn app<'a>(tenant: &'a Tenant, client: &str) -> Result<Option<&'a App>, TokenRefusal> {
    if tenant.seed.apps.is_empty() {
        return Ok(None);
    }
    let found = tenant.seed.apps.iter().find(|it| it.client_id.to_string().eq_ignore_ascii_case(client));
    found.map(Some).ok_or_else(|| {
        let text = format!(
            "Application with identifier '{client}' was not found in the directory '{}'.",
            tenant.seed.organization
        );
        refuse(400, "unauthorized_client", 700_016, text)
    })
}

fn check_secret(app: Option<&App>, client: &str, secret: &str) -> Result<(), TokenRefusal> {
    let valid = app.is_none_or(|app| app.secret.as_ref().is_some_and(|it| it.matches(secret)));
    if valid {
        return Ok(());
    }
    let text = format!(
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, \
         not the client secret ID, for a secret added to app '{client}'."
    );
    Err(refuse(401, "invalid_client", 7_000_215, text))
}

fn app_claims(tenant: &Tenant, client: &str, app: Option<&App>, resource: &str) -> Value {
    let all = || vec!["*".to_owned()];
    let mut roles = app.map_or_else(all, |it| it.roles.clone());
    // A token has the roles of its resource alone.
    roles.retain(|it| it == "*" || it.starts_with("ADSynchronization.") == (resource == SYNCHRONIZATION));
    let directory_roles =
        app.map_or_else(|| vec!["User Administrator".to_owned()], |it| it.directory_roles.clone());
    let principal = principal(tenant.seed.tenant_id, client);
    json!({
        "aud": resource, "appid": client, "oid": principal, "sub": principal, "idtyp": "app",
        "roles": roles, "wids": directory_roles,
    })
}

/// A token with these claims and those that every token has.
pub(crate) fn signed(tenant: &Tenant, claims: &Value) -> String {
    let now = tenant.now().as_second();
    let id = tenant.seed.tenant_id;
    let header = json!({ "typ": "JWT", "alg": "HS256", "kid": "samesign-sandbox" });
    let mut claims = claims.clone();
    claims["iss"] = format!("https://sts.windows.net/{id}/").into();
    claims["tid"] = id.to_string().into();
    claims["ver"] = "1.0".into();
    claims["iat"] = now.into();
    claims["nbf"] = now.into();
    claims["exp"] = (now + TOKEN_LIFE_S).into();
    let signed = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header.to_string()),
        URL_SAFE_NO_PAD.encode(claims.to_string())
    );
    let tag = hmac::sign(&tenant.key, signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag.as_ref()))
}

/// The object id of an app's service principal in a tenant.
pub(crate) fn principal(tenant: Uuid, client: &str) -> Uuid {
    Uuid::new_v5(&tenant, client.to_lowercase().as_bytes())
}

/// Reads the caller out of the `Authorization` header.
pub(crate) fn authenticate(tenant: &Tenant, request: &Request) -> Result<Caller, Refusal> {
    let header = request.header("authorization").unwrap_or_default();
    let token = match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        Some(_) | None => return Err(Refusal::unauthorized("Access token is empty.")),
    };
    verify(tenant, token, GRAPH)
}

/// The caller that an access token for a resource names.
pub(crate) fn verify(tenant: &Tenant, token: &str, resource: &str) -> Result<Caller, Refusal> {
    let malformed = || Refusal::unauthorized("CompactToken parsing failed with error code: 80049217");
    let (signed, tag) = token.rsplit_once('.').ok_or_else(malformed)?;
    let tag = URL_SAFE_NO_PAD.decode(tag).map_err(|_| malformed())?;
    hmac::verify(&tenant.key, signed.as_bytes(), &tag)
        .map_err(|_| Refusal::unauthorized("Access token validation failure. Invalid signature."))?;
    let claims = signed.split_once('.').and_then(|(_, it)| URL_SAFE_NO_PAD.decode(it).ok());
    let claims: Value = claims.and_then(|it| serde_json::from_slice(&it).ok()).ok_or_else(malformed)?;
    if claims["exp"].as_i64().is_none_or(|it| it <= tenant.now().as_second()) {
        return Err(Refusal::unauthorized("Lifetime validation failed, the token is expired."));
    }
    if claims["aud"] != resource || claims["tid"] != tenant.seed.tenant_id.to_string() {
        return Err(Refusal::unauthorized("Access token validation failure. Invalid audience."));
    }
    let texts = |name: &str| {
        let items = claims[name].as_array().cloned().unwrap_or_default();
        items.iter().filter_map(|it| it.as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    let user = claims["oid"].as_str().filter(|_| claims["idtyp"] == "user");
    Ok(Caller {
        app: claims["appid"].as_str().unwrap_or_default().to_owned(),
        user: user.and_then(|it| Uuid::try_parse(it).ok()),
        roles: texts("roles"),
        directory_roles: texts("wids"),
    })
}

/// `GET /{tenant}/v2.0/.well-known/openid-configuration`.
pub(crate) fn discovery(tenant: &Tenant, base: &str) -> Response {
    let id = tenant.seed.tenant_id;
    Response::json(
        200,
        json!({
            "token_endpoint": format!("{base}/{id}/oauth2/v2.0/token"),
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "jwks_uri": format!("{base}/{id}/discovery/v2.0/keys"),
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": format!("{base}/{id}/v2.0"),
            "authorization_endpoint": format!("{base}/{id}/oauth2/v2.0/authorize"),
            "device_authorization_endpoint": format!("{base}/{id}/oauth2/v2.0/devicecode"),
            "end_session_endpoint": format!("{base}/{id}/oauth2/v2.0/logout"),
            "cloud_instance_name": "microsoftonline.com",
            "msgraph_host": base.split_once("://").map_or(base, |(_, host)| host),
        }),
    )
}
