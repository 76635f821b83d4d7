//! A client without opinions: sends what a test says and shows what came back.

use samesign::model::Secret;
use samesign::sandbox::SandboxOptions;
use samesign::wire::provisioning::{
    Anchor, Answer, Call, LinkChange, LinkOperation, ObjectResult, PropertyValue, Refusal, Request,
    ResultCode, ServiceFault, SyncObject, SyncObjectType, SyncOperation, SyncToken, decode_answer,
    encode_request,
};
use serde_json::Value;
use uuid::Uuid;

use crate::sandbox::client::{Client, http, options};

pub(super) const APP: &str = "11111111-2222-3333-4444-555555555555";
pub(super) const TYPE: &str = "application/soap+msbin1";
pub(super) const ON: &str = "onPremisesSyncEnabled: true\n";
const SCOPE: &str = "6bf85cfa-ac8a-4be5-b5de-425a0d0dc016/.default";

/// A tenant with both sorts of token.
pub(super) struct Connector {
    pub(super) graph: Client,
    pub(super) token: String,
    pub(super) build: String,
    pub(super) http: reqwest::Client,
}

impl Connector {
    /// Of a tenant that synchronises, with this seed.
    pub(super) async fn of(seed: &str) -> Self {
        Self::with(options(&format!("{ON}{seed}"))).await
    }

    pub(super) async fn with(options: SandboxOptions) -> Self {
        let graph = Client::with(options).await;
        let token = token(&graph, SCOPE).await;
        Self { graph, token, build: "2.6.84.0".to_owned(), http: http() }
    }

    /// Posts bytes; status and body.
    pub(super) async fn post(&self, url: &str, content_type: &str, body: Vec<u8>) -> (u16, Vec<u8>) {
        let request = self.http.post(url).header("content-type", content_type).body(body);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.bytes().await.unwrap().to_vec())
    }

    pub(super) fn url(&self) -> String {
        format!("{}/provisioningservice.svc", self.graph.sandbox.base_url())
    }

    pub(super) fn encode(&self, request: &Request) -> Vec<u8> {
        let token = SyncToken {
            application_id: SyncToken::APPLICATION_V2,
            bearer_token: Secret::new(self.token.clone()),
            client_version: SyncToken::CLIENT_VERSION.to_owned(),
            build_number: self.build.clone(),
            tracking_id: Uuid::from_u128(7),
        };
        let call = Call { to: &self.url(), message_id: Uuid::from_u128(8), token: &token };
        encode_request(&call, request).unwrap().to_vec()
    }

    /// Asks, and says what came.
    pub(super) async fn ask(&self, request: &Request) -> Result<Answer, ServiceFault> {
        self.ask_at(&self.url(), request).await
    }

    pub(super) async fn ask_at(&self, url: &str, request: &Request) -> Result<Answer, ServiceFault> {
        let (status, body) = self.post(url, TYPE, self.encode(request)).await;
        let answered = decode_answer(&body, request.operation()).unwrap();
        assert_eq!(status, if answered.outcome.is_ok() { 200 } else { 500 });
        assert_eq!(answered.head.relates_to, Some(Uuid::from_u128(8)));
        answered.outcome
    }

    /// The refusal of a request, code and text.
    pub(super) async fn refused(&self, request: &Request) -> (String, String) {
        match self.ask(request).await {
            Err(ServiceFault::Refused(Refusal { code, description, tracking_id })) => {
                assert_eq!(tracking_id, Some(Uuid::from_u128(7).to_string()));
                (code, description)
            }
            other => panic!("{other:?}"),
        }
    }

    /// Writes a batch whose links are changes.
    pub(super) async fn export(&self, objects: Vec<SyncObject>) -> Vec<ObjectResult> {
        match self.ask(&Request::ProvisionObjects2(objects)).await {
            Ok(Answer::Objects2(results)) => results,
            other => panic!("{other:?}"),
        }
    }

    /// Writes a batch whose links are whole.
    pub(super) async fn export_whole(&self, objects: Vec<SyncObject>) -> Vec<ObjectResult> {
        match self.ask(&Request::ProvisionObjects(objects)).await {
            Ok(Answer::Objects(results)) => results,
            other => panic!("{other:?}"),
        }
    }

    /// Writes one object, which must succeed; its id and the warning.
    pub(super) async fn write(&self, object: SyncObject) -> (String, Option<String>) {
        let [result] = <[ObjectResult; 1]>::try_from(self.export(vec![object]).await).unwrap();
        assert_eq!(result.code, ResultCode::Success, "{result:?}");
        assert_eq!(result.error_code, None);
        let anchor = result.cloud_anchor.unwrap_or_default();
        (anchor.split_once('_').map_or("", |(_, id)| id).to_owned(), result.error_description)
    }

    /// The error code of one object, which must fail.
    pub(super) async fn fail(&self, object: SyncObject) -> String {
        let [result] = <[ObjectResult; 1]>::try_from(self.export(vec![object]).await).unwrap();
        assert_eq!(result.code, ResultCode::Failure, "{result:?}");
        assert!(result.error_description.is_some());
        result.error_code.unwrap()
    }

    /// Properties of an object as Graph shows them.
    pub(super) async fn shown(&self, collection: &str, id: &str, select: &str) -> Value {
        let reply = self.graph.get(&format!("/{collection}/{id}?$select={select}")).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let mut body = reply.body;
        body.as_object_mut().unwrap().retain(|name, _| !name.starts_with("@odata") && name != "id");
        body
    }
}

/// A token for a scope.
pub(super) async fn token(client: &Client, scope: &str) -> String {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", APP),
        ("client_secret", "anything"),
        ("scope", scope),
    ];
    let reply = client.token(&form).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.body["access_token"].as_str().unwrap().to_owned()
}

pub(super) fn text(value: &str) -> PropertyValue {
    PropertyValue::Text(value.to_owned())
}

pub(super) fn texts(values: &[&str]) -> PropertyValue {
    PropertyValue::Texts(values.iter().map(|it| (*it).to_owned()).collect())
}

/// The anchor of object number `n`.
pub(super) fn anchor(n: u32) -> String {
    format!("AAAA{n:018}==")
}

/// A `Set` with more properties.
pub(super) fn set(kind: SyncObjectType, n: u32, properties: &[(&str, PropertyValue)]) -> SyncObject {
    let mut object = SyncObject::new(kind, SyncOperation::Set, &anchor(n));
    object.properties.extend(properties.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    object
}

pub(super) fn user(n: u32, name: &str) -> SyncObject {
    set(
        SyncObjectType::User,
        n,
        &[
            ("accountEnabled", PropertyValue::Bool(true)),
            ("userPrincipalName", text(&format!("{name}@contoso.com"))),
            ("displayName", text(name)),
        ],
    )
}

/// A user with one more property.
pub(super) fn user_with(n: u32, name: &str, property: &str, value: PropertyValue) -> SyncObject {
    let mut object = user(n, name);
    object.properties.push((property.to_owned(), value));
    object
}

pub(super) fn group(n: u32, name: &str) -> SyncObject {
    set(
        SyncObjectType::Group,
        n,
        &[("displayName", text(name)), ("securityEnabled", PropertyValue::Bool(true))],
    )
}

pub(super) fn delete(kind: SyncObjectType, n: u32) -> SyncObject {
    SyncObject::new(kind, SyncOperation::Delete, &anchor(n))
}

/// Links to objects by their numbers.
pub(super) fn links(changes: &[(u32, LinkOperation)]) -> PropertyValue {
    let each = changes
        .iter()
        .map(|(n, operation)| LinkChange { to: Anchor::Source(anchor(*n)), operation: *operation });
    PropertyValue::Links(each.collect())
}
