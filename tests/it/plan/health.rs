//! Readings of the directory that are doubtful: what gives them away, what waits, and what goes on.

use std::fmt::Write as _;

use expect_test::expect;
use samesign::model::{ObjectKind, Watermark};
use samesign::plan::{About, Symptom};
use samesign::policy::Base;

use super::world::{World, check_world, guid, world, world_read_at};

/// So many people whom both sides have.
fn crowd(people: usize) -> String {
    let mut text = String::new();
    for number in 0..people {
        writeln!(text, "ad user p{number}\ncloud user p{number}").unwrap();
    }
    text
}

fn symptoms(world: &World) -> Vec<String> {
    world.plan().report.symptoms.iter().map(ToString::to_string).collect()
}

/// What is doubtful about `now` people after `before`.
fn fewer(before: usize, now: usize) -> usize {
    symptoms(&world(&crowd(now)).since(&world(&crowd(before)))).len()
}

#[test]
fn far_fewer_objects_are_doubtful_and_a_few_less_are_not() {
    assert_eq!(fewer(20, 10), 0, "up to the floor, the share does not count");
    assert_eq!(fewer(20, 9), 1);
    assert_eq!(fewer(200, 180), 0, "ten percent are not more than ten percent");
    assert_eq!(fewer(200, 179), 1);
    assert_eq!(fewer(1, 0), 1, "none left is always doubtful");
    assert_eq!(fewer(10, 200), 0);
}

/// Every title is gone, of so many people who had one.
fn titles_gone(people: usize) -> World {
    let (mut before, mut now) = (String::new(), String::new());
    for number in 0..people {
        writeln!(before, "ad user p{number} title=Clerk\ncloud user p{number} jobTitle=Clerk").unwrap();
        writeln!(now, "ad user p{number}\ncloud user p{number} jobTitle=Clerk").unwrap();
    }
    world(&now).since(&world(&before))
}

#[test]
fn an_attribute_that_vanished_everywhere_is_doubtful_from_five_people_on() {
    assert_eq!(symptoms(&titles_gone(4)), [""; 0]);
    expect![[r#"
        [
            "no user has `title` any more, 5 had it at the last good reading",
        ]
    "#]]
    .assert_debug_eq(&symptoms(&titles_gone(5)));
    assert_eq!(titles_gone(4).held(), [""; 0]);
    assert_eq!(titles_gone(5).held().len(), 5);
}

/// It could never be noticed later: a group that leaves is not blocked, and neither is who is blocked already.
#[test]
fn no_grace_period_begins_with_a_doubtful_reading() {
    let groups = "ad group one\ncloud group one\nad group two\ncloud group two\n";
    let people = "cloud user off accountEnabled=false\nad user ada\ncloud user ada\n";
    let before = format!("ad user off userAccountControl=514\n{people}{groups}");
    let now = world(&format!("{people}cloud group one\ncloud group two")).since(&world(&before));
    let planned = now.plan();
    assert_eq!(planned.report.departed, []);
    assert!(planned.report.is_doubted(planned.plan.changes().iter()));
    expect![[r#"
        directoryHealth: block off@contoso.com
        directoryHealth: block one
        directoryHealth: block two"#]]
    .assert_eq(&now.held().join("\n"));
    let trusted = world(&format!("{people}cloud group one\ncloud group two"));
    assert_eq!((trusted.held().len(), trusted.plan().report.departed.len()), (0, 3));
}

#[test]
fn an_attribute_that_left_with_its_people_is_not_missed() {
    let few = "ad user a title=Clerk\nad user b title=Clerk\n".to_owned();
    let more = few.clone() + "ad user c title=Clerk\nad user d title=Clerk\nad user e title=Clerk\n";
    let left = |before: &str| world(&crowd(20)).since(&world(&(crowd(20) + before)));
    assert_eq!(symptoms(&left(&few)), [""; 0]);
    assert_eq!(symptoms(&left(&more)), [""; 0]);
}

#[test]
fn an_attribute_that_nobody_asks_for_any_more_is_not_missed() {
    let mut world = world(&crowd(5)).since(&world(&crowd(5)));
    let stock = world.links.stock.as_mut().unwrap();
    stock.values.insert((ObjectKind::User, "pager".into()), 50);
    assert_eq!(symptoms(&world), [""; 0]);
}

#[test]
fn an_answer_without_any_user_is_one_symptom_and_holds_everybody() {
    let text =
        "ad group staff member=ada,bob\ncloud user ada\ncloud user bob\ncloud group staff members=ada,bob";
    let before = format!("ad user ada\nad user bob\n{text}");
    check_world(
        &world(text).since(&world(&before)),
        &expect![[r#"
            ! user   ada@contoso.com         held: the reading of the directory is doubtful: no user was read, the last good reading had 2
                block: deleted in AD: block sign-in now, delete on 2026-12-06
            ! user   bob@contoso.com         held: the reading of the directory is doubtful: no user was read, the last good reading had 2
                block: deleted in AD: block sign-in now, delete on 2026-12-06
            ! group  staff                   held: the reading of the directory is doubtful: no user was read, the last good reading had 2
                members: members left
                members            - ada@contoso.com
                                   - bob@contoso.com
                                   0 after
            ? health corp: no user was read, the last good reading had 2 (source: dc1.contoso.com); look whether the account of samesign may still read all of them, or the export ended early

            plan: 0 to add, 0 to change, 0 to block, 0 to delete; 3 held; 0 left alone
            guards: held by directoryHealth (3): removals, and values taken away, wait for a reading of the directory that can be trusted
            to approve exactly what is held: samesign apply … --approve sha256:3c4075f9ba9ba43c2dc230d5a134a6f7f14fee35978af0a427191cb1cd841739
            to approve some of it: samesign plan … --out FILE, then samesign approve FILE --what WHO
        "#]],
    );
}

#[test]
fn a_canary_that_is_not_read_is_doubtful_until_it_is_back() {
    let mut world = world("ad user ada\ncloud user ada\ncloud user eve");
    world.policy.guards.directory.canaries = vec![
        "CN=ada,OU=Staff,DC=contoso,DC=com".parse().unwrap(),
        "OU=Staff,DC=contoso,DC=com".parse().unwrap(),
    ];
    assert_eq!(symptoms(&world), [""; 0], "people and units can be canaries");
    world.policy.guards.directory.canaries.push("CN=canary,OU=Staff,DC=contoso,DC=com".parse().unwrap());
    check_world(
        &world,
        &expect![[r#"
            ! user   eve@contoso.com         held: the reading of the directory is doubtful: the canary CN=canary,OU=Staff,DC=contoso,DC=com was not read
                block: deleted in AD: block sign-in now, delete on 2026-12-06
            ? health corp: the canary CN=canary,OU=Staff,DC=contoso,DC=com was not read (source: dc1.contoso.com); look whether the account of samesign may still read its container; if it was deleted or moved, correct `guards.directory.canaries`

            plan: 0 to add, 0 to change, 0 to block, 0 to delete; 1 held; 0 left alone
            guards: held by directoryHealth (1): removals, and values taken away, wait for a reading of the directory that can be trusted
            to approve exactly what is held: samesign apply … --approve sha256:cc022930aff45062b4cd8c7deec536ad828371f5cfbaa16473f4e6a132bfb2e8
            to approve some of it: samesign plan … --out FILE, then samesign approve FILE --what WHO
        "#]],
    );
    world.policy.guards.directory.canaries.pop();
    assert_eq!(world.held(), [""; 0]);
}

fn read_at(domain: &str, database: &str, usn: u64) -> World {
    let watermark = Watermark {
        server: "dc1.contoso.com".to_owned(),
        invocation_id: Some(guid(database)),
        highest_usn: Some(usn),
        domain: (!domain.is_empty()).then(|| guid(domain)),
    };
    world_read_at("ad user ada title=Clerk\ncloud user ada\ncloud user eve\nad user new", watermark)
}

#[test]
fn another_domain_is_doubtful() {
    let before = read_at("contoso", "dc1", 7);
    assert_eq!(symptoms(&read_at("contoso", "dc1", 7).since(&before)), [""; 0]);
    assert_eq!(symptoms(&read_at("", "dc1", 7).since(&before)), [""; 0], "an export may not say which it is");
    let other = read_at("fabrikam", "dc9", 7).since(&before);
    let planned = other.plan();
    let health = planned.report.findings.iter().find(|it| it.about == About::Health).unwrap();
    expect!["this is another domain: its objectGUID is cee0280e-2693-b642-d195-426f71011429, it was 4535c635-a88b-78b3-03ca-028f87576cbe at the last good reading (source: dc1.contoso.com); correct `domain`, `servers` or `path` of the Directory"].assert_eq(&health.text);
    expect!["this is another domain: its objectGUID is cee0280e-2693-b642-d195-426f71011429, it was 4535c635-a88b-78b3-03ca-028f87576cbe at the last good reading"].assert_eq(&symptoms(&other).join("\n"));
    // Whoever looks like somebody of ours is somebody else.
    assert_eq!(
        other.held(),
        ["directoryHealth: block eve@contoso.com", "directoryHealth: create new@contoso.com"]
    );
    assert_eq!(other.free(), ["update ada@contoso.com"]);
}

#[test]
fn a_database_that_went_back_is_doubtful_and_another_one_is_not() {
    let before = read_at("contoso", "dc1", 5000);
    assert_eq!(symptoms(&read_at("contoso", "dc1", 5000).since(&before)), [""; 0]);
    assert_eq!(symptoms(&read_at("contoso", "dc2", 7).since(&before)), [""; 0]);
    let older = read_at("contoso", "dc1", 4999).since(&before);
    expect!["the database of dc1.contoso.com is older than it was: its highest change number went back from 5000 to 4999"].assert_eq(&symptoms(&older).join("\n"));
    assert_eq!(older.held(), ["directoryHealth: block eve@contoso.com"]);
    // The other controller does not make anybody forget the first.
    let between = read_at("contoso", "dc2", 7).since(&before);
    assert_eq!(symptoms(&read_at("contoso", "dc1", 4999).since(&between)).len(), 1);
    // Once a person let it pass, it is what later readings are compared with.
    assert_eq!(symptoms(&read_at("contoso", "dc1", 4999).since(&older)), [""; 0]);
}

/// Somebody of every sort, and `more` about the directory's side of `many` people.
fn town(more: &str) -> String {
    let mut text = "ad user anna title=Chief
        cloud user anna
        ad user bert
        cloud user bert jobTitle=Clerk
        ad user carl userPrincipalName=karl@contoso.com
        cloud user carl
        cloud user eve
        ad user new
        ad user off userAccountControl=514
        cloud user off
        ad user back
        cloud user back accountEnabled=false
        ad group staff member=anna,new
        cloud group staff members=anna,bert\n"
        .to_owned();
    for number in 0..12 {
        writeln!(text, "ad user p{number} {more}\ncloud user p{number}").unwrap();
    }
    text
}

#[test]
fn with_a_doubtful_reading_what_takes_away_waits_and_the_rest_goes_on() {
    let before = town("") + &crowd(40).replace("user p", "user q").replace("cloud user q", "unlinked user q");
    let now = world(&town("")).since(&world(&before));
    assert_eq!(symptoms(&now).len(), 1);
    expect![[r#"
        directoryHealth: block eve@contoso.com
        directoryHealth: update bert@contoso.com
        directoryHealth: members staff"#]]
    .assert_eq(&now.held().join("\n"));
    expect![[r#"
        block off@contoso.com
        update anna@contoso.com
        update carl@contoso.com
        create new@contoso.com
        unblock back@contoso.com
        members staff"#]]
    .assert_eq(&now.free().join("\n"));
}

/// Names are made from other values then, and who expired looks as if they never did.
#[test]
fn when_an_attribute_vanished_new_names_and_returns_wait_too() {
    let now = world(&town("")).since(&world(&town("department=Sales")));
    assert!(matches!(now.plan().report.symptoms[..], [Symptom::Vanished { .. }]));
    expect![[r#"
        directoryHealth: block eve@contoso.com
        directoryHealth: update bert@contoso.com
        directoryHealth: update carl@contoso.com
        directoryHealth: unblock back@contoso.com
        directoryHealth: members staff"#]]
    .assert_eq(&now.held().join("\n"));
    expect![[r#"
        block off@contoso.com
        update anna@contoso.com
        create new@contoso.com
        members staff"#]]
    .assert_eq(&now.free().join("\n"));
}

#[test]
fn a_unit_that_was_renamed_is_recognised_and_nobody_leaves() {
    let before = world("ad user ada\ncloud user ada");
    let now = world("ou People guid=Staff\nad user ada ou=People\ncloud user ada").since(&before);
    check_world(
        &now,
        &expect![[r#"
            ! user   ada@contoso.com         held: OU=Staff,DC=contoso,DC=com was renamed or moved to OU=People,DC=contoso,DC=com, and the scope names it as before
                block: moved out of scope, from OU=Staff,DC=contoso,DC=com to OU=People,DC=contoso,DC=com (below none of the policy's bases): block sign-in now, delete on 2026-12-06
            ? scope  OU=Staff,DC=contoso,DC=com: the scope names it, and it is OU=People,DC=contoso,DC=com now: correct the policy

            plan: 0 to add, 0 to change, 0 to block, 0 to delete; 1 held; 0 left alone
            guards: held by missingScope (1): removals wait while a base or group of the scope is missing: if it was renamed, correct the policy
            to approve exactly what is held: samesign apply … --approve sha256:3da036ef5f025bb1969b469a4e74b413522722e9236511d09e73ec84ecfb108b
            to approve some of it: samesign plan … --out FILE, then samesign approve FILE --what WHO
        "#]],
    );
    let renamed = now.plan().report.renamed;
    assert_eq!((renamed[0].guid, renamed[0].is_container), (guid("Staff"), true));
}

#[test]
fn a_unit_that_is_gone_is_named_and_nobody_leaves() {
    let before = world("ad user ada\ncloud user ada");
    let now = world("ou Other guid=Staff\ncloud user ada");
    let mut now = now.since(&before);
    now.links.stock = None;
    check_world(
        &now,
        &expect![[r#"
            ! user   ada@contoso.com         held: the directory does not have OU=Staff,DC=contoso,DC=com, which the scope names
                block: deleted in AD: block sign-in now, delete on 2026-12-06
            ? scope  OU=Staff,DC=contoso,DC=com: the scope names it, the directory does not have it: correct the policy, or let the account of samesign read it

            plan: 0 to add, 0 to change, 0 to block, 0 to delete; 1 held; 0 left alone
            guards: held by missingScope (1): removals wait while a base or group of the scope is missing: if it was renamed, correct the policy
            to approve exactly what is held: samesign apply … --approve sha256:1b281b078f50a14719c9174a0900f8cbda3ca9903f1fde5bcdad7a54cdba5147
            to approve some of it: samesign plan … --out FILE, then samesign approve FILE --what WHO
        "#]],
    );
}

#[test]
fn an_excluded_unit_that_was_renamed_is_recognised() {
    let excluding = |text: &str| {
        let mut world = world(text);
        let scope = &mut world.policy.users.as_mut().unwrap().scope;
        scope.exclude_bases = ["OU=Robots,DC=contoso,DC=com", "CN=NTDS Quotas,DC=contoso,DC=com"]
            .map(|it| Base::Dn(it.parse().unwrap()))
            .to_vec();
        world.links.reviewed = Some(world.policy.reviewed());
        world
    };
    let before = excluding("ou Robots guid=Robots\nad user ada\ncloud user ada");
    assert!(before.plan().report.findings.is_empty());
    let gone = excluding("ad user ada\ncloud user ada").since(&before);
    assert!(gone.plan().report.findings.is_empty());
    let now = excluding("ou Machines guid=Robots\nad user ada\ncloud user ada").since(&before);
    let found: Vec<String> =
        now.plan().report.findings.iter().map(|it| format!("{}: {}", it.name, it.text)).collect();
    expect!["OU=Robots,DC=contoso,DC=com: the scope excludes it, and it is OU=Machines,DC=contoso,DC=com now: correct the policy"].assert_eq(&found.join("\n"));
}

#[test]
fn a_unit_that_is_named_by_its_identity_may_have_any_name() {
    let mut now = world("ou People guid=Staff\nad user ada ou=People\ncloud user ada");
    now.policy.users.as_mut().unwrap().scope.bases = vec![Base::Guid(guid("Staff"))];
    now.links.reviewed = Some(now.policy.reviewed());
    assert!(now.plan().plan.is_empty() && now.plan().report.findings.is_empty());
}

#[test]
fn a_group_that_was_renamed_is_recognised_and_nobody_leaves() {
    let with_group = |name: &str| {
        let text = format!("ad group {name} guid=cloud member=ada ou=Elsewhere\nad user ada\ncloud user ada");
        let mut world = world(&text);
        let scope = &mut world.policy.users.as_mut().unwrap().scope;
        scope.member_of = vec!["CN=cloud,OU=Elsewhere,DC=contoso,DC=com".parse().unwrap()];
        world.links.reviewed = Some(world.policy.reviewed());
        world
    };
    let before = with_group("cloud");
    assert!(before.plan().plan.is_empty());
    let now = with_group("heaven").since(&before);
    check_world(
        &now,
        &expect![[r#"
            ! user   ada@contoso.com         held: CN=cloud,OU=Elsewhere,DC=contoso,DC=com was renamed or moved to CN=heaven,OU=Elsewhere,DC=contoso,DC=com, and the scope names it as before
                block: moved out of scope (member of none of the policy's groups): block sign-in now, delete on 2026-12-06
            ? scope  CN=cloud,OU=Elsewhere,DC=contoso,DC=com: the scope names it, and it is CN=heaven,OU=Elsewhere,DC=contoso,DC=com now: correct the policy

            plan: 0 to add, 0 to change, 0 to block, 0 to delete; 1 held; 0 left alone
            guards: held by missingScope (1): removals wait while a base or group of the scope is missing: if it was renamed, correct the policy
            to approve exactly what is held: samesign apply … --approve sha256:41c4657576d78d2b5ed5dd196e7a3d1dd86353b3d6ead8618bdf025cd68695e9
            to approve some of it: samesign plan … --out FILE, then samesign approve FILE --what WHO
        "#]],
    );
    let renamed = &now.plan().report.renamed[0];
    assert!(!renamed.is_container);
    assert_eq!(renamed.to, "CN=heaven,OU=Elsewhere,DC=contoso,DC=com");
}

/// Else the next reading, just as poor, would look as good as this one.
#[test]
fn a_doubtful_reading_is_nothing_to_compare_with_even_if_another_guard_was_first() {
    let text = "ad user ada ou=Old\ncloud user ada\n";
    let mut now = world(text).since(&world(&(text.to_owned() + &crowd(30))));
    now.edit("users.scope.bases");
    assert_eq!(now.held(), ["policyChange: block ada@contoso.com"]);
    let planned = now.plan();
    assert!(planned.report.is_doubted(planned.plan.changes().iter()));
    now.links.stock = planned.report.stock;
    let planned = now.plan();
    assert!(
        !planned.report.is_doubted(planned.plan.changes().iter()),
        "a good reading, and the same changes"
    );
}
