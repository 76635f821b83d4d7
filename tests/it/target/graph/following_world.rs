//! A sandbox tenant that is followed, and all ways in which it changes.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::Method;
use samesign::model::{Anchor, CloudId, Guid, ObjectKind, Property, Secret, TenantSnapshot};
use samesign::sandbox::{Effect, Fault};
use samesign::target::dirsync::{self, DirSync, Known};
use samesign::target::graph::{self, App, Connection, Credential, Extent, Follower, Reader};
use samesign::target::{Done, Step, StepValue, Target, TargetError};
use serde_json::Value;
use tracing::Level;
use tracing::subscriber::DefaultGuard;

use super::contract::settings;
use crate::sandbox::client::Client;

/// A tenant, whoever changes it, and whoever follows it.
pub(super) struct World {
    pub(super) client: Client,
    pub(super) reader: Reader,
    graph: graph::Tenant,
    sync: DirSync<Reader>,
    pub(super) follower: Follower,
    extent: Extent,
}

impl World {
    pub(super) async fn of(extent: Extent, seed: &str) -> Self {
        let client = Client::of(&format!("onPremisesSyncEnabled: true\n{seed}")).await;
        let connection = Connection::open(settings(&client.sandbox)).unwrap();
        let reader = Reader::new(&connection);
        let root = client.sandbox.base_url();
        let app = App {
            tenant: client.sandbox.tenant_id().to_string(),
            client_id: "5b1e6a0e-8d6a-4f6e-9a57-2f3b8d0c9f10".to_owned(),
            credential: Credential::ClientSecret(Secret::new("any".to_owned())),
        };
        let clock = Arc::new(|| "2026-11-22T09:14:00Z".parse().unwrap());
        let service = format!("{root}/provisioningservice.svc");
        let endpoints = dirsync::Endpoints::explicit(root, &service).unwrap();
        let mut settings = dirsync::Settings::new(endpoints, app, clock);
        settings.timeouts.request = Duration::from_hours(1);
        let sync = dirsync::Connection::open(settings).unwrap();
        let sync = DirSync::new(&sync, reader.clone(), Known::default());
        let graph = graph::Tenant::new(&connection);
        Self { client, reader, graph, sync, follower: Follower::new(extent), extent }
    }

    /// Carries a step out on the channel of the extent.
    pub(super) async fn step(&self, step: Step) -> Result<CloudId, TargetError> {
        let steps = [step];
        let mut done = match self.extent {
            Extent::OwnGroups => self.graph.carry_out(&steps).await,
            Extent::Synchronised => self.sync.carry_out(&steps).await,
        };
        done.remove(0).map(|it| match it {
            Done::Applied(id) | Done::AlreadySo(id) => id,
        })
    }

    pub(super) async fn apply(&self, step: Step) -> CloudId {
        self.step(step.clone()).await.unwrap_or_else(|error| panic!("{step:?}: {error}"))
    }

    /// Asks Graph for something that must succeed.
    pub(super) async fn ask(&self, method: Method, path: &str, body: Option<Value>) {
        let reply = self.client.send(method, path, &[], body).await;
        assert!(reply.status < 300, "{path}: {}", reply.text);
    }

    pub(super) async fn purge(&self, id: CloudId) {
        self.ask(Method::DELETE, &format!("/directory/deletedItems/{id}"), None).await;
    }

    pub(super) async fn follow(&mut self) -> Result<Arc<TenantSnapshot>, TargetError> {
        let now = self.client.sandbox.now();
        self.follower.observe(&self.reader, now, &()).await.map(|it| it.tenant)
    }

    /// What is followed is what a full reading finds.
    #[track_caller]
    pub(super) fn check(&mut self) -> impl Future<Output = Arc<TenantSnapshot>> {
        let place = std::panic::Location::caller();
        async move {
            let followed = self.follow().await.unwrap();
            let read = self.reader.observe(self.extent, &()).await.unwrap();
            assert_same(&followed, &read, &place.to_string());
            followed
        }
    }

    /// How many HTTP requests the work needed.
    pub(super) async fn requests<T>(&mut self, work: impl AsyncFnOnce(&mut Self) -> T) -> (T, Vec<String>) {
        let before = self.client.sandbox.audit().len();
        let result = work(self).await;
        let lines = self.client.sandbox.audit();
        let asked = lines[before..].iter().map(|it| format!("{} {}", it.method, it.path)).collect();
        (result, asked)
    }

    /// Lets requests to a path fail, after so many.
    pub(super) fn fault(&self, path: &str, skip: u32, effect: Effect) {
        let fault = Fault { method: None, path: Some(path.to_owned()), skip, times: 1, effect };
        self.client.sandbox.set_faults(vec![fault]);
    }
}

/// What this thread warns of.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// As long as what is returned lives.
    pub(super) fn is_written(&self) -> DefaultGuard {
        let log = self.clone();
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_max_level(Level::WARN);
        tracing::subscriber::set_default(subscriber.with_writer(move || log.clone()).finish())
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn assert_same(followed: &TenantSnapshot, read: &TenantSnapshot, place: &str) {
    assert_eq!(followed.identity(), read.identity(), "{place}");
    assert_eq!(followed.domains(), read.domains(), "{place}");
    assert_eq!(followed.users(), read.users(), "{place}");
    assert_eq!(followed.groups(), read.groups(), "{place}");
    assert_eq!(followed.contacts(), read.contacts(), "{place}");
    assert_eq!(followed.roles(), read.roles(), "{place}");
}

pub(super) fn anchor(at: u32) -> Anchor {
    let mut bytes = [5; 16];
    bytes[..4].copy_from_slice(&at.to_be_bytes());
    Anchor::from_guid(Guid::from_bytes(bytes))
}

pub(super) fn text(value: &str) -> StepValue {
    StepValue::Text(value.to_owned())
}

pub(super) fn create_user(at: u32) -> Step {
    let values = vec![
        (Property::UserPrincipalName, text(&format!("user{at}@contoso.com"))),
        (Property::DisplayName, text(&format!("User {at}"))),
        (Property::MailNickname, text(&format!("user{at}"))),
        (Property::AccountEnabled, StepValue::Switch(true)),
        (Property::UsageLocation, text("DE")),
        (Property::JobTitle, text("Clerk")),
        (Property::ExtensionAttribute7, text("seven")),
    ];
    Step::CreateUser { anchor: anchor(at), values }
}

pub(super) fn create_group(at: u32) -> Step {
    let name = text(&format!("group{at}"));
    let values = vec![(Property::DisplayName, name.clone()), (Property::MailNickname, name)];
    Step::CreateGroup { anchor: anchor(at), values }
}

pub(super) fn create_contact(at: u32) -> Step {
    let values = vec![
        (Property::DisplayName, text(&format!("Contact {at}"))),
        (Property::Mail, text(&format!("contact{at}@partner.example"))),
        (Property::MailNickname, text(&format!("contact{at}"))),
        (Property::City, text("Bern")),
        (Property::MobilePhone, text("+41 1")),
    ];
    Step::CreateContact { anchor: anchor(at), values }
}

pub(super) fn set(kind: ObjectKind, id: CloudId, property: Property, value: Option<&str>) -> Step {
    let values = vec![(property, value.map(text))];
    match kind {
        ObjectKind::User => Step::UpdateUser { id, values },
        ObjectKind::Group => Step::UpdateGroup { id, values },
        ObjectKind::Contact => Step::UpdateContact { id, values },
    }
}

pub(super) fn add(group: CloudId, members: &[CloudId]) -> Step {
    Step::AddMembers { group, members: members.to_vec() }
}
