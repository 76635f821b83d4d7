//! The records: writing down what became of changes, and starting with what was written.

use std::time::Duration;

use samesign::apply::{Applied, Outcome};
use samesign::model::Links;
use samesign::plan::{Change, Consent, Subject, review};
use samesign::state::{Record, State};

use crate::measure::{Measured, Stopwatch, best};
use crate::planning::Sides;
use crate::row::grouped;
use crate::world::World;

/// As many as are carried out together.
const TOGETHER: usize = 300;

/// Records a first run as if every change had been carried out.
pub(super) fn written(world: World) -> Measured {
    let folder = tempfile::tempdir().expect("a folder for the records");
    let (time, changes) = record(world, folder.path());
    let (seconds, changes) =
        (time.as_secs_f64(), u32::try_from(changes).expect("fewer than there are people"));
    let each = f64::from(changes) / seconds;
    Measured::new(time, format!("{} changes, {each:.0} a second", grouped(changes as usize)))
}

/// Opens the records and reads all links.
pub(super) fn read(world: World) -> Measured {
    let folder = tempfile::tempdir().expect("a folder for the records");
    record(world, folder.path());
    let (policy, _) = world.policy();
    let (time, links) = best(|| {
        let state = State::open(folder.path()).expect("records");
        let links: Links = state.links(&policy.name, "t").expect("links");
        links.by_anchor.len()
    });
    Measured::new(time, format!("{} links", grouped(links)))
}

fn record(world: World, folder: &std::path::Path) -> (Duration, usize) {
    let sides = Sides::empty(world);
    let planned = sides.plan();
    let consent = Consent { held_set: planned.plan.held_digest(), ..Consent::default() };
    let approved = review(planned.plan.clone(), &consent, sides.as_of()).approved;
    let changes: Vec<&Change> = approved.changes().collect();
    let ids = world.links(sides.policy());
    let record = Record {
        reviewed: sides.policy().reviewed(),
        header: &planned.header,
        report: &planned.report,
        approved: &approved,
        policy_waits: false,
        by: "bench",
        as_of: sides.as_of(),
        links: &Links::default(),
    };
    let mut state = State::open(folder).expect("records");
    let start = Stopwatch::start();
    let run = state.begin(&record).expect("room for the records");
    for chunk in changes.chunks(TOGETHER) {
        let settled: Vec<(&Change, Applied)> = chunk.iter().map(|it| (*it, applied(it, &ids))).collect();
        state.settle(&run, &settled, sides.as_of()).expect("room for the records");
    }
    state.finish(&record).expect("room for the records");
    (start.elapsed(), changes.len())
}

fn applied(change: &Change, ids: &Links) -> Applied {
    let id = match change.subject() {
        Subject::Known(id) => Some(id),
        Subject::Created(anchor) => ids.by_anchor.get(&anchor).map(|it| it.cloud),
    };
    Applied { outcome: Outcome::Applied, id }
}
