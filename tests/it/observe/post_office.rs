//! Servers that take messages: one that speaks HTTP, and one that speaks SMTP, with STARTTLS if it has a certificate.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// Nothing that is waited for takes longer, however busy the machine is.
const PATIENCE: Duration = Duration::from_mins(1);

/// What arrived at a server, one after the other.
pub(crate) struct PostOffice {
    pub(crate) port: u16,
    arrived: mpsc::Receiver<String>,
}

impl PostOffice {
    fn serve(mut talk: impl FnMut(TcpStream) -> Option<String> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (to_test, arrived) = mpsc::channel();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if let Some(message) = talk(stream)
                    && to_test.send(message).is_err()
                {
                    return;
                }
            }
        });
        Self { port, arrived }
    }

    /// Answers with these statuses, the last one over and over.
    pub(crate) fn http(statuses: &'static [u16]) -> Self {
        let mut asked = 0;
        Self::serve(move |stream| {
            let status = statuses[asked.min(statuses.len() - 1)];
            asked += 1;
            request(stream, status)
        })
    }

    /// Takes every mail, with STARTTLS if there is a certificate and its key.
    pub(crate) fn smtp(tls: Option<(CertificateDer<'static>, Vec<u8>)>) -> Self {
        let config = tls.map(|(certificate, key)| {
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
            let key = PrivatePkcs8KeyDer::from(key).into();
            Arc::new(builder.unwrap().with_no_client_auth().with_single_cert(vec![certificate], key).unwrap())
        });
        Self::serve(move |stream| {
            let mut plain = BufReader::new(stream);
            write!(plain.get_mut(), "220 mail.example\r\n").ok()?;
            let Spoken::StartTls = speak(&mut plain, config.is_some()) else { return None };
            let connection = ServerConnection::new(Arc::clone(config.as_ref()?)).ok()?;
            match speak(&mut BufReader::new(StreamOwned::new(connection, plain.into_inner())), false) {
                Spoken::Mail(mail) => Some(format!("(inside of TLS)\n{mail}")),
                Spoken::StartTls | Spoken::Nothing => None,
            }
        })
    }

    /// The same without TLS.
    pub(crate) fn plain_smtp() -> Self {
        Self::serve(|stream| {
            let mut plain = BufReader::new(stream);
            write!(plain.get_mut(), "220 mail.example\r\n").ok()?;
            match speak(&mut plain, false) {
                Spoken::Mail(mail) => Some(mail),
                Spoken::StartTls | Spoken::Nothing => None,
            }
        })
    }

    /// The next message.
    pub(crate) fn next(&self) -> String {
        self.arrived.recv_timeout(PATIENCE).expect("a message arrives")
    }

    /// Whether another message arrives before this time has passed.
    pub(crate) fn arrives_within(&self, time: Duration) -> bool {
        self.arrived.recv_timeout(time).is_ok()
    }

    /// Whether nothing more has arrived.
    pub(crate) fn is_empty(&self) -> bool {
        self.arrived.try_recv().is_err()
    }
}

/// Reads one request and answers; its path and its body.
fn request(stream: TcpStream, status: u16) -> Option<String> {
    let mut stream = BufReader::new(stream);
    let (mut path, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).ok()?;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        } else if path.is_empty() {
            line.split(' ').nth(1)?.clone_into(&mut path);
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    let words = "no such workflow";
    let head =
        format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{words}", words.len());
    stream.get_mut().write_all(head.as_bytes()).ok()?;
    Some(format!("{path} {}", String::from_utf8(body).ok()?))
}

enum Spoken {
    Mail(String),
    StartTls,
    Nothing,
}

/// SMTP as far as a client needs it that sends one mail.
fn speak<S: Read + Write>(stream: &mut BufReader<S>, can_start_tls: bool) -> Spoken {
    let mut mail = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).unwrap_or(0) == 0 {
            return Spoken::Nothing;
        }
        let verb = line.split([' ', '\r']).next().unwrap_or_default().to_ascii_uppercase();
        let answer = match verb.as_str() {
            "EHLO" if can_start_tls => "250-mail.example\r\n250 STARTTLS\r\n",
            "EHLO" => "250-mail.example\r\n250 AUTH PLAIN\r\n",
            "STARTTLS" => "220 go\r\n",
            "DATA" => "354 go\r\n",
            "AUTH" => {
                mail += &line;
                "235 ok\r\n"
            }
            "MAIL" | "RCPT" => {
                mail += &line;
                "250 ok\r\n"
            }
            _ => "250 ok\r\n",
        };
        if stream.get_mut().write_all(answer.as_bytes()).and_then(|()| stream.get_mut().flush()).is_err() {
            return Spoken::Nothing;
        }
        match verb.as_str() {
            "STARTTLS" => return Spoken::StartTls,
            "DATA" => {
                while !mail.ends_with("\r\n.\r\n") {
                    if stream.read_line(&mut mail).unwrap_or(0) == 0 {
                        return Spoken::Nothing;
                    }
                }
                let _client_may_be_gone = stream.get_mut().write_all(b"250 taken\r\n");
                let _client_may_be_gone = stream.get_mut().flush();
                return Spoken::Mail(mail.replace("\r\n", "\n"));
            }
            _ => (),
        }
    }
}
