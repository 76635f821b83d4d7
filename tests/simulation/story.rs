//! One seed: a world is made, things happen for some days, then all is mended, and both sides have to agree.

use std::collections::VecDeque;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use samesign::cli::{Embedded, Outside};
use samesign::sandbox::{Effect, Fault};
use tokio::runtime::{Builder, Runtime};

use crate::cloud::{self, Channel};
use crate::company::Company;
use crate::folder::Folder;
use crate::road::{Killed, Road, Weather};
use crate::time::Time;
use crate::verdict::{self, Desk};

/// So many times something is waited for: a grace period, an approval of what is held, and another grace period.
const ROUNDS_TO_REST: usize = 16;

/// What came of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    pub(crate) lines: Vec<String>,
    stories: u64,
    requests: u64,
    deaths: u64,
    approvals: u64,
    held: u64,
    days: i64,
}

impl Told {
    pub(crate) fn add(&mut self, other: &Self) {
        let Self { lines: _, stories, requests, deaths, approvals, held, days } = other;
        self.stories += stories;
        self.requests += requests;
        self.deaths += deaths;
        self.approvals += approvals;
        self.held += held;
        self.days += days;
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lines: _, stories, requests, deaths, approvals, held, days } = self;
        write!(
            f,
            "{stories} seeds told to their end: {days} days, {requests} requests, {deaths} deaths of the process, \
             {held} mass deletions held, {approvals} approvals"
        )
    }
}

/// What happens at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Edit,
    Faults,
    Weather(Weather),
    Die,
    Restart,
    Skew,
    Decimate,
    Return,
    Layoff,
    HalfExport,
    NoExport,
    Meddle,
    Witness,
    Reload,
    Approve,
    Nothing,
}

type Acts = VecDeque<(Timestamp, Act)>;

struct Story {
    channel: Channel,
    random: StdRng,
    time: Arc<Time>,
    road: Arc<Road>,
    folder: Folder,
    company: Company,
    desk: Desk,
    /// Who is missing although nobody left: everybody, and who of them must not be touched.
    missing: Option<(Vec<usize>, Vec<String>)>,
    told: Told,
}

pub(crate) fn tell(seed: u64, shows: bool) -> Result<Told, String> {
    let mut random = StdRng::seed_from_u64(seed);
    let time = Arc::new(Time::new());
    let lag = |random: &mut StdRng| if random.random_bool(0.5) { 0 } else { random.random_range(0..20_000) };
    let more = format!(
        "replication: {{getMs: {}, listMs: {}, deltaMs: {}, referenceMs: {}}}\nthrottle: {{on: {}, scale: 0.01}}\n",
        lag(&mut random),
        lag(&mut random),
        lag(&mut random),
        lag(&mut random),
        random.random_bool(0.3)
    );
    let channel = if random.random_bool(0.5) { Channel::Graph } else { Channel::DirectorySync };
    let road = Road::new(cloud::found(&time, seed, channel, &more), Arc::clone(&time), seed, shows);
    let folder = Folder::new();
    let every = ["2h", "4h", "8h"][random.random_range(0..3)];
    verdict::write_manifests(&folder, channel, every, time.now());
    let company = Company::found(&mut random);
    let desk = Desk::new(&road, &folder, channel.extent());
    let told = Told { stories: 1, ..Told::default() };
    let mut story = Story { channel, random, time, road, folder, company, desk, missing: None, told };
    story.write_export();
    story.live()
}

impl Story {
    fn live(mut self) -> Result<Told, String> {
        let began = self.time.now();
        let strangers = self.alone(async |it| cloud::strangers(&it.road).await);
        let acts = self.script();
        self.play(acts);
        self.mend();
        self.rest()?;
        let mut faults = self.alone(async |it| verdict::faults(&it.company, it.channel, &it.road).await);
        if self.alone(async |it| cloud::strangers(&it.road).await) != strangers {
            faults.push("who is in the cloud only was touched".to_owned());
        }
        faults.extend(verdict::forbidden(&self.road));
        let before = verdict::writes(&self.road);
        self.play([(self.later(26), Act::Nothing)].into());
        let more = verdict::writes(&self.road);
        if more != before {
            faults.push(format!("nothing changed, and there were {} writes", more - before));
        }
        faults.extend(self.alone(async |it| it.desk.follows(&it.road).await));
        self.told.days = (self.time.now().duration_since(began)).as_hours() / 24;
        self.told.requests = self.road.requests();
        self.told.lines = self.road.take_lines();
        if faults.is_empty() { Ok(self.told) } else { Err(faults.join("\n")) }
    }

    fn later(&self, hours: i64) -> Timestamp {
        self.time.now().checked_add(SignedDuration::from_hours(hours)).unwrap()
    }

    /// What will happen on some days.
    fn script(&mut self) -> Acts {
        let mut at = self.later(1);
        let mut acts = Acts::new();
        let mut has_shrunk = false;
        for number in 0..self.random.random_range(8..20) {
            at = at.checked_add(SignedDuration::from_mins(self.random.random_range(1..900))).unwrap();
            let act = match self.random.random_range(0..32) {
                0..12 => Act::Edit,
                12..16 => Act::Faults,
                16..18 => Act::Weather(Weather::Rough),
                18 => Act::Weather(Weather::Closed),
                19..21 => Act::Weather(Weather::Calm),
                21..25 => Act::Die,
                25 => Act::Restart,
                26 => Act::Skew,
                27 if !has_shrunk && 4 < number => Act::Decimate,
                31 if !has_shrunk && 4 < number => Act::Layoff,
                28 => Act::HalfExport,
                29 => Act::NoExport,
                30 => Act::Meddle,
                _ => Act::Reload,
            };
            acts.extend([(at, act), (at, Act::Witness)]);
            // Before anybody's grace period ends, whatever the clock says.
            let soon = at.checked_add(SignedDuration::from_hours(14)).unwrap();
            if act == Act::Decimate {
                acts.push_back((soon, Act::Return));
            }
            if matches!(act, Act::HalfExport | Act::NoExport) {
                acts.push_back((soon, Act::Edit));
            }
            has_shrunk |= matches!(act, Act::Decimate | Act::Layoff);
        }
        acts.make_contiguous().sort_by_key(|it| it.0);
        acts
    }

    fn runtime() -> Runtime {
        Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
    }

    /// Lets a process live, and another one after each that dies, until everything has happened.
    fn play(&mut self, mut acts: Acts) {
        while !acts.is_empty() {
            let runtime = Self::runtime();
            self.road.live();
            let life = catch_unwind(AssertUnwindSafe(|| runtime.block_on(self.life(&mut acts))));
            {
                let _within = runtime.enter();
                self.time.end();
            }
            drop(runtime);
            match life {
                Ok(()) => (),
                Err(panic) if panic.is::<Killed>() => self.told.deaths += 1,
                Err(panic) => resume_unwind(panic),
            }
            let pause = self.random.random_range(1..600);
            self.time.pass(SignedDuration::from_secs(pause));
        }
    }

    /// Something while no process lives.
    fn alone<T>(&mut self, what: impl AsyncFnOnce(&mut Self) -> T) -> T {
        let runtime = Self::runtime();
        runtime.block_on(async {
            self.time.begin();
            let done = what(self).await;
            self.time.end();
            done
        })
    }

    async fn life(&mut self, acts: &mut Acts) {
        self.time.begin();
        let road = Arc::clone(&self.road);
        let outside = Outside {
            clock: road.clock(),
            chance: road.chance(),
            courier: Some(Arc::clone(&road) as Arc<dyn samesign::target::Courier>),
        };
        self.road.note("the process begins");
        let begun = Embedded::begin(&self.folder.manifests(), &self.folder.records(), outside);
        let mut process = begun.unwrap_or_else(|error| panic!("the program does not begin: {error}"));
        while let Some((at, act)) = acts.front().copied() {
            let left = at.duration_since(self.time.now());
            let passes = tokio::time::sleep(Duration::try_from(left).unwrap_or_default());
            tokio::select! {
                biased;
                () = road.death.notified() => {
                    self.told.deaths += 1;
                    return;
                }
                () = passes => (),
            }
            acts.pop_front();
            if act == Act::Restart {
                self.road.note("the process is stopped");
                let stopped = process.stop();
                tokio::select! {
                    biased;
                    () = road.death.notified() => self.told.deaths += 1,
                    () = stopped => (),
                }
                return;
            }
            self.perform(act, &mut process).await;
        }
    }

    fn write_export(&mut self) {
        self.folder.write("corp.ldif", &self.company.ldif(), self.time.now());
    }

    async fn perform(&mut self, act: Act, process: &mut Embedded) {
        if act != Act::Witness {
            self.road.note(&format!("{act:?}"));
        }
        match act {
            // Whoever is missing has to stay so, for nobody to be touched.
            Act::Edit | Act::Meddle if self.missing.is_some() => (),
            Act::Edit => {
                for _ in 0..self.random.random_range(1..4) {
                    let done = self.company.edit(&mut self.random);
                    self.road.note(&done);
                }
                self.write_export();
            }
            Act::Faults => {
                let faults: Vec<Fault> =
                    (0..self.random.random_range(1..5)).map(|_| fault(&mut self.random)).collect();
                self.road.note(&format!("{faults:?}"));
                self.road.sandbox.set_faults(faults);
            }
            Act::Weather(weather) => self.road.set_weather(weather),
            Act::Die => self.road.die_in(Some(self.random.random_range(0..120))),
            Act::Skew => {
                let minutes = self.random.random_range(-120..120);
                self.time.set_skew(SignedDuration::from_mins(minutes));
            }
            Act::Decimate => {
                let victims = self.company.decimate(&mut self.random);
                let seen = verdict::untouched(&self.company, &victims, &self.road).await;
                // Five may leave on one day.
                let safe = if 5 < seen.len() { seen } else { Vec::new() };
                self.missing = Some((victims, safe));
                self.write_export();
            }
            Act::Layoff => {
                self.company.decimate(&mut self.random);
                self.write_export();
            }
            Act::Return => self.bring_back().await,
            Act::HalfExport => {
                let text = self.company.ldif();
                let half = &text[..self.random.random_range(0..text.len())];
                self.folder.write("corp.ldif", half, self.time.now());
            }
            Act::NoExport => self.folder.remove_export(),
            Act::Meddle => verdict::meddle(&self.road, &mut self.random).await,
            Act::Witness => self.desk.look(&self.road).await,
            Act::Reload => process.reload(),
            Act::Approve => {
                let approved = self.desk.approve(&self.folder, &self.road).await;
                self.told.approvals += approved;
                process.reload();
            }
            Act::Restart | Act::Nothing => (),
        }
    }

    /// Who was missing is there again, and nothing has happened to them.
    async fn bring_back(&mut self) {
        let Some((victims, safe)) = self.missing.take() else { return };
        for id in &safe {
            let path = format!("/users/{id}?$select=id,accountEnabled");
            self.road.sandbox.set_faults(Vec::new());
            let user = cloud::ask(&self.road, "GET", &path, None).await.unwrap_or_default();
            assert_eq!(
                user["accountEnabled"], true,
                "{id} was to be held by the guard against mass deletion"
            );
        }
        self.told.held += u64::from(!safe.is_empty());
        self.company.bring_back(&victims);
        self.write_export();
    }

    /// Everything works from now on, and what only people can decide is decided.
    fn mend(&mut self) {
        self.road.note("all is mended");
        self.road.set_weather(Weather::Calm);
        self.road.die_in(None);
        self.road.sandbox.set_faults(Vec::new());
        self.road.sandbox.set_throttle(samesign::sandbox::ThrottleSettings::default());
        self.time.set_skew(SignedDuration::ZERO);
        self.company.resolve();
        self.write_export();
    }

    /// Waits until there is nothing to do.
    fn rest(&mut self) -> Result<(), String> {
        for _ in 0..ROUNDS_TO_REST {
            let acts = [(self.later(9), Act::Approve), (self.later(18), Act::Nothing)];
            self.play(acts.into());
            // Nobody waits for the end of a grace period either.
            if self.alone(async |it| it.desk.plan(&it.road, 3).await.plan.is_empty()) {
                return Ok(());
            }
        }
        let text = self.alone(async |it| it.desk.text(&it.road).await);
        Err(format!("after {ROUNDS_TO_REST} rounds in which everything worked, both sides differ:\n{text}"))
    }
}

const PROVISIONING: Option<&str> = Some("/provisioningservice.svc");

/// What may happen to requests in the tenant itself.
fn fault(random: &mut StdRng) -> Fault {
    let status = |status, retry_after_s| Effect::Status { status, code: None, message: None, retry_after_s };
    let effect = match random.random_range(0..14) {
        0 | 1 => status(429, Some(random.random_range(1..120))),
        2 => status(503, Some(random.random_range(1..900))),
        3 => status([500, 502, 503, 504][random.random_range(0..4)], None),
        4 => status(401, None),
        5 => status(403, None),
        6 => Effect::Reset,
        7..10 => Effect::LostResponse,
        10 => Effect::DeltaGone,
        11 => Effect::ServiceFault { code: [81, 90, 114, 115][random.random_range(0..4)], text: None },
        12 => Effect::Redirect,
        _ => Effect::DeltaReplay,
    };
    let paths = [
        None,
        Some("/token"),
        Some("/users"),
        Some("/groups"),
        Some("/directory"),
        Some("/users/delta"),
        PROVISIONING,
        PROVISIONING,
    ];
    let methods = [None, None, Some("GET"), Some("POST"), Some("PATCH"), Some("DELETE")];
    Fault {
        method: methods[random.random_range(0..methods.len())].map(str::to_owned),
        path: paths[random.random_range(0..paths.len())].map(str::to_owned),
        skip: random.random_range(0..12),
        times: random.random_range(1..30),
        effect,
    }
}
