//! What is read is what is there.

use std::collections::{BTreeMap, BTreeSet};

use samesign::model::{DirectorySnapshot, Dn, ObjectKind, well_known};
use samesign::source::ldap::{Settings, Transport};

use crate::lab::{BASE, EVERYBODY, Lab, escape};
use crate::oracle::{self, Entry};
use crate::{DIRECTORY, names, settings, whole};

/// The directory as `ldapsearch` sees it, computers left out.
fn expected(lab: &Lab) -> BTreeMap<String, Entry> {
    let names = names();
    let mut arguments = vec!["-b", BASE, "-E", "pr=1000/noprompt"];
    arguments.push("(|(objectClass=user)(objectClass=group)(objectClass=contact))");
    arguments.extend(names.iter().map(|it| it.1).filter(|it| *it != "memberOf"));
    let mut all = oracle::entries(&lab.search_as_service(&arguments));
    all.retain(|_, entry| !entry["objectclass"].contains("computer".as_bytes()));
    all
}

/// The snapshot in the form of the oracle.
fn seen(snapshot: &DirectorySnapshot) -> BTreeMap<String, Entry> {
    let objects = snapshot.objects();
    objects
        .iter()
        .map(|(_, object)| {
            let mut entry = Entry::new();
            for (id, value) in object.attributes.iter() {
                let name = objects.names().name(id).to_ascii_lowercase();
                entry.entry(name).or_default().insert(value.to_vec());
            }
            let read = object.members.iter().map(|it| objects.get(*it).dn.as_str());
            let members: BTreeSet<Vec<u8>> = read
                .chain(object.members_not_read.iter().map(Dn::as_str))
                .map(|it| it.as_bytes().to_vec())
                .collect();
            if !members.is_empty() {
                entry.insert("member".to_owned(), members);
            }
            (object.dn.as_str().to_owned(), entry)
        })
        .collect()
}

fn assert_same(snapshot: &DirectorySnapshot, lab: &Lab) {
    let (seen, expected) = (seen(snapshot), expected(lab));
    let names = |of: &BTreeMap<String, Entry>| of.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&seen), names(&expected));
    for (dn, entry) in &expected {
        assert_eq!(&seen[dn], entry, "{dn}");
    }
}

fn object<'a>(snapshot: &'a DirectorySnapshot, name: &str) -> &'a samesign::model::DirectoryObject {
    let objects = snapshot.objects();
    let dn = format!("{name},{BASE}").parse().unwrap();
    objects.get(objects.find_dn(&dn).unwrap_or_else(|| panic!("{name} is missing")))
}

#[tokio::test]
async fn over_ldaps_it_equals_what_ldapsearch_reads() {
    let _still = DIRECTORY.read().await;
    let lab = Lab::start();
    let snapshot = whole(settings(lab)).await;
    assert!(1900 < snapshot.objects().len());
    assert_same(&snapshot, lab);
}

#[tokio::test]
async fn over_start_tls_it_is_the_same() {
    let _still = DIRECTORY.read().await;
    let lab = Lab::start();
    let snapshot = whole(Settings { transport: Transport::StartTls, ..settings(lab) }).await;
    assert_same(&snapshot, lab);
}

#[tokio::test]
async fn pages_of_any_size_give_the_same() {
    let _still = DIRECTORY.read().await;
    let lab = Lab::start();
    for page_size in [7, 1000] {
        let snapshot = whole(Settings { page_size, ..settings(lab) }).await;
        assert_same(&snapshot, lab);
    }
}

#[tokio::test]
async fn overlapping_bases_give_each_object_once() {
    let _still = DIRECTORY.read().await;
    let lab = Lab::start();
    let bases = ["OU=Staff,", "OU=Groups,", "", "OU=Crowd,"].map(|it| format!("{it}{BASE}").parse().unwrap());
    let snapshot = whole(Settings { search_bases: bases.into(), ..settings(lab) }).await;
    assert_same(&snapshot, lab);
    assert_eq!(snapshot.objects().rejected(), []);
}

#[tokio::test]
async fn bases_apart_give_only_what_lies_below_them() {
    let lab = Lab::start();
    let bases = ["OU=Staff", "OU=Groups"].map(|it| format!("{it},{BASE}").parse().unwrap());
    let snapshot = whole(Settings { search_bases: bases.clone().into(), ..settings(lab) }).await;
    assert!(snapshot.objects().iter().all(|it| bases.iter().any(|base| it.1.dn.is_within(base))));
    assert_eq!(object(&snapshot, "CN=Everybody,OU=Groups").members_not_read.len(), EVERYBODY);
}

#[tokio::test]
async fn a_group_of_1600_has_them_all() {
    let lab = Lab::start();
    let snapshot = whole(settings(lab)).await;
    let everybody = object(&snapshot, "CN=Everybody,OU=Groups");
    assert_eq!((everybody.members.len(), everybody.members_not_read.len()), (EVERYBODY, 0));
}

#[tokio::test]
async fn moved_renamed_deleted_and_strange_objects_are_where_they_belong() {
    let lab = Lab::start();
    let snapshot = whole(settings(lab)).await;
    let account = |name| object(&snapshot, name).attributes.text(well_known::SAM_ACCOUNT_NAME);
    assert_eq!(account("CN=Married Name,OU=Staff"), Some("renamed"));
    assert_eq!(account("CN=Mover,OU=Former"), Some("mover"));
    assert_eq!(object(&snapshot, "CN=Inet,OU=Staff").kind, ObjectKind::User);
    assert!(object(&snapshot, "CN=Anchored,OU=Staff").consistency_anchor().is_some());
    let deleted = |it: &samesign::model::DirectoryObject| {
        it.attributes.text(well_known::SAM_ACCOUNT_NAME) == Some("deleted")
    };
    assert!(!snapshot.objects().iter().any(|it| deleted(it.1)));
    let strangers = object(&snapshot, "CN=Strangers,OU=Groups");
    assert!(strangers.members_not_read[0].as_str().contains("ForeignSecurityPrincipals"));
    let circle =
        |name| snapshot.objects().find_dn(&format!("CN=Circle {name},OU=Groups,{BASE}").parse().unwrap());
    assert!(snapshot.objects().is_member(circle("A").unwrap(), circle("A").unwrap()));
}

#[tokio::test]
async fn the_watermark_says_which_database_and_how_far() {
    let _changing = DIRECTORY.write().await;
    let lab = Lab::start();
    let before = whole(settings(lab)).await.watermark().clone();
    lab.modify(&format!("dn: CN=Clerk,OU=Staff,{BASE}\nchangetype: modify\nreplace: title\ntitle: Clerk\n"));
    let after = whole(settings(lab)).await.watermark().clone();
    assert!(before.highest_usn.unwrap() < after.highest_usn.unwrap());
    assert!(before.invocation_id.is_some());
    assert!(before.domain.is_some());
    assert_eq!(before.domain, after.domain);
    assert_eq!(before.invocation_id, after.invocation_id);
}

#[tokio::test]
async fn what_comes_and_goes_is_seen_and_gone() {
    let _changing = DIRECTORY.write().await;
    let lab = Lab::start();
    let dn = format!("CN={},OU=Former,{BASE}", escape("Temp, (Group) #1"));
    lab.ldif(&format!("dn: {dn}\nobjectClass: group\nsAMAccountName: temp\n"));
    let find = |snapshot: &DirectorySnapshot| snapshot.objects().find_dn(&dn.parse().unwrap());
    assert!(find(&whole(settings(lab)).await).is_some());
    lab.samba_tool(&["group", "delete", "temp"]);
    assert!(find(&whole(settings(lab)).await).is_none());
}

/// Values that do not fit into an answer are asked for by this name.
#[tokio::test]
async fn an_object_is_found_by_its_identity() {
    let lab = Lab::start();
    let snapshot = whole(settings(lab)).await;
    let everybody = object(&snapshot, "CN=Everybody,OU=Groups");
    let base = format!("<GUID={}>", everybody.guid);
    let range = "member;range=1500-*";
    let found =
        oracle::entries(&lab.search_as_service(&["-s", "base", "-b", &base, "(objectClass=*)", range]));
    assert_eq!(found[everybody.dn.as_str()][range].len(), EVERYBODY - 1500);
}
