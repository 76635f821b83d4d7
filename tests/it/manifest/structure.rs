//! Fields that are unknown, missing or of the wrong type, and what people are told.

use expect_test::{Expect, expect};

use super::{findings, load_text, manifest, policy, words};

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&words(text));
}

#[test]
fn an_unknown_field_suggests_the_one_that_was_meant() {
    check(
        &policy("users: {scope: {base: [\"OU=a\"]}}"),
        expect![[r#"
        a.yaml:7:19: error: unknown field `base`
            hint: did you mean `bases`?
    "#]],
    );
    check(
        &manifest("Tenant", "cloud: sandbox\nzebra: 1"),
        expect![[r#"
            a.yaml:3:18: warning: no policy uses the Tenant `it`
                hint: name it in a SyncPolicy, or remove it
            a.yaml:6:3: error: unknown field `zebra`
                hint: known here: tenantId, cloud, endpoints, sandbox, channel, directorySync, auth
        "#]],
    );
}

#[test]
fn all_findings_are_reported_not_the_first() {
    check(
        &policy(
            "mode: Auto\nusers:\n  scop: {}\n  flows: default\nguards:\n  users: {removals: {max: -1, percent: 200}}\nschedule: {every: 30}",
        ),
        expect![[r#"
            a.yaml:7:9: error: `spec.mode` cannot be `Auto`
                hint: did you mean `auto`?
            a.yaml:8:3: error: `spec.users` lacks `scope`
                hint: `scope`: Which users.
            a.yaml:9:5: error: unknown field `scop`
                hint: did you mean `scope`?
            a.yaml:10:12: error: `spec.users.flows` must be a list, not text
                hint: put it in brackets: `[…]`
            a.yaml:12:29: error: `spec.guards.users.removals.max` must be at least 0
            a.yaml:12:42: error: `spec.guards.users.removals.percent` must be at most 100
            a.yaml:13:21: error: `spec.schedule.every` must be text, not a number
                hint: for example `30s`, `5m`, `24h`, `14d`
        "#]],
    );
}

#[test]
fn wrong_types_say_what_to_write() {
    check(
        &policy("users: {scope: {filter: 1, defaultExclusions: \"yes\", exclude: \"(a=b)\"}}"),
        expect![[r#"
            a.yaml:7:27: error: `spec.users.scope.filter` must be text, not a number
                hint: for example `(mail=*)`, `(!(employeeType=robot))`
            a.yaml:7:49: error: `spec.users.scope.defaultExclusions` must be true or false, not text
                hint: write `true` or `false` without quotes
            a.yaml:7:65: error: `spec.users.scope.exclude` must be a list, not text
                hint: put it in brackets: `[…]`
        "#]],
    );
    check(
        &policy("users:\n  scope:\n"),
        expect![[r#"
        a.yaml:8:5: error: `spec.users.scope` must be a map, not nothing
            hint: give a value, or remove the line to get the default
    "#]],
    );
    check(
        &policy("users: []"),
        expect![[r#"
        a.yaml:7:10: error: `spec.users` must be a map, not a list
    "#]],
    );
    check(
        &policy("users: {scope: {bases: [{guid: 1}, {dn: a}, [a], 5]}}"),
        expect![[r#"
            a.yaml:7:34: error: `spec.users.scope.bases[0].guid` must be text, not a number
                hint: for example `8d1f0a52-6f0f-4a55-9a3c-0c7d6a1d2e11`
            a.yaml:7:38: error: `spec.users.scope.bases[1]` lacks `guid`
                hint: `guid`: Its objectGUID.
            a.yaml:7:39: error: unknown field `dn`
                hint: known here: guid
            a.yaml:7:47: error: `spec.users.scope.bases[2]` must be text, not a list
            a.yaml:7:52: error: `spec.users.scope.bases[3]` must be text, not a number
                hint: put it in quotes
        "#]],
    );
}

#[test]
fn norway_is_a_country() {
    let text = manifest(
        "AttributeFlow",
        "object: user\nflows:\n- {to: usageLocation, value: '\"NO\"', missing: {default: NO}}",
    );
    let loaded = load_text(&text);
    assert!(!loaded.has_errors(), "{}", findings(&text));
}

#[test]
fn words_are_listed() {
    check(
        &manifest("Tenant", "cloud: world"),
        expect![[r#"
            a.yaml:3:18: warning: no policy uses the Tenant `it`
                hint: name it in a SyncPolicy, or remove it
            a.yaml:5:10: error: `spec.cloud` cannot be `world`
                hint: write one of: global, usGov, usGovDod, china, sandbox, custom
        "#]],
    );
    check(
        &manifest("AttributeFlow", "object: User\nflows: [{to: mail, from: mail, missing: nothing}]"),
        expect![[r#"
            a.yaml:3:18: warning: no policy uses the AttributeFlow `it`
                hint: name it in a SyncPolicy, or remove it
            a.yaml:5:11: error: `spec.object` cannot be `User`
                hint: did you mean `user`?
            a.yaml:6:43: error: `spec.flows[0].missing` cannot be `nothing`
                hint: write one of: skip, empty, error
        "#]],
    );
    check(
        &manifest("AttributeFlow", "object: user\nflows: [{to: mail, from: mail, missing: {default: 3}}]"),
        expect![[r#"
            a.yaml:3:18: warning: no policy uses the AttributeFlow `it`
                hint: name it in a SyncPolicy, or remove it
            a.yaml:6:53: error: `spec.flows[0].missing.default` must be text, not a number
                hint: put it in quotes
        "#]],
    );
}

#[test]
fn exactly_one_means_one() {
    check(
        &manifest("Directory", "{}"),
        expect![[r#"
        a.yaml:3:18: warning: no policy uses the Directory `it`
            hint: name it in a SyncPolicy, or remove it
        a.yaml:4:1: error: `spec` takes exactly one of: ldap, ldif
            hint: add one of them
    "#]],
    );
    check(
        &manifest(
            "Directory",
            "ldif: {path: a}\nldap: {domain: a.b, bind: {simple: {user: a, passwordFrom: {env: A, file: b}}}}",
        ),
        expect![[r#"
            a.yaml:3:18: warning: no policy uses the Directory `it`
                hint: name it in a SyncPolicy, or remove it
            a.yaml:4:1: error: `spec` takes exactly one of: ldap, ldif
                hint: keep one of them
            a.yaml:6:48: error: `spec.ldap.bind.simple.passwordFrom` takes exactly one of: env, file, credential
                hint: keep one of them
        "#]],
    );
    check(
        &manifest("Directory", "ldap: {domain: a.b, bind: {simple: {user: a, passwordFrom: {}}}}"),
        expect![[r#"
            a.yaml:3:18: warning: no policy uses the Directory `it`
                hint: name it in a SyncPolicy, or remove it
            a.yaml:5:48: error: `spec.ldap.bind.simple.passwordFrom` takes exactly one of: env, file, credential
                hint: add one of them
        "#]],
    );
}

#[test]
fn names_have_a_form() {
    check(
        "apiVersion: samesign.dev/v1alpha1\nkind: Tenant\nmetadata: {name: Contoso GmbH}\nspec: {cloud: sandbox}\n",
        expect![[r#"
            a.yaml:3:18: error: `Contoso GmbH` is not a valid name
                hint: use lower-case letters, digits, `-` and `.`, at most 63
            a.yaml:3:18: warning: no policy uses the Tenant `Contoso GmbH`
                hint: name it in a SyncPolicy, or remove it
        "#]],
    );
    check(
        "apiVersion: samesign.dev/v1alpha1\nkind: Tenant\nspec: {cloud: sandbox}\n",
        expect![[r#"
        a.yaml:1:1: error: the manifest lacks `metadata`
    "#]],
    );
    check(
        &policy("users: {scope: {}, lifecycle: {removed: {deleteAfter: 36h}}}"),
        expect![[r#"
        a.yaml:7:57: error: `36h` is not a valid number of days
            hint: for example `14d`, `0d`, `never`
    "#]],
    );
}
