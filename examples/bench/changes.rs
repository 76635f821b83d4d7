//! How long it takes to plan what changed, when nearly everything is as it was.
//!
//! Titles change in the directory, as a follower would tell: the look before found nothing to do.

use std::time::Duration;

use samesign::model::{Reading, RevisedEntry, Revision, Touched, Watermark};
use samesign::plan::{Memo, News, replan};

use crate::measure::{Measured, Stopwatch};
use crate::planning::Sides;
use crate::row::grouped;
use crate::world::{Drift, World};

/// One user is otherwise.
pub(super) fn one(world: World) -> Measured {
    replan_time(world, 1)
}

/// A hundred users are.
pub(super) fn hundred(world: World) -> Measured {
    replan_time(world, 100)
}

/// So many users change, three times, each time others. The time is that on the processor; the best counts.
fn replan_time(world: World, changed: u32) -> Measured {
    let mut sides = Sides::applied(world, Drift::None);
    let (_, names) = world.policy();
    let everything = News { directory: Touched::Everything, tenant: Touched::Everything };
    let (_, mut memo) = replan(None, &sides.inputs(), &everything);
    let mut best: Option<(Duration, usize, usize)> = None;
    for round in 0..3 {
        let entries = (0..changed).map(|it| {
            let entry = World::entry((it * 17 + round) % world.users, &names, "Head of Something");
            RevisedEntry { entry, groups: Vec::new() }
        });
        let revision = Revision { entries: entries.collect(), ..Revision::default() };
        let Reading::Whole(snapshot) = &mut sides.directory else { unreachable!("it was read to its end") };
        snapshot.revise(revision, Watermark::default()).expect("values alone cast no doubt");
        let news = News { directory: Touched::Only(snapshot.take_touched()), tenant: Touched::nothing() };
        let start = Stopwatch::start();
        let (planned, next) = replan(memo.take(), &sides.inputs(), &news);
        let time = start.elapsed();
        let looked_at = next.as_ref().map_or(0, Memo::planned);
        memo = next;
        let next = (time, planned.plan.changes().len(), looked_at);
        best = Some(best.map_or(next, |it| it.min(next)));
    }
    let (time, planned, looked_at) = best.expect("three of them");
    Measured::new(time, format!("{} changes, {} objects planned", grouped(planned), grouped(looked_at)))
}
