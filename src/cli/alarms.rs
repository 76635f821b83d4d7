//! Tells people what the controller finds the matter, and monitoring how it does.
//!
//! What that is was found out elsewhere; here it becomes messages, which go to the notifiers of the manifests, and
//! numbers.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::manifest::{
    AlarmForm, AlarmLevel, AlarmWay, Credential, Loaded, MailConnection, NotifierConnection, SecretRef,
    TenantSpec,
};
use crate::observe::{
    Alarm, Board, Dispatcher, Figures, Health, Mail, MailSettings, Notice, Notifier, Part, Severity, Topic,
    Way, Webhook, WebhookForm,
};
use crate::target::app_certificate;
use crate::wire::x509::Certificate;

use super::error::Error;
use super::{clock, secrets};

/// What waits to be sent when the program ends is given so long.
const FAREWELL: Duration = Duration::from_secs(10);

/// What is the matter, and who is told.
pub(super) struct Alarms {
    host: String,
    board: Mutex<Board>,
    dispatcher: Mutex<Dispatcher>,
    health: Mutex<Health>,
}

impl Alarms {
    /// Nobody is told yet.
    pub(super) fn new() -> Self {
        let host = host_name();
        Self {
            board: Mutex::new(Board::default()),
            dispatcher: Mutex::new(Dispatcher::new(&host)),
            health: Mutex::default(),
            host,
        }
    }

    /// From now on the notifiers of these manifests are told.
    pub(super) fn follow(&self, loaded: &Loaded) {
        let notifiers = loaded.notifiers.iter().filter_map(|it| match notifier(it) {
            Ok(notifier) => Some(notifier),
            Err(error) => {
                let (error, hint) = error.sentences();
                tracing::error!(notifier = it.name, error, hint, "nobody is told by this notifier");
                None
            }
        });
        lock(&self.dispatcher).replace(notifiers.collect());
        lock(&self.board).forget(|policy| loaded.policies.iter().any(|it| it.name == policy));
        let policies: Vec<&str> = loaded.policies.iter().map(|it| it.name.as_str()).collect();
        lock(&self.health).follow(&policies);
    }

    /// What a look at a policy came to.
    pub(super) fn found(&self, policy: &str, figures: Figures) {
        lock(&self.health).found(policy, figures);
    }

    /// A look at a policy ended.
    pub(super) fn ended(&self, policy: &str, took: Duration, went_well: bool) {
        lock(&self.health).ended(policy, clock::now(), took, went_well);
    }

    /// All that one part finds the matter now.
    pub(super) fn report(&self, of: (Option<&str>, Part), alarms: Vec<Alarm>) {
        let notices = lock(&self.board).report(of, clock::now(), alarms);
        self.tell(&notices);
    }

    fn tell(&self, notices: &[Notice]) {
        for Notice { event, policy, topic, severity, text, .. } in notices {
            let (policy, topic, severity) = (policy.as_deref(), topic.word(), severity.word());
            tracing::info!(policy, topic, severity, text, "alarm {}", event.word());
        }
        lock(&self.dispatcher).send(notices);
    }

    /// Looks when the credentials of tenants end.
    pub(super) fn look_at_credentials(&self, loaded: &Loaded) {
        let now = clock::now();
        let alarms = loaded.tenants.iter().filter_map(|it| ends_soon(it, now)).collect();
        self.report((None, Part::Credentials), alarms);
    }

    /// Numbers for monitoring.
    pub(super) fn metrics(&self) -> String {
        lock(&self.health).metrics(&lock(&self.board))
    }

    /// Why not all is well; empty if it is.
    pub(super) fn unready(&self) -> String {
        lock(&self.health).unready(&lock(&self.board))
    }

    /// All that is the matter, of which policy, and since when.
    pub(super) fn open(&self) -> Vec<(Option<String>, Alarm, Timestamp)> {
        let board = lock(&self.board);
        board.open().map(|(policy, alarm, since)| (policy.map(str::to_owned), alarm.clone(), since)).collect()
    }

    /// The name of this machine.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Waits a moment until all was sent.
    pub(super) async fn finish(&self) {
        let mut dispatcher = std::mem::replace(&mut *lock(&self.dispatcher), Dispatcher::new(""));
        dispatcher.finish(FAREWELL).await;
    }
}

/// Nothing is left half done under these locks.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The name of this machine.
fn host_name() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    if name.is_empty() { "an unnamed machine".to_owned() } else { name }
}

fn notifier(spec: &NotifierConnection) -> Result<Notifier, Error> {
    let fail = |cause: &(dyn std::error::Error + 'static)| {
        Error::failed(format!("{}: notifier {} cannot be used", spec.place, spec.name)).because(cause)
    };
    let way = match &spec.way {
        AlarmWay::Webhook { url, form } => {
            let form = match form {
                AlarmForm::Json => WebhookForm::Json,
                AlarmForm::Teams => WebhookForm::Teams,
                AlarmForm::Slack => WebhookForm::Slack,
            };
            Way::Webhook(Box::new(Webhook::new(&secrets::read(url)?, form).map_err(|it| fail(&it))?))
        }
        AlarmWay::Mail(mail) => Way::Mail(Box::new(Mail::new(mail_settings(mail)?).map_err(|it| fail(&it))?)),
    };
    let least = match spec.least {
        AlarmLevel::Info => Severity::Info,
        AlarmLevel::Warning => Severity::Warning,
        AlarmLevel::Error => Severity::Error,
    };
    Ok(Notifier { name: spec.name.clone(), least, way })
}

fn mail_settings(spec: &MailConnection) -> Result<MailSettings, Error> {
    let MailConnection { server, from, to, login, ca_file } = spec;
    let login = match login {
        Some((user, password)) => Some((user.clone(), secrets::read(password)?)),
        None => None,
    };
    Ok(MailSettings {
        host: server.host.clone(),
        port: server.port,
        from: from.clone(),
        to: to.clone(),
        login,
        ca: ca_file.as_ref().map(secrets::file).transpose()?,
    })
}

/// Days before the end of a certificate on which somebody is told once more, and how bad it is then.
const DAYS: [(i64, Severity); 3] = [(1, Severity::Error), (7, Severity::Warning), (30, Severity::Info)];

/// The certificate of a tenant's app, if it ends soon. What cannot be read fails when it is used.
fn ends_soon(spec: &TenantSpec, now: Timestamp) -> Option<Alarm> {
    let Some(Credential::Certificate(secret)) = spec.auth.as_ref().map(|it| &it.credential) else {
        return None;
    };
    let ends = certificate_of(secret)?.ends;
    let days = ends.duration_since(now).as_hours().div_euclid(24);
    let (stage, severity) =
        (1..).zip(DAYS).find(|(_, (within, _))| days < *within).map(|(at, it)| (at, it.1))?;
    let day = ends.strftime("%Y-%m-%d");
    let text = if days < 0 {
        format!(
            "the certificate of tenant {}'s app ended on {day}: make a new one and add it to the app",
            spec.name
        )
    } else {
        format!(
            "the certificate of tenant {}'s app ends on {day}, in {days} d: make a new one and add it to the app",
            spec.name
        )
    };
    let size = DAYS.len() as u64 + 1 - stage;
    Some(Alarm { topic: Topic::Credential, about: spec.name.clone(), severity, text, size })
}

fn certificate_of(secret: &SecretRef) -> Option<Certificate> {
    let pem = secrets::read(secret).ok()?;
    Certificate::parse(&app_certificate(&pem).ok()?).ok()
}
