//! Who comes out of the recycle bin while somebody else has what they had.

use expect_test::expect;
use samesign::render::{Encoded, plans_json, read_plans};

use super::world::{check, world};

#[test]
fn who_is_to_have_another_name_comes_back_with_it_if_the_one_from_before_is_taken() {
    check(
        "ad user ada userPrincipalName=ada.l@contoso.com title=Engineer userAccountControl=514
         ad user heir userPrincipalName=ada@contoso.com
         ad group staff member=ada
         deleted user ada
         cloud user heir userPrincipalName=ada@contoso.com
         cloud group staff",
        &expect![[r#"
            ~ group  staff                   members differ
                members            + ada.l@contoso.com
                                   1 after
            x user   ada.l@contoso.com       in the tenant's recycle bin: restore under another name, since the one from before is somebody else's; attribute differs; disabled in AD: block sign-in
                userPrincipalName  "ada@contoso.com" -> "ada.l@contoso.com"
                jobTitle           (none) -> "Engineer"

            plan: 0 to add, 1 to change, 1 to block, 0 to delete; 0 held; 0 left alone
            guards: clear (0 removals; limit 5 or 2 %)
        "#]],
    );
}

#[test]
fn nobody_waits_for_the_one_who_gets_the_name_with_the_same_plan() {
    check(
        "ad user ada userPrincipalName=ada.l@contoso.com
         ad user heir userPrincipalName=ada@contoso.com
         deleted user ada",
        &expect![[r#"
            + user   ada.l@contoso.com       in the tenant's recycle bin: restore under another name, since the one from before is somebody else's
                userPrincipalName  "ada@contoso.com" -> "ada.l@contoso.com"
            + user   ada@contoso.com         missing in tenant
                userPrincipalName  "ada@contoso.com"
                displayName        "heir"
                accountEnabled     true
                mailNickname       "ada"
            ? user   ada@contoso.com: the recycle bin has a user of this name (21495524-a02f-5695-82e2-b117addc0b1e) with another anchor or none: if it is the same person, restore that user and set onPremisesImmutableId to JwG26q0+1egQJ18aH1WFbw== instead of creating a new one

            plan: 2 to add, 0 to change, 0 to block, 0 to delete; 0 held; 0 left alone
            guards: clear (0 removals; limit 5 or 2 %)
        "#]],
    );
}

#[test]
fn whose_name_is_free_comes_back_with_it_and_is_renamed_then() {
    check(
        "ad user ada userPrincipalName=ada.l@contoso.com
         deleted user ada",
        &expect![[r#"
            + user   ada@contoso.com         in the tenant's recycle bin: restore
                userPrincipalName  "ada@contoso.com" -> "ada.l@contoso.com"

            plan: 1 to add, 0 to change, 0 to block, 0 to delete; 0 held; 0 left alone
            guards: clear (0 removals; limit 5 or 2 %)
        "#]],
    );
}

#[test]
fn two_who_had_one_name_one_after_the_other_come_back_with_two() {
    check(
        "ad user one userPrincipalName=first@contoso.com
         ad user two userPrincipalName=second@contoso.com
         ad user six userPrincipalName=six@contoso.com
         ad user ten userPrincipalName=tenth@contoso.com
         deleted user one userPrincipalName=both@contoso.com
         deleted user two userPrincipalName=both@contoso.com
         deleted user six userPrincipalName=six@contoso.com
         deleted user ten userPrincipalName=six@contoso.com",
        &expect![[r#"
            + user   first@contoso.com       in the tenant's recycle bin: restore under another name, since the one from before is somebody else's
                userPrincipalName  "both@contoso.com" -> "first@contoso.com"
            + user   second@contoso.com      in the tenant's recycle bin: restore under another name, since the one from before is somebody else's
                userPrincipalName  "both@contoso.com" -> "second@contoso.com"
            + user   six@contoso.com         in the tenant's recycle bin: restore
            + user   tenth@contoso.com       in the tenant's recycle bin: restore under another name, since the one from before is somebody else's
                userPrincipalName  "six@contoso.com" -> "tenth@contoso.com"

            plan: 4 to add, 0 to change, 0 to block, 0 to delete; 0 held; 0 left alone
            guards: clear (0 removals; limit 5 or 2 %)
        "#]],
    );
}

#[test]
fn a_name_that_is_not_free_now_is_waited_for() {
    check(
        "ad user ada userPrincipalName=bob@contoso.com
         ad user bob userPrincipalName=robert@contoso.com
         ad user eve userPrincipalName=boss@contoso.com
         ad user heir userPrincipalName=ada@contoso.com
         deleted user ada
         deleted user eve
         cloud user bob
         cloud user heir userPrincipalName=ada@contoso.com
         cloud-only user boss
         cloud-only user other userPrincipalName=eve@contoso.com",
        &expect![[r#"
            ~ user   bob@contoso.com         attribute differs
                userPrincipalName  "bob@contoso.com" -> "robert@contoso.com"
            ! user   ada@contoso.com         held: userPrincipalName belongs to bob@contoso.com (ef45d397-0411-5f5e-8940-9bdbdef3958b)
                restore: in the tenant's recycle bin: restore
            ! user   eve@contoso.com         held: userPrincipalName belongs to the cloud-only user boss@contoso.com (532ef147-9a53-5461-bc69-c6adda622d03): if it is the same person, set that user's onPremisesImmutableId to 96g+5owXeuNyHycoNZI5Qg==, else rename one of them
                restore: in the tenant's recycle bin: restore
            . 2 cloud-only objects left alone

            plan: 0 to add, 1 to change, 0 to block, 0 to delete; 2 held; 2 left alone
            guards: held by conflict (2): two objects claim one name; no approval helps, one of them has to change
        "#]],
    );
}

#[test]
fn addresses_of_others_are_left_to_them() {
    check(
        "ad user ada userPrincipalName=ada.l@contoso.com mail=ada.l@contoso.com
         ad user heir userPrincipalName=ada@contoso.com mail=ada@contoso.com
         ad user eve mail=eve@contoso.com
         ad user dan
         deleted user ada mail=ada@contoso.com proxyAddresses=SMTP:ada@contoso.com,smtp:lovelace@contoso.com
         deleted user eve mail=eve@contoso.com proxyAddresses=SMTP:eve@contoso.com
         deleted user dan mail=dan@contoso.com proxyAddresses=SMTP:dan@contoso.com,smtp:daniel@contoso.com
         cloud user heir userPrincipalName=ada@contoso.com mail=ada@contoso.com proxyAddresses=SMTP:ada@contoso.com
         cloud-only user shop proxyAddresses=SMTP:eve@contoso.com,smtp:daniel@contoso.com",
        &expect![[r#"
            + user   ada.l@contoso.com       in the tenant's recycle bin: restore under another name and without addresses, since those from before are somebody else's
                userPrincipalName  "ada@contoso.com" -> "ada.l@contoso.com"
                mail               "ada@contoso.com" -> (none)
                proxyAddresses     - "SMTP:ada@contoso.com"
                mail               (none) -> "ada.l@contoso.com"
            + user   dan@contoso.com         in the tenant's recycle bin: restore without addresses that are somebody else's
                proxyAddresses     - "smtp:daniel@contoso.com"
            + user   eve@contoso.com         in the tenant's recycle bin: restore without addresses that are somebody else's
                mail               "eve@contoso.com" -> (none)
                proxyAddresses     - "SMTP:eve@contoso.com"
            ? user   eve@contoso.com: mail is left alone: mail belongs to the cloud-only user shop@contoso.com (f3b5c84a-4408-5b74-9732-c65c40ac1c83): if it is the same person, set that user's onPremisesImmutableId to 96g+5owXeuNyHycoNZI5Qg==, else rename one of them
            . 1 cloud-only object left alone

            plan: 3 to add, 0 to change, 0 to block, 0 to delete; 0 held; 1 left alone
            guards: clear (0 removals; limit 5 or 2 %)
        "#]],
    );
}

#[test]
fn of_two_in_the_recycle_bin_who_had_one_address_the_first_gets_it() {
    check(
        "ad user ada
         ad user bob
         deleted user ada mail=info@contoso.com proxyAddresses=SMTP:info@contoso.com
         deleted user bob mail=info@contoso.com proxyAddresses=SMTP:info@contoso.com",
        &expect![[r#"
            + user   ada@contoso.com         in the tenant's recycle bin: restore
            + user   bob@contoso.com         in the tenant's recycle bin: restore without addresses that are somebody else's
                mail               "info@contoso.com" -> (none)
                proxyAddresses     - "SMTP:info@contoso.com"

            plan: 2 to add, 0 to change, 0 to block, 0 to delete; 0 held; 0 left alone
            guards: clear (0 removals; limit 5 or 2 %)
        "#]],
    );
}

#[test]
fn a_saved_plan_says_with_what_somebody_comes_back() {
    let planned = world(
        "ad user ada userPrincipalName=ada.l@contoso.com
         ad user heir userPrincipalName=ada@contoso.com
         deleted user ada mail=ada@contoso.com proxyAddresses=SMTP:ada@contoso.com
         cloud user heir userPrincipalName=ada@contoso.com proxyAddresses=SMTP:ada@contoso.com",
    )
    .plan();
    let text = plans_json(&Encoded { plans: std::slice::from_ref(&planned), manifests: None });
    assert_eq!(read_plans(&text).unwrap().remove(0).planned.plan, planned.plan);
    let edited = text.replacen("ada.l@contoso.com", "boss@contoso.com", 2);
    read_plans(&edited).expect_err("an approval is of this name");
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    expect![[r#"
        [
          {
            "name": "userPrincipalName",
            "from": "ada@contoso.com",
            "to": "ada.l@contoso.com"
          },
          {
            "name": "mail",
            "from": "ada@contoso.com",
            "to": null
          },
          {
            "name": "proxyAddresses",
            "from": [
              "SMTP:ada@contoso.com"
            ],
            "to": null
          }
        ]"#]]
    .assert_eq(&serde_json::to_string_pretty(&json["changes"][0]["attributes"]).unwrap());
}
