//! Expressions of Entra Connect, in CEL, and what both come to on somebody with values and on somebody without.

use std::fmt::Write;

use expect_test::{ExpectFile, expect_file};
use samesign::manifest::entra_connect::{Parameters, translate};
use samesign::model::{
    AttributeNamesBuilder, AttributesBuilder, DirectoryEntry, DirectorySnapshot, Dn, PartialDirectory,
    Watermark,
};
use samesign::policy::{Evaluated, Expression};

const ADA: &str = "CN=Ada,OU=Staff,DC=corp,DC=example";
const BARE: &str = "CN=Bare,OU=Staff,DC=corp,DC=example";

fn directory(mut names: AttributeNamesBuilder) -> DirectorySnapshot {
    let people: [(&str, &[(&str, &str)]); 2] = [
        (
            ADA,
            &[
                ("sAMAccountName", "ada"),
                ("cn", "Ada"),
                ("givenName", " Ada "),
                ("sn", "Lovelace"),
                ("mail", "Ada.L@Corp.example"),
                ("title", "Clerk \"first\""),
                ("department", "R&D;Oslo,2"),
                ("employeeType", "Staff"),
                ("userAccountControl", "514"),
                ("msExchHideFromAddressLists", "TRUE"),
                ("msDS-cloudExtensionAttribute1", "yes"),
            ],
        ),
        (BARE, &[("sAMAccountName", "bare"), ("cn", "Bare")]),
    ];
    let mut entries = Vec::new();
    for (number, (dn, values)) in (1..).zip(people) {
        let mut attributes = AttributesBuilder::default();
        attributes.push(names.intern("objectGUID").unwrap(), &[number; 16]);
        for class in ["top", "user"] {
            attributes.push(names.intern("objectClass").unwrap(), class.as_bytes());
        }
        for (name, value) in values {
            attributes.push(names.intern(name).unwrap(), value.as_bytes());
        }
        let (dn, attributes) = (dn.parse().unwrap(), attributes.finish());
        entries.push(DirectoryEntry { dn, attributes, members: Vec::new() });
    }
    let mut reading = PartialDirectory::new(names.finish());
    for entry in entries {
        reading.push(entry);
    }
    reading.finish(Watermark::default())
}

fn parameters() -> Parameters {
    Parameters {
        domain: "corp.example".to_owned(),
        domain_dn: "DC=corp,DC=example".to_owned(),
        forest: "forest.example".to_owned(),
    }
}

/// The expression in CEL, and what that comes to on both.
#[track_caller]
fn check(expressions: &[&str], expected: &ExpectFile) {
    let mut said = String::new();
    for text in expressions {
        let translated = match translate(text, &parameters()) {
            Ok(it) => it,
            Err(reason) => {
                writeln!(said, "{text}\n    {reason}").unwrap();
                continue;
            }
        };
        let mut names = AttributeNamesBuilder::new();
        let compiled = Expression::compile(&translated.text, &mut names)
            .unwrap_or_else(|error| panic!("{text}\n{}\n{error}", translated.text));
        let directory = directory(names);
        let objects = directory.objects();
        let outcome = |dn: &str| {
            let at = objects.find_dn(&dn.parse::<Dn>().unwrap()).unwrap();
            match compiled.evaluate(&objects.view(at)) {
                Ok(Evaluated::Missing) => "-".to_owned(),
                Ok(Evaluated::Text(text)) => format!("\"{text}\""),
                Ok(other) => format!("{other:?}"),
                Err(error) => format!("error: {error}"),
            }
        };
        let flags = match (translated.ignores, translated.fails) {
            (false, false) => "",
            (true, _) => "   (ignores)",
            (false, true) => "   (fails)",
        };
        writeln!(said, "{text}\n    {}{flags}\n    {} {}", translated.text, outcome(ADA), outcome(BARE))
            .unwrap();
    }
    expected.assert_eq(&said);
}

const VALUES: &[&str] = &[
    "[sn]",
    "[msDS-cloudExtensionAttribute1]",
    "[dn]",
    "\"a \"\"quoted\"\" \\ text\"",
    "&HFF",
    "True",
    "NULL",
    "AuthoritativeNull",
    "IgnoreThisFlow",
    "[sAMAccountName] & \"@\" & %Domain.FQDN%",
    "%Domain.LDAP%",
    "%Forest.FQDN%",
    "%Forest.LDAP%",
    "%Domain.Netbios%",
];

#[test]
fn attributes_constants_and_parameters() {
    check(VALUES, &expect_file!["expressions/values.txt"]);
}

const JOINED: &[&str] =
    &["[sn] & \"x\"", "[sn] & [title]", "[sn] & \", \" & Trim([givenName])", "[userAccountControl] & \"\""];

#[test]
fn null_is_empty_in_texts_that_are_joined() {
    check(JOINED, &expect_file!["expressions/joined.txt"]);
}

const CONDITIONS: &[&str] = &[
    "IIF(IsPresent([sn]),[sn],[cn])",
    "IIF(IsNullOrEmpty([displayName]),[cn],[displayName])",
    "IIF(IsNull([sn]),\"none\",\"some\")",
    "IIF([sn] = NULL,\"none\",\"some\")",
    "IIF([employeeType]=\"Staff\",\"s\",\"other\")",
    "IIF([employeeType]<>\"Staff\",\"other\",\"s\")",
    "IIF([msExchHideFromAddressLists]=True,\"hidden\",\"shown\")",
    "IIF([msExchHideFromAddressLists]=False,\"shown\",\"hidden or not said\")",
    "IIF([msExchHideFromAddressLists],\"hidden\",\"shown\")",
    "IIF([userAccountControl] = 514,\"disabled\",\"else\")",
    "IIF([userAccountControl] > 512,\"more\",\"less\")",
    "IIF(IsPresent([sn]) && IsPresent([title]),[title],\"no\")",
    "IIF(IsPresent([sn]) || IsPresent([cn]),\"yes\",\"no\")",
    "IIF([employeeType]=\"Staff\" && [sn]=\"Lovelace\",\"both\",\"no\")",
    "IIF([sn] & [cn]=\"LovelaceAda\",\"yes\",\"no\")",
    "IIF(IsPresent(Trim([givenName])),\"yes\",\"no\")",
    "IIF(IsPresent(\"\"),\"yes\",\"no\")",
    "IIF(IsPresent([givenName]),IIF(IsPresent([sn]),Trim([givenName]) & \" \" & [sn],[givenName]),[cn])",
    "Switch([employeeType]=\"Staff\",\"S\",IsPresent([cn]),\"C\")",
    "Switch(IsPresent([sn]),NULL,IsPresent([mail]),[mail])",
    "IIF([employeeType]=\"Staff\",IgnoreThisFlow,[cn])",
    "IIF(IsPresent([mail]),[mail],Error(\"no mail\"))",
];

#[test]
fn conditions_ask_before_they_look() {
    check(CONDITIONS, &expect_file!["expressions/conditions.txt"]);
}

const FUNCTIONS: &[&str] = &[
    "Trim([givenName])",
    "UCase([sn])",
    "LCase(Trim([givenName]) & \".\" & [sn])",
    "Len([sn])",
    "Left([sn],3)",
    "Left([sn],99)",
    "Left([sn],0)",
    "Left([sn],-1)",
    "Right([sn],4)",
    "Right([sn],99)",
    "Mid([sn],2,3)",
    "Mid([sn],2)",
    "Mid([sn],7,5)",
    "Mid([sn],9,5)",
    "Mid([sn],0,5)",
    "Mid([sn],2,-1)",
    "InStr([mail],\"@\")",
    "InStr([mail],\"nowhere\")",
    "InStr([mail],\"CORP\",1,vbTextCompare)",
    "Left([mail],InStr([mail],\"@\")-1)",
    "Mid([mail],InStr([mail],\"@\")+1)",
    "Left(\"none\",InStr(\"none\",\"@\")-1)",
    "Replace([title],\"\"\"\",\"'\")",
    "Replace([cn],\"\\r\\n\",\", \")",
    "Word([mail],1,\"@\")",
    "Word([mail],2,\"@\")",
    "Word([mail],3,\"@\")",
    "Word([department],2,\";,\")",
    "Word([mail],0,\"@\")",
    "CStr([userAccountControl])",
    "ImportedValue(\"sn\")",
    "Left(Trim([title]),448)",
];

#[test]
fn functions_do_on_the_edges_what_is_documented() {
    check(FUNCTIONS, &expect_file!["expressions/functions.txt"]);
}

const WITHOUT_EQUIVALENT: &[&str] = &[
    "PCase([sn])",
    "Trim([proxyAddresses])",
    "IIF([sn],1,2)",
    "IIF([sn]=1,\"a\",\"b\")",
    "[memberOf]",
    "[objectGUID]",
    "[no name]",
    "\"a\" & [b] = \"ab\"",
    "[a]=\"x\" && [b]=\"y\"",
    "IIF([sn] > \"A\",1,2)",
    "[a",
    "\"a",
    "Left([sn])",
    "Left([sn],[cn])",
    "1.5",
    "99999999999",
    "[sn] [cn]",
    "IIF(",
    "$item",
    "",
    "Word([sn],1,\"\")",
    "4 / 2",
];

#[test]
fn what_has_no_equivalent_says_why() {
    let deep = format!("{}[sn]{}", "Left(".repeat(12), ",3)".repeat(12));
    let brackets = "(".repeat(60);
    let mixed = format!("[a]{}", " & [b] = [c]".repeat(60));
    let nested = format!("{}[a] & [b] = [c]{}", "IIF(".repeat(9), ",[a] = [b] & [c],NULL)".repeat(9));
    let all = [WITHOUT_EQUIVALENT, &[&deep, &brackets, &mixed, &nested]].concat();
    check(&all, &expect_file!["expressions/without_equivalent.txt"]);
}
