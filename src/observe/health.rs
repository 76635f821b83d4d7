//! How each policy does, in numbers, for whoever asks.
//!
//! Nothing is measured here; whoever looks at a policy says what came of it. No name of a person is in it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use super::alarm::Severity;
use super::board::Board;

/// What one look at a policy came to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures {
    /// Objects of the directory.
    pub directory_objects: usize,
    /// Objects of the tenant.
    pub tenant_objects: usize,
    /// Changes that were carried out.
    pub done: usize,
    /// Changes that came to nothing.
    pub failed: usize,
    /// Changes that wait for a person.
    pub waiting: usize,
    /// Changes that fail, and pause.
    pub failing: usize,
    /// How long the password waits that waits longest.
    pub oldest_password: Option<Duration>,
}

/// The values of the label `outcome`.
const SUCCESS: &str = "success";
const FAILURE: &str = "failure";

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfPolicy {
    policy: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    policy: String,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfAlarm {
    policy: String,
    topic: &'static str,
    severity: &'static str,
}

type Gauges = Family<OfPolicy, Gauge>;
type Seconds = Family<OfPolicy, Gauge<f64, std::sync::atomic::AtomicU64>>;

/// How all policies do.
pub struct Health {
    registry: Registry,
    cycles: Family<Ended, Counter>,
    duration: Family<OfPolicy, Histogram>,
    changes: Family<Ended, Counter>,
    last_success: Seconds,
    directory_objects: Gauges,
    tenant_objects: Gauges,
    waiting: Gauges,
    failing: Gauges,
    password_lag: Seconds,
    alarms: Family<OfAlarm, Gauge>,
    seen: BTreeMap<String, Seen>,
}

/// How the looks at a policy go.
#[derive(Clone, Copy, Debug)]
struct Seen {
    /// When one went well last, by a clock that nobody sets; `None` before the first.
    well: Option<Instant>,
    /// Before so long, another one should have gone well.
    within: Duration,
}

impl std::fmt::Debug for Health {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Health").field("seen", &self.seen).finish_non_exhaustive()
    }
}

/// From a tenth of a second to about seven minutes.
const BUCKETS: (f64, f64, u16) = (0.1, 2.0, 13);

impl Default for Health {
    fn default() -> Self {
        let new_histogram: fn() -> Histogram =
            || Histogram::new(exponential_buckets(BUCKETS.0, BUCKETS.1, BUCKETS.2));
        let mut health = Self {
            registry: Registry::with_prefix("samesign"),
            cycles: Family::default(),
            duration: Family::new_with_constructor(new_histogram),
            changes: Family::default(),
            last_success: Family::default(),
            directory_objects: Family::default(),
            tenant_objects: Family::default(),
            waiting: Family::default(),
            failing: Family::default(),
            password_lag: Family::default(),
            alarms: Family::default(),
            seen: BTreeMap::new(),
        };
        health.register();
        health
    }
}

impl Health {
    fn register(&mut self) {
        let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        let Self { registry, .. } = self;
        registry.register("build", "Version of the program", version);
        registry.register("cycles", "Looks at a policy", self.cycles.clone());
        let duration = self.duration.clone();
        registry.register_with_unit("cycle_duration", "How long a look took", Unit::Seconds, duration);
        registry.register("changes", "Changes that were tried", self.changes.clone());
        let last = self.last_success.clone();
        let help = "When a look at a policy went well last, since 1970; 0 before the first";
        registry.register_with_unit("last_success_timestamp", help, Unit::Seconds, last);
        registry.register(
            "directory_objects",
            "Objects that the directory has",
            self.directory_objects.clone(),
        );
        registry.register("tenant_objects", "Objects that the tenant has", self.tenant_objects.clone());
        registry.register("changes_waiting", "Changes that wait for a person", self.waiting.clone());
        registry.register(
            "changes_failing",
            "Changes that fail and are tried again later",
            self.failing.clone(),
        );
        let lag = self.password_lag.clone();
        let help = "How long the password waits that waits longest; 0 if none does";
        registry.register_with_unit("password_lag", help, Unit::Seconds, lag);
        registry.register("alarms", "What is the matter", self.alarms.clone());
    }

    /// From now on there are these policies and no others, each with the time within which looks should go well.
    pub fn follow(&mut self, policies: &BTreeMap<&str, Duration>) {
        let gone: Vec<String> =
            self.seen.keys().filter(|it| !policies.contains_key(it.as_str())).cloned().collect();
        for policy in gone {
            self.seen.remove(&policy);
            self.forget(&policy);
        }
        for (policy, within) in policies {
            let seen = self.seen.entry((*policy).to_owned()).or_insert_with(|| {
                self.last_success.get_or_create(&of(policy)).set(0.0);
                Seen { well: None, within: *within }
            });
            seen.within = *within;
        }
    }

    /// Whether a look at each policy went well, and not too long before.
    pub fn is_alive(&self, at: Instant) -> bool {
        let ago = |well: Instant| at.saturating_duration_since(well);
        self.seen.values().all(|it| it.well.is_some_and(|well| ago(well) <= it.within))
    }

    fn forget(&self, policy: &str) {
        let of = of(policy);
        for gauges in [&self.directory_objects, &self.tenant_objects, &self.waiting, &self.failing] {
            gauges.remove(&of);
        }
        self.duration.remove(&of);
        self.last_success.remove(&of);
        self.password_lag.remove(&of);
        for outcome in [SUCCESS, FAILURE] {
            let ended = Ended { policy: policy.to_owned(), outcome };
            self.cycles.remove(&ended);
            self.changes.remove(&ended);
        }
    }

    /// What both sides and the changes of a policy came to.
    pub fn found(&self, policy: &str, figures: Figures) {
        let Figures { directory_objects, tenant_objects, done, failed, waiting, failing, oldest_password } =
            figures;
        let of = of(policy);
        let gauge = |gauges: &Gauges, number: usize| {
            gauges.get_or_create(&of).set(i64::try_from(number).unwrap_or(i64::MAX));
        };
        gauge(&self.directory_objects, directory_objects);
        gauge(&self.tenant_objects, tenant_objects);
        gauge(&self.waiting, waiting);
        gauge(&self.failing, failing);
        self.password_lag.get_or_create(&of).set(oldest_password.unwrap_or_default().as_secs_f64());
        for (outcome, number) in [(SUCCESS, done), (FAILURE, failed)] {
            self.changes.get_or_create(&Ended { policy: policy.to_owned(), outcome }).inc_by(number as u64);
        }
    }

    /// A look at a policy ended.
    pub fn ended(&mut self, policy: &str, (now, at): (Timestamp, Instant), took: Duration, went_well: bool) {
        let outcome = if went_well { SUCCESS } else { FAILURE };
        self.cycles.get_or_create(&Ended { policy: policy.to_owned(), outcome }).inc();
        self.duration.get_or_create(&of(policy)).observe(took.as_secs_f64());
        if went_well && let Some(seen) = self.seen.get_mut(policy) {
            seen.well = Some(at);
            self.last_success.get_or_create(&of(policy)).set(now.as_duration().as_secs_f64());
        }
    }

    /// Text in the format of Prometheus (OpenMetrics 1.0).
    pub fn metrics(&self, board: &Board) -> String {
        self.alarms.clear();
        for (policy, alarm, _) in board.open() {
            let policy = policy.unwrap_or_default().to_owned();
            let (topic, severity) = (alarm.topic.word(), alarm.severity.word());
            self.alarms.get_or_create(&OfAlarm { policy, topic, severity }).inc();
        }
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("a text takes all that is written to it");
        text
    }

    /// Why not all is well, one reason a line; empty if it is.
    pub fn unready(&self, board: &Board) -> String {
        let mut reasons = String::new();
        for policy in self.seen.iter().filter(|it| it.1.well.is_none()).map(|it| it.0) {
            let _infallible = writeln!(reasons, "{policy}: no look went well yet");
        }
        for (policy, alarm, since) in board.open().filter(|it| it.1.severity == Severity::Error) {
            let whose = policy.map_or_else(String::new, |it| format!("{it}: "));
            let _infallible = writeln!(reasons, "{whose}{} (since {since})", alarm.text);
        }
        reasons
    }
}

fn of(policy: &str) -> OfPolicy {
    OfPolicy { policy: policy.to_owned() }
}
