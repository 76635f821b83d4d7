//! Files that are broken or meant to harm: an error with its place, and no more memory than the file is large.

use expect_test::{Expect, expect};
use samesign::manifest::entra_connect::{BYTES_MAX, ImportError, import};

use super::{SHOP, changed, imported, notes, texts};

fn words(error: &ImportError) -> String {
    let place = error.place().map_or_else(String::new, |(line, column)| format!("{line}:{column}: "));
    let cause = std::error::Error::source(error).map_or_else(String::new, |it| format!(": {it}"));
    format!("{place}{error}{cause}\n")
}

#[expect(clippy::needless_pass_by_value, reason = "so that `expect!` stands at the call")]
#[track_caller]
fn refused(bytes: &[u8], expected: Expect) {
    let error = import(bytes, "a.json").unwrap_err();
    assert!(!error.hint().is_empty());
    expected.assert_eq(&words(&error));
}

#[test]
fn broken_files_are_refused_with_their_place() {
    refused(
        b"",
        expect![[r#"
            1:1: not JSON: EOF while parsing a value
        "#]],
    );
    refused(
        &SHOP.as_bytes()[..900],
        expect![[r#"
            27:18: not JSON: EOF while parsing a string
        "#]],
    );
    refused(
        b"{\n  \"a\": 1,\n  \"a\": 2\n}",
        expect![[r#"
        3:8: the key `a` stands twice in one object
    "#]],
    );
    refused(
        b"{\n  \"a\": \"\\ud800\"\n}",
        expect![[r#"
            2:8: not JSON: unexpected end of hex escape
        "#]],
    );
    refused(
        b"<xml/>",
        expect![[r#"
            1:1: not JSON: expected value
        "#]],
    );
    refused(
        b"[1, 2]",
        expect![[r#"
        the file has no `onpremisesDirectoryPolicy`: it is no configuration of Entra Connect
    "#]],
    );
    refused(
        b"\xff\xfe\x7b",
        expect![[r#"
        the file is neither UTF-8 nor UTF-16 text
    "#]],
    );
    refused(
        b"{\"a\": \"\xe6\"}",
        expect![[r#"
        the file is neither UTF-8 nor UTF-16 text
    "#]],
    );
}

#[test]
fn files_that_cost_more_than_they_say_are_refused() {
    refused(
        &vec![b' '; BYTES_MAX + 1],
        expect![[r#"
        the file has 16777217 bytes, more than the 16 MB that are read
    "#]],
    );
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    refused(
        deep.as_bytes(),
        expect![[r#"
        1:34: the file nests deeper than 32 levels
    "#]],
    );
    let wide = format!("{{\"onpremisesDirectoryPolicy\": [{}0]}}", "0,".repeat(2_000_000));
    refused(
        wide.as_bytes(),
        expect![[r#"
        the file has more than 500000 values
    "#]],
    );
    let units: Vec<String> = (0..6_000).map(|it| format!("\"OU={it},DC=corp,DC=contoso,DC=com\"")).collect();
    let many = changed(SHOP, &[("\"OU=Service Accounts,DC=corp,DC=contoso,DC=com\"", &units.join(","))]);
    let rules = "{\"name\": \"x\"},".repeat(1_000) + "{}";
    let empty = "\"customSynchronizationRules\": []";
    let crowded = changed(SHOP, &[(empty, &empty.replace("[]", &format!("[{rules}]")))]);
    refused(
        crowded.as_bytes(),
        expect![[r#"
        17:27: there are more than 1000 custom rules of one forest
    "#]],
    );
    let forests = format!("{{\"onpremisesDirectoryPolicy\": [{}{{}}]}}", "{},".repeat(50));
    refused(
        forests.as_bytes(),
        expect![[r#"
        1:31: there are more than 50 forests
    "#]],
    );
    refused(
        many.as_bytes(),
        expect![[r#"
            38:9: there are more than 5000 containers of one domain
        "#]],
    );
}

#[test]
fn rules_that_never_end_are_notes() {
    let clauses = "{\"attribute\": \"a\", \"condition\": \"EQUAL\", \"value\": \"1\"},".repeat(5_000);
    let mapping = |at: usize| format!("{{\"destination\": \"title\", \"expression\": \"[a{at}]\"}},");
    let mappings: String = (0..1_000).map(mapping).collect();
    let rule = |name: &str, scope: &str, mappings: &str| {
        format!(
            "{{\"name\": \"{name}\", \"direction\": \"Inbound\", \"source\": \"user\", \"scopeFilters\": [{scope}], \
             \"attributeMappings\": [{}]}}",
            mappings.trim_end_matches(',')
        )
    };
    let one = "{\"destination\": \"title\", \"source\": [\"info\"]}";
    let scope = format!("[{}]", clauses.trim_end_matches(','));
    let rules = [rule("scoped", &scope, one), rule("mapped", "", &mappings)];
    let full = format!("\"customSynchronizationRules\": [{}],\n      \"standard", rules.join(","));
    let text = changed(SHOP, &[("\"customSynchronizationRules\": [],\n      \"standard", &full)]);
    let notes = notes(&imported(&text));
    assert!(notes.contains("the rule \"scoped\": its scoping filter: it has more than 100 clauses"));
    assert!(notes.contains("the rules for it are too long for one expression"));
}

/// The manifest of such a domain would not load.
#[test]
fn a_domain_whose_name_no_server_could_have_is_left_out() {
    let two = |name: &str| {
        let partition = |dn: &str| format!("{{\"distinguishedName\": \"{dn}\", \"selected\": true}}");
        let good = partition("DC=corp,DC=contoso,DC=com");
        format!(
            "{{\"onpremisesDirectoryPolicy\": [{{\"partitionFilters\": [{good}, {}]}}]}}",
            partition(name)
        )
    };
    for name in ["DC=corp,DC=contos'o,DC=com", "DC=-a,DC=x", "DC=a b"] {
        let imported = imported(&two(name));
        assert_eq!(imported.files.len(), 2, "the tenant and the other domain");
        let said = notes(&imported);
        assert!(said.contains(&format!("{name} has no name that DNS allows: it is left out")), "{said}");
    }
}

#[test]
fn other_files_of_entra_connect_are_told_apart() {
    refused(
        br#"{"policyMetadata": {"type": "migration"}, "deploymentMetadata": {}}"#,
        expect![[r#"
        the file describes a server and has none of its settings
    "#]],
    );
    refused(
        br#"{"kind": "SyncPolicy"}"#,
        expect![[r#"
        the file has no `onpremisesDirectoryPolicy`: it is no configuration of Entra Connect
    "#]],
    );
    refused(
        br#"{"onpremisesDirectoryPolicy": []}"#,
        expect![[r#"
        no domain of the file has a container that is synchronised
    "#]],
    );
}

#[test]
fn wrong_types_are_refused_where_they_stand() {
    let with = |old: &str, new: &str| changed(SHOP, &[(old, new)]);
    refused(
        with("[ \"DC=corp,DC=contoso,DC=com\" ]", "\"DC=corp\"").as_bytes(),
        expect![[r#"
        40:34: `containerInclusions` is a text, a list is expected
    "#]],
    );
    refused(
        with("[ \"DC=corp,DC=contoso,DC=com\" ]", "[ 7 ]").as_bytes(),
        expect![[r#"
        40:36: `containerInclusions` is a number, a text is expected
    "#]],
    );
    refused(
        with("[ \"DC=corp,DC=contoso,DC=com\" ]", "[ \"corp\" ]").as_bytes(),
        expect![[r#"
            40:36: `containerInclusions` names no container: not a distinguished name: a component without `=` at character 1
        "#]],
    );
    refused(
        br#"{"onpremisesDirectoryPolicy": "none"}"#,
        expect![[r#"
        1:31: `onpremisesDirectoryPolicy` is a text, a list is expected
    "#]],
    );
    refused(
        br#"{"onpremisesDirectoryPolicy": [true]}"#,
        expect![[r#"
        1:32: `onpremisesDirectoryPolicy` is true or false, an object is expected
    "#]],
    );
}

#[test]
fn text_as_windows_writes_it_is_read() {
    let plain = texts(&imported(SHOP));
    let marked = [&b"\xef\xbb\xbf"[..], SHOP.as_bytes()].concat();
    let units = || SHOP.encode_utf16();
    let little: Vec<u8> = units().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = units().flat_map(u16::to_be_bytes).collect();
    let little_marked = [&b"\xff\xfe"[..], &little].concat();
    let big_marked = [&b"\xfe\xff"[..], &big].concat();
    for bytes in [marked, little, big, little_marked, big_marked] {
        let imported = import(&bytes, "Applied-SynchronizationPolicy.JSON").unwrap();
        assert_eq!(texts(&imported), plain);
    }
    let with_line_ends = SHOP.replace('\n', "\r\n");
    assert_eq!(texts(&imported(&with_line_ends)), plain);
}

#[test]
fn text_of_the_file_stays_within_comments_and_values() {
    let imported = imported(&changed(
        SHOP,
        &[
            ("OU=Service Accounts,", "OU=x\\u000a- kind: Approval \\u2028\\\"',"),
            (
                "\"passwordWriteback\": false",
                "\"odd\\u000a- apiVersion: x\\u202e\": \"a\\u0085b\", \"apiKey\": \"s3cret\"",
            ),
            ("sync1.corp.contoso.com", "evil\\u000akind: Tenant"),
            ("CORP\\\\MSOL_0123456789ab", "CORP\\\\a: {b}#'"),
        ],
    ));
    expect![[r#"
        check: tenant.yaml needs an app registration of your own and its certificate
        line 23: not understood: azureDirectoryPolicy.odd\u{a}- apiVersion: x\u{202e} = "a\u{85}b"
        line 23: not understood: azureDirectoryPolicy.apiKey (not shown)
        line 32: check: the password of the account that reads the directory is not in the file: give samesign an account of its own, or reset this one's
    "#]].assert_eq(&notes(&imported));
    let text = texts(&imported);
    assert!(!text.contains("s3cret"), "{text}");
    assert!(text.chars().all(|it| it == '\n' || !it.is_control()), "{text}");
    expect![[r#"
            certificateFrom: {file: samesign.pem}
        # corp.contoso.com.yaml
        # Made by `samesign import entra-connect` from Applied-SynchronizationPolicy.JSON of evil\u{a}kind: Tenant, Entra Connect 2.4.131.0.
        # `samesign plan` should show no difference before anything is applied.
        #
        # What has no equivalent, or has to be looked at (lines are those of the exported file):
        # - check: tenant.yaml needs an app registration of your own and its certificate
        # - line 23: not understood: azureDirectoryPolicy.odd\u{a}- apiVersion: x\u{202e} = "a\u{85}b"
        # - line 23: not understood: azureDirectoryPolicy.apiKey (not shown)
        # - line 32: check: the password of the account that reads the directory is not in the file: give samesign an account of its own, or reset this one's

        apiVersion: samesign.dev/v1alpha1
        kind: SyncPolicy
        metadata: {name: corp.contoso.com}
        spec:
    "#]]
        .assert_eq(&text.lines().take(24).skip(9).map(|it| format!("{it}\n")).collect::<String>());
    super::assert_sound(&imported);
}

#[test]
fn every_beginning_and_every_lost_byte_of_a_file_is_an_error_or_an_import() {
    for end in (0..SHOP.len()).step_by(7) {
        let _outcome = import(&SHOP.as_bytes()[..end], "a.json");
        let lost = [&SHOP.as_bytes()[..end], &SHOP.as_bytes()[end + 1..]].concat();
        let _outcome = import(&lost, "a.json");
    }
}
