//! Groups whose members follow a rule.

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::client::{Client, but, group, user};

const SEED: &str = "
users:
  - { userPrincipalName: mia@contoso.com, department: Sales, usageLocation: DE }
  - { userPrincipalName: zoe@contoso.com, department: Research, userType: Guest }
  - { userPrincipalName: tom@contoso.com, accountEnabled: false, jobTitle: Head of \"Labs\" }
  - userPrincipalName: ida@contoso.com
    otherMails: [ida@fabrikam.com]
    onPremisesExtensionAttributes: { extensionAttribute3: Ulm }
groups:
  - displayName: Seeded
    groupTypes: [DynamicMembership]
    membershipRule: user.department -ne null
    membershipRuleProcessingState: 'On'
";

fn dynamic(name: &str, rule: &str) -> Value {
    let changes = json!({
        "groupTypes": ["DynamicMembership"],
        "membershipRule": rule,
        "membershipRuleProcessingState": "On",
    });
    but(group(name), &changes)
}

async fn add(client: &Client, name: &str, rule: &str) -> String {
    let reply = client.post("/groups", dynamic(name, rule)).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.id()
}

async fn members(client: &Client, group: &str) -> String {
    let list = client.get(&format!("/groups/{group}/members?$select=displayName")).await;
    let names = list.each("displayName");
    let count = client.get_eventual(&format!("/groups/{group}/members/$count")).await.text;
    assert_eq!(count, names.len().to_string());
    names.join(" ")
}

#[tokio::test]
async fn a_rule_takes_the_users_that_it_describes() {
    let client = Client::of(SEED).await;
    let mut table = Vec::new();
    for rule in [
        r#"user.department -eq "sales""#,
        r#"user.department -ne "Sales""#,
        r#"(user.department -startsWith "s") -or (user.department -startsWith "RE")"#,
        r#"user.department -notStartsWith "s" -and user.department -ne null"#,
        r#"user.displayName -contains "O""#,
        r#"user.displayName -notContains "o""#,
        r#"user.department -in ["Sales", "research"]"#,
        r#"user.department -notIn ["Sales"]"#,
        "user.accountEnabled -eq false",
        "user.accountEnabled -ne false -and user.userType -eq \"Guest\"",
        r#"-not (user.userType -eq "Guest" -or user.jobTitle -ne null)"#,
        r#"not user.extensionAttribute3 EQ "ulm""#,
        r#"user.jobTitle -eq "Head of `"Labs`"""#,
        r#"user.otherMails -contains "IDA@fabrikam.com""#,
        "user.otherMails -eq null",
        "user.dirSyncEnabled -eq null",
        r#"user.userType -eq "Guest" -or user.department -eq "Sales" -and user.accountEnabled -eq false"#,
    ] {
        let id = add(&client, "rule", rule).await;
        table.push(format!("{rule}\n  {}\n", members(&client, &id).await));
    }
    expect![[r#"
        user.department -eq "sales"
          mia
        user.department -ne "Sales"
          ida tom zoe
        (user.department -startsWith "s") -or (user.department -startsWith "RE")
          mia zoe
        user.department -notStartsWith "s" -and user.department -ne null
          zoe
        user.displayName -contains "O"
          tom zoe
        user.displayName -notContains "o"
          ida mia
        user.department -in ["Sales", "research"]
          mia zoe
        user.department -notIn ["Sales"]
          ida tom zoe
        user.accountEnabled -eq false
          tom
        user.accountEnabled -ne false -and user.userType -eq "Guest"
          zoe
        -not (user.userType -eq "Guest" -or user.jobTitle -ne null)
          ida mia
        not user.extensionAttribute3 EQ "ulm"
          mia tom zoe
        user.jobTitle -eq "Head of `"Labs`""
          tom
        user.otherMails -contains "IDA@fabrikam.com"
          ida
        user.otherMails -eq null
          mia tom zoe
        user.dirSyncEnabled -eq null
          ida mia tom zoe
        user.userType -eq "Guest" -or user.department -eq "Sales" -and user.accountEnabled -eq false
          zoe
    "#]]
    .assert_eq(&table.concat());
}

async fn check_refused(rule: &str, expected: Expect) {
    let client = Client::of("").await;
    let reply = client.post("/groups", dynamic("rule", rule)).await;
    assert_eq!((reply.status, reply.code()), (400, "Request_BadRequest"));
    expected.assert_eq(reply.message());
    let id = add(&client, "rule", "user.mail -ne null").await;
    let patched = client.patch(&format!("/groups/{id}"), json!({ "membershipRule": rule })).await;
    assert_eq!((patched.status, patched.message()), (400, reply.message()));
    assert_eq!(patched.body["error"]["details"][0]["target"], "membershipRule");
}

#[tokio::test]
async fn a_rule_that_does_not_parse_is_refused_with_the_place() {
    check_refused(r#"user.department -match "a.*""#, expect!["Dynamic membership rule validation error: expected an operator that the property takes at position 17."]).await;
    check_refused(r#"user.shoeSize -eq "42""#, expect!["Dynamic membership rule validation error: expected a property of users, such as `user.department` at position 1."]).await;
    check_refused(r#"device.department -eq "x""#, expect!["Dynamic membership rule validation error: expected a property of users, such as `user.department` at position 1."]).await;
    check_refused(
        r#"user.department -eq Sales"#,
        expect!["Dynamic membership rule validation error: expected a text in double quotes at position 21."],
    )
    .await;
    check_refused(r#"user.department -eq "Sales"#, expect!["Dynamic membership rule validation error: expected the end of the text that begins at position 21."]).await;
    check_refused(
        r#"user.accountEnabled -eq "true""#,
        expect![
            "Dynamic membership rule validation error: expected `true`, `false` or `null` at position 25."
        ],
    )
    .await;
    check_refused(r#"user.accountEnabled -contains "t""#, expect!["Dynamic membership rule validation error: expected an operator that the property takes at position 21."]).await;
    check_refused(
        r#"(user.department -eq "x""#,
        expect!["Dynamic membership rule validation error: expected `-and`, `-or` or `)` at position 25."],
    )
    .await;
    check_refused(r#"user.department -eq "x" user.mail -eq null"#, expect!["Dynamic membership rule validation error: expected `-and`, `-or` or the end of the rule at position 25."]).await;
    check_refused(
        "user.department -in []",
        expect!["Dynamic membership rule validation error: expected a text in double quotes at position 22."],
    )
    .await;
    check_refused("user.mail -ne null -and", expect!["Dynamic membership rule validation error: expected a property of users, such as `user.department` at position 24."]).await;
    check_refused("user.mail = null", expect!["Dynamic membership rule validation error: expected a property, an operator or a value at position 11."]).await;
    check_refused(
        &"(".repeat(3_000),
        expect!["Dynamic membership rule validation error: the rule nests deeper than 20 at position 21."],
    )
    .await;
    check_refused(
        &"not ".repeat(700),
        expect!["Dynamic membership rule validation error: the rule nests deeper than 20 at position 81."],
    )
    .await;
}

#[tokio::test]
async fn a_rule_is_at_most_3072_characters_long() {
    let client = Client::of(SEED).await;
    let rule = |length: usize| {
        let start = r#"user.department -eq ""#;
        format!("{start}{}\"", "x".repeat(length - start.len() - 1))
    };
    assert_eq!(client.post("/groups", dynamic("rule", &rule(3_072))).await.status, 201);
    assert_eq!(client.post("/groups", dynamic("rule", &rule(3_073))).await.status, 400);
    let chain = vec!["user.department -eq null"; 100].join(" or ");
    assert_eq!(members(&client, &add(&client, "rule", &chain).await).await, "ida tom");
}

#[tokio::test]
async fn members_follow_the_users() {
    let client = Client::of("").await;
    let id = add(&client, "sales", r#"user.department -eq "Sales""#).await;
    let sales = json!({ "department": "Sales" });
    let mia = client.post("/users", but(user("mia"), &sales)).await.id();
    let zoe = client.add_user("zoe").await;
    assert_eq!(members(&client, &id).await, "mia");
    let delta = client.get("/groups/delta?$select=members").await;
    let link = delta.body["@odata.deltaLink"].as_str().unwrap().to_owned();
    client.patch(&format!("/users/{zoe}"), json!({ "department": "SALES" })).await;
    client.patch(&format!("/users/{mia}"), json!({ "department": null })).await;
    assert_eq!(members(&client, &id).await, "zoe");
    assert_eq!(client.get(&format!("/users/{zoe}/memberOf")).await.each("id"), std::slice::from_ref(&id));
    assert!(client.get(&format!("/users/{mia}/memberOf")).await.each("id").is_empty());
    let delta = client.get(&link).await;
    let changes = delta.body["value"][0]["members@delta"].as_array().unwrap();
    assert_eq!(changes.len(), 2);
    for (user, removed) in [(&mia, true), (&zoe, false)] {
        let change = changes.iter().find(|it| it["id"] == **user).unwrap();
        assert_eq!(change.get("@removed").is_some(), removed);
    }
    client.patch(&format!("/users/{zoe}"), json!({ "city": "Ulm" })).await;
    let quiet = client.get(delta.body["@odata.deltaLink"].as_str().unwrap()).await;
    assert_eq!(quiet.body["value"], json!([]));
}

#[tokio::test]
async fn a_deleted_user_comes_back_into_the_group() {
    let client = Client::of("").await;
    let mia = client.add_user("mia").await;
    let id = add(&client, "all", "user.accountEnabled -eq true").await;
    client.delete(&format!("/users/{mia}")).await;
    assert_eq!(members(&client, &id).await, "");
    client
        .patch(&format!("/groups/{id}"), json!({ "membershipRule": "user.accountEnabled -eq false" }))
        .await;
    client.post(&format!("/directory/deletedItems/{mia}/restore"), json!({})).await;
    assert_eq!(members(&client, &id).await, "", "the rule changed meanwhile");
    client.patch(&format!("/groups/{id}"), json!({ "membershipRule": "user.accountEnabled -eq true" })).await;
    assert_eq!(members(&client, &id).await, "mia");
}

#[tokio::test]
async fn a_paused_rule_keeps_the_last_members() {
    let client = Client::of(SEED).await;
    let found = client.get("/groups?$filter=displayName eq 'Seeded'").await;
    let id = found.each("id").remove(0);
    assert_eq!(members(&client, &id).await, "mia zoe");
    let path = format!("/groups/{id}");
    assert_eq!(client.patch(&path, json!({ "membershipRuleProcessingState": "Paused" })).await.status, 204);
    client.patch("/users/mia@contoso.com", json!({ "department": null })).await;
    client.patch("/users/tom@contoso.com", json!({ "department": "Labs" })).await;
    client.patch(&path, json!({ "membershipRule": r#"user.department -ne "x""# })).await;
    assert_eq!(members(&client, &id).await, "mia zoe");
    client.patch(&path, json!({ "membershipRuleProcessingState": "On" })).await;
    assert_eq!(members(&client, &id).await, "ida mia tom zoe");
    client.delete(&path).await;
    client.patch("/users/tom@contoso.com", json!({ "department": "x" })).await;
    client.post(&format!("/directory/deletedItems/{id}/restore"), json!({})).await;
    assert_eq!(members(&client, &id).await, "ida mia zoe");
}

#[tokio::test]
async fn a_group_changes_between_assigned_and_dynamic_members() {
    let client = Client::of(SEED).await;
    let (id, inner) = (client.add_group("sales").await, client.add_group("inner").await);
    client.add_member(&id, &inner).await;
    let path = format!("/groups/{id}");
    let reply = client.patch(&path, json!({ "groupTypes": ["DynamicMembership"] })).await;
    assert_eq!(reply.status, 400, "a rule is missing");
    let become_dynamic = json!({
        "groupTypes": ["DynamicMembership"],
        "membershipRule": r#"user.department -eq "Sales""#,
        "membershipRuleProcessingState": "On",
    });
    assert_eq!(client.patch(&path, become_dynamic).await.status, 204);
    assert_eq!(members(&client, &id).await, "mia");
    let assigned = json!({ "groupTypes": [], "membershipRule": null, "membershipRuleProcessingState": null });
    assert_eq!(client.patch(&path, assigned).await.status, 204);
    client.patch("/users/mia@contoso.com", json!({ "department": null })).await;
    assert_eq!(members(&client, &id).await, "mia", "nothing is computed any more");
    assert_eq!(client.add_member(&id, &inner).await.status, 204);
}

#[tokio::test]
async fn nobody_writes_members_of_a_dynamic_group() {
    let client = Client::of("").await;
    let mia = client.add_user("mia").await;
    let id = add(&client, "all", "user.accountEnabled -eq true").await;
    let urls = json!({ "members@odata.bind": [format!("https://graph.microsoft.com/v1.0/users/{mia}")] });
    let refusals = [
        client.add_member(&id, &mia).await,
        client.delete(&format!("/groups/{id}/members/{mia}/$ref")).await,
        client.patch(&format!("/groups/{id}"), urls.clone()).await,
        client.post("/groups", but(dynamic("other", "user.mail -ne null"), &urls)).await,
    ];
    for refusal in refusals {
        refusal.refused(
            400,
            "Request_BadRequest",
            "Cannot update the members of a group with dynamic membership.",
        );
    }
}
