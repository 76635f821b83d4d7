//! What goes wrong in the soak: with tenants, the domain controller, the service and the manifests.
//!
//! It does not know what has to come of it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rand::RngExt as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use serde_json::{Value, json};

use super::cloud::{Channel, Cloud};
use super::manifests::Manifests;
use super::service::{Service, pause};
use crate::lab::Lab;

/// Who is disturbed; what the service says about that is explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Victim {
    Tenant,
    Directory,
    Service,
    Manifests,
}

/// Everything that can be disturbed.
pub(super) struct Parts<'a, 'b> {
    pub(super) lab: &'a Lab,
    pub(super) clouds: &'b mut [Cloud<'a>; 2],
    pub(super) service: &'b mut Service<'a>,
    pub(super) manifests: &'b mut Manifests<'a>,
}

/// What was done, how often, and who was disturbed last when.
#[derive(Default)]
pub(super) struct Record {
    pub(super) counts: BTreeMap<&'static str, u32>,
    pub(super) last: BTreeMap<Victim, Instant>,
    /// How long the service took to end when it was asked to.
    pub(super) longest_stop: Duration,
}

impl Record {
    fn note(&mut self, victim: Victim, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
        self.last.insert(victim, Instant::now());
    }
}

fn seconds(rng: &mut StdRng, most: u64) -> Duration {
    Duration::from_millis(rng.random_range(0..most * 1000))
}

impl Parts<'_, '_> {
    /// Something goes wrong, and may stay so.
    pub(super) fn disturb(&mut self, rng: &mut StdRng, record: &mut Record) {
        let which = rng.random_range(0..self.clouds.len());
        match rng.random_range(0..22) {
            0..7 => {
                record.note(Victim::Tenant, "answers of a tenant");
                self.with_tenant(which, |it| it.control("faults", &faults(rng, it.channel)));
            }
            7 => {
                record.note(Victim::Tenant, "replicas of a tenant lag");
                let mut lag = || rng.random_range(0..4000);
                let lags = json!({"getMs": lag(), "listMs": lag(), "deltaMs": lag(), "referenceMs": lag()});
                self.with_tenant(which, |it| it.control("replication", &lags));
            }
            8 => {
                record.note(Victim::Tenant, "limits of a tenant");
                self.with_tenant(which, |it| it.control("throttle", &json!({"on": true, "scale": 0.01})));
            }
            9..11 => {
                record.note(Victim::Tenant, "a tenant is gone");
                self.clouds[which].end();
            }
            11..13 => {
                record.note(Victim::Tenant, "a tenant restarts");
                self.clouds[which].end();
                pause(seconds(rng, 3));
                self.clouds[which].begin();
            }
            13 => {
                record.note(Victim::Directory, "the domain controller restarts");
                self.lab.while_stopped(|_| pause(seconds(rng, 6)));
                record.note(Victim::Directory, "the domain controller is back");
            }
            14..17 => {
                record.note(Victim::Service, "the service is killed");
                self.service.kill();
                self.begin_again();
            }
            17 => {
                record.note(Victim::Service, "the service is stopped");
                let took = self.service.terminate();
                record.longest_stop = record.longest_stop.max(took);
                self.begin_again();
            }
            18 => {
                record.note(Victim::Service, "the service stands still");
                self.service.signal("-STOP");
                pause(seconds(rng, 5));
                self.service.signal("-CONT");
            }
            19 => {
                record.note(Victim::Service, "the service is told to load");
                self.service.signal("-HUP");
            }
            20 => {
                record.note(Victim::Manifests, "the manifests are broken");
                self.manifests.tear();
            }
            _ => {
                record.note(Victim::Manifests, "the manifests are edited");
                self.manifests.edit(rng);
            }
        }
    }

    /// A service does not begin with manifests that are torn: it has no good ones that it could keep.
    fn begin_again(&mut self) {
        self.manifests.mend();
        self.service.begin();
    }

    /// Only who is there can be told.
    fn with_tenant(&mut self, which: usize, act: impl FnOnce(&Cloud<'_>)) {
        let cloud = &mut self.clouds[which];
        if !cloud.is_there() {
            cloud.begin();
        }
        act(cloud);
    }

    /// Everything works again.
    pub(super) fn mend(&mut self, record: &mut Record) {
        self.manifests.mend();
        for cloud in self.clouds.iter_mut() {
            cloud.mend();
        }
        // What was disturbed is disturbed until now.
        let victims: Vec<Victim> = record.last.keys().copied().collect();
        record.last.extend(victims.into_iter().map(|it| (it, Instant::now())));
    }
}

/// Some faults of one tenant.
fn faults(rng: &mut StdRng, channel: Channel) -> Value {
    let count = rng.random_range(1..4);
    (0..count).map(|_| fault(rng, channel)).collect()
}

fn fault(rng: &mut StdRng, channel: Channel) -> Value {
    let (skip, times) = (rng.random_range(0..6), rng.random_range(1..12));
    let status = |status: u16| json!({"kind": "status", "status": status, "retryAfterS": 1});
    let [reset, lost] = [json!({"kind": "reset"}), json!({"kind": "lostResponse"})];
    let (path, method, effect) = match rng.random_range(0..10) {
        0 => {
            let effects = [status(400), status(401), status(429), status(503), reset, lost];
            (Some("/token"), None, effects.choose(rng).cloned())
        }
        1 => {
            let path = ["/users/delta", "/groups/delta", "/directoryObjects/delta"].choose(rng).copied();
            (path, None, [json!({"kind": "deltaGone"}), json!({"kind": "deltaReplay"})].choose(rng).cloned())
        }
        // Somebody else is to blame, or the object is.
        2 => {
            let method = ["POST", "PATCH", "DELETE"].choose(rng).copied();
            (None, method, [status(400), status(403), status(404), status(409)].choose(rng).cloned())
        }
        3..7 if channel == Channel::DirectorySync => {
            let refusals = [81, 90, 114, 115].map(|it| json!({"kind": "serviceFault", "code": it}));
            let others = [status(503), status(500), reset.clone(), reset, lost.clone(), lost];
            let effects = [&refusals[..], &others, &[json!({"kind": "redirect"})]].concat();
            (Some("/provisioningservice.svc"), None, effects.choose(rng).cloned())
        }
        _ => {
            let path = [None, Some("/users"), Some("/groups"), Some("/organization"), Some("/domains")];
            let effects = [429, 500, 502, 503, 504, 401].map(status);
            let effects = [&effects[..], &[reset.clone(), reset, lost.clone(), lost]].concat();
            (path.choose(rng).copied().flatten(), None, effects.choose(rng).cloned())
        }
    };
    let mut fault = json!({"skip": skip, "times": times, "effect": effect});
    if let Some(path) = path {
        fault["path"] = path.into();
    }
    if let Some(method) = method {
        fault["method"] = method.into();
    }
    fault
}
