//! Users of the tenant that look like somebody of the directory.

use expect_test::expect;

use super::world::check;

#[test]
fn a_user_with_the_same_name_is_shown_side_by_side_and_waits_for_a_person() {
    check(
        "ad user ada title=Clerk department=Sales
         cloud-only user ada department=Sales jobTitle=Boss",
        &expect![[r#"
            ! user   ada@contoso.com         held: the tenant's user would be taken over: look at both first
                adopt: CN=ada,OU=Staff,DC=contoso,DC=com of AD has the same userPrincipalName
                userPrincipalName  "ada@contoso.com" on both sides
                displayName        "ada" on both sides
                mailNickname       "ada" on both sides
                department         "Sales" on both sides
                jobTitle           "Boss" -> "Clerk"
            . 1 cloud-only object left alone

            plan: 0 to add, 0 to change, 0 to block, 0 to delete; 1 held; 1 left alone
            guards: held by adoption (1): taking over a user of the tenant always waits for a person
            to approve exactly what is held: samesign apply … --approve sha256:a844b28fa4e1a8067c1a5b309739b266aacc0d0bc812d3dde0824967392f9c06
            to approve some of it: samesign plan … --out FILE, then samesign approve FILE --what WHO
        "#]],
    );
}

#[test]
fn the_primary_address_speaks_for_a_person_too() {
    check(
        "ad user ada mail=ada.lovelace@contoso.com
         cloud-only user lovelace mail=Ada.Lovelace@contoso.com displayName=ada",
        &expect![[r#"
            ! user   lovelace@contoso.com    held: the tenant's user would be taken over: look at both first
                adopt: CN=ada,OU=Staff,DC=contoso,DC=com of AD has the same mail
                displayName        "ada" on both sides
                mail               "ada.lovelace@contoso.com" on both sides
                userPrincipalName  "lovelace@contoso.com" -> "ada@contoso.com"
            . 1 cloud-only object left alone

            plan: 0 to add, 0 to change, 0 to block, 0 to delete; 1 held; 1 left alone
            guards: held by adoption (1): taking over a user of the tenant always waits for a person
            to approve exactly what is held: samesign apply … --approve sha256:fc8fc3fcc1fe35275e3d7844cc415bca15b51a195579149d93dc0b5f15e67452
            to approve some of it: samesign plan … --out FILE, then samesign approve FILE --what WHO
        "#]],
    );
}

#[test]
fn admins_guests_and_protected_accounts_are_not_taken_over() {
    check(
        "ad user ada
         ad user bob
         ad user eve
         cloud-only user ada
         role ada
         guest user bob",
        &expect![[r#"
            + user   eve@contoso.com         missing in tenant
                userPrincipalName  "eve@contoso.com"
                displayName        "eve"
                accountEnabled     true
                mailNickname       "eve"
            ! user   ada@contoso.com         held: holds the role Global Administrator in the tenant: take the role away first, or do it by hand
                adopt: CN=ada,OU=Staff,DC=contoso,DC=com of AD has the same userPrincipalName
                userPrincipalName  "ada@contoso.com" on both sides
                displayName        "ada" on both sides
                mailNickname       "ada" on both sides
            ! user   bob@contoso.com         held: bob@contoso.com (ef45d397-0411-5f5e-8940-9bdbdef3958b) is a guest: guests are not taken over
                adopt: CN=bob,OU=Staff,DC=contoso,DC=com of AD has the same userPrincipalName
                userPrincipalName  "bob@contoso.com" on both sides
                displayName        "bob" on both sides
                mailNickname       "bob" on both sides
            . 2 cloud-only objects left alone

            plan: 1 to add, 0 to change, 0 to block, 0 to delete; 2 held; 2 left alone
            guards: held by conflict (1): two objects claim one name; no approval helps, one of them has to change
            guards: held by protected (1): protected accounts are never removed, blocked or adopted; no approval helps
        "#]],
    );
}

#[test]
fn two_who_look_like_one_and_one_who_looks_like_two_are_conflicts() {
    check(
        "ad user ada
         ad user countess mail=ada@contoso.com
         ad user bob mail=robert@contoso.com
         cloud-only user ada mail=ada@contoso.com
         cloud-only user bob
         cloud-only user rob mail=robert@contoso.com",
        &expect![[r#"
            ! user   ada@contoso.com         held: others of the directory look like ada@contoso.com (21495524-a02f-5695-82e2-b117addc0b1e), too: give only one of them its user name and address
                adopt: CN=countess,OU=Staff,DC=contoso,DC=com of AD has the same mail
                mail               "ada@contoso.com" on both sides
                mailNickname       "ada" on both sides
                userPrincipalName  "ada@contoso.com" -> "countess@contoso.com"
                displayName        "ada" -> "countess"
            ! user   ada@contoso.com         held: others of the directory look like ada@contoso.com (21495524-a02f-5695-82e2-b117addc0b1e), too: give only one of them its user name and address
                adopt: CN=ada,OU=Staff,DC=contoso,DC=com of AD has the same userPrincipalName
                userPrincipalName  "ada@contoso.com" on both sides
                displayName        "ada" on both sides
                mailNickname       "ada" on both sides
            ! user   bob@contoso.com         held: bob@contoso.com (ef45d397-0411-5f5e-8940-9bdbdef3958b) has the user name and rob@contoso.com (07629850-230b-59c7-a9b8-d0b4fa094767) the address: change one of them
                adopt: CN=bob,OU=Staff,DC=contoso,DC=com of AD has the same userPrincipalName
                userPrincipalName  "bob@contoso.com" on both sides
                displayName        "bob" on both sides
                mail               (none) -> "robert@contoso.com"
            . 3 cloud-only objects left alone

            plan: 0 to add, 0 to change, 0 to block, 0 to delete; 3 held; 3 left alone
            guards: held by conflict (3): two objects claim one name; no approval helps, one of them has to change
        "#]],
    );
}

#[test]
fn who_is_not_adopted_yet_is_in_no_group() {
    check(
        "ad user ada
         ad group staff member=ada
         cloud-only user ada
         cloud group staff members=ada",
        &expect![[r#"
            ! user   ada@contoso.com         held: the tenant's user would be taken over: look at both first
                adopt: CN=ada,OU=Staff,DC=contoso,DC=com of AD has the same userPrincipalName
                userPrincipalName  "ada@contoso.com" on both sides
                displayName        "ada" on both sides
                mailNickname       "ada" on both sides
            ? group  staff: 1 of its members in the tenant is not from this directory: left alone
            . 1 cloud-only object left alone

            plan: 0 to add, 0 to change, 0 to block, 0 to delete; 1 held; 1 left alone
            guards: held by adoption (1): taking over a user of the tenant always waits for a person
            to approve exactly what is held: samesign apply … --approve sha256:004aad16b577af4440560d48d1def93609cafe6aea7620f64a0c6802180ae3fa
            to approve some of it: samesign plan … --out FILE, then samesign approve FILE --what WHO
        "#]],
    );
}

#[test]
fn who_was_blocked_and_is_made_again_keeps_their_groups_until_a_person_decides() {
    check(
        "ad user ada guid=second
         ad user bob
         ad group staff member=bob
         cloud user ada accountEnabled=false
         cloud user bob
         blocked ada 2026-11-20
         cloud group staff members=ada,bob",
        &expect![[r#"
            ! user   ada@contoso.com         held: userPrincipalName belongs to ada@contoso.com (21495524-a02f-5695-82e2-b117addc0b1e), whose account in AD is gone: if this is the same person, made again, set mS-DS-ConsistencyGuid of the new account to a2e18799-0826-a9d8-4ab8-515f40621d0e, else wait until the old user is deleted or give one of them another name
                userPrincipalName  "ada@contoso.com"
                displayName        "ada"
                accountEnabled     true
                mailNickname       "ada"
            ? user   ada@contoso.com: left the directory or the scope: will be deleted on 2026-12-04

            plan: 0 to add, 0 to change, 0 to block, 0 to delete; 1 held; 0 left alone
            guards: held by conflict (1): two objects claim one name; no approval helps, one of them has to change
        "#]],
    );
}

#[test]
fn a_set_of_values_speaks_for_a_person_only_if_it_is_the_same() {
    check(
        "ad user ada telephoneNumber=1
         ad user bob telephoneNumber=2 mail=b@contoso.com
         cloud-only user ada businessPhones=1
         guest user visitor mail=b@contoso.com businessPhones=9",
        &expect![[r#"
            ! user   ada@contoso.com         held: the tenant's user would be taken over: look at both first
                adopt: CN=ada,OU=Staff,DC=contoso,DC=com of AD has the same userPrincipalName
                userPrincipalName  "ada@contoso.com" on both sides
                displayName        "ada" on both sides
                mailNickname       "ada" on both sides
                businessPhones     "1" on both sides
            ! user   visitor@contoso.com     held: visitor@contoso.com (6ceed8eb-88ca-577b-991b-c9118aab5dd6) is a guest: guests are not taken over
                adopt: CN=bob,OU=Staff,DC=contoso,DC=com of AD has the same mail
                mail               "b@contoso.com" on both sides
                userPrincipalName  "visitor@contoso.com" -> "bob@contoso.com"
                displayName        "visitor" -> "bob"
                businessPhones     + "2"   - "9"
            . 2 cloud-only objects left alone

            plan: 0 to add, 0 to change, 0 to block, 0 to delete; 2 held; 2 left alone
            guards: held by conflict (1): two objects claim one name; no approval helps, one of them has to change
            guards: held by adoption (1): taking over a user of the tenant always waits for a person
            to approve exactly what is held: samesign apply … --approve sha256:e6dcede65f64d219159355977c17e382eea28a6983a15732caefa74e9f2c990b
            to approve some of it: samesign plan … --out FILE, then samesign approve FILE --what WHO
        "#]],
    );
}
