//! `plan` and `explain`: data to standard output, everything else to standard error, in every form.

use expect_test::expect;
use std::io::Read as _;

use super::{check, started};
use crate::program::{self, Program, repository};

#[test]
fn json_plans_are_as_their_schemas_say() {
    let program = started();
    for (folder, schema) in [("policy", "plan.schema.json"), ("two", "plans.schema.json")] {
        if folder == "two" {
            program::copy(&program.path("policy"), &program.path("two"));
            let policy = program.read("two/policy.yaml");
            let (first, _) = policy.split_once("---").unwrap();
            program.write(
                "two/other.yaml",
                &first.replace("metadata: {name: contoso}", "metadata: {name: other}"),
            );
        }
        let output = program.run(&["plan", folder, "--format", "json"]);
        assert_eq!(output.stderr, "");
        let plan: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
        let schema: serde_json::Value =
            serde_json::from_str(&program::read(&repository("schema").join(schema))).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let errors: Vec<String> = validator.iter_errors(&plan).map(|it| it.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new(), "{folder}");
    }
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    let program = started();
    for format in ["text", "json", "markdown"] {
        let plan = || program.run(&["plan", "policy", "--format", format]).stdout;
        assert_eq!(plan(), plan());
    }
}

#[test]
fn colour_is_only_where_it_is_wanted() {
    let mut program = started();
    let coloured = |program: &Program, arguments: &[&str]| {
        program.run(&[&["plan", "policy"], arguments].concat()).stdout.contains('\x1b')
    };
    assert!(!coloured(&program, &[]), "no terminal, no colour");
    assert!(!coloured(&program, &["--color", "never"]));
    assert!(coloured(&program, &["--color", "always"]));
    program.set("NO_COLOR", "1");
    assert!(!coloured(&program, &[]));
    assert!(coloured(&program, &["--color", "always"]), "who asks for it on the command line gets it");
    let plain = program.run(&["plan", "policy"]).stdout;
    let painted = program.run(&["plan", "policy", "--color", "always"]).stdout;
    let mut stripped = String::new();
    for (at, part) in painted.split('\x1b').enumerate() {
        stripped += if at == 0 { part } else { part.split_once('m').unwrap().1 };
    }
    assert_eq!(stripped, plain, "colour says nothing that words do not");
}

#[test]
fn whoever_closes_the_pipe_has_seen_enough() {
    let program = started();
    let mut child = program.command(&["schema"]).spawn().unwrap();
    drop(child.stdout.take());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""));
}

#[test]
fn a_user_in_scope_is_explained() {
    check(
        &started().run(&["explain", "policy", "ada"]),
        &expect![[r#"
            user ada@contoso.com   policy contoso
              directory  CN=Ada Lovelace,OU=Staff,DC=corp,DC=contoso,DC=com
                         objectGUID 5d0c0f6e-3b1e-4c55-9f0a-6a1f6b0c1a04, read from contoso (policy/directory.ldif)
              scope      in scope
                         ok defaultExclusions none of Entra Connect's default exclusions
                         ok bases             OU=Staff,DC=corp,DC=contoso,DC=com
              match      none in the tenant (anchor bg8MXR47VUyfCmofawwaBA==)
              sign-in    enabled in AD
              properties what the policy wants, and from where: (list of flows: source)
                ~ userPrincipalName    "ada@contoso.com"   new   (default: userPrincipalName, else sAMAccountName at the directory's domain; at the tenant's initial domain if that domain is not verified)
                ~ displayName          "Ada Lovelace"   new   (default: displayName, else cn)
                ~ givenName            "Ada"   new   (default: givenName)
                ~ surname              "Lovelace"   new   (default: sn)
                ~ mail                 "ada@contoso.com"   new
                                       (default: the primary address of proxyAddresses, else mail)   with mail "ada@contoso.com"
                ~ mailNickname         "ada"   new
                                       (default: mailNickname, else the prefix of the primary address, of mail, of userPrincipalName, else sAMAccountName)   with mail "ada@contoso.com", userPrincipalName "ada@contoso.com", sAMAccountName "ada"
                ~ jobTitle             "Analyst"   new   (default: title)
                         30 more have no value on either side: department, companyName, officeLocation, businessPhones, mobilePhone, faxNumber, streetAddress, city, state, postalCode, country, preferredLanguage, employeeId, employeeType, extensionAttribute…, manager
            + user   ada@contoso.com         missing in tenant
                userPrincipalName  "ada@contoso.com"
                displayName        "Ada Lovelace"
                accountEnabled     true
                givenName          "Ada"
                surname            "Lovelace"
                mail               "ada@contoso.com"
                mailNickname       "ada"
                jobTitle           "Analyst"

        "#]],
    );
}

#[test]
fn people_are_found_by_all_their_names() {
    let program = started();
    let by_name = program.run(&["explain", "policy", "ada"]).stdout;
    let dn = by_name.lines().nth(1).unwrap().trim().strip_prefix("directory  ").unwrap().to_owned();
    for who in ["ADA", "ada@contoso.com", "Ada Lovelace", &dn, &dn.to_uppercase()] {
        assert_eq!(program.run(&["explain", "policy", who]).stdout, by_name, "{who}");
    }
}

#[test]
fn groups_outsiders_and_those_of_the_tenant_alone_are_explained() {
    let program = started();
    let seed = "users:\n  - {userPrincipalName: boss@contoso.com, displayName: Boss, id: \
                7c0ffee0-0000-4000-8000-000000000001}\n";
    program.write("policy/.seed", seed);
    let policy = program.read("policy/policy.yaml");
    program.write("policy/policy.yaml", &policy.replace("sandbox: {", "sandbox: {seed: .seed, "));
    let first_line = |who: &str| {
        let output = program.run(&["explain", "policy", who]);
        assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{who}");
        output.stdout
    };
    let group = first_line("engine");
    assert!(group.starts_with("group Engine"), "{group}");
    let boss = first_line("boss@contoso.com");
    assert!(boss.starts_with("user boss@contoso.com "), "{boss}");
    assert!(
        boss.contains("left alone it is cloud-only") && boss.ends_with("nothing to do for it\n\n"),
        "{boss}"
    );
    let narrowed = program.run(&["plan", "policy", "--object", "boss@contoso.com"]);
    assert_eq!((narrowed.code, narrowed.stderr.as_str()), (0, ""), "the tenant has it");
    program
        .write("policy/policy.yaml", &program.read("policy/policy.yaml").replace("OU=Staff", "OU=Nowhere"));
    let outsider = first_line("ada");
    assert!(outsider.contains("scope      out of scope: below none of the policy's bases"), "{outsider}");
}

#[test]
fn explanations_for_scripts_are_as_their_schema_says() {
    let program = started();
    let schema = serde_json::from_str(&program.run(&["schema", "explanation"]).stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for who in ["ada", "engine", "OU=Staff,DC=corp,DC=contoso,DC=com"] {
        let output = program.run(&["explain", "policy", who, "--format", "json"]);
        assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{who}");
        let json: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
        let errors: Vec<String> = validator.iter_errors(&json).map(|it| it.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new(), "{who}");
        assert_eq!(json["explanations"].as_array().map(Vec::len), Some(1), "{who}");
    }
}

#[test]
fn a_stranger_is_not_explained() {
    let program = started();
    check(
        &program.run(&["explain", "policy", "nobody@contoso.com"]),
        &expect![[r#"
            ! error: no directory and no tenant of these policies has nobody@contoso.com
            !
            ! hint: give a user name, mail address, account name, group name, DN, objectGUID, anchor, or id in the tenant
            exit 1
        "#]],
    );
    check(
        &program.run(&["plan", "policy", "--object", "nobody@contoso.com"]),
        &expect![[r#"
            ! error: no directory and no tenant of these policies has nobody@contoso.com
            !
            ! hint: give a user name, mail address, account name, group name, DN, objectGUID, anchor, or id in the tenant
            exit 1
        "#]],
    );
}

#[test]
fn a_plan_of_one_object_has_only_that_one() {
    let plan = started().run(&["plan", "policy", "--object", "ada"]).stdout;
    let heads = plan.lines().filter(|it| it.starts_with(['+', '~', 'x', '-', '!'])).count();
    assert_eq!(heads, 1, "{plan}");
}

#[test]
fn the_log_is_on_standard_error() {
    let program = started();
    let quiet = program.run(&["plan", "policy"]);
    let loud = program.run(&["plan", "policy", "-vv", "--log", "json"]);
    assert_eq!(loud.stdout, quiet.stdout);
    for line in loud.stderr.lines() {
        assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "{line}");
    }
}
