//! The soak: the service between a Samba domain and two tenants, while everything is edited and everything breaks.
//!
//! In each round people edit the domain and the manifests while tenants, the domain controller and the service itself
//! are disturbed. Then all is mended, and within minutes both tenants have to be as the domain is: by a plan, and by a
//! client that shares no code with the program. `tests/soak.sh` says how long, and from which seed.

mod cloud;
mod company;
mod disturbance;
mod manifests;
mod service;
mod verdict;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::Value;

use self::cloud::{Channel, Cloud};
use self::company::Company;
use self::disturbance::{Parts, Record, Victim};
use self::manifests::Manifests;
use self::service::{Service, pause};
use self::verdict::Memory;
use crate::journey::workplace::Workplace;
use crate::lab::{Lab, Pair};

/// As one test of many it only shows that nothing is broken.
const SECONDS: u64 = 40;
const SEED: u64 = 20_261_128;
/// When everything works again, all has to be as it should within so long.
const PATIENCE: Duration = Duration::from_mins(5);
/// What is said so long after a disturbance is not explained by it any more: pauses double while it lasts.
const ECHO: Duration = Duration::from_mins(2);
/// Many events to a round, so that they come together.
const EVENTS: std::ops::Range<usize> = 12..30;

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |it| it.parse().expect("a number"))
}

struct Soak<'a> {
    lab: &'a Lab,
    place: &'a Workplace,
    company: Company<'a>,
    clouds: [Cloud<'a>; 2],
    service: Service<'a>,
    manifests: Manifests<'a>,
    memories: [Memory; 2],
    rng: StdRng,
    record: Record,
    edits: BTreeMap<&'static str, u32>,
    /// How long each round took to come to rest.
    rests: Vec<Duration>,
    signed_in: usize,
    /// Log lines that were looked at.
    looked_at: usize,
    errors: BTreeMap<String, u32>,
    began: Instant,
}

#[test]
fn everything_breaks_and_the_tenants_end_as_the_domain_is() {
    let duration = Duration::from_secs(number("SAMESIGN_SOAK_SECONDS", SECONDS));
    let seed = number("SAMESIGN_SOAK_SEED", SEED);
    let (lab, place) = (Pair::first(), Workplace::empty());
    // So that the service follows the domain by its changes.
    lab.show_deletions_to("svc-replica");
    let company = Company::found(&lab);
    let clouds = [Channel::Graph, Channel::DirectorySync].map(|it| Cloud::start(&place, it));
    let manifests = Manifests::write(&place, &lab, &clouds);
    let service = Service::start(&place);
    let mut soak = Soak {
        lab: &lab,
        place: &place,
        company,
        clouds,
        service,
        manifests,
        memories: Default::default(),
        rng: StdRng::seed_from_u64(seed),
        record: Record::default(),
        edits: BTreeMap::new(),
        rests: Vec::new(),
        signed_in: 0,
        looked_at: 0,
        errors: BTreeMap::new(),
        began: Instant::now(),
    };
    eprintln!("soak: {duration:?}, seed {seed}");
    soak.come_to_rest();
    loop {
        soak.round();
        soak.come_to_rest();
        if duration <= soak.began.elapsed() {
            break;
        }
    }
    soak.end();
}

impl Soak<'_> {
    fn round(&mut self) {
        for _ in 0..self.rng.random_range(EVENTS) {
            if self.rng.random_bool(0.65) {
                let done = self.company.edit(&mut self.rng);
                *self.edits.entry(done).or_default() += 1;
            } else {
                let Self { lab, clouds, service, manifests, rng, record, .. } = self;
                Parts { lab, clouds, service, manifests }.disturb(rng, record);
            }
            let moment = Duration::from_millis(self.rng.random_range(0..1500));
            pause(moment);
        }
        self.company.untangle();
        let Self { lab, clouds, service, manifests, record, .. } = self;
        Parts { lab, clouds, service, manifests }.mend(record);
    }

    /// Waits until nothing is left to do, and looks whether that is right.
    fn come_to_rest(&mut self) {
        let began = Instant::now();
        for policy in ["cloud", "synced"] {
            self.wait(began, &format!("policy {policy} has nothing to do"), |it| {
                let ran =
                    it.place.samesign(&["plan", "manifests", "--policy", policy, "--detailed-exitcode"]);
                (ran.code == 0).then_some(()).ok_or(ran.out + &ran.err)
            });
        }
        self.wait(began, "no alarm is open", |it| {
            let alarms = it.service.alarms();
            if alarms.is_empty() { Ok(()) } else { Err(alarms.join("\n")) }
        });
        self.rests.push(began.elapsed());
        let from = self.rng.random_range(0..100);
        let mut faults = Vec::new();
        for (cloud, memory) in self.clouds.iter().zip(&mut self.memories) {
            let found = verdict::differences(&self.company, cloud, memory, &self.manifests.prefix);
            faults.extend(found.into_iter().map(|it| format!("{}: {it}", cloud.name)));
        }
        let (tried, refused) = verdict::passwords(&self.company, &self.clouds[1], from);
        self.signed_in += tried;
        faults.extend(refused);
        faults.extend(self.unexplained());
        let round = self.rests.len() - 1;
        assert!(faults.is_empty(), "round {round}:\n{}\n{}", faults.join("\n"), self.service.last(40));
        self.company.rest();
        eprintln!(
            "soak: round {round} at rest after {:.1?}, {:.0?} in all",
            self.rests[round],
            self.began.elapsed()
        );
    }

    fn wait(&self, began: Instant, what: &str, holds: impl Fn(&Self) -> Result<(), String>) {
        while let Err(why) = holds(self) {
            let last = || format!("not true after {PATIENCE:?}: {what}\n{}\n{why}", self.service.last(20));
            assert!(began.elapsed() < PATIENCE, "{}", last());
            pause(Duration::from_millis(500));
        }
    }

    /// Errors and other words of the service that no disturbance explains.
    fn unexplained(&mut self) -> Vec<String> {
        let log = self.service.log();
        let new = &log[self.looked_at..];
        self.looked_at = log.len();
        let mut faults = Vec::new();
        for (at, entry) in new {
            if entry.as_str().is_some_and(|it| it.contains("panicked")) {
                faults.push(entry.to_string());
            } else if entry["level"] == "ERROR" {
                let message = entry["fields"]["message"].as_str().unwrap_or_default();
                *self.errors.entry(message.to_owned()).or_default() += 1;
                let last = self.record.last.get(&to_blame(entry));
                if last.is_none_or(|it| *it + ECHO < *at) {
                    faults.push(format!("unexplained: {entry}"));
                }
            }
        }
        faults
    }

    fn end(mut self) {
        self.record.longest_stop = self.record.longest_stop.max(self.service.terminate());
        let unexplained = self.unexplained();
        assert_eq!(unexplained, [""; 0]);
        let history = self.place.samesign(&["history", "manifests", "--format", "json", "--limit", "100000"]);
        let history: Value = serde_json::from_str(&history.out).unwrap();
        let runs = history["runs"].as_array().unwrap();
        let broken_off = runs.iter().filter(|it| it["ended"].is_null()).count();
        let sum = |it: &str| runs.iter().filter_map(|run| run[it].as_u64()).sum::<u64>();
        let mut rests = self.rests.clone();
        rests.sort_unstable();
        eprintln!(
            "soak: {} rounds in {:.0?}; {} edits, {} disturbances\nedits: {:?}\ndisturbances: {:?}\n\
             at rest after {:.1?} (median), {:.1?} (longest); stopped after {:.1?} at most\n\
             runs: {}, {broken_off} of them broken off; changes: {} done, {} failed\n\
             errors that disturbances explain: {:?}\nalarms told: {}; passwords tried: {}",
            rests.len(),
            self.began.elapsed(),
            self.edits.values().sum::<u32>(),
            self.record.counts.values().sum::<u32>(),
            self.edits,
            self.record.counts,
            rests[rests.len() / 2],
            rests[rests.len() - 1],
            self.record.longest_stop,
            runs.len(),
            sum("done"),
            sum("failed"),
            self.errors,
            self.service.letters().len(),
            self.signed_in
        );
        for cloud in &self.clouds {
            eprintln!("requests to {} since it was started last: {:?}", cloud.name, cloud.counters());
        }
    }
}

/// Who must have been disturbed for the service to say this.
fn to_blame(entry: &Value) -> Victim {
    let text = entry.to_string();
    if text.contains("manifests") {
        Victim::Manifests
    } else if text.contains("LDAP")
        || text.contains("directory could not be read")
        || text.contains("passwords")
    {
        Victim::Directory
    } else {
        Victim::Tenant
    }
}
