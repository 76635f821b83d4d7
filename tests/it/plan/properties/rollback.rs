//! Runs in random worlds, with faults, and what must hold when they are undone.

use std::collections::BTreeSet;

use proptest::prelude::*;
use samesign::model::CloudId;
use samesign::plan::{About, Because, Change, Op, Planned, roll_back};

use samesign::render::{Paint, plan_text};

use super::model::{Fate, carry_out};
use super::worlds::sketches;
use super::{faults, ids, made, seen};
use crate::plan::rollback::past;

fn deeds(done: &[(Change, CloudId)]) -> samesign::plan::PastDeeds {
    past(done.iter().map(|(change, id)| (change, *id)))
}

/// Whether it puts back everything that the run did.
fn is_complete(planned: &Planned) -> bool {
    let held = planned.plan.changes().iter().any(|it| it.held().is_some());
    let left = planned.report.findings.iter().any(|it| it.about == About::Rollback && it.kind.is_some());
    !held && !left
}

proptest! {
    #[test]
    fn undoing_has_no_fault_is_never_refused_and_leaves_nothing_to_undo(
        sketch in sketches(),
        schedule in faults(),
    ) {
        let mut world = made(&sketch);
        let planned = world.plan();
        let fate = |at: usize| schedule.get(at).copied().unwrap_or(Fate::Done);
        let (_, done) = carry_out(&mut world, &planned, fate);
        let past = deeds(&done);
        let undoing = roll_back(&world.inputs(), &past);
        let is_ours = |it: &Change| matches!(it.because(), Because::RolledBack { run: 12 });
        prop_assert!(undoing.plan.changes().iter().all(is_ours));
        let (refused, _) = carry_out(&mut world, &undoing, |_| Fate::Done);
        prop_assert_eq!(refused, Vec::<String>::new(), "{}", sketch.lines().join("\n"));
        // What is held stays; a limit may let the rest of it go when there is less of it.
        if undoing.plan.changes().iter().any(|it| it.held().is_some()) {
            return Ok(());
        }
        // A name that somebody gives up who goes last is free then.
        if undoing.report.findings.iter().any(|it| it.text.contains("once more")) {
            let rest = roll_back(&world.inputs(), &past);
            carry_out(&mut world, &rest, |_| Fate::Done);
        }
        let again = roll_back(&world.inputs(), &past);
        let free: Vec<String> = again
            .plan
            .changes()
            .iter()
            .filter(|it| it.held().is_none())
            .map(|it| format!("{} {}", it.op().word(), it.name()))
            .collect();
        prop_assert_eq!(free, Vec::<String>::new(), "{}", sketch.lines().join("\n"));
    }

    #[test]
    fn undoing_leads_back_to_where_the_run_began(sketch in sketches()) {
        let sketch = sketch.without_limits();
        let mut world = made(&sketch);
        let first = ids(&world);
        let before = seen(&world, &first);
        let planned = world.plan();
        let (_, done) = carry_out(&mut world, &planned, |_| Fate::Done);
        let undoing = roll_back(&world.inputs(), &deeds(&done));
        // Nor does whoever came back otherwise than they went go with what is somebody else's; and the model forgets
        // who referred to somebody in the recycle bin.
        let forgets = |it: &Op| matches!(it, Op::Restore(changes) if !changes.is_empty()) || *it == Op::Delete;
        if !is_complete(&undoing) || done.iter().any(|it| forgets(it.0.op())) {
            return Ok(());
        }
        let (refused, _) = carry_out(&mut world, &undoing, |_| Fate::Done);
        prop_assert_eq!(refused, Vec::<String>::new());
        let mut after = seen(&world, &first);
        let created: BTreeSet<String> =
            after.keys().filter(|it| !before.contains_key(*it)).cloned().collect();
        for key in created {
            let gone = after.remove(&key).is_some_and(|it| it.ends_with("true"));
            prop_assert!(gone, "{key} stays");
        }
        let told = || [plan_text(&planned, Paint::Plain), plan_text(&undoing, Paint::Plain)].concat();
        prop_assert_eq!(before, after, "{}\n{}", sketch.lines().join("\n"), told());
    }
}
