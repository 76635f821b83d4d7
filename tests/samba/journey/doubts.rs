//! Readings of a real directory that cannot be trusted: lost rights, units under another name, an older database.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use expect_test::expect;
use serde_json::Value;

use super::settled;
use super::workplace::{Plan, Ran, Workplace};
use crate::lab::{BASE, Lab};

/// What is not held, a line for each change.
fn free(plan: &Plan) -> String {
    let changes = plan.changes().iter().filter(|it| it["held"].is_null());
    let line = |it: &Value| format!("{} {}", it["op"].as_str().unwrap(), it["name"].as_str().unwrap());
    changes.map(line).collect::<Vec<_>>().join("\n")
}

/// The guards that hold something.
fn held(plan: &Plan) -> String {
    let guards = plan.0["guards"].as_array().unwrap().iter().filter(|it| it["tripped"] == true);
    guards.map(|it| it["guard"].as_str().unwrap()).collect::<Vec<_>>().join(", ")
}

/// The lines of a plan that say what is doubtful and what to do.
fn doubts(ran: &Ran, lab: &Lab) -> String {
    let lines = ran.out.lines().filter(|it| it.starts_with("? health") || it.starts_with("? scope"));
    lines.map(|it| it.replace(&lab.address, "DC1") + "\n").collect()
}

fn modify(lab: &Lab, dn: &str, attribute: &str, value: &str) {
    lab.modify(&format!("dn: {dn},{BASE}\nchangetype: modify\nreplace: {attribute}\n{attribute}: {value}\n"));
}

fn rename(lab: &Lab, dn: &str, name: &str, parent: &str) {
    lab.modify(&format!(
        "dn: {dn},{BASE}\nchangetype: modrdn\nnewrdn: {name}\ndeleteoldrdn: 1\nnewsuperior: {parent}{BASE}\n"
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_rights_and_renames_remove_nobody() {
    let lab = tokio::task::block_in_place(Lab::own);
    let (tenant, place) = settled(&lab).await;
    let before = tenant.content().await;
    a_unit_may_not_be_read(&lab, &place);
    assert_eq!(tenant.content().await.users, before.users);
    an_attribute_may_not_be_read(&lab, &place);
    a_unit_is_renamed(&lab, &place);
    a_person_is_moved(&lab, &place);
}

/// No right, and the right, to list what lies in a unit.
const LIST: [&str; 2] = ["D;;LC;", "A;;LC;"];
/// No right, and the right, to read `employeeID` below a unit, by its `schemaIDGUID` ([MS-ADA1] 2.201).
const EMPLOYEE_ID: [&str; 2] =
    ["OD;CI;RP;bf967962-0de6-11d0-a285-00aa003049e2", "OA;CI;RP;bf967962-0de6-11d0-a285-00aa003049e2"];

fn a_unit_may_not_be_read(lab: &Lab, place: &Workplace) {
    let staff = format!("OU=Staff,{BASE}");
    lab.set_right(&staff, LIST[0]);
    modify(lab, "CN=Team 2,OU=Groups", "description", "Second");
    let plan = place.plan(3, &[]);
    assert!(300 < plan.count("block"));
    expect!["update Team 2"].assert_eq(&free(&plan));
    expect!["directoryHealth"].assert_eq(&held(&plan));
    expect![[r#"
        ? health corp-ad: only 1606 users were read, the last good reading had 1931 (source: DC1:636); look whether the account of samesign may still read all of them, or the export ended early
    "#]].assert_eq(&doubts(&place.apply(3, &["manifests", "--auto-approve"]), lab));
    // As long as nobody looks into it, it stays like that.
    assert_eq!(free(&place.plan(3, &[])), "");
    lab.set_right(&staff, LIST[1]);
    place.plan(0, &[]);
}

fn an_attribute_may_not_be_read(lab: &Lab, place: &Workplace) {
    let staff = format!("OU=Staff,{BASE}");
    lab.set_right(&staff, EMPLOYEE_ID[0]);
    modify(lab, "CN=Clerk,OU=Staff", "title", "Accountant");
    let plan = place.plan(3, &[]);
    expect!["update clerk@corp.example.com"].assert_eq(&free(&plan));
    expect!["directoryHealth"].assert_eq(&held(&plan));
    expect![[r#"
        ? health corp-ad: no user has `employeeID` any more, 300 had it at the last good reading (source: DC1:636); look whether the account of samesign may still read it
    "#]].assert_eq(&doubts(&place.apply(3, &["manifests", "--auto-approve"]), lab));
    lab.set_right(&staff, EMPLOYEE_ID[1]);
    place.plan(0, &[]);
}

fn a_unit_is_renamed(lab: &Lab, place: &Workplace) {
    rename(lab, "OU=Staff", "OU=People", "");
    let plan = place.plan(3, &[]);
    assert!(300 < plan.count("block"));
    assert_eq!(free(&plan), "");
    let ran = place.samesign(&["plan"]);
    expect![[r#"
        ? scope  OU=Staff,DC=corp,DC=example,DC=com: the scope names it, and it is OU=People,DC=corp,DC=example,DC=com now: correct the policy
    "#]].assert_eq(&doubts(&ran, lab));
    let guid = ran.err.split_once("{guid: ").unwrap().1.split_once('}').unwrap().0;
    expect![[r#"
        to follow the rename, apply this patch with `git apply` or `patch -p1`:
        --- a/manifests/policy.yaml
        +++ b/manifests/policy.yaml
        @@ -6,7 +6,7 @@
           tenant: contoso
           users:
             scope:
        -      bases: ["OU=Staff,DC=corp,DC=example,DC=com"]
        +      bases: ["OU=People,DC=corp,DC=example,DC=com"]
               filter: "(objectClass=*)"
           groups:
             scope: {bases: ["OU=Groups,DC=corp,DC=example,DC=com"]}
        hint: a base that is named by its objectGUID follows a rename by itself: bases: [{guid: GUID}]
    "#]]
    .assert_eq(&ran.err.replace(guid, "GUID"));
    follow(place, &ran.err);
    place.plan(0, &[]);
    place.apply(0, &["manifests", "--auto-approve"]);
    // Named back, and by its identity: then its name is of no consequence.
    rename(lab, "OU=People", "OU=Staff", "");
    assert_eq!(free(&place.plan(3, &[])), "");
    let policy = place.path("manifests/policy.yaml");
    let text = fs::read_to_string(&policy).unwrap();
    fs::write(policy, text.replace(&format!("\"OU=People,{BASE}\""), &format!("{{guid: {guid}}}"))).unwrap();
    place.plan(0, &[]);
    place.apply(0, &["manifests", "--auto-approve"]);
    rename(lab, "OU=Staff", "OU=Team", "OU=Former,");
    place.plan(0, &[]);
    rename(lab, "OU=Team,OU=Former", "OU=Staff", "");
}

/// Applies the patch that was said.
fn follow(place: &Workplace, said: &str) {
    let mut command = Command::new("patch");
    command.arg("-p1").current_dir(place.path("")).stdin(Stdio::piped()).stdout(Stdio::null());
    let mut patch = command.spawn().unwrap();
    patch.stdin.take().unwrap().write_all(said.as_bytes()).unwrap();
    assert!(patch.wait().unwrap().success(), "{said}");
}

fn a_person_is_moved(lab: &Lab, place: &Workplace) {
    rename(lab, "CN=User 021,OU=Staff", "CN=User 021", "OU=Former,");
    let ran = place.samesign(&["plan"]);
    let line = ran.out.lines().find(|it| it.starts_with("x user   user021@")).unwrap();
    expect!["x user   user021@corp.example.com  moved out of scope, from OU=Team,OU=Former,DC=corp,DC=example,DC=com to OU=Former,DC=corp,DC=example,DC=com (below none of the policy's bases)"].assert_eq(line.split_once(": block").unwrap().0);
    place.apply(0, &["manifests", "--auto-approve"]);
    rename(lab, "CN=User 021,OU=Former", "CN=User 021", "OU=Staff,");
    let plan = place.plan(2, &[]);
    assert_eq!((plan.count("unblock"), plan.count("block")), (1, 0));
}

/// A controller whose disk is put back by hand, as with a snapshot of its machine ([MS-ADTS] 3.1.1.1.9).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_controller_that_is_put_back_removes_nobody() {
    let lab = tokio::task::block_in_place(Lab::own);
    let (_tenant, place) = settled(&lab).await;
    lab.while_stopped(|files| copy(files, "aside", ["private", "state"]));
    lab.samba_tool(&["user", "create", "newcomer", "New-Passw0rd.1", "--userou=OU=Staff", "--surname=Comer"]);
    // Starting again takes some change numbers as well.
    for number in 0..20 {
        modify(&lab, "CN=Clerk,OU=Staff", "title", &format!("Accountant {number}"));
    }
    place.apply(0, &["manifests", "--auto-approve"]);
    lab.while_stopped(|files| {
        for name in ["private", "state"] {
            fs::remove_dir_all(files.join(name)).unwrap();
            fs::rename(files.join("aside").join(name), files.join(name)).unwrap();
        }
    });
    let plan = place.plan(3, &[]);
    expect![[r#""#]].assert_eq(&free(&plan));
    expect!["directoryHealth"].assert_eq(&held(&plan));
    let said = doubts(&place.apply(3, &["manifests", "--auto-approve"]), &lab);
    let digits = |it: char| it.is_ascii_digit();
    let (head, tail) = said.split_once("went back from ").unwrap();
    let (numbers, tail) = tail.split_once(" (").unwrap();
    assert!(numbers.split(" to ").all(|it| it.chars().all(digits)), "{numbers}");
    expect![[r#"
        ? health corp-ad: the database of DC1:636 is older than it was: its highest change number went back from N to M (source: DC1:636); look whether this domain controller was restored from a copy of its disk, and read from another one meanwhile
    "#]].assert_eq(&format!("{head}went back from N to M ({tail}"));
}

fn copy(files: &Path, to: &str, names: [&str; 2]) {
    fs::create_dir(files.join(to)).unwrap();
    for name in names {
        let copied = Command::new("cp").arg("-a").arg(files.join(name)).arg(files.join(to)).status().unwrap();
        assert!(copied.success());
    }
}
