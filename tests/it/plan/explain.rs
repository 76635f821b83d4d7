//! What is said of one object, wherever it is.

use expect_test::{Expect, expect};
use samesign::model::{AttributeNamesBuilder, Link, Links, ObjectKind};
use samesign::plan::{Explainer, Explanation};
use samesign::policy::{Base, Filter};
use samesign::render::{Paint, choices_text, explanation_text};

use super::world::{World, cloud_id, guid, world};

pub(super) fn explained(world: &World, who: &str) -> Vec<Explanation> {
    let planned = world.plan();
    let inputs = world.inputs();
    let explainer = Explainer::new(&inputs, &planned);
    explainer.find(who).iter().map(|it| explainer.explain(it)).collect()
}

fn check_world(world: &World, who: &str, expect: &Expect) {
    let text = match explained(world, who).as_slice() {
        [] => "nobody\n".to_owned(),
        [one] => explanation_text(one, Paint::Plain),
        several => choices_text("contoso", who, several),
    };
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    expect.assert_eq(&(lines.join("\n") + "\n"));
}

pub(super) fn check(text: &str, who: &str, expect: &Expect) {
    check_world(&world(text), who, expect);
}

fn filter(text: &str) -> Filter {
    let mut names = AttributeNamesBuilder::new();
    for name in ["title", "department"] {
        names.intern(name).unwrap();
    }
    Filter::parse(text, &mut names).unwrap()
}

#[test]
fn in_scope_and_the_same() {
    check(
        "ad user ada title=Clerk\n cloud user ada jobTitle=Clerk",
        "ada",
        &expect![[r#"
            user ada@contoso.com   policy contoso
              directory  CN=ada,OU=Staff,DC=contoso,DC=com
                         objectGUID a2e18799-0826-a9d8-4ab8-515f40621d0e, read from corp (dc1.contoso.com)
              scope      in scope
                         ok defaultExclusions none of Entra Connect's default exclusions
                         ok bases             OU=Staff,DC=contoso,DC=com
              match      the same object, by our records and anchor mYfhoiYI2KlKuFFfQGIdDg==
              tenant     ada@contoso.com (21495524-a02f-5695-82e2-b117addc0b1e)
              sign-in    enabled in AD, allowed in the tenant
              properties what the policy wants, and from where: (list of flows: source)
                = userPrincipalName    "ada@contoso.com"   same
                                       (test)   with userPrincipalName "ada@contoso.com", sAMAccountName "ada"
                = displayName          "ada"   same
                                       (test)   with cn "ada"
                = mailNickname         "ada"   same
                                       (test)   with userPrincipalName "ada@contoso.com", sAMAccountName "ada"
                = jobTitle             "Clerk"   same
                                       (test)   with title "Clerk"
                         4 more have no value on either side: mail, department, businessPhones, manager
            nothing to do for it

        "#]],
    );
}

#[test]
fn the_deepest_container_decides_about_excluded_bases() {
    let mut world = world(
        "ad user ada
         ad user bob ou=Left
         ad user eve ou=Back,OU=Left
         ad user kim ou=Gone,OU=Back,OU=Left",
    );
    let dns = |names: &[&str]| names.iter().map(|it| Base::Dn(it.parse().unwrap())).collect();
    let scope = &mut world.policy.users.as_mut().unwrap().scope;
    scope.bases = dns(&["DC=contoso,DC=com", "OU=Back,OU=Left,DC=contoso,DC=com"]);
    scope.exclude_bases = dns(&[
        "OU=Left,DC=contoso,DC=com",
        "OU=Gone,OU=Back,OU=Left,DC=contoso,DC=com",
        "CN=NTDS Quotas,DC=contoso,DC=com",
    ]);
    let answer = |who: &str| explained(&world, who)[0].in_scope().map_err(ToString::to_string);
    assert_eq!(answer("ada"), Ok(()));
    assert_eq!(answer("eve"), Ok(()));
    assert_eq!(answer("bob"), Err("below OU=Left,DC=contoso,DC=com, which the policy excludes".to_owned()));
    check_world(
        &world,
        "kim",
        &expect![[r#"
            user kim@contoso.com   policy contoso
              directory  CN=kim,OU=Gone,OU=Back,OU=Left,DC=contoso,DC=com
                         objectGUID 1af229cf-3dc9-e6ef-8b1f-86a1cd9a7382, read from corp (dc1.contoso.com)
              scope      out of scope: below OU=Gone,OU=Back,OU=Left,DC=contoso,DC=com, which the policy excludes
                         ok defaultExclusions none of Entra Connect's default exclusions
                         ok bases             DC=contoso,DC=com; OU=Back,OU=Left,DC=contoso,DC=com   below DC=contoso,DC=com
                         NO excludeBases      OU=Left,DC=contoso,DC=com; OU=Gone,OU=Back,OU=Left,DC=contoso,DC=com; CN=NTDS Quotas,DC=contoso,DC=com   distinguishedName "CN=kim,OU=Gone,OU=Back,OU=Left,DC=contoso,DC=com"   <- decides
              match      none in the tenant (anchor zynyGsk97+aLH4ahzZpzgg==)
              sign-in    enabled in AD
              properties not kept the same, it is out of scope (--format json has them)
            nothing to do for it

        "#]],
    );
}

#[test]
fn every_condition_is_asked_and_the_first_that_fails_decides() {
    let mut world = world(
        "ad user ada title=Clerk ou=Elsewhere
         ad user bob department=Sales mail=bob@contoso.com
         ad group cloud",
    );
    let scope = &mut world.policy.users.as_mut().unwrap().scope;
    scope.filter = Some(filter("(&(mail=*)(!(department=Sales)))"));
    scope.exclude = vec![filter("(title=Clerk)"), filter("(title=Robot)")];
    scope.member_of = vec!["CN=cloud,OU=Groups,DC=contoso,DC=com".parse().unwrap()];
    check_world(
        &world,
        "ada",
        &expect![[r#"
            user ada@contoso.com   policy contoso
              directory  CN=ada,OU=Elsewhere,DC=contoso,DC=com
                         objectGUID a2e18799-0826-a9d8-4ab8-515f40621d0e, read from corp (dc1.contoso.com)
              scope      out of scope: below none of the policy's bases
                         ok defaultExclusions none of Entra Connect's default exclusions
                         NO bases             OU=Staff,DC=contoso,DC=com   distinguishedName "CN=ada,OU=Elsewhere,DC=contoso,DC=com"   <- decides
                         NO filter            (&(mail=*)(!(department=Sales)))   (mail=*) does not match   mail (none), department (none)
                         NO exclude           (title=Clerk)   excluded by (title=Clerk)   title "Clerk"
                         ok exclude           (title=Robot)   title "Clerk"
                         NO memberOf          CN=cloud,OU=Groups,DC=contoso,DC=com   member of none of the policy's groups   memberOf (none)
              match      none in the tenant (anchor mYfhoiYI2KlKuFFfQGIdDg==)
              sign-in    enabled in AD
              properties not kept the same, it is out of scope (--format json has them)
            nothing to do for it

        "#]],
    );
    check_world(
        &world,
        "bob",
        &expect![[r#"
            user bob@contoso.com   policy contoso
              directory  CN=bob,OU=Staff,DC=contoso,DC=com
                         objectGUID e50c65e7-65d6-b170-3278-53da86ff3e43, read from corp (dc1.contoso.com)
              scope      out of scope: the policy's filter does not match
                         ok defaultExclusions none of Entra Connect's default exclusions
                         ok bases             OU=Staff,DC=contoso,DC=com
                         NO filter            (&(mail=*)(!(department=Sales)))   (!(department=Sales)) does not match   mail "bob@contoso.com", department "Sales"   <- decides
                         ok exclude           (title=Clerk)   title (none)
                         ok exclude           (title=Robot)   title (none)
                         NO memberOf          CN=cloud,OU=Groups,DC=contoso,DC=com   member of none of the policy's groups   memberOf (none)
              match      none in the tenant (anchor 52UM5dZlcLEyeFPahv8+Qw==)
              sign-in    enabled in AD
              properties not kept the same, it is out of scope (--format json has them)
            nothing to do for it

        "#]],
    );
}

#[test]
fn excluded_by_default() {
    check(
        "ad user krbtgt isCriticalSystemObject=TRUE",
        "krbtgt",
        &expect![[r#"
            user krbtgt@contoso.com   policy contoso
              directory  CN=krbtgt,OU=Staff,DC=contoso,DC=com
                         objectGUID e22e455b-eef9-3347-a441-932d5076f34a, read from corp (dc1.contoso.com)
              scope      out of scope: excluded by default: it is a critical system object of the directory
                         NO defaultExclusions none of Entra Connect's default exclusions   a default rule of Entra Connect   isCriticalSystemObject "TRUE"   <- decides
                         ok bases             OU=Staff,DC=contoso,DC=com
              match      none in the tenant (anchor W0Uu4vnuRzOkQZMtUHbzSg==)
              sign-in    enabled in AD
              properties not kept the same, it is out of scope (--format json has them)
            nothing to do for it

        "#]],
    );
}

#[test]
fn deleted_from_the_directory() {
    let mut world = world(
        "cloud user eve accountEnabled=false
         cloud user kim
         blocked eve 2026-11-20",
    );
    let link = world.links.by_anchor.values_mut().find(|it| it.cloud == cloud_id("eve")).unwrap();
    link.dn = Some("CN=Eve Lind,OU=Staff,DC=contoso,DC=com".parse().unwrap());
    check_world(
        &world,
        "Eve Lind",
        &expect![[r#"
            user eve@contoso.com   policy contoso
              directory  not in corp (dc1.contoso.com)
              match      none in the directory (anchor 96g+5owXeuNyHycoNZI5Qg==)
              tenant     eve@contoso.com (ae9e1028-5be6-5297-985b-03e2c963bcac)
              sign-in    blocked in the tenant
              left       deleted in AD
                         last in scope as CN=Eve Lind,OU=Staff,DC=contoso,DC=com
                         leaving since 2026-11-20, will be deleted on 2026-12-04
            ? user   eve@contoso.com: left the directory or the scope: will be deleted on 2026-12-04
            nothing to do for it

        "#]],
    );
    check_world(
        &world,
        "kim@contoso.com",
        &expect![[r#"
            user kim@contoso.com   policy contoso
              directory  not in corp (dc1.contoso.com)
              match      none in the directory (anchor zynyGsk97+aLH4ahzZpzgg==)
              tenant     kim@contoso.com (644787b3-a7cf-5260-ade0-960e4450bee3)
              sign-in    allowed in the tenant
              left       deleted in AD
                         will be deleted on 2026-12-06
            x user   kim@contoso.com         deleted in AD: block sign-in now, delete on 2026-12-06

        "#]],
    );
}

#[test]
fn moved_out_of_scope() {
    let mut world = world("ad user eve ou=Left\n cloud user eve");
    let link = world.links.by_anchor.values_mut().next().unwrap();
    link.dn = Some("CN=eve,OU=Staff,DC=contoso,DC=com".parse().unwrap());
    check_world(
        &world,
        "eve",
        &expect![[r#"
            user eve@contoso.com   policy contoso
              directory  CN=eve,OU=Left,DC=contoso,DC=com
                         objectGUID e63ea8f7-178c-e37a-721f-272835923942, read from corp (dc1.contoso.com)
              scope      out of scope: below none of the policy's bases
                         ok defaultExclusions none of Entra Connect's default exclusions
                         NO bases             OU=Staff,DC=contoso,DC=com   distinguishedName "CN=eve,OU=Left,DC=contoso,DC=com"   <- decides
              match      the same object, by our records and anchor 96g+5owXeuNyHycoNZI5Qg==
              tenant     eve@contoso.com (ae9e1028-5be6-5297-985b-03e2c963bcac)
              sign-in    enabled in AD, allowed in the tenant
              left       moved from OU=Staff,DC=contoso,DC=com to OU=Left,DC=contoso,DC=com (below none of the policy's bases)
                         last in scope as CN=eve,OU=Staff,DC=contoso,DC=com
                         will be deleted on 2026-12-06
              properties not kept the same, it is out of scope (--format json has them)
            x user   eve@contoso.com         moved out of scope, from OU=Staff,DC=contoso,DC=com to OU=Left,DC=contoso,DC=com (below none of the policy's bases): block sign-in now, delete on 2026-12-06

        "#]],
    );
}

#[test]
fn on_record_only() {
    let mut world = world("");
    let mut link = Link::new(ObjectKind::User, cloud_id("gone"));
    link.dn = Some("CN=gone,OU=Staff,DC=contoso,DC=com".parse().unwrap());
    world.links =
        Links { by_anchor: [(samesign::model::Anchor::from_guid(guid("gone")), link)].into(), ..world.links };
    check_world(
        &world,
        "gone",
        &expect![[r#"
            user CN=gone,OU=Staff,DC=contoso,DC=com   policy contoso
              directory  not in corp (dc1.contoso.com), and the tenant has no such object any more: only our records know it
              match      none in the tenant (anchor LaVTYlgkslzSgoLq2p0tqA==)
              left       deleted in AD
                         last in scope as CN=gone,OU=Staff,DC=contoso,DC=com
            nothing to do for it

        "#]],
    );
}

#[test]
fn in_the_recycle_bin() {
    check(
        "ad user ada\n deleted user ada",
        "ada",
        &expect![[r#"
            user ada@contoso.com   policy contoso
              directory  CN=ada,OU=Staff,DC=contoso,DC=com
                         objectGUID a2e18799-0826-a9d8-4ab8-515f40621d0e, read from corp (dc1.contoso.com)
              scope      in scope
                         ok defaultExclusions none of Entra Connect's default exclusions
                         ok bases             OU=Staff,DC=contoso,DC=com
              match      the same object, in the recycle bin, by anchor mYfhoiYI2KlKuFFfQGIdDg==
              tenant     ada@contoso.com (21495524-a02f-5695-82e2-b117addc0b1e), in the recycle bin since 2026-11-10, for 30 days
              sign-in    enabled in AD, allowed in the tenant
              properties what the policy wants, and from where: (list of flows: source)
                = userPrincipalName    "ada@contoso.com"   same
                                       (test)   with userPrincipalName "ada@contoso.com", sAMAccountName "ada"
                = displayName          "ada"   same
                                       (test)   with cn "ada"
                = mailNickname         "ada"   same
                                       (test)   with userPrincipalName "ada@contoso.com", sAMAccountName "ada"
                         5 more have no value on either side: mail, jobTitle, department, businessPhones, manager
            + user   ada@contoso.com         in the tenant's recycle bin: restore

        "#]],
    );
    check(
        "deleted user ada",
        "ada@contoso.com",
        &expect![[r#"
            user ada@contoso.com   policy contoso
              directory  not in corp (dc1.contoso.com)
              match      none in the directory (anchor mYfhoiYI2KlKuFFfQGIdDg==)
              tenant     ada@contoso.com (21495524-a02f-5695-82e2-b117addc0b1e), in the recycle bin since 2026-11-10, for 30 days
              sign-in    allowed in the tenant
              left       deleted in AD
              left alone it is in the recycle bin, and the directory has nobody with its anchor
            nothing to do for it

        "#]],
    );
}

#[test]
fn of_the_tenant_alone() {
    let text = "ad user boss mail=boss@contoso.com userPrincipalName=b@contoso.com
         cloud-only user boss
         guest user visitor
         role boss
         unlinked user stranger";
    check(
        text,
        &cloud_id("boss").to_string(),
        &expect![[r#"
            user boss@contoso.com   policy contoso
              directory  not in corp (dc1.contoso.com)
              match      none in the directory: it has no anchor
              tenant     boss@contoso.com (532ef147-9a53-5461-bc69-c6adda622d03)
              admin      holds the role Global Administrator: never removed, blocked or adopted
              namesake   user CN=boss,OU=Staff,DC=contoso,DC=com (directory, 3407dee9-0600-2db2-1e14-0371a0e6a426) bears "boss@contoso.com" too
              sign-in    allowed in the tenant
              left alone it is cloud-only: it has no anchor and is not on record, and samesign changes only what it created or has seen joined
            nothing to do for it

        "#]],
    );
    check(
        text,
        "visitor@contoso.com",
        &expect![[r#"
            user visitor@contoso.com   policy contoso
              directory  not in corp (dc1.contoso.com)
              match      none in the directory: it has no anchor
              tenant     visitor@contoso.com (6ceed8eb-88ca-577b-991b-c9118aab5dd6), a guest
              sign-in    allowed in the tenant
              left alone it is a guest, made in the cloud: samesign has nothing to do with it
            nothing to do for it

        "#]],
    );
    check(
        text,
        "stranger@contoso.com",
        &expect![[r#"
            user stranger@contoso.com   policy contoso
              directory  not in corp (dc1.contoso.com)
              match      none in the directory (anchor ZaDRaxgFmgy/lVfeP0c16A==)
              tenant     stranger@contoso.com (9c7266ee-4958-5b7c-915c-b3f03e5d3365)
              sign-in    allowed in the tenant
              left alone it carries the anchor ZaDRaxgFmgy/lVfeP0c16A==, which neither the directory nor our records know
            ? user   stranger@contoso.com: left alone: carries the anchor ZaDRaxgFmgy/lVfeP0c16A==, which neither the directory nor our records know; if it is somebody who left, block it by hand
            nothing to do for it

        "#]],
    );
}

#[test]
fn mastered_by_entra_connect() {
    check(
        "ad user dora title=Clerk\n synced user dora",
        "dora",
        &expect![[r#"
            user dora@contoso.com   policy contoso
              directory  CN=dora,OU=Staff,DC=contoso,DC=com
                         objectGUID 6027cc11-bc23-abcf-084c-22ed0826eb78, read from corp (dc1.contoso.com)
              scope      in scope
                         ok defaultExclusions none of Entra Connect's default exclusions
                         ok bases             OU=Staff,DC=contoso,DC=com
              match      the same object, by anchor EcwnYCO8z6sITCLtCCbreA==
              tenant     dora@contoso.com (12ebedee-1519-5659-81f0-5a49168f194c), mastered by Entra Connect
              sign-in    enabled in AD, allowed in the tenant
              properties what the policy wants, and from where: (list of flows: source)
                = userPrincipalName    "dora@contoso.com"   same
                                       (test)   with userPrincipalName "dora@contoso.com", sAMAccountName "dora"
                = displayName          "dora"   same
                                       (test)   with cn "dora"
                = mailNickname         "dora"   same
                                       (test)   with userPrincipalName "dora@contoso.com", sAMAccountName "dora"
                . jobTitle             "Clerk"   left alone; tenant: (none)
                                       (test)   with title "Clerk"
                         4 more have no value on either side: mail, department, businessPhones, manager
              left alone Entra Connect is its master: Microsoft Graph refuses to change it
            ? user   dora@contoso.com: Entra Connect is master of this user: Microsoft Graph refuses to change it
            nothing to do for it

        "#]],
    );
}

#[test]
fn who_would_be_removed_and_holds_a_role() {
    check(
        "cloud user eve\n role eve",
        "eve@contoso.com",
        &expect![[r#"
            user eve@contoso.com   policy contoso
              directory  not in corp (dc1.contoso.com)
              match      none in the directory (anchor 96g+5owXeuNyHycoNZI5Qg==)
              tenant     eve@contoso.com (ae9e1028-5be6-5297-985b-03e2c963bcac)
              admin      holds the role Global Administrator: never removed, blocked or adopted
              sign-in    allowed in the tenant
              left       deleted in AD
              held       by protected: holds the role Global Administrator in the tenant: take the role away first, or do it by hand
                         to release it: no approval helps: do it by hand, or take away what protects it
            ! user   eve@contoso.com         held: holds the role Global Administrator in the tenant: take the role away first, or do it by hand
                block: deleted in AD: block sign-in now, delete on 2026-12-06

        "#]],
    );
}

#[test]
fn names_that_another_has() {
    check(
        "ad user bob mail=office@contoso.com
         ad user rob userPrincipalName=r@contoso.com mail=office@contoso.com
         cloud user bob",
        "bob",
        &expect![[r#"
            user bob@contoso.com   policy contoso
              directory  CN=bob,OU=Staff,DC=contoso,DC=com
                         objectGUID e50c65e7-65d6-b170-3278-53da86ff3e43, read from corp (dc1.contoso.com)
              scope      in scope
                         ok defaultExclusions none of Entra Connect's default exclusions
                         ok bases             OU=Staff,DC=contoso,DC=com
              match      the same object, by our records and anchor 52UM5dZlcLEyeFPahv8+Qw==
              tenant     bob@contoso.com (ef45d397-0411-5f5e-8940-9bdbdef3958b)
              namesake   user CN=rob,OU=Staff,DC=contoso,DC=com (directory, f071c8c7-81d5-d592-e53a-108a1870700c) bears "office@contoso.com" too
              sign-in    enabled in AD, allowed in the tenant
              properties what the policy wants, and from where: (list of flows: source)
                = userPrincipalName    "bob@contoso.com"   same
                                       (test)   with userPrincipalName "bob@contoso.com", sAMAccountName "bob"
                = displayName          "bob"   same
                                       (test)   with cn "bob"
                . mail                 "office@contoso.com"   left alone: mail is also claimed by CN=rob,OU=Staff,DC=contoso,DC=com: change one of them in the directory; tenant: (none)
                                       (test)   with mail "office@contoso.com"
                . mailNickname         "office"   left alone: a nickname that was made from other names stays; tenant: "bob"
                                       (test)   with mail "office@contoso.com", userPrincipalName "bob@contoso.com", sAMAccountName "bob"
                         4 more have no value on either side: jobTitle, department, businessPhones, manager
            ? user   bob@contoso.com: mail is left alone: mail is also claimed by CN=rob,OU=Staff,DC=contoso,DC=com: change one of them in the directory
            nothing to do for it

        "#]],
    );
}

#[test]
fn an_anchor_that_two_have() {
    check(
        "ad user ada mS-DS-ConsistencyGuid=0123456789abcdef\n ad user twin mS-DS-ConsistencyGuid=0123456789abcdef",
        "ada",
        &expect![[r#"
            user ada@contoso.com   policy contoso
              directory  CN=ada,OU=Staff,DC=contoso,DC=com
                         objectGUID a2e18799-0826-a9d8-4ab8-515f40621d0e, read from corp (dc1.contoso.com)
              scope      in scope
                         ok defaultExclusions none of Entra Connect's default exclusions
                         ok bases             OU=Staff,DC=contoso,DC=com
              match      contested: CN=twin,OU=Staff,DC=contoso,DC=com has the same anchor MDEyMzQ1Njc4OWFiY2RlZg==
              sign-in    enabled in AD
              properties what the policy wants, and from where: (list of flows: source)
                . userPrincipalName    "ada@contoso.com"   left alone
                                       (test)   with userPrincipalName "ada@contoso.com", sAMAccountName "ada"
                . displayName          "ada"   left alone
                                       (test)   with cn "ada"
                . mailNickname         "ada"   left alone
                                       (test)   with userPrincipalName "ada@contoso.com", sAMAccountName "ada"
                         5 more have no value on either side: mail, jobTitle, department, businessPhones, manager
              left alone CN=twin,OU=Staff,DC=contoso,DC=com has the same anchor: neither is planned. Give one of them another mS-DS-ConsistencyGuid, or delete the copy
            ? user   CN=ada,OU=Staff,DC=contoso,DC=com: shares its anchor MDEyMzQ1Njc4OWFiY2RlZg== with CN=twin,OU=Staff,DC=contoso,DC=com: neither is planned
            nothing to do for it

        "#]],
    );
}
