//! Password hashes over the replication protocol: those that Samba itself shows, from two domain controllers.

use std::collections::BTreeMap;
use std::path::PathBuf;

use expect_test::expect;
use samesign::model::{Guid, Secret};
use samesign::source::drs::{
    Account, AccountChange, LastSet, PasswordChange, Replica, ReplicationError, Rights, Settings,
};
use samesign::source::{Kerberos, ServerAddress};
use samesign::wire::drsuapi::Cursor;

use crate::lab::{BASE, Lab, Pair, SERVICE_PASSWORD, new_password};
use crate::{chain, oracle};

fn clock() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

fn ntlm(user: &str, password: &str) -> Account {
    Account::Password { user: user.to_owned(), password: Secret::new(password.to_owned()), clock }
}

fn kerberos(lab: &Lab) -> Account {
    kerberos_by(Some(lab.keytab.clone()), None)
}

fn kerberos_by(keytab: Option<PathBuf>, password: Option<&str>) -> Account {
    Account::Kerberos(Kerberos {
        principal: "svc-replica@CORP.EXAMPLE.COM".to_owned(),
        keytab,
        password: password.map(|it| Secret::new(it.to_owned())),
        cache: None,
        kdc: None,
        clock,
    })
}

fn address(lab: &Lab) -> ServerAddress {
    ServerAddress { host: lab.address.clone(), port: None, tls_name: Some(lab.host()) }
}

fn replica(account: Account, labs: &[&Lab]) -> Replica {
    let servers = labs.iter().map(|it| address(it)).collect();
    // Several pages, so that there is a middle.
    Replica::new(Settings { servers, page_size: 500, ..Settings::new(Lab::DOMAIN.to_owned(), account) })
}

fn both_rights(labs: &[&Lab]) -> Replica {
    replica(ntlm("svc-replica@corp.example.com", SERVICE_PASSWORD), labs)
}

type Hashes = BTreeMap<Guid, [u8; 16]>;

/// The hashes in the database of a controller, by Samba's own tool.
fn expected(lab: &Lab) -> Hashes {
    let filter = "(sAMAccountName=*)";
    let arguments = ["-b", BASE, "-E", "pr=1000/noprompt", filter, "sAMAccountName", "objectGUID"];
    let mut guids = BTreeMap::new();
    for entry in oracle::entries(&lab.search_as_service(&arguments)).into_values() {
        let first = |name: &str| entry.get(name).and_then(|it| it.first()).cloned();
        if let (Some(name), Some(guid)) = (first("samaccountname"), first("objectguid")) {
            guids.insert(String::from_utf8(name).unwrap(), Guid::from_value(&guid).unwrap());
        }
    }
    let hash = |text: &str| u128::from_str_radix(text, 16).ok().map(u128::to_be_bytes);
    let shown = lab.pdbedit(&["-L", "-w"]);
    let fields = shown.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let guid =
        |name: &str| *guids.get(name).unwrap_or_else(|| panic!("pdbedit shows {name:?}, of {}", guids.len()));
    // Guest, which has no password, is shown under the name of an account of the machine.
    let with_hash = fields.filter_map(|it| Some((it[0], hash(it[3])?)));
    with_hash.map(|(name, hash)| (guid(name), hash)).collect()
}

/// Everything, with the hashes revealed to be compared.
async fn read(replica: &mut Replica, since: Option<&Cursor>) -> (Hashes, Vec<Guid>, Cursor) {
    let (mut hashes, mut all) = (Hashes::new(), Vec::new());
    let cursor = replica.changes(since, &mut |it| keep(it, &mut hashes, &mut all)).await;
    let cursor = cursor.unwrap_or_else(|error| panic!("{}", chain(&error)));
    (hashes, all, cursor)
}

fn keep(account: AccountChange, hashes: &mut Hashes, all: &mut Vec<Guid>) {
    all.push(account.guid);
    if let PasswordChange::Set { hash, changed } = account.password {
        assert!(changed.is_some());
        hashes.insert(account.guid, *hash.reveal());
    }
}

fn guid_of(lab: &Lab, name: &str) -> Guid {
    let found = lab.search_as_service(&["-b", BASE, &format!("(cn={name})"), "objectGUID"]);
    let entry = oracle::entries(&found).into_values().next().unwrap();
    Guid::from_value(entry["objectguid"].first().unwrap()).unwrap()
}

fn set_password(lab: &Lab, name: &str, password: &str) {
    lab.modify(&format!("dn: CN={name},OU=Staff,{BASE}\n{}\n", new_password(password)));
}

async fn failure(mut replica: Replica) -> ReplicationError {
    let result = replica.changes(None, &mut |_| panic!("somebody's account is handed over")).await;
    result.map(|_| ()).unwrap_err()
}

fn said(error: &ReplicationError, labs: &[&Lab]) -> String {
    let mut text = [chain(error), error.hints().join("\n")].join("\n");
    for (lab, name) in labs.iter().zip(["DC1", "DC2"]) {
        text = text.replace(&lab.address, name);
    }
    text
}

#[tokio::test]
async fn hashes_are_those_that_pdbedit_shows_over_ntlm_and_kerberos_from_both_controllers() {
    let pair = Pair::start();
    let expected_hashes = expected(&pair.one);
    assert!(Pair::PEOPLE < expected_hashes.len());
    for lab in [&pair.one, &pair.two] {
        for account in [
            ntlm("svc-replica@corp.example.com", SERVICE_PASSWORD),
            ntlm("CORP\\svc-replica", SERVICE_PASSWORD),
            ntlm("svc-replica", SERVICE_PASSWORD),
            kerberos(lab),
            kerberos_by(None, Some(SERVICE_PASSWORD)),
        ] {
            let mut replica = replica(account, &[lab]);
            let (hashes, all, _) = read(&mut replica, None).await;
            assert!(hashes == expected_hashes, "{} of {}", hashes.len(), expected_hashes.len());
            assert!(1900 < all.len());
        }
    }
}

#[tokio::test]
async fn page_by_page_the_hashes_are_the_same_and_nobody_elses_come() {
    let pair = Pair::start();
    let mut expected = expected(&pair.one);
    expected.pop_first();
    let wanted = expected.keys().copied().collect();
    for account in [ntlm("CORP\\svc-replica", SERVICE_PASSWORD), kerberos(&pair.one)] {
        let mut replica = replica(account, &[&pair.one]);
        let (mut hashes, mut all, mut objects) = (Hashes::new(), Vec::new(), 0);
        let mut next = Some(Cursor::default());
        while let Some(since) = next {
            let page =
                replica.page(&since, &wanted).await.unwrap_or_else(|error| panic!("{}", chain(&error)));
            page.accounts.into_iter().for_each(|it| keep(it.unwrap(), &mut hashes, &mut all));
            objects += page.objects;
            next = page.next;
        }
        assert!(hashes == expected && all.len() == expected.len(), "{} of {}", hashes.len(), expected.len());
        // The binding was kept, and there was a middle.
        assert_eq!((replica.objects(), 2 < replica.requests()), (objects, true));
    }
}

#[tokio::test]
async fn an_idle_cycle_returns_nothing_and_costs_one_request() {
    let pair = Pair::start();
    let mut replica = both_rights(&[&pair.one]);
    let (_, _, cursor) = read(&mut replica, None).await;
    let before = (replica.requests(), replica.objects());
    let (_, all, next) = read(&mut replica, Some(&cursor)).await;
    assert_eq!((all.len(), replica.requests() - before.0, replica.objects() - before.1), (0, 1, 0));
    assert!(next == cursor);
    let recorded = Cursor::from_bytes(&cursor.to_bytes()).unwrap();
    // Another controller knows from the same cursor that there is nothing new.
    let mut other = both_rights(&[&pair.two]);
    let (_, all, _) = read(&mut other, Some(&recorded)).await;
    assert_eq!((all.len(), other.requests(), other.objects()), (0, 1, 0));
}

#[tokio::test]
async fn one_account_is_read_as_it_is() {
    let pair = Pair::start();
    let expected = expected(&pair.one);
    for account in [ntlm("CORP\\svc-replica", SERVICE_PASSWORD), kerberos(&pair.one)] {
        let mut replica = replica(account, &[&pair.one]);
        let guids = ["User 000", "User 001", "Everybody", "Disabled"].map(|it| guid_of(&pair.one, it));
        let nobody = Guid::from_bytes([7; 16]);
        let found = replica.accounts(&[&guids[..], &[nobody]].concat()).await.unwrap();
        let found: Vec<Option<AccountChange>> = found.into_iter().map(Result::unwrap).collect();
        let [Some(usual), Some(must_change), None, Some(disabled), None] = &found[..] else {
            panic!("{:?}", found.iter().map(Option::is_some).collect::<Vec<_>>());
        };
        let PasswordChange::Set { hash, changed } = &usual.password else { panic!("no hash") };
        assert!(*hash.reveal() == expected[&guids[0]]);
        assert!(
            matches!(usual.last_set, Some(LastSet::At(at)) if (at - changed.unwrap()).get_seconds().abs() < 2)
        );
        assert_eq!(must_change.last_set, Some(LastSet::MustChange));
        assert_eq!((usual.control, disabled.control.map(|it| it & 2)), (Some(544), Some(2)));
        assert!(matches!(disabled.password, PasswordChange::NotSent | PasswordChange::Removed));
        assert!(!usual.is_deleted);
    }
}

#[tokio::test]
async fn what_changes_comes_and_nothing_else_also_from_the_other_controller() {
    let pair = Pair::own();
    let mut replica = both_rights(&[&pair.one, &pair.two]);
    let (_, _, cursor) = read(&mut replica, None).await;
    set_password(&pair.one, "User 007", "An0ther pässword");
    pair.one
        .modify(&format!("dn: CN=User 008,OU=Staff,{BASE}\nchangetype: modify\nreplace: title\ntitle: x\n"));
    let changed = guid_of(&pair.one, "User 007");
    let (hashes, all, next) = read(&mut replica, Some(&cursor)).await;
    assert_eq!(all, [changed]);
    assert!(hashes[&changed] == expected(&pair.one)[&changed]);
    pair.replicate();
    pair.one.stop();
    // The binding broke, and the vector of the cursor is all that the other one needs.
    let (_, all, _) = read(&mut replica, Some(&cursor)).await;
    assert_eq!(all, [changed]);
    let (_, all, _) = read(&mut replica, Some(&next)).await;
    assert_eq!(all, []);
    assert!(replica.server().unwrap().starts_with(&pair.two.address));
    pair.two.samba_tool(&["user", "delete", "user009"]);
    let mut seen = Vec::new();
    replica.changes(Some(&next), &mut |it| seen.push(it)).await.unwrap();
    let [deleted] = &seen[..] else { panic!("{} objects", seen.len()) };
    assert!(deleted.is_deleted && matches!(deleted.password, PasswordChange::Removed));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_controller_that_dies_in_the_middle_is_replaced_by_the_other() {
    let pair = Pair::own();
    for account in [ntlm("CORP\\svc-replica", SERVICE_PASSWORD), kerberos(&pair.two)] {
        let mut replica = replica(account, &[&pair.one, &pair.two]);
        let (mut hashes, mut all, mut is_dead) = (Hashes::new(), Vec::new(), false);
        let mut on = |it| {
            if !std::mem::replace(&mut is_dead, true) {
                pair.one.stop();
            }
            keep(it, &mut hashes, &mut all);
        };
        let cursor = replica.changes(None, &mut on).await.unwrap_or_else(|error| panic!("{}", chain(&error)));
        assert!(hashes == expected(&pair.two));
        assert!(replica.server().unwrap().starts_with(&pair.two.address));
        let (_, all, _) = read(&mut replica, Some(&cursor)).await;
        assert_eq!(all, []);
        pair.one.while_stopped(|_| ());
    }
}

#[tokio::test]
async fn missing_rights_are_named_with_what_grants_them() {
    let pair = Pair::own();
    let labs = [&pair.one, &pair.two];
    let half = || replica(ntlm("CORP\\svc-half", SERVICE_PASSWORD), &labs);
    assert_eq!(half().rights().await.unwrap(), Rights { changes: true, secrets: false });
    expect![[r#"
        DC1:49153 lets CORP\svc-half read no password hashes: the account lacks the right "Replicating Directory Changes All" on DC=corp,DC=example,DC=com itself
        on a domain controller with Samba: samba-tool dsacl set --action=allow --car=get-changes-all --objectdn="DC=corp,DC=example,DC=com" --trusteedn="CN=svc-half,CN=Users,DC=corp,DC=example,DC=com"
        on a domain controller with Windows: dsacls "DC=corp,DC=example,DC=com" /G "CORP\svc-half:CA;Replicating Directory Changes All""#]]
    .assert_eq(&said(&failure(half()).await, &labs));
    let later = || replica(ntlm("svc-later@corp.example.com", SERVICE_PASSWORD), &labs);
    assert_eq!(later().rights().await.unwrap(), Rights { changes: false, secrets: false });
    expect![[r#"
        DC1:49153 lets svc-later@corp.example.com read no password hashes: the account lacks the rights "Replicating Directory Changes" and "Replicating Directory Changes All" on DC=corp,DC=example,DC=com itself
        on a domain controller with Samba: samba-tool dsacl set --action=allow --car=get-changes --objectdn="DC=corp,DC=example,DC=com" --trusteedn="CN=svc-later,CN=Users,DC=corp,DC=example,DC=com" && samba-tool dsacl set --action=allow --car=get-changes-all --objectdn="DC=corp,DC=example,DC=com" --trusteedn="CN=svc-later,CN=Users,DC=corp,DC=example,DC=com"
        on a domain controller with Windows: dsacls "DC=corp,DC=example,DC=com" /G "svc-later@corp.example.com:CA;Replicating Directory Changes" /G "svc-later@corp.example.com:CA;Replicating Directory Changes All""#]]
    .assert_eq(&said(&failure(later()).await, &labs));
    let missing = later().missing_rights().await.unwrap().unwrap();
    for command in missing.samba_commands() {
        pair.one.type_in(&command);
    }
    assert_eq!(later().missing_rights().await.unwrap(), None);
    let (hashes, _, _) = read(&mut later(), None).await;
    assert!(hashes == expected(&pair.one));
}

#[tokio::test]
async fn a_refused_password_is_tried_once() {
    let pair = Pair::start();
    let labs = [&pair.one, &pair.two];
    let wrong = replica(ntlm("svc-half@corp.example.com", "wrong"), &labs);
    expect![[r#"
        DC1:49153 refuses svc-half@corp.example.com: the user name or the password is wrong, or the account may not sign in
    "#]]
    .assert_eq(&said(&failure(wrong).await, &labs));
    let by_ticket = replica(kerberos_by(None, Some("wrong")), &labs);
    expect![[r#"
        no Kerberos ticket for DC1 as svc-replica@CORP.EXAMPLE.COM
        the key distribution centre refuses: the password is wrong, or was changed after the keytab was exported (24)
    "#]].assert_eq(&said(&failure(by_ticket).await, &labs));
    let nobody = replica(ntlm("CORP\\nobody", "wrong"), &labs);
    expect![[r#"
        DC1:49153 refuses CORP\nobody: the user name or the password is wrong, or the account may not sign in
    "#]]
    .assert_eq(&said(&failure(nobody).await, &labs));
}

#[tokio::test]
async fn a_read_only_controller_is_refused_and_another_asked() {
    let pair = Pair::start();
    let read_only = Lab::read_only();
    let account = || ntlm("svc-replica@corp.example.com", SERVICE_PASSWORD);
    let error = failure(replica(account(), &[&read_only])).await;
    let text = said(&error, &[]).replace(&read_only.address, "DC3");
    expect![[r#"
        DC3:49153 gives no password hashes: it is a read-only domain controller, or its outbound replication is off; list one that can be written to
        name a domain controller that can be written to in `servers` of the Directory"#]].assert_eq(&text);
    let mut replica = replica(account(), &[&read_only, &pair.one]);
    let guid = guid_of(&pair.one, "User 000");
    assert!(matches!(replica.accounts(&[guid]).await.unwrap()[..], [Ok(Some(_))]));
    assert!(replica.server().unwrap().starts_with(&pair.one.address));
}
