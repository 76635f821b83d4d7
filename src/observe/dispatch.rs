//! Takes messages to everybody who is to get them.
//!
//! Each recipient has a queue and a task of its own: one that hangs delays no other, and nobody who reports waits. A
//! message that is not taken is tried again for a quarter of an hour, then it is said in the log. Who reports hears when
//! a message is settled: everybody whom it concerns got it, or was given up.

use std::collections::BTreeSet;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::alarm::Severity;
use super::mail::{Mail, MailError};
use super::notice::{Audience, Event, Notice};
use super::webhook::{Webhook, WebhookError};

/// More messages than this wait for nobody: the oldest of an hour ago help less than the log.
const WAITING_MAX: usize = 200;
/// Pauses before a message is tried again.
const PAUSES: [Duration; 4] =
    [Duration::from_secs(2), Duration::from_secs(15), Duration::from_mins(2), Duration::from_mins(12)];

/// How messages reach somebody.
pub enum Way {
    /// By an HTTPS request.
    Webhook(Box<Webhook>),
    /// By mail.
    Mail(Box<Mail>),
}

/// Somebody who gets messages.
pub struct Notifier {
    /// Name of the manifest.
    pub name: String,
    /// Least severity.
    pub least: Severity,
    /// How.
    pub way: Way,
}

/// Why a message did not reach somebody.
#[derive(Debug, thiserror::Error)]
enum Undelivered {
    #[error(transparent)]
    Webhook(#[from] WebhookError),
    #[error(transparent)]
    Mail(#[from] MailError),
}

impl Undelivered {
    fn may_pass(&self) -> bool {
        match self {
            Self::Webhook(error) => error.may_pass(),
            Self::Mail(error) => error.may_pass(),
        }
    }
}

/// Hears of messages that are settled, and whom they concerned.
type OnSettled = Arc<dyn Fn(&Notice, &BTreeSet<String>) + Send + Sync>;

/// Everybody who gets messages.
pub struct Dispatcher {
    host: Arc<str>,
    desks: Vec<Desk>,
    /// Whom these are for; `None` before the first.
    names: Option<BTreeSet<String>>,
    on_settled: OnSettled,
}

struct Desk {
    name: String,
    least: Severity,
    queue: mpsc::Sender<Arc<Letter>>,
    task: JoinHandle<()>,
}

/// A message on its way to several.
struct Letter {
    notice: Notice,
    /// Whom it concerns.
    names: BTreeSet<String>,
    /// Whom it has not reached yet.
    left: AtomicUsize,
    on_settled: OnSettled,
}

impl Letter {
    /// One of those whom it concerns got it, or never will.
    fn settle(&self) {
        if self.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            (self.on_settled)(&self.notice, &self.names);
        }
    }
}

impl Dispatcher {
    /// For messages that name this machine. Nobody gets any yet. A message that concerns nobody is
    /// settled if it says that something is over, and else never: whoever comes later is still to be told.
    pub fn new(host: &str, on_settled: impl Fn(&Notice, &BTreeSet<String>) + Send + Sync + 'static) -> Self {
        Self { host: host.into(), desks: Vec::new(), names: None, on_settled: Arc::new(on_settled) }
    }

    /// From now on these get messages; those of before still get what waits for them. Whoever joins them later gets what
    /// the others were told and is not over.
    pub fn replace(&mut self, notifiers: Vec<Notifier>, open: Vec<Notice>) {
        let names = notifiers.iter().map(|it| it.name.clone()).collect();
        let before = self.names.replace(names);
        self.desks = notifiers.into_iter().map(|it| Desk::open(it, Arc::clone(&self.host))).collect();
        let Some(before) = before else { return };
        for notice in open {
            self.post(Notice { to: Audience::AllBut(before.clone()), ..notice });
        }
    }

    /// Queues messages for everybody whom they concern.
    pub fn send(&self, notices: Vec<Notice>) {
        for notice in notices {
            self.post(notice);
        }
    }

    /// Queues one for those of them whom it concerns.
    fn post(&self, notice: Notice) {
        let concerns = |it: &&Desk| it.least <= notice.severity && notice.to.has(&it.name);
        let desks: Vec<&Desk> = self.desks.iter().filter(concerns).collect();
        let left = AtomicUsize::new(desks.len());
        let names = desks.iter().map(|it| it.name.clone()).collect();
        let letter = Arc::new(Letter { notice, names, left, on_settled: Arc::clone(&self.on_settled) });
        // Whoever was told and is no notifier any more cannot be told that it is over.
        if desks.is_empty() && letter.notice.event == Event::Recovered {
            (self.on_settled)(&letter.notice, &letter.names);
        }
        for desk in desks {
            if desk.queue.try_send(Arc::clone(&letter)).is_err() {
                let (notifier, text) = (&desk.name, &letter.notice.text);
                tracing::error!(notifier, text, "too many messages wait: this one is lost");
                letter.settle();
            }
        }
    }

    /// Waits until everything was sent, or given up; no longer than this.
    pub async fn finish(&mut self, limit: Duration) {
        let desks = std::mem::take(&mut self.desks);
        let all = desks.into_iter().map(|Desk { queue, task, .. }| {
            drop(queue);
            task
        });
        if tokio::time::timeout(limit, futures_util::future::join_all(all)).await.is_err() {
            tracing::warn!("messages still wait and are given up");
        }
    }
}

impl Desk {
    fn open(notifier: Notifier, host: Arc<str>) -> Self {
        let (queue, waiting) = mpsc::channel(WAITING_MAX);
        let (name, least) = (notifier.name.clone(), notifier.least);
        let task = tokio::spawn(serve(notifier, waiting, host));
        Self { name, least, queue, task }
    }
}

async fn serve(notifier: Notifier, mut waiting: mpsc::Receiver<Arc<Letter>>, host: Arc<str>) {
    while let Some(letter) = waiting.recv().await {
        let mut pauses = PAUSES.iter();
        while let Err(error) = deliver(&notifier.way, &letter.notice, &host).await {
            let pause = pauses.next().filter(|_| error.may_pass());
            let (notifier, text) = (&notifier.name, &letter.notice.text);
            let Some(pause) = pause else {
                tracing::error!(notifier, text, error = &error as &dyn Error, "a message could not be sent");
                break;
            };
            tracing::debug!(notifier, error = &error as &dyn Error, "a message is tried again");
            tokio::time::sleep(*pause).await;
        }
        letter.settle();
    }
}

async fn deliver(way: &Way, notice: &Notice, host: &str) -> Result<(), Undelivered> {
    match way {
        Way::Webhook(webhook) => Ok(webhook.post(notice, host).await?),
        Way::Mail(mail) => Ok(mail.post(notice, host).await?),
    }
}
