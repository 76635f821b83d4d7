//! The tenant of the journeys: a sandbox that this process serves, read by a client of our own.
//!
//! It shares no code with the program's client.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Once};

use jiff::Timestamp;
use reqwest::{Client, Method};
use samesign::sandbox::{Counters, Sandbox, SandboxOptions, Seed, start};
use serde_json::{Value, json};

pub(crate) const CLIENT_ID: &str = "5b1e6a0e-8d6a-4f6e-9a57-2f3b8d0c9f10";
pub(crate) const SECRET: &str = "Harbour~Light-In-Fog.1907";
/// The domain that users without a usable name fall back to.
pub(crate) const INITIAL: &str = "contoso.onmicrosoft.com";

/// What a person would compare: properties of users by anchor, and of groups by name.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) users: BTreeMap<String, BTreeMap<&'static str, String>>,
    pub(crate) groups: BTreeMap<String, (String, BTreeSet<String>)>,
}

/// Properties of users that are compared.
pub(crate) const PROPERTIES: [&str; 8] = [
    "userPrincipalName",
    "displayName",
    "givenName",
    "surname",
    "mail",
    "jobTitle",
    "department",
    "accountEnabled",
];

/// A tenant with one application, one cloud-only person and one cloud-only group.
pub(crate) struct Tenant {
    pub(crate) sandbox: Sandbox,
    http: Client,
    token: String,
}

fn seed() -> String {
    format!(
        r#"
domains:
  - {{name: {INITIAL}, initial: true}}
  - {{name: corp.example.com, default: true}}
apps:
  - clientId: {CLIENT_ID}
    secret: "{SECRET}"
    roles: [User.ReadWrite.All, Group.ReadWrite.All, Organization.Read.All, Domain.Read.All,
            RoleManagement.Read.Directory]
users:
  - {{userPrincipalName: cloud@corp.example.com, displayName: Cloud Only}}
groups:
  - {{displayName: Cloud Group, members: [cloud@corp.example.com]}}
"#
    )
}

impl Tenant {
    pub(crate) async fn start() -> Self {
        Self::start_as(&seed()).await
    }

    /// One that takes what Entra Connect sends, passwords with it.
    pub(crate) async fn synchronised() -> Self {
        let more = "roles: [OrgContact.Read.All, ADSynchronization.ReadWrite.All, ";
        Self::start_as(&format!("onPremisesSyncEnabled: true\n{}", seed().replace("roles: [", more))).await
    }

    async fn start_as(seed: &str) -> Self {
        static PROVIDER: Once = Once::new();
        PROVIDER.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
        let mut options = SandboxOptions::new(Arc::new(Timestamp::now));
        options.seed = Seed::parse(seed).unwrap();
        options.number = Some(1);
        let sandbox = start(options).await.unwrap();
        let http = Client::builder().no_proxy().build().unwrap();
        let mut tenant = Self { sandbox, http, token: String::new() };
        tenant.token = tenant.sign_in().await;
        tenant
    }

    async fn sign_in(&self) -> String {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", CLIENT_ID),
            ("client_secret", SECRET),
            ("scope", "https://graph.microsoft.com/.default"),
        ];
        let url = format!("{}/{}/oauth2/v2.0/token", self.sandbox.base_url(), self.sandbox.tenant_id());
        let answer = self.http.post(url).form(&form).send().await.unwrap();
        let answer: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    }

    /// Sends a request as an administrator's script would.
    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let url = match path.strip_prefix("http") {
            Some(_) => path.to_owned(),
            None => format!("{}/v1.0{path}", self.sandbox.base_url()),
        };
        let mut request = self.http.request(method, url).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Changes properties of the user of this name.
    pub(crate) async fn patch_user(&self, name: &str, body: Value) {
        self.send(Method::PATCH, &format!("/users/{name}"), Some(body)).await;
    }

    async fn all(&self, path: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut next = Some(path.to_owned());
        while let Some(path) = next {
            let page = self.send(Method::GET, &path, None).await;
            items.extend(page["value"].as_array().unwrap().iter().cloned());
            next = page["@odata.nextLink"].as_str().map(str::to_owned);
        }
        items
    }

    /// Requests that write, so far.
    pub(crate) fn writes(&self) -> u64 {
        let Counters { reads: _, writes, deletes, refusals: _ } = self.sandbox.counters();
        writes + deletes
    }

    /// What it holds, the cloud-only person apart.
    pub(crate) async fn content(&self) -> Content {
        let select = format!("$select=id,onPremisesImmutableId,{}", PROPERTIES.join(","));
        let users = self.all(&format!("/users?{select}&$expand=manager($select=id)")).await;
        let groups = self.all("/groups?$select=id,displayName,description&$top=999").await;
        let mut names: BTreeMap<String, String> = BTreeMap::new();
        for user in &users {
            names.insert(word(&user["id"]), word(&user["onPremisesImmutableId"]));
        }
        for group in &groups {
            names.insert(word(&group["id"]), word(&group["displayName"]));
        }
        let mut content = Content::default();
        for user in users.iter().filter(|it| !it["onPremisesImmutableId"].is_null()) {
            let mut values: BTreeMap<&str, String> =
                PROPERTIES.iter().map(|it| (*it, word(&user[*it]))).collect();
            if let Some(manager) = user["manager"]["id"].as_str() {
                values.insert("manager", names[manager].clone());
            }
            values.retain(|_, it| !it.is_empty());
            let twin = content.users.insert(word(&user["onPremisesImmutableId"]), values);
            assert_eq!(twin, None, "two users with one anchor");
        }
        for group in groups.iter().filter(|it| it["displayName"] != "Cloud Group") {
            let path = format!("/groups/{}/members?$select=id&$top=999", word(&group["id"]));
            let members = self.all(&path).await;
            let members = members.iter().map(|it| names[it["id"].as_str().unwrap()].clone()).collect();
            let twin =
                content.groups.insert(word(&group["displayName"]), (word(&group["description"]), members));
            assert_eq!(twin, None, "two groups with one name");
        }
        content
    }

    /// Whether the cloud-only person and group are as they were.
    pub(crate) async fn assert_cloud_only_untouched(&self) {
        let user =
            self.send(Method::GET, "/users/cloud@corp.example.com?$select=displayName,accountEnabled", None);
        let user = user.await;
        assert_eq!((&user["displayName"], &user["accountEnabled"]), (&json!("Cloud Only"), &json!(true)));
        let groups = self.all("/groups?$select=id,displayName").await;
        assert!(groups.iter().any(|it| it["displayName"] == "Cloud Group"));
    }
}

/// A value as text; no value is empty.
fn word(value: &Value) -> String {
    match value.as_str() {
        Some(text) => text.to_owned(),
        None if value.is_null() => String::new(),
        None => value.to_string(),
    }
}
