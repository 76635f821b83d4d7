//! The memory of the program while it still runs, after it has sent hashes: none of them is left in it, in any form.
//!
//! The last message of a run waits in front of the tenant, which is where the program then waits, too.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex};

use rcgen::{CertificateParams, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;

use super::leaks::Needles;
use crate::journey::tenant::Tenant;
use crate::journey::workplace::{Door, Workplace};
use crate::lab::{Pair, SERVICE_PASSWORD, authority};

/// What ends a run of writes.
const LAST: &[u8] = b"FinalizeExport";
/// How much of a memory is read at once.
const STEP: usize = 1 << 20;
static EMPTY: [u8; STEP] = [0; STEP];

/// A server in front of the provisioning service: it takes TLS as the service does, remembers what it was sent, and
/// holds the last message back.
struct Tap {
    url: String,
    ca_pem: String,
    flow: Arc<Flow>,
}

#[derive(Default)]
struct Flow {
    seen: Mutex<Vec<u8>>,
    held: Notify,
    go_on: Notify,
}

impl Tap {
    async fn open(service: &str) -> Self {
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
        let flow = Arc::<Flow>::default();
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
}

impl Flow {
    async fn pass(&self, mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) {
        let mut bytes = vec![0; 1 << 16];
        while let Ok(len @ 1..) = from.read(&mut bytes).await {
            self.seen.lock().unwrap().extend_from_slice(&bytes[..len]);
            if bytes[..len].windows(LAST.len()).any(|it| it == LAST) {
                self.held.notify_one();
                self.go_on.notified().await;
            }
            to.write_all(&bytes[..len]).await.unwrap();
        }
    }

    /// The key in every hash that came along.
    fn credentials(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        let text: String = seen.iter().map(|it| char::from(*it)).collect();
        let hashes = text.split("v1;PPH1_MD4,").skip(1).filter_map(|it| it.split_once(';'));
        hashes.map(|(hash, _)| hash.rsplit_once(',').unwrap().1.to_owned()).collect()
    }
}

/// A piece of memory, and the mapping that it is in.
struct Piece {
    mapping: String,
    bytes: Vec<u8>,
}

/// Everything that a process can write to, without what is empty: an allocator reserves much more than it uses.
fn memory(process: u32) -> Vec<Piece> {
    let of = |name: &str| format!("/proc/{process}/{name}");
    let file = File::open(of("mem")).unwrap();
    let maps = fs::read_to_string(of("maps")).unwrap();
    let mut pieces: Vec<Piece> = Vec::new();
    let mut step = vec![0; STEP];
    for mapping in maps.lines().filter(|it| it.contains(" rw")) {
        let (from, to) = mapping.split_once(' ').unwrap().0.split_once('-').unwrap();
        let [from, to] = [from, to].map(|it| u64::from_str_radix(it, 16).unwrap());
        let mut goes_on = false;
        for at in (from..to).step_by(STEP) {
            let now = &mut step[..usize::try_from(to - at).unwrap().min(STEP)];
            file.read_exact_at(now, at).unwrap();
            let is_empty = *now == EMPTY[..now.len()];
            match pieces.last_mut() {
                Some(last) if goes_on && !is_empty => last.bytes.extend_from_slice(now),
                _ if is_empty => (),
                _ => pieces.push(Piece { mapping: mapping.to_owned(), bytes: now.to_vec() }),
            }
            goes_on = !is_empty;
        }
    }
    pieces
}

/// Sends the passwords of all staff, and has a look before the run is over: the memory then, and what was sent.
async fn memory_after_sending(pair: &Pair, door: Door) -> (Vec<Piece>, Vec<String>) {
    let tenant = Tenant::start_synchronised().await;
    let tap = Tap::open(tenant.sandbox.base_url()).await;
    let place = Workplace::new(&pair.one, &tenant, door, &["Staff"]);
    place.send_passwords("svc-replica@corp.example.com");
    place.provision_through(&tap.url, &tap.ca_pem);
    let log = File::create(place.path("log")).unwrap();
    let mut command = place.command(&["-vv", "apply", "manifests", "--auto-approve"]);
    let mut child = command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
    let process = child.id();
    let mut ending = tokio::task::spawn_blocking(move || child.wait().unwrap());
    tokio::select! {
        () = tap.flow.held.notified() => (),
        _ = &mut ending => panic!("{}", fs::read_to_string(place.path("log")).unwrap()),
    }
    let memory = tokio::task::block_in_place(|| memory(process));
    tap.flow.go_on.notify_one();
    assert!(ending.await.unwrap().success(), "{}", fs::read_to_string(place.path("log")).unwrap());
    (memory, tap.flow.credentials())
}

async fn nothing_is_left(door: Door) {
    let pair = tokio::task::block_in_place(Pair::start);
    let (memory, credentials) = memory_after_sending(pair, door).await;
    let mut known = Needles::default();
    known.password(SERVICE_PASSWORD);
    assert!(memory.iter().any(|it| !known.found_in(&it.bytes).is_empty()), "what is there is found");

    assert!(100 < credentials.len(), "{} hashes were sent", credentials.len());
    let mut secrets = Needles::default();
    credentials.iter().for_each(|it| secrets.key(it));
    let shown = tokio::task::block_in_place(|| pair.one.pdbedit(&["-L", "-w"]));
    let people = shown.lines().filter(|it| it.starts_with("user"));
    // Somebody without a password has letters there that are no digits.
    let digits = people.filter_map(|it| it.split(':').nth(3)).filter(|it| !it.ends_with('X'));
    digits.for_each(|it| secrets.hash(it));
    let found = memory.iter().flat_map(|Piece { mapping, bytes }| {
        let found = secrets.found_in(bytes).into_iter();
        found.map(move |(at, what)| format!("{at:#x} in {mapping}: {what}"))
    });
    let left: Vec<String> = found.collect();
    assert!(left.is_empty(), "{} secrets are left:\n{}", left.len(), left.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_hash_is_left_in_memory_that_came_by_ntlm() {
    nothing_is_left(Door::Password).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_hash_is_left_in_memory_that_came_by_kerberos() {
    nothing_is_left(Door::Keytab).await;
}
