//! A tenant of the soak: a sandbox in a process of its own, which can be stopped and comes back as it was.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Child, Stdio};

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use super::service::signal;
use crate::journey::tenant::{CLIENT_ID, SECRET};
use crate::journey::workplace::Workplace;

/// How a tenant is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Channel {
    Graph,
    DirectorySync,
}

/// A tenant.
pub(super) struct Cloud<'a> {
    place: &'a Workplace,
    pub(super) name: &'static str,
    pub(super) channel: Channel,
    pub(super) tenant_id: &'static str,
    port: u16,
    child: Option<Child>,
    runtime: Runtime,
    http: Client,
}

impl<'a> Cloud<'a> {
    pub(super) fn start(place: &'a Workplace, channel: Channel) -> Self {
        let (name, tenant_id) = match channel {
            Channel::Graph => ("cloud", "3f0e6f0a-97a5-4c2a-8f0c-0f6d3f9b6a01"),
            Channel::DirectorySync => ("synced", "3f0e6f0a-97a5-4c2a-8f0c-0f6d3f9b6a02"),
        };
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        drop(rustls::crypto::ring::default_provider().install_default());
        let http = Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap();
        let seed = format!(
            "tenantId: {tenant_id}\nonPremisesSyncEnabled: {}\ndomains:\n  \
             - {{name: {name}.onmicrosoft.com, initial: true}}\n  - {{name: corp.example.com, default: true}}\napps:\n  \
             - {{clientId: {CLIENT_ID}, secret: \"{SECRET}\", roles: [\"*\"], directoryRoles: [User Administrator]}}\n\
             users:\n  - {{userPrincipalName: cloud@corp.example.com, displayName: Cloud Only}}\n",
            channel == Channel::DirectorySync
        );
        std::fs::write(place.path(&format!("{name}.seed")), seed).unwrap();
        let mut cloud = Self { place, name, channel, tenant_id, port, child: None, runtime, http };
        cloud.begin();
        cloud
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(super) const fn is_there(&self) -> bool {
        self.child.is_some()
    }

    /// Starts the tenant with what it was left with.
    pub(super) fn begin(&mut self) {
        let (listen, name) = (format!("127.0.0.1:{}", self.port), self.name);
        let (store, seed) = (format!("{name}.json"), format!("{name}.seed"));
        let arguments = ["sandbox", "--listen", &listen, "--store", &store, "--seed", &seed];
        let mut command = self.place.command(&arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("sandbox tenant "), "{line}");
        self.child = Some(child);
    }

    /// Stops the tenant, which keeps what it was told: the service that it stands for loses nothing either.
    pub(super) fn end(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        signal(&child, "-TERM");
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = if path.starts_with("http") { path.to_owned() } else { self.url() + path };
        self.http.request(method, url)
    }

    fn answer(&self, request: RequestBuilder) -> (u16, Value) {
        self.runtime.block_on(async {
            let answer = request.send().await.unwrap();
            let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
            (status, serde_json::from_str(&text).unwrap_or_default())
        })
    }

    /// Tells the tenant how to behave.
    pub(super) fn control(&self, what: &str, body: &Value) {
        let request = self.request(Method::PUT, &format!("/sandbox/{what}")).json(body);
        let (status, answer) = self.answer(request);
        assert!(status < 300, "{what}: {status} {answer}");
    }

    /// From now on nothing goes wrong.
    pub(super) fn mend(&mut self) {
        if self.child.is_none() {
            self.begin();
        }
        self.control("faults", &json!([]));
        self.control("replication", &json!({}));
        self.control("throttle", &json!({}));
    }

    fn token(&self, form: &[(&str, &str)]) -> Value {
        let own = [("client_id", CLIENT_ID), ("client_secret", SECRET)];
        let form = [form, &own].concat();
        let path = format!("/{}/oauth2/v2.0/token", self.tenant_id);
        self.answer(self.request(Method::POST, &path).form(&form)).1
    }

    /// Whether somebody gets in with a password: `in`, or the number of the error.
    pub(super) fn sign_in(&self, name: &str, password: &str) -> String {
        let form =
            [("grant_type", "password"), ("scope", "User.Read"), ("username", name), ("password", password)];
        let answer = self.token(&form);
        match answer["error_codes"][0].as_u64() {
            Some(code) => code.to_string(),
            None if answer["access_token"].is_string() => "in".to_owned(),
            None => panic!("{answer}"),
        }
    }

    /// All pages of a list.
    pub(super) fn all(&self, path: &str) -> Vec<Value> {
        let form = [("grant_type", "client_credentials"), ("scope", "https://graph.microsoft.com/.default")];
        let token = self.token(&form);
        let token = token["access_token"].as_str().unwrap();
        let mut items = Vec::new();
        let mut next = Some(format!("/v1.0{path}"));
        while let Some(path) = next {
            let (status, page) = self.answer(self.request(Method::GET, &path).bearer_auth(token));
            assert_eq!(status, 200, "{path}: {page}");
            items.extend(page["value"].as_array().unwrap().iter().cloned());
            next = page["@odata.nextLink"].as_str().map(str::to_owned);
        }
        items
    }

    /// Requests so far, since it was started last.
    pub(super) fn counters(&self) -> BTreeMap<String, u64> {
        let (_, counters) = self.answer(self.request(Method::GET, "/sandbox/counters"));
        serde_json::from_value(counters).unwrap()
    }
}

impl Drop for Cloud<'_> {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _has_ended = child.kill();
            let _has_ended = child.wait();
        }
    }
}
