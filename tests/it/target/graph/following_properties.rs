//! Whatever happens to a tenant, and whatever the delta queries do, what is followed is what is there.

use proptest::prelude::*;
use reqwest::Method;
use samesign::model::{CloudId, ObjectKind, Property};
use samesign::sandbox::Effect;
use samesign::target::Step;
use samesign::target::graph::Extent;
use serde_json::json;

use super::following_world::{World, add, create_contact, create_group, create_user, set};

/// Something that happens; numbers pick whom it happens to.
#[derive(Clone, Debug)]
enum Happening {
    UserIsMade,
    GroupIsMade,
    ContactIsMade,
    ValueIsSet(usize, bool),
    GroupIsDescribed(usize, bool),
    ContactMoves(usize, bool),
    IsDeleted(usize),
    ComesBack(usize),
    GoesForGood(usize),
    ContactGoes(usize),
    Joins(usize, usize),
    Leaves(usize, usize),
    IsManagedBy(usize, Option<usize>),
    ContactIsManagedBy(usize, Option<usize>),
    NextPageIsRepeated(bool),
    NextLinkIsGone(bool),
    TenantIsLookedAt,
}

fn happening() -> impl Strategy<Value = Happening> {
    use Happening as H;
    let who = || 0..12_usize;
    prop_oneof![
        3 => Just(H::UserIsMade),
        2 => Just(H::GroupIsMade),
        1 => Just(H::ContactIsMade),
        3 => (who(), any::<bool>()).prop_map(|(who, on)| H::ValueIsSet(who, on)),
        1 => (who(), any::<bool>()).prop_map(|(who, on)| H::GroupIsDescribed(who, on)),
        1 => (who(), any::<bool>()).prop_map(|(who, on)| H::ContactMoves(who, on)),
        3 => who().prop_map(H::IsDeleted),
        3 => who().prop_map(H::ComesBack),
        1 => who().prop_map(H::GoesForGood),
        1 => who().prop_map(H::ContactGoes),
        4 => (who(), who()).prop_map(|(group, who)| H::Joins(group, who)),
        2 => (who(), who()).prop_map(|(group, who)| H::Leaves(group, who)),
        3 => (who(), prop::option::weighted(0.7, who())).prop_map(|(who, boss)| H::IsManagedBy(who, boss)),
        1 => (who(), prop::option::weighted(0.7, who())).prop_map(|(who, boss)| H::ContactIsManagedBy(who, boss)),
        1 => any::<bool>().prop_map(H::NextPageIsRepeated),
        1 => any::<bool>().prop_map(H::NextLinkIsGone),
        5 => Just(H::TenantIsLookedAt),
    ]
}

/// Everybody who ever was, so that a pick may be somebody who is gone: then nothing happens.
#[derive(Default)]
struct Cast {
    made: u32,
    users: Vec<CloudId>,
    groups: Vec<CloudId>,
    contacts: Vec<CloudId>,
}

fn pick(among: &[CloudId], number: usize) -> Option<CloudId> {
    among.get(number % among.len().max(1)).copied()
}

impl Cast {
    /// Users and groups, as members and in the recycle bin.
    fn anybody(&self, number: usize) -> Option<CloudId> {
        let all: Vec<CloudId> =
            [&self.users[..], &self.groups, &self.contacts].into_iter().flatten().copied().collect();
        pick(&all, number)
    }

    fn step(&self, what: &Happening) -> Option<Step> {
        use Happening as H;
        let value = |on: bool| on.then(|| format!("v{}", self.made));
        let manager = |boss: &Option<usize>| boss.map(|it| pick(&self.users, it));
        Some(match what {
            H::ValueIsSet(who, on) => {
                set(ObjectKind::User, pick(&self.users, *who)?, Property::JobTitle, value(*on).as_deref())
            }
            H::GroupIsDescribed(who, on) => {
                let value = value(*on);
                set(ObjectKind::Group, pick(&self.groups, *who)?, Property::Description, value.as_deref())
            }
            H::ContactMoves(who, on) => {
                set(ObjectKind::Contact, pick(&self.contacts, *who)?, Property::City, value(*on).as_deref())
            }
            H::IsDeleted(who) => match pick(&self.groups, *who).filter(|_| *who == 0) {
                Some(id) => Step::DeleteGroup { id },
                None => Step::DeleteUser { id: pick(&self.users, *who)? },
            },
            H::ContactGoes(who) => Step::DeleteContact { id: pick(&self.contacts, *who)? },
            H::Joins(group, who) => add(pick(&self.groups, *group)?, &[self.anybody(*who)?]),
            H::Leaves(group, who) => {
                Step::RemoveMember { group: pick(&self.groups, *group)?, member: self.anybody(*who)? }
            }
            H::IsManagedBy(who, boss) => {
                Step::SetManager { id: pick(&self.users, *who)?, manager: manager(boss).flatten() }
            }
            H::ContactIsManagedBy(who, boss) => {
                Step::SetManager { id: pick(&self.contacts, *who)?, manager: manager(boss).flatten() }
            }
            H::UserIsMade
            | H::GroupIsMade
            | H::ContactIsMade
            | H::ComesBack(_)
            | H::GoesForGood(_)
            | H::NextPageIsRepeated(_)
            | H::NextLinkIsGone(_)
            | H::TenantIsLookedAt => return None,
        })
    }
}

async fn happen(world: &mut World, cast: &mut Cast, what: &Happening) {
    use Happening as H;
    cast.made += 1;
    let made = cast.made;
    let path = |users: bool| if users { "/users/delta" } else { "/groups/delta" };
    match what {
        H::UserIsMade => cast.users.push(world.apply(create_user(made)).await),
        H::GroupIsMade => cast.groups.push(world.apply(create_group(made)).await),
        H::ContactIsMade => cast.contacts.extend(world.step(create_contact(made)).await.ok()),
        H::ComesBack(who) => {
            let id = cast.anybody(*who).map(|it| it.to_string()).unwrap_or_default();
            let path = format!("/directory/deletedItems/{id}/restore");
            world.client.send(Method::POST, &path, &[], Some(json!({}))).await;
        }
        H::GoesForGood(who) => {
            let id = cast.anybody(*who).map(|it| it.to_string()).unwrap_or_default();
            world.client.delete(&format!("/directory/deletedItems/{id}")).await;
        }
        H::NextPageIsRepeated(users) => world.fault(path(*users), 0, Effect::DeltaReplay),
        H::NextLinkIsGone(users) => world.fault(path(*users), 0, Effect::DeltaGone),
        H::TenantIsLookedAt => drop(world.check().await),
        H::ValueIsSet(..)
        | H::GroupIsDescribed(..)
        | H::ContactMoves(..)
        | H::IsDeleted(_)
        | H::ContactGoes(_)
        | H::Joins(..)
        | H::Leaves(..)
        | H::IsManagedBy(..)
        | H::ContactIsManagedBy(..) => {
            if let Some(step) = cast.step(what) {
                // Much of what comes up cannot be done, such as changing somebody who is gone.
                drop(world.step(step).await);
            }
        }
    }
}

fn live(extent: Extent, story: &[Happening]) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let mut world = World::of(extent, "").await;
        let mut cast = Cast::default();
        for what in story {
            happen(&mut world, &mut cast, what).await;
        }
        world.client.sandbox.set_faults(Vec::new());
        world.check().await;
        world.check().await;
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn what_is_followed_by_graph_is_what_is_there(story in prop::collection::vec(happening(), 1..60)) {
        live(Extent::OwnGroups, &story);
    }

    #[test]
    fn what_is_followed_beside_directory_sync_is_what_is_there(
        story in prop::collection::vec(happening(), 1..60),
    ) {
        live(Extent::Synchronised, &story);
    }
}
