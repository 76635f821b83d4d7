//! Plans and effects under pseudonyms: nobody can be recognised in any form, and changes can still be followed.

use std::collections::BTreeSet;

use expect_test::{expect, expect_file};
use samesign::model::{AttributeNamesBuilder, well_known};
use samesign::plan::{Effect, Planned, PseudonymKey, Pseudonymous, Versions, compare};
use samesign::policy::{Approval, Filter};
use samesign::render::{
    OutputForm, Paint, effect_schema, pseudonymous_effects, pseudonymous_plan_schema, pseudonymous_plans,
    pseudonymous_plans_schema, read_plans,
};

use crate::plan::world::{World, names, world};

const KEY: PseudonymKey = [7; 32];

/// A company in which nearly everything happens at once.
const COMPANY: &str =
    "ad user adalove title=Mathematician department=Enginerooms manager=graceho mail=adalove@contoso.com
    ad user graceho title=Rearadmiral userPrincipalName=gracious@fabrikam.example
    ad user alontur userAccountControl=514
    ad user kathyjo ou=Leavers
    ad user hedylam accountExpires=133400000000000000
    ad user barlisk userPrincipalName=marymal@contoso.com
    ad user dorothv userPrincipalName=twin@contoso.com
    ad user annieea userPrincipalName=twin@contoso.com
    ad user kimclou title=Xylophonist
    ad group Sprockets member=adalove,graceho,alontur
    cloud user graceho jobTitle=Oldtimer manager=alontur
    cloud user alontur
    cloud user kathyjo
    cloud user hedylam
    cloud user leaverx
    deleted user kimclou
    cloud-only user marymal
    cloud-only user bigboss
    cloud group Sprockets members=alontur,bigboss
    guest user visitor
    unlinked user wanderer
    role kathyjo";

fn forms() -> [(&'static str, OutputForm); 4] {
    [
        ("text", OutputForm::Text(Paint::Plain)),
        ("Markdown", OutputForm::Markdown),
        ("JSON", OutputForm::Json),
        ("HTML", OutputForm::Html),
    ]
}

fn shown(planned: &Planned, form: OutputForm) -> String {
    let plans = std::slice::from_ref(planned);
    pseudonymous_plans(&Pseudonymous::of_plans(plans, &KEY), form)
}

/// Every text of an object on either side that is long enough not to be part of something else, and its parts.
fn texts(world: &World) -> BTreeSet<String> {
    let mut texts: BTreeSet<String> = BTreeSet::new();
    // Of the directory these hold words and numbers that are the same everywhere.
    let is_technical = |it| {
        [well_known::OBJECT_CLASS, well_known::GROUP_TYPE, well_known::USER_ACCOUNT_CONTROL].contains(&it)
    };
    for (_, object) in world.directory.objects().iter() {
        let values = object.attributes.iter().filter(|it| !is_technical(it.0));
        texts.extend(values.map(|it| String::from_utf8_lossy(it.1).into_owned()));
        texts.extend([object.guid.to_string(), object.guid_anchor().to_string()]);
        texts.extend([object.dn.as_str().to_owned(), object.dn.leaf()]);
    }
    for object in world.tenant.objects() {
        texts.extend(object.attributes().iter().map(|it| String::from_utf8_lossy(it.1).into_owned()));
        texts.extend([object.id().to_string(), object.name().to_owned()]);
    }
    let parts = |it: &String| it.split(['@', ',', ' ']).map(str::to_owned).collect::<Vec<_>>();
    let parts: Vec<String> = texts.iter().flat_map(parts).collect();
    texts.extend(parts);
    let said_of_nobody = ["true", "false"];
    texts.into_iter().filter(|it| 4 <= it.len() && !said_of_nobody.contains(&it.as_str())).collect()
}

/// Fails if any of the texts stands in any form.
#[track_caller]
pub(crate) fn check_names_nobody(world: &World, forms: &[(&str, String)]) {
    let texts = texts(world);
    assert!(!texts.is_empty() || world.tenant.objects().next().is_none());
    for (form, output) in forms {
        // What Markdown escapes is still read.
        let output = output.replace('\\', "").to_lowercase();
        let found: Vec<&String> = texts.iter().filter(|it| output.contains(&it.to_lowercase())).collect();
        assert!(found.is_empty(), "{form} has {found:?}:\n{output}");
    }
}

/// A plan in every form.
pub(crate) fn in_every_form(planned: &Planned) -> Vec<(&'static str, String)> {
    forms().into_iter().map(|(name, form)| (name, shown(planned, form))).collect()
}

#[test]
fn no_form_of_a_plan_names_anybody() {
    for text in [COMPANY, &format!("{COMPANY}\nbroken"), &format!("{COMPANY}\nroles-unknown")] {
        let world = world(text);
        let planned = world.plan();
        assert!(10 < planned.plan.changes().len() && !planned.report.findings.is_empty());
        check_names_nobody(&world, &in_every_form(&planned));
    }
}

#[test]
fn changes_can_be_followed_under_pseudonyms() {
    let planned = world(COMPANY).plan();
    expect_file!["pseudonymous.txt"].assert_eq(&shown(&planned, OutputForm::Text(Paint::Plain)));
    expect_file!["pseudonymous.md"].assert_eq(&shown(&planned, OutputForm::Markdown));
    expect_file!["pseudonymous.json"].assert_eq(&shown(&planned, OutputForm::Json));
}

#[test]
fn a_page_says_that_it_has_pseudonyms() {
    let page = shown(&world(COMPANY).plan(), OutputForm::Html);
    assert!(page.contains("names and values are pseudonyms"), "{page}");
}

#[test]
fn of_an_address_the_protocol_stays_and_another_domain_is_seen() {
    let planned = world(
        "ad user adalove userPrincipalName=ada@fabrikam.example proxyAddresses=\"SMTP:ada@fabrikam.example\"
         cloud user adalove userPrincipalName=ada@contoso.com",
    )
    .plan();
    let text = shown(&planned, OutputForm::Text(Paint::Plain));
    let line = text.lines().find(|it| it.contains("userPrincipalName")).unwrap();
    let pseudonyms = line.trim().trim_start_matches("userPrincipalName").trim();
    expect![[r#""user-1@domain-2" -> "user-1@domain-3""#]].assert_eq(pseudonyms);
}

#[test]
fn the_order_of_pseudonyms_is_that_of_a_key_and_not_of_names() {
    let people: Vec<String> = (10..40).map(|it| format!("ad user employee{it}")).collect();
    let planned = world(&people.join("\n")).plan();
    let plans = [planned];
    // Whose place in the plan, which is ordered by name, has which pseudonym.
    let places = |key: PseudonymKey| {
        let pseudonymous = Pseudonymous::of_plans(&plans, &key);
        let anchors: Vec<String> =
            pseudonymous.as_slice()[0].plan.changes().iter().map(|it| it.anchor().to_string()).collect();
        anchors
    };
    assert_eq!(places(KEY), places(KEY));
    assert_ne!(places(KEY), places([8; 32]));
    let names: Vec<String> = {
        let pseudonymous = Pseudonymous::of_plans(&plans, &KEY);
        pseudonymous.as_slice()[0].plan.changes().iter().map(|it| it.name().to_owned()).collect()
    };
    assert!(names.is_sorted(), "{names:?}");
}

#[test]
fn several_plans_share_their_pseudonyms() {
    let plans = ["ad user adalove title=Mathematician", "ad user bernard manager=adalove\nad user adalove"]
        .map(|it| world(it).plan());
    let text = pseudonymous_plans(&Pseudonymous::of_plans(&plans, &KEY), OutputForm::Text(Paint::Plain));
    let (one, other) = text.split_at(text.rfind("\nplan ").unwrap());
    let ada = one.lines().find_map(|it| it.strip_prefix("+ user   ")).unwrap().split(' ').next().unwrap();
    assert!(other.contains(ada), "{text}");
    let json = pseudonymous_plans(&Pseudonymous::of_plans(&plans, &KEY), OutputForm::Json);
    check_schema(&pseudonymous_plans_schema(), &json);
    assert!(read_plans(&json).is_err());
}

fn check_schema(schema: &schemars::Schema, text: &str) {
    let validator = jsonschema::validator_for(schema.as_value()).unwrap();
    let instance = serde_json::from_str(text).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(&instance).map(|it| format!("{}: {it}", it.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn json_under_pseudonyms_has_a_schema_and_is_no_saved_plan() {
    let json = shown(&world(COMPANY).plan(), OutputForm::Json);
    check_schema(&pseudonymous_plan_schema(), &json);
    for digest in ["\"digest\"", "sha256:"] {
        // That of all manifests.
        assert_eq!(json.matches(digest).count(), 1, "{digest}");
    }
    let error = read_plans(&json).expect_err("it is for reading only");
    expect!["names and values in it are pseudonyms, which nobody has: it is for reading only"]
        .assert_eq(&error.to_string());
    assert!(error.hint().is_some_and(|it| it.contains("--out FILE")));
    // Whoever gives it the other format back has numbers in place of everything else.
    let renamed = json.replace("samesign.dev/pseudonymous-plan/", "samesign.dev/plan/");
    assert!(read_plans(&renamed).is_err());
}

fn effect(world: &World) -> Effect {
    let mut after = world.policy.clone();
    let users = after.users.as_mut().unwrap();
    let text = "(!(title=Mathematician))";
    users.scope.filter = Some(Filter::parse(text, &mut AttributeNamesBuilder::continuing(&names())).unwrap());
    users.scope.default_exclusions = !users.scope.default_exclusions;
    users.lifecycle.removal.delete_after_days = Some(3);
    after.guards.users.removals.max += 1;
    after.guards.protect.push("bigboss@contoso.com".to_owned());
    after.approvals.push(Approval {
        name: "adalove-leaves".to_owned(),
        reason: "adalove asked".to_owned(),
        by: "graceho".to_owned(),
        expires: "2026-12-01T00:00:00Z".parse().unwrap(),
        changes: Vec::new(),
    });
    compare(
        Versions::Both { before: &world.policy, after: &after },
        &world.directory,
        &world.tenant,
        &world.links,
    )
}

#[test]
fn no_form_of_an_effect_names_anybody() {
    let world = world(COMPANY);
    let effects = [effect(&world)];
    let pseudonymous = Pseudonymous::of_effects(&effects, &KEY);
    let outputs =
        forms().map(|(name, form)| (name, pseudonymous_effects(&pseudonymous, ("main", "3f2c1d9"), form)));
    check_names_nobody(&world, &outputs);
    let json = &outputs[2].1;
    check_schema(&effect_schema(), json);
    assert!(json.contains("\"pseudonyms\": true"), "{json}");
    expect![[r#"
        worst: 1 person leaves scope, not in the tenant; also: 2 settings are loosened

        effect   policy contoso against main (3f2c1d9)   corp   office

        Leave scope (1)
        - user   user-1@domain-1         the policy's filter does not match; not in the tenant
          Whoever was joined before is blocked and deleted as the policy says, and only once a person has approved it.

        Loosened settings (2)
        ! limit on removals of users  5 or 2 % -> 6 or 2 %
        ! users that left: delete     after 14 days -> after 3 days

        Other settings (4)
        ~ protection                          not protected -> value-2
        ~ scope of users: filter              (none) -> value-3
        ~ scope of users: default exclusions  on -> off
        ~ approval                            (none) -> value-1

        names and values are pseudonyms, drawn for this output alone: one stands for the same text throughout
    "#]]
    .assert_eq(&outputs[0].1);
}
