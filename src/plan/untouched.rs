//! What a plan leaves alone: counted, and listed if everything was planned.

use std::cell::OnceCell;
use std::sync::Arc;

use crate::model::{Anchor, DirectoryObject, ObjectKind, TableOfKeys};

use super::Ground;
use super::by_name::{arrange, name_head};
use super::change::{Change, Subject};
use super::memo::{Carried, Standing};
use super::report::{LeftAlone, Untouched, WhyUntouched};
use super::sketch::Place;

/// Counts the objects in scope that nothing happens to, and adds them to the list if there is one.
pub(super) fn note_untouched(
    ground: &Ground<'_>,
    changes: &[Change],
    (places, names, carried): (&[Place], &[Arc<str>], &Carried),
    (mut list, left_alone): (Option<Vec<Untouched>>, &mut LeftAlone),
) {
    // Whatever is created is touched: nobody looks it up.
    let is_known = |it: &&Change| matches!(it.subject, Subject::Known(_));
    let touched: TableOfKeys<Subject> = changes.iter().filter(is_known).map(|it| it.subject).collect();
    let planned: OnceCell<TableOfKeys<Anchor>> = OnceCell::new();
    let is_planned = |it: &DirectoryObject| {
        let planned = planned.get_or_init(|| changes.iter().map(|it| it.anchor).collect());
        planned.contains(&it.guid_anchor()) || it.consistency_anchor().is_some_and(|it| planned.contains(&it))
    };
    if let Some(list) = &mut list {
        list.reserve(places.len());
    }
    for (((at, object), place), name) in ground.objects.iter().zip(places).zip(names) {
        if matches!(carried.of(at), Standing::Same(_)) {
            left_alone.unchanged += 1;
            continue;
        }
        let why = match place {
            Place::Out | Place::In(Subject::Created(_)) => continue,
            Place::In(subject) if touched.contains(subject) => continue,
            Place::In(Subject::Known(id)) if ground.is_mastered_elsewhere(*id) => {
                WhyUntouched::MasteredElsewhere
            }
            Place::In(Subject::Known(_)) => WhyUntouched::Unchanged,
            Place::Stuck if is_planned(object) => continue,
            Place::Stuck => WhyUntouched::Stuck,
        };
        left_alone.unchanged += usize::from(why == WhyUntouched::Unchanged);
        if let Some(list) = &mut list {
            list.push(Untouched { kind: object.kind, name: Arc::clone(name), why });
        }
    }
    left_alone.objects = list.unwrap_or_default();
    put_in_order(&mut left_alone.objects);
}

/// Sorted: with the beginnings of names beside them, most comparisons look nowhere else in memory.
fn put_in_order(list: &mut [Untouched]) {
    let heads = list.iter().zip(0..).map(|(it, at)| (it.kind, name_head(&it.name), at));
    let mut order: Vec<(ObjectKind, u128, u32)> = heads.collect();
    let whole = |at: u32| &list[at as usize];
    order.sort_unstable_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then_with(|| whole(a.2).cmp(whole(b.2))));
    arrange(list, order.iter().map(|it| it.2).collect());
}
