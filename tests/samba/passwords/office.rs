//! An office whose people have passwords in a Samba domain, and the tenant that they go to: a sandbox which the
//! program runs by itself and which is asked here, between two runs, who may sign in.

use std::fmt::Write;
use std::sync::{Arc, Mutex, Once, PoisonError};

use jiff::Timestamp;
use reqwest::{Client, Method, RequestBuilder};
use samesign::sandbox::{Sandbox, SandboxOptions, Seed, start};
use serde_json::{Value, json};

use super::leaks::Needles;
use crate::journey::workplace::{Plan, Ran, Workplace};
use crate::lab::{BASE, Lab, quoted};

const SEED: &str = "
onPremisesSyncEnabled: true
domains:
  - {name: contoso.onmicrosoft.com, initial: true}
  - {name: corp.example.com, default: true}
";
const APP: &str = "11111111-2222-3333-4444-555555555555";

/// How the account of the program proves who it is.
#[derive(Clone, Copy)]
pub(super) enum Door {
    Password,
    Keytab,
}

/// A person who is new in the domain.
pub(super) struct Person {
    pub(super) account: &'static str,
    /// Somebody without one has no hash in the domain.
    pub(super) password: Option<&'static str>,
    /// Lines of LDIF.
    pub(super) more: &'static str,
}

/// Controllers, manifests, records and a tenant.
pub(super) struct Office<'a> {
    pub(super) place: Workplace,
    labs: Vec<&'a Lab>,
    secrets: Mutex<Needles>,
    said: Mutex<Vec<String>>,
}

impl<'a> Office<'a> {
    /// The controllers are tried in this order. Users of one unit go to the tenant, and `passwords` says how.
    pub(super) fn new(labs: &[&'a Lab], door: Door, unit: &str, passwords: &str) -> Self {
        let office = Self {
            place: Workplace::empty(),
            labs: labs.to_vec(),
            secrets: Mutex::default(),
            said: Mutex::default(),
        };
        let authorities = labs.iter().map(|it| std::fs::read_to_string(&it.ca_file).unwrap());
        office.write("ca.pem", &authorities.collect::<String>());
        if matches!(door, Door::Keytab) {
            std::fs::copy(&labs[0].keytab, office.place.path("manifests/svc.keytab")).unwrap();
        }
        office.write("seed.yaml", SEED);
        office.write("directory.yaml", &directory(labs, door));
        office.write(
            "tenant.yaml",
            "apiVersion: samesign.dev/v1alpha1\nkind: Tenant\nmetadata: {name: contoso}\nspec:\n  cloud: sandbox\n  \
             sandbox: {state: ../tenant.json, seed: seed.yaml}\n  channel: directorySync\n",
        );
        office.set_policy(unit, passwords);
        office
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.place.path("manifests").join(name), text).unwrap();
    }

    /// Writes the policy.
    pub(super) fn set_policy(&self, unit: &str, passwords: &str) {
        self.write(
            "policy.yaml",
            &format!(
                "apiVersion: samesign.dev/v1alpha1\nkind: SyncPolicy\nmetadata: {{name: corp}}\nspec:\n  \
                 directory: corp-ad\n  tenant: contoso\n  users:\n    scope: {{bases: [\"OU={unit},{BASE}\"]}}\n  \
                 passwords: {passwords}\n"
            ),
        );
    }

    /// Adds people to the domain.
    pub(super) fn hire(&self, unit: &str, people: &[Person]) {
        let mut ldif = format!("dn: OU={unit},{BASE}\nobjectClass: organizationalUnit\n\n");
        for Person { account, password, more } in people {
            writeln!(ldif, "dn: CN={account},OU={unit},{BASE}\nobjectClass: user\nsAMAccountName: {account}")
                .unwrap();
            writeln!(ldif, "userPrincipalName: {account}@{}", Lab::DOMAIN).unwrap();
            match password {
                None => ldif.push_str("userAccountControl: 544\n"),
                Some(password) => {
                    let control =
                        if more.contains("userAccountControl") { "" } else { "userAccountControl: 512\n" };
                    writeln!(ldif, "{control}unicodePwd:: {}", quoted(password)).unwrap();
                    self.keep_secret(password);
                }
            }
            writeln!(ldif, "{more}").unwrap();
        }
        tokio::task::block_in_place(|| self.labs[0].ldif(&ldif));
        self.keep_hashes();
    }

    /// Sets a password at a controller with the tool that administrators use.
    pub(super) fn set_password(&self, lab: &Lab, account: &str, password: &str, more: &[&str]) {
        let given = format!("--newpassword={password}");
        let arguments = [&["user", "setpassword", account, given.as_str()][..], more].concat();
        tokio::task::block_in_place(|| lab.samba_tool(&arguments));
        self.keep_secret(password);
        self.keep_hashes_of(lab);
    }

    /// A password that must not be found anywhere.
    pub(super) fn keep_secret(&self, password: &str) {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner).password(password);
    }

    /// All hashes that the domain holds at this moment are secrets from now on.
    pub(super) fn keep_hashes(&self) {
        self.keep_hashes_of(self.labs[0]);
    }

    fn keep_hashes_of(&self, lab: &Lab) {
        let shown = tokio::task::block_in_place(|| lab.pdbedit(&["-L", "-w"]));
        // A keytab holds the hash of the account that it is for.
        let others = shown.lines().filter(|it| !it.starts_with("svc-"));
        let digits = others.filter_map(|it| it.split(':').nth(3));
        let mut secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        digits.filter(|it| u128::from_str_radix(it, 16).is_ok()).for_each(|it| secrets.hash(it));
    }

    /// Runs the program as talkative as it can be.
    #[track_caller]
    pub(super) fn run(&self, code: i32, arguments: &[&str]) -> Ran {
        let ran = self.place.samesign(&[&["-vv"], arguments].concat());
        assert_eq!(ran.code, code, "{}\n{}", ran.err, ran.out);
        self.said.lock().unwrap_or_else(PoisonError::into_inner).push([&*ran.out, &ran.err].concat());
        ran
    }

    /// Plans, and expects an exit code.
    #[track_caller]
    pub(super) fn plan(&self, code: i32) -> Plan {
        self.place.plan(code, &[])
    }

    /// Plans and applies.
    #[track_caller]
    pub(super) fn apply(&self, code: i32) -> Ran {
        self.run(code, &["apply", "manifests", "--auto-approve"])
    }

    /// What is said of somebody's password.
    pub(super) fn explained(&self, account: &str) -> String {
        let ran = self.run(0, &["explain", "manifests", account]);
        let line = ran.out.lines().find_map(|it| it.trim_start().strip_prefix("password "));
        line.unwrap_or_else(|| panic!("{}", ran.out)).trim().to_owned()
    }

    /// Who gets in with which password: `in`, or the number of the error.
    pub(super) async fn sign_in(&self, tries: &[(&str, &str)]) -> Vec<String> {
        let tenant = self.tenant().await;
        let mut results = Vec::new();
        for (account, password) in tries {
            let name = format!("{account}@{}", Lab::DOMAIN);
            results.push(sign_in(&tenant, (APP, "anything"), &name, password).await);
        }
        tenant.shutdown().await.unwrap();
        results
    }

    /// Turns a switch of the tenant as an administrator does.
    pub(super) async fn turn(&self, feature: &str, on: bool) {
        let tenant = self.tenant().await;
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", APP),
            ("client_secret", "anything"),
            ("scope", "https://graph.microsoft.com/.default"),
        ];
        let answer = token(&tenant, &form).await;
        let path = format!("directory/onPremisesSynchronization/{}", tenant.tenant_id());
        let url = format!("{}/v1.0/{path}", tenant.base_url());
        let request =
            client().request(Method::PATCH, url).bearer_auth(answer["access_token"].as_str().unwrap());
        let status = request.json(&json!({ "features": { feature: on } })).send().await.unwrap().status();
        assert!(status.is_success(), "{status}");
        tenant.shutdown().await.unwrap();
    }

    /// The tenant as the last run left it.
    async fn tenant(&self) -> Sandbox {
        let mut options = SandboxOptions::new(Arc::new(Timestamp::now));
        options.seed = Seed::parse(SEED).unwrap();
        options.state_file = Some(self.place.path("tenant.json"));
        start(options).await.unwrap()
    }

    /// Fails if a password or a hash is in anything that was left or said.
    pub(super) fn assert_nothing_leaked(&self) {
        let secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        for (number, text) in said.iter().enumerate() {
            secrets.assert_not_in(&format!("run {number}"), text.as_bytes());
            assert!(!text.contains("PPH1_MD4"), "run {number} shows a salted hash");
        }
        secrets.assert_in_no_file(&self.place.path(""));
        for file in ["state", "tenant.json"] {
            assert!(self.place.path(file).exists(), "{file} was looked at");
        }
    }
}

/// Whether somebody gets in with a password: `in`, or the number of the error.
pub(super) async fn sign_in(
    tenant: &Sandbox,
    (app, secret): (&str, &str),
    name: &str,
    password: &str,
) -> String {
    let form = [
        ("grant_type", "password"),
        ("client_id", app),
        ("client_secret", secret),
        ("scope", "User.Read"),
        ("username", name),
        ("password", password),
    ];
    let answer = token(tenant, &form).await;
    match answer["error_codes"][0].as_u64() {
        Some(code) => code.to_string(),
        None if answer["access_token"].is_string() => "in".to_owned(),
        None => panic!("{answer}"),
    }
}

fn client() -> Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
    Client::builder().no_proxy().build().unwrap()
}

async fn token(tenant: &Sandbox, form: &[(&str, &str)]) -> Value {
    let url = format!("{}/{}/oauth2/v2.0/token", tenant.base_url(), tenant.tenant_id());
    let request: RequestBuilder = client().post(url).form(form);
    serde_json::from_slice(&request.send().await.unwrap().bytes().await.unwrap()).unwrap()
}

fn directory(labs: &[&Lab], door: Door) -> String {
    let servers: Vec<String> = labs.iter().map(|it| format!("\"{}\"", it.address)).collect();
    let (more, bind) = match door {
        Door::Password => (
            String::new(),
            format!("simple: {{user: svc-replica@{}, passwordFrom: {{env: AD_PASSWORD}}}}", Lab::DOMAIN),
        ),
        Door::Keytab => (
            format!("    serverName: {}\n", labs[0].host()),
            format!(
                "kerberos: {{principal: svc-replica@CORP.EXAMPLE.COM, keytabFrom: {{file: svc.keytab}}, kdc: \"{}:88\"}}",
                labs[0].address
            ),
        ),
    };
    format!(
        "apiVersion: samesign.dev/v1alpha1\nkind: Directory\nmetadata: {{name: corp-ad}}\nspec:\n  ldap:\n    \
         domain: {}\n    servers: [{}]\n{more}    caFile: ca.pem\n    bind:\n      {bind}\n",
        Lab::DOMAIN,
        servers.join(", ")
    )
}
