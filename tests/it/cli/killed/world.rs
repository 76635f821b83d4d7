//! A company on the evening of a busy day: everything that can be done to a tenant is to be done in one run.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use reqwest::Method;
use samesign::sandbox::{Sandbox, SandboxOptions, Seed, start};
use samesign::state::State;
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use super::gate::Gate;
use crate::program::{Program, copy, read};

/// How the tenant is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Channel {
    Graph,
    DirectorySync,
}

impl Channel {
    /// The run that is killed: both commands are.
    pub(super) const fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Graph => &["run", "policy", "--once", "--state", "state"],
            Self::DirectorySync => &["apply", "policy", "--auto-approve", "--state", "state"],
        }
    }
}

/// The folder and the tenant that all begin with.
pub(super) struct Company {
    channel: Channel,
    program: Program,
}

const CLIENT: &str = "5b1e6a0e-8d6a-4f6e-9a57-2f3b8d0c9f10";
const TENANT: &str = "8d1f0a52-6f0f-4a55-9a3c-0c7d6a1d2e11";

fn seed(channel: Channel) -> String {
    let synchronised = channel == Channel::DirectorySync;
    format!(
        "tenantId: {TENANT}\nonPremisesSyncEnabled: {synchronised}\ndomains:\n  \
         - {{name: contoso.onmicrosoft.com, initial: true}}\n  - {{name: contoso.com, default: true}}\nusers:\n  \
         - {{userPrincipalName: mia@contoso.com, displayName: Mia of the cloud, mailNickname: mia}}\n  \
         - {{userPrincipalName: cloud@contoso.com, displayName: Cloud Only, mailNickname: cloud}}\n"
    )
}

/// Day by day: who is there, with which title, flag and manager, and who is in which group.
struct Day {
    people: &'static [(&'static str, &'static str)],
    groups: &'static [(&'static str, &'static str)],
    contacts: &'static [&'static str],
}

const FIRST: Day = Day {
    people: &[
        ("ada", "title: Clerk"),
        ("bob", "title: Clerk"),
        ("eve", "title: Clerk"),
        ("leo", "title: Clerk"),
        ("rex", "title: Clerk"),
        ("joe", "title: Clerk"),
    ],
    groups: &[("team", "ada bob eve leo"), ("old", "bob")],
    contacts: &["Pia", "Ron"],
};
const WITHOUT_REX: Day = Day {
    people: &[
        ("ada", "title: Clerk"),
        ("bob", "title: Clerk"),
        ("eve", "title: Clerk"),
        ("leo", "title: Clerk"),
        ("joe", "title: Clerk"),
    ],
    groups: &[("team", "ada bob eve leo"), ("old", "bob")],
    contacts: &["Pia", "Ron"],
};
const WITHOUT_EVE: Day = Day {
    people: &[
        ("ada", "title: Clerk"),
        ("bob", "title: Clerk"),
        ("leo", "title: Clerk"),
        ("joe", "title: Clerk"),
    ],
    groups: &[("team", "ada bob leo"), ("old", "bob")],
    contacts: &["Pia", "Ron"],
};
const LAST: Day = Day {
    people: &[
        ("ada", "title: Boss"),
        ("bob", "title: Clerk\nuserAccountControl: 514"),
        ("rex", "title: Back again"),
        ("joe", "description: has no title any more"),
        ("kim", "title: New\nmanager: CN=ada,OU=Staff,DC=contoso,DC=com"),
        ("lea", "title: New\nmanager: CN=kim,OU=Staff,DC=contoso,DC=com"),
        ("mia", "title: Known to the cloud"),
    ],
    groups: &[("team", "ada kim rex"), ("crew", "kim lea")],
    contacts: &["Pia", "Zoe"],
};

/// Who was new on the last day is gone before anybody looks again.
const WITHOUT_THE_NEW: Day = Day {
    people: &[
        ("ada", "title: Boss"),
        ("bob", "title: Clerk\nuserAccountControl: 514"),
        ("rex", "title: Back again"),
        ("joe", "description: has no title any more"),
        ("mia", "title: Known to the cloud"),
    ],
    groups: &[("team", "ada rex")],
    contacts: &["Pia"],
};
/// Who may be there then, blocked, and what may not.
const NEW_PEOPLE: [&str; 2] = ["user kim@contoso.com", "user lea@contoso.com"];

const NUMBERS: [&str; 17] = [
    "unit", "ada", "bob", "eve", "leo", "rex", "joe", "kim", "lea", "mia", "team", "old", "crew", "Pia",
    "Ron", "Zoe", "groups",
];

fn entry(unit: &str, name: &str, class: &str, more: &str) -> String {
    let number = NUMBERS.iter().position(|it| *it == name).unwrap();
    format!(
        "dn: CN={name},OU={unit},DC=contoso,DC=com\nobjectClass: {class}\n\
         objectGUID: {{00000000-0000-4000-8000-0000000000{number:02}}}\n{more}\n\n"
    )
}

/// `objectSid` of a group.
fn sid(name: &str) -> Vec<u8> {
    let number = NUMBERS.iter().position(|it| *it == name).unwrap();
    let domain = [1, 2, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0];
    [&domain[..], &u32::try_from(number).unwrap().to_le_bytes()].concat()
}

impl Day {
    fn ldif(&self) -> String {
        let mut ldif = String::new();
        for (number, unit) in ["Staff", "Groups", "Contacts"].iter().enumerate() {
            writeln!(
                ldif,
                "dn: OU={unit},DC=contoso,DC=com\nobjectClass: organizationalUnit\n\
                 objectGUID: {{00000000-0000-4000-8000-00000000010{number}}}\n"
            )
            .unwrap();
        }
        for (name, more) in self.people {
            let control = if more.contains("userAccountControl") { "" } else { "userAccountControl: 512\n" };
            let usual = format!(
                "sAMAccountName: {name}\nuserPrincipalName: {name}@contoso.com\nmail: {name}@contoso.com\n\
                 displayName: {name}\n{control}{more}"
            );
            ldif += &entry("Staff", name, "user", &usual);
        }
        for (name, members) in self.groups {
            let dn = |it: &str| format!("\nmember: CN={it},OU=Staff,DC=contoso,DC=com");
            let members: Vec<String> = members.split(' ').map(dn).collect();
            let members = members.concat();
            let sid = STANDARD.encode(sid(name));
            let usual = format!("sAMAccountName: {name}\nobjectSid:: {sid}\ngroupType: -2147483646{members}");
            ldif += &entry("Groups", name, "group", &usual);
        }
        for name in self.contacts {
            let usual = format!("mail: {name}@elsewhere.example\ndisplayName: {name}");
            ldif += &entry("Contacts", name, "contact", &usual);
        }
        ldif
    }
}

fn manifests(channel: Channel) -> String {
    let contacts = match channel {
        Channel::Graph => "",
        Channel::DirectorySync => {
            "  contacts:\n    scope: {bases: [\"OU=Contacts,DC=contoso,DC=com\"]}\n    \
             lifecycle: {removed: {deleteAfter: 0d}}\n"
        }
    };
    format!(
        "apiVersion: samesign.dev/v1alpha1\nkind: Directory\nmetadata: {{name: corp}}\nspec: {{ldif: {{path: corp.ldif}}}}\n\
         ---\napiVersion: samesign.dev/v1alpha1\nkind: SyncPolicy\nmetadata: {{name: contoso}}\nspec:\n  \
         directory: corp\n  tenant: contoso\n  mode: auto\n  \
         users: {{scope: {{bases: [\"OU=Staff,DC=contoso,DC=com\"]}}}}\n  groups:\n    \
         scope: {{bases: [\"OU=Groups,DC=contoso,DC=com\"]}}\n    lifecycle: {{removed: {{deleteAfter: 0d}}}}\n{contacts}"
    )
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// The tenant of a folder.
fn tenant(program: &Program, channel: Channel) -> Gate {
    let runtime = runtime();
    #[expect(clippy::disallowed_methods, reason = "the program reads the wall clock, and so does its tenant")]
    let mut options = SandboxOptions::new(Arc::new(Timestamp::now));
    options.seed = Seed::parse(&seed(channel)).unwrap();
    options.state_file = Some(program.path("tenant.json"));
    let sandbox = runtime.block_on(start(options)).unwrap();
    let gate = Gate::before(runtime, sandbox);
    let url = &gate.url;
    let channel = if channel == Channel::Graph { "graph" } else { "directorySync" };
    program.write(
        "policy/tenant.yaml",
        &format!(
            "apiVersion: samesign.dev/v1alpha1\nkind: Tenant\nmetadata: {{name: contoso}}\nspec:\n  tenantId: {TENANT}\n  \
             cloud: custom\n  endpoints: {{login: \"{url}\", graph: \"{url}\", \
             provisioning: \"{url}/provisioningservice.svc\"}}\n  channel: {channel}\n  \
             auth: {{clientId: {CLIENT}, clientSecretFrom: {{env: TENANT_SECRET}}}}\n"
        ),
    );
    gate
}

fn close(gate: Gate) {
    let Gate { runtime, sandbox, .. } = gate;
    runtime.block_on(sandbox.shutdown()).unwrap();
    runtime.shutdown_background();
}

/// Lets three weeks pass for those who are blocked.
fn age(program: &Program) {
    let database = rusqlite::Connection::open(program.path("state/state.db")).unwrap();
    database.execute("UPDATE link SET blocked_since = blocked_since - 21 * 86400", []).unwrap();
}

impl Company {
    /// Lives through the days before.
    pub(super) fn found(channel: Channel) -> Self {
        let mut program = Program::new();
        program.set("TENANT_SECRET", "anything");
        program.write("policy/policy.yaml", &manifests(channel));
        let gate = tenant(&program, channel);
        gate.open();
        let apply = |day: &Day| {
            program.write("policy/corp.ldif", &day.ldif());
            let ran = program.run(&["apply", "policy", "--auto-approve", "--state", "state"]);
            assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
        };
        apply(&FIRST);
        apply(&WITHOUT_REX);
        age(&program);
        apply(&WITHOUT_REX);
        apply(&WITHOUT_EVE);
        age(&program);
        program.write("policy/corp.ldif", &LAST.ldif());
        let saved = program.run(&["plan", "policy", "--out", "saved.json", "--state", "state"]);
        assert_eq!(saved.code, 0, "{}", saved.stderr);
        let approve = ["--by", "kim", "--reason", "she is it", "--expires", "9999-01-01"];
        let approved = program
            .run(&[&["approve", "saved.json", "--out", "policy/approval.yaml"], &approve[..]].concat());
        assert_eq!(approved.code, 0, "{}", approved.stderr);
        close(gate);
        Self { channel, program }
    }

    /// The same once more, in a folder of its own.
    pub(super) fn copy(&self) -> (Program, Gate) {
        let mut program = Program::new();
        program.set("TENANT_SECRET", "anything");
        copy(&self.program.path(""), &program.path(""));
        let gate = tenant(&program, self.channel);
        (program, gate)
    }

    /// What a run that nobody disturbs makes of the tenant.
    pub(super) fn undisturbed(&self) -> String {
        let (program, gate) = self.copy();
        gate.open();
        let ran = program.run(self.channel.arguments());
        assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
        for done in [
            "create user",
            "create group",
            "change user",
            "change members",
            "block",
            "delete user",
            "delete group",
            "restore",
            "adopt",
        ] {
            assert!(ran.stdout.contains(&format!("done     {done}")), "no {done}:\n{}", ran.stdout);
        }
        let plan = program.run(&["plan", "policy", "--detailed-exitcode", "--state", "state"]);
        assert_eq!(plan.code, 0, "{}", plan.stdout);
        let seen = seen(&gate.runtime, &gate.sandbox);
        close(gate);
        seen
    }

    /// What runs that nobody disturbs make of the tenant if nobody new came on the last day.
    pub(super) fn without_the_new(&self) -> String {
        let (program, gate) = self.copy();
        gate.open();
        program.write("policy/corp.ldif", &WITHOUT_THE_NEW.ldif());
        let ran = program.run(self.channel.arguments());
        assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
        let seen = seen(&gate.runtime, &gate.sandbox);
        close(gate);
        seen
    }

    /// Runs once more when those are gone who were new, and looks whether any of them is left.
    pub(super) fn resume_without_the_new(&self, program: &Program, gate: Gate, wanted: &str, place: &str) {
        let Gate { runtime, sandbox, url, .. } = gate;
        let manifest = read(&program.path("policy/tenant.yaml"));
        program.write("policy/tenant.yaml", &manifest.replace(&url, sandbox.base_url()));
        program.write("policy/corp.ldif", &WITHOUT_THE_NEW.ldif());
        let ran = program.run(self.channel.arguments());
        assert_eq!(ran.code, 0, "{place}:\n{}\n{}", ran.stdout, ran.stderr);
        let seen = seen(&runtime, &sandbox);
        let is_new = |it: &&str| NEW_PEOPLE.iter().any(|new| it.starts_with(new));
        let (new, others): (Vec<&str>, Vec<&str>) = seen.lines().partition(is_new);
        assert_eq!(others.join("\n"), wanted, "{place}");
        assert!(new.iter().all(|it| it.contains(" false ")), "{place}: {new:?}");
        let plan = program.run(&["plan", "policy", "--detailed-exitcode", "--state", "state"]);
        assert_eq!(plan.code, 0, "{place}: {}", plan.stdout);
        runtime.block_on(sandbox.shutdown()).unwrap();
        runtime.shutdown_background();
    }

    /// Runs once more, and looks what has become of it all.
    pub(super) fn resume(&self, program: &Program, gate: Gate, wanted: &str, place: &str) {
        let Gate { runtime, sandbox, url, .. } = gate;
        let wrote = done_once(&sandbox, place);
        let begun = self.new_run(program);
        assert!(begun.is_some() || !wrote, "{place}: what was done is on no record");
        // The gate stays shut: what follows goes to the tenant itself.
        let manifest = read(&program.path("policy/tenant.yaml"));
        program.write("policy/tenant.yaml", &manifest.replace(&url, sandbox.base_url()));
        let ran = program.run(self.channel.arguments());
        assert_eq!(ran.code, 0, "{place}:\n{}\n{}", ran.stdout, ran.stderr);
        assert_eq!(seen(&runtime, &sandbox), wanted, "{place}");
        done_once(&sandbox, place);
        let tells = begun.as_ref().is_none_or(|it| self.new_run(program).is_some_and(|now| now == *it));
        assert!(tells, "{place}: the records say something else of the run that broke off");
        runtime.block_on(sandbox.shutdown()).unwrap();
        runtime.shutdown_background();
    }

    /// The first run on record since the days before: its number, and whether it came to its end.
    fn new_run(&self, program: &Program) -> Option<(i64, bool)> {
        let runs = |program: &Program| {
            let records = State::look(&program.path("state")).unwrap().unwrap();
            records.runs(&["contoso"], 1000).unwrap()
        };
        let before = runs(&self.program).len();
        let run = runs(program).into_iter().rev().nth(before)?;
        Some((run.number, run.ended.is_some()))
    }
}

/// Whatever may happen once happened once; whether anything was written.
fn done_once(sandbox: &Sandbox, place: &str) -> bool {
    let mut times: BTreeMap<String, u32> = BTreeMap::new();
    let mut wrote = false;
    for line in sandbox.audit().iter().filter(|it| it.status < 300 && it.method != "GET") {
        let body = line.body.as_ref().unwrap_or(&Value::Null);
        // Of the calls of Entra Connect's protocol, two change no object.
        let asks = ["GetCompanyConfiguration", "FinalizeExport"].iter().any(|it| body["operation"] == *it);
        wrote |= !asks && !line.path.contains("/token") && !line.path.ends_with("$batch");
        let is_creation = ["/users", "/groups"].contains(&line.path.as_str());
        let is_removal = line.method == "DELETE" || line.path.ends_with("/restore");
        if is_creation || is_removal {
            let name = format!("{} {} {}", line.method, line.path, body["displayName"]);
            *times.entry(name).or_default() += 1;
        }
    }
    let twice: Vec<_> = times.iter().filter(|it| 1 < *it.1).collect();
    assert!(twice.is_empty(), "{place}: {twice:?}");
    wrote
}

/// The tenant as people see it, in words that do not depend on ids.
fn seen(runtime: &Runtime, sandbox: &Sandbox) -> String {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let ask = |request: reqwest::RequestBuilder| -> Value {
        runtime.block_on(async { request.send().await.unwrap().json().await.unwrap() })
    };
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", CLIENT),
        ("client_secret", "anything"),
        ("scope", "https://graph.microsoft.com/.default"),
    ];
    let url = format!("{}/{TENANT}/oauth2/v2.0/token", sandbox.base_url());
    let token = ask(client.post(url).form(&form));
    let token = token["access_token"].as_str().unwrap();
    let list = |path: &str| -> Vec<Value> {
        let url = format!("{}/v1.0{path}", sandbox.base_url());
        ask(client.request(Method::GET, url).bearer_auth(token))["value"].as_array().unwrap().clone()
    };
    let select = "$select=displayName,userPrincipalName,jobTitle,accountEnabled,onPremisesImmutableId";
    let mut lines = Vec::new();
    for (state, path) in [("user", "/users"), ("deleted", "/directory/deletedItems/microsoft.graph.user")] {
        let expand = if state == "user" { "&$expand=manager($select=displayName)" } else { "" };
        for it in list(&format!("{path}?{select}{expand}")) {
            // In the bin, the id stands before the name.
            let upn = it["userPrincipalName"].as_str().unwrap();
            let upn = if state == "user" { upn } else { &upn[32..] };
            lines.push(format!(
                "{state} {upn} {} {} {} {} manager {}",
                it["displayName"],
                it["jobTitle"],
                it["accountEnabled"],
                it["onPremisesImmutableId"],
                it["manager"]["displayName"]
            ));
        }
    }
    for group in list("/groups?$select=id,displayName") {
        let members = list(&format!("/groups/{}/members?$select=displayName", group["id"].as_str().unwrap()));
        let mut members: Vec<String> = members.iter().map(|it| it["displayName"].to_string()).collect();
        members.sort();
        lines.push(format!("group {} {}", group["displayName"], members.join(" ")));
    }
    lines.extend(list("/contacts").iter().map(|it| format!("contact {} {}", it["displayName"], it["mail"])));
    lines.sort();
    lines.join("\n")
}
