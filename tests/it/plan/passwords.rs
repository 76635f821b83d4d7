//! Whose password is planned to be sent, and whose is not and why. No world holds a password or a hash.

use expect_test::{Expect, expect};
use samesign::model::{Anchor, ConfirmedPassword, Feature, Features, Link, ObjectKind, Roles};
use samesign::plan::{Change, Explainer, NoPassword, Op, PasswordSet, PasswordStanding, Stage, Subject};
use samesign::policy::{AnchorSource, Channel, Filter, PasswordPolicy};
use samesign::render::{Paint, explanation_text, plan_text};

use super::world::{World, cloud_id, guid, known_names, names, world};

/// 2026-11-20 and a day later, as AD writes them.
const FRIDAY: i64 = 134_396_064_000_000_000;
const SATURDAY: i64 = FRIDAY + 864_000_000_000;

/// A world whose passwords travel, to a tenant that takes them.
fn office(text: &str) -> World {
    let mut world = world(text);
    world.policy.channel = Channel::DirectorySync;
    world.policy.groups = None;
    world.policy.passwords = Some(PasswordPolicy {
        select: None,
        exclude: Vec::new(),
        of_disabled: false,
        of_privileged: false,
        must_change: false,
        last_set: names().id("pwdLastSet").unwrap(),
        admin_count: names().id("adminCount").unwrap(),
    });
    with_features(world, known(&[Feature::PasswordSync]))
}

fn known(on: &[Feature]) -> Features {
    Features::Known(on.iter().copied().collect())
}

fn with_features(world: World, features: Features) -> World {
    World { tenant: world.tenant.with_features(features), ..world }
}

fn policy(world: &mut World) -> &mut PasswordPolicy {
    world.policy.passwords.as_mut().unwrap()
}

fn filter(text: &str) -> Filter {
    Filter::parse(text, &mut known_names()).unwrap()
}

/// As if the tenant had confirmed a password.
fn confirm(world: &mut World, name: &str, last_set: i64) {
    let confirmed_at = "2026-11-21T09:15:00Z".parse().unwrap();
    let link = world.links.by_anchor.entry(Anchor::from_guid(guid(name)));
    link.or_insert_with(|| Link::new(ObjectKind::User, cloud_id(name))).password =
        Some(ConfirmedPassword { last_set, confirmed_at });
}

fn passwords(world: &World) -> Vec<Change> {
    let plan = world.plan().plan;
    plan.changes().iter().filter(|it| matches!(it.op(), Op::Password(_))).cloned().collect()
}

fn sent(world: &World) -> Vec<String> {
    passwords(world).iter().map(|it| it.name().trim_end_matches("@contoso.com").to_owned()).collect()
}

/// What is said of each password. It agrees with the plan.
fn check(world: &World, expected: &Expect) {
    let planned = world.plan();
    let inputs = world.inputs();
    let explainer = Explainer::new(&inputs, &planned);
    let (mut lines, mut waiting) = (Vec::new(), Vec::new());
    for (_, object) in inputs.directory.objects().iter() {
        let [target] = &explainer.find(object.dn.as_str())[..] else { panic!("{}", object.dn) };
        let explanation = explainer.explain(target);
        let Some(state) = &explanation.password else { continue };
        let name = object.dn.as_str().split([',', '=']).nth(1).unwrap().to_owned();
        let text = explanation_text(&explanation, Paint::Plain);
        let line = text.lines().find_map(|it| it.trim().strip_prefix("password ")).unwrap();
        lines.push(format!("{name}: {}", line.trim()));
        if state.standing == PasswordStanding::Waiting {
            waiting.push(name);
        }
    }
    lines.sort();
    waiting.sort();
    assert_eq!(sent(world), waiting);
    expected.assert_eq(&lines.join("\n"));
}

fn standing(world: &World, name: &str) -> PasswordStanding {
    let planned = world.plan();
    let inputs = world.inputs();
    let explainer = Explainer::new(&inputs, &planned);
    let found = explainer.find(name);
    explainer.explain(&found[0]).password.unwrap().standing
}

const EVERYBODY: &str = "
    ad user ada pwdLastSet=134396064000000000
    cloud user ada
    synced ada
    ad user newcomer pwdLastSet=134396064000000000
    ad user away ou=Elsewhere pwdLastSet=134396064000000000
    ad user off pwdLastSet=134396064000000000 userAccountControl=514
    ad user boss pwdLastSet=134396064000000000 adminCount=1
    ad user was pwdLastSet=134396064000000000 adminCount=0
    ad user chief pwdLastSet=134396064000000000
    cloud user chief
    synced chief
    role chief name=\"User Administrator\"
    ad user never
    ad user must pwdLastSet=0
    ad user own pwdLastSet=134396064000000000
    cloud user own
    ad user robot pwdLastSet=134396064000000000 title=Robot
    ad user temp pwdLastSet=134396064000000000 department=Temp";

fn everybody() -> World {
    let mut world = office(EVERYBODY);
    policy(&mut world).select = Some(filter("(!(department=Temp))"));
    policy(&mut world).exclude = vec![filter("(title=Machine)"), filter("(title=Robot)")];
    world
}

#[test]
fn each_password_is_sent_or_it_is_said_why_not() {
    check(
        &everybody(),
        &expect![[r#"
            ada: the next apply sends its hash, changed in AD 2026-11-20 00:00, the tenant has confirmed none yet
            boss: not sent: an administrator's: AD protects the account (adminCount), changed in AD 2026-11-20 00:00, the tenant has confirmed none yet
            chief: not sent: an administrator's: holds the role User Administrator in the tenant, changed in AD 2026-11-20 00:00, the tenant has confirmed none yet
            must: not sent: it must be changed at the next logon at the office first, the tenant has confirmed none yet
            never: not sent: AD tells no time at which it was set, the tenant has confirmed none yet
            newcomer: the next apply sends its hash, changed in AD 2026-11-20 00:00, the tenant has confirmed none yet
            off: not sent: the account is disabled in AD, changed in AD 2026-11-20 00:00, the tenant has confirmed none yet
            own: not sent: the cloud is master of the user, changed in AD 2026-11-20 00:00, the tenant has confirmed none yet
            robot: not sent: excluded by (title=Robot), changed in AD 2026-11-20 00:00, the tenant has confirmed none yet
            temp: not sent: the filter of passwords.select does not match, changed in AD 2026-11-20 00:00, the tenant has confirmed none yet
            was: the next apply sends its hash, changed in AD 2026-11-20 00:00, the tenant has confirmed none yet"#]],
    );
}

#[test]
fn a_policy_may_take_what_is_left_out_unless_told() {
    let mut world = everybody();
    policy(&mut world).of_disabled = true;
    policy(&mut world).of_privileged = true;
    assert_eq!(sent(&world), ["ada", "boss", "chief", "newcomer", "off", "was"]);
}

#[test]
fn a_policy_without_passwords_sends_none_and_says_nothing() {
    let mut world = everybody();
    world.policy.passwords = None;
    check(&world, &expect![[""]]);
}

#[test]
fn must_change_travels_if_the_policy_and_the_tenant_want_it() {
    let (hashes, both) =
        ([Feature::PasswordSync], [Feature::PasswordSync, Feature::ForcePasswordChangeOnLogon]);
    for (wanted, taken) in [(false, &hashes[..]), (false, &both), (true, &hashes)] {
        let mut world = with_features(office("ad user must pwdLastSet=0"), known(taken));
        policy(&mut world).must_change = wanted;
        let expected = NoPassword::MustChange;
        assert_eq!(standing(&world, "must"), PasswordStanding::Left(expected), "{wanted} {taken:?}");
    }
    let text = "ad user must pwdLastSet=0\n cloud user must\n synced must";
    let mut world = with_features(office(text), known(&both));
    policy(&mut world).must_change = true;
    let [change] = &passwords(&world)[..] else { panic!() };
    assert_eq!(
        *change.op(),
        Op::Password(PasswordSet { account: guid("must"), last_set: 0, must_change: true })
    );
    check(&world, &expect!["must: the next apply sends its hash, the tenant has confirmed none yet"]);
    confirm(&mut world, "must", 0);
    check(&world, &expect!["must: the same on both sides, the tenant confirmed one 2026-11-21 09:15"]);
}

#[test]
fn a_tenant_that_takes_none_gets_none_and_the_plan_says_what_to_do() {
    let text =
        "ad user ada pwdLastSet=134396064000000000\n cloud user ada\n synced ada\n ad user must pwdLastSet=0";
    let world = with_features(office(text), known(&[Feature::ForcePasswordChangeOnLogon]));
    assert_eq!(findings(&world).len(), 1);
    assert!(world.plan().report.is_closed, "directory synchronisation as a whole is off in this tenant");
    let mut other = with_features(office(text), known(&[]));
    other.policy.channel = Channel::Graph;
    assert_eq!(findings(&other).len(), 1);
    assert!(!other.plan().report.is_closed, "passwords alone close nothing: the switch can still be turned");
    expect![[r#"office: passwords do not travel: password hash synchronisation is off in the tenant. Switch it on with `directorySync: {features: {passwordSyncEnabled: true}}` in the Tenant, or as a Global Administrator: PATCH /directory/onPremisesSynchronization/{tenant id} {"features": {"passwordSyncEnabled": true}}"#]].assert_eq(&findings(&world)[0]);
    check(
        &world,
        &expect![[r#"
        ada: not sent: password hash synchronisation is off in the tenant, changed in AD 2026-11-20 00:00, the tenant has confirmed none yet
        must: not sent: it must be changed at the next logon at the office first, the tenant has confirmed none yet"#]],
    );
    let mut world = with_features(office(text), known(&[]));
    world.policy.features.insert(Feature::PasswordSync, true);
    expect!["office: passwords do not travel: password hash synchronisation is off in the tenant. This plan turns it on once somebody approves that, and the plan after it sends them"].assert_eq(&findings(&world)[0]);
    let world = with_features(office(text), Features::Unknown("the service is busy".to_owned()));
    expect![
        "office: passwords do not travel: it is not known whether the tenant takes them: the service is busy"
    ]
    .assert_eq(&findings(&world)[0]);
    check(
        &world,
        &expect![[r#"
            ada: not sent: it is not known whether the tenant takes it: the service is busy, changed in AD 2026-11-20 00:00, the tenant has confirmed none yet
            must: not sent: it must be changed at the next logon at the office first, the tenant has confirmed none yet"#]],
    );
}

fn findings(world: &World) -> Vec<String> {
    let report = world.plan().report;
    let about = report.findings.iter().filter(|it| it.text.contains("password"));
    about.map(|it| format!("{}: {}", it.name, it.text)).collect()
}

#[test]
fn what_the_tenant_confirmed_is_not_sent_again_until_it_changes() {
    let mut world = office("ad user ada pwdLastSet=134396064000000000\n cloud user ada\n synced ada");
    assert_eq!(sent(&world), ["ada"]);
    confirm(&mut world, "ada", FRIDAY);
    check(
        &world,
        &expect![
            "ada: the same on both sides, changed in AD 2026-11-20 00:00, the tenant confirmed one 2026-11-21 09:15"
        ],
    );
    // Whichever of the two is older: a restored directory has older passwords.
    for other in [FRIDAY - 1, SATURDAY] {
        confirm(&mut world, "ada", other);
        assert_eq!(standing(&world, "ada"), PasswordStanding::Waiting);
    }
    check(
        &world,
        &expect![
            "ada: the next apply sends its hash, changed in AD 2026-11-20 00:00, the tenant confirmed one 2026-11-21 09:15"
        ],
    );
    // Confirmed for a user who has been deleted for good and made again since.
    confirm(&mut world, "ada", FRIDAY);
    let link = world.links.by_anchor.get_mut(&Anchor::from_guid(guid("ada"))).unwrap();
    link.cloud = cloud_id("another");
    assert_eq!(sent(&world), ["ada"]);
}

#[test]
fn nobody_sends_the_password_of_an_administrator_because_roles_are_unknown() {
    let text = "ad user ada pwdLastSet=134396064000000000\n cloud user ada\n synced ada\n roles-unknown";
    let mut world = office(text);
    assert!(matches!(world.tenant.roles(), Roles::Unknown(_)));
    assert_eq!(world.held(), ["rolesUnknown: password ada@contoso.com"]);
    policy(&mut world).of_privileged = true;
    assert_eq!(world.held(), [""; 0]);
    assert_eq!(world.free(), ["password ada@contoso.com"]);
}

#[test]
fn whoever_is_new_gets_a_password_once_they_exist() {
    let world = office(
        "ad user eve pwdLastSet=134396064000000000 title=Clerk manager=ada
         ad user ada pwdLastSet=134396064000000000
         cloud user ada
         synced ada",
    );
    let planned = world.plan();
    let stages: Vec<Stage> = planned.plan.changes().iter().map(Change::stage).collect();
    assert!(stages.is_sorted());
    assert_eq!(stages, [Stage::CreateUsers, Stage::Passwords, Stage::Passwords, Stage::Managers]);
    let subjects: Vec<Subject> = passwords(&world).iter().map(Change::subject).collect();
    assert_eq!(subjects, [Subject::Known(cloud_id("ada")), Subject::Created(Anchor::from_guid(guid("eve")))]);
    let text = plan_text(&planned, Paint::Plain);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|it| it.starts_with("password ")).collect();
    expect![[r#"
        password           hash, after creation
        password           hash, changed in AD 2026-11-20 00:00"#]]
    .assert_eq(&lines.join("\n"));
}

fn digest(text: &str, anchor: AnchorSource) -> String {
    let mut world = office(text);
    world.policy.users.as_mut().unwrap().anchor = anchor;
    let [change] = &passwords(&world)[..] else { panic!() };
    change.digest().to_string()
}

/// What is approved is that the password of an account travels, whatever it is at that moment.
#[test]
fn a_digest_is_of_the_account_and_not_of_the_time() {
    let of = |line: &str| {
        digest(&format!("ad user ada mS-DS-ConsistencyGuid=0123456789abcdef {line}"), AnchorSource::Auto)
    };
    let one = of("guid=one pwdLastSet=134396064000000000");
    assert_eq!(of("guid=one pwdLastSet=134396928000000000"), one);
    assert_ne!(of("guid=two pwdLastSet=134396064000000000"), one);
}

#[test]
fn a_value_that_cannot_be_a_time_is_no_password() {
    for value in ["never", "", "99999999999999999999"] {
        let world = office(&format!("ad user ada pwdLastSet=\"{value}\""));
        assert_eq!(standing(&world, "ada"), PasswordStanding::Left(NoPassword::NeverSet), "{value}");
        assert_eq!(sent(&world), [""; 0]);
    }
}

/// An object whose reading broke off is no reason to hold back a password: it is right as far as it goes.
#[test]
fn a_broken_reading_still_sends_passwords() {
    let world = office("broken\n ad user ada pwdLastSet=134396064000000000\n cloud user ada\n synced ada");
    assert_eq!(world.free(), ["password ada@contoso.com"]);
}

#[test]
fn a_name_in_quarantine_is_no_reason_to_hold_back_a_password() {
    let world = office(
        "ad user ada pwdLastSet=134396064000000000
         cloud user ada userPrincipalName=ada4711@contoso.onmicrosoft.com
         synced ada
         quarantined ada UserPrincipalName=ada@contoso.com
         cloud-only user other userPrincipalName=ada@contoso.com",
    );
    assert_eq!(standing(&world, "ada"), PasswordStanding::Waiting);
    assert_eq!(sent(&world), ["ada4711@contoso.onmicrosoft.com"]);
}
