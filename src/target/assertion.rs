//! The signed statement by which an app proves that it has its certificate's key
//! (Microsoft identity platform, "certificate credentials"; RFC 7523, 3).
//!
//! It does not know how the statement is sent.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ring::rand::SystemRandom;
use ring::signature::{KeyPair as _, RSA_PSS_SHA256, RsaKeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::error::TargetError;
use crate::model::Secret;

/// Life of an assertion: it is used once, at once; the rest allows for a clock that is off.
const LIFE_S: i64 = 600;

/// The certificate, DER, that belongs to the key of an app's PEM file.
///
/// # Errors
/// The file holds no key and certificate that belong together.
pub fn app_certificate(pem: &Secret) -> Result<Vec<u8>, TargetError> {
    SigningKey::from_pem(pem).map(|it| it.certificate)
}

/// An RSA key and its certificate.
#[derive(Debug)]
pub(super) struct SigningKey {
    key: RsaKeyPair,
    /// DER.
    certificate: Vec<u8>,
    /// base64url of the SHA-256 of the certificate's DER.
    thumbprint: String,
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'a str,
    typ: &'a str,
    #[serde(rename = "x5t#S256")]
    thumbprint: &'a str,
}

#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    iss: &'a str,
    sub: &'a str,
    jti: String,
    nbf: i64,
    iat: i64,
    exp: i64,
}

impl SigningKey {
    /// Reads key and certificate; of several certificates it takes the one that holds the key.
    pub(super) fn from_pem(pem: &Secret) -> Result<Self, TargetError> {
        let refused = |what: &str| TargetError::Settings { what: format!("the certificate file {what}") };
        let pem = pem.reveal().as_bytes();
        // The cause is not shown: it may quote the file, which holds the key.
        let key = match PrivateKeyDer::from_pem_slice(pem) {
            Ok(PrivateKeyDer::Pkcs8(der)) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
            Ok(PrivateKeyDer::Pkcs1(der)) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
            Ok(_) => return Err(refused("holds a key that is not RSA; the tenant takes RSA keys only")),
            Err(_) => return Err(refused("holds no private key (PEM, not encrypted)")),
        };
        let key = key.map_err(|cause| {
            refused(&format!(
                "holds a key that cannot be used ({cause}); an RSA key of 2048 bits or more is needed"
            ))
        })?;
        let public = key.public_key().as_ref();
        let mut certificates = 0;
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|_| refused("holds a certificate that is not PEM"))?;
            certificates += 1;
            // The certificate holds the DER of the public key as it stands (RFC 8017, A.1.1).
            if certificate.windows(public.len()).any(|it| it == public) {
                let thumbprint = URL_SAFE_NO_PAD.encode(Sha256::digest(&certificate));
                return Ok(Self { key, certificate: certificate.to_vec(), thumbprint });
            }
        }
        Err(refused(match certificates {
            0 => "holds no certificate: put the key and the certificate into it",
            _ => "holds a key and a certificate that do not belong together",
        }))
    }

    /// Signs a fresh assertion.
    pub(super) fn sign(&self, audience: &str, client: &str, now: Timestamp) -> Result<Secret, TargetError> {
        let refused =
            |_| TargetError::Settings { what: "signing with the certificate's key failed".to_owned() };
        let second = now.as_second();
        let header = Header { alg: "PS256", typ: "JWT", thumbprint: &self.thumbprint };
        let claims = Claims {
            aud: audience,
            iss: client,
            sub: client,
            jti: uuid::Uuid::new_v4().to_string(),
            nbf: second,
            iat: second,
            exp: second + LIFE_S,
        };
        let mut text = format!("{}.{}", part(&header), part(&claims));
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key
            .sign(&RSA_PSS_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
            .map_err(refused)?;
        text.push('.');
        text.push_str(&URL_SAFE_NO_PAD.encode(signature));
        Ok(Secret::new(text))
    }
}

fn part(value: &impl Serialize) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(value).expect("texts and integers are JSON"))
}
