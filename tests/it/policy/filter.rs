//! Filters: what they match, and what is said about those that cannot be read.

use std::fmt::Write;

use expect_test::{Expect, expect};
use samesign::model::{AttributeNamesBuilder, well_known};
use samesign::policy::{Filter, Truth};

use super::company::{ADA, EVERYBODY, STAFF, company};

#[track_caller]
fn check_object(dn: &str, filter: &str, expected: Truth) {
    let mut names = AttributeNamesBuilder::new();
    let parsed = Filter::parse(filter, &mut names).unwrap_or_else(|it| panic!("{filter}: {it} {it:?}"));
    let objects = company(names);
    assert_eq!(parsed.evaluate(&objects.named(dn)), expected, "{filter}");
}

#[track_caller]
fn check(expected: Truth, filters: &[&str]) {
    for filter in filters {
        check_object(ADA, filter, expected);
    }
}

#[test]
fn text_compares_without_case_and_accents() {
    check(
        Truth::True,
        &[
            "(sn=LOVELACE)",
            "(SN~=lovelace)",
            "(displayName=ada lovelace \\28A\\29)",
            "(displayName=ADA L\u{d6}VELACE \\28\\c3\\a4\\29)",
            "(displayName=*\u{f6}vel*)",
            "(mail=ada@*)",
            "(mail=*@EXAMPLE.com)",
            "(mail=a*@*.c*m)",
            "(sn=lo*ve*ce)",
            "(sn>=lov)",
            "(sn<=M)",
            "(proxyAddresses=smtp:LOVELACE@example.com)",
            "(proxyAddresses=smtp:l*)",
            "(employeeNumber=007)",
            "( & ( sn=Lovelace) \n (mail=*) )",
        ],
    );
    check(
        Truth::False,
        &["(sn=Love)", "(sn=*x*)", "(sn=love*love*)", "(sn=*ace*e)", "(employeeNumber=7)", "(sn>=m)"],
    );
}

#[test]
fn case_counts_where_the_schema_says_so() {
    check(Truth::True, &["(unixHomeDirectory=/home/Ada)", "(unixHomeDirectory=/home/A*)"]);
    check(Truth::False, &["(unixHomeDirectory=/home/ada)", "(unixHomeDirectory=*/ada)"]);
}

#[test]
fn numbers_bits_booleans_and_times_compare_by_value() {
    check(
        Truth::True,
        &[
            "(userAccountControl=514)",
            "(userAccountControl>=99)",
            "(userAccountControl:1.2.840.113556.1.4.803:=2)",
            "(userAccountControl:1.2.840.113556.1.4.803:=514)",
            "(userAccountControl:1.2.840.113556.1.4.804:=3)",
            "(accountExpires=9223372036854775807)",
            "(!(accountExpires<=134082432000000000))",
            "(msExchHideFromAddressLists=true)",
            "(whenChanged>=20260101000000.0Z)",
            "(!(whenChanged<=20260101000000Z))",
        ],
    );
    check(
        Truth::False,
        &["(userAccountControl:1.2.840.113556.1.4.803:=3)", "(userAccountControl:1.2.840.113556.1.4.804:=1)"],
    );
    check_object(STAFF, "(groupType:1.2.840.113556.1.4.803:=2147483648)", Truth::True);
    check_object(STAFF, "(groupType=-2147483646)", Truth::True);
}

#[test]
fn identities_match_as_text_and_as_bytes() {
    check(
        Truth::True,
        &[
            "(objectGUID=12345678-9abc-def0-1122-334455667788)",
            r"(objectGUID=\78\56\34\12\bc\9a\f0\de\11\22\33\44\55\66\77\88)",
            "(objectSid=S-1-5-21-500)",
            r"(objectSid=\01\02\00\00\00\00\00\05\15\00\00\00\f4\01\00\00)",
            r"(thumbnailPhoto=\ff\d8\00)",
        ],
    );
}

#[test]
fn links_are_followed() {
    check(
        Truth::True,
        &[
            &format!("(memberOf={STAFF})").to_uppercase(),
            &format!("(memberOf:1.2.840.113556.1.4.1941:={EVERYBODY})"),
            &format!("(!(memberOf={EVERYBODY}))"),
            "(manager=cn=charles, ou=staff, dc=corp, dc=example)",
            "(memberOf=*)",
            "(objectCategory=person)",
            "(objectCategory=USER)",
            "(objectCategory=cn=person,cn=schema,cn=configuration,dc=corp,dc=example)",
            "(distinguishedName=CN=Lovelace\\5c, Ada,OU=Staff,DC=corp,DC=example)",
        ],
    );
    check(Truth::False, &["(objectCategory=group)", "(member=*)", "(directReports=*)"]);
    check_object(STAFF, "(member=CN=Lovelace\\5c2C Ada,OU=Staff,DC=corp,DC=example)", Truth::True);
}

#[test]
fn absence_is_false_and_its_negation_true_as_in_active_directory() {
    check(Truth::False, &["(title=x)", "(title=*)", "(title>=a)", "(|)", "(|(title=x)(title=y))"]);
    check(Truth::True, &["(!(title=x))", "(!(title=*))", "(&)", "(&(!(title=x))(sn=*))"]);
}

#[test]
fn what_cannot_be_decided_does_not_match_and_neither_does_its_negation() {
    check(
        Truth::Undefined,
        &["(badPwdCount=3)", "(!(badPwdCount=3))", "(&(sn=*)(badPwdCount=3))", "(|(sn=x)(badPwdCount=3))"],
    );
    check(Truth::True, &["(|(badPwdCount=3)(sn=*))", "(!(&(badPwdCount=3)(sn=x)))"]);
}

#[test]
fn a_filter_notes_the_attributes_that_it_asks_for() {
    let mut names = AttributeNamesBuilder::new();
    Filter::parse("(&(MAIL=*)(extensionAttribute7=x)(!(employeeType=y)))", &mut names).unwrap();
    let names = names.finish();
    assert_eq!(names.id("mail"), Some(well_known::MAIL));
    assert!(names.id("extensionattribute7").is_some());
    assert!(names.id("employeetype").is_some());
}

#[expect(clippy::needless_pass_by_value, reason = "so that `expect!` stands at the call")]
#[track_caller]
fn refused(filters: &[&str], expected: Expect) {
    let mut said = String::new();
    for filter in filters {
        let error = Filter::parse(filter, &mut AttributeNamesBuilder::new()).unwrap_err();
        let marked = filter.get(error.span.clone()).unwrap_or("(not at a character)");
        let hint = error.hint.as_deref().unwrap_or("-");
        writeln!(said, "{filter}\n  [{marked}] {error}\n  hint: {hint}").unwrap();
    }
    expected.assert_eq(&said);
}

#[test]
fn brackets_that_do_not_fit_are_explained() {
    refused(
        &[
            "",
            "mail=*",
            "(mail=*",
            "(mail=*))",
            "(&(mail=*)(sn=*)",
            "()",
            "((mail=*))",
            "(mail=*)(sn=*)",
            "(&mail=*)",
        ],
        expect![[r#"

              [] a filter starts with an opening bracket
              hint: write (mail=*)
            mail=*
              [mail=*] a filter starts with an opening bracket
              hint: write (mail=*)
            (mail=*
              [(] an opening bracket that is not closed
              hint: the filter has 1 opening and 0 closing brackets
            (mail=*))
              [)] a closing bracket without an opening one
              hint: remove it
            (&(mail=*)(sn=*)
              [(] an opening bracket that is not closed
              hint: the filter has 3 opening and 2 closing brackets
            ()
              [()] nothing stands between the brackets
              hint: write (objectClass=*) for everything
            ((mail=*))
              [(] a bracket without an operator
              hint: write (&(…)(…)) for all of them, (|(…)(…)) for any of them, or one bracket less
            (mail=*)(sn=*)
              [(sn=*)] there is text after the end of the filter
              hint: join several conditions: (&(first)(second))
            (&mail=*)
              [mail=*] after `&` every condition stands in brackets of its own
              hint: write (&(mail=*))
        "#]],
    );
}

#[test]
fn operators_that_are_missing_are_explained() {
    refused(
        &["(mail)", "(=x)", "(!)", "(!(a=1)(b=2))", "(!mail=*)", "(mail=a(b)c)", "(ma il=x)", "(2.5.4.3=x)"],
        expect![[r#"
            (mail)
              [mail] a condition without `=`
              hint: write (mail=*) for any value
            (=x)
              [=] no attribute before `=`
              hint: write (attribute=value)
            (!)
              [!] `!` negates nothing
              hint: write (!(mail=*))
            (!(a=1)(b=2))
              [!(a=1)(b=2)] `!` negates exactly one filter
              hint: write (!(|(…)(…))) for none of them
            (!mail=*)
              [mail=*] after `!` every condition stands in brackets of its own
              hint: write (!(mail=*))
            (mail=a(b)c)
              [(] a bracket inside a value
              hint: close the condition first; in a value, write \28 for ( and \29 for )
            (ma il=x)
              [ma il] `ma il` is not an attribute name
              hint: a name has letters, digits and hyphens
            (2.5.4.3=x)
              [2.5.4.3] `2.5.4.3` is not an attribute name
              hint: write the attribute's name, such as cn, not its object identifier
        "#]],
    );
}

#[test]
fn values_that_can_never_match_are_explained() {
    refused(
        &[
            r"(cn=a\zz)",
            "(cn=a\\\u{e4}x)",
            r"(cn=\)",
            "(userAccountControl=disabled)",
            "(accountExpires<=2026-01-01)",
            "(isDeleted=yes)",
            "(objectGUID=1234)",
            "(objectSid=S-2-1)",
            "(memberOf=Staff)",
            "(memberOf=CN=Staff*)",
            "(memberOf>=CN=a)",
            "(whenCreated>=2026)",
            "(mail=)",
        ],
        expect![[r#"
            (cn=a\zz)
              [\z] a backslash without two hexadecimal digits
              hint: write \5c for a backslash, \2a for *, \28 for (, \29 for )
            (cn=a\äx)
              [\ä] a backslash without two hexadecimal digits
              hint: write \5c for a backslash, \2a for *, \28 for (, \29 for )
            (cn=\)
              [\] a backslash without two hexadecimal digits
              hint: write \5c for a backslash, \2a for *, \28 for (, \29 for )
            (userAccountControl=disabled)
              [disabled] `disabled` can never match `userAccountControl`
              hint: `userAccountControl` takes a decimal number
            (accountExpires<=2026-01-01)
              [2026-01-01] `2026-01-01` can never match `accountExpires`
              hint: times of this attribute are 100 ns steps since 1601, such as 134082432000000000
            (isDeleted=yes)
              [yes] `yes` can never match `isDeleted`
              hint: `isDeleted` takes TRUE or FALSE
            (objectGUID=1234)
              [1234] `1234` can never match `objectGUID`
              hint: `objectGUID` takes a GUID such as 12345678-9abc-def0-1122-334455667788, or its 16 bytes as \xx escapes
            (objectSid=S-2-1)
              [S-2-1] `S-2-1` can never match `objectSid`
              hint: `objectSid` takes a security identifier such as S-1-5-21-1-2-3-500, or its binary form as \xx escapes
            (memberOf=Staff)
              [Staff] `Staff` can never match `memberOf`
              hint: `memberOf` takes a whole distinguished name such as CN=Staff,OU=Groups,DC=corp,DC=example
            (memberOf=CN=Staff*)
              [CN=Staff*] `memberOf` cannot be matched in part
              hint: it takes a whole distinguished name such as CN=Staff,OU=Groups,DC=corp,DC=example; a literal * is written \2a
            (memberOf>=CN=a)
              [memberOf>=] `memberOf` has no order
              hint: use = instead
            (whenCreated>=2026)
              [2026] `2026` can never match `whenCreated`
              hint: `whenCreated` takes a time in UTC such as 20261122091400.0Z
            (mail=)
              [mail] an empty value can never match `mail`
              hint: `mail` takes text
        "#]],
    );
}

#[test]
fn what_is_not_supported_says_what_to_write_instead() {
    refused(
        &[
            "(ou:dn:=Staff)",
            "(anr=ada)",
            "(cn;lang-de=x)",
            "(cn:caseExactMatch:=x)",
            "(cn:1.2.840.113556.1.4.803:=2)",
            "(userAccountControl:1.2.840.113556.1.4.803:=0x2)",
            "(mail:1.2.840.113556.1.4.1941:=x)",
        ],
        expect![[r#"
            (ou:dn:=Staff)
              [ou:dn:] `:dn:` is not supported: Active Directory ignores it
              hint: use scope.bases to choose containers
            (anr=ada)
              [anr] ambiguous name resolution (anr) is not supported
              hint: name the attributes: (|(displayName=x*)(sn=x*)(givenName=x*)(sAMAccountName=x*))
            (cn;lang-de=x)
              [cn;lang-de] attribute options are not supported: `cn;lang-de`
              hint: Active Directory has no attribute options; leave out what follows the semicolon
            (cn:caseExactMatch:=x)
              [caseExactMatch] `caseExactMatch` is not a matching rule of Active Directory
              hint: it has 1.2.840.113556.1.4.803 (all bits), 1.2.840.113556.1.4.804 (any bit) and 1.2.840.113556.1.4.1941 (nested)
            (cn:1.2.840.113556.1.4.803:=2)
              [cn] `cn` is not a number, which the rule 1.2.840.113556.1.4.803 works on
              hint: it works on userAccountControl and groupType, for example
            (userAccountControl:1.2.840.113556.1.4.803:=0x2)
              [0x2] `0x2` is not a bit mask
              hint: write it in decimal: 2 is the bit of disabled accounts
            (mail:1.2.840.113556.1.4.1941:=x)
              [mail] `mail` is not a name, which the rule 1.2.840.113556.1.4.1941 works on
              hint: it works on memberOf, member and manager
        "#]],
    );
}

#[test]
fn depth_and_length_are_limited() {
    let parse = |text: &str| Filter::parse(text, &mut AttributeNamesBuilder::new());
    let nested = |depth: usize| format!("{}(a=1){}", "(!".repeat(depth), ")".repeat(depth));
    assert!(parse(&nested(99)).is_ok());
    assert!(parse(&nested(100)).unwrap_err().reason.contains("deeper"));
    assert!(parse(&nested(20_000)).is_err());
    assert!(parse(&format!("(a={})", "x".repeat(70_000))).unwrap_err().reason.contains("longer"));
}
