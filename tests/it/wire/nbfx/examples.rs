//! The examples of [MC-NBFX] section 3, with strings of the static dictionary.

use expect_test::{Expect, expect};
use samesign::wire::nbfx::{DateTime, Event, Limits, Reader, Tag, TimeSpan, Value, Writer};
use uuid::Uuid;

use super::tree::{Node, hex};

/// Examples with one element.
const EXAMPLES: &[(&str, &str)] = &[
    ("40 03 64 6F 63 01", "<doc></doc>"),
    ("02 07 63 6F 6D 6D 65 6E 74 40 03 64 6F 63 02 00 01 02 01 61", "<doc></doc>"),
    ("40 03 64 6F 63 04 04 61 74 74 72 84 01", r#"<doc attr="false"></doc>"#),
    ("40 03 64 6F 63 09 01 70 0A 68 74 74 70 3A 2F 2F 61 62 63 01", r#"<doc xmlns:p="http://abc"></doc>"#),
    (
        "40 03 64 6F 63 09 03 70 72 65 0A 68 74 74 70 3A 2F 2F 61 62 63 05 03 70 72 65 04 61 74 74 72 84 01",
        r#"<doc xmlns:pre="http://abc" pre:attr="false"></doc>"#,
    ),
    ("40 03 64 6F 63 08 0A 68 74 74 70 3A 2F 2F 61 62 63 01", r#"<doc xmlns="http://abc"></doc>"#),
    ("40 03 64 6F 63 0A 04 01", r#"<doc xmlns="http://www.w3.org/2003/05/soap-envelope"></doc>"#),
    ("40 03 64 6F 63 0B 01 70 04 01", r#"<doc xmlns:p="http://www.w3.org/2003/05/soap-envelope"></doc>"#),
    ("40 03 64 6F 63 06 08 86 01", r#"<doc Header="true"></doc>"#),
    (
        "40 03 64 6F 63 09 03 70 72 65 0A 68 74 74 70 3A 2F 2F 61 62 63 07 03 70 72 65 00 86 01",
        r#"<doc xmlns:pre="http://abc" pre:mustUnderstand="true"></doc>"#,
    ),
    (
        "40 03 64 6F 63 09 01 66 0A 68 74 74 70 3A 2F 2F 61 62 63 11 0A 98 05 68 65 6C 6C 6F 01",
        r#"<doc xmlns:f="http://abc" f:Action="hello"></doc>"#,
    ),
    (
        "40 03 64 6F 63 09 01 6B 0A 68 74 74 70 3A 2F 2F 61 62 63 30 04 61 74 74 72 86 01",
        r#"<doc xmlns:k="http://abc" k:attr="true"></doc>"#,
    ),
    (
        "40 03 64 6F 63 09 01 7A 0A 68 74 74 70 3A 2F 2F 61 62 63 3F 03 61 62 63 98 03 78 79 7A 01",
        r#"<doc xmlns:z="http://abc" z:abc="xyz"></doc>"#,
    ),
    (
        "41 03 70 72 65 03 64 6F 63 09 03 70 72 65 0A 68 74 74 70 3A 2F 2F 61 62 63 01",
        r#"<pre:doc xmlns:pre="http://abc"></pre:doc>"#,
    ),
    ("42 0E 01", "<Body></Body>"),
    (
        "43 03 70 72 65 0E 09 03 70 72 65 0A 68 74 74 70 3A 2F 2F 61 62 63 01",
        r#"<pre:Body xmlns:pre="http://abc"></pre:Body>"#,
    ),
    ("44 0A 09 01 61 0A 68 74 74 70 3A 2F 2F 61 62 63 01", r#"<a:Action xmlns:a="http://abc"></a:Action>"#),
    (
        "70 09 4D 79 4D 65 73 73 61 67 65 09 01 73 0A 68 74 74 70 3A 2F 2F 61 62 63 01",
        r#"<s:MyMessage xmlns:s="http://abc"></s:MyMessage>"#,
    ),
    ("40 03 61 62 63 81", "<abc>0</abc>"),
    ("40 03 61 62 63 83", "<abc>1</abc>"),
    ("40 03 61 62 63 85", "<abc>false</abc>"),
    ("40 03 61 62 63 87", "<abc>true</abc>"),
    ("42 9A 01 89 7F", "<Value>127</Value>"),
    ("40 03 64 6F 63 04 01 61 88 DE 01", r#"<doc a="-34"></doc>"#),
    ("40 03 64 6F 63 04 01 61 8A 00 80 01", r#"<doc a="-32768"></doc>"#),
    ("42 9A 01 8B FF 7F", "<Value>32767</Value>"),
    ("40 03 64 6F 63 04 01 61 8C 15 CD 5B 07 01", r#"<doc a="123456789"></doc>"#),
    ("42 9A 01 8D FF FF FF 7F", "<Value>2147483647</Value>"),
    ("40 03 64 6F 63 04 01 61 8E 00 00 00 80 00 00 00 00 01", r#"<doc a="2147483648"></doc>"#),
    ("42 9A 01 8F 00 00 00 00 00 01 00 00", "<Value>1099511627776</Value>"),
    ("40 03 64 6F 63 04 01 61 90 CD CC 8C 3F 01", r#"<doc a="1.1"></doc>"#),
    ("40 05 50 72 69 63 65 91 CD CC 01 42", "<Price>32.45</Price>"),
    ("40 03 64 6F 63 04 01 61 92 74 57 14 8B 0A BF 05 40 01", r#"<doc a="2.71828182845905"></doc>"#),
    ("40 02 50 49 93 11 2D 44 54 FB 21 09 40", "<PI>3.14159265358979</PI>"),
    (
        "40 03 64 6F 63 04 01 61 94 00 00 06 00 00 00 00 00 80 2D 4E 00 00 00 00 00 01",
        r#"<doc a="5.123456"></doc>"#,
    ),
    (
        "40 08 4D 61 78 56 61 6C 75 65 95 00 00 00 00 FF FF FF FF FF FF FF FF FF FF FF FF",
        "<MaxValue>79228162514264337593543950335</MaxValue>",
    ),
    (
        "40 03 64 6F 63 04 01 61 96 FF 3F 37 F4 75 28 CA 2B 01",
        r#"<doc a="9999-12-31T23:59:59.9999999"></doc>"#,
    ),
    ("42 0C 97 00 40 8E F9 5B 47 C8 08", "<To>2006-05-17T00:00:00</To>"),
    ("40 03 64 6F 63 98 05 68 65 6C 6C 6F 01", "<doc>hello</doc>"),
    ("40 01 61 99 05 68 65 6C 6C 6F", "<a>hello</a>"),
    ("40 01 61 9B 05 00 68 65 6C 6C 6F", "<a>hello</a>"),
    ("40 03 64 6F 63 9C 05 00 00 00 68 65 6C 6C 6F 01", "<doc>hello</doc>"),
    ("40 06 42 61 73 65 36 34 9F 08 00 01 02 03 04 05 06 07", "<Base64>AAECAwQFBgc=</Base64>"),
    ("40 03 64 6F 63 A0 08 00 00 01 02 03 04 05 06 07 01", "<doc>AAECAwQFBgc=</doc>"),
    ("40 06 42 61 73 65 36 34 A3 08 00 00 00 00 01 02 03 04 05 06 07", "<Base64>AAECAwQFBgc=</Base64>"),
    ("40 03 64 6F 63 04 01 61 A4 88 7B 98 05 68 65 6C 6C 6F 86 A6 01", r#"<doc a="123 hello true"></doc>"#),
    ("40 03 64 6F 63 A4 80 82 A7", "<doc>0 1</doc>"),
    ("40 03 64 6F 63 04 01 61 A8 01", r#"<doc a=""></doc>"#),
    ("40 03 64 6F 63 A9", "<doc></doc>"),
    ("40 03 64 6F 63 04 02 6E 73 AA 38 01", r#"<doc ns="http://schemas.microsoft.com/ws/2006/05/rm"></doc>"#),
    (
        "40 03 64 6F 63 AC 00 11 22 33 44 55 66 77 88 99 AA BB CC DD EE FF 01",
        "<doc>urn:uuid:33221100-5544-7766-8899-aabbccddeeff</doc>",
    ),
    (
        "42 1A AD 00 11 22 33 44 55 66 77 88 99 AA BB CC DD EE FF",
        "<MessageID>urn:uuid:33221100-5544-7766-8899-aabbccddeeff</MessageID>",
    ),
    ("40 03 64 6F 63 AE 00 C4 F5 32 FF FF FF FF 01", "<doc>-PT5M44S</doc>"),
    ("42 94 07 AF 00 B0 8E F0 1B 00 00 00", "<dateTime>PT3H20M</dateTime>"),
    (
        "40 02 49 44 B1 00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F",
        "<ID>03020100-0504-0706-0809-0a0b0c0d0e0f</ID>",
    ),
    ("40 03 64 6F 63 B2 FF FF FF FF FF FF FF FF 01", "<doc>18446744073709551615</doc>"),
    ("42 9A 01 B3 FE FF FF FF FF FF FF FF", "<Value>18446744073709551614</Value>"),
    ("40 03 64 6F 63 B4 01 01", "<doc>true</doc>"),
    ("40 03 64 6F 63 04 01 75 B6 06 75 00 6E 00 69 00 01", r#"<doc u="uni"></doc>"#),
    ("40 03 55 31 36 B9 08 00 75 00 6E 00 69 00 32 00", "<U16>uni2</U16>"),
    ("40 03 55 33 32 BB 04 00 00 00 33 00 32 00", "<U32>32</U32>"),
    ("40 03 64 6F 63 04 01 61 BC 08 8E 07 01", r#"<doc a="i:float"></doc>"#),
    (
        "40 01 78 03 40 03 61 72 72 01 8B 03 33 33 88 88 DD DD 01",
        "<x><arr>13107</arr><arr>-30584</arr><arr>-8739</arr></x>",
    ),
    (
        "40 01 78 03 40 03 61 72 72 08 01 6E 01 B5 02 01 00 01",
        r#"<x><arr xmlns="n">true</arr><arr xmlns="n">false</arr></x>"#,
    ),
];

#[test]
fn every_record_of_the_specification_is_read() {
    for (bytes, xml) in EXAMPLES {
        let node = Node::decode(&hex(bytes)).unwrap_or_else(|it| panic!("{bytes}: {it}"));
        assert_eq!(node.xml(), *xml, "{bytes}");
    }
}

fn check_text(value: &Value<'_>, expected: &Expect) {
    let mut writer = Writer::new();
    writer.leaf(&Tag::new("e"), value).unwrap();
    let bytes = writer.into_bytes();
    let mut reader = Reader::new(&bytes, Limits::default()).unwrap();
    reader.root().unwrap();
    assert_eq!(reader.clone().text().unwrap(), value.to_string());
    let Some(Event::Text(read)) = reader.next_event().unwrap() else { panic!("no text") };
    let digits: Vec<String> = bytes[3..].iter().take(12).map(|it| format!("{it:02x}")).collect();
    expected.assert_eq(&format!("{} {read}", digits.concat()));
}

#[test]
fn values_are_written_in_the_shortest_record() {
    let id: Uuid = "33221100-5544-7766-8899-aabbccddeeff".parse().unwrap();
    let date = DateTime::from_timestamp("2026-11-22T03:00:00Z".parse().unwrap()).unwrap();
    check_text(&Value::Int(0), &expect!["81 0"]);
    check_text(&Value::Int(1), &expect!["83 1"]);
    check_text(&Value::Int(-1), &expect!["89ff -1"]);
    check_text(&Value::Int(128), &expect!["8b8000 128"]);
    check_text(&Value::Int(1 << 20), &expect!["8d00001000 1048576"]);
    check_text(&Value::Int(1 << 40), &expect!["8f0000000000010000 1099511627776"]);
    check_text(&Value::UInt(5), &expect!["8905 5"]);
    check_text(&Value::UInt(u64::MAX), &expect!["b3ffffffffffffffff 18446744073709551615"]);
    check_text(&Value::Bool(true), &expect!["87 true"]);
    check_text(&Value::Bytes((&[1, 2, 3]).into()), &expect!["9f03010203 AQID"]);
    check_text(&Value::Uuid(id), &expect!["b100112233445566778899aa 33221100-5544-7766-8899-aabbccddeeff"]);
    check_text(
        &Value::UniqueId(id),
        &expect!["ad00112233445566778899aa urn:uuid:33221100-5544-7766-8899-aabbccddeeff"],
    );
    check_text(&Value::DateTime(date), &expect!["9700f885b24448df48 2026-11-22T03:00:00Z"]);
    check_text(&Value::TimeSpan(TimeSpan(18_000_000_000)), &expect!["af0034e23004000000 PT30M"]);
    check_text(&Value::Float(1e20), &expect!["91ec78ad60 1E+20"]);
    check_text(&Value::Double(-1e-7), &expect!["9348afbc9af2d77abe -1E-7"]);
    check_text(&Value::Double(f64::NEG_INFINITY), &expect!["93000000000000f0ff -INF"]);
    check_text(&Value::chars("é"), &expect!["9902c3a9 é"]);
}

#[test]
fn bytes_arrive_whole_however_they_were_cut() {
    for (content, expected) in [
        ("9e 03 01 02 03 9e 02 04 05 01", &[1, 2, 3, 4, 5][..]),
        ("9e 02 01 02 9f 01 03", &[1, 2, 3]),
        ("98 02 41 51 98 02 49 44 9f 01 09", &[1, 2, 3, 9]),
        ("99 08 41 51 49 44 20 0d 0a 20", &[1, 2, 3]),
        ("01", &[]),
    ] {
        let bytes = hex(&format!("40 01 65 {content}"));
        let mut reader = Reader::new(&bytes, Limits::default()).unwrap();
        reader.root().unwrap();
        assert_eq!(*reader.bytes().unwrap(), expected, "{content}");
        reader.finish().unwrap();
    }
}

#[test]
fn debug_shows_no_text() {
    let bytes = hex("40 01 65 99 06 73 65 63 72 65 74");
    let mut reader = Reader::new(&bytes, Limits::default()).unwrap();
    reader.root().unwrap();
    let event = reader.next_event().unwrap();
    expect![[r#"Some(Text(Chars(6 bytes))) Reader(at byte 11, depth 1)"#]]
        .assert_eq(&format!("{event:?} {reader:?}"));
}
