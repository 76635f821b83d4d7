//! Replies of all versions, made here: what a server writes is what is read.

use proptest::prelude::*;
use samesign::model::{Guid, Sid};
use samesign::wire::drsuapi::{
    Attribute, Changes, Cursor, DrsError, ReplicatedObject, Scope, Seen, Status, UsnVector, changes_response,
};
use samesign::wire::ndr::{DsName, Reader, Writer};

/// An object as a server has it.
#[derive(Clone, Debug)]
pub(super) struct Made {
    guid: [u8; 16],
    rid: Option<u32>,
    dn: String,
    attributes: Vec<(u32, Vec<Vec<u8>>)>,
    has_parent: bool,
    has_metadata: bool,
}

impl Made {
    fn bare(dn: &str) -> Self {
        let dn = dn.to_owned();
        Self { guid: [1; 16], rid: Some(1), dn, attributes: vec![], has_parent: false, has_metadata: false }
    }

    fn name(&self) -> DsName {
        let sid = self.rid.map(sid);
        DsName { guid: Some(Guid::from_bytes(self.guid)), sid, dn: self.dn.clone() }
    }
}

fn sid(rid: u32) -> Sid {
    format!("S-1-5-21-1-2-3-{rid}").parse().unwrap()
}

pub(super) fn objects(max: usize) -> impl Strategy<Value = Vec<Made>> {
    let value = prop::collection::vec(any::<u8>(), 0..40);
    let kinds = vec![0x0002_0001_u32, 0x0009_0008, 0x0009_005a, 0x0009_0290, 0x8000_0001];
    let values = prop::collection::vec(value, 0..3);
    let attributes = prop::collection::vec((prop::sample::select(kinds), values), 0..6);
    let object =
        (1_u8.., prop::option::of(any::<u32>()), ".{0,12}", attributes, any::<bool>(), any::<bool>());
    let object = object.prop_map(|(guid, rid, dn, attributes, has_parent, has_metadata)| Made {
        guid: [guid; 16],
        rid,
        dn,
        attributes,
        has_parent,
        has_metadata,
    });
    prop::collection::vec(object, 0..max)
}

pub(super) fn reply(version: u32, objects: &[Made], seen: &[Seen], links: u32) -> Vec<u8> {
    let prefix = |last: u8| [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x14, 0x01, last];
    let prefixes = [(2, prefix(2)), (9, prefix(4))];
    let mut w = Writer::new();
    w.u32(version).u32(version).align(8);
    w.bytes(&[1; 16]).bytes(&[2; 16]).pointer(false).align(8);
    w.i64(1).i64(2).i64(3).i64(4).i64(5).i64(6);
    w.pointer(!seen.is_empty()).count(prefixes.len()).pointer(true);
    w.u32(1).count(objects.len()).u32(0).pointer(!objects.is_empty()).u32(1);
    if version != 1 {
        w.u32(0).u32(0).u32(links).pointer(true).u32(0);
    }
    write_seen(&mut w, if version == 1 { 1 } else { 2 }, seen);
    w.count(prefixes.len());
    for (index, prefix) in &prefixes {
        w.u32(*index).count(prefix.len()).pointer(true);
    }
    for (_, prefix) in &prefixes {
        w.count(prefix.len()).bytes(prefix);
    }
    for (at, it) in objects.iter().enumerate() {
        w.pointer(at + 1 < objects.len()).pointer(true).u32(0).count(it.attributes.len());
        w.pointer(!it.attributes.is_empty()).u32(0).pointer(it.has_parent).pointer(it.has_metadata);
    }
    for it in objects.iter().rev() {
        write_object(&mut w, it);
    }
    if version != 1 {
        write_links(&mut w, version, links);
    }
    w.u32(0);
    w.into_bytes()
}

fn write_seen(w: &mut Writer, form: u32, seen: &[Seen]) {
    if seen.is_empty() {
        return;
    }
    w.count(seen.len()).align(8).u32(form).u32(0).count(seen.len()).u32(0);
    for it in seen {
        w.align(8).guid(&it.invocation).i64(it.usn);
        if form == 2 {
            w.i64(0);
        }
    }
}

fn write_object(w: &mut Writer, it: &Made) {
    w.align(4);
    it.name().write(w);
    if !it.attributes.is_empty() {
        w.count(it.attributes.len());
    }
    for (kind, values) in &it.attributes {
        w.u32(*kind).count(values.len()).pointer(!values.is_empty());
    }
    for (_, values) in it.attributes.iter().filter(|it| !it.1.is_empty()) {
        w.count(values.len());
        for value in values {
            w.count(value.len()).pointer(true);
        }
        for value in values {
            w.count(value.len()).bytes(value);
        }
    }
    if it.has_parent {
        w.align(4).bytes(&[9; 16]);
    }
    if it.has_metadata {
        w.count(it.attributes.len()).align(8).count(it.attributes.len());
        for _ in &it.attributes {
            w.align(8).u32(7).i64(13_000_000_000).bytes(&[8; 16]).i64(11);
        }
    }
}

fn write_links(w: &mut Writer, version: u32, links: u32) {
    w.u32(links);
    for _ in 0..links {
        w.align(8).pointer(true).u32(0x1f).u32(5).pointer(true).u32(1).i64(0).u32(1).i64(0);
        w.bytes(&[3; 16]).i64(9);
        if version == 9 {
            w.u32(0).u32(0).u32(0).i64(0);
        }
    }
    for _ in 0..links {
        DsName::of_dn("CN=group").write(w);
        w.u32(5).bytes(b"value");
    }
}

pub(super) fn read(stub: &[u8]) -> Result<Changes, DrsError> {
    let cursor = Cursor::default();
    let scope = Scope::Changes { domain: DsName::default(), cursor: &cursor, objects_max: 1000 };
    changes_response(&scope, stub)
}

fn check(made: &Made, found: &ReplicatedObject) {
    assert_eq!((found.guid, &found.dn, found.rid()), (Guid::from_bytes(made.guid), &made.dn, made.rid));
    assert_eq!(found.parent.is_some(), made.has_parent);
    assert_eq!(found.attributes.len(), made.attributes.len());
    for ((kind, values), attribute) in made.attributes.iter().zip(&found.attributes) {
        assert_eq!(attribute.kind.0, *kind);
        assert_eq!(attribute.name == Some(Attribute::UnicodePwd), *kind == 0x0009_005a);
        assert_eq!(attribute.values.iter().map(|it| it.to_vec()).collect::<Vec<_>>(), *values);
        assert_eq!(attribute.metadata.map(|it| (it.version, it.usn)), made.has_metadata.then_some((7, 11)));
    }
}

proptest! {
    #[test]
    fn what_a_server_writes_is_read(
        made in objects(5),
        version in prop::sample::select(vec![1_u32, 6, 9]),
        origins in 0_u8..4,
        links in 0_u32..3,
    ) {
        let seen: Vec<Seen> =
            (0..origins).map(|it| Seen { invocation: Guid::from_bytes([it; 16]), usn: it.into() }).collect();
        let changes = read(&reply(version, &made, &seen, links)).unwrap();
        prop_assert_eq!(changes.seen.unwrap_or_default(), seen);
        prop_assert_eq!(changes.usn, Some(UsnVector { object: 4, reserved: 5, property: 6 }));
        prop_assert_eq!(changes.links, if version == 1 { 0 } else { links as usize });
        prop_assert_eq!(changes.objects.len(), made.len());
        for (made, found) in made.iter().zip(&changes.objects) {
            check(made, found);
        }
    }

    #[test]
    fn a_cursor_comes_back(object: i64, reserved: i64, property: i64, origins in 0_u8..9, known: bool) {
        let cursor = Cursor {
            invocation: known.then_some(Guid::from_bytes([5; 16])),
            usn: UsnVector { object, reserved, property },
            seen: (0..origins).map(|it| Seen { invocation: Guid::from_bytes([it; 16]), usn: object }).collect(),
        };
        let bytes = cursor.to_bytes();
        prop_assert_eq!(Cursor::from_bytes(&bytes), Ok(cursor));
        for len in 0..bytes.len() {
            prop_assert!(Cursor::from_bytes(&bytes[..len]).is_err());
        }
    }

    #[test]
    fn a_name_comes_back(guid: Option<[u8; 16]>, rid: Option<u32>, dn in ".{0,40}") {
        let guid = guid.filter(|it| *it != [0; 16]).map(Guid::from_bytes);
        let name = DsName { guid, sid: rid.map(sid), dn };
        let mut writer = Writer::new();
        name.write(&mut writer);
        let bytes = writer.into_bytes();
        let mut reader = Reader::new(&bytes);
        prop_assert_eq!(DsName::read(&mut reader), Ok(name));
        prop_assert_eq!(reader.finish(), Ok(()));
    }
}

/// A decoder that calls itself for each object would not come back from this.
#[test]
fn thousands_of_objects_need_no_stack() {
    let made = vec![Made::bare("CN=x"); 50_000];
    assert_eq!(read(&reply(6, &made, &[], 0)).unwrap().objects.len(), 50_000);
}

#[test]
fn other_forms_are_refused_clearly() {
    let mut stub = reply(6, &[], &[], 0);
    for version in [2, 7] {
        stub[0] = version;
        assert_eq!(read(&stub), Err(DrsError::Compressed(version.into())));
    }
    stub[0] = 5;
    assert!(read(&stub).unwrap_err().to_string().contains("version 5 is not supported"));
    stub[0] = 9;
    assert!(read(&stub).is_err(), "the two versions differ");
}

#[test]
fn errors_beside_the_return_code_count() {
    let mut stub = reply(6, &[], &[], 0);
    stub[0x90..0x92].copy_from_slice(&8456_u16.to_le_bytes());
    let refused = DrsError::Refused { operation: "DRSGetNCChanges", status: Status::SourceDisabled };
    assert_eq!(read(&stub), Err(refused));
}

/// Were it passed over, a changed password would go unseen.
#[test]
fn an_attribute_outside_of_the_table_is_an_error() {
    let made = Made { attributes: vec![(0x0033_005a, Vec::new())], ..Made::bare("CN=x") };
    assert_eq!(read(&reply(6, &[made], &[], 0)), Err(DrsError::Prefix(0x0033_005a)));
}
