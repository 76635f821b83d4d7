//! Where the running service can be asked, by whom, and what it shows of itself: the options of `run --listen`.

use std::path::PathBuf;
use std::sync::Arc;

use crate::manifest::SecretSource;
use crate::model::Secret;
use crate::observe::{Answers, Entry, Monitor, MonitorError, Tls, TlsPem, Token};

use super::args::Answering;
use super::error::Error;
use super::secrets;

/// The open port.
pub(super) struct Listening {
    monitor: Monitor,
    files: Option<TlsFiles>,
}

/// The certificate of the port, to be read again when somebody says so.
pub(super) struct Renewal {
    tls: Arc<Tls>,
    files: TlsFiles,
}

#[derive(Clone)]
struct TlsFiles {
    certificate: PathBuf,
    key: PathBuf,
    client_ca: Option<PathBuf>,
}

impl TlsFiles {
    fn read(&self) -> Result<TlsPem, Error> {
        let read = |path: &PathBuf, option: &str| secrets::small_file(path, option);
        let key = String::from_utf8(read(&self.key, "--tls-key")?);
        Ok(TlsPem {
            certificates: read(&self.certificate, "--tls-certificate")?,
            key: Secret::new(
                key.map_err(|_| Error::failed(format!("--tls-key: {} is not text", self.key.display())))?,
            ),
            client_authorities: self.client_ca.as_ref().map(|it| read(it, "--tls-client-ca")).transpose()?,
        })
    }
}

/// What makes a port safe that others can reach.
const HOW_TO_OPEN: &str = "give --tls-certificate and --tls-key, and --listen-token-from or --tls-client-ca; or listen on 127.0.0.1 or [::1]";

/// Opens the port, if one is asked for.
pub(super) async fn open(options: &Answering) -> Result<Option<Listening>, Error> {
    let Answering { listen, listen_token_from, tls_certificate, tls_key, tls_client_ca } = options;
    let Some(address) = *listen else { return Ok(None) };
    let files = tls_certificate.as_ref().zip(tls_key.as_ref()).map(|(certificate, key)| TlsFiles {
        certificate: certificate.clone(),
        key: key.clone(),
        client_ca: tls_client_ca.clone(),
    });
    let entry = Entry {
        token: listen_token_from.as_deref().map(token).transpose()?,
        tls: files.as_ref().map(TlsFiles::read).transpose()?,
    };
    let monitor = Monitor::open(address, entry).await.map_err(|cause| match cause {
        MonitorError::NoTls(_) | MonitorError::NobodyKnown(_) => {
            Error::usage(cause.to_string()).hint(HOW_TO_OPEN)
        }
        MonitorError::Tls(_) => Error::failed("what the options --tls-… name cannot be used").because(&cause),
        MonitorError::Taken { .. } => Error::failed("monitoring would get no answers").because(&cause),
    })?;
    Ok(Some(Listening { monitor, files }))
}

/// The secret of whoever may ask. Somebody who wrote it there instead of its place does not find it in the log.
fn token(place: &str) -> Result<Token, Error> {
    let source = match place.split_once(':') {
        Some(("env", name)) => SecretSource::Env(name.to_owned()),
        Some(("file", path)) => SecretSource::File(path.into()),
        Some(("credential", name)) => SecretSource::Credential(name.to_owned()),
        Some(_) | None => {
            return Err(Error::usage("--listen-token-from does not say where the token is")
                .hint("give env:NAME, file:PATH or credential:NAME"));
        }
    };
    let secret = secrets::read_from(&source, "--listen-token-from")?;
    Token::new(&secret).map_err(|cause| {
        Error::failed("what --listen-token-from names is no token")
            .because(&cause)
            .hint("openssl rand -hex 32 makes one")
    })
}

impl Listening {
    /// Answers from now on; what is returned renews the certificate.
    pub(super) fn answer(self, answers: Arc<dyn Answers>) -> Option<Renewal> {
        let Self { monitor, files } = self;
        if let Ok(address) = monitor.address() {
            tracing::info!(%address, tls = files.is_some(), "monitoring is answered");
        }
        let renewal = monitor.tls().zip(files).map(|(tls, files)| Renewal { tls, files });
        tokio::spawn(monitor.serve(answers));
        renewal
    }
}

impl Renewal {
    /// Reads the files again. If they cannot be used, what was shown is shown on.
    pub(super) fn renew(&self) {
        let renewed = self.files.read().and_then(|pem| {
            self.tls
                .renew(&pem)
                .map_err(|cause| Error::failed("the new certificate cannot be used").because(&cause))
        });
        if let Err(error) = renewed {
            let (error, _) = error.sentences();
            tracing::error!(error, "the certificate of --listen is not renewed: the one before stays");
        }
    }
}
