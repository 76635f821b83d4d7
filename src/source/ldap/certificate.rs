//! Trust in a server's certificate: the TLS configuration, and its failures in words.
//!
//! It opens no connection.

use std::error::Error;
use std::io;
use std::sync::Arc;

use ring::digest;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_platform_verifier::Verifier;

use super::error::LdapError;
use super::settings::Settings;
use crate::wire::ber::{BerError, Reader, tag};

/// Trusts the configured certificates, or else what the system trusts.
pub(super) fn tls_config(settings: &Settings) -> Result<Arc<ClientConfig>, Box<dyn Error + Send + Sync>> {
    let provider = Arc::new(default_provider());
    let builder =
        ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    let verifier: Arc<dyn ServerCertVerifier> = match &settings.ca {
        Some(trusted) => Arc::new(Configured::new(trusted, provider)?),
        None => Arc::new(Verifier::new(provider)?),
    };
    let config = builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
    Ok(Arc::new(config))
}

/// Trust in configured certificates: an authority vouches for the names in what it signed; the certificate
/// of a server itself, byte for byte, is taken as it is.
///
/// The latter because the certificate that Samba makes for itself names no host in the way that counts
/// (RFC 9525, 6.1), and administrators cannot be expected to run an authority for one server.
#[derive(Debug)]
struct Configured {
    authorities: Arc<WebPkiServerVerifier>,
    trusted: Vec<CertificateDer<'static>>,
}

impl Configured {
    fn new(
        trusted: &[CertificateDer<'static>],
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let mut roots = RootCertStore::empty();
        for certificate in trusted {
            roots.add(certificate.clone())?;
        }
        let authorities = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build()?;
        Ok(Self { authorities, trusted: trusted.to_vec() })
    }
}

impl ServerCertVerifier for Configured {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if self.trusted.iter().any(|it| it == end_entity) {
            return Ok(ServerCertVerified::assertion());
        }
        self.authorities.verify_server_cert(end_entity, intermediates, name, ocsp, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.authorities.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.authorities.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.authorities.supported_verify_schemes()
    }
}

/// A failed handshake in words.
pub(super) fn handshake_failure(server: &str, source: io::Error, own_ca: bool) -> LdapError {
    let rustls_error = source.get_ref().and_then(|it| it.downcast_ref::<rustls::Error>());
    let Some(rustls::Error::InvalidCertificate(refusal)) = rustls_error else {
        return LdapError::Tls { server: server.to_owned(), source };
    };
    let unknown = if own_ca {
        "the `caFile` must hold it, or the authority that signed it"
    } else {
        "give the authority that signed it, or the certificate itself, as `caFile`"
    };
    let advice = match () {
        () if matches!(refusal, CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            "renew it on the domain controller"
        }
        () if matches!(
            refusal,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. }
        ) =>
        {
            "check the clocks of both machines"
        }
        () if is_name_mismatch(refusal) => {
            "list the server under a name that its certificate has, or put this very certificate into the `caFile`"
        }
        () => unknown,
    };
    LdapError::Certificate { server: server.to_owned(), reason: refusal.to_string(), advice }
}

fn is_name_mismatch(refusal: &CertificateError) -> bool {
    matches!(refusal, CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. })
}

/// The `tls-server-end-point` channel binding: a hash of the certificate (RFC 5929, 4.1).
///
/// The hash is that of the certificate's signature, SHA-256 at least.
pub(super) fn end_point(certificate: &CertificateDer<'_>) -> Result<Vec<u8>, BerError> {
    let mut outer = Reader::new(certificate);
    let mut fields = outer.nested(tag::SEQUENCE)?;
    fields.element(tag::SEQUENCE)?;
    let mut algorithm = fields.nested(tag::SEQUENCE)?;
    let algorithm = match algorithm.element(tag::OID)? {
        // ecdsa-with-SHA384, sha384WithRSAEncryption
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3] | [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 12] => {
            &digest::SHA384
        }
        // ecdsa-with-SHA512, sha512WithRSAEncryption
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 4] | [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 13] => {
            &digest::SHA512
        }
        _ => &digest::SHA256,
    };
    Ok(digest::digest(algorithm, certificate).as_ref().to_vec())
}
