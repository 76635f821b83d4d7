//! Files that somebody broke, by mistake or on purpose: each has its words, and none takes memory or time.

use expect_test::{Expect, expect};
use samesign::manifest::{InputContent, InputFile, Provenance, load};
use samesign::render::{Paint, diagnostics};

use super::{findings, load_bytes, load_text, words, words_of};

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&words(text));
}

fn check_bytes(bytes: &[u8], expected: Expect) {
    expected.assert_eq(&words_of(&load_bytes(bytes).findings));
}

#[test]
fn an_alias_bomb_is_refused_before_it_grows() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let inner = vec![format!("*a{}", level - 1); 10].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{inner}]\n"));
    }
    check(
        &text,
        expect![[r#"
        a.yaml:5:45: error: the file has more than 100000 values, aliases counted
            hint: split it, or use fewer aliases
    "#]],
    );
}

#[test]
fn a_long_text_repeated_by_aliases_is_refused() {
    let text = format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 20), vec!["*a"; 100].join(", "));
    let loaded = load_text(&text);
    expect!["a.yaml:2:29: error: the file has more than 8 MB of text, aliases counted"]
        .assert_eq(&loaded.findings[0].to_string());
}

#[test]
fn deep_nesting_is_refused_in_both_styles() {
    check(
        &"[".repeat(100_000),
        expect![[r#"
        a.yaml:1:66: error: values are nested more than 64 deep
            hint: a manifest needs about ten; look for a bracket that is not closed
    "#]],
    );
    let block: String = (0..200).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    let loaded = load_text(&block);
    expect!["a.yaml:65:65: error: values are nested more than 64 deep"]
        .assert_eq(&loaded.findings[0].to_string());
}

#[test]
fn aliases_cannot_nest_deeper_than_brackets() {
    let mut text = "a0: &a0 [x]\n".to_owned();
    for level in 1..100 {
        text.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
    }
    let loaded = load_text(&text);
    expect!["a.yaml:64:12: error: values are nested more than 64 deep"]
        .assert_eq(&loaded.findings[0].to_string());
}

#[test]
fn an_alias_inside_of_its_own_value_is_refused() {
    check(
        "a: &a [*a]\n",
        expect![[r#"
        a.yaml:1:8: error: an alias stands inside of the value that it repeats
    "#]],
    );
}

#[test]
fn a_huge_file_is_refused_without_being_read() {
    let file = InputFile { path: "a.yaml".into(), content: InputContent::TooLarge(100 << 20) };
    let loaded = load(vec![file], &Provenance::default());
    expect![[r#"
        error: the file has 104857600 bytes, more than the 4 MB that a manifest may have
        --> a.yaml
         = hint: split it, or move it out of the directory if it is no manifest

        1 error
    "#]]
    .assert_eq(&diagnostics(&loaded.findings, Paint::Plain));
}

#[test]
fn too_many_documents_values_and_findings_are_counted_not_listed() {
    let loaded = load_text(&"---\na\n".repeat(3000));
    let words: Vec<String> = loaded.findings.iter().rev().take(2).map(ToString::to_string).collect();
    expect![[r#"
        a.yaml: error: 1901 more findings in this file
        a.yaml:200:1: error: this is no manifest: it has no `kind`"#]]
    .assert_eq(&words.join("\n"));
    assert_eq!(loaded.findings.len(), 101);
    let loaded = load_text(&format!("[{}]", "a,".repeat(200_000)));
    expect!["a.yaml:1:200000: error: the file has more than 100000 values, aliases counted"]
        .assert_eq(&loaded.findings[0].to_string());
}

#[test]
fn duplicate_keys_are_errors_with_both_places() {
    check(
        "apiVersion: samesign.dev/v1alpha1\nkind: Tenant\nmetadata: {name: a}\nspec:\n  cloud: sandbox\n  cloud: global\n",
        expect![[r#"
            a.yaml:3:18: warning: no policy uses the Tenant `a`
                hint: name it in a SyncPolicy, or remove it
            a.yaml:6:3: error: `cloud` is given twice
                5:3 is first
                hint: remove one of them; YAML would silently take one of the two
        "#]],
    );
}

#[test]
fn merge_keys_and_tags_are_refused() {
    check(
        "a: &a {b: c}\nd:\n  <<: *a\n  e: !!str f\n",
        expect![[r#"
        a.yaml:1:1: error: this is no manifest: it has no `kind`
            hint: start with `apiVersion: samesign.dev/v1alpha1` and `kind: …`; every YAML file below the directory is read; move what is no manifest elsewhere
        a.yaml:3:3: error: merge keys are not read: nobody sees in a review what they change
            hint: write the fields out; an alias may stand for a whole value, as in `scope: *staff`
        a.yaml:4:6: error: a manifest has no tags such as `!!str` or `!include`
            hint: remove the tag; put the value in quotes if it must be text
    "#]],
    );
}

#[test]
fn tabs_are_named() {
    check(
        "kind: Tenant\nspec:\n\tcloud: sandbox\n",
        expect![[r#"
        a.yaml:3:2: error: a tab is used to indent or separate, which YAML does not allow
            hint: use spaces instead
    "#]],
    );
}

#[test]
fn a_byte_order_mark_is_accepted() {
    let text = format!("\u{feff}{}", super::manifest("Tenant", "cloud: sandbox"));
    let loaded = load_text(&text);
    assert!(!loaded.has_errors(), "{}", findings(&text));
}

#[test]
fn other_encodings_are_named() {
    let utf16: Vec<u8> = "kind: Tenant\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    check_bytes(
        &utf16,
        expect![[r#"
        a.yaml: error: the file is UTF-16, not UTF-8
            hint: save it as UTF-8 in the editor, or run `iconv -f UTF-16 -t UTF-8`
    "#]],
    );
    check_bytes(
        &[&[0xff, 0xfe], &utf16[..]].concat(),
        expect![[r#"
        a.yaml: error: the file is UTF-16, not UTF-8
            hint: save it as UTF-8 in the editor, or run `iconv -f UTF-16 -t UTF-8`
    "#]],
    );
    check_bytes(
        b"kind: Tenant\n# M\xfcller\n",
        expect![[r#"
        a.yaml: error: the file is not UTF-8: byte 0xfc on line 2, column 4
            hint: save it as UTF-8 in the editor; for an old Windows file run `iconv -f WINDOWS-1252 -t UTF-8`
    "#]],
    );
    check_bytes(
        b"kind: \x07\n",
        expect![[r#"
        a.yaml: error: the file has a control character U+0007 on line 1, column 7
            hint: remove it, or write it as an escape such as "\u0007"
    "#]],
    );
}

#[test]
fn broken_syntax_is_explained() {
    check(
        "spec: {a: b\nkind: c\n",
        expect![[r#"
        a.yaml:2:5: error: a bracket is opened and not closed, or a comma is missing
            hint: add the missing `,`, `}` or `]` before this place
    "#]],
    );
    check(
        "a: \"b\n",
        expect![[r#"
        a.yaml:1:6: error: a quote is opened and not closed
            hint: close it, and double a `'` inside of single quotes
    "#]],
    );
    check(
        "a: b: c\n",
        expect![[r#"
        a.yaml:1:5: error: a `:` is not expected here
            hint: put text that contains `: ` in quotes, and check the indentation of this line
    "#]],
    );
    check(
        "a: *b\n",
        expect![[r#"
        a.yaml:1:4: error: this alias names no anchor above it
            hint: put the text in quotes if it starts with `*`
    "#]],
    );
    check(
        "a: %b\n",
        expect![[r#"
        a.yaml:1:4: error: text that starts with this character needs quotes
            hint: put the value in quotes
    "#]],
    );
    check(
        "a: .inf\n",
        expect![[r#"
        a.yaml:1:1: error: this is no manifest: it has no `kind`
            hint: start with `apiVersion: samesign.dev/v1alpha1` and `kind: …`; every YAML file below the directory is read; move what is no manifest elsewhere
        a.yaml:1:4: error: `.inf` is no number that a manifest can mean
            hint: put it in quotes if it is text
    "#]],
    );
    check(
        "{a: b}: c\n",
        expect![[r#"
        a.yaml:1:1: error: a key must be text, not a list or a map
            hint: if this is a value that starts with `{` or `[`, put it in quotes
    "#]],
    );
    check(
        "a:\n  - b\n c: d\n",
        expect![[r#"
        a.yaml:3:2: error: not valid YAML: while parsing a block mapping, did not find expected key
            hint: check the indentation and the quotes here and on the line above
    "#]],
    );
}

#[test]
fn files_that_are_no_manifests_are_named() {
    check("", expect![[""]]);
    check("# only a comment\n---\n---\n", expect![""]);
    check(
        "just text\n",
        expect![[r#"
        a.yaml:1:1: error: this is no manifest: it has no `kind`
            hint: start with `apiVersion: samesign.dev/v1alpha1` and `kind: …`; every YAML file below the directory is read; move what is no manifest elsewhere
    "#]],
    );
    check(
        "version: 3\nservices: {}\n",
        expect![[r#"
        a.yaml:1:1: error: this is no manifest: it has no `kind`
            hint: start with `apiVersion: samesign.dev/v1alpha1` and `kind: …`; every YAML file below the directory is read; move what is no manifest elsewhere
    "#]],
    );
    check(
        "kind: Tenant\n",
        expect![[r#"
        a.yaml:1:1: error: this is no manifest: it has no `apiVersion`
            hint: write `apiVersion: samesign.dev/v1alpha1`
    "#]],
    );
    check(
        "apiVersion: v1\nkind: ConfigMap\n",
        expect![[r#"
        a.yaml:1:13: error: this version of manifests is not known
            hint: write `apiVersion: samesign.dev/v1alpha1`; every YAML file below the directory is read; move what is no manifest elsewhere
    "#]],
    );
    check(
        "apiVersion: samesign.dev/v1alpha1\nkind: Tennant\n",
        expect![[r#"
        a.yaml:2:7: error: unknown kind of manifest
            hint: did you mean `Tenant`?
    "#]],
    );
}

#[test]
fn a_secret_in_a_manifest_is_refused_and_never_quoted() {
    let auth = "tenantId: 8d1f0a52-6f0f-4a55-9a3c-0c7d6a1d2e11\nauth:\n  clientId: 5b1e6a0e-8d6a-4f6e-9a57-2f3b8d0c9f10\n  clientSecret: hunter2";
    let ldap = "ldap:\n  domain: corp.example.com\n  bind:\n    simple: {user: svc, password: hunter2}";
    let from = "ldap:\n  domain: corp.example.com\n  bind:\n    simple: {user: svc, passwordFrom: hunter2}";
    check(
        &super::manifest("Tenant", auth),
        expect![[r#"
        a.yaml:3:18: warning: no policy uses the Tenant `it`
            hint: name it in a SyncPolicy, or remove it
        a.yaml:8:5: error: a secret never stands in a manifest
            hint: write `clientSecretFrom: {env: CLIENT_SECRET}`, or `{file: PATH}` or `{credential: NAME}`; and change the secret, since it may be in the history of the repository
    "#]],
    );
    check(
        &super::manifest("Directory", ldap),
        expect![[r#"
        a.yaml:3:18: warning: no policy uses the Directory `it`
            hint: name it in a SyncPolicy, or remove it
        a.yaml:8:27: error: a secret never stands in a manifest
            hint: write `passwordFrom: {env: PASSWORD}`, or `{file: PATH}` or `{credential: NAME}`; and change the secret, since it may be in the history of the repository
    "#]],
    );
    check(
        &super::manifest("Directory", from),
        expect![[r#"
        a.yaml:3:18: warning: no policy uses the Directory `it`
            hint: name it in a SyncPolicy, or remove it
        a.yaml:8:27: error: a secret never stands in a manifest
            hint: write `passwordFrom: {env: PASSWORD}`, or `{file: PATH}` or `{credential: NAME}`; and change the secret, since it may be in the history of the repository
    "#]],
    );
    check(
        &super::manifest("Notifier", "webhook:\n  url: https://hunter2"),
        expect![[r#"
        a.yaml:6:5: error: a secret never stands in a manifest
            hint: write `urlFrom: {env: URL}`, or `{file: PATH}` or `{credential: NAME}`; and change the secret, since it may be in the history of the repository
    "#]],
    );
    let broken = "auth:\n  clientSecret: %hunter2\n";
    check(
        broken,
        expect![[r#"
        a.yaml:2:17: error: text that starts with this character needs quotes
            hint: put the value in quotes
    "#]],
    );
    for text in [super::manifest("Tenant", auth), super::manifest("Directory", ldap), broken.to_owned()] {
        let loaded = load_text(&text);
        assert!(!format!("{loaded:?}").contains("hunter2"));
        assert!(!findings(&text).contains("hunter2"));
    }
}

#[test]
fn a_very_long_line_is_not_printed() {
    let text = format!("kind: [{}*x]\n", "a, ".repeat(1_000_000));
    expect![[r#"
        error: the file has more than 100000 values, aliases counted
        --> a.yaml:1:299999
         = hint: split it, or use fewer aliases

        1 error
    "#]]
    .assert_eq(&findings(&text));
}
