//! A server between the program and the provisioning service: it takes TLS as the service does, remembers what it was
//! sent, and lets one message wait, which is a moment for a test to act.

use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use rcgen::{CertificateParams, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;

use crate::journey::tenant::Tenant;
use crate::journey::workplace::{Ran, Workplace};
use crate::lab::authority;

/// A server in front of the provisioning service.
pub(super) struct Tap {
    pub(super) url: String,
    pub(super) ca_pem: String,
    flow: Arc<Flow>,
}

struct Flow {
    /// What names the message that waits, in its headers, and which of those it is.
    header: String,
    number: usize,
    passed: AtomicUsize,
    seen: Mutex<Vec<u8>>,
    held: Notify,
    go_on: Notify,
}

impl Tap {
    /// Holds one message of an operation back: the first, the second …
    pub(super) async fn open(tenant: &Tenant, (operation, number): (&str, usize)) -> Self {
        let service = tenant.sandbox.base_url();
        let ca = authority("tap");
        let key = KeyPair::generate().unwrap();
        let certificate =
            CertificateParams::new(["127.0.0.1".to_owned()]).unwrap().signed_by(&key, &ca).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let chain = vec![CertificateDer::from(certificate.der().to_vec())];
        let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}/provisioningservice.svc", listener.local_addr().unwrap());
        let flow = Arc::new(Flow {
            header: format!("x-ms-aadmsods-apiaction: {operation}\r\n"),
            number,
            passed: AtomicUsize::new(0),
            seen: Mutex::default(),
            held: Notify::new(),
            go_on: Notify::new(),
        });
        let (service, shared) = (service.trim_start_matches("http://").to_owned(), Arc::clone(&flow));
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let (acceptor, service, flow) = (acceptor.clone(), service.clone(), Arc::clone(&shared));
                tokio::spawn(async move {
                    let (read, mut write) = tokio::io::split(acceptor.accept(client).await.unwrap());
                    let (mut answers, requests) = TcpStream::connect(service).await.unwrap().into_split();
                    let back = tokio::spawn(async move { tokio::io::copy(&mut answers, &mut write).await });
                    flow.pass(read, requests).await;
                    back.abort();
                });
            }
        });
        Self { url, ca_pem: ca.pem(), flow }
    }

    /// Runs the program, and does something with its process while the message waits.
    pub(super) async fn while_held<T>(
        &self,
        place: &Workplace,
        arguments: &[&str],
        act: impl FnOnce(u32) -> T,
    ) -> (T, Ran) {
        let mut command = place.command(arguments);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let process = child.id();
        let mut ending = tokio::task::spawn_blocking(move || Ran::from(child.wait_with_output().unwrap()));
        tokio::select! {
            () = self.flow.held.notified() => (),
            ran = &mut ending => panic!("it ended before: {}", ran.unwrap().err),
        }
        let result = tokio::task::block_in_place(|| act(process));
        self.flow.go_on.notify_one();
        (result, ending.await.unwrap())
    }

    /// The key in every hash that came along.
    pub(super) fn credentials(&self) -> Vec<String> {
        let seen = self.flow.seen.lock().unwrap();
        let text: String = seen.iter().map(|it| char::from(*it)).collect();
        let hashes = text.split("v1;PPH1_MD4,").skip(1).filter_map(|it| it.split_once(';'));
        hashes.map(|(hash, _)| hash.rsplit_once(',').unwrap().1.to_owned()).collect()
    }
}

impl Flow {
    async fn pass(&self, mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) {
        let mut bytes = vec![0; 1 << 16];
        while let Ok(len @ 1..) = from.read(&mut bytes).await {
            self.seen.lock().unwrap().extend_from_slice(&bytes[..len]);
            let is_meant = bytes[..len].windows(self.header.len()).any(|it| it == self.header.as_bytes());
            if is_meant && self.passed.fetch_add(1, Ordering::Relaxed) + 1 == self.number {
                self.held.notify_one();
                self.go_on.notified().await;
            }
            to.write_all(&bytes[..len]).await.unwrap();
        }
    }
}
