//! Who is let in, and what the service says instead of an answer.

use samesign::sandbox::{Effect, Fault, Replication};
use samesign::wire::provisioning::{Answer, Request, ServiceFault};
use serde_json::json;

use super::connector::{APP, Connector, TYPE, token, user};
use crate::sandbox::client::{Client, options};

const DENIED: &str = "Access to Azure Active Directory has been denied. Contact Technical Support.";
const CONFIGURATION: Request = Request::GetCompanyConfiguration { include_license_information: false };

fn fault(effect: Effect) -> Fault {
    Fault { method: None, path: Some("/provisioningservice.svc".to_owned()), skip: 0, times: 1, effect }
}

#[tokio::test]
async fn only_binary_xml_by_post_is_taken() {
    let connector = Connector::of("").await;
    let body = connector.encode(&CONFIGURATION);
    for kind in ["application/soap+xml", "text/xml", "application/soap+msbinsession1", "application/json"] {
        assert_eq!(connector.post(&connector.url(), kind, body.clone()).await.0, 415);
    }
    assert_eq!(connector.post(&connector.url(), "Application/SOAP+msbin1; charset=x", body).await.0, 200);
    let get = crate::sandbox::client::http().get(connector.url()).send().await.unwrap();
    assert_eq!(get.status(), 405);
    assert_eq!(connector.post(&connector.url(), TYPE, vec![0; 17 << 20]).await.0, 413);
}

#[tokio::test]
async fn tokens_of_another_resource_tenant_or_time_are_denied() {
    let mut connector = Connector::of("").await;
    let good = connector.token.clone();
    let other = Connector::of("tenantId: 5a4db0c5-0000-4000-8000-000000000001").await;
    let graph = token(&connector.graph, "https://graph.microsoft.com/.default").await;
    for bad in [graph, other.token.clone(), String::new(), "a.b.c".to_owned(), format!("{good}x")] {
        connector.token = bad;
        assert_eq!(connector.refused(&CONFIGURATION).await, ("115".to_owned(), DENIED.to_owned()));
    }
    connector.token.clone_from(&good);
    assert!(connector.ask(&CONFIGURATION).await.is_ok());
    connector.graph.advance(3_600);
    assert_eq!(connector.refused(&CONFIGURATION).await.0, "115");
    let mut graph = Client::with(options("onPremisesSyncEnabled: true")).await;
    graph.use_token(&token(&graph, "6bf85cfa-ac8a-4be5-b5de-425a0d0dc016/.default").await);
    assert_eq!(graph.get("/users").await.status, 401);
}

#[tokio::test]
async fn the_role_is_seeded_per_app() {
    for (role, allowed) in [("ADSynchronization.ReadWrite.All", true), ("User.ReadWrite.All", false)] {
        let seed = format!("apps: [{{ clientId: {APP}, secret: anything, roles: [{role}] }}]");
        let connector = Connector::of(&seed).await;
        assert_eq!(connector.ask(&CONFIGURATION).await.is_ok(), allowed, "{role}");
    }
}

#[tokio::test]
async fn old_and_withdrawn_builds_are_denied_and_may_ask_which_are_served() {
    let mut connector = Connector::of("").await;
    for (build, served) in [
        ("2.5.79.0", true),
        ("2.10.0.0", true),
        ("3.0.0.0", true),
        ("2.5.78.9", false),
        ("1.5.29.0", false),
        ("2.6.79.0", false),
        ("", false),
        ("2.6", false),
        ("latest", false),
    ] {
        build.clone_into(&mut connector.build);
        assert_eq!(connector.ask(&CONFIGURATION).await.is_ok(), served, "{build}");
        let Ok(Answer::Capabilities(capabilities)) = connector.ask(&Request::Capabilities).await else {
            panic!("{build}")
        };
        assert_eq!(capabilities.minimum_version(), Some("2.5.79.0"));
        assert_eq!(capabilities.latest_version(), Some("2.6.84.0"));
        assert_eq!(capabilities.refused_versions(), Some("2.6.79.0"));
    }
}

#[tokio::test]
async fn a_tenant_that_does_not_synchronise_says_so() {
    const NOT_YET: &str = "Identity synchronization is not yet activated for this company.";
    let graph = Client::with(options("")).await;
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", APP),
        ("client_secret", "anything"),
        ("scope", "6bf85cfa-ac8a-4be5-b5de-425a0d0dc016/.default"),
    ];
    let refused = graph.token(&form).await;
    assert_eq!((refused.status, refused.body["error"].as_str()), (400, Some("invalid_resource")));
    let connector = Connector::with(options("onPremisesSyncEnabled: false")).await;
    let write = Request::ProvisionObjects2(vec![user(1, "anna")]);
    assert_eq!(connector.refused(&write).await, (String::new(), NOT_YET.to_owned()));
    let Ok(Answer::CompanyConfiguration(read)) = connector.ask(&CONFIGURATION).await else {
        panic!("no answer")
    };
    assert_eq!(read.is_dir_syncing, Some(false));
    let path = format!("/organization/{}", connector.graph.sandbox.tenant_id());
    let switch = |on: bool| connector.graph.patch(&path, json!({ "onPremisesSyncEnabled": on }));
    assert_eq!(switch(true).await.status, 204);
    let (id, _) = connector.write(user(1, "anna")).await;
    assert_eq!(switch(false).await.status, 204);
    assert_eq!(connector.graph.get("/organization").await.body["value"][0]["onPremisesSyncEnabled"], false);
    assert_eq!(connector.shown("users", &id, "onPremisesSyncEnabled").await["onPremisesSyncEnabled"], false);
    assert_eq!(connector.refused(&write).await.1, NOT_YET);
    assert_eq!(connector.graph.patch(&path, json!({ "displayName": "x" })).await.status, 400);
}

#[tokio::test]
async fn a_request_is_sent_on_as_often_as_the_seed_says() {
    let connector = Connector::of("provisioning: { redirects: 2 }").await;
    let mut url = connector.url();
    for _ in 0..2 {
        let outcome = connector.ask_at(&url, &CONFIGURATION).await;
        let Err(ServiceFault::Redirect(next)) = outcome else { panic!("{outcome:?}") };
        assert_ne!(next, url);
        url = next;
    }
    assert!(connector.ask_at(&url, &CONFIGURATION).await.is_ok());
}

#[tokio::test]
async fn faults_are_armed_as_for_graph() {
    let connector = Connector::of("").await;
    let sandbox = &connector.graph.sandbox;
    for (code, beginning) in [(81, "The directory"), (90, "Password"), (114, "The synch"), (115, "Access")] {
        sandbox.set_faults(vec![fault(Effect::ServiceFault { code, text: None })]);
        let (found, text) = connector.refused(&CONFIGURATION).await;
        assert_eq!(found, code.to_string());
        assert!(text.starts_with(beginning), "{text}");
        assert!(connector.ask(&CONFIGURATION).await.is_ok());
    }
    sandbox.set_faults(vec![fault(Effect::Redirect)]);
    assert_eq!(connector.ask(&CONFIGURATION).await, Err(ServiceFault::Redirect(connector.url())));
    let busy = Effect::Status { status: 503, code: None, message: None, retry_after_s: Some(30) };
    sandbox.set_faults(vec![fault(busy)]);
    let body = connector.encode(&CONFIGURATION);
    assert_eq!(connector.post(&connector.url(), TYPE, body.clone()).await.0, 503);
    // The write happens and its answer is lost.
    sandbox.set_faults(vec![fault(Effect::LostResponse)]);
    let write = connector.encode(&Request::ProvisionObjects2(vec![user(1, "anna")]));
    let request =
        crate::sandbox::client::http().post(connector.url()).header("content-type", TYPE).body(write);
    assert!(request.send().await.is_err());
    assert_eq!(connector.graph.get("/users/anna@contoso.com").await.status, 200);
    // A fault without a path is one of Graph.
    let any = Fault { path: None, ..fault(Effect::Reset) };
    sandbox.set_faults(vec![any]);
    assert!(connector.ask(&CONFIGURATION).await.is_ok());
}

#[tokio::test]
async fn graph_sees_what_was_written_once_it_is_replicated() {
    let connector = Connector::of("").await;
    connector.graph.sandbox.set_replication(Replication { get_ms: 5_000, ..Replication::default() });
    let (id, _) = connector.write(user(1, "anna")).await;
    assert_eq!(connector.graph.get(&format!("/users/{id}")).await.status, 404);
    connector.graph.advance(6);
    assert_eq!(connector.graph.get(&format!("/users/{id}")).await.status, 200);
}

#[tokio::test]
async fn the_audit_log_names_objects_and_no_token() {
    let connector = Connector::of("").await;
    connector.write(user(1, "anna")).await;
    let line =
        connector.graph.sandbox.audit().into_iter().find(|it| it.path == "/provisioningservice.svc").unwrap();
    assert_eq!((line.app.as_str(), line.status), (APP, 200));
    let body = line.body.unwrap();
    assert_eq!(body["objects"][0]["anchor"], super::connector::anchor(1));
    assert!(!body.to_string().contains(&connector.token));
}
