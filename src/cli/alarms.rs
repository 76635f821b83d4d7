//! Tells people what the controller finds the matter, and monitoring how it does.
//!
//! What that is was found out elsewhere; here it becomes messages, which go to the notifiers of the manifests, and
//! numbers.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::manifest::{
    AlarmForm, AlarmLevel, AlarmWay, Credential, Loaded, MailConnection, NotifierConnection, SecretRef,
    TenantSpec,
};
use crate::model::ToldAlarm;
use crate::observe::{
    Alarm, Audience, Board, Dispatcher, Event, Figures, Health, Heartbeat, Mail, MailSettings, Notice,
    Notifier, Part, Pulse, Severity, Topic, Way, Webhook, WebhookForm,
};
use crate::target::{Clock, app_certificate};
use crate::wire::x509::Certificate;

use super::converge::{self, Records};
use super::error::Error;
use super::secrets;

/// What waits to be sent when the program ends is given so long.
const FAREWELL: Duration = Duration::from_secs(10);

/// What is the matter, and who is told.
pub(super) struct Alarms {
    host: String,
    clock: Clock,
    board: Mutex<Board>,
    dispatcher: Mutex<Dispatcher>,
    health: Arc<Mutex<Health>>,
    pulses: Mutex<Vec<Pulse>>,
}

impl Alarms {
    /// Nobody is told yet; what people were told of these manifests before is remembered.
    pub(super) fn new(records: Arc<Records>, loaded: &Loaded, clock: Clock) -> Result<Self, Error> {
        let told = converge::lock(&records).told_alarms()?;
        let told = told.into_iter().filter(|it| concerns(it, loaded)).collect();
        let host = host_name();
        Ok(Self {
            board: Mutex::new(Board::remembering(told)),
            dispatcher: Mutex::new(Dispatcher::new(&host, move |notice, names| {
                record(&records, notice, names);
            })),
            health: Arc::default(),
            pulses: Mutex::default(),
            host,
            clock,
        })
    }

    /// From now on the notifiers of these manifests are told.
    pub(super) fn follow(&self, loaded: &Loaded) {
        let notifiers = loaded.notifiers.iter().filter_map(|it| usable(it, way(it).transpose()?));
        let notifiers = notifiers.map(|(it, way)| Notifier { name: it.name.clone(), least: least(it), way });
        let is_there = |policy: &str| loaded.policies.iter().any(|it| it.name == policy);
        let (over, open) = {
            let (mut board, now) = (lock(&self.board), (self.clock)());
            (board.forget(is_there, now), board.news(now))
        };
        lock(&self.dispatcher).replace(notifiers.collect(), open);
        self.tell(over);
        let within = loaded.settings.iter().map(|it| {
            // A look is due each time, and may go wrong for as long as nobody is told.
            (it.policy.as_str(), it.schedule.every.saturating_add(it.alarms.no_success_after))
        });
        lock(&self.health).follow(&within.collect());
    }

    /// Gives signs of life from now on, for as long as looks go well.
    pub(super) fn begin_pulses(&self, loaded: &Loaded) {
        let begin = |it: Heartbeat| {
            let health = Arc::clone(&self.health);
            it.begin(move || lock(&health).is_alive(Instant::now()))
        };
        *lock(&self.pulses) = hearts(loaded).map(begin).collect();
    }

    /// Gives one sign of life, if every policy was looked at well since a time.
    pub(super) async fn beat_once(&self, loaded: &Loaded, since: Instant) {
        if lock(&self.health).is_alive(since) {
            let hearts: Vec<Heartbeat> = hearts(loaded).collect();
            let beats = futures_util::future::join_all(hearts.iter().map(|it| it.beat(true)));
            if tokio::time::timeout(FAREWELL, beats).await.is_err() {
                tracing::warn!("a sign of life does not arrive and is given up");
            }
        }
    }

    /// What a look at a policy came to.
    pub(super) fn found(&self, policy: &str, figures: Figures) {
        lock(&self.health).found(policy, figures);
    }

    /// A look at a policy ended.
    pub(super) fn ended(&self, policy: &str, took: Duration, went_well: bool) {
        lock(&self.health).ended(policy, ((self.clock)(), Instant::now()), took, went_well);
    }

    /// All that one part finds the matter now.
    pub(super) fn report(&self, of: (Option<&str>, Part), alarms: Vec<Alarm>) {
        let notices = lock(&self.board).report(of, (self.clock)(), alarms);
        self.tell(notices);
    }

    fn tell(&self, notices: Vec<Notice>) {
        // What was added to the notifiers later is no news to the log.
        let is_news = |it: &&Notice| !matches!(it.to, Audience::AllBut(_));
        for Notice { event, policy, topic, severity, text, .. } in notices.iter().filter(is_news) {
            let (policy, topic, severity) = (policy.as_deref(), topic.word(), severity.word());
            tracing::info!(policy, topic, severity, text, "alarm {}", event.word());
        }
        lock(&self.dispatcher).send(notices);
    }

    /// Looks when the credentials of tenants end.
    pub(super) fn look_at_credentials(&self, loaded: &Loaded) {
        let now = (self.clock)();
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
        let nobody = Dispatcher::new("", |_, _| ());
        let mut dispatcher = std::mem::replace(&mut *lock(&self.dispatcher), nobody);
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

/// Whether an alarm of the records is about these manifests: others may share the records.
fn concerns(told: &ToldAlarm, loaded: &Loaded) -> bool {
    match &told.policy {
        Some(policy) => loaded.policies.iter().any(|it| it.name == *policy),
        None if told.part == Part::Credentials.word() => {
            loaded.tenants.iter().any(|it| it.name == told.about)
        }
        None => true,
    }
}

/// Everybody was told: what began is not told again, and what is over is forgotten.
fn record(records: &Records, notice: &Notice, names: &BTreeSet<String>) {
    let (told, mut state) = (notice.told(names.clone()), converge::lock(records));
    let recorded = match notice.event {
        Event::Raised | Event::Worse => state.note_told(&told),
        Event::Recovered => state.note_over(&told),
    };
    if let Err(error) = recorded {
        tracing::error!(error = &error as &dyn std::error::Error, "that people were told is not on record");
    }
}

/// What a notifier needs; without it, nobody is told by it.
fn usable<T>(spec: &NotifierConnection, made: Result<T, Error>) -> Option<(&NotifierConnection, T)> {
    match made {
        Ok(made) => Some((spec, made)),
        Err(error) => {
            let (error, hint) = error.sentences();
            tracing::error!(notifier = spec.name, error, hint, "nobody is told by this notifier");
            None
        }
    }
}

fn unusable(spec: &NotifierConnection, cause: &(dyn std::error::Error + 'static)) -> Error {
    Error::failed(format!("{}: notifier {} cannot be used", spec.place, spec.name)).because(cause)
}

/// How alarms reach somebody; `None` for signs of life.
fn way(spec: &NotifierConnection) -> Result<Option<Way>, Error> {
    Ok(match &spec.way {
        AlarmWay::Webhook { url, form } => {
            let form = match form {
                AlarmForm::Json => WebhookForm::Json,
                AlarmForm::Teams => WebhookForm::Teams,
                AlarmForm::Slack => WebhookForm::Slack,
            };
            let webhook = Webhook::new(&secrets::read(url)?, form).map_err(|it| unusable(spec, &it))?;
            Some(Way::Webhook(Box::new(webhook)))
        }
        AlarmWay::Mail(mail) => {
            let mail = Mail::new(mail_settings(mail)?).map_err(|it| unusable(spec, &it))?;
            Some(Way::Mail(Box::new(mail)))
        }
        AlarmWay::Heartbeat { .. } => None,
    })
}

fn hearts(loaded: &Loaded) -> impl Iterator<Item = Heartbeat> {
    let hearts = loaded.notifiers.iter().filter_map(|it| usable(it, heart(it).transpose()?));
    hearts.map(|it| it.1)
}

/// Where signs of life go; `None` for alarms.
fn heart(spec: &NotifierConnection) -> Result<Option<Heartbeat>, Error> {
    let AlarmWay::Heartbeat { url, every } = &spec.way else { return Ok(None) };
    let address = Webhook::new(&secrets::read(url)?, WebhookForm::Json).map_err(|it| unusable(spec, &it))?;
    Ok(Some(Heartbeat { name: spec.name.clone(), address, every: *every }))
}

const fn least(spec: &NotifierConnection) -> Severity {
    match spec.least {
        AlarmLevel::Info => Severity::Info,
        AlarmLevel::Warning => Severity::Warning,
        AlarmLevel::Error => Severity::Error,
    }
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
