//! Which objects go into one request.
//!
//! It keeps their order, so that what concerns one object arrives in the order in which it was asked for.

use super::draft::Item;
use super::settings::Batches;

/// What an item takes of a request that has place for `objects_max` times `managers_max`.
fn weight(item: &Item, limits: Batches) -> usize {
    match item.object.properties.as_slice() {
        [_anchor, (name, _)] if name == "manager" => limits.objects_max,
        _ => limits.managers_max,
    }
}

/// Packs items into requests: not too many objects, not too many members, and no object twice.
pub(super) fn pack(items: Vec<Item>, limits: Batches) -> Vec<Vec<Item>> {
    let mut batches: Vec<Vec<Item>> = Vec::new();
    let (mut links, mut weights) = (0, 0);
    for item in items {
        let fits = batches.last().is_some_and(|batch| {
            weights + weight(&item, limits) <= limits.objects_max.saturating_mul(limits.managers_max)
                && links + item.links <= limits.links_max
                && batch.iter().all(|it| it.sent.wire_anchor != item.sent.wire_anchor)
        });
        if !fits {
            batches.push(Vec::new());
            (links, weights) = (0, 0);
        }
        links += item.links;
        weights += weight(&item, limits);
        if let Some(batch) = batches.last_mut() {
            batch.push(item);
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::super::known::{Known, KnownObject};
    use super::super::merge::merge;
    use super::*;
    use crate::model::{CloudId, Guid, ObjectKind, Property};
    use crate::target::{Step, StepValue};
    use crate::wire::provisioning::{Anchor, LinkOperation, PropertyValue};

    fn id(number: u8) -> CloudId {
        CloudId::from_uuid(uuid::Uuid::from_u128(u128::from(number)))
    }

    fn step() -> impl Strategy<Value = Step> {
        let few = || 0..6u8;
        prop_oneof![
            (few(), proptest::collection::vec(few(), 0..5)).prop_map(|(group, members)| Step::AddMembers {
                group: id(group),
                members: members.into_iter().map(id).collect()
            }),
            (few(), few())
                .prop_map(|(group, member)| Step::RemoveMember { group: id(group), member: id(member) }),
            (few(), few()).prop_map(|(group, name)| Step::UpdateGroup {
                id: id(group),
                values: vec![(Property::DisplayName, Some(StepValue::Text(name.to_string())))]
            }),
        ]
    }

    /// What the steps come to, one after the other: the last word on each member and name.
    fn wanted(steps: &[Step]) -> BTreeMap<(String, String), String> {
        let mut state = BTreeMap::new();
        let mut say = |object: CloudId, about: String, what: &str| {
            state.insert((format!("Group_{object}"), about), what.to_owned());
        };
        for step in steps {
            match step {
                Step::AddMembers { group, members } => {
                    for member in members {
                        say(*group, format!("Group_{member}"), "in");
                    }
                }
                Step::RemoveMember { group, member } => say(*group, format!("Group_{member}"), "out"),
                Step::UpdateGroup { id, values } => {
                    if let [(_, Some(StepValue::Text(name)))] = values.as_slice() {
                        say(*id, "name".to_owned(), name);
                    }
                }
                Step::CreateUser { .. }
                | Step::UpdateUser { .. }
                | Step::SetAnchor { .. }
                | Step::BlockUser { .. }
                | Step::UnblockUser { .. }
                | Step::SetManager { .. }
                | Step::DeleteUser { .. }
                | Step::Restore { .. }
                | Step::CreateGroup { .. }
                | Step::DeleteGroup { .. }
                | Step::SetManagedBy { .. }
                | Step::SetPassword { .. }
                | Step::TurnFeatures { .. }
                | Step::CreateContact { .. }
                | Step::UpdateContact { .. }
                | Step::DeleteContact { .. } => panic!("not made here: {step:?}"),
            }
        }
        state
    }

    #[test]
    fn a_request_has_place_for_more_objects_if_only_their_managers_are_told() {
        let anchor = |it: u8| Some(crate::model::Anchor::from_guid(Guid::from_bytes([it; 16])));
        let object = |it| KnownObject { kind: ObjectKind::User, anchor: anchor(it), name: "".into() };
        let known: Known = (0..200).map(|it| (id(it), object(it))).collect();
        let sizes = |of: fn(u8) -> Step| {
            let steps: Vec<Step> = (0..200).map(of).collect();
            let drafts = merge(&steps, &known, 15_000).drafts;
            let items = drafts.into_iter().flat_map(|mut it| {
                let anchor = it.ready().unwrap();
                it.into_items(&anchor)
            });
            pack(items.collect(), Batches::default()).iter().map(Vec::len).collect::<Vec<_>>()
        };
        assert_eq!(sizes(|it| Step::SetManager { id: id(it), manager: Some(id(0)) }), [150, 50]);
        let name = |it: u8| Step::UpdateUser {
            id: id(it),
            values: vec![(Property::DisplayName, Some(StepValue::Text(it.to_string())))],
        };
        assert_eq!(sizes(name), [30, 30, 30, 30, 30, 30, 20]);
    }

    proptest! {
        #[test]
        fn requests_in_their_order_come_to_what_the_steps_come_to(
            steps in proptest::collection::vec(step(), 0..40),
            objects_max in 1..4usize,
            links_max in 1..5usize,
        ) {
            let object = || KnownObject { kind: ObjectKind::Group, anchor: None, name: "".into() };
            let known: Known = (0..6).map(|it| (id(it), object())).collect();
            let merged = merge(&steps, &known, links_max);
            prop_assert!(merged.refused.is_empty());
            let mut items = Vec::new();
            for mut draft in merged.drafts {
                let anchor = draft.ready().unwrap();
                items.extend(draft.into_items(&anchor));
            }
            let mut state = BTreeMap::new();
            let mut carried = vec![false; steps.len()];
            for batch in pack(items, Batches { objects_max, links_max, ..Batches::default() }) {
                prop_assert!(!batch.is_empty() && batch.len() <= objects_max);
                prop_assert!(batch.iter().map(|it| it.links).sum::<usize>() <= links_max);
                let mut anchors: Vec<&str> = batch.iter().map(|it| it.sent.wire_anchor.as_str()).collect();
                anchors.sort_unstable();
                anchors.dedup();
                prop_assert_eq!(anchors.len(), batch.len());
                for Item { object, links: _, sent } in batch {
                    sent.steps.iter().for_each(|it| carried[*it] = true);
                    let group = sent.wire_anchor;
                    if let Some(PropertyValue::Text(name)) = object.property("displayName") {
                        state.insert((group.clone(), "name".to_owned()), name.clone());
                    }
                    let Some(PropertyValue::Links(links)) = object.property("member") else { continue };
                    for link in links {
                        let Anchor::Cloud(member) = &link.to else { panic!("no anchors are known") };
                        let what = if link.operation == LinkOperation::Add { "in" } else { "out" };
                        state.insert((group.clone(), member.clone()), what.to_owned());
                    }
                }
            }
            prop_assert_eq!(state, wanted(&steps));
            prop_assert!(carried.into_iter().all(|it| it), "every step is carried out by some request");
        }
    }
}
