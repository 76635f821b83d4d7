//! The first run on a tenant that people have worked in for years: 300 users, of whom the directory knows half.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use expect_test::expect;
use serde_json::Value;

use crate::program::Program;

/// Users of the tenant, by what the directory has to do with them.
const SAME_NAME: usize = 120;
const SAME_ADDRESS: usize = 10;
const TWO_CANDIDATES: usize = 8;
const GUESTS: usize = 7;
const ADMINS: usize = 5;
const CLOUD_ONLY: usize = 300 - SAME_NAME - SAME_ADDRESS - 2 * TWO_CANDIDATES - GUESTS - ADMINS;
/// Users whom only the directory has.
const NEW: usize = 60;

const POLICY: &str = r#"
apiVersion: samesign.dev/v1alpha1
kind: Directory
metadata: {name: corp}
spec: {ldif: {path: ../corp.ldif}}
---
apiVersion: samesign.dev/v1alpha1
kind: Tenant
metadata: {name: contoso}
spec: {cloud: sandbox, sandbox: {state: ../tenant.json, seed: ../tenant.seed}}
---
apiVersion: samesign.dev/v1alpha1
kind: SyncPolicy
metadata: {name: contoso}
spec:
  directory: corp
  tenant: contoso
  users: {scope: {bases: ["OU=Staff,DC=contoso,DC=com"]}}
  groups: {scope: {bases: ["OU=Groups,DC=contoso,DC=com"]}}
"#;

/// Both sides, as text.
#[derive(Default)]
struct Company {
    directory: String,
    seed: String,
    members: String,
    people: usize,
}

impl Company {
    fn employ(&mut self, name: &str, mail: &str) {
        self.people += 1;
        let id = self.people;
        write!(
            self.directory,
            "dn: CN={name},OU=Staff,DC=contoso,DC=com\nobjectClass: user\nsAMAccountName: {name}\n\
             objectGUID: {{00000000-0000-4000-8000-{id:012}}}\nuserAccountControl: 512\n\
             userPrincipalName: {name}@contoso.com\nmail: {mail}\ndisplayName: {name}\ntitle: Clerk\n\n"
        )
        .unwrap();
        writeln!(self.members, "member: CN={name},OU=Staff,DC=contoso,DC=com").unwrap();
    }

    fn enroll(&mut self, name: &str, more: &str) {
        writeln!(
            self.seed,
            "  - {{userPrincipalName: {name}@contoso.com, displayName: {name}, mailNickname: {name}{more}}}"
        )
        .unwrap();
    }

    fn grown() -> Self {
        let mut company = Self::default();
        for n in 0..SAME_NAME {
            company.employ(&format!("same{n}"), &format!("same{n}@contoso.com"));
            company.enroll(&format!("same{n}"), ", jobTitle: Boss");
        }
        for n in 0..SAME_ADDRESS {
            company.employ(&format!("address{n}"), &format!("office{n}@contoso.com"));
            company.enroll(&format!("other{n}"), &format!(", mail: office{n}@contoso.com"));
        }
        for n in 0..TWO_CANDIDATES {
            company.employ(&format!("two{n}"), &format!("both{n}@contoso.com"));
            company.enroll(&format!("two{n}"), "");
            company.enroll(&format!("rival{n}"), &format!(", mail: both{n}@contoso.com"));
        }
        for n in 0..GUESTS {
            company.employ(&format!("guest{n}"), &format!("guest{n}@contoso.com"));
            company.enroll(&format!("guest{n}"), ", guest: true");
        }
        for n in 0..ADMINS {
            company.employ(&format!("admin{n}"), &format!("admin{n}@contoso.com"));
            company.enroll(&format!("admin{n}"), ", directoryRoles: [User Administrator]");
        }
        (0..CLOUD_ONLY).for_each(|n| company.enroll(&format!("cloud{n}"), ""));
        for n in 0..NEW {
            company.employ(&format!("new{n}"), &format!("new{n}@contoso.com"));
        }
        company
    }

    fn moved_in(&self) -> Program {
        let Self { directory, seed, members, people: _ } = self;
        let containers: String = [("Staff", "aaaa"), ("Groups", "bbbb")]
            .map(|(unit, id)| {
                format!(
                    "dn: OU={unit},DC=contoso,DC=com\nobjectClass: organizationalUnit\n\
                     objectGUID: {{{id}0000-0000-4000-8000-000000000000}}\n\n"
                )
            })
            .concat();
        let group = format!(
            "dn: CN=Everybody,OU=Groups,DC=contoso,DC=com\nobjectClass: group\nsAMAccountName: everybody\n\
             objectGUID: {{cccc0000-0000-4000-8000-000000000000}}\ngroupType: -2147483646\n{members}"
        );
        let program = Program::new();
        program.write("policy/policy.yaml", POLICY);
        program.write("corp.ldif", &format!("{containers}{directory}{group}"));
        program.write("tenant.seed", &format!("users:\n{seed}"));
        program
    }
}

/// How many changes of a plan there are, by operation and by what holds them.
fn counts(program: &Program) -> String {
    let output = program.run(&["plan", "policy", "--format", "json"]);
    assert_eq!(output.code, 0, "{}", output.stderr);
    let plan: Value = serde_json::from_str(&output.stdout).unwrap();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for change in plan["changes"].as_array().unwrap() {
        let guard = change["held"]["guard"].as_str().map_or(String::new(), |it| format!(", held by {it}"));
        *counts.entry(format!("{}{guard}", change["op"].as_str().unwrap())).or_default() += 1;
    }
    let lines: Vec<String> = counts.iter().map(|(what, number)| format!("{number} {what}\n")).collect();
    lines.concat()
}

/// Users of the sandbox that carry an anchor, by the letters of their name.
fn anchored(program: &Program) -> BTreeMap<String, usize> {
    let mut anchored = BTreeMap::new();
    let tenant: Value = serde_json::from_str(&program.read("tenant.json")).unwrap();
    count_anchors(&tenant, &mut anchored);
    anchored
}

fn count_anchors(json: &Value, anchored: &mut BTreeMap<String, usize>) {
    match json {
        Value::Object(fields) => {
            if let (Some(name), Some(_)) = (
                fields.get("userPrincipalName").and_then(Value::as_str),
                fields.get("onPremisesImmutableId").and_then(Value::as_str),
            ) {
                let letters: String = name.chars().take_while(char::is_ascii_alphabetic).collect();
                *anchored.entry(letters).or_default() += 1;
            }
            fields.values().for_each(|it| count_anchors(it, anchored));
        }
        Value::Array(items) => items.iter().for_each(|it| count_anchors(it, anchored)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => (),
    }
}

#[test]
fn the_first_run_on_a_tenant_of_years_takes_over_only_whom_a_person_approves() {
    let program = Company::grown().moved_in();
    expect![[r#"
        130 adopt, held by adoption
        15 adopt, held by conflict
        5 adopt, held by protected
        61 create
        1 members
    "#]]
    .assert_eq(&counts(&program));

    let applied = program.run(&["apply", "policy", "--auto-approve"]);
    assert_eq!(applied.code, 3, "what is held stays held: {}", applied.stderr);
    assert_eq!(anchored(&program), BTreeMap::from([("new".to_owned(), NEW)]));

    assert_eq!(program.run(&["plan", "policy", "--out", "saved.json"]).code, 0);
    let sure = ["--by", "kim@msp.example", "--reason", "first run", "--out", "policy/first-run.yaml"];
    let approved = program.run(&[["approve", "saved.json"].as_slice(), &sure].concat());
    assert_eq!(approved.code, 0, "{}", approved.stderr);
    assert_eq!(program.run(&["apply", "policy", "--auto-approve"]).code, 3);
    let taken_over = [("address", SAME_ADDRESS), ("new", NEW), ("same", SAME_NAME)];
    let expected: BTreeMap<String, usize> = taken_over.map(|(name, number)| (name.to_owned(), number)).into();
    assert_eq!(anchored(&program), expected, "neither guests, nor admins, nor where two could be meant");

    expect![[r#"
        15 adopt, held by conflict
        5 adopt, held by protected
        1 members
    "#]]
    .assert_eq(&counts(&program));
    assert_eq!(program.run(&["apply", "policy", "--auto-approve"]).code, 3);
    expect![[r#"
        15 adopt, held by conflict
        5 adopt, held by protected
    "#]]
    .assert_eq(&counts(&program));
}
