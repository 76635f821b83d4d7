//! Users: created, changed, blocked, allowed, restored.

use expect_test::expect;

use super::world::check;

#[test]
fn a_new_user_is_created_with_every_value_and_its_manager_afterwards() {
    check(
        "ad user ada title=\"Chief Analyst\" mail=ada@contoso.com telephoneNumber=\"+44 20 1\" manager=bob
         ad user bob displayName=\"Bob \\\"Tables\\\"\"",
        &expect![[r#"
            + user   ada@contoso.com         missing in tenant
                userPrincipalName  "ada@contoso.com"
                displayName        "ada"
                accountEnabled     true
                mail               "ada@contoso.com"
                mailNickname       "ada"
                jobTitle           "Chief Analyst"
                businessPhones     "+44 20 1"
                manager            (none) -> bob@contoso.com (known after apply)
            + user   bob@contoso.com         missing in tenant
                userPrincipalName  "bob@contoso.com"
                displayName        "Bob \\"
                accountEnabled     true
                mailNickname       "bob"

            plan: 2 to add, 0 to change, 0 to block, 0 to delete; 0 held; 0 left alone
            guards: clear (0 removals; limit 5 or 2 %)
        "#]],
    );
}

#[test]
fn only_what_differs_is_changed_and_case_of_names_does_not_differ() {
    check(
        "ad user ada title=Engineer mail=Ada@Contoso.com
         ad user bob department=Sales
         cloud user ada jobTitle=Clerk mail=ada@contoso.com userPrincipalName=ADA@contoso.com
         cloud user bob department=Sales jobTitle=Intern
         cloud-only user boss",
        &expect![[r#"
            ~ user   ADA@contoso.com         attribute differs
                jobTitle           "Clerk" -> "Engineer"
            ~ user   bob@contoso.com         attribute differs
                jobTitle           "Intern" -> (none)
            . 1 cloud-only object left alone

            plan: 0 to add, 2 to change, 0 to block, 0 to delete; 0 held; 1 left alone
            guards: clear (0 removals; limit 5 or 2 %)
        "#]],
    );
}

#[test]
fn a_disabled_or_expired_account_is_blocked_and_an_enabled_one_allowed() {
    check(
        "ad user ada userAccountControl=514
         ad user bob accountExpires=134000000000000000
         ad user cleo accountExpires=9223372036854775807
         ad user dan userAccountControl=514
         cloud user ada
         cloud user bob
         cloud user cleo accountEnabled=false
         cloud user dan accountEnabled=false",
        &expect![[r#"
            ~ user   cleo@contoso.com        enabled in AD: allow sign-in
            x user   ada@contoso.com         disabled in AD: block sign-in
            x user   bob@contoso.com         expired in AD on 2025-08-18: block sign-in

            plan: 0 to add, 1 to change, 2 to block, 0 to delete; 0 held; 0 left alone
            guards: clear (0 removals; limit 5 or 2 %)
        "#]],
    );
}

#[test]
fn a_user_in_the_recycle_bin_is_restored_not_created_again() {
    check(
        "ad user ada title=Engineer
         deleted user ada accountEnabled=false",
        &expect![[r#"
            + user   ada@contoso.com         in the tenant's recycle bin: restore; returned: allow sign-in
                jobTitle           (none) -> "Engineer"

            plan: 1 to add, 0 to change, 0 to block, 0 to delete; 0 held; 0 left alone
            guards: clear (0 removals; limit 5 or 2 %)
        "#]],
    );
}

#[test]
fn names_that_the_tenant_cannot_take_fall_back_to_its_initial_domain() {
    check(
        "ad user ada userPrincipalName=ada@corp.local
         ad user jörg userPrincipalName=jörg@contoso.com mailNickname=jorg
         ad user nobody userPrincipalName=nobody",
        &expect![[r#"
            + user   ada@contoso.onmicrosoft.com     missing in tenant
                userPrincipalName  "ada@contoso.onmicrosoft.com"
                displayName        "ada"
                accountEnabled     true
                mailNickname       "ada"
            + user   jorg@contoso.onmicrosoft.com    missing in tenant
                userPrincipalName  "jorg@contoso.onmicrosoft.com"
                displayName        "jörg"
                accountEnabled     true
                mailNickname       "jorg"
            + user   nobody@contoso.onmicrosoft.com  missing in tenant
                userPrincipalName  "nobody@contoso.onmicrosoft.com"
                displayName        "nobody"
                accountEnabled     true
                mailNickname       "nobody"

            plan: 3 to add, 0 to change, 0 to block, 0 to delete; 0 held; 0 left alone
            guards: clear (0 removals; limit 5 or 2 %)
        "#]],
    );
}

#[test]
fn a_value_that_the_tenant_refuses_is_a_finding_and_the_rest_goes_on() {
    let long = "x".repeat(65);
    check(
        &format!("ad user ada department={long} mail=ädä@contoso.com title=Clerk\ncloud user ada"),
        &expect![[r#"
            ~ user   ada@contoso.com         attribute differs
                jobTitle           (none) -> "Clerk"
            ? user   ada@contoso.com: department is left alone: the value has 65 characters, the tenant takes 64
            ? user   ada@contoso.com: mail is left alone: the value is no plain SMTP address

            plan: 0 to add, 1 to change, 0 to block, 0 to delete; 0 held; 0 left alone
            guards: clear (0 removals; limit 5 or 2 %)
        "#]],
    );
}

#[test]
fn who_has_no_user_name_gets_the_one_that_the_domain_controller_would_accept() {
    check(
        "ad user ada userPrincipalName=\"\"",
        &expect![[r#"
        + user   ada@contoso.com         missing in tenant
            userPrincipalName  "ada@contoso.com"
            displayName        "ada"
            accountEnabled     true
            mailNickname       "ada"

        plan: 1 to add, 0 to change, 0 to block, 0 to delete; 0 held; 0 left alone
        guards: clear (0 removals; limit 5 or 2 %)
    "#]],
    );
}

#[test]
fn an_account_whose_state_cannot_be_read_is_neither_created_nor_allowed_to_sign_in() {
    check(
        "ad user ada userAccountControl=\"\" manager=bob
         ad user bob userAccountControl=\"\"
         cloud user bob accountEnabled=false",
        &expect![[r#"
            ? user   ada@contoso.com: not created: userAccountControl cannot be read; give the account of samesign that right
            ? user   bob@contoso.com: sign-in is left alone: userAccountControl cannot be read; give the account of samesign that right

            plan: nothing to do; 1 object is the same on both sides; 0 left alone
            guards: clear (0 removals; limit 5 or 2 %)
        "#]],
    );
}

#[test]
fn a_long_text_shows_the_words_that_change() {
    check(
        "ad user ada title=\"Head of sales and of everything that goes with it in the northern half of the country\"
         cloud user ada jobTitle=\"Head of marketing and of everything that goes with it in the southern half of the country\"",
        &expect![[r#"
            ~ user   ada@contoso.com         attribute differs
                jobTitle           "Head of [-marketing-]{+sales+} and of everything that goes with it in the [-southern-]{+northern+} half of the country"

            plan: 0 to add, 1 to change, 0 to block, 0 to delete; 0 held; 0 left alone
            guards: clear (0 removals; limit 5 or 2 %)
        "#]],
    );
}
