//! `samesign run`: keeps the tenants converged until it is stopped.
//!
//! It loads the manifests again when they change, and keeps the last that were good. The policies go on by themselves,
//! each in a task of its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Interval, interval};

use crate::controller::{Bell, work};
use crate::manifest::{self, Loaded};
use crate::observe::{Alarm, Part, Severity, Topic};
use crate::render::diagnostics;
use crate::state::State;
use crate::workspace::{self, Watcher};

use super::Ending;
use super::alarms::Alarms;
use super::args::{Common, LogForm, Run};
use super::console::Console;
use super::converge::Records;
use super::cycle::{Cycle, Shared};
use super::desk::Desk;
use super::error::Error;
use super::listening::{self, Renewal};
use super::once::once;
use super::outside::Outside;
use super::pages;
use super::picture::Gallery;
use super::service_manager::ServiceManager;
use super::survey;
use super::turns::Turns;

/// An edit of several files, or a `git pull`, is over when nothing changed for so long.
const QUIET: Duration = Duration::from_secs(1);
/// What runs is given so long to end: less than service managers wait before they kill.
const GRACE: Duration = Duration::from_mins(1);
/// Credentials end on days.
const CREDENTIALS_EVERY: Duration = Duration::from_hours(6);

pub(super) async fn run(args: &Run, common: &Common, console: Console) -> Result<Ending, Error> {
    pages::take_small();
    let loaded = match common.log {
        LogForm::Text => survey::load(&args.dir, console)?,
        // Whoever reads it is a program, and takes each line for an object.
        LogForm::Json => survey::load_logged(&args.dir)?,
    };
    survey::policies(&loaded, None)?;
    let folder = survey::state_folder(common.state.as_ref());
    let shared = share(State::open(&folder)?, &loaded, console, Outside::real())?;
    let shared = Arc::new(Shared { prints: args.once, ..shared });
    if args.once {
        Ok(once(loaded, shared).await)
    } else {
        // Before anything else begins: whoever is told to stop, or to read again, must not just die of it.
        let signals = signals()?;
        let listening = listening::open(&args.listen).await?;
        let mut controller = Controller::begin(&args.dir, loaded, shared);
        controller.renewal = listening.and_then(|it| it.answer(controller.desk(folder)));
        controller.serve(signals).await
    }
}

/// What tells a service to stop, in two ways, and to read its manifests again.
fn signals() -> Result<[Signal; 3], Error> {
    let listen =
        |kind| signal(kind).map_err(|cause| Error::failed("cannot listen for signals").because(&cause));
    Ok([listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?, listen(SignalKind::hangup())?])
}

/// What the policies of a service share.
pub(super) fn share(
    records: State,
    loaded: &Loaded,
    console: Console,
    outside: Outside,
) -> Result<Shared, Error> {
    let records = Arc::new(Records::new(records));
    Ok(Shared {
        alarms: Arc::new(Alarms::new(Arc::clone(&records), loaded, Arc::clone(&outside.clock))?),
        records,
        pictures: Arc::new(Gallery::new(Arc::clone(&outside.clock))),
        stop: Arc::new(AtomicBool::new(false)),
        stopping: watch::Sender::new(false),
        sandboxes: tokio::sync::Mutex::new(()),
        turns: Turns::new(),
        console,
        prints: false,
        outside,
    })
}

/// The running controller.
pub(super) struct Controller {
    dir: PathBuf,
    manifests: watch::Sender<Arc<Loaded>>,
    bell: watch::Sender<Bell>,
    workers: BTreeMap<String, JoinHandle<()>>,
    shared: Arc<Shared>,
    /// What is shown to whoever asks over TLS.
    renewal: Option<Renewal>,
}

/// What can happen.
enum Event {
    /// The manifests may be other ones.
    Reload,
    /// It is time to look when credentials end.
    Credentials,
    /// The service manager expects a sign of life.
    Alive,
    Stop,
}

/// What comes by itself.
struct Clocks {
    credentials: Interval,
    manager: ServiceManager,
}

impl Controller {
    pub(super) fn begin(dir: &Path, loaded: Loaded, shared: Arc<Shared>) -> Self {
        let manifests = watch::Sender::new(Arc::new(loaded));
        let bell = watch::Sender::new(Bell::default());
        shared.alarms.follow(&manifests.borrow());
        shared.alarms.begin_pulses(&manifests.borrow());
        // Of a process before this one.
        shared.alarms.report((None, Part::Manifests), Vec::new());
        shared.pictures.follow(&manifests.borrow());
        let (dir, workers) = (dir.to_owned(), BTreeMap::new());
        let mut controller = Self { dir, manifests, bell, workers, shared, renewal: None };
        controller.employ();
        controller
    }

    /// Whoever asks is answered from here.
    fn desk(&self, folder: PathBuf) -> Arc<Desk> {
        Arc::new(Desk {
            alarms: Arc::clone(&self.shared.alarms),
            pictures: Arc::clone(&self.shared.pictures),
            manifests: self.manifests.subscribe(),
            folder,
            console: self.shared.console,
            turn: Semaphore::new(1),
        })
    }

    async fn serve(mut self, mut signals: [Signal; 3]) -> Result<Ending, Error> {
        let (edited, mut edits) = mpsc::channel(1);
        match Watcher::begin(&self.dir) {
            Ok(watcher) => drop(tokio::spawn(settle(watcher, edited.clone()))),
            Err(error) => {
                let error = super::connect::with_causes(&error);
                tracing::warn!(error, "edits are not noticed: send SIGHUP after each");
            }
        }
        tracing::info!(policies = self.workers.len(), "started");
        let mut clocks = Clocks { credentials: interval(CREDENTIALS_EVERY), manager: ServiceManager::find() };
        ServiceManager::ready(self.workers.len());
        loop {
            match next(&mut signals, &mut edits, &mut clocks).await {
                Event::Alive => clocks.manager.alive(),
                Event::Reload => self.reload(),
                Event::Credentials => self.shared.alarms.look_at_credentials(&self.manifests.borrow()),
                Event::Stop => break,
            }
        }
        ServiceManager::stopping();
        tracing::info!("stopping: what runs is brought to its end");
        self.stop().await;
        Ok(Ending::Done)
    }

    /// Loads the manifests again. With an error in them, the last good ones stay.
    pub(super) fn reload(&mut self) {
        if let Some(renewal) = &self.renewal {
            renewal.renew();
        }
        let loaded = match workspace::load(&self.dir) {
            Ok(loaded) if loaded.has_errors() => {
                let findings = diagnostics(&loaded.findings, self.shared.console.error_paint);
                tracing::error!(findings, "the manifests have errors: the last good ones stay in force");
                let errors = loaded.findings.iter().filter(|it| it.severity == manifest::Severity::Error);
                let words: Vec<String> = errors.map(ToString::to_string).collect();
                return self.keep(&format!("the manifests have errors: {}", words.join("; ")));
            }
            Ok(loaded) if loaded.policies.is_empty() => {
                tracing::error!("the manifests have no SyncPolicy: the last good ones stay in force");
                return self.keep("the manifests have no SyncPolicy");
            }
            Ok(loaded) => loaded,
            Err(error) => {
                let error = super::connect::with_causes(&error);
                tracing::error!(error, "the manifests cannot be read: the last good ones stay in force");
                return self.keep(&format!("the manifests cannot be read: {error}"));
            }
        };
        tracing::info!(policies = loaded.policies.len(), "manifests loaded");
        self.shared.alarms.report((None, Part::Manifests), Vec::new());
        self.shared.alarms.follow(&loaded);
        self.shared.alarms.begin_pulses(&loaded);
        self.shared.pictures.follow(&loaded);
        self.shared.alarms.look_at_credentials(&loaded);
        self.manifests.send_replace(Arc::new(loaded));
        self.employ();
        self.bell.send_modify(|it| it.rung += 1);
    }

    /// Tells that the last good manifests stay in force, and why.
    fn keep(&self, why: &str) {
        let text = format!("{why}. The last good ones stay in force until they are mended");
        let (topic, severity) = (Topic::Manifests, Severity::Error);
        let alarm = Alarm { topic, about: String::new(), severity, text, size: 1 };
        self.shared.alarms.report((None, Part::Manifests), vec![alarm]);
    }

    /// A worker for each policy that has none; those whose policy is gone end by themselves.
    fn employ(&mut self) {
        let loaded = Arc::clone(&self.manifests.borrow());
        self.workers.retain(|_, it| !it.is_finished());
        for policy in &loaded.policies {
            let (manifests, bell) = (self.manifests.subscribe(), self.bell.subscribe());
            let mut cycle = Cycle::new(&policy.name, manifests, Arc::clone(&self.shared));
            self.workers
                .entry(policy.name.clone())
                .or_insert_with(|| tokio::spawn(async move { work(&mut cycle, bell).await }));
        }
    }

    pub(super) async fn stop(self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.shared.stopping.send_replace(true);
        self.bell.send_modify(|it| it.stop = true);
        let all = futures_util::future::join_all(self.workers.into_values());
        if tokio::time::timeout(GRACE, all).await.is_err() {
            tracing::warn!("something still runs and is given up: it is on record as begun");
        }
        self.shared.alarms.finish().await;
    }
}

async fn next(signals: &mut [Signal; 3], edits: &mut mpsc::Receiver<()>, clocks: &mut Clocks) -> Event {
    let [terminate, interrupt, hangup] = signals;
    tokio::select! {
        _ = terminate.recv() => Event::Stop,
        _ = interrupt.recv() => Event::Stop,
        _ = hangup.recv() => Event::Reload,
        Some(()) = edits.recv() => Event::Reload,
        _ = clocks.credentials.tick() => Event::Credentials,
        () = clocks.manager.tick() => Event::Alive,
    }
}

/// Says of each edit when it is over. It is a task of its own: what else happens meanwhile makes it forget none.
async fn settle(mut watcher: Watcher, edited: mpsc::Sender<()>) {
    loop {
        watcher.changed().await;
        while tokio::time::timeout(QUIET, watcher.changed()).await.is_ok() {}
        if edited.send(()).await.is_err() {
            return;
        }
    }
}
