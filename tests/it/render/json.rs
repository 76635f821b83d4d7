//! The plan format: its schema, and that a saved plan comes back as it was or not at all.

use std::path::Path;

use expect_test::expect_file;
use samesign::plan::Planned;
use samesign::render::{
    Encoded, checkup_schema, effect_schema, explanation_schema, history_schema, plan_schema, plans_json,
    plans_schema, pseudonymous_plan_schema, pseudonymous_plans_schema, read_plans, status_schema,
};

use crate::plan::world::world;

const WORLD: &str = "ad user ada title=Clerk manager=bob telephoneNumber=1
    ad user bob userPrincipalName=robert@contoso.com
    ad user cleo userAccountControl=514
    ad user dan
    ad group staff member=ada,bob
    cloud user bob jobTitle=Old manager=dan
    cloud user cleo
    cloud user dan accountEnabled=false
    cloud user eve
    deleted user ada
    cloud-only user boss
    cloud group staff members=dan,boss";

fn encode(plans: &[Planned]) -> String {
    plans_json(&Encoded { plans, manifests: Some("manifests") })
}

#[test]
fn a_saved_plan_comes_back_as_it_was() {
    let planned = world(WORLD).plan();
    let file = read_plans(&encode(std::slice::from_ref(&planned))).unwrap().remove(0);
    assert_eq!(file.planned.plan, planned.plan);
    assert_eq!(file.planned.header, planned.header);
    assert_eq!(file.manifests.as_deref(), Some("manifests"));
    let several = read_plans(&encode(&[planned.clone(), planned])).unwrap();
    assert_eq!(several.len(), 2);
}

#[test]
fn an_edited_plan_is_refused() {
    let text = encode(&[world(WORLD).plan()]);
    for (was, is) in [
        ("\"Clerk\"", "\"Boss\""),
        ("\"op\": \"block\"", "\"op\": \"delete\""),
        ("\"reason\": \"deletedInDirectory\"", "\"reason\": \"disabledInDirectory\""),
        ("\"name\": \"createUsers\"", "\"name\": \"block\""),
        ("robert@contoso.com", "admin@contoso.com"),
    ] {
        if !text.contains(was) {
            continue;
        }
        let error = read_plans(&text.replacen(was, is, 1)).expect_err(was).to_string();
        assert_eq!(error, "the plan was edited after it was saved: make a new one", "{was}");
    }
    let other_tenant = text.replace("\"id\": \"t\"", "\"id\": \"another\"");
    assert!(read_plans(&other_tenant).is_err(), "a plan belongs to its tenant");
}

#[test]
fn what_is_no_plan_is_refused_in_words() {
    for bad in ["", "{}", "[]", "{\"format\": 1}", "{\"format\": \"samesign.dev/plan/v9\"}", "\u{0}"] {
        read_plans(bad).expect_err(bad);
    }
}

#[test]
fn the_schemas_are_current_and_plans_follow_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema");
    let pretty = |it: &schemars::Schema| serde_json::to_string_pretty(it).unwrap() + "\n";
    expect_file![folder.join("plan.schema.json")].assert_eq(&pretty(&plan_schema()));
    expect_file![folder.join("explanation.schema.json")].assert_eq(&pretty(&explanation_schema()));
    expect_file![folder.join("history.schema.json")].assert_eq(&pretty(&history_schema()));
    expect_file![folder.join("plans.schema.json")].assert_eq(&pretty(&plans_schema()));
    let schema = pretty(&pseudonymous_plan_schema());
    expect_file![folder.join("pseudonymous-plan.schema.json")].assert_eq(&schema);
    let schema = pretty(&pseudonymous_plans_schema());
    expect_file![folder.join("pseudonymous-plans.schema.json")].assert_eq(&schema);
    expect_file![folder.join("doctor.schema.json")].assert_eq(&pretty(&checkup_schema()));
    expect_file![folder.join("status.schema.json")].assert_eq(&pretty(&status_schema()));
    expect_file![folder.join("effect.schema.json")].assert_eq(&pretty(&effect_schema()));
    let check = |schema: schemars::Schema, text: &str| {
        let validator = jsonschema::validator_for(schema.as_value()).unwrap();
        let instance = serde_json::from_str(text).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&instance).map(|it| format!("{}: {it}", it.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    };
    check(plan_schema(), &encode(&[world(WORLD).plan()]));
    check(plan_schema(), &encode(&[world("").plan()]));
    check(plans_schema(), &encode(&[world(WORLD).plan(), world("").plan()]));
}
