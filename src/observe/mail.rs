//! Sends messages by mail.
//!
//! Everything goes through TLS, except to this machine itself: a local mail server has no name to be certified.

use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Mailboxes};
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::notice::Notice;
use crate::model::Secret;

/// Ports without and with TLS from the start (RFC 8314, 3.3).
const SUBMISSION: u16 = 587;
const SUBMISSIONS: u16 = 465;

/// How mail is sent, and to whom.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// Mail server, without its port.
    pub host: String,
    /// Port; `None` is 587. With 465, TLS begins at once.
    pub port: Option<u16>,
    /// Sender.
    pub from: String,
    /// Recipients.
    pub to: Vec<String>,
    /// User name and password there.
    pub login: Option<(String, Secret)>,
    /// Certificate authority, as PEM, besides those of the operating system.
    pub ca: Option<Vec<u8>>,
}

/// A mail server, and who gets messages through it.
pub struct Mail {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    to: Mailboxes,
    server: String,
}

/// Why a message was not taken.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// Settings do not fit.
    #[error("{0}")]
    Settings(String),
    /// It could not be handed over.
    #[error("the mail server {server} does not take it")]
    NotTaken {
        /// Host and port.
        server: String,
        /// Why.
        #[source]
        cause: SmtpError,
    },
}

impl MailError {
    /// Whether it may go better later.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Settings(_) => false,
            Self::NotTaken { cause, .. } => !cause.is_permanent(),
        }
    }
}

/// Says that no person wrote it, so that nobody is answered "out of office" (RFC 3834, 5).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

impl Mail {
    /// Checks the settings; nothing is sent yet.
    ///
    /// # Errors
    /// An address or a certificate cannot be read.
    pub fn new(settings: MailSettings) -> Result<Self, MailError> {
        let MailSettings { host, port, from, to, login, ca } = settings;
        let address = |text: &str| {
            text.parse::<Mailbox>()
                .map_err(|cause| MailError::Settings(format!("{text} is no mail address: {cause}")))
        };
        let from = address(&from)?;
        let to = to.iter().map(|it| address(it)).collect::<Result<Vec<_>, _>>()?.into_iter().collect();
        let port = port.unwrap_or(SUBMISSION);
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&host).port(port);
        let is_loopback =
            host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|it| it.is_loopback());
        builder = match (tls(&host, ca.as_deref())?, port) {
            (tls, SUBMISSIONS) => builder.tls(Tls::Wrapper(tls)),
            (tls, _) if is_loopback => builder.tls(Tls::Opportunistic(tls)),
            (tls, _) => builder.tls(Tls::Required(tls)),
        };
        if let Some((user, password)) = login {
            builder = builder.credentials(Credentials::new(user, password.reveal().to_owned()));
        }
        Ok(Self { transport: builder.build(), from, to, server: format!("{host}:{port}") })
    }

    /// Sends one message to all recipients.
    ///
    /// # Errors
    /// It was not taken.
    pub async fn post(&self, notice: &Notice, host: &str) -> Result<(), MailError> {
        let mut builder = Message::builder()
            .from(self.from.clone())
            .subject(notice.subject())
            .header(AutoSubmitted)
            .header(ContentType::TEXT_PLAIN);
        for to in self.to.iter() {
            builder = builder.to(to.clone());
        }
        let message = builder
            .body(notice.body(host))
            .map_err(|cause| MailError::Settings(format!("no mail can be made: {cause}")))?;
        let taken = self.transport.send(message).await;
        taken.map(drop).map_err(|cause| MailError::NotTaken { server: self.server.clone(), cause })
    }
}

fn tls(host: &str, ca: Option<&[u8]>) -> Result<TlsParameters, MailError> {
    let refused = |cause: SmtpError| MailError::Settings(format!("TLS: {cause}"));
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(pem) = ca {
        if CertificateDer::pem_slice_iter(pem).next().is_none() {
            return Err(MailError::Settings("the CA file holds no certificate".to_owned()));
        }
        builder = builder.add_root_certificate(Certificate::from_pem(pem).map_err(refused)?);
    }
    builder.build().map_err(refused)
}
