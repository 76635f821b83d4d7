//! Groups and members.

use expect_test::expect;

use super::world::check;

#[test]
fn a_new_group_gets_members_that_this_plan_creates() {
    check(
        "ad user ada
         ad user bob
         ad group inner member=bob
         ad group staff description=\"All of us\" member=ada,inner,stranger
         cloud user bob",
        &expect![[r#"
            + user   ada@contoso.com         missing in tenant
                userPrincipalName  "ada@contoso.com"
                displayName        "ada"
                accountEnabled     true
                mailNickname       "ada"
            + group  inner                   missing in tenant
                displayName        "inner"
                mailNickname       "inner"
                members            + bob@contoso.com
                                   1 after
            + group  staff                   missing in tenant
                displayName        "staff"
                mailNickname       "staff"
                description        "All of us"
                members            + ada@contoso.com (known after apply)
                                   + inner (known after apply)
                                   2 after

            plan: 3 to add, 0 to change, 0 to block, 0 to delete; 0 held; 0 left alone
            guards: clear (0 removals; limit 5 or 2 %)
        "#]],
    );
}

#[test]
fn members_converge_and_those_of_the_tenant_stay() {
    check(
        "ad user ada
         ad user bob
         ad user cleo
         ad group staff member=ada,bob
         cloud user ada
         cloud user bob
         cloud user cleo
         cloud-only user boss
         cloud group staff members=bob,cleo,boss",
        &expect![[r#"
            ~ group  staff                   members differ
                members            + ada@contoso.com
                members            - cleo@contoso.com
                                   3 after
            ? group  staff: 1 of its members in the tenant is not from this directory: left alone
            . 1 cloud-only object left alone

            plan: 0 to add, 1 to change, 0 to block, 0 to delete; 0 held; 1 left alone
            guards: clear (0 removals; limit 5 or 2 %)
        "#]],
    );
}

#[test]
fn groups_that_graph_cannot_write_are_out_of_scope() {
    check(
        "ad group list groupType=2
         ad group mailed mail=mailed@contoso.com",
        &expect![[r#"
            plan: nothing to do; 0 objects are the same on both sides; 0 left alone
            guards: clear (0 removals; limit 5 or 2 %)
        "#]],
    );
}

#[test]
fn a_circle_of_groups_is_planned_like_any_other() {
    check(
        "ad group one member=two,one\nad group two member=one",
        &expect![[r#"
            + group  one                     missing in tenant
                displayName        "one"
                mailNickname       "one"
                members            + two (known after apply)
                                   1 after
            + group  two                     missing in tenant
                displayName        "two"
                mailNickname       "two"
                members            + one (known after apply)
                                   1 after

            plan: 2 to add, 0 to change, 0 to block, 0 to delete; 0 held; 0 left alone
            guards: clear (0 removals; limit 5 or 2 %)
        "#]],
    );
}
