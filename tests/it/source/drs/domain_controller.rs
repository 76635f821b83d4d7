//! A domain controller over loopback that proves and seals as a real one does, and whose answers come from a script.
//!
//! It shares no code with the program but codecs of tags: NTLM, SPNEGO and the messages are written once more, from
//! the side of a server.

use std::sync::{Arc, Mutex};

use hmac::{Hmac, KeyInit, Mac};
use md4::Md4;
use md5::{Digest, Md5};
use rc4::{Rc4, StreamCipher};
use samesign::wire::ber::{Reader, tag, wrap};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Everybody's password.
pub(crate) const PASSWORD: &str = "Pässw0rd";
const NTLM: &[u8] = &[0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 2, 10];
const CHALLENGE: [u8; 8] = *b"chosen!!";
/// Fragments as Samba makes them, about.
const FRAGMENT: usize = 4000;

/// A call that came.
pub(crate) struct Call {
    /// The operation.
    pub(crate) operation: u16,
    /// The stub, after it was unsealed.
    pub(crate) stub: Vec<u8>,
    /// The session key of the connection; empty without authentication.
    pub(crate) key: Vec<u8>,
}

/// What the server does about a call.
pub(crate) enum Reply {
    /// Answers.
    Stub(Vec<u8>),
    /// Answers, and a byte changes on the way.
    Tampered(Vec<u8>),
    /// Answers without sealing.
    Plain(Vec<u8>),
    /// Refuses.
    Fault(u32),
    /// Sends these bytes and closes.
    Bytes(Vec<u8>),
    /// Says nothing.
    Silence,
    /// Closes the connection.
    Hangup,
}

/// What it answers.
pub(crate) type Script = Arc<dyn Fn(&Call) -> Reply + Send + Sync>;

/// A server, for as long as the runtime runs.
pub(crate) struct DomainController {
    /// Where it listens, for calls of all interfaces.
    pub(crate) port: u16,
    /// What happened, in order: `bind`, `refused`, `call 3`.
    pub(crate) log: Arc<Mutex<Vec<String>>>,
}

impl DomainController {
    pub(crate) async fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let log = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&log);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let talk =
                    Talk { stream, script: Arc::clone(&script), log: Arc::clone(&shared), session: None };
                tokio::spawn(talk.serve());
            }
        });
        Self { port, log }
    }

    /// What happened so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().join(", ")
    }
}

/// Both directions of an NTLM session, from the server's side.
struct Session {
    key: [u8; 16],
    ours: Direction,
    theirs: Direction,
}

struct Direction {
    signing: [u8; 16],
    sealing: [u8; 16],
    cipher: Rc4,
    number: u32,
}

impl Direction {
    fn new(key: [u8; 16], way: &str) -> Self {
        let derived = |purpose: &str| -> [u8; 16] {
            let text = [&key[..], format!("session key to {way} {purpose} key magic constant\0").as_bytes()]
                .concat();
            Md5::digest(text).into()
        };
        let sealing = derived("sealing");
        Self {
            signing: derived("signing"),
            sealing,
            cipher: Rc4::new_from_slice(&sealing).unwrap(),
            number: 0,
        }
    }

    fn signature(&mut self, text: &[u8]) -> Vec<u8> {
        let number = self.number.to_le_bytes();
        self.number += 1;
        let mut checksum = hmac_md5(&self.signing, &[&number[..], text].concat())[..8].to_vec();
        self.cipher.apply_keystream(&mut checksum);
        [&[1, 0, 0, 0][..], &checksum, &number].concat()
    }

    fn mechanism_signature(&mut self, text: &[u8]) -> Vec<u8> {
        let signature = self.signature(text);
        self.cipher = Rc4::new_from_slice(&self.sealing).unwrap();
        signature
    }
}

fn hmac_md5(key: &[u8], text: &[u8]) -> [u8; 16] {
    let mut mac = Hmac::<Md5>::new_from_slice(key).unwrap();
    mac.update(text);
    mac.finalize().into_bytes().into()
}

struct Talk {
    stream: TcpStream,
    script: Script,
    log: Arc<Mutex<Vec<String>>>,
    session: Option<Session>,
}

impl Talk {
    async fn serve(mut self) {
        while let Some(message) = self.receive().await {
            let answer = match message[2] {
                11 => self.bind(&message),
                14 => self.prove(&message),
                0 => match self.call(&message) {
                    Some(answer) => answer,
                    None => return,
                },
                _ => return,
            };
            if self.stream.write_all(&answer).await.is_err() {
                return;
            }
        }
    }

    fn note(&self, what: impl Into<String>) {
        self.log.lock().unwrap().push(what.into());
    }

    async fn receive(&mut self) -> Option<Vec<u8>> {
        let mut message = vec![0; 16];
        self.stream.read_exact(&mut message).await.ok()?;
        message.resize(u16::from_le_bytes([message[8], message[9]]).into(), 0);
        self.stream.read_exact(&mut message[16..]).await.ok()?;
        Some(message)
    }

    /// An offer gets a challenge, and a stranger what he wants.
    fn bind(&self, message: &[u8]) -> Vec<u8> {
        self.note("bind");
        if token(message).is_empty() {
            return pdu(12, 3, 1, &ack(), &[]);
        }
        let pairs = [&[2, 0, 6, 0][..], b"L\0A\0B\0", &[7, 0, 8, 0], &[9; 8], &[0; 4]].concat();
        let len = u16::try_from(pairs.len()).unwrap().to_le_bytes();
        let challenge = [
            &b"NTLMSSP\0"[..],
            &2_u32.to_le_bytes(),
            &[0, 0, 0, 0, 56, 0, 0, 0],
            &0x628a_8235_u32.to_le_bytes(),
            &CHALLENGE,
            &[0; 8],
            &[len, len].concat(),
            &56_u32.to_le_bytes(),
            &[6, 1, 0, 0, 0, 0, 0, 15],
            &pairs,
        ]
        .concat();
        let fields = [
            wrap(tag::context(0), &[&wrap(tag::ENUMERATED, &[&[1]])]),
            wrap(tag::context(1), &[&wrap(tag::OID, &[NTLM])]),
            wrap(tag::context(2), &[&wrap(tag::OCTET_STRING, &[&challenge])]),
        ];
        pdu(12, 7, 1, &ack(), &wrap(tag::context(1), &[&wrap(tag::SEQUENCE, &[&fields.concat()])]))
    }

    fn prove(&mut self, message: &[u8]) -> Vec<u8> {
        let mut fields =
            Reader::new(token(message)).nested(tag::context(1)).unwrap().nested(tag::SEQUENCE).unwrap();
        let proof = fields.nested(tag::context(2)).unwrap().element(tag::OCTET_STRING).unwrap();
        let signature = fields.nested(tag::context(3)).unwrap().element(tag::OCTET_STRING).unwrap();
        let Some(key) = session_key(proof) else {
            self.note("refused");
            return pdu(3, 3, 1, &[&[0; 8][..], &5_u32.to_le_bytes(), &[0; 4]].concat(), &[]);
        };
        let mut ours = Direction::new(key, "server-to-client");
        let mut theirs = Direction::new(key, "client-to-server");
        let offered = wrap(tag::SEQUENCE, &[&wrap(tag::OID, &[NTLM])]);
        assert_eq!(theirs.mechanism_signature(&offered), signature);
        let signature = ours.mechanism_signature(&offered);
        self.session = Some(Session { key, ours, theirs });
        self.note("proved");
        let fields = [
            wrap(tag::context(0), &[&wrap(tag::ENUMERATED, &[&[0]])]),
            wrap(tag::context(3), &[&wrap(tag::OCTET_STRING, &[&signature])]),
        ];
        pdu(15, 3, 1, &ack(), &wrap(tag::context(1), &[&wrap(tag::SEQUENCE, &[&fields.concat()])]))
    }

    fn call(&mut self, message: &[u8]) -> Option<Vec<u8>> {
        let operation = u16::from_le_bytes([message[22], message[23]]);
        let stub = match &mut self.session {
            None => message[24..].to_vec(),
            Some(session) => opened(message, &mut session.theirs),
        };
        self.note(format!("call {operation}"));
        let key = self.session.as_ref().map_or(Vec::new(), |it| it.key.to_vec());
        let number = u32::from_le_bytes(*message[12..].first_chunk()?);
        let reply = (self.script)(&Call { operation, stub, key });
        Some(match reply {
            Reply::Stub(stub) => self.sealed(number, &stub),
            Reply::Tampered(stub) => {
                let mut answer = self.sealed(number, &stub);
                answer[40] ^= 1;
                answer
            }
            Reply::Plain(stub) => pdu(2, 3, number, &[&[0; 8][..], &stub].concat(), &[]),
            Reply::Fault(status) => {
                pdu(3, 3, number, &[&[0; 8][..], &status.to_le_bytes(), &[0; 4]].concat(), &[])
            }
            Reply::Bytes(bytes) => bytes,
            Reply::Silence => Vec::new(),
            Reply::Hangup => return None,
        })
    }

    /// A response in fragments.
    fn sealed(&mut self, number: u32, stub: &[u8]) -> Vec<u8> {
        let chunks: Vec<&[u8]> = stub.chunks(FRAGMENT).collect();
        let mut answer = Vec::new();
        for (at, chunk) in chunks.iter().enumerate() {
            let flags = u8::from(at == 0) | if at + 1 == chunks.len() { 2 } else { 0 };
            let Some(Session { ours, .. }) = &mut self.session else {
                answer.extend(pdu(2, flags, number, &[&[0; 8][..], chunk].concat(), &[]));
                continue;
            };
            let mut body = chunk.to_vec();
            body.resize(chunk.len().next_multiple_of(16), 0);
            let padding = u8::try_from(body.len() - chunk.len()).unwrap();
            let mut message = pdu(2, flags, number, &[&[0; 8][..], &body].concat(), &[0; 16]);
            let trailer = message.len() - 24;
            message[trailer + 2] = padding;
            let text = message[..trailer + 8].to_vec();
            ours.cipher.apply_keystream(&mut message[24..trailer]);
            let signature = ours.signature(&text);
            message[trailer + 8..].copy_from_slice(&signature);
            answer.extend(message);
        }
        answer
    }
}

/// The stub of a request in one message.
fn opened(message: &[u8], theirs: &mut Direction) -> Vec<u8> {
    let trailer = message.len() - 24;
    let mut text = message[..trailer + 8].to_vec();
    theirs.cipher.apply_keystream(&mut text[24..trailer]);
    assert_eq!(theirs.signature(&text), message[trailer + 8..], "a request is not sealed as it should be");
    text[24..trailer - usize::from(text[trailer + 2])].to_vec()
}

/// What an AUTHENTICATE_MESSAGE proves, if the password is right.
fn session_key(message: &[u8]) -> Option<[u8; 16]> {
    let field = |at: usize| {
        let len = usize::from(u16::from_le_bytes([message[at], message[at + 1]]));
        let start = usize::from(u16::from_le_bytes([message[at + 4], message[at + 5]]));
        &message[start..start + len]
    };
    let (response, domain, user, exchanged) = (field(20), field(28), field(36), field(52));
    let units: Vec<u16> = user.chunks(2).map(|it| u16::from_le_bytes([it[0], it[1]])).collect();
    let upper = String::from_utf16(&units).unwrap().to_uppercase();
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let key = hmac_md5(&Md4::digest(utf16(PASSWORD)), &[&utf16(&upper), domain].concat());
    let (proof, client) = response.split_at(16);
    if hmac_md5(&key, &[&CHALLENGE, client].concat()) != proof {
        return None;
    }
    let mut session: [u8; 16] = exchanged.try_into().unwrap();
    Rc4::new_from_slice(&hmac_md5(&key, proof)).unwrap().apply_keystream(&mut session);
    Some(session)
}

fn token(message: &[u8]) -> &[u8] {
    let len = usize::from(u16::from_le_bytes([message[10], message[11]]));
    &message[message.len() - len..]
}

fn ack() -> Vec<u8> {
    let mut body = [0xd0, 0x16, 0xd0, 0x16, 1, 0, 0, 0, 6, 0].to_vec();
    body.extend(*b"49153\0");
    body.extend([1, 0, 0, 0, 0, 0, 0, 0]);
    body.extend([0x04, 0x5d, 0x88, 0x8a, 0xeb, 0x1c, 0xc9, 0x11, 0x9f, 0xe8, 8, 0, 0x2b, 0x10, 0x48, 0x60]);
    body.extend([2, 0, 0, 0]);
    body
}

/// A message, at the end of which there is room for a token or the token itself.
pub(crate) fn pdu(kind: u8, flags: u8, call: u32, body: &[u8], token: &[u8]) -> Vec<u8> {
    let trailer = if token.is_empty() { &[][..] } else { &[9, 6, 0, 0, 1, 0, 0, 0] };
    let len = u16::try_from(16 + body.len() + trailer.len() + token.len()).unwrap();
    let mut pdu = vec![5, 0, kind, flags, 0x10, 0, 0, 0];
    pdu.extend(len.to_le_bytes());
    pdu.extend(u16::try_from(token.len()).unwrap().to_le_bytes());
    pdu.extend(call.to_le_bytes());
    [&pdu, body, trailer, token].concat()
}
