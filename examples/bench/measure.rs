//! One measurement: what is built, what is timed, and how much memory the process had at most.
//!
//! Each runs in a process of its own, so that the peak of one is not the peak of another.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use samesign::model::{
    DirectoryEntry, DirectorySnapshot, Links, PartialDirectory, Reading, TenantSnapshot, Watermark,
};
use samesign::plan::{Inputs, Planned, plan};
use samesign::policy::Policy;
use samesign::render::{Encoded, Paint, plan_text, plans_json};
use samesign::source::ldif::LdifFile;
use samesign::source::{Quiet, Request};

use crate::changes;
use crate::messages::written_and_read;
use crate::world::{Drift, World, ldif};

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Job {
    /// Entries to a directory snapshot.
    Snapshot,
    /// A plan for an empty tenant.
    FirstPlan,
    /// A plan when both sides are the same.
    RepeatedPlan,
    /// A plan when one of a hundred objects differs.
    ChangedPlan,
    /// A plan of what changed: one user.
    OneChange,
    /// The same with a hundred users.
    HundredChanges,
    /// An LDIF file to a directory snapshot.
    Ldif,
    /// The first plan as text.
    Text,
    /// The first plan as JSON.
    Json,
    /// Users to requests of the provisioning service and back.
    Messages,
}

impl Job {
    pub(super) const ALL: [Self; 10] = [
        Self::Snapshot,
        Self::FirstPlan,
        Self::RepeatedPlan,
        Self::ChangedPlan,
        Self::OneChange,
        Self::HundredChanges,
        Self::Ldif,
        Self::Text,
        Self::Json,
        Self::Messages,
    ];

    /// The word that selects it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Snapshot => "snapshot",
            Self::FirstPlan => "first",
            Self::RepeatedPlan => "repeated",
            Self::ChangedPlan => "changed",
            Self::OneChange => "one",
            Self::HundredChanges => "hundred",
            Self::Ldif => "ldif",
            Self::Text => "text",
            Self::Json => "json",
            Self::Messages => "messages",
        }
    }

    /// What the table calls it.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Snapshot => "entries to a snapshot",
            Self::FirstPlan => "plan, full, first run",
            Self::RepeatedPlan => "plan, full, nothing differs",
            Self::ChangedPlan => "plan, full, 1 % differs",
            Self::OneChange => "plan, incremental, 1 user changed",
            Self::HundredChanges => "plan, incremental, 100 users changed",
            Self::Ldif => "read an LDIF file",
            Self::Text => "first plan to text",
            Self::Json => "first plan to JSON",
            Self::Messages => "users to provisioning requests and back",
        }
    }

    /// Whether a house rule can make a difference.
    pub(super) const fn plans(self) -> bool {
        matches!(self, Self::FirstPlan | Self::RepeatedPlan | Self::ChangedPlan)
    }
}

/// What came out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measured {
    /// The best of three for what can be repeated.
    pub(super) time: Duration,
    /// Most resident memory of the process, in kilobytes.
    pub(super) peak_kb: u64,
    /// Bytes read or written, if it is about bytes; changes, if it is about plans.
    pub(super) amount: usize,
}

pub(super) const REPETITIONS: usize = 3;

/// Runs one measurement in this process.
pub(super) fn measure(job: Job, world: World) -> Measured {
    let (time, amount) = match job {
        Job::Snapshot => snapshot(world),
        Job::FirstPlan => Sides::new(world, Drift::None, false).plan_time(),
        Job::RepeatedPlan => Sides::new(world, Drift::None, true).plan_time(),
        Job::ChangedPlan => Sides::new(world, Drift::OnePercent, true).plan_time(),
        Job::OneChange => changes::replan_time(world, 1),
        Job::HundredChanges => changes::replan_time(world, 100),
        Job::Ldif => ldif_file(world),
        Job::Text => {
            let planned = Sides::new(world, Drift::None, false).plan();
            best(|| plan_text(&planned, Paint::Plain).len())
        }
        Job::Json => {
            let planned = [Sides::new(world, Drift::None, false).plan()];
            best(|| plans_json(&Encoded { plans: &planned, manifests: None }).len())
        }
        Job::Messages => best(|| written_and_read(world.users)),
    };
    Measured { time, peak_kb: peak_kb(), amount }
}

/// Time on the processor, from Linux's /proc/self/schedstat: waiting for others who use the machine does not
/// count. Linux brings it up to date every few milliseconds, so what is short, or not on Linux, is the time that
/// passes.
#[derive(Clone, Copy)]
struct Stopwatch {
    clock: Instant,
    processor: Option<Duration>,
}

const SHORT: Duration = Duration::from_millis(100);

impl Stopwatch {
    fn start() -> Self {
        Self { processor: processor_time(), clock: Instant::now() }
    }

    fn elapsed(self) -> Duration {
        let passed = self.clock.elapsed();
        match (self.processor, processor_time()) {
            (Some(start), Some(now)) if SHORT < passed => now.saturating_sub(start),
            (Some(_) | None, _) => passed,
        }
    }
}

/// That of the first thread.
pub(super) fn processor_time() -> Option<Duration> {
    #[expect(clippy::disallowed_methods, reason = "the kernel's account of this process")]
    let text = std::fs::read_to_string("/proc/self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

/// The shortest of some runs: others use the machine's caches too.
fn best<T>(mut run: impl FnMut() -> T) -> (Duration, T) {
    let mut one = || {
        let start = Stopwatch::start();
        let value = run();
        (start.elapsed(), value)
    };
    let mut best = one();
    for _ in 1..REPETITIONS {
        let next = one();
        if next.0 < best.0 {
            best = next;
        }
    }
    best
}

/// Entries per piece: making them up does not count, and a stopwatch for each would.
const PIECE: usize = 1_000;

/// Only the time in the reading counts, not that of making up entries.
fn read(world: World, drift: Drift) -> (Duration, DirectorySnapshot) {
    let (_, names) = world.policy();
    let mut time = Duration::ZERO;
    let mut reading = PartialDirectory::new(Arc::clone(&names));
    let mut entries = world.entries(&names, drift);
    loop {
        let piece: Vec<DirectoryEntry> = entries.by_ref().take(PIECE).collect();
        if piece.is_empty() {
            break;
        }
        let start = Stopwatch::start();
        for entry in piece {
            reading.push(entry);
        }
        time += start.elapsed();
    }
    let start = Stopwatch::start();
    let snapshot = reading.finish(Watermark::default());
    (time + start.elapsed(), snapshot)
}

fn snapshot(world: World) -> (Duration, usize) {
    let (time, snapshot) = read(world, Drift::None);
    (time, black_box(snapshot).objects().len())
}

/// Both sides in memory.
pub(super) struct Sides {
    pub(super) directory: Reading,
    tenant: TenantSnapshot,
    links: Links,
    policy: Policy,
    as_of: Timestamp,
}

impl Sides {
    pub(super) fn new(world: World, drift: Drift, applied: bool) -> Self {
        let (policy, _) = world.policy();
        Self {
            directory: Reading::Whole(read(world, drift).1),
            tenant: if applied { world.tenant() } else { World::empty_tenant() },
            links: if applied { world.links(&policy) } else { Links::default() },
            policy,
            as_of: "2026-11-22T09:00:00Z".parse().expect("a time"),
        }
    }

    pub(super) fn inputs(&self) -> Inputs<'_> {
        let Self { directory, tenant, links, policy, as_of } = self;
        Inputs { directory, tenant, links, policy, as_of: *as_of }
    }

    fn plan(&self) -> Planned {
        plan(&self.inputs())
    }

    /// Records what a run would that found nothing to do.
    pub(super) fn settle(&mut self) {
        let report = self.plan().report;
        for (anchor, dn) in report.named {
            let dn = dn.parse().expect("a name");
            self.links.by_anchor.entry(anchor).and_modify(|it| it.dn = Some(dn));
        }
        for (anchor, wanted) in report.wanted {
            self.links.by_anchor.entry(anchor).and_modify(|it| it.settled = Some(wanted));
        }
    }

    /// Freeing the plan is not part of making it.
    fn plan_time(&self) -> (Duration, usize) {
        let mut best: Option<(Duration, usize)> = None;
        for _ in 0..REPETITIONS {
            let start = Stopwatch::start();
            let planned = black_box(self.plan());
            let time = start.elapsed();
            let next = (time, planned.plan.changes().len());
            best = Some(best.map_or(next, |it| it.min(next)));
        }
        best.expect("at least one repetition")
    }
}

fn ldif_file(world: World) -> (Duration, usize) {
    let (_, names) = world.policy();
    let directory = tempfile::tempdir().expect("a directory for the export");
    let path = directory.path().join("directory.ldif");
    let bytes = write_ldif(world, &path);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let file = LdifFile { path };
    let request = Request { names };
    let (time, objects) = best(|| {
        let snapshot = runtime.block_on(file.read(&request, &Quiet)).expect("the export is whole");
        snapshot.objects().len()
    });
    assert!(0 < objects, "the export has objects");
    (time, bytes)
}

fn write_ldif(world: World, path: &std::path::Path) -> usize {
    use std::io::Write as _;
    let (_, names) = world.policy();
    #[expect(clippy::disallowed_methods, reason = "the export that is then read")]
    let file = std::fs::File::create(path).expect("a file for the export");
    let mut file = std::io::BufWriter::new(file);
    let mut text = String::new();
    let mut bytes = 0;
    for entry in world.entries(&names, Drift::None) {
        text.clear();
        ldif(&entry, &names, &mut text);
        file.write_all(text.as_bytes()).expect("room for the export");
        bytes += text.len();
    }
    file.flush().expect("room for the export");
    bytes
}

/// `VmHWM` of Linux's /proc/self/status (proc_pid_status(5)); 0 elsewhere.
pub(super) fn peak_kb() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "the kernel's account of this process")]
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|it| it.strip_prefix("VmHWM:"));
    line.and_then(|it| it.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
