//! What a word means, and what is said of groups, contacts, containers and accounts that are disabled.

use expect_test::expect;
use samesign::plan::{Explainer, Target};
use samesign::render::{Paint, explanation_text};

use super::explain::{check, explained};
use super::world::{cloud_id, guid, world};

#[test]
fn groups_and_who_is_missing_in_them() {
    check(
        "ad user ada
         ad user bob
         ad user out ou=Elsewhere
         ad user new
         ad user stuck userPrincipalName=boss@contoso.com
         ad group staff member=ada,bob,out,new,stuck,stranger
         cloud user ada
         cloud user bob
         cloud-only user boss
         cloud group staff members=ada,boss",
        "staff",
        &expect![[r#"
            group staff   policy contoso
              directory  CN=staff,OU=Groups,DC=contoso,DC=com
                         objectGUID 6c9d5cf5-dbaa-4260-8e55-d3cf45682916, read from corp (dc1.contoso.com)
              scope      in scope
                         ok defaultExclusions none of Entra Connect's default exclusions
                         ok bases             OU=Groups,DC=contoso,DC=com
                         ok channel           a security group without mail addresses
              match      the same object, by our records and anchor 9VydbKrbYEKOVdPPRWgpFg==
              tenant     staff (a9c5f7c6-2fca-5713-b079-6b9a09816644)
              members    1 of 6 are in the tenant's group, which has 2 members
                         1 missing: not in the tenant: the tenant's user would be taken over: look at both first
                           CN=stuck,OU=Staff,DC=contoso,DC=com
                         1 missing: not read: a computer or another class, or outside of the search bases
                           CN=stranger,OU=Elsewhere,DC=contoso,DC=com
                         1 missing: out of scope: below none of the policy's bases
                           CN=out,OU=Elsewhere,DC=contoso,DC=com
                         2 missing: the plan adds them
                           CN=bob,OU=Staff,DC=contoso,DC=com
                           CN=new,OU=Staff,DC=contoso,DC=com
              properties what the policy wants, and from where: (list of flows: source)
                = displayName          "staff"   same
                                       (test)   with cn "staff"
                = mailNickname         "staff"   same
                                       (test)   with sAMAccountName "staff"
                         1 more has no value on either side: description
            ~ group  staff                   members differ
                members            + bob@contoso.com
                                   + new@contoso.com (known after apply)
                                   4 after
            ? group  staff: 1 of its members in the tenant is not from this directory: left alone

        "#]],
    );
    check(
        "ad user ada\n ad group lists groupType=2 mail=l@contoso.com member=ada",
        "lists",
        &expect![[r#"
            group lists   policy contoso
              directory  CN=lists,OU=Groups,DC=contoso,DC=com
                         objectGUID de1b620b-2305-8fdc-2d47-98be1d5e83a9, read from corp (dc1.contoso.com)
              scope      out of scope: a distribution group: this channel cannot write these
                         ok defaultExclusions none of Entra Connect's default exclusions
                         ok bases             OU=Groups,DC=contoso,DC=com
                         NO channel           a security group without mail addresses   groupType "2", mail "l@contoso.com", proxyAddresses (none)   <- decides
              match      none in the tenant (anchor C2Ib3gUj3I8tR5i+HV6DqQ==)
              members    1 in the directory
              properties not kept the same, it is out of scope (--format json has them)
            nothing to do for it

        "#]],
    );
}

#[test]
fn contacts_and_containers() {
    check(
        "ad contact tax mail=tax@example.com",
        "tax",
        &expect![[r#"
            contact tax   policy contoso
              directory  CN=tax,OU=Staff,DC=contoso,DC=com
                         objectGUID bf1a0706-2e40-9607-2de6-ce08ac0e5113, read from corp (dc1.contoso.com)
              scope      out of scope: the policy does not handle this kind of object
                         NO kind              the policy has no `contacts`   <- decides
              match      none in the tenant (anchor Bgcav0AuB5Yt5s4IrA5REw==)
            nothing to do for it

        "#]],
    );
    check(
        "ad user ada\n ad user krbtgt isCriticalSystemObject=TRUE\n ad contact tax ou=Staff",
        "OU=Staff,DC=contoso,DC=com",
        &expect![[r#"
            container OU=Staff,DC=contoso,DC=com   policy contoso
              below it   2 users, 1 in scope; 1 contact, 0 in scope
              out        1 by defaultExclusions, 1 by kind (explain one of them to see why)
                         objectGUID 5675fb06-f5de-7629-e566-051ba485486d, read from corp (dc1.contoso.com)

        "#]],
    );
}

#[test]
fn disabled_expired_and_unreadable_accounts() {
    let sign_in = |text: &str| {
        let text = explanation_text(&explained(&world(text), "ada")[0], Paint::Plain);
        text.lines().find(|it| it.contains("sign-in ")).unwrap().trim().to_owned()
    };
    assert_eq!(sign_in("ad user ada userAccountControl=514"), "sign-in    disabled in AD");
    assert_eq!(
        sign_in("ad user ada accountExpires=133800000000000000\n cloud user ada"),
        "sign-in    expired in AD, accountExpires 2024-12-30, allowed in the tenant"
    );
    assert!(sign_in("ad user ada userAccountControl=").starts_with("sign-in    unknown:"));
}

#[test]
fn a_word_that_means_several() {
    check(
        "ad user ada displayName=\"Ada Lovelace\"
         ad user ada2 displayName=\"Ada Lovelace\" ou=Elsewhere",
        "ada lovelace",
        &expect![[r#"
            policy contoso: 2 objects are called ada lovelace; say which by DN or id
              user      CN=ada,OU=Staff,DC=contoso,DC=com   in scope
              user      CN=ada2,OU=Elsewhere,DC=contoso,DC=com   out of scope: below none of the policy's bases

        "#]],
    );
}

#[test]
fn one_object_is_found_by_all_its_names() {
    let world = world(
        "ad user ada mail=a.l@contoso.com proxyAddresses=smtp:countess@contoso.com displayName=\"Ada Lovelace\"
         cloud user ada displayName=Countess",
    );
    let planned = world.plan();
    let inputs = world.inputs();
    let explainer = Explainer::new(&inputs, &planned);
    let expected = explainer.find("ada");
    assert!(matches!(expected.as_slice(), [Target::Directory(_)]));
    let anchor = samesign::model::Anchor::from_guid(guid("ada")).to_string();
    for who in [
        "ADA@contoso.com",
        "CONTOSO\\ada",
        "a.l@contoso.com",
        "countess@contoso.com",
        "smtp:Countess@contoso.com",
        "Ada Lovelace",
        "cn=ADA, ou=Staff, dc=contoso, dc=com",
        &guid("ada").to_string(),
        &anchor,
        &cloud_id("ada").to_string(),
        "Countess",
    ] {
        assert_eq!(explainer.find(who), expected, "{who}");
    }
    for nobody in ["", "=", "CN=", "\\", "ad", "*", "smtp:"] {
        assert_eq!(explainer.find(nobody), [], "{nobody}");
    }
}

#[test]
fn who_is_nearly_called_so_is_suggested() {
    let world = world("ad user greta\n ad user gretel\n ad user otto\n cloud-only user margret");
    let planned = world.plan();
    let inputs = world.inputs();
    let explainer = Explainer::new(&inputs, &planned);
    assert_eq!(explainer.suggestions("gretta"), ["greta", "greta@contoso.com", "gretel"]);
    assert_eq!(explainer.suggestions("xylophone"), Vec::<String>::new());
}
