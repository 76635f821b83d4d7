//! Manifests, files and variables that are wrong: the error names the place and what to do.

use expect_test::expect;

use super::{check, started};
use crate::program::Program;

const TENANT: &str = "
apiVersion: samesign.dev/v1alpha1
kind: Tenant
metadata: {name: contoso}
spec:
  tenantId: 8d1f0a52-6f0f-4a55-9a3c-0c7d6a1d2e11
  auth:
    clientId: 5b1e6a0e-8d6a-4f6e-9a57-2f3b8d0c9f10
    SECRET
";

/// The folder of `init` with another tenant.
fn with_tenant(secret: &str) -> Program {
    let program = started();
    let policy = program.read("policy/policy.yaml");
    let documents: Vec<&str> = policy.split("---\n").filter(|it| !it.contains("kind: Tenant")).collect();
    program.write("policy/policy.yaml", &documents.join("---\n"));
    program.write("policy/tenant.yaml", TENANT.replace("SECRET", secret).trim_start());
    program
}

#[test]
fn a_secret_variable_that_is_not_set_is_named_with_its_place() {
    let program = with_tenant("clientSecretFrom: {env: TENANT_SECRET}");
    assert_eq!(program.run(&["validate", "policy"]).code, 0, "checking needs no secret");
    check(
        &program.run(&["plan", "policy"]),
        &expect![[r#"
            ! error: policy/tenant.yaml:8:5: the environment variable TENANT_SECRET is not set
            !
            ! hint: set it for this command: TENANT_SECRET=… samesign …
            exit 1
        "#]],
    );
}

#[test]
fn a_secret_file_that_is_not_there_is_named_with_its_place() {
    let program = with_tenant("certificateFrom: {file: app.pem}");
    check(
        &program.run(&["plan", "policy"]),
        &expect![[r#"
        ! error: policy/tenant.yaml:8:5: cannot read policy/app.pem
        !   caused by: No such file or directory (os error 2)
        exit 1
    "#]],
    );
    program.write("policy/app.pem", "nothing of the kind\n");
    check(
        &program.run(&["plan", "policy"]),
        &expect![[r#"
            ! error: policy/tenant.yaml:3:18: tenant contoso cannot be reached
            !   caused by: the tenant's connection cannot be used: the certificate file holds no private key (PEM, not encrypted)
            exit 1
        "#]],
    );
    let program = with_tenant("certificateFrom: {credential: app.pem}");
    check(
        &program.run(&["plan", "policy"]),
        &expect![[r#"
            ! error: policy/tenant.yaml:8:5: there is no credentials directory
            !
            ! hint: start samesign as a systemd service with LoadCredential=app.pem:…
            exit 1
        "#]],
    );
}

#[test]
fn a_secret_in_a_manifest_is_refused_and_not_repeated() {
    let program = with_tenant("clientSecret: Tin-Kettle-Harbour-77");
    let output = program.run(&["plan", "policy"]);
    assert!(!output.stderr.contains("Tin-Kettle"), "{}", output.stderr);
    check(
        &output,
        &expect![[r#"
            ! error: a secret never stands in a manifest
            !  --> policy/tenant.yaml:8:5
            !   |
            ! 8 |     clientSecret: *********************
            !   |     ^^^^^^^^^^^^ this is the secret itself
            !   |
            !   = hint: write `clientSecretFrom: {env: CLIENT_SECRET}`, or `{file: PATH}` or `{credential: NAME}`; and change the secret, since it may be in the history of the repository
            !
            ! 1 error
            ! error: the manifests in policy have errors
            exit 1
        "#]],
    );
}

#[test]
fn every_finding_has_its_place() {
    let program = started();
    let policy = program.read("policy/policy.yaml");
    let wrong =
        policy.replace("scope: {bases", "scpe: {bases").replace("tenant: contoso", "tenant: contosso");
    program.write("policy/policy.yaml", &wrong);
    check(
        &program.run(&["validate", "policy"]),
        &expect![[r#"
        error: `spec.users` lacks `scope`
         --> policy/policy.yaml:9:3
          |
        9 |   users:
          |   ^^^^^ `scope` is needed
          |
          = hint: `scope`: Which users.

        error: unknown field `scpe`
          --> policy/policy.yaml:10:5
           |
        10 |     scpe: {bases: ["OU=Staff,DC=corp,DC=contoso,DC=com"]}
           |     ^^^^ unknown
           |
           = hint: did you mean `scope`?

        error: `spec.groups` lacks `scope`
          --> policy/policy.yaml:11:3
           |
        11 |   groups:
           |   ^^^^^^ `scope` is needed
           |
           = hint: `scope`: Which groups.

        error: unknown field `scpe`
          --> policy/policy.yaml:12:5
           |
        12 |     scpe: {bases: ["OU=Groups,DC=corp,DC=contoso,DC=com"]}
           |     ^^^^ unknown
           |
           = hint: did you mean `scope`?

        4 errors
        exit 1
    "#]],
    );
    let plan = program.run(&["plan", "policy"]);
    assert_eq!((plan.code, plan.stdout.as_str()), (1, ""));
}

#[test]
fn a_folder_without_manifests_is_an_error() {
    let program = Program::new();
    check(
        &program.run(&["plan"]),
        &expect![[r#"
        ! error: cannot read the manifests in `manifests`
        !   caused by: No such file or directory (os error 2)
        exit 1
    "#]],
    );
    program.write("empty/readme.txt", "");
    check(
        &program.run(&["plan", "empty"]),
        &expect![[r#"
        ! error: there is no manifest (`*.yaml` or `*.yml`) in `empty`; `samesign init` writes one
        exit 1
    "#]],
    );
    check(
        &program.run(&["validate", "empty"]),
        &expect![[r#"
        ! error: there is no manifest (`*.yaml` or `*.yml`) in `empty`; `samesign init` writes one
        exit 1
    "#]],
    );
}

#[cfg(unix)]
#[test]
fn a_directory_file_that_is_not_there_is_named() {
    let program = started();
    std::fs::remove_file(program.path("policy/directory.ldif")).unwrap();
    check(
        &program.run(&["plan", "policy"]),
        &expect![[r#"
        ! error: the directory could not be read
        !   caused by: cannot read policy/directory.ldif: no such file
        exit 1
    "#]],
    );
}

#[test]
fn a_damaged_sandbox_or_seed_is_named() {
    let program = started();
    program.run(&["apply", "policy", "--auto-approve"]);
    let state = std::fs::read_dir(program.path("policy/.sandbox")).unwrap().next().unwrap().unwrap().path();
    crate::program::write(&state, "{");
    let place = program.path("").display().to_string();
    let mut output = program.run(&["plan", "policy"]);
    output.stderr = output.stderr.replace(&place, "");
    check(
        &output,
        &expect![[r#"
        ! error: the sandbox tenant contoso does not start
        !   caused by: the sandbox state policy/.sandbox/tenant.json is damaged; restore it, or delete it to start from the seed
        !   caused by: EOF while parsing an object at line 1 column 1
        exit 1
    "#]],
    );
}

#[test]
fn a_policy_test_that_fails_says_where() {
    let program = started();
    let tests = program.read("policy/tests.yaml").replace("GB", "XK");
    program.write("policy/tests.yaml", &tests);
    let policy = program.read("policy/policy.yaml").replace("OU=Staff", "OU=Elsewhere");
    program.write("policy/policy.yaml", &policy);
    let output = program.run(&["test", "policy"]);
    assert_eq!(output.code, 1);
    check(
        &output,
        &expect![[r#"
        FAIL contoso: the title becomes the job title
             policy/tests.yaml:9:13: is out of scope: below none of the policy's bases
        ok   contoso: only staff is in scope
        1 passed, 1 failed
        exit 1
    "#]],
    );
}
