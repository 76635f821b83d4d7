//! What every target does, whichever channel it writes through: the same steps, and what the sandbox holds then.
//!
//! The channels differ in who is master of what they wrote; nobody who reads it may tell another difference.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use samesign::model::{Anchor, CloudId, Guid, ObjectKind, Property, Secret, TenantSnapshot};
use samesign::sandbox::{Effect, Fault, Sandbox};
use samesign::target::dirsync::{self, DirSync, Known};
use samesign::target::graph::{self, App, Credential, Extent, Reader};
use samesign::target::{Current, Done, Step, StepValue, Target};

use super::graph::contract::{open, start};

/// A sandbox, and a target that changes it.
struct Place<T> {
    sandbox: Sandbox,
    reader: Reader,
    target: T,
    extent: Extent,
}

async fn sandbox() -> (Sandbox, Reader) {
    let sandbox = start("onPremisesSyncEnabled: true\n").await;
    let (reader, _) = open(&sandbox);
    (sandbox, reader)
}

async fn through_graph() -> Place<graph::Tenant> {
    let (sandbox, reader) = sandbox().await;
    let connection = graph::Connection::open(super::graph::contract::settings(&sandbox)).unwrap();
    Place { reader, target: graph::Tenant::new(&connection), sandbox, extent: Extent::OwnGroups }
}

async fn through_directory_sync() -> Place<DirSync<Reader>> {
    let (sandbox, reader) = sandbox().await;
    let root = sandbox.base_url();
    let service = format!("{root}/provisioningservice.svc");
    let app = App {
        tenant: sandbox.tenant_id().to_string(),
        client_id: "5b1e6a0e-8d6a-4f6e-9a57-2f3b8d0c9f10".to_owned(),
        credential: Credential::ClientSecret(Secret::new("any".to_owned())),
    };
    let clock = Arc::new(|| "2026-11-22T09:14:00Z".parse().unwrap());
    let endpoints = dirsync::Endpoints::explicit(root, &service).unwrap();
    let mut settings = dirsync::Settings::new(endpoints, app, clock);
    settings.timeouts.request = Duration::from_hours(1);
    let connection = dirsync::Connection::open(settings).unwrap();
    let target = DirSync::new(&connection, reader.clone(), Known::default());
    Place { sandbox, reader, target, extent: Extent::Synchronised }
}

macro_rules! both_channels {
    ($($name:ident)*) => {
        mod by_graph {
            $(#[tokio::test(start_paused = true)]
            async fn $name() {
                super::$name(super::through_graph().await).await;
            })*
        }
        mod by_directory_sync {
            $(#[tokio::test(start_paused = true)]
            async fn $name() {
                super::$name(super::through_directory_sync().await).await;
            })*
        }
    };
}

both_channels! {
    a_user_is_made_changed_and_changed_back
    a_user_is_blocked_deleted_and_brought_back
    a_user_comes_back_under_another_name
    managers_come_and_go
    groups_get_members_of_every_kind_and_lose_them
    whatever_is_done_twice_is_done_once
    a_lost_answer_makes_no_second_object
    one_step_that_fails_costs_no_other
}

impl<T: Target> Place<T> {
    async fn apply(&self, steps: &[Step]) -> Vec<CloudId> {
        let outcomes = self.target.carry_out(steps).await;
        let done = outcomes.into_iter().zip(steps).map(|(outcome, step)| match outcome {
            Ok(Done::Applied(id) | Done::AlreadySo(id)) => id,
            Err(error) => panic!("{step:?}: {error}"),
        });
        done.collect()
    }

    async fn observe(&self) -> TenantSnapshot {
        self.reader.observe(self.extent, &()).await.unwrap()
    }

    async fn text(&self, id: CloudId, property: Property) -> Option<String> {
        let Ok([Current::User(user)]) =
            <[Current; 1]>::try_from(self.target.current(&[(ObjectKind::User, id)]).await.unwrap())
        else {
            panic!("{id} is no active user")
        };
        user.attributes.text(property.id()).map(str::to_owned)
    }

    async fn members(&self, group: CloudId) -> BTreeSet<CloudId> {
        self.reader.members(group).await.unwrap().into_iter().collect()
    }
}

fn anchor(at: u32) -> Anchor {
    let mut bytes = [9; 16];
    bytes[..4].copy_from_slice(&at.to_be_bytes());
    Anchor::from_guid(Guid::from_bytes(bytes))
}

fn text(value: &str) -> StepValue {
    StepValue::Text(value.to_owned())
}

fn user(at: u32) -> Step {
    let values = vec![
        (Property::UserPrincipalName, text(&format!("person{at}@contoso.com"))),
        (Property::DisplayName, text(&format!("Person <{at}> & \"Co\""))),
        (Property::AccountEnabled, StepValue::Switch(true)),
        (Property::MailNickname, text(&format!("person{at}"))),
        (Property::JobTitle, text("Clerk")),
        (Property::ExtensionAttribute7, text("seven")),
    ];
    Step::CreateUser { anchor: anchor(at), values }
}

fn group(at: u32) -> Step {
    let name = format!("team{at}");
    let values = vec![(Property::DisplayName, text(&name)), (Property::MailNickname, text(&name))];
    Step::CreateGroup { anchor: anchor(at), values }
}

async fn a_user_is_made_changed_and_changed_back<T: Target>(place: Place<T>) {
    let [id] = place.apply(&[user(1)]).await[..] else { panic!() };
    let change = |title: Option<&str>, phone: Option<&str>| Step::UpdateUser {
        id,
        values: vec![
            (Property::JobTitle, title.map(text)),
            (Property::BusinessPhones, phone.map(|it| StepValue::Set(vec![it.to_owned()]))),
            (Property::ExtensionAttribute7, title.map(text)),
        ],
    };
    place.apply(&[change(Some("Köchin 😀 <&>"), Some("+49 1"))]).await;
    assert_eq!(place.text(id, Property::JobTitle).await.as_deref(), Some("Köchin 😀 <&>"));
    assert_eq!(place.text(id, Property::BusinessPhones).await.as_deref(), Some("+49 1"));
    assert_eq!(place.text(id, Property::ExtensionAttribute7).await.as_deref(), Some("Köchin 😀 <&>"));
    place.apply(&[change(None, None)]).await;
    for property in [Property::JobTitle, Property::BusinessPhones, Property::ExtensionAttribute7] {
        assert_eq!(place.text(id, property).await, None, "{property}");
    }
    assert_eq!(place.text(id, Property::DisplayName).await.as_deref(), Some("Person <1> & \"Co\""));
    let [found] = &place.target.find_users(&[anchor(1)]).await.unwrap()[..] else { panic!() };
    assert_eq!(found.as_ref().map(|it| it.id), Some(id));
}

async fn a_user_is_blocked_deleted_and_brought_back<T: Target>(place: Place<T>) {
    let id = place.apply(&[user(1)]).await[0];
    place.apply(&[Step::BlockUser { id }]).await;
    assert_eq!(place.text(id, Property::AccountEnabled).await.as_deref(), Some("false"));
    place.apply(&[Step::UnblockUser { id }]).await;
    assert_eq!(place.text(id, Property::AccountEnabled).await.as_deref(), Some("true"));
    place.apply(&[Step::DeleteUser { id }]).await;
    assert_eq!(place.target.current(&[(ObjectKind::User, id)]).await.unwrap(), [Current::Deleted]);
    assert_eq!(place.target.find_users(&[anchor(1)]).await.unwrap(), [None]);
    let deleted = place.target.deleted_users().await.unwrap();
    assert!(matches!(&deleted[..], [it] if it.id == id && it.deleted_at.is_some()));
    assert_eq!(place.apply(&[Step::Restore { id, name: None, leaves_addresses: false }]).await, [id]);
    let name = place.text(id, Property::UserPrincipalName).await;
    assert_eq!(name.as_deref(), Some("person1@contoso.com"), "without what the recycle bin puts before it");
    assert_eq!(place.text(id, Property::JobTitle).await.as_deref(), Some("Clerk"));
}

async fn a_user_comes_back_under_another_name<T: Target>(place: Place<T>) {
    let with_mail = |at: u32, mail: &str| {
        let Step::CreateUser { anchor, mut values } = user(at) else { panic!() };
        let name = (Property::UserPrincipalName, text("person1@contoso.com"));
        values[0] = name;
        values.push((Property::Mail, text(mail)));
        Step::CreateUser { anchor, values }
    };
    let id = place.apply(&[with_mail(1, "person1@contoso.com")]).await[0];
    place.apply(&[Step::DeleteUser { id }]).await;
    let heir = place.apply(&[with_mail(2, "person1@contoso.com")]).await[0];
    let name = Some("person1.old@contoso.com".to_owned());
    let step = Step::Restore { id, name, leaves_addresses: true };
    assert_eq!(place.apply(std::slice::from_ref(&step)).await, [id]);
    let name = place.text(id, Property::UserPrincipalName).await;
    assert_eq!(name.as_deref(), Some("person1.old@contoso.com"));
    assert_eq!(place.text(id, Property::Mail).await, None);
    assert_eq!(place.text(id, Property::JobTitle).await.as_deref(), Some("Clerk"));
    for property in [Property::UserPrincipalName, Property::Mail] {
        assert_eq!(place.text(heir, property).await.as_deref(), Some("person1@contoso.com"), "{property}");
    }
    let [found] = &place.target.find_users(&[anchor(1)]).await.unwrap()[..] else { panic!() };
    assert_eq!(found.as_ref().map(|it| it.id), Some(id), "the same user, with all that belongs to them");
}

async fn managers_come_and_go<T: Target>(place: Place<T>) {
    let [one, two] = place.apply(&[user(1), user(2)]).await[..] else { panic!() };
    place.apply(&[Step::SetManager { id: one, manager: Some(two) }]).await;
    assert_eq!(place.observe().await.user(one).unwrap().manager, Some(two));
    place.apply(&[Step::SetManager { id: one, manager: None }]).await;
    assert_eq!(place.observe().await.user(one).unwrap().manager, None);
}

async fn groups_get_members_of_every_kind_and_lose_them<T: Target>(place: Place<T>) {
    let people: Vec<Step> = (1..=45).map(user).collect();
    let people = place.apply(&people).await;
    let [outer, inner] = place.apply(&[group(100), group(101)]).await[..] else { panic!() };
    let add = |group: CloudId, members: &[CloudId]| Step::AddMembers { group, members: members.to_vec() };
    // Microsoft Graph takes so many at once.
    let many: Vec<Step> = people.chunks(20).map(|it| add(outer, it)).collect();
    place.apply(&many).await;
    place.apply(&[add(inner, &people[..2])]).await;
    place.apply(&[add(outer, &[inner])]).await;
    let everybody: BTreeSet<CloudId> = people.iter().copied().chain([inner]).collect();
    assert_eq!(place.members(outer).await, everybody);
    let remove: Vec<Step> =
        people[5..].iter().map(|member| Step::RemoveMember { group: outer, member: *member }).collect();
    place.apply(&remove).await;
    let rest: BTreeSet<CloudId> = people[..5].iter().copied().chain([inner]).collect();
    assert_eq!(place.members(outer).await, rest);
    let values = vec![(Property::Description, Some(text("all <hands> & 😀")))];
    place.apply(&[Step::UpdateGroup { id: outer, values }]).await;
    let snapshot = place.observe().await;
    let described = snapshot.group(outer).unwrap().attributes.text(Property::Description.id());
    assert_eq!(described, Some("all <hands> & 😀"));
    assert_eq!(snapshot.group(inner).unwrap().members.len(), 2);
    place.apply(&[Step::DeleteGroup { id: outer }]).await;
    let left = place.target.current(&[(ObjectKind::Group, outer), (ObjectKind::Group, inner)]).await.unwrap();
    assert!(matches!(&left[..], [Current::Deleted | Current::Gone, Current::Group(_)]));
    assert_eq!(place.observe().await.users().iter().filter(|it| it.deleted_at.is_none()).count(), 45);
}

async fn whatever_is_done_twice_is_done_once<T: Target>(place: Place<T>) {
    let [one, two] = place.apply(&[user(1), user(2)]).await[..] else { panic!() };
    let team = place.apply(&[group(9)]).await[0];
    let steps = [
        Step::SetManager { id: one, manager: Some(two) },
        Step::BlockUser { id: two },
        Step::AddMembers { group: team, members: vec![one, two] },
    ];
    place.apply(&steps).await;
    let before = format!("{:?}", place.observe().await);
    assert_eq!(place.apply(&steps).await, [one, two, team]);
    assert_eq!(place.apply(&[group(9)]).await, [team]);
    assert_eq!(format!("{:?}", place.observe().await), before);
    // Whoever is made once more is found, with what was asked for.
    assert_eq!(place.apply(&[user(1)]).await, [one]);
    place.apply(&[Step::RemoveMember { group: team, member: two }]).await;
    place.apply(&[Step::RemoveMember { group: team, member: two }]).await;
    assert_eq!(place.members(team).await, BTreeSet::from([one]));
}

async fn a_lost_answer_makes_no_second_object<T: Target>(place: Place<T>) {
    for at in 0..3 {
        place.sandbox.set_faults(vec![Fault {
            method: Some("POST".to_owned()),
            path: None,
            skip: at,
            times: 1,
            effect: Effect::LostResponse,
        }]);
        let [one, two] = place.apply(&[user(10 + 2 * at), user(11 + 2 * at)]).await[..] else { panic!() };
        let team = place.apply(&[group(100 + at)]).await[0];
        place.apply(&[Step::AddMembers { group: team, members: vec![one, two] }]).await;
        place.sandbox.set_faults(Vec::new());
        assert_eq!(place.members(team).await, BTreeSet::from([one, two]));
    }
    let snapshot = place.observe().await;
    assert_eq!((snapshot.users().len(), snapshot.groups().len()), (6, 3));
}

async fn one_step_that_fails_costs_no_other<T: Target>(place: Place<T>) {
    let ids = place.apply(&[user(1), user(2)]).await;
    let nobody = "00000000-0000-4000-8000-00000000dead".parse().unwrap();
    let title = |id: CloudId, title: &str| Step::UpdateUser {
        id,
        values: vec![(Property::JobTitle, Some(text(title)))],
    };
    let steps = [title(ids[0], "one"), title(ids[1], &"x".repeat(200)), title(nobody, "?"), user(3)];
    let outcomes = place.target.carry_out(&steps).await;
    let went: Vec<bool> = outcomes.iter().map(Result::is_ok).collect();
    assert_eq!(went, [true, false, false, true], "{outcomes:?}");
    assert_eq!(place.text(ids[0], Property::JobTitle).await.as_deref(), Some("one"));
    assert_eq!(place.text(ids[1], Property::JobTitle).await.as_deref(), Some("Clerk"));
}
