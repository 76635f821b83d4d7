//! Errors inside of filters and expressions point at the characters of the file, however they are quoted.

use expect_test::{Expect, expect};

use super::{manifest, policy};
use samesign::render::{Paint, diagnostic};

/// What is shown of the first error.
fn check(text: &str, expected: Expect) {
    let loaded = super::load_text(text);
    let error = loaded.findings.iter().find(|it| it.severity == samesign::manifest::Severity::Error);
    let shown = error.map(|it| diagnostic(it, Paint::Plain)).unwrap_or_default();
    expected.assert_eq(&format!("{shown}\n"));
}

fn filter(written: &str) -> String {
    policy(&format!("users:\n  scope:\n    filter: {written}"))
}

#[test]
fn a_wrong_filter_is_shown_where_it_goes_wrong() {
    check(
        &filter("\"(&(mail=*)(title))\""),
        expect![[r#"
        error: not an LDAP filter: a condition without `=`
         --> a.yaml:9:27
          |
        9 |       filter: "(&(mail=*)(title))"
          |                           ^^^^^
          |
          = hint: write (title=*) for any value
    "#]],
    );
    check(
        &filter("'(&(mail=it''s)(title))'"),
        expect![[r#"
        error: not an LDAP filter: a condition without `=`
         --> a.yaml:9:31
          |
        9 |       filter: '(&(mail=it''s)(title))'
          |                               ^^^^^
          |
          = hint: write (title=*) for any value
    "#]],
    );
    check(
        &filter("\"(&(mail=\\u00e4)(title))\""),
        expect![[r#"
        error: not an LDAP filter: a condition without `=`
         --> a.yaml:9:32
          |
        9 |       filter: "(&(mail=\u00e4)(title))"
          |                                ^^^^^
          |
          = hint: write (title=*) for any value
    "#]],
    );
}

#[test]
fn a_wrong_filter_is_shown_in_folded_and_plain_text_too() {
    check(
        &filter(">-\n      (&(mail=*)\n      (title))"),
        expect![[r#"
        error: not an LDAP filter: a condition without `=`
          --> a.yaml:11:10
           |
        11 |         (title))
           |          ^^^^^
           |
           = hint: write (title=*) for any value
    "#]],
    );
    check(
        &filter("(mail=*"),
        expect![[r#"
        error: not an LDAP filter: an opening bracket that is not closed
         --> a.yaml:9:15
          |
        9 |       filter: (mail=*
          |               ^
          |
          = hint: the filter has 1 opening and 0 closing brackets
    "#]],
    );
    check(
        &filter("\"\""),
        expect![[r#"
        error: not an LDAP filter: a filter starts with an opening bracket
         --> a.yaml:9:16
          |
        9 |       filter: ""
          |                ^
          |
          = hint: write (mail=*)
    "#]],
    );
}

#[test]
fn a_wrong_expression_is_shown_where_it_goes_wrong() {
    let flow = |value: &str| {
        manifest("AttributeFlow", &format!("object: user\nflows:\n- {{to: city, value: {value}}}"))
    };
    check(
        &flow("'ad.l + '"),
        expect![[r#"
        error: not an expression: the expression ends too early
         --> a.yaml:7:31
          |
        7 |   - {to: city, value: 'ad.l + '}
          |                               ^
          |
          = hint: a value, a closing bracket or a closing quote is missing
    "#]],
    );
    check(
        &flow("'lower(ad.l)'"),
        expect![[r#"
        error: not an expression: `lower` is not called like this
         --> a.yaml:7:24
          |
        7 |   - {to: city, value: 'lower(ad.l)'}
          |                        ^^^^^
          |
          = hint: write text.lower()
    "#]],
    );
    check(
        &flow("\"ad.l + \\\"x\\\" + title\""),
        expect![[r#"
        error: not an expression: `title` is not known
         --> a.yaml:7:39
          |
        7 |   - {to: city, value: "ad.l + \"x\" + title"}
          |                                       ^^^^^
          |
          = hint: write ad.title for the attribute
    "#]],
    );
    check(
        &flow("'loweer(ad.l)'"),
        expect![[r#"
        error: not an expression: there is no function `loweer`
         --> a.yaml:7:24
          |
        7 |   - {to: city, value: 'loweer(ad.l)'}
          |                        ^^^^^^
          |
          = hint: did you mean `lower`? Write text.lower()
    "#]],
    );
}
