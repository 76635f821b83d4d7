//! The way through the protocol of Entra Connect: groups of all kinds, contacts and further addresses as well.
//!
//! What the tenant has to hold is worked out from what `ldapsearch` reads, as in `wanted`.

use std::collections::{BTreeMap, BTreeSet};

use expect_test::expect;

use super::tenant::{Tenant, word};
use super::wanted::{address, anchor, first, has, may_sign_in, name, texts, user_name};
use super::workplace::{Door, Workplace};
use crate::lab::{BASE, Lab};
use crate::oracle::{self, Entry};

/// What an object is like, by property; by anchor of a user, SID of a group, address of a contact.
type Facts = BTreeMap<String, BTreeMap<&'static str, BTreeSet<String>>>;

/// Properties that are one value of the directory, for users and for contacts.
const COPIES: &[(&str, &str)] = &[
    ("givenName", "givenname"),
    ("surname", "sn"),
    ("jobTitle", "title"),
    ("department", "department"),
    ("companyName", "company"),
];
/// The same, for users only: of a contact it is a part of a record.
const OF_USERS: &[(&str, &str)] = &[
    ("streetAddress", "streetaddress"),
    ("employeeId", "employeeid"),
    ("onPremisesSamAccountName", "samaccountname"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_domain_goes_through_entra_connects_protocol_and_stays_the_same() {
    let lab = tokio::task::block_in_place(Lab::own);
    tokio::task::block_in_place(|| populate(&lab));
    let tenant = Tenant::start_synchronised().await;
    let place = Workplace::new(&lab, &tenant, Door::Password, &["Staff"]);
    place.synchronise();
    let plan = place.plan(2, &["--out", "plan.json"]);
    assert_eq!(tenant.writes(), 0);
    assert!(300 < plan.count("create"));
    place.apply(0, &["plan.json"]);
    assert_eq!(place.plan(0, &[]).lines(), "");
    let before = of_directory(&lab);
    assert_same(&of_tenant(&tenant).await, &before);

    tokio::task::block_in_place(|| change(&lab));
    let plan = place.plan(2, &["--out", "plan.json"]);
    expect![[r#"
        block user user003@corp.example.com: deletedInDirectory
        update user user000@corp.example.com: attributeDiffers
          mail user000@corp.example.com -> zero@corp.example.com
          proxyAddresses ["SMTP:user000@corp.example.com","smtp:u0@example.net"] -> ["SMTP:zero@corp.example.com","smtp:user000@corp.example.com"]
        update user user001@corp.example.com: attributeDiffers
          proxyAddresses ["SMTP:user001@corp.example.com","smtp:u1@example.net"] -> ["SMTP:user001@corp.example.com"]
        update user user002@corp.example.com: attributeDiffers
          description null -> not shown <&>
        update contact Partner: attributeDiffers
          companyName Fabrikam & Söhne -> Adatum
        update group Newsletter: attributeDiffers
          securityEnabled false -> true
        update group Sales: attributeDiffers
          managedBy null -> <clerk@corp.example.com>
        members group Sales: membersDiffer
          + Partner
        members group Sales: membersDiffer
          - user010@corp.example.com
        members group Team 0: membersDeparted
          - user003@corp.example.com
    "#]].assert_eq(&plan.lines());
    place.apply(0, &["plan.json"]);
    assert_eq!(place.plan(0, &[]).lines(), "");
    assert_same(&of_tenant(&tenant).await, &with_leavers(of_directory(&lab), &before));
    tenant.assert_cloud_only_untouched().await;
}

/// Groups and contacts that Microsoft Graph could not write.
fn populate(lab: &Lab) {
    let list = format!("CN=Newsletter,OU=Groups,{BASE}");
    lab.modify(&format!(
        "dn: {list}\nchangetype: modify\nadd: mail\nmail: newsletter@corp.example.com\n-\nadd: member\n\
         member: CN=Partner,OU=Contacts,{BASE}\n-\nadd: managedBy\nmanagedBy: CN=Boss,OU=Staff,{BASE}\n"
    )
    .replacen("dn:", &format!(
        "dn: CN=Partner,OU=Contacts,{BASE}\nchangetype: add\nobjectClass: contact\ngivenName: Paula\nsn: Partner\n\
         company: Fabrikam & Söhne\nmail: paula@fabrikam.example\nproxyAddresses: SMTP:paula@fabrikam.example\n\
         proxyAddresses: smtp:pp@fabrikam.example\nmanager: CN=Boss,OU=Staff,{BASE}\n\ndn:"
    ), 1));
    lab.ldif(&format!(
        "dn: CN=Sales,OU=Groups,{BASE}\nobjectClass: group\nsAMAccountName: sales\ngroupType: -2147483640\n\
         mail: sales@corp.example.com\nproxyAddresses: SMTP:sales@corp.example.com\n\
         proxyAddresses: smtp:shop@corp.example.com\nmember: {list}\nmember: CN=User 010,OU=Staff,{BASE}\n"
    ));
}

/// A day of changes.
fn change(lab: &Lab) {
    let modify = |cn: &str, unit: &str, lines: &str| {
        lab.modify(&format!("dn: CN={cn},OU={unit},{BASE}\nchangetype: modify\n{lines}\n"));
    };
    modify(
        "User 000",
        "Staff",
        "replace: proxyAddresses\nproxyAddresses: SMTP:zero@corp.example.com\n\
         proxyAddresses: smtp:user000@corp.example.com\n-\nreplace: mail\nmail: zero@corp.example.com",
    );
    modify("User 001", "Staff", "delete: proxyAddresses\nproxyAddresses: smtp:u1@example.net");
    modify("User 002", "Staff", "replace: description\ndescription: not shown <&>");
    modify("Partner", "Contacts", "replace: company\ncompany: Adatum");
    modify("Newsletter", "Groups", "replace: groupType\ngroupType: -2147483640");
    modify(
        "Sales",
        "Groups",
        &format!(
            "add: member\nmember: CN=Partner,OU=Contacts,{BASE}\n-\ndelete: member\n\
             member: CN=User 010,OU=Staff,{BASE}\n-\nreplace: managedBy\nmanagedBy: CN=Clerk,OU=Staff,{BASE}"
        ),
    );
    lab.modify(
        &format!("dn: CN=<Tom> & Jerry,OU=Contacts,{BASE}\nchangetype: delete\n")
            .replace("<Tom>", "\\<Tom\\>"),
    );
    lab.samba_tool(&["user", "delete", "user003"]);
}

/// What a tenant that never held anybody else has of `Staff`, `Groups` and `Contacts`.
fn of_directory(lab: &Lab) -> Facts {
    let filter = "(|(&(objectCategory=person)(objectClass=user))(objectClass=group)(objectClass=contact))";
    let all = oracle::entries(&lab.search_as_service(&["-b", BASE, "-E", "pr=1000/noprompt", filter]));
    let keys: BTreeMap<&str, String> =
        all.iter().filter_map(|(dn, it)| Some((dn.as_str(), key(dn, it)?))).collect();
    let claims: Vec<String> = all
        .iter()
        .filter(|(dn, _)| keys.contains_key(dn.as_str()))
        .filter_map(|(_, it)| Some(address(it)?.to_lowercase()))
        .collect();
    let referred = |it: &Entry, attribute: &str| -> BTreeSet<String> {
        texts(it, attribute).iter().filter_map(|dn| keys.get(dn.as_str()).cloned()).collect()
    };
    let mut facts = Facts::new();
    for (dn, it) in &all {
        let Some(key) = keys.get(dn.as_str()) else { continue };
        let is_user = has(it, "objectclass", "user");
        let one = |value: String| BTreeSet::from([value]);
        let mut own = BTreeMap::from([("displayName", one(name(it)))]);
        if has(it, "objectclass", "group") {
            own.insert("description", texts(it, "description").into_iter().collect());
            own.insert("securityEnabled", one(texts(it, "grouptype")[0].starts_with('-').to_string()));
            own.insert("members", referred(it, "member"));
        } else {
            let copies = COPIES.iter().chain(OF_USERS.iter().filter(|_| is_user));
            own.extend(copies.filter_map(|(to, from)| Some((*to, one(first(it, from)?)))));
            own.insert("manager", referred(it, "manager"));
        }
        if is_user {
            own.insert("userPrincipalName", one(user_name(it)));
            // Of who has none, the tenant takes the one that it was sent for them.
            let name = first(it, "userprincipalname").unwrap_or_else(|| user_name(it));
            own.insert("onPremisesUserPrincipalName", one(name));
            own.insert("accountEnabled", one(may_sign_in(it).to_string()));
            own.insert("onPremisesDistinguishedName", one(dn.clone()));
        }
        if !has(it, "objectclass", "contact") {
            own.insert("onPremisesSecurityIdentifier", one(sid(it)));
        }
        let rivals = |own: &str| claims.iter().filter(|it| it.as_str() == own.to_lowercase()).count();
        if let Some(primary) = address(it).filter(|it| rivals(it) == 1) {
            let secondary = texts(it, "proxyaddresses").into_iter().filter(|it| it.starts_with("smtp:"));
            own.insert("proxyAddresses", secondary.chain([format!("SMTP:{primary}")]).collect());
            own.insert("mail", one(primary));
        }
        own.retain(|_, it| !it.is_empty());
        facts.insert(key.clone(), own);
    }
    facts
}

/// How an object is known, if it is in scope.
fn key(dn: &str, it: &Entry) -> Option<String> {
    let is_below = |unit: &str| dn.ends_with(&format!(",OU={unit},{BASE}"));
    if has(it, "objectclass", "contact") {
        return is_below("Contacts").then(|| address(it).unwrap());
    }
    if has(it, "objectclass", "group") {
        let is_security = || texts(it, "grouptype")[0].starts_with('-');
        return (is_below("Groups") && (is_security() || address(it).is_some())).then(|| sid(it));
    }
    is_below("Staff").then(|| anchor(it))
}

/// [MS-DTYP] 2.4.2.1 and 2.4.2.2.
fn sid(it: &Entry) -> String {
    let bytes = it["objectsid"].first().unwrap();
    let parts = bytes[8..].chunks_exact(4).map(|it| u32::from_le_bytes(it.try_into().unwrap()).to_string());
    ["S-1-5".to_owned()].into_iter().chain(parts).collect::<Vec<_>>().join("-")
}

async fn of_tenant(tenant: &Tenant) -> Facts {
    const USERS: &str = "/users?$select=id,displayName,givenName,surname,jobTitle,department,companyName,\
                         streetAddress,employeeId,userPrincipalName,accountEnabled,mail,proxyAddresses,\
                         onPremisesImmutableId,onPremisesSamAccountName,onPremisesUserPrincipalName,\
                         onPremisesSecurityIdentifier,onPremisesDistinguishedName&$expand=manager($select=id)";
    const GROUPS: &str = "/groups?$select=id,displayName,description,securityEnabled,mail,proxyAddresses,\
                          onPremisesSecurityIdentifier&$top=999";
    const CONTACTS: &str = "/contacts?$select=id,displayName,givenName,surname,jobTitle,department,companyName,\
                            mail,proxyAddresses&$expand=manager($select=id)";
    let users = tenant.all(USERS).await;
    let groups = tenant.all(GROUPS).await;
    let contacts = tenant.all(CONTACTS).await;
    let lists =
        [(&users, "onPremisesImmutableId"), (&groups, "onPremisesSecurityIdentifier"), (&contacts, "mail")];
    let synchronised = || {
        lists
            .iter()
            .flat_map(|(list, key)| list.iter().map(move |it| (it, word(&it[*key]))))
            .filter(|it| !it.1.is_empty())
    };
    let keys: BTreeMap<String, String> = synchronised().map(|(it, key)| (word(&it["id"]), key)).collect();
    let mut facts = Facts::new();
    for (it, key) in synchronised() {
        let mut own: BTreeMap<&str, BTreeSet<String>> = PROPERTIES
            .iter()
            .map(|name| {
                let one = || [word(&it[*name])].into_iter().filter(|it| !it.is_empty()).collect();
                let values = it[*name].as_array().map_or_else(one, |it| it.iter().map(word).collect());
                (*name, values)
            })
            .collect();
        own.insert("manager", it["manager"]["id"].as_str().map(|it| keys[it].clone()).into_iter().collect());
        if groups.iter().any(|group| group["id"] == it["id"]) {
            let members = tenant.all(&format!("/groups/{}/members?$select=id", word(&it["id"]))).await;
            own.insert(
                "members",
                members.iter().map(|it| keys[it["id"].as_str().unwrap()].clone()).collect(),
            );
        }
        own.retain(|_, it| !it.is_empty());
        assert_eq!(facts.insert(key, own), None, "two with one identity");
    }
    facts
}

/// Properties that are compared as Microsoft Graph shows them.
const PROPERTIES: &[&str] = &[
    "displayName",
    "givenName",
    "surname",
    "jobTitle",
    "department",
    "companyName",
    "streetAddress",
    "employeeId",
    "description",
    "securityEnabled",
    "userPrincipalName",
    "accountEnabled",
    "mail",
    "proxyAddresses",
    "onPremisesSamAccountName",
    "onPremisesUserPrincipalName",
    "onPremisesSecurityIdentifier",
    "onPremisesDistinguishedName",
];

/// Who left is blocked, and otherwise as before until the grace period ends.
fn with_leavers(mut now: Facts, before: &Facts) -> Facts {
    for (key, facts) in before {
        now.entry(key.clone()).or_insert_with(|| {
            let mut facts = facts.clone();
            if let Some(enabled) = facts.get_mut("accountEnabled") {
                *enabled = BTreeSet::from(["false".to_owned()]);
            }
            facts
        });
    }
    now
}

/// Says which objects differ, not all of them.
#[track_caller]
fn assert_same(found: &Facts, wanted: &Facts) {
    for (key, facts) in wanted {
        assert_eq!(found.get(key), Some(facts), "{key}");
    }
    assert_eq!(found.keys().collect::<Vec<_>>(), wanted.keys().collect::<Vec<_>>());
}
