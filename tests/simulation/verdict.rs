//! Whether both sides agree: by a fresh plan of the program's own, and by a comparison that shares no code with it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rand::RngExt as _;
use rand::rngs::StdRng;
use samesign::model::{Links, Reading, Secret};
use samesign::plan::{Change, Inputs, Planned, plan};
use samesign::render::{ApprovalText, Paint, approval_yaml, plan_text};
use samesign::sandbox::AuditLine;
use samesign::source::ldif::LdifFile;
use samesign::source::{Quiet, Request};
use samesign::state::State;
use samesign::target::graph::{App, Connection, Credential, Endpoints, Extent, Follower, Reader, Settings};
use samesign::workspace;
use serde_json::{Value, json};

use crate::cloud::{CLIENT, Channel, TENANT, ask, is_ours, list, word};
use crate::company::{Company, Person, anchor};
use crate::folder::Folder;
use crate::road::{Road, Walk};

const URL: &str = "http://127.0.0.1:1";

pub(crate) fn write_manifests(folder: &Folder, channel: Channel, every: &str, now: Timestamp) {
    let word = channel.word();
    let contacts = match channel {
        Channel::Graph => "",
        Channel::DirectorySync => {
            "  contacts:\n    scope: {bases: [\"OU=Contacts,DC=contoso,DC=com\"]}\n    \
             lifecycle: {removed: {deleteAfter: 1d}}\n"
        }
    };
    let head = "apiVersion: samesign.dev/v1alpha1\nkind:";
    let text = format!(
        "{head} Directory\nmetadata: {{name: corp}}\nspec: {{ldif: {{path: corp.ldif}}}}\n---\n\
         {head} Tenant\nmetadata: {{name: contoso}}\nspec:\n  tenantId: {TENANT}\n  cloud: custom\n  \
         endpoints: {{login: \"{URL}\", graph: \"{URL}\", \
         provisioning: \"{URL}/provisioningservice.svc\"}}\n  channel: {word}\n  \
         auth: {{clientId: {CLIENT}, clientSecretFrom: {{file: secret}}}}\n---\n\
         {head} SyncPolicy\nmetadata: {{name: contoso}}\nspec:\n  directory: corp\n  tenant: contoso\n  mode: auto\n  \
         schedule: {{every: {every}, fullEvery: 48h}}\n  users:\n    \
         scope: {{bases: [\"OU=Staff,DC=contoso,DC=com\"]}}\n    lifecycle: {{removed: {{deleteAfter: 1d}}}}\n  \
         groups:\n    scope: {{bases: [\"OU=Groups,DC=contoso,DC=com\"]}}\n    \
         lifecycle: {{removed: {{deleteAfter: 1d}}}}\n{contacts}"
    );
    folder.write("policy.yaml", &text, now);
    folder.write("secret", "anything", now);
}

/// Whoever sits beside the program, and looks at the same things with the same code from the beginning.
pub(crate) struct Desk {
    settings: Settings,
    follower: Follower,
    manifests: PathBuf,
    export: PathBuf,
    records: PathBuf,
    extent: Extent,
}

impl Desk {
    pub(crate) fn new(road: &Arc<Road>, folder: &Folder, extent: Extent) -> Self {
        let credential = Credential::ClientSecret(Secret::new("anything".to_owned()));
        let app = App { tenant: TENANT.to_owned(), client_id: CLIENT.replace('5', "6"), credential };
        let time = Arc::clone(&road.time);
        let clock = Arc::new(move || time.now());
        let defaults = Settings::new(Endpoints::explicit(URL, URL).unwrap(), app, clock);
        let settings =
            Settings { courier: Some(Arc::new(Walk(Arc::clone(road)))), chance: Arc::new(|| 7), ..defaults };
        Self {
            settings,
            follower: Follower::new(extent),
            manifests: folder.manifests(),
            export: folder.export(),
            records: folder.records(),
            extent,
        }
    }

    /// Times of a connection count from the beginning of a runtime.
    fn reader(&self) -> Reader {
        Reader::new(&Connection::open(self.settings.clone()).unwrap())
    }

    /// Follows the tenant. That it cannot be reached now is nobody's fault.
    pub(crate) async fn look(&mut self, road: &Road) {
        let reader = self.reader();
        let seen = self.follower.observe(&reader, road.time.now(), &()).await;
        road.note(&format!("followed {}", if seen.is_ok() { "well" } else { "badly" }));
    }

    /// Whether what was followed is what is there.
    pub(crate) async fn follows(&mut self, road: &Road) -> Option<String> {
        let reader = self.reader();
        let followed = self.follower.observe(&reader, road.time.now(), &()).await.unwrap().tenant;
        let whole = reader.observe(self.extent, &()).await.unwrap();
        let differs = followed.users() != whole.users()
            || followed.groups() != whole.groups()
            || followed.contacts() != whole.contacts();
        differs.then(|| {
            let of = |it: &samesign::model::TenantSnapshot| {
                format!("{:#?}\n{:#?}\n{:#?}", it.users(), it.groups(), it.contacts())
            };
            let (followed, whole) = (of(&followed), of(&whole));
            let lines = followed.lines().zip(whole.lines()).filter(|(a, b)| a != b).take(8);
            let lines: Vec<String> = lines.map(|(a, b)| format!("{a}    {b}")).collect();
            format!("who follows the tenant sees something else than who reads it:\n{}", lines.join("\n"))
        })
    }

    /// A plan of everything, read anew, as it will be after some days.
    pub(crate) async fn plan(&self, road: &Road, days: i64) -> Planned {
        let loaded = workspace::load(&self.manifests).unwrap();
        let policy = &loaded.policies[0];
        let request = Request { names: Arc::clone(&loaded.names) };
        let file = LdifFile { path: self.export.clone() };
        let directory = Reading::Whole(file.read(&request, &Quiet).await.unwrap());
        let tenant = self.reader().observe(self.extent, &()).await.unwrap();
        let links = match State::look(&self.records).unwrap() {
            Some(records) => records.links("contoso", TENANT).unwrap(),
            None => Links::default(),
        };
        let as_of = road.time.now().checked_add(SignedDuration::from_hours(24 * days)).unwrap();
        plan(&Inputs { directory: &directory, tenant: &tenant, links: &links, policy, as_of })
    }

    pub(crate) async fn text(&self, road: &Road) -> String {
        plan_text(&self.plan(road, 3).await, Paint::Plain)
    }

    /// A person has looked at what is held, and approves it; how much that was.
    pub(crate) async fn approve(&self, folder: &Folder, road: &Road) -> u64 {
        let planned = self.plan(road, 0).await;
        let changes: Vec<&Change> = planned
            .plan
            .changes()
            .iter()
            .filter(|it| it.held().is_some_and(|it| it.guard.can_be_approved()))
            .collect();
        if changes.is_empty() {
            return 0;
        }
        let count = changes.len() as u64;
        let now = road.time.now();
        let expires = now.checked_add(SignedDuration::from_hours(48)).unwrap();
        let (plan, reason) = (planned.plan.id(), "all of them are right");
        let text = ApprovalText { name: "all", policy: "contoso", plan, reason, by: "kim", expires, changes };
        folder.write("approval.yaml", &approval_yaml(&text), now);
        count
    }
}

/// Users of the tenant by anchor.
async fn users(road: &Road, path: &str) -> Vec<(String, Value)> {
    let select = "$select=id,userPrincipalName,displayName,jobTitle,accountEnabled,onPremisesImmutableId";
    let users = list(road, &format!("{path}?$top=999&{select}")).await;
    let known = users.into_iter().filter(|it| !it["onPremisesImmutableId"].is_null());
    known.map(|it| (word(&it["onPremisesImmutableId"]).to_owned(), it)).collect()
}

fn wanted(person: &Person) -> Value {
    json!([format!("{}@contoso.com", person.login), person.display, person.title, !person.is_disabled,])
}

/// In what the tenant differs from the company.
pub(crate) async fn faults(company: &Company, channel: Channel, road: &Road) -> Vec<String> {
    let mut faults = Vec::new();
    let active = users(road, "/users").await;
    let deleted = users(road, "/directory/deletedItems/microsoft.graph.user").await;
    let mut times: BTreeMap<&str, u32> = BTreeMap::new();
    for (anchor, _) in active.iter().chain(&deleted) {
        *times.entry(anchor).or_default() += 1;
    }
    faults.extend(times.iter().filter(|it| 1 < *it.1).map(|it| format!("{} is there {} times", it.0, it.1)));
    let mut seen: BTreeMap<&str, &Value> = active.iter().map(|it| (it.0.as_str(), &it.1)).collect();
    for person in &company.people {
        let anchor = anchor(person.id);
        let found = seen.remove(anchor.as_str()).map(|it| {
            json!([it["userPrincipalName"], it["displayName"], it["jobTitle"], it["accountEnabled"]])
        });
        let wanted = person.is_in_scope().then(|| wanted(person));
        if found != wanted {
            let (found, wanted) = (found.unwrap_or_default(), wanted.unwrap_or_default());
            faults.push(format!("{} is {found}, should be {wanted}", person.login));
        }
        if let Some(it) = active.iter().find(|it| it.0 == anchor).filter(|_| person.is_in_scope()) {
            faults.extend(manager_fault(company, person, (&it.1, road)).await);
        }
    }
    faults.extend(seen.values().map(|it| format!("nobody knows {it}")));
    faults.extend(team_faults(company, &active, road).await);
    if channel == Channel::DirectorySync {
        let found = list(road, "/contacts?$select=displayName,mail").await;
        let found: BTreeSet<String> =
            found.iter().map(|it| format!("{} {}", it["displayName"], it["mail"])).collect();
        let wanted = company.partners.iter().filter(|it| !it.is_gone);
        let wanted: BTreeSet<String> =
            wanted.map(|it| format!("{:?} \"{}@elsewhere.example\"", it.name, it.login)).collect();
        if found != wanted {
            faults.push(format!("contacts are {found:?}, should be {wanted:?}"));
        }
    }
    faults
}

async fn manager_fault(company: &Company, person: &Person, (user, road): (&Value, &Road)) -> Option<String> {
    let path =
        format!("/users/{}?$select=id&$expand=manager($select=onPremisesImmutableId)", word(&user["id"]));
    let found = ask(road, "GET", &path, None).await.unwrap_or_default();
    let found = found["manager"]["onPremisesImmutableId"].as_str().map(str::to_owned);
    let manager = person.manager.map(|it| &company.people[it]).filter(|it| it.is_in_scope());
    let wanted = manager.map(|it| anchor(it.id));
    (found != wanted).then(|| format!("{} has manager {found:?}, should have {wanted:?}", person.login))
}

async fn team_faults(company: &Company, active: &[(String, Value)], road: &Road) -> Vec<String> {
    let anchors: BTreeMap<&str, &str> =
        active.iter().map(|(anchor, it)| (word(&it["id"]), anchor.as_str())).collect();
    let groups = list(road, "/groups?$top=999&$select=id,displayName,uniqueName,onPremisesSyncEnabled").await;
    let mut found = BTreeSet::new();
    for group in groups.iter().filter(|it| is_ours(it)) {
        let members =
            list(road, &format!("/groups/{}/members?$top=999&$select=id", word(&group["id"]))).await;
        let members: BTreeSet<String> = members
            .iter()
            .map(|it| anchors.get(word(&it["id"])).map_or_else(|| it.to_string(), ToString::to_string))
            .collect();
        found.insert((word(&group["displayName"]).to_owned(), members));
    }
    let wanted: BTreeSet<(String, BTreeSet<String>)> = company
        .teams
        .iter()
        .filter(|it| !it.is_gone)
        .map(|team| {
            let people = team.members.iter().map(|it| &company.people[*it]).filter(|it| it.is_in_scope());
            (team.name.clone(), people.map(|it| anchor(it.id)).collect())
        })
        .collect();
    let more = found.difference(&wanted).map(|it| format!("there should be no group {it:?}"));
    more.chain(wanted.difference(&found).map(|it| format!("there should be a group {it:?}"))).collect()
}

/// What must never be asked for, and was.
pub(crate) fn forbidden(road: &Road) -> Option<String> {
    let audit = road.sandbox.audit();
    let purge = audit.iter().find(|it| it.method == "DELETE" && it.path.contains("deletedItems"))?;
    Some(format!("somebody was deleted for good: {}", purge.path))
}

/// Writes that the program tried.
pub(crate) fn writes(road: &Road) -> usize {
    let audit = road.sandbox.audit();
    let of_program = audit.iter().filter(|it| it.app == CLIENT && it.method != "GET");
    of_program.filter(|it| !is_question(it)).count()
}

/// Some questions are posted, and the end of an export is no change.
fn is_question(line: &AuditLine) -> bool {
    let operation = line.body.as_ref().map_or("", |it| word(&it["operation"]));
    ["getByIds", "$batch", "/token"].iter().any(|it| line.path.ends_with(it))
        || ["GetCompanyConfiguration", "FinalizeExport", "Capabilities"].contains(&operation)
}

/// Ids of those of some people who are in the tenant and may sign in.
pub(crate) async fn untouched(company: &Company, people: &[usize], road: &Road) -> Vec<String> {
    road.sandbox.set_faults(Vec::new());
    let active = users(road, "/users").await;
    let anchors: BTreeSet<String> = people.iter().map(|it| anchor(company.people[*it].id)).collect();
    let able = active.iter().filter(|(anchor, it)| anchors.contains(anchor) && it["accountEnabled"] == true);
    able.map(|it| word(&it.1["id"]).to_owned()).collect()
}

/// An administrator of the tenant does what is not theirs to do.
pub(crate) async fn meddle(road: &Road, random: &mut StdRng) {
    road.sandbox.set_faults(Vec::new());
    let active = users(road, "/users").await;
    if active.is_empty() {
        return;
    }
    let id = word(&active[random.random_range(0..active.len())].1["id"]).to_owned();
    let user = format!("/users/{id}");
    match random.random_range(0..4) {
        0 => drop(ask(road, "PATCH", &user, Some(json!({"jobTitle": "meddled"}))).await),
        1 => drop(ask(road, "PATCH", &user, Some(json!({"accountEnabled": false}))).await),
        2 => drop(ask(road, "DELETE", &user, None).await),
        _ => {
            let groups = list(road, "/groups?$select=id,uniqueName,onPremisesSyncEnabled").await;
            let Some(group) = groups.iter().find(|it| is_ours(it)) else { return };
            let link = json!({"@odata.id": format!("{URL}/v1.0/directoryObjects/{id}")});
            let path = format!("/groups/{}/members/$ref", word(&group["id"]));
            drop(ask(road, "POST", &path, Some(link)).await);
        }
    }
}
