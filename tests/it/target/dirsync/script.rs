//! A provisioning service that answers as a test tells it to, and remembers what it was asked.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Response, Uri};
use futures_util::stream;
use samesign::model::{Anchor, AttributesBuilder, CloudId, CloudUser, Guid, ObjectKind, Property, Secret};
use samesign::target::dirsync::{Connection, DirSync, Endpoints, Known, KnownObject, Settings};
use samesign::target::{App, Credential, Current, Done, Lookup, Step, Target, TargetError};
use samesign::wire::provisioning::{
    Answer, CredentialChange, CredentialResult, ObjectResult, PropertyValue, Received, Refusal, Request,
    ResultCode, ServiceFault, SyncObject, SyncOperation, decode_request, encode_answer, encode_refusal,
};
use samesign::wire::soap::AnswerHead;

/// The token that the scripted token endpoint gives; one number for each.
pub(super) const TOKEN: &str = "eyJ-token-";

/// What the service was asked.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) path: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) received: Received,
}

impl Asked {
    pub(super) fn objects(&self) -> &[SyncObject] {
        let Request::ProvisionObjects2(objects) = &self.received.request else {
            panic!("{:?}", self.received.request)
        };
        objects
    }
}

/// What the service answers.
#[derive(Clone, Debug)]
pub(super) enum Say {
    Good(Answer),
    Fault(ServiceFault),
    /// Only so many bytes of it.
    Cut(Answer, usize),
    Raw(u16, Option<&'static str>, Vec<u8>),
    /// The connection breaks in the middle of the answer.
    Nothing,
}

pub(super) fn refused(code: &str, description: &str) -> Say {
    let (code, description) = (code.to_owned(), description.to_owned());
    Say::Fault(ServiceFault::Refused(Refusal { code, description, tracking_id: Some("track-9".to_owned()) }))
}

type Script = Arc<Mutex<dyn FnMut(&Asked) -> Say + Send>>;

#[derive(Clone)]
struct Stage {
    script: Script,
    asked: Arc<Mutex<Vec<Asked>>>,
    tokens: Arc<Mutex<Vec<String>>>,
    under_way: Arc<Mutex<usize>>,
}

/// A running scripted service.
pub(super) struct Service {
    pub(super) address: SocketAddr,
    stage: Stage,
}

impl Service {
    pub(super) async fn start(script: impl FnMut(&Asked) -> Say + Send + 'static) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stage = Stage {
            script: Arc::new(Mutex::new(script)),
            asked: Arc::default(),
            tokens: Arc::default(),
            under_way: Arc::default(),
        };
        let router = Router::new().fallback(answer).with_state(stage.clone());
        let router = router.layer(axum::extract::DefaultBodyLimit::disable());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, stage }
    }

    /// Takes everything.
    pub(super) async fn kind() -> Self {
        Self::start(|asked| Say::Good(taken(asked))).await
    }

    /// Says these one after the other, then takes everything.
    pub(super) async fn first(says: Vec<Say>) -> Self {
        let mut says = says.into_iter();
        Self::start(move |asked| says.next().unwrap_or_else(|| Say::Good(taken(asked)))).await
    }

    pub(super) fn settings(&self) -> Settings {
        let root = format!("http://{}", self.address);
        let endpoints = Endpoints::explicit(&root, &format!("{root}/provisioningservice.svc")).unwrap();
        let credential = Credential::ClientSecret(Secret::new("s3cret-of-the-app".to_owned()));
        let tenant = "0c5a2f2e-6f0c-4b0e-8a59-1f2f3a4b5c6d".to_owned();
        let app = App { tenant, client_id: "app-1".to_owned(), credential };
        let mut settings =
            Settings::new(endpoints, app, Arc::new(|| "2026-11-22T09:00:00Z".parse().unwrap()));
        settings.timeouts.request = Duration::from_hours(10);
        settings
    }

    pub(super) fn connection(&self) -> Connection {
        Connection::open(self.settings()).unwrap()
    }

    /// The passwords of each request that has some.
    pub(super) fn passwords(&self) -> Vec<Vec<CredentialChange>> {
        let asked = self.asked().into_iter();
        let credentials = |it: Asked| {
            let Request::ProvisionCredentials(changes) = it.received.request else { return None };
            Some(changes)
        };
        asked.filter_map(credentials).collect()
    }

    /// The target, with nine users and nine groups that it knows.
    pub(super) fn target(&self) -> DirSync<World> {
        DirSync::new(&self.connection(), World::default(), known())
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.stage.asked.lock().unwrap().clone()
    }

    /// The objects of each request.
    pub(super) fn batches(&self) -> Vec<Vec<SyncObject>> {
        self.asked().iter().map(|it| it.objects().to_vec()).collect()
    }

    /// Forms that the token endpoint got.
    pub(super) fn tokens(&self) -> Vec<String> {
        self.stage.tokens.lock().unwrap().clone()
    }

    pub(super) fn name(&self) -> String {
        self.address.to_string()
    }
}

/// What the tenant says when it is read.
#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) current: HashMap<CloudId, Current>,
    pub(super) users: HashMap<Anchor, CloudUser>,
}

impl Lookup for World {
    async fn current(&self, ids: &[(ObjectKind, CloudId)]) -> Result<Vec<Current>, TargetError> {
        Ok(ids.iter().map(|(_, id)| self.current.get(id).cloned().unwrap_or(Current::Gone)).collect())
    }

    async fn find_users(&self, anchors: &[Anchor]) -> Result<Vec<Option<CloudUser>>, TargetError> {
        Ok(anchors.iter().map(|it| self.users.get(it).cloned()).collect())
    }

    async fn deleted_users(&self) -> Result<Vec<CloudUser>, TargetError> {
        Ok(self.users.values().cloned().collect())
    }
}

/// Besides those, users 1000 and so on.
pub(super) fn many(users: u32) -> Known {
    let mut known = known();
    for number in 1000..1000 + users {
        let name = format!("user{number}").into();
        known.insert(id(number), KnownObject { kind: ObjectKind::User, anchor: Some(anchor(number)), name });
    }
    known
}

/// User 1 to 9 and group 11 to 19 have anchors; user 20 has none.
pub(super) fn known() -> Known {
    let object = |number: u32, kind, name: &str| {
        let anchor = (number != 20).then(|| anchor(number));
        (id(number), KnownObject { kind, anchor, name: format!("{name}{number}").into() })
    };
    let users = (1..=9).chain([20]).map(|it| object(it, ObjectKind::User, "user"));
    users.chain((11..=19).map(|it| object(it, ObjectKind::Group, "group"))).collect()
}

pub(super) fn id(last: u32) -> CloudId {
    format!("00000000-0000-4000-8000-{last:012}").parse().unwrap()
}

pub(super) fn anchor(number: u32) -> Anchor {
    let mut bytes = [7; 16];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    Anchor::from_guid(Guid::from_bytes(bytes))
}

pub(super) fn user(number: u32, name: &str) -> CloudUser {
    let mut attributes = AttributesBuilder::default();
    attributes.push(Property::UserPrincipalName.id(), name.as_bytes());
    attributes.push(Property::DisplayName.id(), b"Shown Name");
    CloudUser { id: id(number), attributes: attributes.finish(), ..CloudUser::default() }
}

/// The id that the service gives to whoever has this anchor, if it is one of ours.
fn id_of(anchor: &str) -> CloudId {
    let number = anchor.parse::<Anchor>().unwrap().guid();
    id(u32::from_be_bytes(number.as_bytes()[..4].try_into().unwrap()))
}

/// The answer that takes everything, in another order than it was asked for.
pub(super) fn taken(asked: &Asked) -> Answer {
    if matches!(asked.received.request, Request::FinalizeExport { .. }) {
        return Answer::ExportFinalized;
    }
    if let Request::ProvisionCredentials(changes) = &asked.received.request {
        return Answer::Credentials(changes.iter().rev().map(credential_result).collect());
    }
    Answer::Objects2(asked.objects().iter().rev().map(result_of).collect())
}

/// A password that is taken.
pub(super) fn credential_result(change: &CredentialChange) -> CredentialResult {
    CredentialResult {
        source_anchor: change.source_anchor.clone(),
        result: "0".to_owned(),
        ..CredentialResult::default()
    }
}

pub(super) fn result_of(object: &SyncObject) -> ObjectResult {
    let text = |name: &str| {
        let Some(PropertyValue::Text(text)) = object.property(name) else { return None };
        Some(text.clone())
    };
    let source_anchor = text("SourceAnchor");
    let own = source_anchor.as_deref().map(|it| format!("{}_{}", object.kind.name(), id_of(it)));
    ObjectResult {
        cloud_anchor: own.or_else(|| text("CloudAnchor")),
        code: ResultCode::Success,
        source_anchor,
        kind: Some(object.kind),
        operation: Some(object.operation),
        ..ObjectResult::default()
    }
}

/// One object as a line.
pub(super) fn line(object: &SyncObject) -> String {
    let SyncObject { properties, kind, operation } = object;
    let mut line = format!("{} {}", operation.name(), kind.name());
    for (name, value) in properties {
        let words = match value {
            PropertyValue::Nil => "nil".to_owned(),
            PropertyValue::Text(text) => text.clone(),
            PropertyValue::Bool(on) => on.to_string(),
            PropertyValue::Links(links) => format!("{links:?}"),
            PropertyValue::Texts(texts) => format!("{texts:?}"),
            PropertyValue::Long(_) | PropertyValue::Bytes(_) | PropertyValue::ByteLists(_) => {
                panic!("no step gives {value:?}")
            }
        };
        line = format!("{line} {name}={words}");
    }
    assert!(*operation != SyncOperation::Add, "it says Set");
    line
}

/// What each step came to, in words.
pub(super) async fn outcomes(target: &DirSync<World>, steps: &[Step]) -> Vec<String> {
    let results = target.carry_out(steps).await;
    assert_eq!(results.len(), steps.len());
    results.iter().map(words).collect()
}

fn words(result: &Result<Done, TargetError>) -> String {
    match result {
        Ok(Done::Applied(id)) => {
            format!("applied {}", id.to_string().trim_start_matches("00000000-0000-4000-8000-"))
        }
        Ok(Done::AlreadySo(_)) => "already so".to_owned(),
        Err(error) => error.to_string(),
    }
}

async fn answer(State(stage): State<Stage>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response<Body> {
    if uri.path().ends_with("/token") {
        let mut tokens = stage.tokens.lock().unwrap();
        tokens.push(String::from_utf8(body.to_vec()).unwrap());
        let grant = format!(r#"{{"expires_in":3599,"access_token":"{TOKEN}{}"}}"#, tokens.len());
        return Response::new(Body::from(grant));
    }
    {
        let mut under_way = stage.under_way.lock().unwrap();
        *under_way += 1;
        assert_eq!(*under_way, 1, "two requests at once");
    }
    tokio::task::yield_now().await;
    let headers: BTreeMap<String, String> =
        headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    let received = decode_request(&body).unwrap();
    let asked = Asked { path: uri.path().to_owned(), headers: headers.into_iter().collect(), received };
    stage.asked.lock().unwrap().push(asked.clone());
    let said = (stage.script.lock().unwrap())(&asked);
    *stage.under_way.lock().unwrap() -= 1;
    to_response(&said, &asked)
}

fn to_response(say: &Say, asked: &Asked) -> Response<Body> {
    let action = asked.received.request.operation().answer_action();
    let head = AnswerHead { action: &action, relates_to: asked.received.head.message_id, activity_id: None };
    let answer = |status: u16, bytes: Vec<u8>| {
        let response = Response::builder().status(status).header("content-type", "application/soap+msbin1");
        response.body(Body::from(bytes)).unwrap()
    };
    match say {
        Say::Good(it) => answer(200, encode_answer(&head, it).unwrap().to_vec()),
        Say::Cut(it, bytes) => answer(200, encode_answer(&head, it).unwrap()[..*bytes].to_vec()),
        Say::Fault(fault) => answer(500, encode_refusal(&head, fault).unwrap().to_vec()),
        Say::Raw(status, retry_after, bytes) => {
            let mut response = Response::builder().status(*status);
            if let Some(after) = retry_after {
                response = response.header("retry-after", *after);
            }
            response.body(Body::from(bytes.clone())).unwrap()
        }
        Say::Nothing => {
            let broken = [Ok(Bytes::from_static(b"V")), Err(std::io::Error::other("broken"))];
            Response::new(Body::from_stream(stream::iter(broken)))
        }
    }
}
