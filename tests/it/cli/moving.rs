//! The whole move: the configuration of Entra Connect becomes manifests, whose first plan is empty because Entra
//! Connect has left the tenant like this; then one rule changes.
//!
//! Only the two connections are other ones: an export instead of a server, the sandbox instead of a tenant.

use expect_test::expect;

use super::check;
use crate::program::{Output, Program, read, repository};

const SHOP: &str = include_str!("../manifest/entra_connect/shop.json");
/// A rule of the customer's own: titles without blanks around them, cut.
const RULE: &str = r#"{
  "name": "In from AD - User Title", "direction": "Inbound", "source": "user", "target": "person",
  "linkType": "Join", "precedence": 70,
  "attributeMappings": [
    { "destination": "title", "flowType": "Expression", "expression": "Left(Trim([title]),64)" }
  ]
}"#;

/// The shop's configuration for the company of the scenario, with a custom rule.
fn configuration() -> String {
    let containers = r#""containerInclusions": [ "OU=Staff,DC=corp,DC=contoso,DC=com", "OU=Groups,DC=corp,DC=contoso,DC=com", "OU=Partners,DC=corp,DC=contoso,DC=com" ]"#;
    let rules = "\"customSynchronizationRules\": []";
    let (tenant, directory) = SHOP.rsplit_once(rules).expect("the rules of the directory are last");
    let text = format!("{tenant}\"customSynchronizationRules\": [{RULE}]{directory}");
    text.replace(r#""containerInclusions": [ "DC=corp,DC=contoso,DC=com" ]"#, containers)
}

/// Points the manifests to the export and the sandbox; everything else stays as it was imported.
fn connect(program: &Program) {
    let manifests = program.read("manifests/corp.contoso.com.yaml");
    let (before, after) = manifests.split_once("  ldap:\n").expect("a directory");
    let after = after.split_once("---\n").expect("a list of flows").1;
    let with_export = format!("{before}  ldif: {{path: ../directory.ldif}}\n---\n{after}");
    program.write("manifests/corp.contoso.com.yaml", &with_export);
    let tenant = program.read("manifests/tenant.yaml");
    let (before, after) = tenant.split_once("  channel:").expect("a channel");
    let channel = after.split_once('\n').expect("more lines").0;
    let sandbox = "  cloud: sandbox\n  sandbox: {seed: ../tenant-seed.yaml, state: ../tenant-state.yaml}\n";
    program.write("manifests/tenant.yaml", &format!("{before}{sandbox}  channel:{channel}\n"));
}

/// Plans; the tenant's ids are other ones in each run, and with them the plan's.
fn plan(program: &Program) -> Output {
    let mut output = program.run(&["plan", "manifests", "--detailed-exitcode"]);
    let (_id, rest) = output.stdout["plan ".len()..].split_once(' ').expect("an id");
    output.stdout = format!("plan <id> {rest}");
    output
}

#[test]
fn what_entra_connect_did_goes_on_and_one_changed_rule_has_its_effect_and_no_other() {
    let program = Program::new();
    program.write("sync.json", &configuration());
    for name in ["directory.ldif", "tenant-seed.yaml"] {
        let from = repository("tests/scenarios/the_move_from_entra_connect").join(name);
        program.write(name, &read(&from));
    }
    assert_eq!(program.run(&["import", "entra-connect", "sync.json", "--out", "manifests"]).code, 0);
    connect(&program);
    check(
        &plan(&program),
        &expect![[r#"
            plan <id>   corp.contoso.com: 6 objects, whole   contoso: 8 objects, whole   policy corp.contoso.com 49b41e31

            . 2 cloud-only objects left alone

            plan: nothing to do; 6 objects are the same on both sides; 2 left alone
            guards: clear (0 removals; limit 500 or 2 %)
            ! warning: passwords do not travel: an LDIF export has none
            !   --> manifests/corp.contoso.com.yaml:38:3
            !    |
            ! 38 |   passwords: {mode: hash}
            !    |   ^^^^^^^^^
            !    |
            !    = hint: use a Directory with `ldap`, or write `mode: none`
            !
            ! 1 warning
        "#]],
    );
    let file = "manifests/corp.contoso.com.yaml";
    let manifests = program.read(file);
    let line = manifests.lines().find(|it| it.contains("{to: jobTitle,")).expect("the rule");
    let changed =
        r#"    - {to: jobTitle, value: 'has(ad.title) ? ad.title + " (Contoso)" : ""', missing: empty}"#;
    program.write(file, &manifests.replace(line, changed));
    check(
        &plan(&program),
        &expect![[r#"
            plan <id>   corp.contoso.com: 6 objects, whole   contoso: 8 objects, whole   policy corp.contoso.com 14f6139a

            ~ user   ada@contoso.com         attribute differs
                jobTitle           "Analyst" -> "Analyst (Contoso)"
            ~ user   bob@contoso.com         attribute differs
                jobTitle           "Clerk" -> "Clerk (Contoso)"
            . 2 cloud-only objects left alone

            plan: 0 to add, 2 to change, 0 to block, 0 to delete; 0 held; 2 left alone
            guards: clear (0 removals; limit 500 or 2 %)
            ! warning: passwords do not travel: an LDIF export has none
            !   --> manifests/corp.contoso.com.yaml:38:3
            !    |
            ! 38 |   passwords: {mode: hash}
            !    |   ^^^^^^^^^
            !    |
            !    = hint: use a Directory with `ldap`, or write `mode: none`
            !
            ! 1 warning
            exit 2
        "#]],
    );
}
