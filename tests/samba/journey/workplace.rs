//! A folder with manifests, and the program run on it as a user would: in an environment of its own.
//!
//! It does not know what the directory or the tenant hold.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::Value;
use tempfile::TempDir;

use super::tenant::{CLIENT_ID, SECRET, Tenant};
use crate::lab::{BASE, Lab, SERVICE_PASSWORD};

/// How the program opens the directory.
#[derive(Clone, Copy)]
pub(crate) enum Door {
    Password,
    Keytab,
    Cache,
}

/// A folder of one policy, and the records of its runs.
pub(crate) struct Workplace {
    folder: TempDir,
}

/// What a run of the program came to.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Workplace {
    /// Units of `OU=Groups` and of these have their users and groups kept the same.
    pub(crate) fn new(lab: &Lab, tenant: &Tenant, door: Door, units: &[&str]) -> Self {
        let place = Self::empty();
        for (from, to) in [(&lab.ca_file, "ca.pem"), (&lab.keytab, "svc.keytab"), (&lab.cache, "svc.ccache")]
        {
            fs::copy(from, place.path("manifests").join(to)).unwrap();
        }
        place.write("directory.yaml", &directory(lab, door));
        place.write("tenant.yaml", &tenant_manifest(tenant));
        place.set_policy(units, "(objectClass=*)");
        place
    }

    /// Without any manifest.
    pub(crate) fn empty() -> Self {
        // In memory: the records wait for the disk after every change, which proves nothing here.
        let place = Self { folder: TempDir::new_in("/dev/shm").unwrap() };
        fs::create_dir(place.path("manifests")).unwrap();
        place
    }

    /// Writes the policy with another filter for users.
    pub(crate) fn set_policy(&self, units: &[&str], filter: &str) {
        let bases: Vec<String> = units.iter().map(|it| format!("\"OU={it},{BASE}\"")).collect();
        let text = format!(
            "apiVersion: samesign.dev/v1alpha1\nkind: SyncPolicy\nmetadata: {{name: corp}}\nspec:\n  \
             directory: corp-ad\n  tenant: contoso\n  users:\n    scope:\n      bases: [{}]\n      \
             filter: \"{filter}\"\n  groups:\n    scope: {{bases: [\"OU=Groups,{BASE}\"]}}\n",
            bases.join(", ")
        );
        self.write("policy.yaml", &text);
    }

    /// Leads the policy to a tenant that takes what Entra Connect sends, contacts among it.
    pub(crate) fn synchronise(&self) {
        let read = |name: &str| fs::read_to_string(self.path("manifests").join(name)).unwrap();
        self.write("tenant.yaml", &(read("tenant.yaml") + "  channel: directorySync\n"));
        let contacts = format!("  contacts:\n    scope: {{bases: [\"OU=Contacts,{BASE}\"]}}\n");
        self.write("policy.yaml", &(read("policy.yaml") + &contacts));
    }

    /// Lets passwords travel too, which takes another channel and an account that may replicate them.
    pub(crate) fn send_passwords(&self, account: &str) {
        let read = |name: &str| fs::read_to_string(self.path("manifests").join(name)).unwrap();
        self.write("policy.yaml", &(read("policy.yaml") + "  passwords: {mode: hash}\n"));
        self.open_as(account);
        self.write("tenant.yaml", &(read("tenant.yaml") + "  channel: directorySync\n"));
    }

    /// Opens the directory as another account than the one that may only read.
    pub(crate) fn open_as(&self, account: &str) {
        let text = fs::read_to_string(self.path("manifests/directory.yaml")).unwrap();
        let principal = account.replace(Lab::DOMAIN, &Lab::DOMAIN.to_uppercase());
        let text = text.replace(Lab::USER, account).replace(Lab::PRINCIPAL, &principal);
        self.write("directory.yaml", &text);
    }

    /// Lets the service look often, and tell at once what goes wrong.
    pub(crate) fn tell_at_once(&self) {
        let text = fs::read_to_string(self.path("manifests/policy.yaml")).unwrap();
        let more = "  schedule: {every: 2s}\n  alarms: {noSuccessAfter: 0s, passwordLagAfter: 0s}\n";
        self.write("policy.yaml", &(text + more));
    }

    /// Lets the service do what no guard holds.
    pub(crate) fn run_by_itself(&self) {
        let text = fs::read_to_string(self.path("manifests/policy.yaml")).unwrap();
        self.write("policy.yaml", &text.replace("spec:\n", "spec:\n  mode: auto\n"));
    }

    /// Lets a cycle come only when something is told, but for one an hour.
    pub(crate) fn wait_for_news(&self) {
        let text = fs::read_to_string(self.path("manifests/policy.yaml")).unwrap();
        self.write("policy.yaml", &text.replace("spec:\n", "spec:\n  schedule: {every: 1h}\n"));
    }

    /// Reads from another controller as well if the first does not answer; both go by their addresses.
    pub(crate) fn add_controller(&self, other: &Lab) {
        let read = |name: &str| fs::read_to_string(self.path("manifests").join(name)).unwrap();
        let text = read("directory.yaml").replace(&format!("    serverName: {}\n", Lab::HOST), "");
        self.write("directory.yaml", &text.replace("\"]\n", &format!("\", \"{}\"]\n", other.address)));
        self.write("ca.pem", &(read("ca.pem") + &fs::read_to_string(&other.ca_file).unwrap()));
    }

    /// Sends what Entra Connect's protocol carries to another address, with an authority of its own.
    pub(crate) fn provision_through(&self, url: &str, ca_pem: &str) {
        let text = fs::read_to_string(self.path("manifests/tenant.yaml")).unwrap();
        let (before, rest) = text.split_once("provisioning: \"").unwrap();
        let (_, after) = rest.split_once('"').unwrap();
        self.write("tenant.yaml", &format!("{before}caFile: tenant-ca.pem, provisioning: \"{url}\"{after}"));
        self.write("tenant-ca.pem", ca_pem);
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path("manifests").join(name), text).unwrap();
    }

    /// A path in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The program, ready to be started in the folder.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_samesign"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .env("XDG_STATE_HOME", self.path("elsewhere"))
            .env("SAMESIGN_STATE", self.path("state"))
            .env("AD_PASSWORD", SERVICE_PASSWORD)
            .env("TENANT_SECRET", SECRET)
            .stdin(Stdio::null());
        command
    }

    /// Runs the program in the folder.
    pub(crate) fn samesign(&self, arguments: &[&str]) -> Ran {
        let mut command = self.command(arguments);
        // The tenant answers from this very process.
        let ran = Ran::from(tokio::task::block_in_place(|| command.output()).unwrap());
        for secret in [SERVICE_PASSWORD, SECRET] {
            assert!(!ran.out.contains(secret) && !ran.err.contains(secret), "a secret is shown");
        }
        ran
    }

    /// Plans, and expects an exit code.
    #[track_caller]
    pub(crate) fn plan(&self, code: i32, more: &[&str]) -> Plan {
        let mut arguments = vec!["plan", "--format", "json", "--detailed-exitcode"];
        arguments.extend(more);
        let ran = self.samesign(&arguments);
        assert_eq!(ran.code, code, "{}\n{}", ran.err, ran.out);
        let plan = Plan(serde_json::from_str(&ran.out).unwrap());
        let faults: Vec<String> = SCHEMA.iter_errors(&plan.0).map(|it| it.to_string()).collect();
        assert_eq!(faults, [""; 0]);
        plan
    }

    /// Applies, and expects an exit code.
    #[track_caller]
    pub(crate) fn apply(&self, code: i32, arguments: &[&str]) -> Ran {
        let ran = self.samesign(&[&["apply"], arguments].concat());
        assert_eq!(ran.code, code, "{}\n{}", ran.err, ran.out);
        ran
    }
}

fn directory(lab: &Lab, door: Door) -> String {
    let kerberos = |key: &str| {
        format!("kerberos: {{principal: {}, {key}, kdc: \"{}:88\"}}", Lab::PRINCIPAL, lab.address)
    };
    let bind = match door {
        Door::Password => format!("simple: {{user: {}, passwordFrom: {{env: AD_PASSWORD}}}}", Lab::USER),
        Door::Keytab => kerberos("keytabFrom: {file: svc.keytab}"),
        Door::Cache => kerberos("cacheFrom: {file: svc.ccache}"),
    };
    format!(
        "apiVersion: samesign.dev/v1alpha1\nkind: Directory\nmetadata: {{name: corp-ad}}\nspec:\n  ldap:\n    \
         domain: {}\n    servers: [\"{}\"]\n    serverName: {}\n    caFile: ca.pem\n    bind:\n      {bind}\n",
        Lab::DOMAIN,
        lab.address,
        Lab::HOST
    )
}

fn tenant_manifest(tenant: &Tenant) -> String {
    let url = tenant.sandbox.base_url();
    format!(
        "apiVersion: samesign.dev/v1alpha1\nkind: Tenant\nmetadata: {{name: contoso}}\nspec:\n  \
         tenantId: {}\n  cloud: custom\n  endpoints: {{login: \"{url}\", graph: \"{url}\", \
         provisioning: \"{url}/provisioningservice.svc\"}}\n  auth: {{clientId: {CLIENT_ID}, clientSecretFrom: {{env: TENANT_SECRET}}}}\n",
        tenant.sandbox.tenant_id()
    )
}

/// The published schema of plans.
static SCHEMA: LazyLock<Validator> = LazyLock::new(|| {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("schema/plan.schema.json");
    let schema = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    jsonschema::validator_for(&schema).unwrap()
});

/// A plan as `--format json` prints it.
pub(crate) struct Plan(pub(crate) Value);

impl Plan {
    pub(crate) fn id(&self) -> &str {
        self.0["id"].as_str().unwrap()
    }

    pub(crate) fn changes(&self) -> &[Value] {
        self.0["changes"].as_array().unwrap()
    }

    /// How many changes have this operation.
    pub(crate) fn count(&self, op: &str) -> usize {
        self.changes().iter().filter(|it| it["op"] == op).count()
    }

    /// A line for each change: operation, name, reason, values and members.
    pub(crate) fn lines(&self) -> String {
        self.changes().iter().map(line).collect()
    }

    /// A line for each finding about one thing.
    pub(crate) fn findings(&self, about: &str) -> Vec<String> {
        let findings = self.0["findings"].as_array().unwrap().iter().filter(|it| it["about"] == about);
        findings.map(|it| format!("{}: {}", text(&it["name"]), text(&it["text"]))).collect()
    }
}

fn text(value: &Value) -> String {
    match (value.as_str(), value["name"].as_str()) {
        (Some(text), _) => text.to_owned(),
        (None, Some(name)) => format!("<{name}>"),
        (None, None) => value.to_string(),
    }
}

fn line(change: &Value) -> String {
    let [op, kind, name] = ["op", "kind", "name"].map(|it| text(&change[it]));
    let because = &change["because"];
    let detail = because["detail"].as_str().map(|it| format!(", {it}"));
    let held = change["held"]["guard"].as_str().map(|it| format!(", held by {it}"));
    let mut lines = vec![format!(
        "{op} {kind} {name}: {}{}{}\n",
        text(&because["reason"]),
        detail.unwrap_or_default(),
        held.unwrap_or_default()
    )];
    let attributes = change["attributes"].as_array().into_iter().flatten();
    lines.extend(
        attributes
            .map(|it| format!("  {} {} -> {}\n", text(&it["name"]), text(&it["from"]), text(&it["to"]))),
    );
    for (sign, list) in [("+", "add"), ("-", "remove")] {
        let members = change["members"][list].as_array().into_iter().flatten();
        lines.extend(members.map(|it| format!("  {sign} {}\n", text(&it["name"]))));
    }
    lines.concat()
}
