//! Every alarm, from what is the matter to whom it is told, by a service and by single looks: it fires, and it is over.

use std::time::Duration;

use jiff::ToSpan as _;
use rcgen::{CertificateParams, KeyPair};
use samesign::state::State;
use serde_json::Value;

use super::running::{SIDES, Service, folder, ldif, policy, tenant_apart};
use crate::observe::post_office::PostOffice;
use crate::program::Program;

/// People who are told everything at once.
pub(super) fn tell(program: &mut Program) -> PostOffice {
    let office = PostOffice::http(&[200]);
    program.set("ALARMS", &format!("http://127.0.0.1:{}/s3cret", office.port));
    program.write(
        "policy/notifier.yaml",
        "apiVersion: samesign.dev/v1alpha1\nkind: Notifier\nmetadata: {name: it}\n\
         spec: {severity: info, webhook: {urlFrom: {env: ALARMS}}}\n",
    );
    office
}

/// Event, topic and text of the next message.
pub(super) fn told(office: &PostOffice) -> String {
    let arrived = office.next();
    let notice: Value = serde_json::from_str(arrived.strip_prefix("/s3cret ").unwrap()).unwrap();
    let words = ["event", "topic", "text"].map(|it| notice[it].as_str().unwrap().to_owned());
    words.join(" ")
}

/// The next messages, in whichever order they come.
fn all_told(office: &PostOffice, begins: &[&str]) {
    let mut arrived: Vec<String> = begins.iter().map(|_| told(office)).collect();
    arrived.sort();
    for (arrived, begins) in arrived.iter().zip(begins) {
        assert!(arrived.starts_with(begins), "`{begins}` was expected: {arrived}");
    }
}

/// A policy that does what nothing holds every second, and has these lines too.
fn auto(lines: &str) -> String {
    policy("auto", "1s") + lines
}

const AT_ONCE: &str = "  alarms: {noSuccessAfter: 0s, passwordLagAfter: 0s}\n";

#[test]
fn a_directory_that_cannot_be_read_is_told() {
    let mut program = folder("auto", "1s");
    program.write("policy/policy.yaml", &auto(AT_ONCE));
    let office = tell(&mut program);
    let mut service = Service::start(&program);
    service.wait_for("cycle ended");
    std::fs::remove_file(program.path("policy/corp.ldif")).unwrap();
    let raised = told(&office);
    assert!(raised.starts_with("raised noSuccess nothing went well with both sides since 20"), "{raised}");
    assert!(
        raised.ends_with("the directory could not be read: cannot read policy/corp.ldif: no such file"),
        "{raised}"
    );
    program.write("policy/corp.ldif", &ldif(&["ada", "bob"]));
    assert_eq!(told(&office), raised.replace("raised", "recovered"));
    service.stop();
    assert!(office.is_empty());
}

#[test]
fn a_notifier_that_is_added_later_is_told_what_is_not_over_and_the_others_not_again() {
    let mut program = folder("auto", "1s");
    program.write("policy/policy.yaml", &auto(AT_ONCE));
    let office = tell(&mut program);
    let late = PostOffice::http(&[200]);
    program.set("LATE", &format!("http://127.0.0.1:{}/s3cret", late.port));
    let service = Service::start(&program);
    std::fs::remove_file(program.path("policy/corp.ldif")).unwrap();
    let raised = told(&office);
    let notifier = program.read("policy/notifier.yaml").replace("ALARMS", "LATE").replace("it}", "late}");
    program.write("policy/late.yaml", &notifier);
    assert_eq!(told(&late), raised);
    program.write("policy/corp.ldif", &ldif(&["ada", "bob"]));
    let recovered = raised.replace("raised", "recovered");
    assert_eq!((told(&office), told(&late)), (recovered.clone(), recovered));
    service.stop();
    assert!(office.is_empty() && late.is_empty());
}

#[test]
fn a_notifier_that_is_added_while_nothing_runs_is_told_what_still_stands_once() {
    let mut program = folder("review", "1s");
    let office = tell(&mut program);
    let late = PostOffice::http(&[200]);
    program.set("LATE", &format!("http://127.0.0.1:{}/s3cret", late.port));
    let service = Service::start(&program);
    let raised = told(&office);
    service.stop();
    let notifier = program.read("policy/notifier.yaml").replace("ALARMS", "LATE").replace("it}", "late}");
    program.write("policy/late.yaml", &notifier);
    let service = Service::start(&program);
    assert_eq!(told(&late), raised);
    service.stop();
    let mut service = Service::start(&program);
    service.wait_for("cycle ended");
    service.stop();
    assert!(office.is_empty() && late.is_empty(), "both were told");
    program.write("policy/policy.yaml", &policy("auto", "1s"));
    let service = Service::start(&program);
    let recovered = raised.replace("raised", "recovered");
    assert_eq!((told(&office), told(&late)), (recovered.clone(), recovered));
    service.stop();
    assert!(office.is_empty() && late.is_empty());
}

#[test]
fn a_directory_that_restarts_is_no_alarm() {
    let mut program = folder("auto", "1s");
    let office = tell(&mut program);
    let mut service = Service::start(&program);
    service.wait_for("cycle ended");
    std::fs::remove_file(program.path("policy/corp.ldif")).unwrap();
    service.wait_for("both sides cannot be looked at");
    program.write("policy/corp.ldif", &ldif(&["ada", "bob"]));
    service.wait_for("both sides can be looked at again");
    service.stop();
    assert!(office.is_empty());
}

#[test]
fn what_is_silent_since_before_the_start_is_told_when_it_is_time() {
    let mut program = folder("auto", "30s");
    let office = tell(&mut program);
    std::fs::rename(program.path("policy/corp.ldif"), program.path("away.ldif")).unwrap();
    assert_eq!(program.run(&["run", "policy", "--once"]).code, 1);
    assert!(office.is_empty(), "it may be a restart");
    let records = || State::open(&program.path("home/.local/state/samesign")).unwrap();
    let (_, since) = records().silences("contoso").unwrap()[0];
    records().note_silence("contoso", "cycle", Some(since - 6.minutes())).unwrap();
    assert_eq!(program.run(&["run", "policy", "--once"]).code, 1);
    assert_eq!(&told(&office)[..17], "raised noSuccess ");
    std::fs::rename(program.path("away.ldif"), program.path("policy/corp.ldif")).unwrap();
    assert_eq!(program.run(&["run", "policy", "--once"]).code, 0);
    assert_eq!(&told(&office)[..20], "recovered noSuccess ");
    assert!(records().silences("contoso").unwrap().is_empty());
}

#[test]
fn a_base_that_the_directory_does_not_have_is_told() {
    let mut program = folder("auto", "1s");
    let two = policy("auto", "1s").replace("\"]", "\", \"OU=Gone,DC=contoso,DC=com\"]");
    program.write("policy/policy.yaml", &two);
    let office = tell(&mut program);
    let service = Service::start(&program);
    let raised = told(&office);
    assert!(raised.starts_with("raised finding ") && raised.contains("OU=Gone"), "{raised}");
    let unit = "\ndn: OU=Gone,DC=contoso,DC=com\nobjectClass: organizationalUnit\n\
                objectGUID: {00000000-0000-4000-8000-000000000002}\n";
    program.write("policy/corp.ldif", &(ldif(&["ada", "bob"]) + unit));
    assert_eq!(told(&office), raised.replace("raised", "recovered"));
    service.stop();
    assert!(office.is_empty());
}

#[test]
fn a_limit_that_holds_changes_is_told() {
    let mut program = folder("auto", "1s");
    program.write("policy/policy.yaml", &auto("  guards: {users: {removals: {max: 0}}}\n"));
    let office = tell(&mut program);
    let mut service = Service::start(&program);
    service.wait_for("cycle ended");
    program.write("policy/corp.ldif", &ldif(&["ada"]));
    all_told(&office, &["raised guard ", "raised heldPlan 1 change waits for a person"]);
    program.write("policy/corp.ldif", &ldif(&["ada", "bob"]));
    all_told(&office, &["recovered guard ", "recovered heldPlan 1 change waits for a person"]);
    service.stop();
    assert!(office.is_empty());
}

/// One of two people is refused by the tenant so often.
fn refusing(times: u32) -> String {
    format!(
        "domains:\n  - {{name: contoso.onmicrosoft.com, initial: true}}\n  - {{name: contoso.com, default: true}}\n\
         faults:\n  - method: POST\n    path: /users\n    skip: 1\n    times: {times}\n    \
         effect: {{kind: status, status: 400, message: A value is wrong}}\n"
    )
}

const FAILING: &str = "failing 1 change fails and is tried again later: `samesign status` says why";

#[test]
fn what_fails_is_told_and_that_it_is_over_as_soon_as_it_goes_well() {
    let mut program = folder("auto", "1s");
    let mut sandbox = tenant_apart(&mut program, &refusing(1));
    let office = tell(&mut program);
    let mut service = Service::start(&program);
    assert_eq!(told(&office), format!("raised {FAILING}"));
    assert_eq!(told(&office), format!("recovered {FAILING}"));
    service.wait_for("cycle ended with failures");
    service.wait_for("alarm recovered");
    service.stop();
    assert!(office.is_empty());
    sandbox.kill().unwrap();
    sandbox.wait().unwrap();
}

#[test]
fn the_look_in_which_it_goes_well_tells_that_nothing_fails_any_more() {
    let mut program = folder("auto", "30s");
    let mut sandbox = tenant_apart(&mut program, &refusing(1));
    let office = tell(&mut program);
    assert_eq!(program.run(&["run", "policy", "--once"]).code, 1);
    assert_eq!(told(&office), format!("raised {FAILING}"));
    assert_eq!(program.run(&["run", "policy", "--once"]).code, 0);
    assert_eq!(told(&office), format!("recovered {FAILING}"));
    sandbox.kill().unwrap();
    sandbox.wait().unwrap();
}

#[test]
fn what_fails_is_left_alone_after_a_restart_and_tried_at_once_when_it_differs() {
    let mut program = folder("auto", "1h");
    let mut sandbox = tenant_apart(&mut program, &refusing(1));
    let office = tell(&mut program);
    let mut service = Service::start(&program);
    assert_eq!(told(&office), format!("raised {FAILING}"));
    service.wait_for("cycle ended with failures");
    service.stop();
    let status = program.run(&["status", "policy"]).stdout;
    assert!(
        status.contains("POST /users was answered with 400 Request_BadRequest: A value is wrong"),
        "{status}"
    );
    assert!(status.contains("failed 1 time in a row; the service tries it again 20"), "{status}");
    // The next one leaves it alone, and tells nobody again.
    let mut service = Service::start(&program);
    service.wait_for("started");
    program.write("policy/note.yaml", "");
    service.wait_for("manifests loaded");
    assert_eq!(program.run(&["plan", "policy", "--detailed-exitcode"]).code, 2, "it is still to be created");
    assert!(office.is_empty());
    // Another value is another change.
    let other =
        ldif(&["ada", "bob"]).replace("mail: bob@", "mail: bobby@").replace("mail: ada@", "mail: adah@");
    program.write("policy/corp.ldif", &other);
    service.signal("-HUP");
    assert_eq!(told(&office), format!("recovered {FAILING}"));
    service.stop();
    assert_eq!(program.run(&["plan", "policy", "--detailed-exitcode"]).code, 0);
    let status = program.run(&["status", "policy"]).stdout;
    assert!(!status.contains("failing"), "{status}");
    sandbox.kill().unwrap();
    sandbox.wait().unwrap();
}

/// Key and certificate of an app that ends at the beginning of a day.
fn certificate(days: i64) -> String {
    #[expect(clippy::disallowed_methods, reason = "the program compares it with its own clock")]
    let now = jiff::Timestamp::now();
    let ends = now.to_zoned(jiff::tz::TimeZone::UTC).date().saturating_add(days.days());
    let (year, month, day) = (ends.year(), ends.month().unsigned_abs(), ends.day().unsigned_abs());
    let mut params = CertificateParams::new(vec!["samesign".to_owned()]).unwrap();
    params.not_after = rcgen::date_time_ymd(year.into(), month, day);
    let key = KeyPair::from_pem(include_str!("../sandbox/app-key.pem")).unwrap();
    params.self_signed(&key).unwrap().pem() + &key.serialize_pem()
}

#[test]
fn a_certificate_that_ends_is_told_until_there_is_another() {
    let mut program = folder("auto", "1h");
    let office = tell(&mut program);
    let directory = SIDES.split_once("---").unwrap().0;
    let closed = "http://127.0.0.1:9";
    program.write(
        "policy/sides.yaml",
        &format!(
            "{directory}---\napiVersion: samesign.dev/v1alpha1\nkind: Tenant\nmetadata: {{name: contoso}}\nspec:\n  \
             tenantId: 8c1b7c0e-3f0e-4b8e-9d7e-0f3b1a2c4d5e\n  cloud: custom\n  \
             endpoints: {{login: \"{closed}\", graph: \"{closed}\"}}\n  \
             auth: {{clientId: 5b1e6a0e-8d6a-4f6e-9a57-2f3b8d0c9f10, certificateFrom: {{file: app.pem}}}}\n"
        ),
    );
    program.write("policy/app.pem", &certificate(20));
    let mut service = Service::start(&program);
    let raised = told(&office);
    assert!(
        raised.starts_with("raised credential the certificate of tenant contoso's app ends on 20"),
        "{raised}"
    );
    program.write("policy/app.pem", &certificate(5));
    service.signal("-HUP");
    let worse = told(&office);
    assert!(worse.starts_with("worse credential ") && worse.contains(" in 4 d: "), "{worse}");
    program.write("policy/app.pem", &certificate(200));
    service.signal("-HUP");
    assert_eq!(told(&office), worse.replace("worse", "recovered"));
    service.wait_for("alarm recovered");
    // It asks a tenant that does not answer, and would be given a minute to end.
    service.signal("-KILL");
}

#[test]
fn a_restart_tells_only_what_is_new_and_what_ended_while_it_was_down() {
    let mut program = folder("review", "1s");
    let office = tell(&mut program);
    let service = Service::start(&program);
    assert_eq!(&told(&office)[..19], "raised heldPlan 2 c");
    service.stop();
    program
        .write("policy/policy.yaml", &(policy("review", "1s") + "  guards: {users: {removals: {max: 0}}}\n"));
    let mut service = Service::start(&program);
    service.wait_for("cycle ended");
    service.stop();
    assert!(office.is_empty(), "it was told before");
    program.write("policy/policy.yaml", &policy("auto", "1s"));
    let mut service = Service::start(&program);
    assert_eq!(&told(&office)[..22], "recovered heldPlan 2 c");
    service.wait_for("cycle ended");
    service.stop();
    assert!(office.is_empty());
}

#[test]
fn what_nobody_got_is_told_after_a_restart() {
    let mut program = folder("review", "1s");
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let office = tell(&mut program);
    program.set("ALARMS", &format!("http://127.0.0.1:{nobody}/"));
    let mut service = Service::start(&program);
    service.wait_for("alarm raised");
    service.signal("-KILL");
    drop(service);
    program.set("ALARMS", &format!("http://127.0.0.1:{}/s3cret", office.port));
    let service = Service::start(&program);
    assert_eq!(&told(&office)[..19], "raised heldPlan 2 c");
    service.stop();
}

#[test]
fn single_looks_tell_each_alarm_once_and_that_it_is_over() {
    let mut program = folder("auto", "30s");
    program.write("policy/policy.yaml", &(policy("review", "30s") + AT_ONCE));
    let office = tell(&mut program);
    let look = |code| assert_eq!(program.run(&["run", "policy", "--once"]).code, code);
    look(3);
    assert_eq!(&told(&office)[..19], "raised heldPlan 2 c");
    look(3);
    std::fs::rename(program.path("policy/corp.ldif"), program.path("away.ldif")).unwrap();
    look(1);
    assert_eq!(&told(&office)[..17], "raised noSuccess ", "the plan is as it was, as far as anybody knows");
    look(1);
    std::fs::rename(program.path("away.ldif"), program.path("policy/corp.ldif")).unwrap();
    program.write("policy/policy.yaml", &policy("auto", "30s"));
    look(0);
    all_told(&office, &["recovered heldPlan ", "recovered noSuccess "]);
    look(0);
    assert!(office.is_empty());
}

#[test]
fn signs_of_life_arrive_as_long_as_looks_go_well() {
    let mut program = folder("auto", "1s");
    program.write("policy/policy.yaml", &auto(AT_ONCE));
    let office = PostOffice::http(&[200]);
    program.set("MONITOR", &format!("http://127.0.0.1:{}/ping/s3cret", office.port));
    program.write(
        "policy/notifier.yaml",
        "apiVersion: samesign.dev/v1alpha1\nkind: Notifier\nmetadata: {name: it}\n\
         spec: {heartbeat: {urlFrom: {env: MONITOR}, every: 1s}}\n",
    );
    let mut service = Service::start(&program);
    for _ in 0..2 {
        assert_eq!(office.next(), "/ping/s3cret ");
    }
    std::fs::remove_file(program.path("policy/corp.ldif")).unwrap();
    service.wait_for("alarm raised");
    // The last good look gets old; then there is a pause of more than two beats.
    assert!((0..60).any(|_| !office.arrives_within(Duration::from_secs(3))));
    program.write("policy/corp.ldif", &ldif(&["ada", "bob"]));
    assert_eq!(office.next(), "/ping/s3cret ");
    service.stop();
    while !office.is_empty() {}
    // Single looks give one each, if all went well.
    assert_eq!(program.run(&["run", "policy", "--once"]).code, 0);
    assert_eq!(office.next(), "/ping/s3cret ");
    std::fs::remove_file(program.path("policy/corp.ldif")).unwrap();
    let failed = program.run(&["run", "policy", "--once"]);
    assert_eq!(failed.code, 1);
    assert!(office.is_empty());
    assert!(!failed.stderr.contains("s3cret"), "{}", failed.stderr);
}
