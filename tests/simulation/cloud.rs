//! The tenant as its own administrators see it, by a client that shares no code with the program.

use std::sync::Arc;

use axum::http::Request;
use samesign::sandbox::{Sandbox, SandboxOptions, Seed};
use samesign::target::graph::Extent;
use serde_json::{Value, json};

use crate::road::Road;
use crate::time::Time;

pub(crate) const CLIENT: &str = "5b1e6a0e-8d6a-4f6e-9a57-2f3b8d0c9f10";
const OTHER: &str = "99999999-0000-4000-8000-000000000000";
pub(crate) const TENANT: &str = "8d1f0a52-6f0f-4a55-9a3c-0c7d6a1d2e11";

/// People and groups that were there before, and are nobody's business.
const SEED: &str = "
tenantId: 8d1f0a52-6f0f-4a55-9a3c-0c7d6a1d2e11
domains:
  - {name: contoso.onmicrosoft.com, initial: true}
  - {name: contoso.com, default: true}
users:
  - {userPrincipalName: cloud@contoso.com, displayName: Cloud Only, mailNickname: cloud}
  - {userPrincipalName: boss@contoso.onmicrosoft.com, displayName: Admin, mailNickname: boss, admin: true}
groups:
  - {displayName: cloud group, mailNickname: cg, members: [cloud@contoso.com]}
";

/// How the tenant is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Channel {
    Graph,
    DirectorySync,
}

impl Channel {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Graph => "graph",
            Self::DirectorySync => "directorySync",
        }
    }

    pub(crate) const fn extent(self) -> Extent {
        match self {
            Self::Graph => Extent::OwnGroups,
            Self::DirectorySync => Extent::Synchronised,
        }
    }
}

pub(crate) fn found(time: &Arc<Time>, seed: u64, channel: Channel, more: &str) -> Sandbox {
    let switch = format!("onPremisesSyncEnabled: {}\n", channel == Channel::DirectorySync);
    let clock = Arc::clone(time);
    let mut options = SandboxOptions::new(Arc::new(move || clock.now()));
    options.seed = Seed::parse(&[SEED, &switch, more].concat()).unwrap();
    options.number = Some(seed);
    samesign::sandbox::unserved(options).unwrap()
}

/// A request of somebody else; `None` if it was refused.
pub(crate) async fn ask(road: &Road, method: &str, path: &str, body: Option<Value>) -> Option<Value> {
    let token = token(road).await?;
    let request = Request::builder()
        .method(method)
        .uri(format!("/v1.0{path}"))
        .header("host", "127.0.0.1:1")
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json");
    let body = body.map_or_else(Vec::new, |it| it.to_string().into_bytes());
    let answer = road.sandbox.answer(request.body(body).unwrap()).await?;
    if !answer.status().is_success() {
        road.note(&format!("somebody else: {method} {path} {}", answer.status()));
        return None;
    }
    Some(serde_json::from_slice(answer.body()).unwrap_or(Value::Null))
}

async fn token(road: &Road) -> Option<String> {
    let form = format!(
        "grant_type=client_credentials&client_id={OTHER}&client_secret=any&\
         scope=https%3A%2F%2Fgraph.microsoft.com%2F.default"
    );
    let request = Request::builder()
        .method("POST")
        .uri(format!("/{TENANT}/oauth2/v2.0/token"))
        .header("host", "127.0.0.1:1")
        .header("content-type", "application/x-www-form-urlencoded");
    let answer = road.sandbox.answer(request.body(form.into_bytes()).unwrap()).await?;
    let answer: Value = serde_json::from_slice(answer.body()).ok()?;
    answer["access_token"].as_str().map(str::to_owned)
}

/// All of a list, which is shorter than a page.
pub(crate) async fn list(road: &Road, path: &str) -> Vec<Value> {
    let mut answer = ask(road, "GET", path, None).await.unwrap_or_else(|| panic!("{path} is refused"));
    assert!(answer["@odata.nextLink"].is_null(), "{path} has more than one page");
    let Value::Array(values) = answer["value"].take() else { panic!("{path} is no list") };
    values
}

pub(crate) fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Whether a group came from the directory.
pub(crate) fn is_ours(group: &Value) -> bool {
    !group["uniqueName"].is_null() || group["onPremisesSyncEnabled"] == true
}

/// Whoever the directory never knew, with everything that they have.
pub(crate) async fn strangers(road: &Road) -> Vec<String> {
    let select =
        "$select=id,userPrincipalName,displayName,accountEnabled,mailNickname,jobTitle,onPremisesImmutableId";
    let users = list(road, &format!("/users?{select}")).await;
    let mut lines: Vec<String> =
        users.iter().filter(|it| it["onPremisesImmutableId"].is_null()).map(ToString::to_string).collect();
    for group in
        list(road, "/groups?$select=id,displayName,description,uniqueName,onPremisesSyncEnabled").await
    {
        if !is_ours(&group) {
            let members = list(road, &format!("/groups/{}/members?$select=id", word(&group["id"]))).await;
            lines.push(format!("{group} {}", json!(members)));
        }
    }
    lines.sort();
    lines
}
