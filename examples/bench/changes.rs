//! How long it takes to plan what changed, when nearly everything is as it was.
//!
//! Titles change in the directory, as a follower would tell: the look before found nothing to do.

use std::time::{Duration, Instant};

use samesign::model::{Reading, RevisedEntry, Revision, Touched, Watermark};
use samesign::plan::{Inputs, News, replan};

use crate::measure::{REPETITIONS, Sides};
use crate::world::{Drift, World};

/// So many users change, each time others.
pub(super) fn replan_time(world: World, changed: u32) -> (Duration, usize) {
    let mut sides = Sides::new(world, Drift::None, true);
    sides.settle();
    let (_, names) = world.policy();
    let everything = News { directory: Touched::Everything, tenant: Touched::Everything };
    let (_, mut memo) = replan(None, &sides.inputs(), &everything);
    let mut best: Option<(Duration, usize)> = None;
    for round in 0..u32::try_from(REPETITIONS).expect("a few") {
        let entries = (0..changed).map(|it| {
            let entry = world.entry((it * 17 + round) % world.users, &names, "Head of Something");
            RevisedEntry { entry, groups: Vec::new() }
        });
        let revision = Revision { entries: entries.collect(), ..Revision::default() };
        let Reading::Whole(snapshot) = &mut sides.directory else { unreachable!("it was read to its end") };
        snapshot.revise(revision, Watermark::default()).expect("values alone cast no doubt");
        let news = News { directory: Touched::Only(snapshot.take_touched()), tenant: Touched::nothing() };
        let start = Instant::now();
        let (planned, next) = replan(memo.take(), &sides.inputs(), &news);
        let time = start.elapsed();
        memo = next;
        let next = (time, planned.plan.changes().len());
        best = Some(best.map_or(next, |it| it.min(next)));
    }
    best.expect("at least one repetition")
}
