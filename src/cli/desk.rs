//! Answers whoever asks the running service: monitoring, and people at the page.
//!
//! It changes nothing and delays no look: it shows what looks left behind, reads the records as another process would,
//! and looks at both sides by itself to explain an object.

use std::path::PathBuf;
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::{Semaphore, watch};

use crate::manifest::Loaded;
use crate::model::{PastChange, PastRun};
use crate::observe::{Answers, Explained, Overview, Past, Picture};
use crate::plan::{Explainer, Explanation};
use crate::policy::Policy;
use crate::render::{Paint, choices_text, explanation_text};
use crate::state::{State, StateError};

use super::alarms::Alarms;
use super::connect::Tenant;
use super::console::Console;
use super::error::Error;
use super::picture::Gallery;
use super::survey::{self, Readings, Survey};
use super::{clock, explain};

/// Runs that are listed.
const RUNS_SHOWN: u32 = 20;
/// Of a run, so many changes are shown: a first one has as many as there are people.
const CHANGES_SHOWN: u32 = 1_000;
/// Names that are suggested.
const SUGGESTIONS_MAX: usize = 5;

/// What it takes to answer.
pub(super) struct Desk {
    pub(super) alarms: Arc<Alarms>,
    pub(super) pictures: Arc<Gallery>,
    pub(super) manifests: watch::Receiver<Arc<Loaded>>,
    /// Folder of the records.
    pub(super) folder: PathBuf,
    pub(super) console: Console,
    /// Both sides are read for one object at a time, however many ask.
    pub(super) turn: Semaphore,
}

impl Answers for Desk {
    fn metrics(&self) -> String {
        self.alarms.metrics()
    }

    fn unready(&self) -> String {
        self.alarms.unready()
    }

    fn overview(&self) -> Overview {
        Overview {
            host: self.alarms.host().to_owned(),
            now: clock::now(),
            policies: self.pictures.all(),
            alarms: self.alarms.open(),
        }
    }

    fn past(&self, policy: &Picture) -> Result<Past, String> {
        self.read(|state| {
            let name = &policy.title.policy;
            // What fails is looked for only if something does: it takes long in a large history.
            let failing = match policy.found.as_deref().filter(|it| 0 < it.failing) {
                Some(found) => state.failing(name, &found.tenant_id)?,
                None => Vec::new(),
            };
            Ok(Past { runs: state.runs(&[name], RUNS_SHOWN)?, failing })
        })
        .map(Option::unwrap_or_default)
    }

    fn run(&self, number: i64) -> Result<Option<(PastRun, Vec<PastChange>)>, String> {
        self.read(|state| state.beginning_of_run(number, CHANGES_SHOWN)).map(Option::flatten)
    }

    fn explain<'a>(&'a self, policy: &'a str, who: &'a str) -> BoxFuture<'a, Explained> {
        async move {
            let Ok(_turn) = self.turn.try_acquire() else { return Explained::Busy };
            match Box::pin(self.look_for(policy, who)).await {
                Ok(found) => found,
                Err(error) => {
                    let (says, fix) = error.sentences();
                    Explained::Failed([Some(says), fix].into_iter().flatten().collect::<Vec<_>>().join("\n"))
                }
            }
        }
        .boxed()
    }
}

impl Desk {
    /// Reads the records as they are now; `None` if there are none yet.
    fn read<T>(&self, read: impl FnOnce(&State) -> Result<T, StateError>) -> Result<Option<T>, String> {
        let found = State::look(&self.folder).and_then(|it| it.as_ref().map(read).transpose());
        found.map_err(|error| Error::from(error).sentences().0)
    }

    /// As `samesign explain` does, with connections of its own.
    async fn look_for(&self, name: &str, who: &str) -> Result<Explained, Error> {
        let loaded = Arc::clone(&self.manifests.borrow());
        let policy = loaded.policies.iter().find(|it| it.name == name);
        let policy = policy.ok_or_else(|| survey::missing("SyncPolicy", name))?;
        let spec = loaded.tenant(&policy.tenant).ok_or_else(|| survey::missing("Tenant", &policy.tenant))?;
        // It is dropped and not closed: closing saves a sandbox.
        let tenant = Tenant::open_to_look(spec).await?;
        let readings = Readings::read(&loaded, policy, &tenant, self.console).await?;
        let survey = Survey::with_records(readings, policy, State::look(&self.folder)?.as_ref())?;
        // To plan takes a second or two of a large directory, in which this thread does nothing else.
        tokio::task::block_in_place(|| self.tell(&survey, policy, who))
    }

    fn tell(&self, survey: &Survey, policy: &Policy, who: &str) -> Result<Explained, Error> {
        let planned = survey.plan(policy);
        let explainer = Explainer::new(&survey.inputs(policy), &planned);
        let mut answers: Vec<Explanation> =
            explainer.find(who).iter().map(|it| explainer.explain(it)).collect();
        let state = State::look(&self.folder)?;
        for answer in &mut answers {
            answer.last = explain::last(state.as_ref(), &planned.header, answer)?;
        }
        Ok(match answers.as_slice() {
            [] => {
                let mut suggestions = explainer.suggestions(who);
                suggestions.truncate(SUGGESTIONS_MAX);
                Explained::Nobody(suggestions)
            }
            [one] => Explained::Text(explanation_text(one, Paint::Plain)),
            several => Explained::Text(choices_text(&policy.name, who, several)),
        })
    }
}
