//! What manifests mean: references, defaults, doubts and digests.

use expect_test::{Expect, expect};
use proptest::prelude::*;
use samesign::manifest::{AlarmThresholds, AlarmWay, Loaded, Provenance, load};
use samesign::model::Property;
use samesign::policy::{FlowSource, Limit, Missing};

use super::{file, load_text, manifest, policy, words};

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&words(text));
}

fn digests(loaded: &Loaded) -> [samesign::model::Digest; 3] {
    let policy = &loaded.policies[0];
    [policy.digest, policy.directory_digest, policy.settings()["users.scope.bases"]]
}

#[test]
fn a_policy_of_ten_lines_has_all_defaults() {
    let loaded = load_text(&policy("users: {scope: {}}"));
    assert_eq!(loaded.findings, []);
    let users = loaded.policies[0].users.as_ref().unwrap();
    assert!(users.scope.default_exclusions && users.lifecycle.block_disabled);
    assert_eq!(users.lifecycle.removal.delete_after_days, Some(14));
    assert!(users.flows.to(Property::Manager).is_some());
    assert_eq!(loaded.settings[0].schedule.every.as_secs(), 30);
    assert_eq!(loaded.settings[0].alarms, AlarmThresholds::default());
}

#[test]
fn when_people_are_told_decides_nothing_of_the_plan() {
    let default = load_text(&policy("users: {scope: {}}"));
    let loaded = load_text(&policy("users: {scope: {}}\nalarms: {noSuccessAfter: 0s, passwordLagAfter: 2h}"));
    assert_eq!(loaded.findings, []);
    let AlarmThresholds { no_success_after, password_lag_after } = loaded.settings[0].alarms;
    assert_eq!((no_success_after.as_secs(), password_lag_after.as_secs()), (0, 7_200));
    assert_eq!(digests(&loaded), digests(&default));
}

#[test]
fn switches_of_a_tenant_belong_to_entra_connects_channel_and_some_stay_on() {
    let tenant = |fields: &str| {
        let rest =
            policy("users: {scope: {}}").replace("cloud: sandbox", &format!("cloud: sandbox\n  {fields}"));
        words(&rest)
    };
    expect![[r#"
        a.yaml:20:19: warning: `features` counts only with `channel: directorySync`
            hint: Microsoft Graph lets no application turn them: set the channel, or remove `features`
    "#]]
    .assert_eq(&tenant("directorySync: {features: {passwordSyncEnabled: true}}"));
    expect![[r#"
        a.yaml:21:53: error: `softMatchOnUpnEnabled` cannot be switched off: a tenant keeps it on
            hint: write `true`, or remove the line
    "#]]
    .assert_eq(&tenant(
        "channel: directorySync\n  directorySync: {features: {softMatchOnUpnEnabled: false, passwordSyncEnabled: false}}",
    ));
    expect![[r#"
        a.yaml:21:30: error: unknown field `passwordSync`
            hint: known here: passwordSyncEnabled, userForcePasswordChangeOnLogonEnabled, cloudPasswordPolicyForPasswordSyncedUsersEnabled, softMatchOnUpnEnabled, blockSoftMatchEnabled, blockCloudObjectTakeoverThroughHardMatchEnabled, synchronizeUpnForManagedUsersEnabled, directoryExtensionsEnabled
    "#]]
    .assert_eq(&tenant("channel: directorySync\n  directorySync: {features: {passwordSync: true}}"));
    assert_eq!(
        tenant("channel: directorySync\n  directorySync: {features: {passwordSyncEnabled: false}}"),
        ""
    );
}

#[test]
fn references_resolve_or_suggest() {
    check(
        &format!(
            "{}---\n{}---\n{}",
            policy("users: {scope: {}, flows: [default, hause]}"),
            manifest("AttributeFlow", "object: user\nflows: []").replace("name: it", "name: house"),
            manifest("PolicyTest", "policy: nope\ncases: []"),
        ),
        expect![[r#"
            a.yaml:7:39: error: there is no AttributeFlow `hause`
                hint: did you mean `house`?
            a.yaml:23:18: warning: no policy uses the AttributeFlow `house`
                hint: name it in a SyncPolicy, or remove it
            a.yaml:32:11: error: there is no SyncPolicy `nope`
                hint: there are: it
        "#]],
    );
    check(
        &manifest("SyncPolicy", "directory: a\ntenant: b\nusers: {scope: {}}"),
        expect![[r#"
        a.yaml:5:14: error: there is no Directory `a`
            hint: add a manifest with `kind: Directory`
        a.yaml:6:11: error: there is no Tenant `b`
            hint: add a manifest with `kind: Tenant`
    "#]],
    );
}

#[test]
fn a_broken_manifest_causes_no_second_finding_elsewhere() {
    check(
        &policy("users: {scope: {}}").replace("cloud: sandbox", "cloud: sandbocks"),
        expect![[r#"
        a.yaml:19:10: error: `spec.cloud` cannot be `sandbocks`
            hint: did you mean `sandbox`?
    "#]],
    );
    let files = vec![
        file("a.yaml", manifest("SyncPolicy", "directory: x\ntenant: y\nusers: {scope: {}}").as_bytes()),
        file("b.yaml", b"kind: [\n"),
    ];
    let loaded = load(files, &Provenance::default());
    assert_eq!(loaded.findings.len(), 1, "{:?}", loaded.findings);
}

#[test]
fn duplicates_show_both_files() {
    let text = manifest("Tenant", "cloud: sandbox");
    let files = vec![file("b.yaml", text.as_bytes()), file("a.yaml", text.as_bytes())];
    let loaded = load(files, &Provenance::default());
    let text = samesign::render::diagnostics(&loaded.findings, samesign::render::Paint::Plain);
    expect![[r#"
        warning: no policy uses the Tenant `it`
         --> a.yaml:3:18
          |
        3 | metadata: {name: it}
          |                  ^^
          |
          = hint: name it in a SyncPolicy, or remove it

        error: there are two manifests of kind Tenant with the name `it`
         --> b.yaml:3:18
          |
        3 | metadata: {name: it}
          |                  ^^ second
          |
         ::: a.yaml:3:18
          |
        3 | metadata: {name: it}
          |                  -- first
          |
          = hint: rename or remove one of them

        1 error, 1 warning
    "#]]
    .assert_eq(&text);
}

#[test]
fn flows_are_checked() {
    check(
        &manifest(
            "AttributeFlow",
            "object: user
flows:
- {to: jobTitel, from: title}
- {to: accountEnabled, from: userAccountControl}
- {to: city}
- {to: city, from: l, value: ad.l}
- {to: city, from: ad.l}
- {to: mail, from: mail, missing: empty}
- {to: description, from: description}
- {to: state, from: st}
- {to: state, from: st}",
        ),
        expect![[r#"
            a.yaml:3:18: warning: no policy uses the AttributeFlow `it`
                hint: name it in a SyncPolicy, or remove it
            a.yaml:7:10: error: `jobTitel` is not a property that can be written
                hint: did you mean `jobTitle`?
            a.yaml:8:10: error: `accountEnabled` follows the directory by `lifecycle`, not by a flow
                hint: set `lifecycle.disabled` and `lifecycle.expired` in the policy
            a.yaml:9:6: error: this flow has no source
                hint: add `from: ATTRIBUTE` or `value: EXPRESSION`, or `authority: tenant` to leave the property alone
            a.yaml:10:25: error: a flow takes `from` or `value`, not both
                hint: remove one of them
            a.yaml:11:22: error: `ad.l` is not the name of an attribute
                hint: `from` copies one attribute; an expression goes into `value`
            a.yaml:12:37: error: the tenant lets nobody take `mail` away again
                hint: write `missing: skip`, or `missing: {default: TEXT}`
            a.yaml:15:10: warning: this list has two flows to `state`; the later one wins
                hint: remove one of them
        "#]],
    );
    check(
        &policy("users: {scope: {}, flows: [entra-connect]}"),
        expect![[r#"
            a.yaml:7:30: error: the list `entra-connect` needs `channel: directorySync` in the Tenant
                hint: use `default`: the flows of Entra Connect that Microsoft Graph can write
        "#]],
    );
    check(
        &format!(
            "{}---\n{}",
            policy("users: {scope: {}, flows: [it]}"),
            manifest("AttributeFlow", "object: group\nflows: [{to: displayName, from: cn}]"),
        ),
        expect![[r#"
            a.yaml:7:22: warning: no flow to `userPrincipalName`, `mailNickname`, so that no user can be created
                hint: put `default` first in the list
            a.yaml:7:30: error: `it` is a list for a group, not for a user
        "#]],
    );
}

#[test]
fn flows_have_the_defaults_that_the_guide_says() {
    let text = format!(
        "{}---\n{}",
        policy("users: {scope: {}, flows: [default, it]}"),
        manifest(
            "AttributeFlow",
            "object: user
flows:
- {to: city, from: l}
- {to: state, value: ad.st}
- {to: mail, from: mail}
- {to: country, from: co, missing: {default: Norge}}
- {to: mobilePhone, authority: tenant}",
        ),
    );
    let loaded = load_text(&text);
    assert_eq!(loaded.findings, []);
    let flows = &loaded.policies[0].users.as_ref().unwrap().flows;
    let missing = |property| flows.to(property).unwrap().missing.clone();
    assert_eq!(missing(Property::City), Missing::Empty);
    assert_eq!(missing(Property::State), Missing::Skip);
    assert_eq!(missing(Property::Mail), Missing::Skip);
    assert_eq!(missing(Property::Country), Missing::Default("Norge".to_owned()));
    assert!(matches!(flows.to(Property::MobilePhone).unwrap().source, FlowSource::None));
    assert_eq!(flows.to(Property::City).unwrap().origin.list, "it");
}

#[test]
fn scopes_are_checked() {
    check(
        &policy(
            "users:
  scope:
    bases: [\"OU=Staff,oops\", \"OU=A,DC=b\", \"ou=a, dc=b\", \"OU=C,OU=A,DC=b\", \"guid:2f7b2612-5a85-4a80-989f-dff766e9847f\", \"\"]
    memberOf: [Cloud]",
        ),
        expect![[r#"
            a.yaml:9:25: error: not a distinguished name: a component without `=`
                hint: write it as in `OU=Staff,DC=corp,DC=example,DC=com`, and a comma in a name as `\,`
            a.yaml:9:45: warning: this base is listed twice
                hint: remove it
            a.yaml:9:59: warning: this base lies below another one of the list, and adds nothing
                hint: remove it
            a.yaml:9:77: error: a base by objectGUID is a map
                hint: write `guid: …` with a blank after the colon
            a.yaml:9:122: error: a distinguished name must not be empty
            a.yaml:10:18: error: not a distinguished name: a component without `=`
                hint: write it as in `OU=Staff,DC=corp,DC=example,DC=com`, and a comma in a name as `\,`
        "#]],
    );
    let loaded =
        load_text(&policy("users: {scope: {bases: [{guid: 2f7b2612-5a85-4a80-989f-dff766e9847f}]}}"));
    assert_eq!(loaded.findings, []);
}

#[test]
fn excluded_bases_are_checked_against_the_bases() {
    check(
        &policy(
            "users:
  scope:
    bases: [\"DC=b\", \"OU=A,DC=b\", \"OU=In,OU=Out,DC=b\"]
    excludeBases: [\"OU=Out,DC=b\", \"OU=X,OU=Out,DC=b\", \"OU=Deep,OU=In,OU=Out,DC=b\", \"OU=Far,DC=c\", oops]",
        ),
        expect![[r#"
            a.yaml:9:23: warning: this base lies below another one of the list, and adds nothing
                hint: remove it
            a.yaml:10:37: warning: this base lies below another one of the list, and adds nothing
                hint: remove it
            a.yaml:10:86: warning: this base lies below none of `bases`, and excludes nothing
                hint: remove it
            a.yaml:10:101: error: not a distinguished name: a component without `=`
                hint: write it as in `OU=Staff,DC=corp,DC=example,DC=com`, and a comma in a name as `\,`
        "#]],
    );
    let loaded = load_text(&policy(
        "users: {scope: {excludeBases: [{guid: 2f7b2612-5a85-4a80-989f-dff766e9847f}, \"OU=A,DC=b\"]}}",
    ));
    assert_eq!(loaded.findings, []);
    assert_eq!(loaded.policies[0].users.as_ref().unwrap().scope.exclude_bases.len(), 2);
}

#[test]
fn doubts_are_warnings() {
    check(
        &policy(""),
        expect![[r#"
        a.yaml:4:1: warning: this policy handles neither users nor groups, so it does nothing
            hint: add `users: {scope: {}}` to handle all users
    "#]],
    );
    check(
        &policy("users: {scope: {}, lifecycle: {removed: {deleteAfter: 0d}}}\nguards: {protect: [admin]}"),
        expect![[r#"
            a.yaml:7:57: warning: without a grace period a mistake deletes at once
                hint: write a few days, such as `14d`; an object that returns in time is not deleted
            a.yaml:8:22: warning: this protects nobody: it is no user principal name
                hint: write it as in `breakglass@contoso.com`
        "#]],
    );
    check(
        &policy("users: {scope: {}}\npasswords: {mode: hash}")
            .replace("sandbox", "sandbox\n  channel: directorySync"),
        expect![[r#"
            a.yaml:8:3: warning: passwords do not travel: an LDIF export has none
                hint: use a Directory with `ldap`, or write `mode: none`
        "#]],
    );
}

#[test]
fn tenants_are_checked() {
    check(
        &manifest("Tenant", "cloud: global"),
        expect![[r#"
        a.yaml:3:18: warning: no policy uses the Tenant `it`
            hint: name it in a SyncPolicy, or remove it
        a.yaml:4:1: error: a tenant in the cloud needs `auth`
            hint: write `auth: {clientId: …, clientSecretFrom: {env: NAME}}`, or use `cloud: sandbox`
        a.yaml:4:1: error: a tenant in the cloud needs `tenantId`
            hint: copy it from the overview page of the Entra admin centre, or use `cloud: sandbox`
    "#]],
    );
    check(
        &manifest(
            "Tenant",
            "tenantId: 8d1f0a52-6f0f-4a55-9a3c-0c7d6a1d2e11
cloud: custom
channel: directorySync
endpoints: {login: \"http://login.example.com\", graph: \"http://127.0.0.1:80/\"}
auth:
  clientId: 5b1e6a0e-8d6a-4f6e-9a57-2f3b8d0c9f10
  clientSecretFrom: {env: A}
  certificateFrom: {file: b}",
        ),
        expect![[r#"
            a.yaml:3:18: warning: no policy uses the Tenant `it`
                hint: name it in a SyncPolicy, or remove it
            a.yaml:8:3: error: `channel: directorySync` needs `endpoints.provisioning`
            a.yaml:8:22: error: an address outside of this machine must start with `https://`
                hint: tokens and passwords travel there; `http://` is for loopback only
            a.yaml:9:3: error: `auth` takes exactly one credential
                hint: give one of `clientSecretFrom`, `certificateFrom`, `federatedTokenFrom`
        "#]],
    );
}

#[test]
fn limits_keep_what_is_not_given() {
    let loaded = load_text(&policy(
        "users: {scope: {}}\nguards: {users: {removals: {max: 50}}, protect: [Break@Glass.com]}",
    ));
    let guards = &loaded.policies[0].guards;
    assert_eq!(guards.users.removals, Limit { max: 50, percent: Some(2), floor: 10 });
    assert_eq!(guards.users.blocks.max, 20);
    assert_eq!(guards.protect, ["break@glass.com"]);
}

#[test]
fn tests_keep_values_as_written() {
    let text = format!(
        "{}---\n{}",
        policy("users: {scope: {}}"),
        manifest(
            "PolicyTest",
            "policy: it
cases:
- name: a
  directory: {objectClass: [top, group], telephoneNumber: 0042, c: NO, big: 123456789012345678901, ok: yes, flag: TRUE}
  expect: {attributes: {displayName: 007}, removed: [description]}",
        ),
    );
    let loaded = load_text(&text);
    assert_eq!(loaded.findings, []);
    let case = &loaded.tests[0].cases[0];
    assert_eq!(case.object, samesign::model::ObjectKind::Group);
    let value = |name: &str| case.attributes[name][0].as_str();
    assert_eq!([value("telephoneNumber"), value("c"), value("flag")], ["0042", "NO", "TRUE"]);
    assert_eq!(value("big"), "123456789012345678901");
    assert_eq!(case.expected.attributes[0].1, ["007"]);
    assert_eq!(case.expected.removed[0].0, Property::Description);
    assert!(loaded.names.id("telephonenumber").is_some());
}

#[test]
fn digests_follow_what_decides_and_nothing_else() {
    let base =
        load_text(&policy("users: {scope: {bases: [\"OU=A,DC=b\", \"OU=B,DC=b\"]}}\nschedule: {every: 5s}"));
    let same = load_text(&policy(
        "schedule: {every: 9s}   # a comment\nusers:\n  scope:\n    bases: ['OU=A,DC=b', \"OU=B,DC=b\"]",
    ));
    assert_eq!(digests(&base), digests(&same));
    let other = load_text(&policy("users: {scope: {bases: [\"ou=b, dc=b\", \"OU=A,DC=b\"]}}\nmode: auto"));
    assert_ne!(digests(&base)[0], digests(&other)[0]);
    assert_eq!(digests(&base)[1..], digests(&other)[1..], "spelling and order of bases do not count");
    let moved = load_text(&policy("users: {scope: {}}").replace("d.ldif", "e.ldif"));
    assert_ne!(digests(&base)[1], digests(&moved)[1]);
    assert_ne!(digests(&base)[2], digests(&moved)[2]);
}

#[test]
fn approvals_reach_their_policy() {
    let digest = format!("sha256:{}", "ab".repeat(32));
    let approval = manifest(
        "Approval",
        &format!(
            "policy: it\nreason: r\nby: kim\nexpires: 2026-12-01T00:00:00Z\nchanges: [{{digest: \"{digest}\", what: w}}]"
        ),
    );
    let loaded = load_text(&format!("{}---\n{approval}", policy("users: {scope: {}}")));
    assert_eq!(loaded.findings, []);
    assert_eq!(loaded.policies[0].approvals[0].changes[0].digest.to_string(), digest);
    check(
        &approval,
        expect![[r#"
        a.yaml:5:11: error: there is no SyncPolicy `it`
            hint: add a manifest with `kind: SyncPolicy`
    "#]],
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn the_order_of_files_does_not_matter(seed in any::<u64>()) {
        let names = ["a.yaml", "b.yaml", "c.yaml"];
        let text = policy("users: {scope: {}, flows: [nope]}");
        let mut files: Vec<_> = names.iter().zip(text.split("---\n")).map(|(name, text)| file(name, text.as_bytes())).collect();
        let expected = format!("{:?}", load(files.clone(), &Provenance::default()).findings);
        let at = usize::try_from(seed % 3).unwrap();
        files.rotate_left(at);
        prop_assert_eq!(format!("{:?}", load(files, &Provenance::default()).findings), expected);
    }
}

#[test]
fn a_notifier_has_one_way_and_all_that_it_takes() {
    let notifier =
        |spec: &str| words(&format!("{}---\n{}", policy("users: {scope: {}}"), manifest("Notifier", spec)));
    expect![[r#"
        a.yaml:24:1: error: `spec` takes exactly one of: smtp, webhook, heartbeat
            hint: keep one of them
    "#]]
    .assert_eq(&notifier("severity: error"));
    expect![[r#"
        a.yaml:24:1: error: `spec` takes exactly one of: smtp, webhook, heartbeat
            hint: keep one of them
    "#]]
    .assert_eq(&notifier(
        "smtp: {server: 'smtp://mail', from: a@b.example, to: [c@d.example]}\nwebhook: {urlFrom: {env: X}}",
    ));
    expect![[r#"
        a.yaml:25:18: error: not a mail server: `host` or `host:port` is expected
            hint: write `mail.example.com:587`
    "#]]
    .assert_eq(&notifier("smtp: {server: 'smtp://mail', from: a@b.example, to: [c@d.example]}"));
    expect![[r#"
        a.yaml:25:3: error: `user` and `passwordFrom` belong together
            hint: give both, or neither
    "#]]
    .assert_eq(&notifier("smtp: {server: mail.example, from: nobody, to: [c@d.example], user: x}"));
    expect![[r#"
        a.yaml:25:32: error: `nobody` is no mail address
        a.yaml:25:46: error: `d` is no mail address
    "#]]
    .assert_eq(&notifier("smtp: {server: mail.example, from: nobody, to: [c@d.example, d]}"));
    assert_eq!(notifier("smtp: {server: 'mail.example:465', from: a@b.example, to: [c@d.example]}"), "");
    assert_eq!(notifier("webhook: {urlFrom: {env: X}, format: teams}"), "");
    let loaded = load_text(&format!(
        "{}---\n{}",
        policy("users: {scope: {}}"),
        manifest("Notifier", "severity: error\nwebhook: {urlFrom: {env: X}}")
    ));
    assert_eq!(loaded.notifiers.len(), 1);
}

#[test]
fn a_heartbeat_is_a_notifier_whose_address_is_a_secret() {
    let both = |spec: &str| format!("{}---\n{}", policy("users: {scope: {}}"), manifest("Notifier", spec));
    let every = |spec: &str| match &load_text(&both(spec)).notifiers[0].way {
        AlarmWay::Heartbeat { url: _, every } => every.as_secs(),
        AlarmWay::Mail(_) | AlarmWay::Webhook { .. } => panic!("no heartbeat"),
    };
    assert_eq!(every("heartbeat: {urlFrom: {env: X}}"), 60);
    assert_eq!(every("heartbeat: {urlFrom: {env: X}, every: 5m}"), 300);
    expect![[r#"
        a.yaml:25:41: error: `every` must be at least one second
    "#]]
    .assert_eq(&words(&both("heartbeat: {urlFrom: {env: X}, every: 0s}")));
    expect![[r#"
        a.yaml:24:1: error: `spec` takes exactly one of: smtp, webhook, heartbeat
            hint: keep one of them
    "#]]
    .assert_eq(&words(&both("heartbeat: {urlFrom: {env: X}}\nwebhook: {urlFrom: {env: Y}}")));
    let literal = words(&both("heartbeat: {url: 'https://hc.example/s3cret'}"));
    assert!(literal.contains("url") && !literal.contains("s3cret"), "{literal}");
}
