//! People who sign in with name and password: the grant `password` of the token endpoint (RFC 6749, 4.3).
//!
//! There is no second factor, no session and no refresh token. Where a name or a password comes from is not its
//! business: it compares with what the tenant keeps.

use serde_json::{Value, json};
use uuid::Uuid;

use super::exchange::{Request, Response};
use super::form::Form;
use super::object::Object;
use super::seed::App;
use super::store::KeySpace;
use super::tenant::Tenant;
use super::token::{self, TokenRefusal, refuse};

/// Answers a request for a token in the name of a person.
pub(crate) fn answer(tenant: &mut Tenant, request: &Request, form: &Form) -> Result<Response, TokenRefusal> {
    let client = form.needed("client_id")?;
    let app = token::app(tenant, client)?;
    let proves = form.get("client_secret").is_some() || form.get("client_assertion").is_some();
    // An app without a credential is a public client, such as a program on somebody's desk.
    if proves || app.is_some_and(App::is_confidential) {
        token::check_client(tenant, request, form, app)?;
    }
    let (name, password) = (form.needed("username")?, form.needed("password")?);
    let asked = Asked::of(form.needed("scope")?);
    let resource = token::resource(tenant, asked.resource)?;
    let id = check(tenant, name, password)?;
    let scope = asked.granted.join(" ");
    let claims = claims(tenant, id, (client, resource, &scope));
    Ok(token::issued(&token::signed(tenant, &claims), Some(&scope)))
}

/// What a client wants to do in somebody's name.
struct Asked<'a> {
    /// Application ID URI; empty is Microsoft Graph.
    resource: &'a str,
    granted: Vec<&'a str>,
}

impl<'a> Asked<'a> {
    /// Every permission counts as consented to. The first one says of which resource.
    fn of(scope: &'a str) -> Self {
        let (mut resource, mut granted) = (None, Vec::new());
        for word in scope.split_whitespace() {
            match (word, word.rsplit_once('/')) {
                // No refresh token is given out.
                ("offline_access", _) => (),
                ("openid" | "profile" | "email", _) => granted.push(word),
                (_, split) => {
                    let (uri, permission) = split.unwrap_or(("", word));
                    resource.get_or_insert(uri);
                    granted.push(if permission == ".default" { "User.Read" } else { permission });
                }
            }
        }
        Self { resource: resource.unwrap_or_default(), granted }
    }
}

fn claims(tenant: &Tenant, id: Uuid, (client, resource, scope): (&str, &str, &str)) -> Value {
    let name =
        tenant.store.get(id).and_then(|it| it.properties.text("userPrincipalName")).unwrap_or_default();
    // The subject differs from app to app, so that two of them cannot compare notes.
    let subject = Uuid::new_v5(&id, client.to_lowercase().as_bytes());
    json!({
        "aud": resource, "appid": client, "oid": id, "sub": subject, "idtyp": "user",
        "upn": name, "unique_name": name, "scp": scope,
    })
}

/// Whose password it is. The state of the account is looked at before the password: which comes first in the
/// service is not documented.
fn check(tenant: &mut Tenant, name: &str, password: &str) -> Result<Uuid, TokenRefusal> {
    let user = find(tenant, name).ok_or_else(|| unknown(&tenant.seed.organization))?;
    let (id, now) = (user.id, tenant.now());
    if user.properties.get("accountEnabled") == Some(Value::Bool(false)) {
        return Err(refused(50_057, "The user account is disabled."));
    }
    if tenant.lockout.is_locked(id, now) {
        let text = "The account is locked, you've tried to sign in too many times with an incorrect user ID or \
                    password.";
        return Err(refused(50_053, text));
    }
    let iterations_max = tenant.seed.provisioning.password_iterations_max;
    let verifier = tenant
        .store
        .verifier(id)
        .filter(|it| !tenant.is_federated(name) && it.iterations() <= iterations_max)
        .filter(|it| it.matches(password));
    let Some(must_change) = verifier.map(|it| it.must_change) else {
        tenant.lockout.failed(id, password, now);
        return Err(refused(50_126, "Error validating credentials due to invalid username or password."));
    };
    tenant.lockout.succeeded(id);
    if must_change {
        let expired = refused(50_055, "The password is expired.");
        return Err(TokenRefusal { suberror: Some("user_password_expired"), ..expired });
    }
    Ok(id)
}

/// Names in the recycle bin are free, so nobody is found there. A guest signs in where the account is at home;
/// here is no password to compare with, and the service does not find the account either.
fn find<'a>(tenant: &'a Tenant, name: &str) -> Option<&'a Object> {
    let id = tenant.store.holder(KeySpace::UserPrincipalName, name)?;
    tenant.store.get(id).filter(|it| it.properties.text("userType") != Some("Guest"))
}

fn refused(code: u32, text: &str) -> TokenRefusal {
    refuse(400, "invalid_grant", code, text)
}

/// The service hides the name, too.
fn unknown(organization: &str) -> TokenRefusal {
    let text = format!(
        "The user account {{EUII Hidden}} does not exist in the {organization} directory. To sign into this \
         application, the account must be added to the directory."
    );
    refused(50_034, &text)
}
