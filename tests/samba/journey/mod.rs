//! The way of a user from a domain controller to a tenant and back to nothing to do, by the program itself.

mod checkup;
mod doubts;
mod events;
mod passwords;
mod synchronised;
pub(crate) mod tenant;
mod wanted;
pub(crate) mod workplace;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use expect_test::expect;
use reqwest::Method;
use serde_json::json;

use self::tenant::{Content, Tenant};
use self::workplace::{Door, Plan, Workplace};
use crate::DIRECTORY;
use crate::lab::{BASE, EVERYBODY, Lab};

/// Says which objects differ, not all of them.
#[track_caller]
fn assert_same(found: &Content, wanted: &Content) {
    for (anchor, user) in &wanted.users {
        assert_eq!(found.users.get(anchor), Some(user));
    }
    for (name, group) in &wanted.groups {
        assert_eq!(found.groups.get(name), Some(group), "{name}");
    }
    let names =
        |of: &Content| of.users.values().map(|it| it["userPrincipalName"].clone()).collect::<Vec<_>>();
    assert_eq!(names(found), names(wanted));
    assert_eq!(found.groups.keys().collect::<Vec<_>>(), wanted.groups.keys().collect::<Vec<_>>());
}

/// A tenant that holds what the shared domain says of its staff.
async fn settled(lab: &Lab) -> (Tenant, Workplace) {
    let tenant = Tenant::start().await;
    let place = Workplace::new(lab, &tenant, Door::Password, &["Staff"]);
    place.apply(0, &["manifests", "--auto-approve"]);
    place.plan(0, &[]);
    (tenant, place)
}

/// Staff, and 1,600 people who are all in one group.
const UNITS: [&str; 2] = ["Staff", "Crowd"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_domain_goes_into_a_tenant_and_stays_the_same() {
    let lab = tokio::task::block_in_place(Lab::own);
    let tenant = Tenant::start().await;
    let place = Workplace::new(&lab, &tenant, Door::Password, &UNITS);
    first_run(&lab, &tenant, &place).await;
    let before = wanted::content(&lab, &UNITS);
    after_a_day_of_changes(&lab, &tenant, &place, &before).await;
    after_a_return(&lab, &tenant, &place, &before).await;
    tenant.assert_cloud_only_untouched().await;
}

async fn first_run(lab: &Lab, tenant: &Tenant, place: &Workplace) {
    let plan = place.plan(2, &[]);
    assert_eq!(place.plan(2, &["--out", "plan.json"]).0, plan.0, "the same inputs give the same bytes");
    assert_eq!(place.samesign(&["plan"]).code, 0);
    assert_eq!(tenant.writes(), 0);
    assert_eq!(plan.changes().len(), plan.count("create") + plan.count("update") + plan.count("members"));
    assert!(1900 < plan.count("create"));
    let applied = place.apply(0, &["plan.json"]);
    assert!(applied.out.ends_with(&format!("applied: {} done\n", plan.changes().len())));
    assert_eq!(place.plan(0, &[]).lines(), "");
    let wanted = wanted::content(lab, &UNITS);
    assert_eq!(wanted.groups["Everybody"].1.len(), EVERYBODY);
    assert_same(&tenant.content().await, &wanted);
}

async fn after_a_day_of_changes(lab: &Lab, tenant: &Tenant, place: &Workplace, before: &Content) {
    let writes = tenant.writes();
    tokio::task::block_in_place(|| {
        events::of_people(lab);
        events::of_groups(lab);
    });
    let plan = place.plan(2, &["--out", "plan.json"]);
    assert_eq!(tenant.writes(), writes);
    assert_day_of_changes(&plan);
    place.apply(0, &["plan.json"]);
    let findings = place.plan(0, &[]).findings("grace");
    let who: Vec<&str> = findings.iter().filter_map(|it| it.split(" on 20").next()).collect();
    expect![[r#"
        user002@corp.example.com: left the directory or the scope: will be deleted
        user005@corp.example.com: left the directory or the scope: will be deleted
        Strangers: left the directory or the scope: will be deleted"#]]
    .assert_eq(&who.join("\n"));
    let mut wanted = wanted::content(lab, &UNITS);
    keep_leavers(before, &mut wanted);
    assert_same(&tenant.content().await, &wanted);
}

fn assert_day_of_changes(plan: &Plan) {
    expect![[r#"
        block user user002@corp.example.com: movedOutOfScope, below none of the policy's bases
        block user user004@corp.example.com: disabledInDirectory
        block user user005@corp.example.com: deletedInDirectory
        block user user006@corp.example.com: expiredInDirectory
        update user guest0000@corp.example.com: attributeDiffers
          displayName Guest 0000 -> Gäste #0 + 1
        update user twin1@corp.example.com: attributeDiffers
          mail null -> twin@corp.example.com
        update user twin2@corp.example.com: attributeDiffers
          mail null -> twin2@corp.example.com
        update user user001@corp.example.com: attributeDiffers
          userPrincipalName user001@corp.example.com -> renamed.one@corp.example.com
        update user user007@corp.example.com: attributeDiffers
          jobTitle Clerk & Co -> Köchin & <Chefin>; "+#"
        update user user008@corp.example.com: attributeDiffers
          givenName User -> null
        create user newcomer@corp.example.com: missingInTenant
          userPrincipalName null -> newcomer@corp.example.com
          displayName null -> 新人 & Co
          accountEnabled null -> true
          surname null -> Comer
          mailNickname null -> newcomer
        unblock user disabled@corp.example.com: enabledInDirectory
        update user clerk@corp.example.com: attributeDiffers
          manager <boss@corp.example.com> -> <awkward3@corp.example.com>
        update user user009@corp.example.com: attributeDiffers
          manager null -> <boss@corp.example.com>
        create group Newer: missingInTenant
          displayName null -> Newer
          mailNickname null -> Newer
        update group Team 2: attributeDiffers
          description null -> Second & <last>
        update group Team 9: attributeDiffers
          displayName Team 9 -> Team <Nine>
        members group Empty: membersDiffer
          + Team 8
        members group Newer: membersDiffer
          + Circle A
          + newcomer@corp.example.com
        members group Team 1: membersDiffer
          + clerk@corp.example.com
          + user100@corp.example.com
        members group All Teams: membersDiffer
          - Team 8
        members group Team 0: membersDeparted
          - user002@corp.example.com
          - user005@corp.example.com
        members group Team 1: membersDiffer
          - user030@corp.example.com
    "#]]
    .assert_eq(&plan.lines());
}

async fn after_a_return(lab: &Lab, tenant: &Tenant, place: &Workplace, before: &Content) {
    let returned = before.users.iter().find(|it| it.1["userPrincipalName"] == "user005@corp.example.com");
    let returned = returned.unwrap().0;
    let guid = STANDARD.decode(returned).unwrap();
    tokio::task::block_in_place(|| events::of_return(lab, &guid));
    let plan = place.plan(2, &["--out", "plan.json"]);
    expect![[r#"
        update user user005@corp.example.com: attributeDiffers
          givenName User -> null
          surname user005 -> null
          jobTitle Clerk & Co -> null
          department Department 5 -> null
          employeeId 5 -> null
        unblock user user002@corp.example.com: returned
        unblock user user005@corp.example.com: returned
        members group Team 0: membersDiffer
          + user002@corp.example.com
    "#]]
    .assert_eq(&plan.lines());
    place.apply(0, &["plan.json"]);
    place.plan(0, &[]);
    let mut wanted = wanted::content(lab, &UNITS);
    keep_leavers(before, &mut wanted);
    // The service cannot clear an address.
    let user = wanted.users.get_mut(returned).unwrap();
    user.insert("mail", "user005@corp.example.com".to_owned());
    assert_same(&tenant.content().await, &wanted);
}

/// Who left is blocked and in no group, and otherwise as before, until the grace period ends.
fn keep_leavers(before: &Content, wanted: &mut Content) {
    for (anchor, user) in &before.users {
        wanted.users.entry(anchor.clone()).or_insert_with(|| {
            let mut user = user.clone();
            user.insert("accountEnabled", "false".to_owned());
            user
        });
    }
    wanted.groups.entry("Strangers".to_owned()).or_default();
}

/// The bind belongs to what a plan is made with, so the id is another one than with a password.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_kerberos_it_is_the_same() {
    let _still = DIRECTORY.read().await;
    let lab = tokio::task::block_in_place(Lab::start);
    let tenant = Tenant::start().await;
    let places = [Door::Password, Door::Keytab, Door::Cache]
        .map(|door| Workplace::new(lab, &tenant, door, &["Staff"]));
    let [password, keytab, cache] = places.each_ref().map(|it| it.plan(2, &["--out", "plan.json"]));
    assert_eq!(password.changes(), keytab.changes());
    assert_eq!(keytab.changes(), cache.changes());
    assert_eq!(keytab.id(), cache.id());
    places[1].apply(0, &["plan.json"]);
    assert_same(&tenant.content().await, &wanted::content(lab, &["Staff"]));
    for place in &places {
        place.plan(0, &[]);
    }
    // What was planned through another door has been done meanwhile: nothing is done twice.
    let writes = tenant.writes();
    places[2].apply(0, &["plan.json"]);
    assert_eq!(tenant.writes(), writes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_typo_in_the_filter_removes_nobody() {
    let _still = DIRECTORY.read().await;
    let lab = tokio::task::block_in_place(Lab::start);
    let (tenant, place) = settled(lab).await;
    let (content, writes) = (tenant.content().await, tenant.writes());
    place.set_policy(&["Staff"], "(maill=*)");
    let plan = place.plan(3, &["--out", "plan.json"]);
    // For whoever is blocked already, approving only begins the grace period.
    assert_eq!(plan.count("block"), plan.changes().len());
    assert!(300 < plan.changes().len() && plan.changes().iter().all(|it| !it["held"].is_null()));
    place.apply(3, &["plan.json"]);
    place.apply(3, &["manifests", "--auto-approve"]);
    assert_eq!(tenant.writes(), writes);
    assert_eq!(tenant.content().await, content);
    place.set_policy(&["Stafff"], "(objectClass=*)");
    let plan = place.plan(3, &[]);
    assert!(plan.changes().iter().all(|it| it["because"]["reason"] == "policyChanged"));
    expect!["OU=Stafff,DC=corp,DC=example,DC=com: the scope names it, the directory does not have it: correct the policy, or let the account of samesign read it"]
        .assert_eq(&plan.findings("scope").join("\n"));
    place.set_policy(&["Staff"], "(objectClass=*)");
    assert_eq!(place.plan(0, &[]).findings("scope"), [""; 0]);
    assert_eq!(tenant.writes(), writes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_moved_since_the_plan_is_refused_and_the_rest_applied() {
    let _still = DIRECTORY.read().await;
    let lab = tokio::task::block_in_place(Lab::start);
    let (tenant, place) = settled(lab).await;
    let (one, other, gone) =
        ("user020@corp.example.com", "user021@corp.example.com", "user022@corp.example.com");
    tenant.patch_user(one, json!({"jobTitle": "Drifted"})).await;
    tenant.patch_user(other, json!({"jobTitle": "Drifted", "department": null})).await;
    tenant.send(Method::DELETE, &format!("/users/{gone}"), None).await;
    let plan = place.plan(2, &["--out", "plan.json"]);
    expect![[r#"
        restore user user022@corp.example.com: inRecycleBin
        update user user020@corp.example.com: driftedInTenant
          jobTitle Drifted -> Clerk & Co
        update user user021@corp.example.com: driftedInTenant
          jobTitle Drifted -> Clerk & Co
          department null -> Department 0
        members group Team 0: driftedInTenant
          + user022@corp.example.com
    "#]]
    .assert_eq(&plan.lines());
    tenant.patch_user(one, json!({"jobTitle": "Moved again"})).await;
    let ran = place.apply(1, &["plan.json"]);
    let outcome = ran.out.split_once("\n\n").unwrap().1;
    expect![[r#"
        + user   user022@corp.example.com  in the tenant's recycle bin: restore
        ~ user   user021@corp.example.com  drifted in the tenant
            jobTitle           "Drifted" -> "Clerk & Co"
            department         (none) -> "Department 0"
        ~ group  Team 0                    drifted in the tenant
            members            + user022@corp.example.com
                               30 after
        ? user   twin1@corp.example.com: mail is left alone: mail is also claimed by CN=Twin Two,OU=Staff,DC=corp,DC=example,DC=com: change one of them in the directory
        ? user   twin2@corp.example.com: mail is left alone: mail is also claimed by CN=Twin One,OU=Staff,DC=corp,DC=example,DC=com: change one of them in the directory
        . 2 cloud-only objects left alone

        plan: 1 to add, 2 to change, 0 to block, 0 to delete; 0 held; 2 left alone
        guards: clear (0 removals; limit 5 or 2 %)
        refused  change user user020@corp.example.com: it moved since the plan was made
                   jobTitle: "Drifted" -> "Clerk & Co" in the plan; "Moved again" -> "Clerk & Co" now
        done     restore user user022@corp.example.com
        done     change user user021@corp.example.com
        same     change members of group Team 0: the tenant was already so
        applied: 3 done, 1 refused because they moved
    "#]]
    .assert_eq(outcome);
    let content = tenant.content().await;
    let by_name = |name: &str| content.users.values().find(|it| it["userPrincipalName"] == name).unwrap();
    assert_eq!(by_name(one)["jobTitle"], "Moved again");
    assert_eq!(
        (&*by_name(other)["jobTitle"], &*by_name(other)["department"]),
        ("Clerk & Co", "Department 0")
    );
    place.plan(2, &["--out", "plan.json"]);
    place.apply(0, &["plan.json"]);
    place.plan(0, &[]);
    assert_same(&tenant.content().await, &wanted::content(lab, &["Staff"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plain_user_of_the_domain_is_enough() {
    let lab = tokio::task::block_in_place(Lab::start);
    let filter = "(sAMAccountName=svc-samesign)";
    let rights = ["memberOf", "primaryGroupID", "adminCount", "userAccountControl", "sIDHistory"];
    let found = lab.search_as_service(&[&["-b", BASE, filter][..], &rights].concat());
    // 513 is Domain Users, 66048 a normal account whose password does not expire.
    expect![[r#"
        dn: CN=svc-samesign,CN=Users,DC=corp,DC=example,DC=com
        userAccountControl: 66048
        primaryGroupID: 513"#]]
    .assert_eq(found.split_once("\n\n").unwrap().0);
    let said = lab.refusal_to_service(&format!(
        "dn: CN=Boss,OU=Staff,{BASE}\nchangetype: modify\nreplace: title\ntitle: Clerk\n"
    ));
    assert!(said.contains("Insufficient access"), "{said}");
}
