//! Client assertions of the token endpoint: a JWT signed with the app's certificate (graph-tenant reference,
//! 1.3; RFC 7523, 3) or a token of a trusted issuer (reference, 1.4).
//!
//! A signature is verified when the seed has the certificate. Tokens of foreign issuers are taken by their
//! claims: the sandbox reaches no issuer's keys.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::digest;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::Value;

use super::seed::{App, Federated};
use super::tenant::Tenant;
use super::token::{TokenRefusal, refuse};

const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// Clock difference that the service tolerates.
const SKEW_S: i64 = 300;

struct Jwt<'a> {
    signed: &'a str,
    header: Value,
    claims: Value,
    signature: Vec<u8>,
}

/// Checks an assertion of `client`; `sent` is its type and the endpoint that got it.
pub(crate) fn check(
    tenant: &Tenant,
    app: Option<&App>,
    client: &str,
    token: &str,
    sent: (Option<&str>, &str),
) -> Result<(), TokenRefusal> {
    if sent.0 != Some(TYPE) {
        let text = "Client assertion type is not valid.";
        return Err(refuse(400, "invalid_request", 50_027, text));
    }
    let jwt = parse(token).ok_or_else(|| {
        let text = "JWT token is invalid or malformed.";
        refuse(401, "invalid_client", 50_027, text)
    })?;
    let now = tenant.now().as_second();
    if jwt.claims["exp"].as_i64().is_none_or(|it| it + SKEW_S < now)
        || jwt.claims["nbf"].as_i64().is_some_and(|it| now + SKEW_S < it)
    {
        let text = "Client assertion is not within its valid time range.";
        return Err(refuse(401, "invalid_client", 700_024, text));
    }
    let own = jwt.claims["iss"].as_str().is_some_and(|it| it.eq_ignore_ascii_case(client));
    match (app, own) {
        (Some(app), false) => check_federated(app.federated.as_ref(), &jwt),
        (None, false) => Ok(()),
        (_, true) => check_own(app, client, &jwt, sent.1),
    }
}

fn parse(token: &str) -> Option<Jwt<'_>> {
    let (signed, signature) = token.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    let read = |part: &str| -> Option<Value> {
        let value: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()?;
        value.is_object().then_some(value)
    };
    Some(Jwt {
        signed,
        header: read(header)?,
        claims: read(claims)?,
        signature: URL_SAFE_NO_PAD.decode(signature).ok()?,
    })
}

fn check_federated(trusted: Option<&Federated>, jwt: &Jwt<'_>) -> Result<(), TokenRefusal> {
    let matching = trusted.is_some_and(|it| {
        jwt.claims["iss"] == *it.issuer && jwt.claims["sub"] == *it.subject && has_audience(jwt, &it.audience)
    });
    if matching {
        return Ok(());
    }
    let text =
        "No matching federated identity record found for presented assertion subject, issuer or audience.";
    Err(refuse(401, "invalid_client", 70_021, text))
}

fn has_audience(jwt: &Jwt<'_>, audience: &str) -> bool {
    let claimed = &jwt.claims["aud"];
    claimed == audience || claimed.as_array().is_some_and(|items| items.iter().any(|it| it == audience))
}

fn check_own(app: Option<&App>, client: &str, jwt: &Jwt<'_>, endpoint: &str) -> Result<(), TokenRefusal> {
    let invalid = |text: &str| refuse(401, "invalid_client", 700_027, text);
    if !jwt.claims["sub"].as_str().is_some_and(|it| it.eq_ignore_ascii_case(client)) {
        return Err(invalid("The subject of the client assertion is not the client."));
    }
    // The audience names the endpoint of the cloud; loopback has no cloud, so its path decides.
    let path =
        |url: &str| url.split_once("://").and_then(|(_, it)| it.find('/').map(|at| it[at..].to_owned()));
    if !jwt.claims["aud"].as_str().is_some_and(|it| path(it).is_some() && path(it) == path(endpoint)) {
        return Err(refuse(401, "invalid_client", 700_023, "Client assertion audience claim is not valid."));
    }
    let algorithm = jwt.header["alg"].as_str().unwrap_or_default();
    if !matches!(algorithm, "PS256" | "RS256") {
        return Err(invalid("The algorithm of the client assertion is not supported."));
    }
    if jwt.header["x5t#S256"].as_str().or(jwt.header["x5t"].as_str()).is_none() {
        return Err(invalid("The client assertion names no key: x5t#S256 or x5t is expected."));
    }
    let Some(app) = app else { return Ok(()) };
    let unknown =
        || invalid("The certificate with the thumbprint of the client assertion is not registered.");
    let Some(pem) = &app.certificate else {
        let named = jwt.header["x5t#S256"].as_str();
        return if app.thumbprint.is_some() && app.thumbprint.as_deref() == named {
            Ok(())
        } else {
            Err(unknown())
        };
    };
    let der = der(pem).ok_or_else(unknown)?;
    if !names(jwt, &der) {
        return Err(unknown());
    }
    let key = rsa_key(&der).ok_or_else(unknown)?;
    let verified = if algorithm == "PS256" {
        UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, key).verify(jwt.signed.as_bytes(), &jwt.signature)
    } else {
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key).verify(jwt.signed.as_bytes(), &jwt.signature)
    };
    verified.map_err(|_| invalid("The signature of the client assertion is invalid."))
}

/// Whether the thumbprint in the header is that of the certificate.
fn names(jwt: &Jwt<'_>, der: &[u8]) -> bool {
    let print = |algorithm| URL_SAFE_NO_PAD.encode(digest::digest(algorithm, der));
    match (jwt.header["x5t#S256"].as_str(), jwt.header["x5t"].as_str()) {
        (Some(sha256), _) => sha256 == print(&digest::SHA256),
        (None, Some(sha1)) => sha1 == print(&digest::SHA1_FOR_LEGACY_USE_ONLY),
        (None, None) => false,
    }
}

fn der(pem: &str) -> Option<Vec<u8>> {
    let body = pem.split_once("-----BEGIN CERTIFICATE-----")?.1.split_once("-----END CERTIFICATE-----")?.0;
    let text: String = body.chars().filter(|it| !it.is_whitespace()).collect();
    STANDARD.decode(text).ok()
}

/// The `RSAPublicKey` inside a certificate (RFC 5280, 4.1): the bit string that follows the object identifier
/// of `rsaEncryption` and its NULL parameters.
fn rsa_key(der: &[u8]) -> Option<&[u8]> {
    const RSA_ENCRYPTION: &[u8] =
        &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00, 0x03];
    let at = der.windows(RSA_ENCRYPTION.len()).position(|it| it == RSA_ENCRYPTION)?;
    let rest = der.get(at + RSA_ENCRYPTION.len()..)?;
    let (length, header) = match rest.first()? {
        short @ 0..=0x7f => (usize::from(*short), 1),
        0x81 => (usize::from(*rest.get(1)?), 2),
        0x82 => (usize::from(*rest.get(1)?) << 8 | usize::from(*rest.get(2)?), 3),
        _ => return None,
    };
    // The first byte counts unused bits, none in a key.
    rest.get(header + 1..header + length)
}
