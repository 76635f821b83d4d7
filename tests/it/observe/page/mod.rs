//! The page: who may see it, what it tells browsers, what it shows, and that no name can be markup.

mod gate;
mod pictures;
mod shown;
mod tls;
mod visitor;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use samesign::model::{PastChange, PastRun};
use samesign::observe::{
    Alarm, Answers, Ended, Entry, Explained, Found, Monitor, Overview, Past, Picture, Title,
};
use samesign::plan::Summary;

use self::visitor::{Answer, Visitor};
use super::at;

/// What is answered, made up.
struct Stage {
    policies: Vec<Picture>,
    alarms: Vec<(Option<String>, Alarm, Timestamp)>,
    past: Result<Past, String>,
    run: Option<(PastRun, Vec<PastChange>)>,
    explained: Explained,
}

impl Default for Stage {
    fn default() -> Self {
        Self {
            policies: vec![picture("contoso")],
            alarms: Vec::new(),
            past: Ok(Past::default()),
            run: None,
            explained: Explained::Busy,
        }
    }
}

impl Answers for Stage {
    fn metrics(&self) -> String {
        "# EOF\n".to_owned()
    }

    fn unready(&self) -> String {
        String::new()
    }

    fn overview(&self) -> Overview {
        Overview {
            host: "dc1".to_owned(),
            now: at("09:30"),
            policies: self.policies.clone(),
            alarms: self.alarms.clone(),
        }
    }

    fn past(&self, _: &Picture) -> Result<Past, String> {
        self.past.clone()
    }

    fn run(&self, number: i64) -> Result<Option<(PastRun, Vec<PastChange>)>, String> {
        Ok(self.run.clone().filter(|it| it.0.number == number))
    }

    fn explain<'a>(&'a self, _: &'a str, _: &'a str) -> BoxFuture<'a, Explained> {
        async { self.explained.clone() }.boxed()
    }
}

impl Stage {
    /// Opens it to everybody of this machine.
    async fn open(self) -> Visitor {
        self.open_to(Entry::default()).await
    }

    async fn open_to(self, entry: Entry) -> Visitor {
        let monitor = Monitor::open("127.0.0.1:0".parse().unwrap(), entry).await.unwrap();
        let address = monitor.address().unwrap();
        tokio::spawn(monitor.serve(Arc::new(self)));
        Visitor { address }
    }

    async fn get(self, path: &str) -> Answer {
        self.open().await.get(path).await
    }
}

fn title(policy: &str) -> Title {
    Title {
        policy: policy.to_owned(),
        directory: "corp".to_owned(),
        tenant: policy.to_owned(),
        mode: "auto",
        no_travel: None,
    }
}

/// A policy with which all is well.
fn picture(policy: &str) -> Picture {
    Picture {
        title: title(policy),
        looking_since: None,
        last: Some(Ended { at: at("09:29"), took: Duration::from_millis(1_240), trouble: None }),
        next: Some(at("09:31")),
        found: Some(Arc::new(found())),
    }
}

fn found() -> Found {
    Found {
        at: at("09:29"),
        tenant_id: "11111111-1111-4111-8111-111111111111".to_owned(),
        directory_objects: 1204,
        tenant_objects: 1198,
        broken: None,
        pending: Summary::default(),
        plan: "plan 7f3a9c12\n\nplan: nothing to do\n".to_owned(),
        waiting: 0,
        failing: 0,
        paused: BTreeMap::new(),
        oldest_password: None,
    }
}

fn past_run(number: i64) -> PastRun {
    PastRun {
        number,
        policy: "contoso".to_owned(),
        tenant_id: found().tenant_id,
        plan: "7f3a9c12".to_owned(),
        commit: Some("3f2c1d9".to_owned()),
        dirty: true,
        policy_digest: "sha256:00".to_owned(),
        by: "kim".to_owned(),
        started: at("08:30"),
        ended: Some(at("08:31")),
        done: 0,
        failed: 1,
        held: 2,
    }
}

fn past_change(name: &str, because: &str, message: &str) -> PastChange {
    PastChange {
        digest: "sha256:01".to_owned(),
        op: "create".to_owned(),
        kind: "user".to_owned(),
        anchor: "AAAA".to_owned(),
        id: None,
        name: name.to_owned(),
        because: because.to_owned(),
        values: "{}".to_owned(),
        outcome: "failed".to_owned(),
        message: Some(message.to_owned()),
        release: None,
        settled: at("08:30"),
    }
}
