//! Same sign-on: the password of the office opens the tenant, by the program itself, a Samba domain and a sandbox.

mod leaks;
mod memory;
mod office;
mod service;
mod tap;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use expect_test::expect;
use jiff::Timestamp;
use serde_json::Value;

use self::office::{Door, Office, Person, sign_in};
use self::tap::Tap;
use crate::journey;
use crate::journey::tenant::{CLIENT_ID, SECRET, Tenant};
use crate::journey::workplace::{Plan, Workplace};
use crate::lab::{Lab, Pair};

const UMLAUTS: &str = "Grüße aus Köln 7";
const EMOJI: &str = "🦀 crab 🇩🇪 Harbour 9";
/// The longest that Windows lets people type.
static LONG: LazyLock<&str> = LazyLock::new(|| "Long-Harbour.42 ".repeat(8)[..127].to_owned().leak());

fn person(account: &'static str, password: &'static str, more: &'static str) -> Person {
    Person { account, password: Some(password), more }
}

/// One for each state in which an account and its password can be.
fn people() -> Vec<Person> {
    vec![
        person("anna", "First-Harbour.1", ""),
        person("umlaut", UMLAUTS, ""),
        person("emoji", EMOJI, ""),
        person("long", *LONG, ""),
        person("closed", "Closed-Harbour.2", "userAccountControl: 514\n"),
        person("late", "Late-Harbour.3", "accountExpires: 131000000000000000\n"),
        person("fresh", "Handed-Out.4", "pwdLastSet: 0\n"),
        person("kiosk", "Shared-Harbour.5", "employeeType: kiosk\n"),
        person("chief", "Strong-Harbour.6", "adminCount: 1\n"),
        Person { account: "blank", password: None, more: "" },
    ]
}

const UNIT: &str = "Office";
const PASSWORDS: &str = "{mode: hash, exclude: [\"(employeeType=kiosk)\"]}";
const IN: &str = "in";
const WRONG: &str = "50126";
const UNKNOWN: &str = "50034";
const DISABLED: &str = "50057";
const MUST_CHANGE: &str = "50055";

/// Each who tries to sign in, what with, and what becomes of it.
async fn check(office: &Office<'_>, tries: &[(&str, &str, &str)]) {
    let pairs: Vec<(&str, &str)> = tries.iter().map(|it| (it.0, it.1)).collect();
    let results = office.sign_in(&pairs).await;
    let seen: Vec<(&str, &str, &str)> =
        pairs.iter().zip(&results).map(|((who, password), it)| (*who, *password, &**it)).collect();
    assert_eq!(seen, tries);
}

/// Without the domain.
fn name(change: &Value) -> &str {
    change["name"].as_str().unwrap().trim_end_matches("@corp.example.com")
}

/// Names of those whose passwords are to be sent; nothing else is to be done.
fn only_passwords(plan: &Plan) -> Vec<&str> {
    assert_eq!(plan.count("password"), plan.changes().len(), "{}", plan.lines());
    plan.changes().iter().map(name).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_password_of_the_office_opens_the_tenant() {
    let pair = tokio::task::block_in_place(Pair::own);
    let office = Office::new(&[&pair.one], Door::Password, UNIT, PASSWORDS);
    office.hire(UNIT, &people());
    first_run(&office).await;
    a_change(&office, &pair.one).await;
    changed_between_plan_and_apply(&office, &pair.one).await;
    must_change_at_next_logon(&office, &pair.one).await;
    enabled_again(&office, &pair.one).await;
    office.assert_nothing_leaked();
}

async fn first_run(office: &Office<'_>) {
    let plan = office.plan(2);
    assert_eq!(plan.count("create"), people().len());
    let passwords: Vec<&Value> = plan.changes().iter().filter(|it| it["op"] == "password").collect();
    let names: Vec<&str> = passwords.iter().map(|it| name(it)).collect();
    expect!["anna emoji late long umlaut"].assert_eq(&names.join(" "));
    let ran = office.apply(0);
    expect!["applied: 15 done"].assert_eq(ran.out.lines().last().unwrap());
    assert_eq!(office.plan(0).lines(), "");
    check(
        office,
        &[
            ("anna", "First-Harbour.1", IN),
            ("anna", "first-Harbour.1", WRONG),
            ("umlaut", UMLAUTS, IN),
            ("umlaut", "Gru\u{308}ße aus Ko\u{308}ln 7", WRONG),
            ("emoji", EMOJI, IN),
            ("long", *LONG, IN),
            ("long", &LONG[..126], WRONG),
            ("closed", "Closed-Harbour.2", DISABLED),
            ("late", "Late-Harbour.3", DISABLED),
            ("fresh", "Handed-Out.4", WRONG),
            ("kiosk", "Shared-Harbour.5", WRONG),
            ("chief", "Strong-Harbour.6", WRONG),
            ("blank", "", "900144"),
            ("user000", "Pässw0rd of 0", UNKNOWN),
        ],
    )
    .await;
    let said: Vec<String> = people()
        .iter()
        .map(|it| format!("{}: {}", it.account, without_times(&office.explained(it.account))))
        .collect();
    expect![[r#"
        anna: the same on both sides, changed in AD DAY TIME, the tenant confirmed one DAY TIME
        umlaut: the same on both sides, changed in AD DAY TIME, the tenant confirmed one DAY TIME
        emoji: the same on both sides, changed in AD DAY TIME, the tenant confirmed one DAY TIME
        long: the same on both sides, changed in AD DAY TIME, the tenant confirmed one DAY TIME
        closed: not sent: the account is disabled in AD, changed in AD DAY TIME, the tenant has confirmed none yet
        late: the same on both sides, changed in AD DAY TIME, the tenant confirmed one DAY TIME
        fresh: not sent: it must be changed at the next logon at the office first, the tenant has confirmed none yet
        kiosk: not sent: excluded by (employeeType=kiosk), changed in AD DAY TIME, the tenant has confirmed none yet
        chief: not sent: an administrator's: AD protects the account (adminCount), changed in AD DAY TIME, the tenant has confirmed none yet
        blank: not sent: it must be changed at the next logon at the office first, the tenant has confirmed none yet"#]].assert_eq(&said.join("\n"));
}

/// Changed at the office with the tool that administrators use, and planned as one change with its time.
async fn a_change(office: &Office<'_>, lab: &Lab) {
    office.set_password(lab, "anna", "Second-Harbour.1", &[]);
    let plan = office.plan(2);
    assert_eq!(only_passwords(&plan), ["anna"]);
    let password = plan.changes()[0]["password"].as_object().unwrap();
    assert_eq!(password.keys().collect::<Vec<_>>(), ["account", "lastSet", "changed", "mustChange"]);
    let changed: Timestamp = password["changed"].as_str().unwrap().parse().unwrap();
    assert!((Timestamp::now() - changed).get_minutes() < 10);
    let shown = office.run(0, &["plan"]).out;
    let shown = shown.replace(&changed.strftime("%Y-%m-%d %H:%M").to_string(), "DAY TIME");
    expect![[r#"
        ~ user   anna@corp.example.com   password set in AD
            password           hash, changed in AD DAY TIME

        plan: 0 to add, 1 to change, 0 to block, 0 to delete; 0 held; 0 left alone
        guards: clear (0 removals; limit 5 or 2 %)
    "#]]
    .assert_eq(shown.split_once("\n\n").unwrap().1);
    office.apply(0);
    assert_eq!(office.plan(0).lines(), "");
    check(office, &[("anna", "Second-Harbour.1", IN), ("anna", "First-Harbour.1", WRONG)]).await;
}

/// A reviewed plan names whose password is sent; what is sent is the one of that moment.
async fn changed_between_plan_and_apply(office: &Office<'_>, lab: &Lab) {
    office.set_password(lab, "anna", "Third-Harbour.1", &[]);
    office.run(0, &["plan", "--out", "plan.json"]);
    office.set_password(lab, "anna", "Fourth-Harbour.1", &[]);
    office.run(0, &["apply", "plan.json"]);
    check(office, &[("anna", "Fourth-Harbour.1", IN), ("anna", "Third-Harbour.1", WRONG)]).await;
    assert_eq!(office.plan(0).lines(), "");
    // Whose password changed since the plan was reviewed is not in it.
    office.set_password(lab, "anna", "Fifth-Harbour.1", &[]);
    office.run(0, &["plan", "--out", "plan.json"]);
    office.set_password(lab, "umlaut", "Später geändert 8", &[]);
    office.run(0, &["apply", "plan.json"]);
    check(office, &[("anna", "Fifth-Harbour.1", IN), ("umlaut", UMLAUTS, IN)]).await;
    assert_eq!(only_passwords(&office.plan(2)), ["umlaut"]);
    office.apply(0);
    check(office, &[("umlaut", "Später geändert 8", IN)]).await;
}

const FORCE: &str = "{mode: hash, forceChangeAtLogon: true, exclude: [\"(employeeType=kiosk)\"]}";
const FORCE_BUT_BLANK: &str = "{mode: hash, forceChangeAtLogon: true, \
    exclude: [\"(employeeType=kiosk)\", \"(sAMAccountName=blank)\"]}";
const SWITCH: &str = "userForcePasswordChangeOnLogonEnabled";

async fn must_change_at_next_logon(office: &Office<'_>, lab: &Lab) {
    // The policy wants it, and the tenant does not take it.
    office.set_policy(UNIT, FORCE);
    assert_eq!(office.plan(0).lines(), "");
    office.turn(SWITCH, true).await;
    // Only the domain's replication knows that there is nothing to send of somebody who has no password.
    assert_eq!(only_passwords(&office.plan(2)), ["blank", "fresh"]);
    let ran = office.apply(1);
    expect![[r#"
        failed   send password of user blank@corp.example.com
                   the step cannot be sent: the password of blank@corp.example.com: AD has none: set one, or name the account in passwords.exclude
        done     send password of user fresh@corp.example.com
        applied: 1 done, 1 failed
    "#]].assert_eq(ran.out.split_once("guards: clear (0 removals; limit 5 or 2 %)\n").unwrap().1);
    assert_eq!(only_passwords(&office.plan(2)), ["blank"]);
    office.set_policy(UNIT, FORCE_BUT_BLANK);
    assert_eq!(office.plan(0).lines(), "");
    check(office, &[("fresh", "Handed-Out.4", MUST_CHANGE), ("fresh", "Handed-Out.5", WRONG)]).await;
    // Changed by its owner, it opens.
    office.set_password(lab, "fresh", "My-Own-Harbour.4", &[]);
    office.apply(0);
    check(office, &[("fresh", "My-Own-Harbour.4", IN), ("fresh", "Handed-Out.4", WRONG)]).await;
    office.set_password(lab, "fresh", "Handed-Out.6", &["--must-change-at-next-login"]);
    office.apply(0);
    check(office, &[("fresh", "Handed-Out.6", MUST_CHANGE), ("fresh", "My-Own-Harbour.4", WRONG)]).await;
    assert_eq!(office.plan(0).lines(), "");
    office.set_policy(UNIT, PASSWORDS);
}

async fn enabled_again(office: &Office<'_>, lab: &Lab) {
    tokio::task::block_in_place(|| lab.samba_tool(&["user", "enable", "closed"]));
    let plan = office.plan(2);
    expect![[r#"
        unblock user closed@corp.example.com: enabledInDirectory
        password user closed@corp.example.com: passwordChanged
    "#]]
    .assert_eq(&plan.lines());
    office.apply(0);
    check(office, &[("closed", "Closed-Harbour.2", IN)]).await;
    assert_eq!(office.plan(0).lines(), "");
}

fn without_times(text: &str) -> String {
    let word = |it: &str| match it.strip_suffix(',').unwrap_or(it) {
        time if !time.starts_with(|it: char| it.is_ascii_digit()) => it.to_owned(),
        time if time.contains(':') => it.replace(time, "TIME"),
        day => it.replace(day, "DAY"),
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_controller_that_stops_between_plan_and_apply_is_replaced_by_the_other() {
    let pair = tokio::task::block_in_place(Pair::own);
    let office = Office::new(&[&pair.one, &pair.two], Door::Password, UNIT, PASSWORDS);
    office.hire(UNIT, &people());
    office.apply(0);
    office.set_password(&pair.one, "anna", "Second-Harbour.1", &[]);
    tokio::task::block_in_place(|| pair.replicate());
    office.run(0, &["plan", "--out", "plan.json"]);
    tokio::task::block_in_place(|| pair.one.stop());
    office.set_password(&pair.two, "umlaut", "Anderswo geändert 8", &[]);
    office.run(0, &["apply", "plan.json"]);
    assert_eq!(only_passwords(&office.plan(2)), ["umlaut"]);
    office.apply(0);
    assert_eq!(office.plan(0).lines(), "");
    check(&office, &[("anna", "Second-Harbour.1", IN), ("umlaut", "Anderswo geändert 8", IN)]).await;
    office.assert_nothing_leaked();
}

/// Three messages with passwords: the first is confirmed, and the hashes of the second are read already.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_controller_that_stops_within_an_apply_is_replaced_by_the_other() {
    let pair = tokio::task::block_in_place(Pair::own);
    let tenant = Tenant::start_synchronised().await;
    let tap = Tap::open(&tenant, ("ProvisionCredentials", 2)).await;
    let place = Workplace::new(&pair.one, &tenant, journey::workplace::Door::Password, &["Staff"]);
    place.add_controller(&pair.two);
    place.send_passwords("svc-replica@corp.example.com");
    place.provision_through(&tap.url, &tap.ca_pem);
    let (sent, ran) = tap
        .while_held(&place, &["apply", "manifests", "--auto-approve"], |_| {
            pair.one.stop();
            tap.credentials().len()
        })
        .await;
    assert_eq!(ran.code, 0, "{}\n{}", ran.err, ran.out);
    // User 001 must change it first.
    assert_eq!((sent, tap.credentials().len()), (100, Pair::PEOPLE - 1));
    assert_eq!(place.plan(0, &[]).lines(), "");
    let mut outside = Vec::new();
    for number in 0..Pair::PEOPLE {
        let name = format!("user{number:03}@{}", Lab::DOMAIN);
        let result =
            sign_in(&tenant.sandbox, (CLIENT_ID, SECRET), &name, &format!("Pässw0rd of {number}")).await;
        if result != IN {
            outside.push(number);
        }
    }
    assert_eq!(outside, [1]);
}

/// All else is read from it and applied.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_controller_gives_no_password_and_says_so() {
    let read_only = tokio::task::block_in_place(Lab::read_only);
    let office = Office::new(&[&read_only], Door::Password, "Staff", "{mode: hash}");
    let ran = office.run(1, &["doctor", "manifests"]);
    let said: Vec<&str> = ran
        .out
        .lines()
        .map(str::trim)
        .skip_while(|it| !it.starts_with("! problem passwords"))
        .take(2)
        .collect();
    expect![[r#"
        ! problem passwords          password hashes cannot be read: DC3:49153 gives no password hashes: it is a read-only domain controller, or its outbound replication is off; list one that can be written to
        fix: name a domain controller that can be written to in `servers` of the Directory"#]].assert_eq(&said.join("\n").replace(&read_only.address, "DC3"));
    let ran = office.apply(1);
    let why: BTreeSet<&str> =
        ran.out.lines().map(str::trim).filter(|it| it.contains("cannot be sent")).collect();
    let why: Vec<&str> = why.into_iter().collect();
    expect!["the step cannot be sent: passwords could not be read from AD: DC3:49153 gives no password hashes: it is a read-only domain controller, or its outbound replication is off; list one that can be written to"].assert_eq(&why.join("\n").replace(&read_only.address, "DC3"));
    expect!["applied: 326 done, 119 failed"].assert_eq(ran.out.lines().last().unwrap());
}

/// Staff of the pair: 120 of them have a password, which is more than two messages can hold.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_ticket_and_for_many_it_is_the_same() {
    let pair = tokio::task::block_in_place(Pair::start);
    let office = Office::new(&[&pair.one], Door::Keytab, "Staff", "{mode: hash}");
    office.keep_hashes();
    office.apply(0);
    assert_eq!(office.plan(0).lines(), "");
    let passwords: Vec<(String, String)> =
        (0..Pair::PEOPLE).map(|it| (format!("user{it:03}"), format!("Pässw0rd of {it}"))).collect();
    for (_, password) in &passwords {
        office.keep_secret(password);
    }
    let tries: Vec<(&str, &str)> = passwords.iter().map(|it| (&*it.0, &*it.1)).collect();
    let results = office.sign_in(&tries).await;
    // User 001 must change it first.
    let outside: Vec<&str> = results.iter().zip(&tries).filter(|it| it.0 != IN).map(|it| it.1.0).collect();
    assert_eq!(outside, ["user001"]);
    office.assert_nothing_leaked();
}
