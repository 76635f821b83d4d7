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
    /// The tenant is empty, or as it was when nothing differed yet.
    pub(super) fn new(world: World, drift: Drift, applied: bool) -> Self {
        let (policy, _) = world.policy();
        Self {
            directory: Reading::Whole(snapshot_of(world, drift).1),
            tenant: if applied { world.tenant() } else { World::empty_tenant() },
            links: if applied { world.links(&policy) } else { Links::default() },
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
}

/// For an empty tenant.
pub(super) fn first(world: World) -> Measured {
    plan_time(&Sides::new(world, Drift::None, false))
}

/// When both sides are the same.
pub(super) fn repeated(world: World) -> Measured {
    plan_time(&Sides::new(world, Drift::None, true))
}

/// When one of a hundred objects differs.
pub(super) fn changed(world: World) -> Measured {
    plan_time(&Sides::new(world, Drift::OnePercent, true))
}

/// The first plan is a cold one: the memory that it takes has to be got from the system first. Of two others the best
/// counts; after a long one there is one other. Freeing a plan is not part of making it.
fn plan_time(sides: &Sides) -> Measured {
    let one = || {
        let start = Stopwatch::start();
        let planned = black_box(sides.plan());
        (start.elapsed(), planned.plan.changes().len())
    };
    let (cold, changes) = one();
    let changes = format!("{} changes", grouped(changes));
    let others = if LONG < cold { 1 } else { 2 };
    let warm: Duration = (0..others).map(|_| one().0).min().expect("one at least");
    Measured::new(warm, format!("{changes}; cold {:.3} s", cold.as_secs_f64()))
}

/// The first plan as people read it.
pub(super) fn text(world: World) -> Measured {
    let planned = Sides::new(world, Drift::None, false).plan();
    Measured::bytes(best(|| plan_text(&planned, Paint::Plain).len()))
}

/// The first plan as it is saved.
pub(super) fn json(world: World) -> Measured {
    let planned = [Sides::new(world, Drift::None, false).plan()];
    Measured::bytes(best(|| plans_json(&Encoded { plans: &planned, manifests: None }).len()))
}
