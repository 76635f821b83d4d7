//! LDIF: what is read, and what is said about what cannot be.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use expect_test::{Expect, expect};
use proptest::prelude::*;
use samesign::wire::ldif::{LdifError, Parser, Record};

fn parse(bytes: &[u8], step: usize) -> (Vec<Record>, Result<(), LdifError>) {
    let mut records = Vec::new();
    let mut parser = Parser::default();
    for chunk in bytes.chunks(step) {
        if let Err(error) = parser.push(chunk, &mut records) {
            return (records, Err(error));
        }
    }
    let end = parser.finish(&mut records);
    (records, end)
}

/// Prints what is read, and checks that it does not depend on where the pieces are cut.
#[expect(clippy::needless_pass_by_value, reason = "so that `expect!` stands at the call")]
#[track_caller]
fn check(text: &[u8], expected: Expect) {
    let whole = parse(text, text.len().max(1));
    assert_eq!(whole, parse(text, 1), "byte by byte");
    let mut said = String::new();
    for record in &whole.0 {
        writeln!(said, "{} {}", record.line, record.dn).unwrap();
        for it in &record.values {
            writeln!(said, "  {} {}={}", it.line, it.name, it.value.escape_ascii()).unwrap();
        }
    }
    if let Err(error) = whole.1 {
        writeln!(said, "{error}\nhint: {}", error.hint().unwrap_or("-")).unwrap();
    }
    expected.assert_eq(&said);
}

#[test]
fn records_are_read_with_folds_comments_base64_and_options() {
    check(
        b"\xef\xbb\xbfversion: 1\r\n# a comment\r\n  that goes on\r\n\r\ndn: CN=Ada,\r\n DC=corp\r\n\
          cn:Ada\r\nsn:   Love\r\n lace \r\nuserCertificate;binary:: AP8=\r\ncn;lang-de: Adelheid\r\n\
          description:\r\n\r\n\r\ndn:: Q049w4QsREM9YQ==\r\ncn: x\r\n",
        expect![[r#"
            5 CN=Ada,DC=corp
              7 cn=Ada
              8 sn=Lovelace 
              10 userCertificate=\x00\xff
              12 description=
            15 CN=Ä,DC=a
              16 cn=x
        "#]],
    );
}

#[test]
fn the_output_of_search_tools_is_read() {
    check(
        b"# extended LDIF\n#\n# LDAPv3\n\n# Ada, corp\ndn: CN=Ada\ncn: Ada\n\n# search reference\nref: ldap://x/DC=y\n\n\
          # search result\nsearch: 2\nresult: 0 Success\ncontrol: 1.2.840.113556.1.4.319 false MAUCAQAEAA==\n\
          pagedresults: cookie=\n\n# numResponses: 2\n# numEntries: 1\n",
        expect![[r#"
            6 CN=Ada
              7 cn=Ada
        "#]],
    );
    check(
        b"# record 1\ndn: CN=Ada\ncn: Ada\n\n# Referral\nref: ldap://x/y\n\n# returned 2 records\n",
        expect![[r#"
            2 CN=Ada
              3 cn=Ada
        "#]],
    );
    check(
        b"dn: CN=Ada\ncn: Ada\n\nsearch: 2\nresult: 4 Size limit exceeded\n",
        expect![[r#"
        1 CN=Ada
          2 cn=Ada
        line 5: the search that wrote this file ended with `4 Size limit exceeded`: entries are missing
        hint: export with paging: `ldapsearch -E pr=1000/noprompt`
    "#]],
    );
}

#[test]
fn an_empty_file_has_no_records() {
    check(b"", expect![[r#""#]]);
    check(b"\n\n# nothing", expect![[r#""#]]);
}

#[test]
fn what_is_no_content_record_is_refused_with_its_line() {
    for text in [
        &b"dn: a=b\nchangetype: modify\nreplace: cn\n"[..],
        b"dn: a=b\ncontrol: 1.2.3\n",
        b"dn: a=b\nmember;range=0-1499: c=d\n",
        b"dn: a=b\njpegPhoto:< file:///tmp/x\n",
        b"cn: x\n",
        b"dn: a=b\ncn: x\ndn: c=d\n",
        b"version: 2\n",
    ] {
        let error = parse(text, 7).1.unwrap_err();
        assert!(error.line == 2 || error.line == 3 || text.len() < 12, "{error}");
    }
    check(
        b"dn: a=b\ncn: x\n\ndn: c=d\nchangetype: delete\n",
        expect![[r#"
            1 a=b
              2 cn=x
            line 5: a record with `changetype:` changes an entry instead of describing it
            hint: this is a change file, as `ldifde` writes; export the directory with `ldapsearch -LLL` or `ldbsearch`
        "#]],
    );
    check(
        b"\xff\xfed\0n\0",
        expect![[r#"
        line 1: the file is UTF-16
        hint: convert it: iconv -f UTF-16 -t UTF-8
    "#]],
    );
    check(
        b"dn: a=b\nno colon here\n",
        expect![[r#"
        line 2: neither an attribute, a comment nor the continuation of a line
        hint: -
    "#]],
    );
    check(
        b"dn: a=b\ncn:: !!\n",
        expect![[r#"
        line 2: the value of `cn` is not base64
        hint: -
    "#]],
    );
    check(
        b"dn: CN=\xfc\ncn: x\n",
        expect![[r#"
        line 1: the dn is not UTF-8
        hint: export in UTF-8: `ldifde -u` writes UTF-16, `ldapsearch` UTF-8
    "#]],
    );
    check(
        b" folded\n",
        expect![[r#"
        line 1: a line that starts with a blank, and no line before it
        hint: -
    "#]],
    );
    check(
        b"dn: a=b\n\xc3\xa4: x\n",
        expect![[r#"
        line 2: not an attribute name before the colon
        hint: -
    "#]],
    );
}

#[test]
fn a_file_that_ends_too_early_is_no_whole_file() {
    check(
        b"dn: a=b\ncn: x\n\ndn: c=d\ncn: ha",
        expect![[r#"
        1 a=b
          2 cn=x
        line 5: the file ends in the middle of a record
        hint: export it again; if it is whole, end its last line with a line break
    "#]],
    );
    check(
        b"dn: a=b\ncn: x\n\ndn: c=d\n",
        expect![[r#"
        1 a=b
          2 cn=x
        line 5: the file ends in the middle of a record
        hint: export it again; if it is whole, end its last line with a line break
    "#]],
    );
}

/// A name, and attributes with their values.
type Plain = (String, Vec<(String, Vec<u8>)>);

/// Prints records in one of the forms that LDIF allows.
fn print(records: &[Plain], fold: usize, end: &str) -> Vec<u8> {
    let mut text = String::new();
    for (dn, values) in records {
        let lines = [("dn".to_owned(), dn.as_bytes().to_vec())];
        for (name, value) in lines.iter().chain(values) {
            let plain = std::str::from_utf8(value)
                .ok()
                .filter(|it| it.bytes().all(|it| (33..127).contains(&it)) && !it.starts_with([':', '<']));
            let line = match plain {
                Some(plain) => format!("{name}: {plain}"),
                None => format!("{name}:: {}", STANDARD.encode(value)),
            };
            let mut rest = line.as_str();
            while fold < rest.len() {
                write!(text, "{}{end} ", &rest[..fold]).unwrap();
                rest = &rest[fold..];
            }
            write!(text, "{rest}{end}").unwrap();
        }
        text.push_str(end);
    }
    text.into_bytes()
}

fn records() -> impl Strategy<Value = Vec<Plain>> {
    let value = ("[a-zA-Z][a-zA-Z0-9-]{0,6}", prop::collection::vec(any::<u8>(), 0..60))
        .prop_filter("not a keyword", |(name, _)| {
            !["dn", "control", "changetype"].iter().any(|it| it.eq_ignore_ascii_case(name))
        });
    prop::collection::vec(("\\PC{1,30}", prop::collection::vec(value, 1..5)), 0..5)
}

proptest! {
    #[test]
    fn what_is_printed_reads_as_the_same_records(
        records in records(), fold in 8_usize..90, windows: bool, step in 1_usize..50,
    ) {
        let text = print(&records, fold, if windows { "\r\n" } else { "\n" });
        let (read, end) = parse(&text, step);
        prop_assert_eq!(end, Ok(()));
        let read: Vec<_> = read
            .into_iter()
            .map(|it| (it.dn, it.values.into_iter().map(|it| (it.name, it.value)).collect::<Vec<_>>()))
            .collect();
        prop_assert_eq!(read, records);
    }

    #[test]
    fn nothing_panics_on_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200), step in 1_usize..40) {
        let _ignored = parse(&bytes, step);
    }

    #[test]
    fn nothing_panics_on_what_looks_like_ldif(
        text in "(dn|cn|ref|version|result|member;range=0-1)?(:|::|:<)?( |\n|\r\n|# |a=b|AA==|1|\n ){0,40}", step in 1_usize..40,
    ) {
        let whole = parse(text.as_bytes(), text.len().max(1));
        prop_assert_eq!(whole, parse(text.as_bytes(), step));
    }
}
