//! Records of an older version are brought up to date, and nothing in them is lost.

use samesign::model::{Anchor, ObjectKind, PausedChange};
use samesign::state::{State, restore};

use super::{begin, names, run};
use crate::plan::world::world;

/// Made by the first six scripts of the tables.
const VERSION_6: &str = include_str!("version-6.sql");
const TENANT: &str = "5a4db0c5-0000-4000-8000-00000c070500";

/// A file of version 6 in a folder.
fn old(folder: &tempfile::TempDir, name: &str) -> std::path::PathBuf {
    let path = folder.path().join(name);
    rusqlite::Connection::open(&path).unwrap().execute_batch(VERSION_6).unwrap();
    path
}

#[test]
fn records_of_version_6_are_current_once_they_are_opened() {
    let folder = tempfile::tempdir().unwrap();
    old(&folder, "state.db");
    let state = State::open(folder.path()).unwrap();
    let census = state.check().unwrap();
    assert_eq!((census.links, census.runs, census.intents), (3, 1, 0));
    assert!(6 < census.version);
    let links = state.links("contoso", TENANT).unwrap();
    let ada: Anchor = "bg8MXR47VUyfCmofawwaBA==".parse().unwrap();
    let ada = &links.by_anchor[&ada];
    assert_eq!(
        (ada.kind, ada.cloud.to_string().as_str()),
        (ObjectKind::User, "2e78749b-ac67-4ef6-91f3-bab13d23f0c8")
    );
    let (dn, password) = (ada.dn.as_ref().unwrap(), ada.password.unwrap());
    assert_eq!(dn.as_str(), "CN=Ada Lovelace,OU=Staff,DC=corp,DC=contoso,DC=com");
    assert_eq!(
        (password.last_set, password.confirmed_at.as_second()),
        (134_000_000_000_000_000, 1_795_859_100)
    );
    assert!(ada.settled.is_some() && ada.blocked_since.is_none());
    let blocked =
        links.by_anchor.values().filter_map(|it| it.blocked_since.map(|at| (it.kind, at.as_second())));
    assert_eq!(blocked.collect::<Vec<_>>(), [(ObjectKind::Group, 1_795_859_000)]);
    assert!(links.intents.is_empty() && links.reviewed.is_some() && links.stock.is_some());
    let (run, changes) = state.run(1).unwrap().unwrap();
    assert_eq!((run.by.as_str(), run.done, changes.len()), ("kim", 5, 5));
    let told = state.told_alarms().unwrap();
    assert_eq!((told.len(), told[0].text.as_str(), &told[0].to), (1, "2 changes wait", &None));
    assert_eq!(state.silences("contoso").unwrap().len(), 1);
    assert!(matches!(&state.paused("contoso", TENANT).unwrap()[..], [PausedChange { failures: 2, .. }]));
}

#[test]
fn records_of_version_6_take_what_is_new_once_they_are_opened() {
    let folder = tempfile::tempdir().unwrap();
    old(&folder, "state.db");
    let mut state = State::open(folder.path()).unwrap();
    let world = world("ad user ada\nad user bob\ncloud user bob");
    begin(&world, &mut state, None);
    assert_eq!(state.links("contoso", "t").unwrap().intents.len(), 1);
    run(&world, &mut state);
    assert!(state.links("contoso", "t").unwrap().intents.is_empty());
    let mut told = state.told_alarms().unwrap().remove(0);
    told.to = Some(names(&["late"]));
    state.note_told(&told).unwrap();
    assert_eq!(state.told_alarms().unwrap()[0].to, None, "those of before were told too, whoever they were");
    drop(state);
    let state = State::open(folder.path()).unwrap();
    assert_eq!(state.check().unwrap().runs, 3);
    assert_eq!(state.links("contoso", TENANT).unwrap().by_anchor.len(), 3);
}

#[test]
fn a_copy_of_version_6_is_put_back() {
    let (kept, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (census, _) = restore(folder.path(), &old(&kept, "copy.db")).unwrap();
    assert_eq!((census.version, census.links, census.runs, census.intents), (6, 3, 1, 0));
    assert_eq!(State::open(folder.path()).unwrap().check().unwrap().links, 3);
}
