//! Expressions: what they come to, and what is said about those that cannot be read.

use std::fmt::Write;

use expect_test::{Expect, expect};
use samesign::model::AttributeNamesBuilder;
use samesign::policy::{Evaluated, Expression};

use super::company::{ADA, EVERYBODY, company};

/// Evaluates expressions on Ada and prints what they come to.
#[expect(clippy::needless_pass_by_value, reason = "so that `expect!` stands at the call")]
#[track_caller]
fn check(expressions: &[&str], expected: Expect) {
    let mut said = String::new();
    for text in expressions {
        let mut names = AttributeNamesBuilder::new();
        let compiled = Expression::compile(text, &mut names).unwrap_or_else(|it| panic!("{text}: {it:?}"));
        let objects = company(names);
        match compiled.evaluate(&objects.named(ADA)) {
            Ok(value) => writeln!(said, "{text}\n  {value:?}").unwrap(),
            Err(error) => writeln!(said, "{text}\n  error: {error}").unwrap(),
        }
    }
    expected.assert_eq(&said);
}

#[expect(clippy::needless_pass_by_value, reason = "so that `expect!` stands at the call")]
#[track_caller]
fn refused(expressions: &[&str], expected: Expect) {
    let mut said = String::new();
    for text in expressions {
        let error = Expression::compile(text, &mut AttributeNamesBuilder::new()).unwrap_err();
        let marked = text.get(error.span.clone()).unwrap_or("(not at a character)");
        let hint = error.hint.as_deref().unwrap_or("-");
        writeln!(said, "{text}\n  [{marked}] {error}\n  hint: {hint}").unwrap();
    }
    expected.assert_eq(&said);
}

#[test]
fn attributes_have_the_type_of_their_syntax() {
    check(
        &[
            "ad.givenName + \".\" + ad.sn",
            "ad.GIVENNAME",
            "ad[\"displayName\"]",
            "ad.userAccountControl",
            "ad.userAccountControl % 4 == 2",
            "ad.msExchHideFromAddressLists",
            "ad.proxyAddresses",
            "ad.proxyAddresses[0]",
            "ad.objectGUID",
            "ad.objectSid",
            "ad.manager",
            "ad.whenChanged",
            "ad.employeeNumber",
            "has(ad.thumbnailPhoto)",
            "1.5 < 2.0",
        ],
        expect![[r#"
            ad.givenName + "." + ad.sn
              Text("Ada.Lovelace")
            ad.GIVENNAME
              Text("Ada")
            ad["displayName"]
              Text("Ada Lövelace (Ä)")
            ad.userAccountControl
              Text("514")
            ad.userAccountControl % 4 == 2
              Switch(true)
            ad.msExchHideFromAddressLists
              Switch(true)
            ad.proxyAddresses
              TextList(["SMTP:ada@example.com", "smtp:lovelace@example.com"])
            ad.proxyAddresses[0]
              Text("SMTP:ada@example.com")
            ad.objectGUID
              Text("12345678-9abc-def0-1122-334455667788")
            ad.objectSid
              Text("S-1-5-21-500")
            ad.manager
              Text("CN=Charles,OU=Staff,DC=corp,DC=example")
            ad.whenChanged
              Text("20261122091400.0Z")
            ad.employeeNumber
              Text("007")
            has(ad.thumbnailPhoto)
              Switch(true)
            1.5 < 2.0
              Switch(true)
        "#]],
    );
}

#[test]
fn what_is_missing_is_missing() {
    check(
        &[
            "has(ad.c) ? ad.c : \"GB\"",
            "ad.c",
            "ad.c + \"x\"",
            "ad.c == \"x\" && true",
            "ad.c.lower().trim()",
            "ad.?c.orValue(\"GB\")",
            "ad.?c",
            "ad.?sn",
            "ad[?\"sn\"].orValue(\"x\")",
            "null",
            "has(ad.sn) && has(ad.memberOf)",
            "has(ad.otherTelephone) ? ad.otherTelephone : []",
        ],
        expect![[r#"
            has(ad.c) ? ad.c : "GB"
              Text("GB")
            ad.c
              Missing
            ad.c + "x"
              Missing
            ad.c == "x" && true
              Missing
            ad.c.lower().trim()
              Missing
            ad.?c.orValue("GB")
              Text("GB")
            ad.?c
              Missing
            ad.?sn
              Text("Lovelace")
            ad[?"sn"].orValue("x")
              Text("Lovelace")
            null
              Missing
            has(ad.sn) && has(ad.memberOf)
              Switch(true)
            has(ad.otherTelephone) ? ad.otherTelephone : []
              TextList([])
        "#]],
    );
}

#[test]
fn groups_are_followed() {
    check(
        &[
            &format!("memberOf(\"{EVERYBODY}\") ? \"E3\" : \"F1\""),
            "memberOf('CN=Nobody,DC=corp') || !memberOf('cn=everybody, ou=groups, dc=corp, dc=example')",
        ],
        expect![[r#"
            memberOf("CN=Everybody,OU=Groups,DC=corp,DC=example") ? "E3" : "F1"
              Text("E3")
            memberOf('CN=Nobody,DC=corp') || !memberOf('cn=everybody, ou=groups, dc=corp, dc=example')
              Switch(false)
        "#]],
    );
}

#[test]
fn text_functions_know_unicode_where_they_say_so() {
    check(
        &[
            "ad.displayName.lowerAscii()",
            "ad.displayName.upper()",
            "ad.displayName.upperAscii().lower()",
            "'  x '.trim() + '|'",
            "'a-b-c'.replace('-', '')",
            "'a,b,c'.split(',')",
            "'äbc'.split('')",
            "ad.mail.split('@')[0]",
            "['a', 'b'].join('; ')",
            "'äbc'.substring(1) + 'äbc'.substring(0, 1) + 'äbc'.charAt(0)",
            "'abcabc'.indexOf('c') + 'abcabc'.lastIndexOf('c')",
            "ad.mail.matches('^[a-z]+@example[.]com$')",
            "ad.mail.startsWith('ada') && ad.mail.endsWith('.com') && ad.mail.contains('@')",
            "size(ad.sn) + ad.proxyAddresses.size()",
            "string(ad.userAccountControl) + 'x'",
            "int('007') + 1",
            "ad.proxyAddresses.filter(x, x.startsWith('SMTP:')).map(x, x.substring(5))",
            "ad.proxyAddresses.exists(x, x == 'smtp:lovelace@example.com')",
            "'SMTP:ada@example.com' in ad.proxyAddresses",
            "{'Lovelace': 'R&D'}[ad.sn]",
        ],
        expect![[r#"
            ad.displayName.lowerAscii()
              Text("ada lövelace (Ä)")
            ad.displayName.upper()
              Text("ADA LÖVELACE (Ä)")
            ad.displayName.upperAscii().lower()
              Text("ada lövelace (ä)")
            '  x '.trim() + '|'
              Text("x|")
            'a-b-c'.replace('-', '')
              Text("abc")
            'a,b,c'.split(',')
              TextList(["a", "b", "c"])
            'äbc'.split('')
              TextList(["ä", "b", "c"])
            ad.mail.split('@')[0]
              Text("ada")
            ['a', 'b'].join('; ')
              Text("a; b")
            'äbc'.substring(1) + 'äbc'.substring(0, 1) + 'äbc'.charAt(0)
              Text("bcää")
            'abcabc'.indexOf('c') + 'abcabc'.lastIndexOf('c')
              Text("7")
            ad.mail.matches('^[a-z]+@example[.]com$')
              Switch(true)
            ad.mail.startsWith('ada') && ad.mail.endsWith('.com') && ad.mail.contains('@')
              Switch(true)
            size(ad.sn) + ad.proxyAddresses.size()
              Text("10")
            string(ad.userAccountControl) + 'x'
              Text("514x")
            int('007') + 1
              Text("8")
            ad.proxyAddresses.filter(x, x.startsWith('SMTP:')).map(x, x.substring(5))
              TextList(["ada@example.com"])
            ad.proxyAddresses.exists(x, x == 'smtp:lovelace@example.com')
              Switch(true)
            'SMTP:ada@example.com' in ad.proxyAddresses
              Switch(true)
            {'Lovelace': 'R&D'}[ad.sn]
              Text("R&D")
        "#]],
    );
}

#[test]
fn failures_on_one_object_hold_none_of_its_values() {
    check(
        &[
            "ad.sn + 1",
            "ad.badPwdCount + 1",
            "ad.sn.substring(100)",
            "int(ad.sn)",
            "1 / (ad.userAccountControl - 514)",
            "ad.sn < 5",
            "ad.sn ? 'a' : 'b'",
            "ad.proxyAddresses[7]",
            "ad.userAccountControl.trim()",
            "{'a': 1}",
            "1.5",
            "[[1]]",
            "9223372036854775807 + ad.userAccountControl",
        ],
        expect![[r#"
            ad.sn + 1
              error: `+` does not take (string, int): turn numbers into text with string(…)
            ad.badPwdCount + 1
              error: `badPwdCount` is not a number
            ad.sn.substring(100)
              error: `substring` does not work on these values
            int(ad.sn)
              error: `int` does not work on these values
            1 / (ad.userAccountControl - 514)
              error: division by zero
            ad.sn < 5
              error: `<` does not take (string, int)
            ad.sn ? 'a' : 'b'
              error: a bool is needed, not a string
            ad.proxyAddresses[7]
              error: an index is beyond the end of its list
            ad.userAccountControl.trim()
              error: `trim` does not take (int)
            {'a': 1}
              error: it came to a value of type map, which no property takes
            1.5
              error: it came to a value of type float, which no property takes
            [[1]]
              error: it came to a value of type list, which no property takes
            9223372036854775807 + ad.userAccountControl
              error: `+` overflows
        "#]],
    );
}

#[test]
fn unknown_names_are_found_when_the_text_is_read() {
    refused(
        &[
            "givenName + ad.sn",
            "add.sn",
            "ad.sn.lowerASCI()",
            "lower(ad.sn)",
            "ad.sn.replace('a')",
            "trim",
            "ad.sn.format([1])",
            "lists.range(1000000000)",
        ],
        expect![[r#"
            givenName + ad.sn
              [givenName] `givenName` is not known
              hint: write ad.givenName for the attribute
            add.sn
              [add] `add` is not known
              hint: did you mean `ad`? Write ad.name
            ad.sn.lowerASCI()
              [lowerASCI] there is no function `lowerASCI`
              hint: did you mean `lowerAscii`? Write text.lowerAscii()
            lower(ad.sn)
              [lower] `lower` is not called like this
              hint: write text.lower()
            ad.sn.replace('a')
              [replace] `replace` is not called like this
              hint: write text.replace("old", "new")
            trim
              [trim] `trim` is not known
              hint: write text.trim()
            ad.sn.format([1])
              [format] there is no function `format`
              hint: there are all, charAt, contains, double, endsWith, exists, exists_one, filter, has, hasValue, indexOf, int, join, lastIndexOf, lower, lowerAscii, map, matches, memberOf, or, orValue, replace, reverse, size, split, startsWith, string, substring, trim, upper, upperAscii
            lists.range(1000000000)
              [range] there is no function `range`
              hint: there are all, charAt, contains, double, endsWith, exists, exists_one, filter, has, hasValue, indexOf, int, join, lastIndexOf, lower, lowerAscii, map, matches, memberOf, or, orValue, replace, reverse, size, split, startsWith, string, substring, trim, upper, upperAscii
        "#]],
    );
}

#[test]
fn attributes_and_groups_are_named_plainly() {
    refused(
        &[
            "ad",
            "has(ad)",
            "ad[ad.sn]",
            "ad['a b']",
            "ad.memberOf",
            "ad.thumbnailPhoto",
            "memberOf(ad.sn)",
            "memberOf('Staff')",
        ],
        expect![[r#"
            ad
              [ad] `ad` is not a value by itself
              hint: write ad.name or ad["name"]
            has(ad)
              [ad] `ad` does not belong here
              hint: -
            ad[ad.sn]
              [.] the name of an attribute must be plain text
              hint: write ad["name"] with the name of one attribute
            ad['a b']
              ['a b'] `a b` is not an attribute name
              hint: a name has letters, digits and hyphens
            ad.memberOf
              [memberOf] `memberOf` cannot be read in an expression
              hint: ask memberOf("CN=Staff,OU=Groups,DC=corp,DC=example"), which follows nested groups
            ad.thumbnailPhoto
              [thumbnailPhoto] `thumbnailPhoto` holds bytes, not text
              hint: ask has(ad.thumbnailPhoto)
            memberOf(ad.sn)
              [.] the name of a group must be plain text
              hint: write memberOf("CN=Staff,OU=Groups,DC=corp,DC=example")
            memberOf('Staff')
              ['Staff'] not a distinguished name: a component without `=` at character 1
              hint: write memberOf("CN=Staff,OU=Groups,DC=corp,DC=example")
        "#]],
    );
}

#[test]
fn what_the_language_has_but_flows_do_not_need_is_refused() {
    refused(
        &["ad.sn.matches('(')", "ad.sn.matches(ad.mail)", "Foo{a: 1}", "b'abc'"],
        expect![[r#"
        ad.sn.matches('(')
          ['('] the pattern is no regular expression, or too big
          hint: write a regular expression in RE2 syntax, such as "^[A-Z]+$"
        ad.sn.matches(ad.mail)
          [.] a pattern must be plain text
          hint: write text.matches("^[A-Z]+$")
        Foo{a: 1}
          [{] there are no message types
          hint: write a value
        b'abc'
          [b'abc'] bytes are not supported
          hint: write text in quotes
    "#]],
    );
}

#[test]
fn syntax_errors_say_where() {
    refused(
        &[
            "",
            "ad.sn +",
            "ad.sn = 'x'",
            "'ää' + ad.sn and true",
            "\u{201c}GB\u{201d}",
            "(ad.sn",
            "ad.sn)",
            "'open",
            "if ad.sn then 1",
            "'é' +\n ad..sn",
        ],
        expect![[r#"

              [] the expression ends too early
              hint: a value, a closing bracket or a closing quote is missing
            ad.sn +
              [] the expression ends too early
              hint: a value, a closing bracket or a closing quote is missing
            ad.sn = 'x'
              [=] `=` does not belong here
              hint: compare with ==
            'ää' + ad.sn and true
              [and] `and` does not belong here
              hint: write &&
            “GB”
              [“] `“` does not belong here
              hint: use plain quotes: " or '
            (ad.sn
              [] the expression ends too early
              hint: a value, a closing bracket or a closing quote is missing
            ad.sn)
              [)] `)` does not belong here
              hint: -
            'open
              ['] `'` does not belong here
              hint: close the quote
            if ad.sn then 1
              [if] `if` does not belong here
              hint: write condition ? value : other
            'é' +
             ad..sn
              [.] `.` does not belong here
              hint: -
        "#]],
    );
}

#[test]
fn what_could_run_away_is_refused() {
    let long = format!("'{}'", "x".repeat(2_100));
    let deep = vec!["1"; 300].join("+");
    let nested = format!("{}1{}", "(".repeat(300), ")".repeat(300));
    for text in [&long, &deep, &nested, &"[".repeat(900), &"!".repeat(2_000), &"a?1:".repeat(400)] {
        assert!(Expression::compile(text, &mut AttributeNamesBuilder::new()).is_err(), "{text}");
    }
    refused(
        &[
            "ad.proxyAddresses.map(x, ad.otherMailbox.exists(y, x == y))",
            "[1].map(x, [x, x]).map(x, [x, x])",
            "[1].map(x, {'a': x})",
            "[1].map(ad, 1)",
        ],
        expect![[r#"
            ad.proxyAddresses.map(x, ad.otherMailbox.exists(y, x == y))
              [exists] map, filter, all and exists cannot stand inside of each other
              hint: use contains, startsWith or `in` on the inner list
            [1].map(x, [x, x]).map(x, [x, x])
              [x] inside of map, filter and the like, lists and maps hold only plain values
              hint: build the list outside
            [1].map(x, {'a': x})
              [x] inside of map, filter and the like, lists and maps hold only plain values
              hint: build the list outside
            [1].map(ad, 1)
              [map] `ad` is the object
              hint: give the variable another name
        "#]],
    );
}

#[test]
fn texts_and_lists_stay_bounded() {
    let double = "['x'.replace('x', 'xxxxxxxxxxxxxxxx')]".to_owned()
        + &".map(x, x.replace('x', 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'))".repeat(8);
    let lists = "[[1,2,3,4,5,6,7,8]]".to_owned() + &".map(x, x+x+x+x+x+x+x+x)".repeat(8) + "[0]";
    let added = "['x']".to_owned() + &".map(x, x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x)".repeat(8) + "[0]";
    for text in [double, lists, added] {
        let mut names = AttributeNamesBuilder::new();
        let compiled = Expression::compile(&text, &mut names).unwrap();
        let error = compiled.evaluate(&company(names).named(ADA)).unwrap_err();
        assert!(error.reason.contains("makes more than"), "{error}");
    }
}

#[test]
fn the_deepest_expression_fits_into_the_stack_of_a_worker() {
    let sum = vec!["1"; 99].join("+");
    let calls = "'a'".to_owned() + &".trim()".repeat(98);
    let worker = std::thread::Builder::new().stack_size(1 << 20).spawn(move || {
        for text in [sum, calls] {
            let mut names = AttributeNamesBuilder::new();
            let compiled = Expression::compile(&text, &mut names).unwrap();
            assert!(matches!(compiled.evaluate(&company(names).named(ADA)), Ok(Evaluated::Text(_))));
        }
    });
    worker.unwrap().join().unwrap();
}

#[test]
fn a_compiled_expression_is_shared_between_threads() {
    fn shared<T: Send + Sync + Clone + 'static>() {}
    shared::<Expression>();
}
