//! What a change of policy does to live data: two versions of a policy over one world.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use expect_test::{Expect, expect};
use samesign::model::{AttributeNamesBuilder, Guid, Property, Roles, TenantReading};
use samesign::plan::{Class, Effect, Versions, compare};
use samesign::policy::{
    AnchorSource, Authority, Expression, Filter, FlowSource, Flows, Limit, Missing, Mode, Policy,
};
use samesign::render::{Compared, Paint, effect_json, effect_markdown, effect_schema, effect_text, verdict};

use super::world::{World, cloud_id, names, world};

const WORLD: &str = "ad user ada title=Clerk mail=ada@contoso.com
     ad user bob title=Machinist department=Works
     ad user eve ou=Elsewhere
     ad user new title=Clerk
     ad group staff member=ada,bob
     cloud user ada jobTitle=Clerk mail=ada@contoso.com
     cloud user bob jobTitle=Machinist department=Works
     cloud group staff members=ada,bob";

fn filter(text: &str) -> Filter {
    Filter::parse(text, &mut AttributeNamesBuilder::continuing(&names())).unwrap()
}

/// Replaces the flow to a property by an expression, or takes it out.
fn with_flow(policy: &mut Policy, to: Property, source: Option<&str>) {
    let flows = &mut policy.users.as_mut().unwrap().flows;
    let mut kept: Vec<_> = flows.iter().filter(|it| it.to != to).cloned().collect();
    if let Some(text) = source {
        let mut flow = flows.iter().next().unwrap().clone();
        let expression = Expression::compile(text, &mut AttributeNamesBuilder::continuing(&names())).unwrap();
        (flow.to, flow.source, flow.missing) = (to, FlowSource::Expression(expression), Missing::Empty);
        text.clone_into(&mut flow.origin.text);
        kept.push(flow);
    }
    *flows = Flows::combine(kept);
}

/// Gives somebody in the tenant a directory role, and somebody a licence.
fn promoted(mut world: World, admin: &str, licensed: &str) -> World {
    let mut users = world.tenant.users().to_vec();
    let user = users.iter_mut().find(|it| it.id == cloud_id(licensed)).unwrap();
    user.licences = [Guid::from_bytes([7; 16])].into();
    world.tenant = TenantReading {
        identity: world.tenant.identity().clone(),
        domains: world.tenant.domains().to_vec(),
        users,
        groups: world.tenant.groups().to_vec(),
        roles: Roles::Known(BTreeMap::from([(cloud_id(admin), [Box::from("Global Administrator")].into())])),
        ..TenantReading::default()
    }
    .finish();
    world
}

fn effect(world: &World, change: impl FnOnce(&mut Policy)) -> Effect {
    let mut after = world.policy.clone();
    change(&mut after);
    let versions = Versions::Both { before: &world.policy, after: &after };
    compare(versions, &world.directory, &world.tenant, &world.links)
}

fn shown(effect: &Effect) -> String {
    let effects = [effect.clone()];
    let compared = Compared { revision: "main", commit: "3f2c1d9", effects: &effects };
    let text = effect_text(&compared, Paint::Plain);
    let errors: Vec<String> = {
        let value = serde_json::from_str(&effect_json(&compared)).unwrap();
        let schema = jsonschema::validator_for(&effect_schema().to_value()).unwrap();
        schema.iter_errors(&value).map(|it| it.to_string()).collect()
    };
    assert_eq!(errors, Vec::<String>::new());
    text
}

fn check(effect: &Effect, expected: &Expect) {
    expected.assert_eq(&shown(effect));
}

#[test]
fn the_same_policy_has_no_effect() {
    let found = effect(&world(WORLD), |_| ());
    assert!(found.is_empty() && !found.is_grave());
    check(
        &found,
        &expect![[r#"
        no effect: both versions want the same

        effect   policy contoso against main (3f2c1d9)   corp   office
        no effect: both versions want the same
    "#]],
    );
}

#[test]
fn an_admin_who_leaves_comes_first() {
    let world = promoted(world(WORLD), "bob", "bob");
    let found = effect(&world, |it| {
        it.users.as_mut().unwrap().scope.filter = Some(filter("(!(title=Mach*))"));
    });
    assert!(found.is_grave());
    check(
        &found,
        &expect![[r#"
            worst: 1 person leaves scope, an admin, with a licence

            effect   policy contoso against main (3f2c1d9)   corp   office

            Admins touched (1)
            ! user   bob@contoso.com         leaves scope: the policy's filter does not match; admin (Global Administrator); 1 licence

            Leave scope (1)
            - user   bob@contoso.com         the policy's filter does not match; admin (Global Administrator); 1 licence
              Whoever was joined before is blocked and deleted as the policy says, and only once a person has approved it.

            Other settings (1)
            ~ scope of users: filter  (none) -> (!(title=Mach*))
        "#]],
    );
}

#[test]
fn who_enters_is_no_harm() {
    let found = effect(&world(WORLD), |it| it.users.as_mut().unwrap().scope.bases.clear());
    assert!(!found.is_empty() && !found.is_grave());
    check(
        &found,
        &expect![[r#"
        worst: 1 person enters scope

        effect   policy contoso against main (3f2c1d9)   corp   office

        Enter scope (1)
        + user   eve@contoso.com         before: below none of the policy's bases; not in the tenant

        Other settings (1)
        ~ scope of users: bases   OU=Staff,DC=contoso,DC=com -> (none)
    "#]],
    );
}

#[test]
fn names_addresses_and_values_that_change_are_told_apart() {
    let world = promoted(world(WORLD), "ada", "bob");
    let found = effect(&world, |it| {
        with_flow(it, Property::UserPrincipalName, Some(r#"ad.sAMAccountName + ".x@contoso.com""#));
        with_flow(it, Property::Mail, Some(r#"ad.sAMAccountName + "@contoso.com""#));
        with_flow(it, Property::Department, Some(r#""""#));
        with_flow(it, Property::JobTitle, None);
    });
    check(
        &found,
        &expect![[r#"
            worst: 1 admin is touched; also: 3 user names change, 2 primary addresses change, 1 object loses a value

            effect   policy contoso against main (3f2c1d9)   corp   office

            Admins touched (1)
            ! user   ada@contoso.com         admin (Global Administrator)
                userPrincipalName  "ada@contoso.com" -> "ada.x@contoso.com"
                jobTitle           "Clerk" -> left alone (no flow writes it)

            User names that change (3)
            ~ user   ada@contoso.com         admin (Global Administrator)
                userPrincipalName  "ada@contoso.com" -> "ada.x@contoso.com"
            ~ user   bob@contoso.com
                userPrincipalName  "bob@contoso.com" -> "bob.x@contoso.com"
            ~ user   new@contoso.com         not in the tenant
                userPrincipalName  "new@contoso.com" -> "new.x@contoso.com"

            Primary addresses that change (2)
            ~ user   bob@contoso.com
                mail               left alone (the directory has no value) -> "bob@contoso.com"; the tenant has (none)
            ~ user   new@contoso.com         not in the tenant
                mail               left alone (the directory has no value) -> "new@contoso.com"

            Values taken away (1)
            ~ user   bob@contoso.com
                department         "Works" -> (none)

            Attributes no longer written (3)
            ~ user   ada@contoso.com         admin (Global Administrator)
                jobTitle           "Clerk" -> left alone (no flow writes it)
            ~ user   bob@contoso.com
                jobTitle           "Machinist" -> left alone (no flow writes it)
            ~ user   new@contoso.com         not in the tenant
                jobTitle           "Clerk" -> left alone (no flow writes it)

            Other settings (4)
            ~ flow of users to userPrincipalName  ; without a value: take the value away -> ad.sAMAccountName + ".x@contoso.com"; without a value: take the value away
            ~ flow of users to mail               ; without a value: take the value away -> ad.sAMAccountName + "@contoso.com"; without a value: take the value away
            ~ flow of users to jobTitle           ; without a value: take the value away -> (none)
            ~ flow of users to department         ; without a value: take the value away -> ""; without a value: take the value away
        "#]],
    );
}

#[test]
fn a_name_in_other_letters_and_a_value_that_the_tenant_has_are_no_change() {
    let found = effect(&world(WORLD), |it| {
        with_flow(it, Property::UserPrincipalName, Some(r#"ad.userPrincipalName.upperAscii()"#));
    });
    assert_eq!(found.of_class(Class::UserNames).count(), 0, "{}", shown(&found));
    // Today nobody writes the title, and the tenant has it as the new flow wants it.
    let mut world = world(WORLD);
    let titled = world.policy.clone();
    with_flow(&mut world.policy, Property::JobTitle, None);
    let found = effect(&world, |it| *it = titled);
    assert_eq!(
        found.of_class(Class::Attributes).map(|it| it.name.as_str()).collect::<Vec<_>>(),
        ["new@contoso.com"]
    );
}

#[test]
fn what_is_written_on_creation_only_matters_to_the_new() {
    let found = effect(&world(WORLD), |it| {
        let users = it.users.as_mut().unwrap();
        let flows = users.flows.iter().cloned().map(|mut flow| {
            if flow.to == Property::JobTitle {
                flow.authority = Authority::InitialOnly;
            }
            flow
        });
        users.flows = Flows::combine(flows);
    });
    check(
        &found,
        &expect![[r#"
            worst: 2 objects keep attributes that are no longer written

            effect   policy contoso against main (3f2c1d9)   corp   office

            Attributes no longer written (2)
            ~ user   ada@contoso.com
                jobTitle           "Clerk" -> left alone (written on creation only)
            ~ user   bob@contoso.com
                jobTitle           "Machinist" -> left alone (written on creation only)

            Other settings (1)
            ~ flow of users to jobTitle  ; without a value: take the value away -> , on creation only; without a value: take the value away
        "#]],
    );
}

#[test]
fn loosened_guards_are_said_and_tightened_ones_are_no_alarm() {
    let found = effect(&world(WORLD), |it| {
        it.guards.users.removals.max = 500;
        it.guards.users.blocks = Limit { max: 1, percent: Some(1), floor: 0 };
        it.guards.groups.member_removals.percent = None;
        it.guards.protect.push("boss@contoso.com".to_owned());
        it.mode = Mode::Auto;
        let lifecycle = &mut it.users.as_mut().unwrap().lifecycle;
        lifecycle.removal.delete_after_days = Some(1);
        lifecycle.block_disabled = false;
    });
    check(
        &found,
        &expect![[r#"
            worst: 5 settings are loosened

            effect   policy contoso against main (3f2c1d9)   corp   office

            Loosened settings (5)
            ! limit on removals of users             5 or 2 % -> 500 or 2 %
            ! limit on members taken out of a group  50 or 20 % -> 50
            ! mode                                   review -> auto
            ! users disabled in the directory        block -> ignore
            ! users that left: delete                after 14 days -> after 1 day

            Other settings (2)
            ~ limit on blocks of users  20 or 5 % -> 1 or 1 %
            ~ protection                not protected -> boss@contoso.com
        "#]],
    );
    let mut world = world(WORLD);
    world.policy.guards.protect.push("boss@contoso.com".to_owned());
    let bared = effect(&world, |it| it.guards.protect.clear());
    assert_eq!(bared.loosened().map(|it| it.before.as_str()).collect::<Vec<_>>(), ["boss@contoso.com"]);
}

#[test]
fn another_anchor_is_counted() {
    let found = effect(&world(WORLD), |it| it.users.as_mut().unwrap().anchor = AnchorSource::ConsistencyGuid);
    check(
        &found,
        &expect![[r#"
        worst: 3 people leave scope, 1 not in the tenant; also: 1 setting is loosened

        effect   policy contoso against main (3f2c1d9)   corp   office

        Leave scope (3)
        - user   ada@contoso.com         mS-DS-ConsistencyGuid is empty
        - user   bob@contoso.com         mS-DS-ConsistencyGuid is empty
        - user   new@contoso.com         mS-DS-ConsistencyGuid is empty; not in the tenant
          Whoever was joined before is blocked and deleted as the policy says, and only once a person has approved it.

        Loosened settings (1)
        ! anchor of users         auto -> mS-DS-ConsistencyGuid (of the users in scope, 3 get another anchor)
    "#]],
    );
}

#[test]
fn a_policy_that_is_new_or_gone_is_said() {
    let world = world(WORLD);
    let one = |versions| compare(versions, &world.directory, &world.tenant, &world.links);
    let gone = one(Versions::Gone(&world.policy));
    assert!(!gone.is_grave(), "nobody is removed");
    check(
        &gone,
        &expect![[r#"
        worst: 1 policy is gone

        effect   policy contoso against main (3f2c1d9)   corp   office
        the policy is gone: nobody is removed, its 3 objects in the tenant are no longer looked after
    "#]],
    );
    check(
        &one(Versions::New(&world.policy)),
        &expect![[r#"
        worst: 3 people and 1 group enter scope

        effect   policy contoso against main (3f2c1d9)   corp   office
        the policy is new: 4 objects enter scope

        Enter scope (4)
        + user   ada@contoso.com         the policy is new
        + user   bob@contoso.com         the policy is new
        + user   new@contoso.com         the policy is new; not in the tenant
        + group  staff                   the policy is new
    "#]],
    );
    check(
        &Effect::gone_unseen(&world.policy),
        &expect![[r#"
        worst: 1 policy is gone

        effect   policy contoso against main (3f2c1d9)   corp   office
        the policy is gone and so are its connections: nobody is removed, and whom it looked after is not known
    "#]],
    );
}

#[test]
fn unknown_roles_are_said() {
    let mut world = world(WORLD);
    world.tenant = TenantReading {
        users: world.tenant.users().to_vec(),
        roles: Roles::Unknown("grant RoleManagement.Read.Directory".to_owned()),
        ..TenantReading::default()
    }
    .finish();
    let found = effect(&world, |it| it.mode = Mode::Auto);
    check(
        &found,
        &expect![[r#"
        worst: 1 setting is loosened

        effect   policy contoso against main (3f2c1d9)   corp   office
        ? who is an admin is not known: grant RoleManagement.Read.Directory

        Loosened settings (1)
        ! mode                    review -> auto
    "#]],
    );
}

#[test]
fn markdown_is_small_and_hostile_names_stay_text() {
    let mut text = String::from("ad user <script>\ncloud user <script>\n");
    for number in 0..3000 {
        let title = format!("</details>| [x](https://evil.example) {}", "y".repeat(90));
        writeln!(text, "ad user user{number} title=\"{title}\"\ncloud user user{number}").unwrap();
    }
    let found = effect(&world(&text), |it| {
        it.users.as_mut().unwrap().scope.filter = Some(filter("(cn=user*)"));
        with_flow(it, Property::JobTitle, Some(r#"ad.title + "*""#));
        with_flow(it, Property::Department, Some("ad.title"));
    });
    let effects = [found];
    let markdown = effect_markdown(&Compared { revision: "<b>", commit: "3f2c1d9", effects: &effects });
    assert!(markdown.len() < 60_000, "{}", markdown.len());
    assert_eq!(markdown.matches("<details>").count(), markdown.matches("\n</details>").count());
    assert_eq!(markdown.matches("</details>").count(), markdown.matches("\n</details>").count());
    assert!(!markdown.contains("<script>") && !markdown.contains("[x](") && !markdown.contains("<b>"));
    assert!(markdown.contains("more (`--format json` lists all)"));
    assert!(
        markdown.starts_with(&format!("### samesign effect: {}\n", verdict(&effects))),
        "{markdown:.200}"
    );
}
