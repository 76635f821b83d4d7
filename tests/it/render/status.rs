//! How policies stand: small worlds in, text and JSON out.

use expect_test::{Expect, expect};
use jiff::Timestamp;
use samesign::model::{
    Anchor, ConfirmedPassword, Digest, Feature, Features, PastChange, PastRun, PausedChange,
};
use samesign::plan::{OnRecord, PolicyStatus};
use samesign::policy::{Channel, PasswordPolicy};
use samesign::render::{Paint, status_json, status_schema, status_text};

use crate::plan::world::{World, guid, names, world};

/// A moment of the day on which worlds are looked at, which is at nine o'clock.
fn at(time: &str) -> Timestamp {
    format!("2026-11-22T{time}Z").parse().unwrap()
}

/// As `pwdLastSet` has it.
fn filetime(at: Timestamp) -> i64 {
    (at.as_second() + 11_644_473_600) * 10_000_000
}

/// A world whose passwords travel, `text` with `SET(08:00:00)` where a password was set at that time.
fn with_passwords(text: &str, takes_hashes: bool) -> World {
    let mut text = text.to_owned();
    while let Some((before, rest)) = text.split_once("SET(") {
        let (time, rest) = rest.split_once(')').unwrap();
        text = format!("{before}pwdLastSet={}{rest}", filetime(at(time)));
    }
    let mut world = world(&text);
    let names = names();
    world.policy.channel = Channel::DirectorySync;
    world.policy.passwords = Some(PasswordPolicy {
        select: None,
        exclude: Vec::new(),
        of_disabled: false,
        of_privileged: false,
        must_change: false,
        last_set: names.id("pwdLastSet").unwrap(),
        admin_count: names.id("adminCount").unwrap(),
    });
    world.tenant = world
        .tenant
        .with_features(Features::Known(takes_hashes.then_some(Feature::PasswordSync).into_iter().collect()));
    world
}

/// As if the tenant had confirmed the password that was set at a time.
fn confirm(world: &mut World, name: &str, set: &str, confirmed: &str) {
    let link = world.links.by_anchor.get_mut(&Anchor::from_guid(guid(name))).unwrap();
    link.password = Some(ConfirmedPassword { last_set: filetime(at(set)), confirmed_at: at(confirmed) });
}

fn past_run() -> PastRun {
    PastRun {
        number: 12,
        policy: "contoso".to_owned(),
        tenant_id: "t".to_owned(),
        plan: "7f3a9c12".to_owned(),
        commit: Some("3f2c1d9".to_owned()),
        dirty: false,
        policy_digest: "sha256:00".to_owned(),
        by: "kim".to_owned(),
        started: at("08:29:58"),
        ended: Some(at("08:30:02")),
        done: 10,
        failed: 1,
        held: 2,
    }
}

fn past_change(name: &str) -> PastChange {
    PastChange {
        digest: "sha256:00".to_owned(),
        op: "create".to_owned(),
        kind: "user".to_owned(),
        anchor: Anchor::from_guid(guid(name)).to_string(),
        id: None,
        name: format!("{name}@contoso.com"),
        because: "missing in tenant".to_owned(),
        values: "{}".to_owned(),
        outcome: "failed".to_owned(),
        message: Some("the tenant refuses\nhint: ask it why".to_owned()),
        release: None,
        settled: at("08:30:01"),
    }
}

fn status(world: &World, failing: Vec<(i64, PastChange)>, last: Option<PastRun>) -> PolicyStatus {
    let records = OnRecord { last, failing, paused: Vec::new(), links: world.links.clone() };
    let (inputs, planned) = (world.inputs(), world.plan());
    PolicyStatus::of(&world.policy, false, records, Ok((&inputs, &planned)), world.as_of)
}

/// The text, and that the JSON follows its schema.
fn check(status: &PolicyStatus, expected: &Expect) {
    expected.assert_eq(&status_text(std::slice::from_ref(status), Paint::Plain));
    let _valid = json(status);
}

fn json(status: &PolicyStatus) -> serde_json::Value {
    let json = serde_json::from_str(&status_json(std::slice::from_ref(status))).unwrap();
    let validator = jsonschema::validator_for(status_schema().as_value()).unwrap();
    let errors: Vec<String> = validator.iter_errors(&json).map(|it| it.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    json
}

const PEOPLE: &str = "ad user ada SET(08:00:00)
    ad user bob SET(07:00:00)
    ad user cleo SET(06:55:10)
    ad user dan SET(08:59:58)
    ad user eve SET(08:00:00) userAccountControl=514
    ad user fay pwdLastSet=0
    cloud user ada
    cloud user bob
    cloud user cleo
    cloud user eve accountEnabled=false
    cloud user fay
    synced ada
    synced bob
    synced cleo
    synced eve
    synced fay";

fn people() -> World {
    let mut world = with_passwords(PEOPLE, true);
    confirm(&mut world, "ada", "08:00:00", "08:00:03");
    confirm(&mut world, "bob", "07:00:00", "07:00:02");
    confirm(&mut world, "cleo", "06:00:00", "06:00:02");
    world
}

#[test]
fn whoever_waits_longest_is_first() {
    check(
        &status(&people(), Vec::new(), Some(past_run())),
        &expect![[r#"
            policy contoso   corp -> office
              last apply   2026-11-22 08:30:02Z, run 12 of commit 3f2c1d9 by kim: 10 done, 1 failed, 2 held
              now          3 changes pending
                ! directory synchronisation is off in the tenant, which then takes nothing on this channel: set onPremisesSyncEnabled of the organisation to true as a Global Administrator
              passwords    2 confirmed, 2 waiting, 2 not sent; oldest lag 2 h 4 min
                latest   ada@contoso.com   lag 3 s: changed in AD 2026-11-22 08:00:00Z, confirmed by the tenant 2026-11-22 08:00:03Z
                waiting  cleo@contoso.com   lag 2 h 4 min: changed in AD 2026-11-22 06:55:10Z, an older one confirmed by the tenant 2026-11-22 06:00:02Z
                waiting  dan@contoso.com   lag 2 s: changed in AD 2026-11-22 08:59:58Z, the tenant has no such user yet
                not sent 1 user: it must be changed at the next logon at the office first
                not sent 1 user: the account is disabled in AD
        "#]],
    );
}

#[test]
fn several_policies_stand_in_one_table() {
    let well = PolicyStatus {
        policy: "adatum".to_owned(),
        ..status(&world("ad user ada\n cloud user ada\n synced ada"), Vec::new(), None)
    };
    let failing = status(&people(), vec![(12, past_change("ada"))], Some(past_run()));
    let broken = PolicyStatus {
        policy: "fabrikam".to_owned(),
        sides: Err("the directory cannot be reached".to_owned()),
        ..well.clone()
    };
    let text = status_text(&[well, failing, broken], Paint::Plain);
    let table = text.split("\n\n").next().unwrap();
    expect![[r#"
        policy    last apply            pending  drifted  held  failing  leaving  passwords waiting
        adatum    never                       0        0     0        0        0                  -
        contoso   2026-11-22 08:30:02Z        3        0     0        1        0                  2
        fabrikam  never                       ?        ?     ?        0        0                  -"#]]
    .assert_eq(table);
}

#[test]
fn scripts_get_every_user_who_waits_or_is_left_and_counts_of_the_rest() {
    let json = json(&status(&people(), Vec::new(), None));
    expect![[r#"
        {
          "noneTravel": null,
          "onRecord": 3,
          "lastConfirmed": "2026-11-22T08:00:03Z",
          "users": {
            "confirmed": 2,
            "latest": {
              "name": "ada@contoso.com",
              "inTenant": true,
              "changed": "2026-11-22T08:00:00Z",
              "confirmed": "2026-11-22T08:00:03Z",
              "lagSeconds": 3,
              "why": null
            },
            "oldestLagSeconds": 7490,
            "waiting": [
              {
                "name": "cleo@contoso.com",
                "inTenant": true,
                "changed": "2026-11-22T06:55:10Z",
                "confirmed": "2026-11-22T06:00:02Z",
                "lagSeconds": 7490,
                "why": null
              },
              {
                "name": "dan@contoso.com",
                "inTenant": false,
                "changed": "2026-11-22T08:59:58Z",
                "confirmed": null,
                "lagSeconds": 2,
                "why": null
              }
            ],
            "left": [
              {
                "name": "eve@contoso.com",
                "inTenant": true,
                "changed": "2026-11-22T08:00:00Z",
                "confirmed": null,
                "lagSeconds": null,
                "why": "the account is disabled in AD"
              },
              {
                "name": "fay@contoso.com",
                "inTenant": true,
                "changed": null,
                "confirmed": null,
                "lagSeconds": null,
                "why": "it must be changed at the next logon at the office first"
              }
            ]
          }
        }
    "#]]
    .assert_eq(&format!("{:#}\n", json["policies"][0]["passwords"]));
}

#[test]
fn long_lists_end_with_how_many_more_there_are() {
    let people: Vec<String> = (0..25).map(|it| format!("ad user u{it:02} SET(08:00:{it:02})\n")).collect();
    let text =
        status_text(&[status(&with_passwords(&people.concat(), true), Vec::new(), None)], Paint::Plain);
    let waiting: Vec<&str> = text.lines().filter(|it| it.contains("waiting  ")).collect();
    assert_eq!(waiting.len(), 20);
    assert!(waiting[0].contains("u00@contoso.com   lag 1 h:"), "{text}");
    assert!(text.contains("    … and 5 more (--format json lists all)\n"), "{text}");
}

#[test]
fn a_tenant_that_takes_no_passwords_is_said_to_take_none() {
    let world = with_passwords("ad user ada SET(08:00:00)\ncloud user ada\nsynced ada", false);
    check(
        &status(&world, Vec::new(), None),
        &expect![[r#"
            policy contoso   corp -> office
              last apply   nothing was applied yet, as far as the records go
              now          nothing to do
                ! directory synchronisation is off in the tenant, which then takes nothing on this channel: set onPremisesSyncEnabled of the organisation to true as a Global Administrator
                ! passwords do not travel: password hash synchronisation is off in the tenant. Switch it on with `directorySync: {features: {passwordSyncEnabled: true}}` in the Tenant, or as a Global Administrator: PATCH /directory/onPremisesSynchronization/{tenant id} {"features": {"passwordSyncEnabled": true}}
              passwords    0 confirmed, 0 waiting, 1 not sent
                not sent 1 user: password hash synchronisation is off in the tenant
        "#]],
    );
    let mut world = world;
    world.tenant = world.tenant.with_features(Features::Unknown("no right".to_owned()));
    let unsure = status(&world, Vec::new(), None);
    assert!(!unsure.is_whole());
    check(
        &unsure,
        &expect![[r#"
            policy contoso   corp -> office
              last apply   nothing was applied yet, as far as the records go
              now          nothing to do
                ! directory synchronisation is off in the tenant, which then takes nothing on this channel: set onPremisesSyncEnabled of the organisation to true as a Global Administrator
                ! passwords do not travel: it is not known whether the tenant takes them: no right
              passwords    0 confirmed, 0 waiting, 1 not sent
                not sent 1 user: it is not known whether the tenant takes it: no right
        "#]],
    );
}

#[test]
fn what_fails_leaves_and_is_held_is_listed() {
    let mut world = world(
        "ad user ada
        ad user bob title=Clerk
        ad user cleo ou=Old
        cloud user bob jobTitle=Old
        cloud user cleo
        cloud user eve
        blocked bob 2026-11-09
        blocked eve 2026-11-10",
    );
    world.edit("users.scope.bases");
    let failing = vec![(12, past_change("ada")), (11, past_change("zoe"))];
    check(
        &status(&world, failing, Some(past_run())),
        &expect![[r#"
            policy contoso   corp -> office
              last apply   2026-11-22 08:30:02Z, run 12 of commit 3f2c1d9 by kim: 10 done, 1 failed, 2 held
              now          4 changes pending: 1 held (policyChange 1)
              failing      2 changes failed last
                ! create user ada@contoso.com   failed, run 12, 2026-11-22 08:30:01Z: missing in tenant
                    the tenant refuses
                    hint: ask it why
                ! create user zoe@contoso.com   failed, run 11, 2026-11-22 08:30:01Z: missing in tenant; nothing is planned for it now
                    the tenant refuses
                    hint: ask it why
              leaving      2 objects left and in a grace period
                user bob@contoso.com   since 2026-11-09 08:00:00Z, back in scope: the next apply ends it
                user eve@contoso.com   since 2026-11-10 08:00:00Z, to be deleted from 2026-11-24 on
              passwords    none travel: Microsoft Graph takes no password hashes (channel: graph)
        "#]],
    );
}

#[test]
fn what_a_service_tries_again_later_has_its_next_try() {
    let world = world("ad user ada");
    let digest = Digest::of_fields([b"ada".as_slice()]);
    let failing = PastChange { digest: digest.to_string(), ..past_change("ada") };
    let paused = PausedChange { digest, password_set: 0, failures: 3, pause: 240, next: at("09:02:30") };
    let records = OnRecord {
        last: None,
        failing: vec![(12, failing), (11, past_change("zoe"))],
        paused: vec![paused],
        links: world.links.clone(),
    };
    let (inputs, planned) = (world.inputs(), world.plan());
    let status = PolicyStatus::of(&world.policy, false, records, Ok((&inputs, &planned)), world.as_of);
    check(
        &status,
        &expect![[r#"
        policy contoso   corp -> office
          last apply   nothing was applied yet, as far as the records go
          now          1 change pending
          failing      2 changes failed last
            ! create user ada@contoso.com   failed, run 12, 2026-11-22 08:30:01Z: missing in tenant
                the tenant refuses
                hint: ask it why
                failed 3 times in a row; the service tries it again 2026-11-22 09:02:30Z, or at once when its values change
            ! create user zoe@contoso.com   failed, run 11, 2026-11-22 08:30:01Z: missing in tenant; nothing is planned for it now
                the tenant refuses
                hint: ask it why
          passwords    none travel: Microsoft Graph takes no password hashes (channel: graph)
    "#]],
    );
    let failing = &json(&status)["policies"][0]["failing"];
    assert_eq!(
        (&failing[0]["failures"], &failing[0]["nextTry"]),
        (&3.into(), &"2026-11-22T09:02:30Z".into())
    );
    assert!(failing[1]["failures"].is_null() && failing[1]["nextTry"].is_null());
}

#[test]
fn a_value_that_somebody_changed_in_the_tenant_is_drift() {
    let before = world("ad user bob title=Clerk\ncloud user bob jobTitle=Clerk");
    let world = world("ad user bob title=Clerk\ncloud user bob jobTitle=Boss").since(&before);
    check(
        &status(&world, Vec::new(), None),
        &expect![[r#"
            policy contoso   corp -> office
              last apply   nothing was applied yet, as far as the records go
              now          1 change pending: 1 drifted in the tenant
              passwords    none travel: Microsoft Graph takes no password hashes (channel: graph)
        "#]],
    );
}

#[test]
fn a_side_that_could_not_be_read_leaves_what_the_records_know() {
    let world = people();
    let records = OnRecord {
        last: Some(past_run()),
        failing: vec![(12, past_change("ada"))],
        paused: Vec::new(),
        links: world.links.clone(),
    };
    let why = "the directory could not be read: no route to host".to_owned();
    let status = PolicyStatus::of(&world.policy, false, records, Err(why), world.as_of);
    assert!(!status.is_whole());
    check(
        &status,
        &expect![[r#"
        policy contoso   corp -> office
          last apply   2026-11-22 08:30:02Z, run 12 of commit 3f2c1d9 by kim: 10 done, 1 failed, 2 held
          now          not known, both sides have to be read: the directory could not be read: no route to host
          failing      1 change failed last
            ! create user ada@contoso.com   failed, run 12, 2026-11-22 08:30:01Z: missing in tenant
                the tenant refuses
                hint: ask it why
          passwords    the tenant confirmed one of 3 users once, the last one 2026-11-22 08:00:03Z
    "#]],
    );
}

#[test]
fn a_reading_that_broke_off_tells_a_part() {
    let world = world("ad user ada\ncloud user bob\nblocked bob 2026-11-10\nbroken");
    let status = status(&world, Vec::new(), None);
    assert!(!status.is_whole());
    assert!(json(&status)["policies"][0]["leaving"][0]["back"].is_null(), "he may be in what was not read");
    check(
        &status,
        &expect![[r#"
            policy contoso   corp -> office
              last apply   nothing was applied yet, as far as the records go
              now          only in part, the reading of the directory broke off: the connection was lost
                           1 change pending
              leaving      1 object left and in a grace period
                user bob@contoso.com   since 2026-11-10 08:00:00Z, to be deleted from 2026-11-24 on
              passwords    none travel: Microsoft Graph takes no password hashes (channel: graph)
        "#]],
    );
}

#[test]
fn why_no_password_travels_is_said_in_one_line() {
    let mut world = world("");
    world.policy.channel = Channel::DirectorySync;
    let (inputs, planned) = (world.inputs(), world.plan());
    let said = |from_export: bool| {
        let sides = Ok((&inputs, &planned));
        let status = PolicyStatus::of(&world.policy, from_export, OnRecord::default(), sides, world.as_of);
        status_text(&[status], Paint::Plain).lines().last().unwrap().to_owned()
    };
    expect!["  passwords    none travel: the policy sends none (passwords: {mode: none})"]
        .assert_eq(&said(false));
    expect!["  passwords    none travel: an LDIF export has none"].assert_eq(&said(true));
}
