//! `samesign import`: files are written once, notes go to standard error.

use expect_test::expect;

use super::check;
use crate::program::Program;

const SHOP: &str = include_str!("../manifest/entra_connect/shop.json");

fn with_shop() -> Program {
    let program = Program::new();
    program.write("shop.json", SHOP);
    program
}

#[test]
fn a_configuration_becomes_a_folder_of_manifests() {
    let program = with_shop();
    check(
        &program.run(&["import", "entra-connect", "shop.json", "--out", "manifests"]),
        &expect![[r#"
        ! wrote manifests/tenant.yaml
        ! wrote manifests/corp.contoso.com.yaml
        ! check: tenant.yaml needs an app registration of your own and its certificate
        ! line 32: check: the password of the account that reads the directory is not in the file: give samesign an account of its own, or reset this one's
        ! next: samesign validate manifests, then samesign plan manifests
    "#]],
    );
    let printed = program.run(&["import", "entra-connect", "shop.json"]);
    assert_eq!(printed.code, 0);
    let policy = program.read("manifests/corp.contoso.com.yaml");
    assert!(printed.stdout.ends_with(&policy), "{}", printed.stdout);
    assert!(printed.stdout.contains(&program.read("manifests/tenant.yaml")), "{}", printed.stdout);
}

#[test]
fn import_overwrites_nothing() {
    let program = with_shop();
    program.write("tenant.yaml", "mine");
    check(
        &program.run(&["import", "entra-connect", "shop.json", "--out", "."]),
        &expect![[r#"
        ! error: ./tenant.yaml exists already: nothing was written
        !
        ! hint: give a folder of its own
        exit 1
    "#]],
    );
    assert_eq!(program.read("tenant.yaml"), "mine");
    assert!(!program.path("corp.contoso.com.yaml").exists());
}

#[test]
fn what_cannot_be_imported_is_named_with_its_place() {
    let program = Program::new();
    program.write("cut.json", &SHOP[..900]);
    program.write("stub.json", "{\"policyMetadata\": {\"type\": \"migration\"}}");
    std::fs::File::create_new(program.path("large.json")).unwrap().set_len(100 << 20).unwrap();
    for name in ["cut.json", "stub.json", "large.json", "none.json"] {
        let output = program.run(&["import", "entra-connect", name]);
        assert_eq!((output.code, output.stdout.as_str()), (1, ""));
    }
    check(
        &program.run(&["import", "entra-connect", "cut.json"]),
        &expect![[r#"
            ! error: cut.json:27:18: not JSON: EOF while parsing a string
            !
            ! hint: export it again with the wizard of Entra Connect, "View or export current configuration", or take the newest Applied-SynchronizationPolicy-*.JSON of %ProgramData%\AADConnect
            exit 1
        "#]],
    );
    check(
        &program.run(&["import", "entra-connect", "stub.json"]),
        &expect![[r#"
        ! error: stub.json: the file describes a server and has none of its settings
        !
        ! hint: MigrateSettings.ps1 writes it for an installation of Entra Connect: export with the wizard of version 1.5.42 or later, "View or export current configuration"
        exit 1
    "#]],
    );
    check(
        &program.run(&["import", "entra-connect", "large.json"]),
        &expect![[r#"
        ! error: large.json: the file has 104857600 bytes, more than the 16 MB that are read
        !
        ! hint: export it again with the wizard of Entra Connect, "View or export current configuration", or take the newest Applied-SynchronizationPolicy-*.JSON of %ProgramData%\AADConnect
        exit 1
    "#]],
    );
}
