//! What happens to the tenant in a story, by other hands than those of the program.

use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use samesign::sandbox::{Effect, Fault, Sandbox, SandboxOptions, Seed, start};
use serde_json::{Map, Value, json};
use std::cell::Cell;
use std::fmt::Write as _;
use std::sync::Arc;
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::program;

/// A sandbox that runs beside the program, so that what it was asked can be counted.
pub(super) struct Tenant {
    runtime: Runtime,
    sandbox: Sandbox,
    client: reqwest::Client,
    /// How many requests were told of.
    told: Cell<usize>,
}

/// Whoever else looks after this tenant; every seed with apps lists it.
const OTHER: &str = "99999999-0000-4000-8000-000000000000";

impl Tenant {
    pub(super) fn start(seed: &std::path::Path) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        #[expect(
            clippy::disallowed_methods,
            reason = "the program reads the wall clock, and so does its tenant"
        )]
        let mut options = SandboxOptions::new(Arc::new(Timestamp::now));
        options.seed = Seed::parse(&program::read(seed)).unwrap();
        options.number = Some(1);
        let sandbox = runtime.block_on(start(options)).unwrap();
        let _already_installed = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { runtime, sandbox, client, told: Cell::new(0) }
    }

    /// A fresh one each time: stories go on for weeks.
    fn token(&self) -> String {
        let url = format!("{}/{}/oauth2/v2.0/token", self.sandbox.base_url(), self.sandbox.tenant_id());
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", OTHER),
            ("client_secret", "of somebody else"),
            ("scope", &format!("{}/.default", self.sandbox.base_url())),
        ];
        let answer: Value = self.runtime.block_on(async {
            self.client.post(url).form(&form).send().await.unwrap().json().await.unwrap()
        });
        answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    pub(super) fn base_url(&self) -> &str {
        self.sandbox.base_url()
    }

    pub(super) fn id(&self) -> String {
        self.sandbox.tenant_id().to_string()
    }

    /// Writes that were tried, successful or not.
    pub(super) fn writes(&self) -> Vec<String> {
        let audit = self.sandbox.audit();
        let writes = audit
            .iter()
            .filter(|it| it.method != "GET" && !it.path.ends_with("/$batch") && !it.path.contains("/token"))
            // Of these calls of Entra Connect's protocol, one asks and the other says that an export ended.
            .filter(|it| {
                let operation = it.body.as_ref().map(|it| &it["operation"]);
                operation.is_none_or(|it| *it != "GetCompanyConfiguration" && *it != "FinalizeExport")
            });
        writes.map(|it| format!("{} {} {}", it.method, it.path, it.status)).collect()
    }

    /// Everything that was ever asked, as text.
    pub(super) fn audit(&self) -> String {
        format!("{:?}", self.sandbox.audit())
    }

    pub(super) fn advance(&self, days: i64) {
        self.sandbox.advance(SignedDuration::from_hours(24 * days));
    }

    /// `patch NAME PROPERTY=VALUE`, `delete NAME`, `enroll GROUP NAME`, `expel GROUP NAME`,
    /// `fault METHOD PATH EFFECT TIMES`, `show`, `show NAME` (a user, group or contact, with what only Entra Connect's
    /// protocol writes), `messages` (what arrived by that protocol: objects and attributes).
    pub(super) fn act(&self, words: &[&str]) -> String {
        match words {
            ["patch", name, rest @ ..] => {
                let rest = rest.join(" ");
                let (property, value) = rest.split_once('=').unwrap();
                let value: Value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
                let mut body = Map::new();
                body.insert(property.to_owned(), value);
                self.send(&Method::PATCH, &self.path(name), Some(body.into()));
            }
            ["delete", name] => drop(self.send(&Method::DELETE, &self.path(name), None)),
            ["enroll", group, name] => {
                let id = self.id_of(name);
                let link = json!({ "@odata.id": format!("{}/v1.0/directoryObjects/{id}", self.base_url()) });
                self.send(&Method::POST, &format!("{}/members/$ref", self.path(group)), Some(link));
            }
            ["expel", group, name] => {
                let path = format!("{}/members/{}/$ref", self.path(group), self.id_of(name));
                self.send(&Method::DELETE, &path, None);
            }
            ["fault", method, path, effect @ .., times] => {
                self.sandbox.set_faults(vec![Fault {
                    method: Some((*method).to_owned()),
                    path: Some((*path).to_owned()),
                    skip: 0,
                    times: times.parse().unwrap(),
                    effect: effect_of(effect),
                }]);
            }
            ["show"] => return self.show(),
            ["show", name @ ..] => return self.show_one(&name.join(" ")),
            ["switches"] => return self.switches(),
            ["turn", name, on] => {
                let features = json!({ "features": { *name: *on == "on" } });
                let path = format!("/directory/onPremisesSynchronization/{}", self.id());
                self.send(&Method::PATCH, &path, Some(features));
            }
            ["messages"] => return self.messages(),
            other => panic!("the tenant cannot {other:?}"),
        }
        String::new()
    }

    fn send(&self, method: &Method, path: &str, body: Option<Value>) -> Value {
        let url = format!("{}/v1.0{path}", self.base_url());
        let request = self.client.request(method.clone(), url).bearer_auth(self.token());
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let (status, text) = self.runtime.block_on(async {
            let answer = request.send().await.unwrap();
            (answer.status(), answer.text().await.unwrap())
        });
        assert!(status.is_success(), "{method} {path}: {status} {text}");
        if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() }
    }

    fn list(&self, path: &str) -> Vec<Value> {
        let Value::Array(mut found) = self.send(&Method::GET, path, None)["value"].take() else {
            panic!("{path} is no list")
        };
        found.sort_by_key(|it| (it["userPrincipalName"].to_string(), it["displayName"].to_string()));
        found
    }

    /// A user by principal name, or a group by display name.
    fn path(&self, name: &str) -> String {
        if name.contains('@') { format!("/users/{name}") } else { format!("/groups/{}", self.id_of(name)) }
    }

    fn id_of(&self, name: &str) -> String {
        let found = if name.contains('@') {
            self.send(&Method::GET, &format!("/users/{name}"), None)
        } else {
            let groups = self.list("/groups?$select=id,displayName");
            groups.into_iter().find(|it| it["displayName"] == name).unwrap_or_default()
        };
        found["id"].as_str().unwrap_or_else(|| panic!("the tenant has no {name}")).to_owned()
    }

    /// One object with everything that it has.
    fn show_one(&self, name: &str) -> String {
        let contacts = || self.list("/contacts?$select=id,displayName");
        let contact = contacts().into_iter().find(|it| it["displayName"] == name);
        let path = match contact {
            Some(contact) => format!("/contacts/{}", word(&contact["id"])),
            None => self.path(name),
        };
        let kind = path.split('/').nth(1).unwrap();
        let mut object = self.send(&Method::GET, &format!("{path}?$select={}", properties(kind)), None);
        let id: Uuid = word(&object["id"]).parse().unwrap();
        let mut text = String::new();
        for (name, value) in object.as_object_mut().unwrap() {
            let is_empty = value.is_null() || value == &json!([]);
            if !is_empty && name != "id" && !name.starts_with('@') {
                let _infallible = writeln!(text, "    {name}  {value}");
            }
        }
        for (name, value) in self.sandbox.sent_values(id) {
            let _infallible = writeln!(text, "    sent {name}  {}", brief(&value));
        }
        text
    }

    /// The switches that are on.
    fn switches(&self) -> String {
        let found = self.send(&Method::GET, "/directory/onPremisesSynchronization", None);
        let features = found["value"][0]["features"].as_object().expect("switches");
        let on = features.iter().filter(|it| *it.1 == true).map(|it| format!("    {}\n", it.0));
        on.collect()
    }

    /// What arrived by Entra Connect's protocol since it was last asked: objects and attributes, no values.
    fn messages(&self) -> String {
        let audit = self.sandbox.audit();
        let before = self.told.replace(audit.len());
        let mut text = String::new();
        for line in audit.iter().skip(before).filter(|it| it.path == "/provisioningservice.svc") {
            let body = line.body.as_ref().unwrap_or(&Value::Null);
            let _infallible = writeln!(text, "{} {}", word(&body["operation"]), line.status);
            for object in body["objects"].as_array().into_iter().flatten() {
                let names: Vec<&str> = object["attributes"].as_array().unwrap().iter().map(word).collect();
                let (operation, kind) = (word(&object["operation"]), word(&object["kind"]));
                let anchor = word(&object["anchor"]);
                let _infallible = writeln!(text, "    {operation} {kind} {anchor} {}", names.join(" "));
            }
        }
        text
    }

    /// What the tenant holds, as its own administrators would see it.
    fn show(&self) -> String {
        let mut text = String::new();
        for user in self.list("/users?$select=userPrincipalName,displayName,accountEnabled") {
            let blocked = if user["accountEnabled"] == false { "  blocked" } else { "" };
            let _infallible = writeln!(
                text,
                "user   {}  {}{blocked}",
                word(&user["userPrincipalName"]),
                user["displayName"]
            );
        }
        for group in self.list("/groups?$select=id,displayName") {
            let members = self.list(&format!("/groups/{}/members", word(&group["id"])));
            let name =
                |it: &Value| it["userPrincipalName"].as_str().unwrap_or(word(&it["displayName"])).to_owned();
            let names: Vec<String> = members.iter().map(name).collect();
            let _infallible = writeln!(text, "group  {}  {}", word(&group["displayName"]), names.join(", "));
        }
        for contact in self.list("/contacts?$select=displayName,mail") {
            let _infallible =
                writeln!(text, "contact  {}  {}", word(&contact["displayName"]), word(&contact["mail"]));
        }
        for user in
            self.list("/directory/deletedItems/microsoft.graph.user?$select=userPrincipalName,displayName")
        {
            let _infallible = writeln!(text, "in the recycle bin  {}", user["displayName"]);
        }
        text
    }
}

/// What is shown of one object.
fn properties(kind: &str) -> &'static str {
    match kind {
        "users" => {
            "id,userPrincipalName,displayName,accountEnabled,mail,mailNickname,proxyAddresses,jobTitle,\
             onPremisesSyncEnabled,onPremisesImmutableId,onPremisesExtensionAttributes,onPremisesProvisioningErrors,\
             onPremisesUserPrincipalName,onPremisesSecurityIdentifier"
        }
        "groups" => {
            "id,displayName,description,mail,mailNickname,mailEnabled,securityEnabled,proxyAddresses,\
             onPremisesSyncEnabled,onPremisesProvisioningErrors,onPremisesSecurityIdentifier"
        }
        _ => {
            "id,displayName,mail,mailNickname,proxyAddresses,givenName,surname,jobTitle,companyName,addresses,phones,\
             onPremisesSyncEnabled,onPremisesProvisioningErrors"
        }
    }
}

/// A value, of very long ones their ends and length.
fn brief(value: &Value) -> String {
    let text = value.to_string();
    match (text.get(..40), text.get(text.len().saturating_sub(40)..)) {
        (Some(head), Some(tail)) if 500 < text.len() => format!("{head}…{tail} ({} characters)", text.len()),
        _ => text,
    }
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// `503`, `429 after 1` (seconds), `lost-response` or `reset`.
fn effect_of(words: &[&str]) -> Effect {
    match words {
        ["lost-response"] => Effect::LostResponse,
        ["reset"] => Effect::Reset,
        [status, rest @ ..] => Effect::Status {
            status: status.parse().unwrap(),
            code: None,
            message: None,
            retry_after_s: match rest {
                ["after", seconds] => Some(seconds.parse().unwrap()),
                _ => None,
            },
        },
        [] => panic!("a fault without an effect"),
    }
}
