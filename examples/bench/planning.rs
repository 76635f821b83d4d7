//! Plans from both sides in memory, and what they look like as text and JSON.

use std::hint::black_box;
use std::time::Duration;

use jiff::Timestamp;
use samesign::model::{Links, Reading, TenantSnapshot};
use samesign::plan::{Inputs, Planned, plan};
use samesign::policy::Policy;
use samesign::render::{Encoded, Paint, plan_text, plans_json};

use crate::measure::{LONG, Measured, Stopwatch, best};
use crate::reading::snapshot_of;
use crate::row::grouped;
use crate::world::{Drift, World};

/// Both sides in memory.
pub(super) struct Sides {
    pub(super) directory: Reading,
    tenant: TenantSnapshot,
    links: Links,
    policy: Policy,
    as_of: Timestamp,
}

impl Sides {
    /// Before the first run.
    pub(super) fn empty(world: World) -> Self {
        Self::with(world, World::empty_tenant(), |_| Links::default())
    }

    /// After it: the tenant and the records are as they were when nothing differed yet.
    pub(super) fn applied(world: World, drift: Drift) -> Self {
        let mut sides = Self::with(world, world.tenant(), |policy| world.links(policy));
        sides.settle();
        if matches!(drift, Drift::None) {
            return sides;
        }
        let Self { directory, tenant, links, policy, as_of } = sides;
        // The peak of a plan is not to be that of two directories.
        drop(directory);
        Self { directory: Reading::Whole(snapshot_of(world, drift).1), tenant, links, policy, as_of }
    }

    fn with(world: World, tenant: TenantSnapshot, links: impl FnOnce(&Policy) -> Links) -> Self {
        let (policy, _) = world.policy();
        Self {
            directory: Reading::Whole(snapshot_of(world, Drift::None).1),
            tenant,
            links: links(&policy),
            policy,
            as_of: "2026-11-22T09:00:00Z".parse().expect("a time"),
        }
    }

    pub(super) const fn tenant(&self) -> &TenantSnapshot {
        &self.tenant
    }

    pub(super) const fn policy(&self) -> &Policy {
        &self.policy
    }

    pub(super) const fn as_of(&self) -> Timestamp {
        self.as_of
    }

    pub(super) const fn inputs(&self) -> Inputs<'_> {
        let Self { directory, tenant, links, policy, as_of } = self;
        Inputs { directory, tenant, links, policy, as_of: *as_of }
    }

    pub(super) fn plan(&self) -> Planned {
        plan(&self.inputs())
    }

    /// Records what a run would that found nothing to do.
    fn settle(&mut self) {
        let report = self.plan().report;
        for (anchor, dn) in report.named {
            let dn = dn.parse().expect("a name");
            self.links.by_anchor.entry(anchor).and_modify(|it| it.dn = Some(dn));
        }
        for (anchor, wanted) in report.wanted {
            self.links.by_anchor.entry(anchor).and_modify(|it| it.settled = Some(wanted));
        }
    }
}

/// For an empty tenant. The first plan of all is a cold one: the memory that it takes has to be got from the system first.
pub(super) fn first(world: World) -> Measured {
    let sides = Sides::empty(world);
    let cold = one_plan(&sides).0;
    let warm = plan_time(&sides);
    let words = format!("{}; cold {:.3} s", warm.words, cold.as_secs_f64());
    Measured { words, ..warm }
}

/// When both sides are the same.
pub(super) fn repeated(world: World) -> Measured {
    plan_time(&Sides::applied(world, Drift::None))
}

/// When one of a hundred objects differs.
pub(super) fn changed(world: World) -> Measured {
    plan_time(&Sides::applied(world, Drift::OnePercent))
}

/// Of two plans the best counts, but of long ones there is only one. Freeing a plan is not part of making it.
fn plan_time(sides: &Sides) -> Measured {
    let (first, changes) = one_plan(sides);
    let best = if LONG < first { first } else { first.min(one_plan(sides).0) };
    Measured::new(best, format!("{} changes", grouped(changes)))
}

/// How long it took, and how many changes it has.
fn one_plan(sides: &Sides) -> (Duration, usize) {
    let start = Stopwatch::start();
    let planned = black_box(sides.plan());
    (start.elapsed(), planned.plan.changes().len())
}

/// The first plan as people read it.
pub(super) fn text(world: World) -> Measured {
    let planned = Sides::empty(world).plan();
    Measured::bytes(best(|| plan_text(&planned, Paint::Plain).len()))
}

/// The first plan as it is saved.
pub(super) fn json(world: World) -> Measured {
    let planned = [Sides::empty(world).plan()];
    Measured::bytes(best(|| plans_json(&Encoded { plans: &planned, manifests: None }).len()))
}
