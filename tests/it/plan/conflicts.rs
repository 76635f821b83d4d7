//! Names that two objects claim.

use expect_test::expect;
use samesign::model::Property;
use samesign::policy::{Authority, Builtin, Channel, Flow, FlowOrigin, FlowSource, Flows, Missing};

use super::world::{World, check, check_world, world};

/// A world whose tenant takes addresses, as Entra Connect's protocol does.
fn with_addresses(text: &str) -> World {
    let mut world = world(text);
    world.policy.channel = Channel::DirectorySync;
    let users = world.policy.users.as_mut().unwrap();
    let addresses = Flow {
        to: Property::ProxyAddresses,
        source: FlowSource::Builtin(Builtin::ProxyAddresses),
        authority: Authority::Directory,
        missing: Missing::Empty,
        origin: FlowOrigin { list: "test".to_owned(), text: String::new() },
    };
    users.flows = Flows::combine(users.flows.iter().cloned().chain([addresses]));
    world.links.reviewed = Some(world.policy.reviewed());
    world
}

#[test]
fn a_name_that_a_cloud_only_user_has_is_held_with_both_named() {
    check(
        "ad user ada\ncloud-only user ada",
        &expect![[r#"
            ! user   ada@contoso.com         held: the tenant's user would be taken over: look at both first
                adopt: CN=ada,OU=Staff,DC=contoso,DC=com of AD has the same userPrincipalName
                userPrincipalName  "ada@contoso.com" on both sides
                displayName        "ada" on both sides
                mailNickname       "ada" on both sides
            . 1 cloud-only object left alone

            plan: 0 to add, 0 to change, 0 to block, 0 to delete; 1 held; 1 left alone
            guards: held by adoption (1): taking over a user of the tenant always waits for a person
            to approve exactly what is held: samesign apply … --approve sha256:004aad16b577af4440560d48d1def93609cafe6aea7620f64a0c6802180ae3fa
            to approve some of it: samesign plan … --out FILE, then samesign approve FILE --what WHO
        "#]],
    );
}

#[test]
fn a_name_that_two_users_of_the_directory_want_goes_to_neither() {
    check(
        "ad user ada userPrincipalName=a@contoso.com
         ad user adam userPrincipalName=A@contoso.com",
        &expect![[r#"
            ! user   a@contoso.com           held: userPrincipalName is also claimed by CN=adam,OU=Staff,DC=contoso,DC=com: change one of them in the directory
                userPrincipalName  "a@contoso.com"
                displayName        "ada"
                accountEnabled     true
                mailNickname       "a"
            ! user   A@contoso.com           held: userPrincipalName is also claimed by CN=ada,OU=Staff,DC=contoso,DC=com: change one of them in the directory
                userPrincipalName  "A@contoso.com"
                displayName        "adam"
                accountEnabled     true
                mailNickname       "A"

            plan: 0 to add, 0 to change, 0 to block, 0 to delete; 2 held; 0 left alone
            guards: held by conflict (2): two objects claim one name; no approval helps, one of them has to change
        "#]],
    );
}

#[test]
fn a_name_that_is_given_up_can_be_taken_in_the_same_plan() {
    check(
        "ad user ada userPrincipalName=countess@contoso.com
         ad user bob userPrincipalName=ada@contoso.com
         ad user cleo userPrincipalName=bob@contoso.com
         cloud user ada
         cloud user bob",
        &expect![[r#"
            + user   bob@contoso.com         missing in tenant
                userPrincipalName  "bob@contoso.com"
                displayName        "cleo"
                accountEnabled     true
                mailNickname       "bob"
            ~ user   ada@contoso.com         attribute differs
                userPrincipalName  "ada@contoso.com" -> "countess@contoso.com"
            ~ user   bob@contoso.com         attribute differs
                userPrincipalName  "bob@contoso.com" -> "ada@contoso.com"

            plan: 1 to add, 2 to change, 0 to block, 0 to delete; 0 held; 0 left alone
            guards: clear (0 removals; limit 5 or 2 %)
        "#]],
    );
}

#[test]
fn two_who_swap_names_wait_for_a_person() {
    check(
        "ad user ada userPrincipalName=bob@contoso.com title=Clerk
         ad user bob userPrincipalName=ada@contoso.com
         cloud user ada
         cloud user bob",
        &expect![[r#"
            ~ user   ada@contoso.com         attribute differs
                jobTitle           (none) -> "Clerk"
            ! user   ada@contoso.com         held: userPrincipalName belongs to bob@contoso.com (ef45d397-0411-5f5e-8940-9bdbdef3958b), who waits for this name in turn: give one of them another name first
                userPrincipalName  "ada@contoso.com" -> "bob@contoso.com"
            ! user   bob@contoso.com         held: userPrincipalName belongs to ada@contoso.com (21495524-a02f-5695-82e2-b117addc0b1e), who waits for this name in turn: give one of them another name first
                userPrincipalName  "bob@contoso.com" -> "ada@contoso.com"

            plan: 0 to add, 1 to change, 0 to block, 0 to delete; 2 held; 0 left alone
            guards: held by conflict (2): two objects claim one name; no approval helps, one of them has to change
        "#]],
    );
}

#[test]
fn two_who_swap_addresses_keep_the_primary_ones_of_the_tenant() {
    let swapped = with_addresses(
        "ad user ada userPrincipalName=bob@contoso.com mail=bob@contoso.com
         ad user bob userPrincipalName=ada@contoso.com mail=ada@contoso.com
         cloud user ada mail=ada@contoso.com proxyAddresses=SMTP:ada@contoso.com
         cloud user bob mail=bob@contoso.com proxyAddresses=SMTP:bob@contoso.com
         synced ada
         synced bob",
    );
    check_world(
        &swapped,
        &expect![[r#"
        ! user   ada@contoso.com         held: userPrincipalName belongs to bob@contoso.com (ef45d397-0411-5f5e-8940-9bdbdef3958b), who waits for this name in turn: give one of them another name first
            userPrincipalName  "ada@contoso.com" -> "bob@contoso.com"
        ! user   bob@contoso.com         held: userPrincipalName belongs to ada@contoso.com (21495524-a02f-5695-82e2-b117addc0b1e), who waits for this name in turn: give one of them another name first
            userPrincipalName  "bob@contoso.com" -> "ada@contoso.com"
        ? scope  office: directory synchronisation is off in the tenant, which then takes nothing on this channel: set onPremisesSyncEnabled of the organisation to true as a Global Administrator
        ? user   ada@contoso.com: mail is left alone: mail belongs to bob@contoso.com (ef45d397-0411-5f5e-8940-9bdbdef3958b), who waits for this name in turn: give one of them another name first
        ? user   bob@contoso.com: mail is left alone: mail belongs to ada@contoso.com (21495524-a02f-5695-82e2-b117addc0b1e), who waits for this name in turn: give one of them another name first

        plan: 0 to add, 0 to change, 0 to block, 0 to delete; 2 held; 0 left alone
        guards: held by conflict (2): two objects claim one name; no approval helps, one of them has to change
    "#]],
    );
}

#[test]
fn further_addresses_come_although_the_primary_one_is_refused() {
    let refused = with_addresses(
        "ad user ada mail=info@contoso.com proxyAddresses=smtp:countess@contoso.com
         cloud user ada mail=ada@contoso.com proxyAddresses=SMTP:ada@contoso.com
         cloud-only user info mail=info@contoso.com proxyAddresses=SMTP:info@contoso.com
         synced ada",
    );
    check_world(
        &refused,
        &expect![[r#"
            ~ user   ada@contoso.com         attribute differs
                proxyAddresses     + "smtp:countess@contoso.com"
            ? scope  office: directory synchronisation is off in the tenant, which then takes nothing on this channel: set onPremisesSyncEnabled of the organisation to true as a Global Administrator
            ? user   ada@contoso.com: mail is left alone: mail belongs to the cloud-only user info@contoso.com (d856b000-56e0-5f62-a6f3-e6a0c7859745): if it is the same person, set that user's onPremisesImmutableId to mYfhoiYI2KlKuFFfQGIdDg==, else rename one of them
            . 1 cloud-only object left alone

            plan: 0 to add, 1 to change, 0 to block, 0 to delete; 0 held; 1 left alone
            guards: clear (0 removals; limit 5 or 2 %)
        "#]],
    );
}

#[test]
fn a_mail_address_in_use_is_left_out_and_the_user_created() {
    check(
        "ad user ada mail=info@contoso.com
         ad user bob mail=INFO@contoso.com
         ad user cleo mail=boss@contoso.com
         cloud-only user boss mail=boss@contoso.com",
        &expect![[r#"
            + user   ada@contoso.com         missing in tenant
                userPrincipalName  "ada@contoso.com"
                displayName        "ada"
                accountEnabled     true
                mailNickname       "info"
            + user   bob@contoso.com         missing in tenant
                userPrincipalName  "bob@contoso.com"
                displayName        "bob"
                accountEnabled     true
                mailNickname       "INFO"
            ! user   boss@contoso.com        held: the tenant's user would be taken over: look at both first
                adopt: CN=cleo,OU=Staff,DC=contoso,DC=com of AD has the same mail
                mail               "boss@contoso.com" on both sides
                mailNickname       "boss" on both sides
                userPrincipalName  "boss@contoso.com" -> "cleo@contoso.com"
                displayName        "boss" -> "cleo"
            ? user   ada@contoso.com: mail is left alone: mail is also claimed by CN=bob,OU=Staff,DC=contoso,DC=com: change one of them in the directory
            ? user   bob@contoso.com: mail is left alone: mail is also claimed by CN=ada,OU=Staff,DC=contoso,DC=com: change one of them in the directory
            . 1 cloud-only object left alone

            plan: 2 to add, 0 to change, 0 to block, 0 to delete; 1 held; 1 left alone
            guards: held by adoption (1): taking over a user of the tenant always waits for a person
            to approve exactly what is held: samesign apply … --approve sha256:b911944cbf4cfc1f3c3057c98de098adb465732a4a125e7f04d40160a5113522
            to approve some of it: samesign plan … --out FILE, then samesign approve FILE --what WHO
        "#]],
    );
}

#[test]
fn two_objects_with_one_anchor_are_both_left_out() {
    check(
        "ad user ada mS-DS-ConsistencyGuid=0123456789abcdef\nad user bob mS-DS-ConsistencyGuid=0123456789abcdef",
        &expect![[r#"
            ? user   CN=ada,OU=Staff,DC=contoso,DC=com: shares its anchor MDEyMzQ1Njc4OWFiY2RlZg== with CN=bob,OU=Staff,DC=contoso,DC=com: neither is planned
            ? user   CN=bob,OU=Staff,DC=contoso,DC=com: shares its anchor MDEyMzQ1Njc4OWFiY2RlZg== with CN=ada,OU=Staff,DC=contoso,DC=com: neither is planned

            plan: nothing to do; 0 objects are the same on both sides; 0 left alone
            guards: clear (0 removals; limit 5 or 2 %)
        "#]],
    );
}

#[test]
fn a_recreated_account_does_not_take_over_the_old_one() {
    check(
        "ad user ada guid=new\ncloud user ada",
        &expect![[r#"
            ! user   ada@contoso.com         held: CN=ada,OU=Staff,DC=contoso,DC=com is new in AD and wants the same name: if it is the same person, set its mS-DS-ConsistencyGuid to a2e18799-0826-a9d8-4ab8-515f40621d0e; if not, approve this
                block: deleted in AD: block sign-in now, delete on 2026-12-06
            ! user   ada@contoso.com         held: userPrincipalName belongs to ada@contoso.com (21495524-a02f-5695-82e2-b117addc0b1e), whose account in AD is gone: if this is the same person, made again, set mS-DS-ConsistencyGuid of the new account to a2e18799-0826-a9d8-4ab8-515f40621d0e, else wait until the old user is deleted or give one of them another name
                userPrincipalName  "ada@contoso.com"
                displayName        "ada"
                accountEnabled     true
                mailNickname       "ada"

            plan: 0 to add, 0 to change, 0 to block, 0 to delete; 2 held; 0 left alone
            guards: held by conflict (1): two objects claim one name; no approval helps, one of them has to change
            guards: held by recreated (1): people who left have a namesake in the directory: perhaps they were made again
            to approve exactly what is held: samesign apply … --approve sha256:a3156b9bfb36df9de55bbd6c478c2fa497a6d1b1b6740c37165d70fc881cb3d0
            to approve some of it: samesign plan … --out FILE, then samesign approve FILE --what WHO
        "#]],
    );
}

#[test]
fn a_namesake_in_the_recycle_bin_is_said_before_a_new_user_is_created() {
    check(
        "ad user ada guid=new\ndeleted user ada",
        &expect![[r#"
        + user   ada@contoso.com         missing in tenant
            userPrincipalName  "ada@contoso.com"
            displayName        "ada"
            accountEnabled     true
            mailNickname       "ada"
        ? user   ada@contoso.com: the recycle bin has a user of this name (21495524-a02f-5695-82e2-b117addc0b1e) with another anchor or none: if it is the same person, restore that user and set onPremisesImmutableId to +gn0jldGtjCHxAO1md3VdA== instead of creating a new one

        plan: 1 to add, 0 to change, 0 to block, 0 to delete; 0 held; 0 left alone
        guards: clear (0 removals; limit 5 or 2 %)
    "#]],
    );
}
