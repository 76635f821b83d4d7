//! `run`: once, and as a service that is edited, hears signals and ends.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Command};
use std::sync::mpsc;
use std::time::Duration;

use expect_test::expect;

use super::check;
use crate::observe::post_office::PostOffice;
use crate::program::{Output, Program};

pub(super) const SIDES: &str = r#"
apiVersion: samesign.dev/v1alpha1
kind: Directory
metadata: {name: corp}
spec: {ldif: {path: corp.ldif}}
---
apiVersion: samesign.dev/v1alpha1
kind: Tenant
metadata: {name: contoso}
spec: {cloud: sandbox, sandbox: {state: .sandbox/tenant.json}}
"#;

pub(super) fn policy(mode: &str, every: &str) -> String {
    format!(
        r#"
apiVersion: samesign.dev/v1alpha1
kind: SyncPolicy
metadata: {{name: contoso}}
spec:
  directory: corp
  tenant: contoso
  mode: {mode}
  schedule: {{every: {every}}}
  users: {{scope: {{bases: ["OU=Staff,DC=contoso,DC=com"]}}}}
"#
    )
}

pub(super) fn ldif(names: &[&str]) -> String {
    let unit = "dn: OU=Staff,DC=contoso,DC=com\nobjectClass: organizationalUnit\n\
                objectGUID: {00000000-0000-4000-8000-000000000001}\n";
    let person = |(number, name): (usize, &&str)| {
        format!(
            "\ndn: CN={name},OU=Staff,DC=contoso,DC=com\nobjectClass: user\n\
             objectGUID: {{00000000-0000-4000-8000-00000000001{number}}}\nsAMAccountName: {name}\n\
             userAccountControl: 512\nuserPrincipalName: {name}@contoso.com\nmail: {name}@contoso.com\n"
        )
    };
    unit.to_owned() + &names.iter().enumerate().map(person).collect::<String>()
}

pub(super) fn folder(mode: &str, every: &str) -> Program {
    let program = Program::new();
    program.write("policy/sides.yaml", SIDES);
    program.write("policy/policy.yaml", &policy(mode, every));
    program.write("policy/corp.ldif", &ldif(&["ada", "bob"]));
    program
}

/// Without the time and the id of the plan, which differ from run to run.
fn plain(output: &Output) -> Output {
    let words = |line: &str| {
        let after_time = line.split_once(' ').map_or(line, |it| it.1).trim_start();
        let shown = after_time.split(' ').map(|it| if it.starts_with("plan=") { "plan=…" } else { it });
        shown.collect::<Vec<_>>().join(" ") + "\n"
    };
    Output { stderr: output.stderr.lines().map(words).collect(), ..output.clone() }
}

#[test]
fn once_applies_what_nothing_holds_and_then_has_nothing_to_do() {
    let program = folder("auto", "30s");
    check(
        &plain(&program.run(&["run", "policy", "--once"])),
        &expect![[r#"
        done     create user ada@contoso.com
        done     create user bob@contoso.com
        applied: 2 done
        ! INFO samesign::cli::cycle: cycle ended policy="contoso" plan=… done=2 waiting=0
    "#]],
    );
    let again = program.run(&["run", "policy", "--once"]);
    assert_eq!((again.code, again.stdout.as_str(), again.stderr.as_str()), (0, "", ""));
    assert_eq!(program.run(&["plan", "policy", "--detailed-exitcode"]).code, 0);
}

#[test]
fn two_who_swap_names_on_directory_sync_are_held_and_nothing_is_written_for_them_again_and_again() {
    let program = folder("auto", "30s");
    let tenant = SIDES.replace("cloud: sandbox, ", "cloud: sandbox, channel: directorySync, ");
    program.write("policy/sides.yaml", &tenant.replace("tenant.json", "tenant.json, seed: tenant.seed"));
    program.write(
        "policy/tenant.seed",
        "onPremisesSyncEnabled: true\ndomains:\n  - {name: contoso.onmicrosoft.com, initial: true}\n  \
         - {name: contoso.com, default: true}\n",
    );
    assert_eq!(program.run(&["run", "policy", "--once"]).code, 0);
    let swapped =
        ldif(&["ada", "bob"]).replace("ada@", "other@").replace("bob@", "ada@").replace("other@", "bob@");
    program.write("policy/corp.ldif", &swapped);
    for done in [2, 0] {
        let output = program.run(&["run", "policy", "--once"]);
        let end = format!("applied: {done} done; 2 held");
        assert_eq!((output.code, output.stdout.lines().last()), (3, Some(end.as_str())), "{}", output.stdout);
    }
}

#[test]
fn a_log_for_programs_has_the_findings_of_manifests_as_objects_like_everything_else() {
    let program = folder("auto", "30s");
    // Microsoft Graph writes no contacts: a warning.
    let text = policy("auto", "30s") + "  contacts: {scope: {bases: [\"OU=Staff,DC=contoso,DC=com\"]}}\n";
    program.write("policy/policy.yaml", &text);
    let output = program.run(&["run", "policy", "--once", "--log", "json"]);
    let log: Vec<serde_json::Value> =
        output.stderr.lines().map(|it| serde_json::from_str(it).unwrap_or_else(|_| panic!("{it}"))).collect();
    let [finding, ended] = &log[..] else { panic!("{}", output.stderr) };
    assert_eq!(finding["level"], "WARN");
    let fields = &finding["fields"];
    assert!(fields["file"].as_str().unwrap().ends_with("policy.yaml"), "{fields}");
    assert_eq!((&fields["line"], &fields["column"]), (&11.into(), &3.into()), "{fields}");
    assert!(fields["message"].as_str().unwrap().contains("contacts"), "{fields}");
    assert_eq!(ended["fields"]["message"], "cycle ended");
}

#[test]
fn a_log_for_programs_has_what_failed_as_objects_too() {
    let program = folder("auto", "30s");
    let messages = || {
        let output = program.run(&["run", "policy", "--once", "--log", "json"]);
        assert_eq!(output.code, 1);
        let line = |it: &str| serde_json::from_str(it).unwrap_or_else(|_| panic!("{it}"));
        output.stderr.lines().map(line).map(|it: serde_json::Value| it["fields"].clone()).collect::<Vec<_>>()
    };
    std::fs::remove_file(program.path("policy/corp.ldif")).unwrap();
    let [failed] = &messages()[..] else { panic!("one line was expected") };
    assert_eq!(failed["message"], "failed");
    assert!(
        failed["error"].as_str().unwrap().ends_with("cannot read policy/corp.ldif: no such file"),
        "{failed}"
    );
    program.write("policy/policy.yaml", &policy("auto", "1s").replace("users:", "usres:"));
    let all = messages();
    assert_eq!(all.last().unwrap()["error"], "the manifests in policy have errors");
    // What the command line itself says goes the same way.
    let output = program.run(&["init", "new", "--log", "json"]);
    assert!(output.stderr.lines().all(|it| serde_json::from_str::<serde_json::Value>(it).is_ok()));
    assert!(output.stderr.contains("next: samesign plan new"), "{}", output.stderr);
}

#[test]
fn a_policy_in_review_waits_for_approvals_and_one_that_observes_for_nothing() {
    let program = folder("review", "30s");
    check(
        &plain(&program.run(&["run", "policy", "--once"])),
        &expect![[r#"
            applied: 0 done; 2 held
            ! INFO samesign::cli::cycle: cycle ended policy="contoso" plan=… done=0 waiting=2
            ! INFO samesign::cli::alarms: alarm raised policy="contoso" topic="heldPlan" severity="warning" text="2 changes wait for a person: look at `samesign plan --policy contoso`, then approve or mend"
            exit 3
        "#]],
    );
    assert_eq!(program.run(&["plan", "policy", "--detailed-exitcode"]).code, 2);
    program.write("policy/policy.yaml", &policy("observe", "30s"));
    check(
        &plain(&program.run(&["run", "policy", "--once"])),
        &expect![[r#"
        ! INFO samesign::cli::cycle: both sides differ, and the policy says to observe policy="contoso" plan=… changes=2 held=0
    "#]],
    );
    assert_eq!(program.run(&["plan", "policy", "--detailed-exitcode"]).code, 2);
}

#[test]
fn one_policy_that_fails_stops_no_other_and_gives_the_exit_code() {
    let program = folder("auto", "30s");
    let other = policy("auto", "30s")
        .replace("name: contoso", "name: adatum")
        .replace("directory: corp", "directory: gone");
    let gone = "---\napiVersion: samesign.dev/v1alpha1\nkind: Directory\nmetadata: {name: gone}\n\
                spec: {ldif: {path: gone.ldif}}\n---";
    program.write("policy/other.yaml", &(gone.to_owned() + &other));
    let output = program.run(&["run", "policy", "--once"]);
    assert_eq!(output.code, 1);
    assert!(output.stderr.contains("gone.ldif"), "{}", output.stderr);
    assert!(output.stdout.contains("create user ada@"), "{}", output.stdout);
}

#[test]
fn a_service_in_review_does_what_somebody_read_and_approved_once() {
    let program = folder("review", "30s");
    assert_eq!(program.run(&["plan", "policy", "--out", "saved.json"]).code, 0);
    let approve = [
        "approve",
        "saved.json",
        "--by",
        "kim@msp.example",
        "--reason",
        "first users",
        "--expires",
        "9999-01-01",
    ];
    check(
        &program.run(&[&approve[..], &["--out", "policy/none.yaml"]].concat()),
        &expect![[r#"
        ! nothing is held: no approval is needed (a service whose policy has `mode: review` waits for one: --all)
    "#]],
    );
    let output = program
        .run(&[&approve[..], &["--all", "--what", "ada@contoso.com", "--out", "policy/ada.yaml"]].concat());
    assert_eq!(output.code, 0);
    assert!(output.stderr.starts_with("lets 1 of 2 changes run once, until 9999"), "{}", output.stderr);
    let done = program.run(&["run", "policy", "--once"]);
    assert_eq!(
        (done.code, done.stdout.as_str()),
        (3, "done     create user ada@contoso.com\napplied: 1 done; 1 held\n")
    );
    let again = program.run(&["run", "policy", "--once"]);
    assert_eq!((again.code, again.stdout.as_str()), (3, "applied: 0 done; 1 held\n"));
    // Who read more since approves more.
    assert_eq!(program.run(&["plan", "policy", "--out", "saved.json"]).code, 0);
    assert_eq!(program.run(&[&approve[..], &["--all", "--out", "policy/rest.yaml"]].concat()).code, 0);
    assert_eq!(program.run(&["run", "policy", "--once"]).code, 0);
    assert_eq!(program.run(&["plan", "policy", "--detailed-exitcode"]).code, 0);
}

/// The program as a service, whose log is read line by line.
pub(super) struct Service {
    child: Child,
    log: mpsc::Receiver<String>,
}

/// Nothing that is waited for takes longer, however busy the machine is.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);

impl Service {
    pub(super) fn start(program: &Program) -> Self {
        Self::with(program, &[])
    }

    pub(super) fn with(program: &Program, options: &[&str]) -> Self {
        let arguments = [&["run", "policy", "--log", "json"], options].concat();
        Self::of(program.command(&arguments))
    }

    pub(super) fn of(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (to_log, log) = mpsc::channel();
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|it| to_log.send(it)));
        Self { child, log }
    }

    /// Waits for a line of the log with this message, and returns all of its fields.
    pub(super) fn wait_for(&mut self, message: &str) -> serde_json::Value {
        let mut seen = String::new();
        loop {
            let line = self.log.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|_| panic!("no `{message}`; it said:\n{seen}"));
            let entry: serde_json::Value = serde_json::from_str(&line).unwrap();
            if entry["fields"]["message"] == message {
                return entry["fields"].clone();
            }
            seen += &(line + "\n");
        }
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(super) fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Waits for its end, which comes by itself: the exit code, and all that it printed.
    pub(super) fn end(mut self) -> (Option<i32>, String) {
        let mut printed = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut printed).unwrap();
        (self.child.wait().unwrap().code(), printed)
    }

    /// Tells it to stop, and waits for its end.
    pub(super) fn stop(mut self) {
        self.signal("-TERM");
        self.wait_for("stopping: what runs is brought to its end");
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _has_ended = self.child.kill();
        let _has_ended = self.child.wait();
    }
}

#[test]
fn a_service_follows_the_directory_and_the_manifests_and_ends_when_told() {
    let program = folder("auto", "1s");
    let mut service = Service::start(&program);
    assert_eq!(service.wait_for("started")["policies"], 1);
    assert_eq!(service.wait_for("cycle ended")["done"], 2);
    // Somebody comes: seen by the timer.
    program.write("policy/corp.ldif", &ldif(&["ada", "bob", "eve"]));
    assert_eq!(service.wait_for("cycle ended")["done"], 1);
    // A broken edit keeps what was good, and says where it is broken.
    program.write("policy/policy.yaml", &policy("auto", "1s").replace("users:", "usres:"));
    let said = service.wait_for("the manifests have errors: the last good ones stay in force");
    assert!(said["findings"].as_str().unwrap().contains("policy.yaml:"), "{said}");
    program.write("policy/corp.ldif", &ldif(&["ada", "bob", "eve", "kim"]));
    assert_eq!(service.wait_for("cycle ended")["done"], 1);
    program.write("policy/policy.yaml", &policy("auto", "1h"));
    assert_eq!(service.wait_for("manifests loaded")["policies"], 1);
    // Another process can look meanwhile, and cannot write.
    assert_eq!(program.run(&["status", "policy"]).code, 0);
    let refused = program.run(&["apply", "policy", "--auto-approve"]);
    assert!(refused.stderr.contains(&format!("(pid {})", service.child.id())), "{}", refused.stderr);
    // Now only the signal brings a cycle before an hour has passed.
    program.write("policy/corp.ldif", &ldif(&["ada", "bob", "eve", "kim", "lee"]));
    service.signal("-HUP");
    service.wait_for("manifests loaded");
    assert_eq!(service.wait_for("cycle ended")["done"], 1);
    service.stop();
}

#[test]
fn a_service_deletes_what_has_no_grace_period_though_nothing_else_changes() {
    let program = folder("auto", "1s");
    let at_once = "  users:\n    lifecycle: {removed: {deleteAfter: 0d}}\n    scope:";
    let policy = policy("auto", "1s").replace("  users: {scope:", at_once).replace("]}}", "]}");
    program.write("policy/policy.yaml", &policy);
    let cannot_sign_in = "sAMAccountName: bob\nuserAccountControl: 514";
    let both = ldif(&["ada", "bob"]).replace("sAMAccountName: bob\nuserAccountControl: 512", cannot_sign_in);
    program.write("policy/corp.ldif", &both);
    let mut service = Service::start(&program);
    assert_eq!(service.wait_for("cycle ended")["done"], 2);
    program.write("policy/corp.ldif", &ldif(&["ada"]));
    assert_eq!(service.wait_for("cycle ended")["done"], 1);
    service.stop();
}

#[test]
fn a_killed_service_lets_the_next_one_have_its_records() {
    let program = folder("auto", "1h");
    let mut service = Service::start(&program);
    service.wait_for("cycle ended");
    service.signal("-KILL");
    service.child.wait().unwrap();
    let again = program.run(&["run", "policy", "--once"]);
    assert_eq!(again.code, 0, "{}", again.stderr);
}

/// A tenant of its own, which stays the same from one cycle to the next.
pub(super) fn tenant_apart(program: &mut Program, seed: &str) -> Child {
    program.write("tenant.seed", seed);
    let mut sandbox = program
        .command(&["sandbox", "--listen", "127.0.0.1:0", "--number", "1", "--seed", "tenant.seed"])
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(sandbox.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let (id, url) = line.trim().trim_start_matches("sandbox tenant ").split_once(" at ").unwrap();
    let directory = SIDES.split_once("---").unwrap().0;
    let tenant = format!(
        "---\napiVersion: samesign.dev/v1alpha1\nkind: Tenant\nmetadata: {{name: contoso}}\nspec:\n  tenantId: {id}\n  \
         cloud: custom\n  endpoints: {{login: \"{url}\", graph: \"{url}\"}}\n  \
         auth: {{clientId: 5b1e6a0e-8d6a-4f6e-9a57-2f3b8d0c9f10, clientSecretFrom: {{env: TENANT_SECRET}}}}\n"
    );
    program.write("policy/sides.yaml", &(directory.to_owned() + &tenant));
    program.set("TENANT_SECRET", "anything");
    sandbox
}

#[test]
fn what_fails_by_itself_delays_nobody_and_is_tried_again_after_a_pause() {
    let mut program = folder("auto", "1s");
    // One of the two who are to be created is refused, and again when it is tried again.
    let seed = "domains:\n  - {name: contoso.onmicrosoft.com, initial: true}\n  - {name: contoso.com, default: true}\n\
                faults:\n  - method: POST\n    path: /users\n    skip: 1\n    times: 2\n    \
                effect: {kind: status, status: 400, message: A value is wrong}\n";
    let mut sandbox = tenant_apart(&mut program, seed);
    let mut service = Service::start(&program);
    for done in [1, 0] {
        let said = service.wait_for("cycle ended with failures");
        assert_eq!((&said["done"], &said["failed"]), (&done.into(), &1.into()), "{said}");
        assert!(said["report"].as_str().unwrap().contains("A value is wrong"), "{said}");
    }
    assert_eq!(service.wait_for("cycle ended")["done"], 1);
    service.stop();
    assert_eq!(program.run(&["plan", "policy", "--detailed-exitcode"]).code, 0);
    sandbox.kill().unwrap();
    sandbox.wait().unwrap();
}

#[test]
fn people_are_told_once_when_something_is_the_matter_and_once_when_it_is_over() {
    let mut program = folder("review", "1s");
    let office = PostOffice::http(&[200]);
    program.set("ALARMS", &format!("http://127.0.0.1:{}/s3cret", office.port));
    program.write(
        "policy/notifier.yaml",
        "apiVersion: samesign.dev/v1alpha1\nkind: Notifier\nmetadata: {name: it}\nspec: {webhook: {urlFrom: {env: ALARMS}}}\n",
    );
    let mut service = Service::start(&program);
    let told = || {
        let arrived = office.next();
        let notice: serde_json::Value =
            serde_json::from_str(arrived.strip_prefix("/s3cret ").unwrap()).unwrap();
        format!("{} {} {}", notice["event"], notice["policy"], notice["text"]).replace('"', "")
    };
    assert_eq!(
        told(),
        "raised contoso 2 changes wait for a person: look at `samesign plan --policy contoso`, then approve or mend"
    );
    program.write("policy/policy.yaml", &policy("auto", "1s").replace("users:", "usres:"));
    let broken = told();
    assert!(broken.starts_with("raised null the manifests have errors: "), "{broken}");
    assert!(broken.contains("policy.yaml:10:3: error: unknown field `usres`"), "{broken}");
    program.write("policy/policy.yaml", &policy("auto", "1s"));
    assert!(told().starts_with("recovered null the manifests have errors: "));
    assert!(told().starts_with("recovered contoso 2 changes wait for a person"));
    service.wait_for("manifests loaded");
    service.stop();
    assert!(office.is_empty());
}

/// What monitoring is answered: status and body.
pub(super) fn ask(address: &str, path: &str) -> (u16, String) {
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

#[test]
fn monitoring_is_answered() {
    let program = folder("review", "1s");
    let mut service = Service::with(&program, &["--listen", "127.0.0.1:0"]);
    let address = service.wait_for("monitoring is answered")["address"].as_str().unwrap().to_owned();
    service.wait_for("cycle ended");
    assert_eq!(ask(&address, "/healthz"), (200, "ok\n".to_owned()));
    let metrics = loop {
        let (status, metrics) = ask(&address, "/metrics");
        assert_eq!(status, 200);
        // The look is counted a moment after it is logged.
        if metrics.contains("samesign_cycles_total") {
            break metrics;
        }
    };
    let is_stable =
        |it: &&str| !it.starts_with('#') && !it.contains("seconds") && !it.contains("cycles_total");
    let mut shown: Vec<&str> = metrics.lines().filter(is_stable).collect();
    shown.sort_unstable();
    expect![[r#"
        samesign_alarms{policy="contoso",topic="heldPlan",severity="warning"} 1
        samesign_build_info{version="0.1.0"} 1
        samesign_changes_failing{policy="contoso"} 0
        samesign_changes_total{policy="contoso",outcome="failure"} 0
        samesign_changes_total{policy="contoso",outcome="success"} 0
        samesign_changes_waiting{policy="contoso"} 2
        samesign_directory_objects{policy="contoso"} 2
        samesign_tenant_objects{policy="contoso"} 0"#]]
    .assert_eq(&shown.join("\n"));
    assert_eq!(ask(&address, "/readyz"), (200, "ok\n".to_owned()));
    program.write("policy/policy.yaml", &policy("auto", "1s").replace("users:", "usres:"));
    service.wait_for("the manifests have errors: the last good ones stay in force");
    while ask(&address, "/readyz").0 == 200 {}
    let (status, reasons) = ask(&address, "/readyz");
    assert_eq!(status, 503);
    assert!(reasons.starts_with("the manifests have errors: "), "{reasons}");
    assert_eq!(ask(&address, "/nothing").0, 404);
    service.stop();
}

#[test]
fn the_service_manager_is_told_that_it_is_ready_lives_and_ends() {
    let mut program = folder("auto", "1h");
    let socket = std::os::unix::net::UnixDatagram::bind(program.path("notify")).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    program.set("NOTIFY_SOCKET", program.path("notify").to_str().unwrap());
    program.set("WATCHDOG_USEC", "200000");
    let service = Service::start(&program);
    let told = || {
        let mut bytes = [0; 256];
        let length = socket.recv(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..length]).trim().to_owned()
    };
    assert_eq!(told(), "READY=1\nSTATUS=1 policies");
    for _ in 0..3 {
        assert_eq!(told(), "WATCHDOG=1");
    }
    service.stop();
    while told() != "STOPPING=1" {}
}
