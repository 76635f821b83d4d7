//! Reading a whole tenant, and single objects.

use std::sync::Mutex;

use expect_test::{Expect, expect};
use samesign::model::{Anchor, ObjectKind, Origin, Property, Roles, TenantSnapshot};
use samesign::target::Current;
use samesign::target::graph::{Extent, Progress};
use serde_json::{Value, json};

use super::script::{Asked, Say, Tenant, id};

const ANCHOR: &str = "EiZ7L4VagEqYn9/3ZumEfw==";
const UNIQUE_NAME: &str = "2f7b2612-5a85-4a80-989f-dff766e9847f";

fn user(at: u32, name: &str) -> Value {
    json!({ "id": id(at).to_string(), "userPrincipalName": name, "displayName": name, "accountEnabled": true })
}

/// A small tenant with two pages of users, two groups of ours and one that is not.
fn small_tenant(asked: &Asked) -> Say {
    let path = asked.path.as_str();
    let host = asked.header("host").unwrap_or_default();
    let value = |value: Value| Say::Json(200, json!({ "value": value }));
    if path.starts_with("/organization") {
        return value(json!([{ "id": "t-1", "displayName": "Contoso", "verifiedDomains": [] }]));
    }
    if path.starts_with("/domains") {
        return value(
            json!([{ "id": "Contoso.Example", "isVerified": true, "authenticationType": "Managed" }]),
        );
    }
    if path.starts_with("/users?$skiptoken=2") {
        return value(json!([user(2, "bob@contoso.example")]));
    }
    if path.starts_with("/users?") {
        let mut ada = user(1, "ada@contoso.example");
        ada["onPremisesImmutableId"] = json!(ANCHOR);
        ada["onPremisesExtensionAttributes"] =
            json!({ "extensionAttribute3": "three", "extensionAttribute1": null });
        ada["manager"] = json!({ "@odata.type": "#microsoft.graph.user", "id": id(2).to_string() });
        ada["businessPhones"] = json!(["+44 1"]);
        ada["proxyAddresses"] = json!(["SMTP:ada@contoso.example"]);
        ada["jobTitle"] = json!("");
        ada["assignedLicenses"] = json!([
            { "skuId": "6fd2c87f-b296-42f0-b197-1e91e994b900", "disabledPlans": ["7547a3fe-08ee-4ccb-b430-5077c5041653"] },
            { "skuId": "05e9a617-0261-4cee-bb44-138d3ef5d965", "disabledPlans": [] },
        ]);
        ada["somethingNew"] = json!({ "deep": [1, 2, { "er": null }] });
        let next = format!("http://{host}/v1.0/users?$skiptoken=2");
        return Say::Json(200, json!({ "@odata.nextLink": next, "value": [ada] }));
    }
    if path.starts_with("/directory/deletedItems/microsoft.graph.user") {
        let mut eve = user(3, "eve@contoso.example");
        eve["deletedDateTime"] = json!("2026-11-20T10:00:00Z");
        eve["onPremisesSyncEnabled"] = json!(false);
        eve["onPremisesImmutableId"] = json!("by-hand");
        return value(json!([eve]));
    }
    if path.starts_with("/directory/deletedItems") {
        return value(json!([]));
    }
    if path.starts_with("/groups?") {
        let group = |at: u32, unique: Value| {
            json!({ "id": id(at).to_string(), "displayName": "staff", "mailEnabled": false,
                    "securityEnabled": true, "groupTypes": [], "uniqueName": unique })
        };
        return value(json!([
            group(10, json!(UNIQUE_NAME)),
            group(11, Value::Null),
            group(12, json!("theirs"))
        ]));
    }
    if path.starts_with("/roleManagement/") || path.contains("/transitiveMembers") {
        return small_roles(path, host);
    }
    if path.starts_with(&format!("/groups/{}/members?$skiptoken", id(10))) {
        return value(json!([{ "id": id(1).to_string() }]));
    }
    if path.starts_with(&format!("/groups/{}/members", id(10))) {
        // An item of a batch does not know the host; its page says it all the same.
        let next = format!("http://{host}/v1.0/groups/{}/members?$skiptoken=x", id(10));
        let members = json!([{ "@odata.type": "#microsoft.graph.user", "id": id(2).to_string() }]);
        return Say::Json(200, json!({ "@odata.nextLink": next, "value": members }));
    }
    Say::error(404, "Request_ResourceNotFound", "no such thing")
}

/// Ada is an administrator by herself, whoever is in the group 11 because of that.
fn small_roles(path: &str, host: &str) -> Say {
    let value = |value: Value| Say::Json(200, json!({ "value": value }));
    let assignment =
        |at: u32, role: &str| json!({ "principalId": id(at).to_string(), "roleDefinitionId": role });
    let place = path.strip_prefix("/roleManagement/directory/").unwrap_or(path);
    if place.starts_with("roleDefinitions") {
        value(
            json!([{ "id": "r-1", "displayName": "Global Administrator" }, { "id": "r-2", "displayName": "Helpdesk" }]),
        )
    } else if place.starts_with("roleAssignments?$skiptoken") {
        value(json!([assignment(11, "r-2"), assignment(99, "r-9")]))
    } else if place.starts_with("roleAssignments") {
        let next = format!("http://{host}/v1.0/roleManagement/directory/roleAssignments?$skiptoken=2");
        Say::Json(200, json!({ "@odata.nextLink": next, "value": [assignment(1, "r-1")] }))
    } else if place.starts_with("roleEligibility") {
        Say::error(400, "AadPremiumLicenseRequired", "The tenant needs to have Microsoft Entra ID P2.")
    } else if place.starts_with(&format!("/groups/{}/transitiveMembers", id(11))) {
        value(json!([{ "id": id(1).to_string() }, { "id": id(2).to_string() }]))
    } else {
        Say::error(404, "Request_ResourceNotFound", "no such thing")
    }
}

#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl Progress for Heard {
    fn objects_read(&self, what: &str, objects: usize) {
        self.0.lock().unwrap().push(format!("{what} {objects}"));
    }
}

#[tokio::test]
async fn a_reading_is_the_whole_tenant() {
    let tenant = Tenant::start(small_tenant).await;
    let heard = Heard::default();
    let snapshot = tenant.reader().observe(Extent::OwnGroups, &heard).await.unwrap();

    assert_eq!(snapshot.identity().to_string(), "Contoso (t-1)");
    assert_eq!(snapshot.domains()[0].name, "contoso.example");
    let ada = snapshot.user(id(1)).unwrap();
    assert_eq!(ada.anchor, ANCHOR.parse::<Anchor>().ok());
    assert_eq!(ada.manager, Some(id(2)));
    assert_eq!(ada.attributes.text(Property::ExtensionAttribute3.id()), Some("three"));
    assert_eq!(ada.attributes.text(Property::BusinessPhones.id()), Some("+44 1"));
    assert_eq!(ada.attributes.boolean(Property::AccountEnabled.id()), Some(true));
    assert_eq!(ada.attributes.text(Property::JobTitle.id()), None);
    assert_eq!(ada.attributes.text(Property::ProxyAddresses.id()), Some("SMTP:ada@contoso.example"));
    let mut licences: Vec<String> = ada.licences.iter().map(ToString::to_string).collect();
    licences.sort();
    assert_eq!(licences, ["05e9a617-0261-4cee-bb44-138d3ef5d965", "6fd2c87f-b296-42f0-b197-1e91e994b900"]);
    let eve = snapshot.user(id(3)).unwrap();
    assert_eq!((eve.origin, eve.foreign_anchor.as_deref()), (Origin::FormerlySynced, Some("by-hand")));
    assert!(eve.deleted_at.is_some());
    assert_eq!(snapshot.users().len(), 3);
    let staff = snapshot.group(id(10)).unwrap();
    assert_eq!(&*staff.members, [id(1), id(2)]);
    assert_eq!(staff.anchor, ANCHOR.parse::<Anchor>().ok());
    assert_eq!(snapshot.groups().len(), 3);
    let mut heard = heard.0.into_inner().unwrap();
    heard.sort();
    expect![[
        r#"["deleted groups 0", "deleted users 1", "groups 3", "memberships 2", "users 1", "users 2"]"#
    ]]
    .assert_eq(&format!("{heard:?}"));
    let writes = tenant.asked().iter().filter(|it| it.method != "GET").count();
    assert_eq!(writes, 0, "reading writes nothing");
    let members = tenant.lines().iter().filter(|it| it.contains("/members")).count();
    assert_eq!(members, 2, "members of groups that are not ours are not read");
}

fn roles(snapshot: &TenantSnapshot) -> String {
    match snapshot.roles() {
        Roles::Known(holders) => {
            let lines: Vec<String> =
                holders.iter().map(|(id, names)| format!("{id} {}", names.join(", "))).collect();
            lines.join("\n")
        }
        Roles::Unknown(advice) => advice.clone(),
    }
}

async fn check_roles(mut fault: impl FnMut(&Asked) -> Option<Say> + Send + 'static, expected: Expect) {
    let tenant = Tenant::start(move |asked| fault(asked).unwrap_or_else(|| small_tenant(asked))).await;
    expected.assert_eq(&roles(&tenant.reader().observe(Extent::OwnGroups, &()).await.unwrap()));
}

#[tokio::test]
async fn roles_are_those_of_holders_and_of_members_of_groups_that_hold_them() {
    check_roles(
        |_| None,
        expect![[r#"
            00000000-0000-4000-8000-000000000001 Global Administrator, Helpdesk
            00000000-0000-4000-8000-000000000002 Helpdesk
            00000000-0000-4000-8000-000000000011 Helpdesk
            00000000-0000-4000-8000-000000000099 r-9"#]],
    )
    .await;
    let eligible = json!({ "value": [{ "principalId": id(2).to_string(), "roleDefinitionId": "r-1" }] });
    check_roles(
        on("/roleManagement/directory/roleEligibility", Say::Json(200, eligible)),
        expect![[r#"
            00000000-0000-4000-8000-000000000001 Global Administrator, Helpdesk
            00000000-0000-4000-8000-000000000002 Global Administrator, Helpdesk
            00000000-0000-4000-8000-000000000011 Helpdesk
            00000000-0000-4000-8000-000000000099 r-9"#]],
    )
    .await;
}

#[tokio::test]
async fn roles_that_may_not_be_read_are_unknown_and_say_what_to_grant() {
    let denied = || Say::error(403, "Authorization_RequestDenied", "Insufficient privileges.");
    check_roles(on("/roleManagement/directory/roleDefinitions", denied()), expect!["grant the application RoleManagement.Read.Directory and consent to it as an administrator: without it samesign cannot see who holds an admin role"]).await;
    check_roles(on("/roleManagement/directory/roleAssignments", denied()), expect!["grant the application RoleManagement.Read.Directory and consent to it as an administrator: without it samesign cannot see who holds an admin role"]).await;
    let scope = Say::error(403, "UnknownError", "{\"errorCode\":\"PermissionScopeNotGranted\"}");
    check_roles(on("/roleManagement/directory/roleEligibility", scope), expect!["grant the application RoleManagement.Read.Directory and consent to it as an administrator: without it samesign cannot see who holds an admin role"]).await;
    let members = |asked: &Asked| {
        let said = Say::error(403, "Authorization_RequestDenied", "Insufficient privileges.");
        asked.path.contains("/transitiveMembers").then_some(said)
    };
    check_roles(members, expect!["grant the application GroupMember.Read.All and consent to it as an administrator: without it samesign cannot see who holds an admin role"]).await;
}

#[tokio::test]
async fn any_other_error_about_roles_fails_the_reading() {
    let down = Say::error(503, "serviceNotAvailable", "later");
    check_refused(on("/roleManagement/directory/roleAssignments", down), expect![[r#"
        GET /roleManagement/directory/roleAssignments was answered with 503 serviceNotAvailable: later (request-id req-1)
        Retry { after_ms: 60000 }
        None"#]]).await;
    let odd = Say::Json(200, json!({ "value": [{ "principalId": "nobody", "roleDefinitionId": "r-1" }] }));
    check_refused(on("/roleManagement/directory/roleAssignments", odd), expect![[r#"
        the answer to GET /roleManagement/directory/roleAssignments from 127.0.0.1:PORT is malformed: not the expected object at line 1 column 33
        Retry { after_ms: 300000 }
        None"#]]).await;
    let licence = Say::Json(
        200,
        json!({ "value": [{ "id": id(1).to_string(), "assignedLicenses": [{ "skuId": "E3" }] }] }),
    );
    check_refused(
        on("/users?", licence),
        expect![[r#"
        the answer to GET /users from 127.0.0.1:PORT is malformed: not the expected object at line 1 column 88
        Retry { after_ms: 300000 }
        None"#]],
    )
    .await;
}

async fn check_refused(mut fault: impl FnMut(&Asked) -> Option<Say> + Send + 'static, expected: Expect) {
    let tenant = Tenant::start(move |asked| fault(asked).unwrap_or_else(|| small_tenant(asked))).await;
    let mut settings = tenant.settings();
    settings.limits.answer_bytes_max = 100_000;
    settings.limits.pages_max = 50;
    settings.patience.attempts = 1;
    let connection = samesign::target::graph::Connection::open(settings).unwrap();
    let error =
        samesign::target::graph::Reader::new(&connection).observe(Extent::OwnGroups, &()).await.unwrap_err();
    let port = tenant.address.port().to_string();
    expected
        .assert_eq(&format!("{error}\n{:?}\n{:?}", error.disposition(), error.hint()).replace(&port, "PORT"));
}

fn on(path: &'static str, say: Say) -> impl FnMut(&Asked) -> Option<Say> + Send + 'static {
    move |asked| asked.path.starts_with(path).then(|| say.clone())
}

#[tokio::test]
async fn a_page_that_leads_to_another_server_is_not_followed() {
    let page = json!({ "@odata.nextLink": "https://graph.evil.example/v1.0/users?x", "value": [] });
    check_refused(
        on("/users?", Say::Json(200, page)),
        expect![[r#"
        a page of /users continues at another server, https://graph.evil.example; not followed
        Fatal
        Some("check the Tenant's endpoints: the server is not as it claims")"#]],
    )
    .await;
    let page = json!({ "@odata.nextLink": "//users?x", "value": [] });
    check_refused(
        on("/users?", Say::Json(200, page)),
        expect![[r#"
        a page of /users continues at another server, (no absolute address); not followed
        Fatal
        Some("check the Tenant's endpoints: the server is not as it claims")"#]],
    )
    .await;
}

#[tokio::test]
async fn a_listing_that_goes_in_circles_ends_in_an_error() {
    let circle = |asked: &Asked| {
        let next = format!("http://{}/v1.0/users?$skiptoken=same", asked.header("host").unwrap());
        let page = json!({ "@odata.nextLink": next, "value": [] });
        asked.path.starts_with("/users?").then(|| Say::Json(200, page))
    };
    check_refused(
        circle,
        expect![[r#"
        the listing of /users does not end: page 2 continues with one that was read before
        Retry { after_ms: 300000 }
        None"#]],
    )
    .await;
    let mut at = 0;
    let endless = move |asked: &Asked| {
        at += 1;
        let next = format!("http://{}/v1.0/users?$skiptoken={at}", asked.header("host").unwrap());
        let page = json!({ "@odata.nextLink": next, "value": [] });
        asked.path.starts_with("/users?").then(|| Say::Json(200, page))
    };
    check_refused(
        endless,
        expect![[r#"
        the listing of /users does not end: more than 50 pages
        Retry { after_ms: 300000 }
        None"#]],
    )
    .await;
}

#[tokio::test]
async fn a_gigantic_answer_is_not_read() {
    let big = Say::Raw(200, "application/json", vec![b' '; 200_000]);
    check_refused(
        on("/users?", big),
        expect![[r#"
        the answer to GET /users from 127.0.0.1:PORT is larger than 100000 bytes
        Retry { after_ms: 300000 }
        None"#]],
    )
    .await;
}

#[tokio::test]
async fn a_malformed_answer_is_an_error_that_does_not_quote_it() {
    let cut = Say::Raw(200, "application/json", br#"{"value":[{"id":"0000"#.to_vec());
    check_refused(
        on("/users?", cut),
        expect![[r#"
        the answer to GET /users from 127.0.0.1:PORT is malformed: cut off at line 1 column 21
        Retry { after_ms: 300000 }
        None"#]],
    )
    .await;
    let odd = Say::Json(200, json!({ "value": [{ "id": id(1).to_string(), "displayName": 7 }] }));
    check_refused(
        on("/users?", odd),
        expect![[r#"
        the answer to GET /users from 127.0.0.1:PORT is malformed: not the expected object at line 1 column 70
        Retry { after_ms: 300000 }
        None"#]],
    )
    .await;
    let no_page = Say::Json(200, json!({}));
    check_refused(
        on("/users?", no_page),
        expect![[r#"
        the answer to GET /users from 127.0.0.1:PORT is malformed: not the expected object at line 1 column 2
        Retry { after_ms: 300000 }
        None"#]],
    )
    .await;
    let deep = Say::Raw(200, "application/json", format!("{{\"value\":{}", "[".repeat(90_000)).into_bytes());
    check_refused(on("/groups?", deep), expect![[r#"
        the answer to GET /groups from 127.0.0.1:PORT is malformed: not the expected object at line 1 column 10
        Retry { after_ms: 300000 }
        None"#]]).await;
}

#[tokio::test]
async fn a_page_of_a_proxy_is_quoted_shortly() {
    let page = "<html><head><title>502</title></head><body>\n<h1>Bad \u{7}gateway</h1></body></html>";
    check_refused(
        on("/groups?", Say::Raw(502, "text/html", page.into())),
        expect![[r#"
            GET /groups was answered with 502 (no code): 502 Bad gateway (request-id req-1)
            Retry { after_ms: 60000 }
            None"#]],
    )
    .await;
}

#[tokio::test]
async fn a_missing_right_names_the_permission() {
    let denied =
        Say::error(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.");
    check_refused(on("/groups?", denied), expect![[r#"
        GET /groups was refused: the app may not read groups (request-id req-1)
        Fatal
        Some("grant the app the application permission Group.Read.All and consent to it as an administrator; if it has that and the object is an administrator, the app also needs an Entra role to read groups")"#]]).await;
}

#[tokio::test]
async fn error_envelopes_of_every_form_are_read() {
    let odd = json!({ "error": { "code": "Request_BadRequest", "message": { "lang": "en", "value": "no" },
        "details": { "code": "InvalidValue", "target": "usageLocation" }, "innererror": { "request-id": "r-2" } } });
    check_refused(on("/groups?", Say::Json(400, odd)), expect![[r#"
        GET /groups was answered with 400 Request_BadRequest: no (InvalidValue usageLocation) (request-id req-1)
        Fatal
        None"#]]).await;
}

#[tokio::test]
async fn objects_are_read_again_one_by_one() {
    let tenant = Tenant::start(|asked| {
        let known = |at: u32| asked.path.contains(&id(at).to_string());
        match asked.path.split('?').next().unwrap() {
            path if path.starts_with("/users/") && known(1) => Say::Json(200, user(1, "ada@contoso.example")),
            path if path.starts_with("/groups/") && known(2) => {
                Say::Json(200, json!({ "id": id(2).to_string() }))
            }
            path if path.starts_with("/contacts/") && known(5) => {
                Say::Json(200, json!({ "id": id(5).to_string() }))
            }
            path if path.starts_with("/directory/deletedItems/") && known(3) => {
                Say::Json(200, json!({ "id": id(3).to_string() }))
            }
            _ => Say::error(404, "Request_ResourceNotFound", "gone"),
        }
    })
    .await;
    let (user, group, contact) = (ObjectKind::User, ObjectKind::Group, ObjectKind::Contact);
    let asked =
        [(user, id(3)), (user, id(1)), (group, id(2)), (group, id(4)), (contact, id(5)), (contact, id(6))];
    let found = tenant.reader().current(&asked).await.unwrap();
    assert_eq!((&found[0], &found[3]), (&Current::Deleted, &Current::Gone));
    assert!(matches!(&found[1], Current::User(it) if it.id == id(1)));
    assert!(matches!(&found[2], Current::Group(it) if it.id == id(2)));
    assert!(matches!(&found[4], Current::Contact(it) if it.id == id(5)));
    assert_eq!(found[5], Current::Gone, "the recycle bin keeps no contacts");
    assert!(tenant.asked().iter().all(|it| it.batched));
}

#[tokio::test]
async fn names_and_anchors_are_looked_up_as_literals() {
    let tenant = Tenant::start(|asked| {
        if asked.path.starts_with("/users?") {
            return Say::Json(200, json!({ "value": [user(9, "somebody@else")] }));
        }
        if asked.path.contains("deletedItems") {
            let mut ada = user(1, "ada@contoso.example");
            ada["onPremisesImmutableId"] = json!(ANCHOR);
            ada["uniqueName"] = json!(UNIQUE_NAME);
            ada["deletedDateTime"] = json!("2026-11-20T10:00:00Z");
            return Say::Json(200, json!({ "value": [ada] }));
        }
        Say::error(404, "Request_ResourceNotFound", "gone")
    })
    .await;
    let reader = tenant.reader();
    let anchor: Anchor = ANCHOR.parse().unwrap();
    let found = reader.find_users_by_anchor(&[anchor]).await.unwrap();
    assert_eq!(found, [None], "a stranger is not taken");
    assert_eq!(reader.deleted_users().await.unwrap()[0].id, id(1));
    for name in ["$x'y@contoso.example", "o'brien+1#ext#@contoso.example", "a/b?c@d"] {
        assert_eq!(reader.find_user_by_upn(name).await.unwrap(), None);
    }
    assert_eq!(
        reader.find_group_by_anchor(&[anchor]).await.unwrap()[0].as_ref().map(|it| it.id),
        Some(id(1))
    );
    let asked: Vec<String> = tenant.asked().iter().map(|it| without_select(&it.path)).collect();
    expect![[r#"
        /users $filter=onPremisesImmutableId%20in%20(%27EiZ7L4VagEqYn9%2F3ZumEfw%3D%3D%27)
        /directory/deletedItems/microsoft.graph.user $top=999
        /users('%24x%27%27y%40contoso.example') $expand=manager($select=id)
        /users/o%27brien%2B1%23ext%23%40contoso.example $expand=manager($select=id)
        /users/a%2Fb%3Fc%40d $expand=manager($select=id)
        /groups(uniqueName='2f7b2612-5a85-4a80-989f-dff766e9847f')
        /directory/deletedItems/microsoft.graph.group $top=999"#]]
    .assert_eq(&asked.join("\n"));
}

fn without_select(path: &str) -> String {
    path.split(['?', '&']).filter(|it| !it.starts_with("$select")).collect::<Vec<_>>().join(" ")
}
