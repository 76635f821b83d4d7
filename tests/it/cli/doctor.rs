//! `doctor`: every line of it, for tenants and directories in each state that hurts somebody.

use std::time::{Duration, SystemTime};

use expect_test::{Expect, expect};
use samesign::sandbox::{Sandbox, SandboxOptions, Seed};

use super::check;
use crate::program::{Output, Program, repository};

const CLIENT_ID: &str = "5b1e6a0e-8d6a-4f6e-9a57-2f3b8d0c9f10";
const TENANT_ID: &str = "8d1f0a52-6f0f-4a55-9a3c-0c7d6a1d2e11";

const POLICY: &str = r#"
apiVersion: samesign.dev/v1alpha1
kind: Directory
metadata: {name: corp}
spec: DIRECTORY
---
apiVersion: samesign.dev/v1alpha1
kind: Tenant
metadata: {name: contoso}
spec: TENANT
---
apiVersion: samesign.dev/v1alpha1
kind: SyncPolicy
metadata: {name: contoso}
spec:
  directory: corp
  tenant: contoso
  users: {scope: {bases: ["OU=Staff,DC=contoso,DC=com"]}}
"#;

const LDIF: &str = "\
dn: OU=Staff,DC=contoso,DC=com
objectClass: organizationalUnit
objectGUID: {00000000-0000-4000-8000-000000000001}

dn: CN=Ada,OU=Staff,DC=contoso,DC=com
objectClass: user
objectGUID: {00000000-0000-4000-8000-000000000002}
sAMAccountName: ada
userAccountControl: 512
userPrincipalName: ada@contoso.com
mail: ada@contoso.com
";

/// A folder whose tenant is as `tenant` says, with this seed.
fn folder(tenant: &str, seed: &str) -> Program {
    let mut program = Program::new();
    program.set("TENANT_SECRET", "right");
    let policy = POLICY.replace("DIRECTORY", "{ldif: {path: corp.ldif}}").replace("TENANT", tenant);
    program.write("policy/policy.yaml", &policy);
    program.write("policy/corp.ldif", LDIF);
    program.write("policy/tenant.seed", seed);
    program
}

/// A tenant of the program itself, with an app that has a secret.
fn sandbox(more: &str) -> String {
    format!(
        "{{tenantId: {TENANT_ID}, cloud: sandbox, sandbox: {{seed: tenant.seed}}, auth: {{clientId: {CLIENT_ID}, \
         clientSecretFrom: {{env: TENANT_SECRET}}}}{more}}}"
    )
}

fn app(roles: &str) -> String {
    format!("apps: [{{clientId: {CLIENT_ID}, secret: right, roles: [{roles}]}}]\n")
}

/// What is a warning or a problem, with what follows it.
fn ill(output: &Output) -> String {
    let mut kept = Vec::new();
    let mut of_ill = false;
    for line in output.stdout.lines() {
        of_ill = match line.trim_start() {
            it if it.starts_with("~ warning") || it.starts_with("! problem") => true,
            it if it.starts_with("- ") || it.starts_with("fix: ") => of_ill,
            it => it.starts_with("doctor: "),
        };
        if of_ill {
            kept.push(line);
        }
    }
    kept.join("\n") + "\n"
}

fn check_ill(program: &Program, code: i32, expected: &Expect) {
    let output = program.run(&["doctor", "policy"]);
    assert_eq!((output.code, output.stderr.as_str()), (code, ""), "{}", output.stdout);
    let text = settled(&ill(&output));
    expected.assert_eq(&text);
}

/// Without the ids that the service draws for each request, and the port that a sandbox got.
fn settled(text: &str) -> String {
    let mut text = text.to_owned();
    for (mark, instead) in [("request-id ", "ID"), ("trace ", "ID"), ("127.0.0.1:", "PORT")] {
        let mut from = 0;
        while let Some(at) = text[from..].find(mark) {
            let start = from + at + mark.len();
            let end = start + text[start..].find([')', ' ', ':']).unwrap_or(0);
            text.replace_range(start..end, instead);
            from = start;
        }
    }
    text
}

#[test]
fn all_is_well() {
    check(
        &folder(&sandbox(""), &app("'*'")).run(&["doctor", "policy"]),
        &expect![[r#"
            manifests policy
              . ok      manifests          they are sound

            directory corp   policy/policy.yaml:4:18
              . ok      reading            policy/corp.ldif: written within the last day
              . ok      reading            read to the end: 1 object

            tenant contoso   policy/policy.yaml:9:18
              . ok      token              the app gets a token
              . ok      permissions        the app has all that is needed: *
              . ok      clock              its clock and this machine's agree
              . ok      organization       it is Contoso (8d1f0a52-6f0f-4a55-9a3c-0c7d6a1d2e11)
              . ok      synchronization    directory synchronisation was never on
              . ok      domains            verified: contoso.onmicrosoft.com, contoso.com
              . ok      edition            no subscription is in use: Entra ID Free, which has directory synchronisation
              . ok      features           on: quarantineUponProxyAddressesConflictEnabled, quarantineUponUpnConflictEnabled, softMatchOnUpnEnabled, synchronizeUpnForManagedUsersEnabled
              . ok      deletionPrevention the tenant's guard against deletions stops at more than 500 deletions
              . ok      quarantine         no object is in quarantine

            policy contoso
              . ok      channel            graph: the Tenant's channel, and it is possible
              . ok      channel            directorySync: not possible now: directory synchronisation is off in the tenant
              . ok      scope              corp: 1 user and 0 groups are in scope

            doctor: 16 ok, 0 warnings, 0 problems
        "#]],
    );
}

#[test]
fn it_writes_nothing() {
    let program = folder("{cloud: sandbox, sandbox: {state: .sandbox/tenant.json}}", "");
    assert_eq!(program.run(&["doctor", "policy"]).code, 0);
    let mut left: Vec<String> = std::fs::read_dir(program.path("policy"))
        .unwrap()
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(left, ["corp.ldif", "policy.yaml", "tenant.seed"]);
    assert!(!program.path("home").exists(), "no records are made");
    assert_eq!(program.run(&["apply", "policy", "--auto-approve"]).code, 0);
    let before = program.read("policy/.sandbox/tenant.json");
    assert_eq!(program.run(&["doctor", "policy"]).code, 0);
    assert_eq!(program.read("policy/.sandbox/tenant.json"), before);
}

#[test]
fn a_missing_permission_is_named() {
    let roles = "User.Read.All, Group.Read.All, Domain.Read.All, RoleManagement.Read.Directory";
    check_ill(
        &folder(&sandbox(""), &app(roles)),
        1,
        &expect![[r#"
              ! problem permissions        the app lacks User.ReadWrite.All: it may not write users
                                           fix: grant the app the application permission User.ReadWrite.All and consent to it as an administrator
              ! problem permissions        the app lacks User.RevokeSessions.All: it may not end sessions of blocked users
                                           fix: grant the app the application permission User.RevokeSessions.All and consent to it as an administrator
              ! problem permissions        the app lacks User.DeleteRestore.All: it may not delete and restore users
                                           fix: grant the app the application permission User.DeleteRestore.All and consent to it as an administrator
              ! problem channel            graph: the app lacks User.ReadWrite.All, User.RevokeSessions.All, User.DeleteRestore.All
                                           fix: grant the app the application permission User.ReadWrite.All, User.RevokeSessions.All, User.DeleteRestore.All and consent to it as an administrator
            doctor: 13 ok, 0 warnings, 4 problems
        "#]],
    );
}

#[test]
fn rights_that_no_plan_needs_may_be_missing() {
    let roles = "User.ReadWrite.All, Group.ReadWrite.All, Domain.Read.All";
    let output = folder(&sandbox(""), &app(roles)).run(&["doctor", "policy"]);
    assert_eq!(output.code, 0, "{}", output.stdout);
    expect![[r#"
          ~ warning permissions        the app lacks RoleManagement.Read.Directory: it may not see who holds an admin role
                                       fix: grant the app the application permission RoleManagement.Read.Directory and consent to it as an administrator
        doctor: 14 ok, 1 warning, 0 problems
    "#]].assert_eq(&ill(&output));
    assert!(output.stdout.contains("not known: GET /subscribedSkus was refused"), "{}", output.stdout);
}

#[test]
fn a_wrong_secret_is_a_problem() {
    let mut program = folder(&sandbox(""), &app("'*'"));
    program.set("TENANT_SECRET", "wrong-and-secret");
    check_ill(
        &program,
        1,
        &expect![[r#"
              ! problem token              127.0.0.1:PORT gave no token (401 AADSTS7000215): the client secret is wrong (trace ID)
                                           fix: put the secret's value, not its id, where clientSecretFrom points, and check that it belongs to this app
              ! problem channel            graph: the app gets no token
                                           fix: mend what is said about the tenant first
            doctor: 5 ok, 0 warnings, 2 problems
        "#]],
    );
    let output = program.run(&["doctor", "policy", "--format", "json"]);
    assert!(!output.stdout.contains("wrong-and-secret"));
}

#[test]
fn a_secret_that_is_not_there_is_a_problem() {
    let program = folder(&sandbox("").replace("TENANT_SECRET", "NOWHERE"), &app("'*'"));
    check_ill(
        &program,
        1,
        &expect![[r#"
              ! problem settings           policy/policy.yaml:10:157: the environment variable NOWHERE is not set
                                           fix: set it for this command: NOWHERE=… samesign …
              ! problem channel            graph: the tenant cannot be asked
                                           fix: mend what is said about the tenant first
            doctor: 5 ok, 0 warnings, 2 problems
        "#]],
    );
}

/// PEM of the app's key and a certificate for it that ends so many days from now.
fn certificate(days: i64) -> String {
    let key = crate::program::read(&repository("tests/it/sandbox/app-key.pem"));
    let mut params = rcgen::CertificateParams::default();
    params.distinguished_name.push(rcgen::DnType::CommonName, "samesign");
    #[expect(clippy::disallowed_methods, reason = "the program reads the real clock")]
    let now = SystemTime::now();
    let ends = if days < 0 { now - day(-days) } else { now + day(days) };
    params.not_before = (now - day(400)).into();
    params.not_after = ends.into();
    let pair = rcgen::KeyPair::from_pem(&key).unwrap();
    format!("{key}{}", params.self_signed(&pair).unwrap().pem())
}

fn day(number: i64) -> Duration {
    Duration::from_hours(24 * u64::try_from(number).unwrap()) + Duration::from_hours(1)
}

#[test]
fn a_certificate_of_the_app_that_ends_is_said_before_and_after() {
    let tenant =
        sandbox("").replace("clientSecretFrom: {env: TENANT_SECRET}", "certificateFrom: {file: app.pem}");
    for (days, code, said) in [
        (-3, 1, "! problem certificate        certificate CN=samesign ended on"),
        (5, 0, "~ warning certificate        certificate CN=samesign ends within a week, in 5 d"),
        (20, 0, "~ warning certificate        certificate CN=samesign ends within a month, in 20 d"),
        (90, 0, ". ok      certificate        certificate CN=samesign is valid until"),
    ] {
        let program = folder(&tenant, "");
        program.write("policy/app.pem", &certificate(days));
        let output = program.run(&["doctor", "policy"]);
        assert!(output.stdout.contains(said), "{days}: {}", output.stdout);
        assert_eq!(output.code, code, "{}", output.stdout);
    }
}

#[test]
fn a_suffix_that_the_tenant_has_not_verified_is_counted() {
    let domains = "domains:\n  - {name: fabrikam.onmicrosoft.com, initial: true}\n  - {name: fabrikam.com, default: \
                   true}\n  - {name: contoso.com, verified: false}\n";
    check_ill(
        &folder(&sandbox(""), &format!("{domains}{}", app("'*'"))),
        0,
        &expect![[r#"
          ~ warning domains            verified: fabrikam.onmicrosoft.com, fabrikam.com; not verified yet: contoso.com
                                       fix: finish the verification in the admin centre, or remove the domain
          ~ warning userNames          corp: 1 user has a domain that the tenant has not verified: they would sign in at its initial domain
                                       - contoso.com (1 user)
                                       fix: verify the domain in the tenant, or give the users a userPrincipalName at a verified one
        doctor: 15 ok, 2 warnings, 0 problems
    "#]],
    );
}

#[test]
fn directory_synchronisation_that_is_off_is_a_problem_for_whoever_wants_it() {
    let tenant = sandbox(", channel: directorySync");
    check_ill(
        &folder(&tenant, &app("'*'")),
        1,
        &expect![[r#"
          ! problem channel            directorySync: directory synchronisation is off in the tenant
                                       fix: an administrator switches it on: onPremisesSyncEnabled of the organisation; it may take hours until the service knows
        doctor: 15 ok, 0 warnings, 1 problem
    "#]],
    );
    let lite = "skus: [{skuId: bd09678e-b83c-4d3f-aaba-3dad4abd128b, skuPartNumber: LITEPACK, enabled: 5}]\n";
    check_ill(
        &folder(&tenant, &format!("onPremisesSyncEnabled: true\n{lite}{}", app("'*'"))),
        1,
        &expect![[r#"
              ! problem edition            LITEPACK: an edition without directory synchronisation
                                           fix: use channel: graph, or change to another edition
              ! problem channel            directorySync: the tenant's edition (LITEPACK) has no directory synchronisation
                                           fix: use channel: graph, or change to another edition
            doctor: 14 ok, 0 warnings, 2 problems
        "#]],
    );
}

#[test]
fn the_endpoint_of_entra_connect_is_asked_whether_it_serves_us() {
    let tenant = sandbox(", channel: directorySync");
    let on = |roles: &str, more: &str| format!("onPremisesSyncEnabled: true\n{more}{}", app(roles));
    check(
        &folder(&tenant, &on("'*'", "")).run(&["doctor", "policy"]),
        &expect![[r#"
            manifests policy
              . ok      manifests          they are sound

            directory corp   policy/policy.yaml:4:18
              . ok      reading            policy/corp.ldif: written within the last day
              . ok      reading            read to the end: 1 object

            tenant contoso   policy/policy.yaml:9:18
              . ok      token              the app gets a token
              . ok      permissions        the app has all that is needed: *
              . ok      clock              its clock and this machine's agree
              . ok      organization       it is Contoso (8d1f0a52-6f0f-4a55-9a3c-0c7d6a1d2e11)
              . ok      synchronization    directory synchronisation is on
              . ok      domains            verified: contoso.onmicrosoft.com, contoso.com
              . ok      edition            no subscription is in use: Entra ID Free, which has directory synchronisation
              . ok      features           on: passwordSyncEnabled, quarantineUponProxyAddressesConflictEnabled, quarantineUponUpnConflictEnabled, softMatchOnUpnEnabled, synchronizeUpnForManagedUsersEnabled
              . ok      deletionPrevention the tenant's guard against deletions stops at more than 500 deletions
              . ok      quarantine         no object is in quarantine

            policy contoso
              . ok      channel            graph: possible as well
              . ok      channel            directorySync: the Tenant's channel, and it is possible (build 2.6.84.0, newest 2.6.84.0; password hashes are taken, 15000 links a batch)
              . ok      scope              corp: 1 user and 0 groups are in scope

            doctor: 16 ok, 0 warnings, 0 problems
        "#]],
    );
    let graph_only = "Directory.Read.All, Group.Read.All, RoleManagement.Read.Directory";
    check_ill(
        &folder(&tenant, &on(graph_only, "")),
        1,
        &expect![[r#"
              ! problem channel            directorySync: the app lacks ADSynchronization.ReadWrite.All
                                           fix: grant the app the application permission ADSynchronization.ReadWrite.All and consent to it as an administrator
            doctor: 14 ok, 0 warnings, 1 problem
        "#]],
    );
    let newer = "provisioning: {minimumBuild: 3.0.0.0, latestBuild: 3.1.0.0}\n";
    check_ill(
        &folder(&tenant, &on("'*'", newer)),
        1,
        &expect![[r#"
              ! problem channel            directorySync: the service serves build 3.0.0.0 of Entra Connect at least, not 2.6.84.0
                                           fix: state a build that it serves as directorySync.buildNumber of the Tenant, or use a newer samesign
            doctor: 15 ok, 0 warnings, 1 problem
        "#]],
    );
}

#[test]
fn people_whom_entra_connect_masters_are_out_of_reach_of_graph() {
    let users =
        "users:\n  - {userPrincipalName: dora@contoso.com, displayName: Dora, origin: onPremSynced}\n";
    let seed = format!("onPremisesSyncEnabled: true\n{users}{}", app("'*'"));
    check_ill(
        &folder(&sandbox(""), &seed),
        1,
        &expect![[r#"
          ! problem channel            graph: 1 user is mastered by Entra Connect, Graph refuses to change them
                                       - dora@contoso.com
                                       fix: use channel: directorySync, or hand the users over to the cloud: stop Entra Connect and switch directory synchronisation off in the tenant
        doctor: 15 ok, 0 warnings, 1 problem
    "#]],
    );
}

#[test]
fn an_old_export_is_said_to_be_old() {
    let program = folder(&sandbox(""), &app("'*'"));
    let file = std::fs::File::options().append(true).open(program.path("policy/corp.ldif")).unwrap();
    #[expect(clippy::disallowed_methods, reason = "the program reads the real clock")]
    file.set_modified(SystemTime::now() - day(3)).unwrap();
    let output = program.run(&["doctor", "policy"]);
    assert!(
        output.stdout.contains("~ warning reading            policy/corp.ldif: 3 d old"),
        "{}",
        output.stdout
    );
    assert_eq!(output.code, 0);
}

#[test]
fn an_export_that_is_gone_does_not_stop_the_other_checks() {
    let program = folder(&sandbox(""), &app("'*'"));
    std::fs::remove_file(program.path("policy/corp.ldif")).unwrap();
    check_ill(
        &program,
        1,
        &expect![[r#"
          ! problem reading            the directory could not be read: cannot read policy/corp.ldif: no such file
                                       fix: mend what is said about its servers or its file
        doctor: 13 ok, 0 warnings, 1 problem
    "#]],
    );
}

#[test]
fn a_controller_that_is_not_there_does_not_stop_the_other_checks() {
    let program = folder(&sandbox(""), &app("'*'"));
    let ldap = "{ldap: {domain: contoso.com, servers: [\"127.0.0.1:1\"], bind: {simple: {user: kim@contoso.com, \
                passwordFrom: {env: TENANT_SECRET}}}}}";
    let text = program.read("policy/policy.yaml").replace("{ldif: {path: corp.ldif}}", ldap);
    program.write("policy/policy.yaml", &text);
    check_ill(
        &program,
        1,
        &expect![[r#"
              ! problem reach              127.0.0.1:PORT: cannot connect to 127.0.0.1:PORT: Connection refused (os error 111)
                                           fix: check that the server runs, and that no firewall is in the way of its port
            doctor: 14 ok, 0 warnings, 1 problem
        "#]],
    );
}

#[test]
fn manifests_with_errors_end_it() {
    let program = folder("{cloud: nowhere}", "");
    let output = program.run(&["doctor", "policy"]);
    assert_eq!((output.code, output.stdout.as_str()), (1, ""));
    assert!(output.stderr.contains("the manifests in policy have errors"), "{}", output.stderr);
}

/// A tenant with addresses of its own, in this process.
async fn served(seed: &str) -> Sandbox {
    #[expect(clippy::disallowed_methods, reason = "the program reads the real clock")]
    let mut options = SandboxOptions::new(std::sync::Arc::new(jiff::Timestamp::now));
    options.seed = Seed::parse(seed).unwrap();
    samesign::sandbox::start(options).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_with_addresses_of_its_own_is_only_read() {
    let sandbox = served(&format!("onPremisesSyncEnabled: true\n{}", app("'*'"))).await;
    let url = sandbox.base_url();
    let tenant = format!(
        "{{tenantId: {}, cloud: custom, endpoints: {{login: \"{url}\", graph: \"{url}\", provisioning: \
         \"{url}/provisioningservice.svc\"}}, auth: {{clientId: {CLIENT_ID}, clientSecretFrom: {{env: \
         TENANT_SECRET}}}}}}",
        sandbox.tenant_id()
    );
    let program = folder(&tenant, "");
    let output = tokio::task::block_in_place(|| program.run(&["doctor", "policy", "--policy", "contoso"]));
    assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{}", output.stdout);
    assert!(output.stdout.contains("directorySync: possible as well (build"), "{}", output.stdout);
    let is_read = |method: &str, path: &str| {
        method == "GET" || path.ends_with("/token") || path == "/provisioningservice.svc" || path == "/$batch"
    };
    let written: Vec<String> = sandbox
        .audit()
        .iter()
        .filter(|it| !is_read(&it.method, &it.path))
        .map(|it| format!("{} {}", it.method, it.path))
        .collect();
    assert_eq!(written, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_is_not_there_is_a_problem_soon() {
    let tenant = "{tenantId: 8d1f0a52-6f0f-4a55-9a3c-0c7d6a1d2e11, cloud: custom, endpoints: {login: \
                  \"http://127.0.0.1:1\", graph: \"http://127.0.0.1:1\"}, auth: {clientId: \
                  5b1e6a0e-8d6a-4f6e-9a57-2f3b8d0c9f10, clientSecretFrom: {env: TENANT_SECRET}}}";
    let program = folder(tenant, "");
    check_ill(
        &program,
        1,
        &expect![[r#"
              ! problem token              cannot connect to 127.0.0.1:PORT: error sending request: client error (Connect): tcp connect error: Connection refused (os error 111)
                                           fix: check the network, the name 127.0.0.1:PORT and HTTPS_PROXY / NO_PROXY
              ! problem channel            graph: the app gets no token
                                           fix: mend what is said about the tenant first
            doctor: 5 ok, 0 warnings, 2 problems
        "#]],
    );
}

#[test]
fn reports_for_scripts_are_as_their_schema_says() {
    let program = folder(&sandbox(""), &app("User.Read.All"));
    let schema = serde_json::from_str(&program.run(&["schema", "doctor"]).stdout).unwrap();
    let output = program.run(&["doctor", "policy", "--format", "json"]);
    assert_eq!((output.code, output.stderr.as_str()), (1, ""));
    let json: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&json).map(|it| it.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    assert_eq!(json["format"], "samesign.dev/doctor/v1alpha1");
    assert!(json["summary"]["problems"].as_u64().unwrap() > 0);
}
