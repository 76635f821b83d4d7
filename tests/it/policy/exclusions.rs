//! Entra Connect's default exclusions, one object for each rule.

use samesign::model::AttributeNamesBuilder;
use samesign::policy::Exclusion;

use super::company::Company;

#[track_caller]
fn check(class: &str, values: &[(&str, &str)], expected: Option<Exclusion>) {
    check_named("CN=x,DC=corp", class, values, expected);
}

#[track_caller]
fn check_named(dn: &str, class: &str, values: &[(&str, &str)], expected: Option<Exclusion>) {
    let mut all: Vec<(&str, &[u8])> = vec![("objectClass", class.as_bytes())];
    all.extend(values.iter().map(|(name, value)| (*name, value.as_bytes())));
    let objects = Company::new(AttributeNamesBuilder::new()).entry(dn, &all, &[]).read();
    assert_eq!(Exclusion::of(objects.named(dn).object()), expected, "{values:?}");
}

#[test]
fn people_are_in() {
    check("user", &[("sAMAccountName", "ada")], None);
    check("inetOrgPerson", &[("sAMAccountName", "ada")], None);
    check("user", &[("sAMAccountName", "ada"), ("userAccountControl", "514")], None);
    check("user", &[("sAMAccountName", "CAS_x"), ("msExchRecipientTypeDetails", "1")], None);
    check("user", &[("sAMAccountName", "dns-hunter")], None);
    check("user", &[("sAMAccountName", "krbtgtfan")], None);
    check("user", &[("sAMAccountName", "ada"), ("isCriticalSystemObject", "FALSE")], None);
    check("user", &[("sAMAccountName", "ada"), ("adminDescription", "Group_x")], None);
}

#[test]
fn system_accounts_are_out() {
    let user = |values: &[(&str, &str)], why| check("user", values, Some(why));
    user(&[], Exclusion::NoSamAccountName);
    user(&[("sAMAccountName", "a"), ("isCriticalSystemObject", "TRUE")], Exclusion::CriticalSystemObject);
    user(&[("sAMAccountName", "a"), ("adminDescription", "user_x")], Exclusion::AdminDescription);
    for name in ["SUPPORT_388945a0", "AAD_1234", "msol_1234", "CAS_{1}"] {
        user(&[("sAMAccountName", name)], Exclusion::SynchronisationAccount);
    }
    user(&[("sAMAccountName", "krbtgt")], Exclusion::DirectoryServiceAccount);
    user(&[("sAMAccountName", "krbtgt_4711")], Exclusion::DirectoryServiceAccount);
    user(
        &[("sAMAccountName", "dns-dc1"), ("servicePrincipalName", "DNS/dc1.corp.example")],
        Exclusion::DirectoryServiceAccount,
    );
    user(&[("sAMAccountName", "s"), ("mailNickname", "SystemMailbox{1")], Exclusion::SystemMailbox);
    for details in ["4096", "4194304", "536870912"] {
        user(
            &[("sAMAccountName", "s"), ("msExchRecipientTypeDetails", details)],
            Exclusion::ExchangeSystemRecipient,
        );
    }
    user(&[("sAMAccountName", "s"), ("msExchRecipientTypeDetails", "2")], Exclusion::LinkedMailbox);
    check_named(
        "CN=Ada\\0ACNF:7d4f,DC=corp",
        "user",
        &[("sAMAccountName", "a")],
        Some(Exclusion::ReplicationConflict),
    );
    check_named("CN=Ada,OU=x\\0ACNF:7d4f,DC=corp", "user", &[("sAMAccountName", "a")], None);
}

#[test]
fn groups_must_be_of_use_in_the_tenant() {
    let group = |values: &[(&str, &str)], why| check("group", values, why);
    group(&[("groupType", "-2147483646")], None);
    group(&[("groupType", "2"), ("mail", "all@x.example")], None);
    group(&[("groupType", "2"), ("proxyAddresses", "SMTP:all@x.example")], None);
    group(&[("groupType", "2")], Some(Exclusion::NeitherSecurityNorMail));
    group(&[("groupType", "2"), ("mail", "all")], Some(Exclusion::NeitherSecurityNorMail));
    let security = ("groupType", "-2147483646");
    group(&[security, ("isCriticalSystemObject", "TRUE")], Some(Exclusion::CriticalSystemObject));
    group(&[security, ("adminDescription", "Group_x")], Some(Exclusion::AdminDescription));
    group(&[security, ("msExchRecipientTypeDetails", "1073741824")], Some(Exclusion::RoleGroup));
    group(
        &[security, ("sAMAccountName", "MSOL_AD_Sync_RichCoexistence")],
        Some(Exclusion::RichCoexistenceGroup),
    );
}

#[test]
fn contacts_need_a_mail_address() {
    check("contact", &[("mail", "x@y.example")], None);
    check("contact", &[], Some(Exclusion::NoMailAddress));
    check(
        "contact",
        &[("mail", "x@y"), ("displayName", "x (MSOL)"), ("msExchHideFromAddressLists", "TRUE")],
        Some(Exclusion::SynchronisedContact),
    );
}

#[test]
fn each_says_why_and_whose_rule_it_is() {
    assert_eq!(Exclusion::NoSamAccountName.to_string(), "it has no sAMAccountName");
    assert!(Exclusion::DirectoryServiceAccount.origin().contains("samesign"));
    assert!(Exclusion::RoleGroup.origin().contains("Entra Connect"));
}
