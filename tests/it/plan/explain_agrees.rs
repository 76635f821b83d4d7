//! What is said of objects one by one is what the plan says of all of them.

use std::collections::BTreeMap;

use samesign::plan::{Change, Explainer, Explanation, Fate, Op, Target};
use samesign::render::{Paint, explanation_schema, explanation_text, explanations_json};

use super::world::{World, world};

const WORLD: &str = "ad user ada title=Clerk manager=bob telephoneNumber=1
    ad user bob userPrincipalName=robert@contoso.com mail=office@contoso.com
    ad user cleo userAccountControl=514 mail=office@contoso.com
    ad user dan manager=eve
    ad user fay title=\"0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 \
     0123456789 0123456789 0123456789 0123456789 0123456789\" manager=ada
    ad user out ou=Elsewhere title=Robot
    ad user krbtgt isCriticalSystemObject=TRUE
    ad user boss
    ad user dora title=Clerk
    ad group staff member=ada,bob,out,boss
    ad group lists groupType=2 mail=l@contoso.com
    ad contact tax mail=tax@example.com
    cloud user bob jobTitle=Old manager=dan
    cloud user cleo
    cloud user dan accountEnabled=false manager=boss
    cloud user eve
    cloud user fay jobTitle=Old
    cloud user out
    synced user dora
    deleted user ada
    cloud-only user boss
    guest user visitor
    role eve
    cloud group staff members=dan,boss
    cloud group gone";

fn with_all(world: &World, check: impl Fn(&Explanation)) -> Vec<Explanation> {
    let planned = world.plan();
    let inputs = world.inputs();
    let explainer = Explainer::new(&inputs, &planned);
    let of_directory = world.directory.objects().iter().map(|it| Target::Directory(it.0));
    let of_tenant =
        world.tenant.users().iter().map(|it| it.id).chain(world.tenant.groups().iter().map(|it| it.id));
    let of_tenant = of_tenant.flat_map(|it| explainer.find(&it.to_string()));
    let mut targets: Vec<Target> = of_directory.chain(of_tenant).collect();
    targets.sort();
    targets.dedup();
    targets.iter().map(|it| explainer.explain(it)).inspect(|it| check(it)).collect()
}

fn written(change: &Change) -> Vec<String> {
    match change.op() {
        Op::Create(values) => {
            values.iter().map(|it| it.property.to_string()).filter(|it| it != "accountEnabled").collect()
        }
        Op::Update(_) | Op::Adopt { .. } => {
            change.attribute_changes().iter().map(|it| it.property.to_string()).collect()
        }
        Op::Block
        | Op::Unblock
        | Op::Delete
        | Op::Restore(_)
        | Op::Members { .. }
        | Op::Password(_)
        | Op::Features(_) => Vec::new(),
    }
}

#[test]
fn the_scope_is_the_planners() {
    let world = world(WORLD);
    let mut counted: BTreeMap<&'static str, usize> = BTreeMap::new();
    for it in with_all(&world, |_| ()) {
        if let Err(why) = it.in_scope() {
            *counted.entry(why.word()).or_default() += 1;
        }
    }
    assert_eq!(counted, world.plan().report.left_alone.out_of_scope);
}

#[test]
fn what_differs_is_what_the_plan_writes() {
    let world = world(WORLD);
    with_all(&world, |it| {
        let planned: Vec<String> = it.changes.changes().iter().flat_map(written).collect();
        for property in &it.properties {
            let said = matches!(property.fate, Fate::Written { .. });
            assert_eq!(
                said,
                planned.contains(&property.property.to_string()),
                "{} {}",
                it.name,
                property.property
            );
            // Whoever may be taken over has the same and is not yet the object's own.
            let is_adopted = it.changes.changes().iter().any(|it| matches!(it.op(), Op::Adopt { .. }));
            if property.fate == Fate::Same && !is_adopted {
                let current = property.current.clone().unwrap_or_default();
                assert_eq!(
                    property.wanted.as_ref().unwrap().len(),
                    current.len(),
                    "{} {}",
                    it.name,
                    property.property
                );
            }
        }
    });
}

#[test]
fn every_change_is_about_somebody() {
    let world = world(WORLD);
    let explained = with_all(&world, |_| ());
    let said: usize = explained.iter().map(|it| it.changes.changes().len()).sum();
    let plan = world.plan().plan;
    assert!(plan.changes().len() <= said);
    for change in plan.changes() {
        let about = explained.iter().any(|it| it.changes.changes().contains(change));
        assert!(about, "{} {}", change.op().word(), change.name());
    }
}

#[test]
fn everybody_can_be_explained_in_every_form() {
    let world = world(WORLD);
    let explained = with_all(&world, |it| assert!(explanation_text(it, Paint::Plain).ends_with("\n\n")));
    let validator = jsonschema::validator_for(explanation_schema().as_value()).unwrap();
    let json = serde_json::from_str(&explanations_json("all", &explained)).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(&json).map(|it| format!("{}: {it}", it.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}
