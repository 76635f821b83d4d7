//! Recorded answers say what is expected of them.

use expect_test::expect;
use samesign::model::Guid;
use samesign::wire::dcerpc::{Binding, ENDPOINT_MAPPER, EPT_MAP, map_response};
use samesign::wire::drsuapi::{
    Attribute, AttributeType, Changes, Cursor, DRSUAPI, DrsError, Extensions, InfoLevel, NameStatus,
    PrefixTable, Remedy, RequestVersion, Scope, Status, UsnVector, bind_response, changes_response,
    controllers_response, crack_names_response,
};
use samesign::wire::ndr::DsName;

use super::{bytes, digits, recorded, stub, vectors};

fn all(stub: &[u8]) -> Result<Changes, DrsError> {
    let cursor = Cursor::default();
    let scope = Scope::Changes { domain: DsName::default(), cursor: &cursor, objects_max: 1000 };
    changes_response(&scope, stub)
}

fn one(stub: &[u8]) -> Result<Changes, DrsError> {
    changes_response(&Scope::Object(DsName::default()), stub)
}

#[test]
fn the_endpoint_mapper_gives_a_port() {
    let pdus = &recorded()["epm_pdus"];
    let mut binding = Binding::anonymous(ENDPOINT_MAPPER);
    assert_eq!(binding.accept(&bytes(&pdus[1][1])).unwrap(), None);
    let mut association = binding.open().unwrap();
    association.request(EPT_MAP, &[]).unwrap();
    let mut answer = bytes(&pdus[3][1]);
    answer[12] = 2;
    let stub = association.receive(&answer).unwrap().unwrap();
    assert_eq!(map_response(&DRSUAPI, &stub).unwrap(), [49153]);
    let other = map_response(&ENDPOINT_MAPPER, &stub).unwrap_err().to_string();
    assert!(other.contains("no TCP port"), "{other}");
}

#[test]
fn binding_gives_a_handle_and_what_the_server_can() {
    let (_, server) = bind_response(&stub("drsbind", "response_stub")).unwrap();
    assert_eq!((server.flags, server.epoch, server.more_flags), (0x2fff_ff6f, 0, 2));
    let client = Extensions::of_client(0);
    assert_eq!(client.request_version(&server), Ok(RequestVersion::V8));
    assert_eq!(client.offering_v10().request_version(&server), Ok(RequestVersion::V10));
    let old = Extensions { flags: 0x0500_0000, ..server };
    let lacks = client.request_version(&old).unwrap_err().to_string();
    assert!(lacks.contains("strong encryption"), "{lacks}");
}

#[test]
fn names_are_found_or_not() {
    let names = crack_names_response(&stub("cracknames_nt4_to_guid", "response_stub")).unwrap();
    let found: Vec<_> = names.iter().map(|it| (it.status, it.name.as_deref())).collect();
    let alice = Some("{56eae942-89c1-4e45-b0ea-470652b15964}");
    assert_eq!(found, [(NameStatus::Found, alice), (NameStatus::NotFound, None)]);
    assert!(names.iter().all(|it| it.domain.as_deref() == Some("lab.test")));
}

#[test]
fn domain_controllers_are_listed() {
    let stub = stub("dcinfo2", "response_stub");
    expect![[r#"
        [
            Controller {
                dns_name: Some(
                    "dc1.lab.test",
                ),
                site: Some(
                    "Default-First-Site-Name",
                ),
                settings: Guid(b20ddefb-74a3-4fc6-a5ff-e2579b7d1861),
                is_primary: true,
                is_enabled: true,
                is_read_only: None,
            },
        ]
    "#]]
    .assert_debug_eq(&controllers_response(InfoLevel::Two, &stub).unwrap());
    assert!(controllers_response(InfoLevel::Three, &stub).is_err());
    let stub = vectors(include_str!("../../../vectors/drsr-dcinfo3.json"));
    let found = controllers_response(InfoLevel::Three, &bytes(&stub["response_stub"])).unwrap();
    let found: Vec<_> = found.iter().map(|it| (it.dns_name.as_deref(), it.is_read_only)).collect();
    assert_eq!(found, [(Some("dcx.lab.test"), Some(false))]);
}

#[test]
fn changes_since_a_cursor_are_read() {
    let changes = all(&stub("getncchanges_incremental_v8", "response_stub")).unwrap();
    assert!(!changes.has_more);
    assert_eq!(changes.domain.as_ref().unwrap().dn, "DC=lab,DC=test");
    let expected = &recorded()["getncchanges_incremental_v8"]["expected"];
    let expected: Vec<_> =
        expected.as_array().unwrap().iter().map(|it| (it["dn"].as_str(), it["rid"].as_u64())).collect();
    let mut found: Vec<_> =
        changes.objects.iter().map(|it| (Some(it.dn.as_str()), it.rid().map(u64::from))).collect();
    // The expectation lists them by number of account.
    found.sort_by_key(|it| it.1);
    assert_eq!(found, expected);
    expect![[r#"
        CN=alice,CN=Users,DC=lab,DC=test
          InstanceType 04000000 version 1 at 2026-11-22T03:34:24Z
          UnicodePwd (36 bytes) version 4 at 2026-11-22T03:47:23Z
          PwdLastSet 100ff22e347add01 version 4 at 2026-11-22T03:47:23Z
        CN=erin152,CN=Users,DC=lab,DC=test
          InstanceType 04000000 version 1 at 2026-11-22T03:47:24Z
          UserAccountControl 00020000 version 4 at 2026-11-22T03:47:24Z
          UnicodePwd (36 bytes) version 2 at 2026-11-22T03:47:24Z
          PwdLastSet 566e472f347add01 version 2 at 2026-11-22T03:47:24Z
          SamAccountName 6500720069006e00310035003200 version 1 at 2026-11-22T03:47:24Z
        CN=tmpx\0ADEL:e0feb55e-ba22-4d7b-842e-d669207e9d72,CN=Deleted Objects,DC=lab,DC=test
          InstanceType 04000000 version 1 at 2026-11-22T03:47:24Z
          IsDeleted 01000000 version 1 at 2026-11-22T03:47:25Z
          UserAccountControl 00020000 version 4 at 2026-11-22T03:47:24Z
          UnicodePwd, no value version 3 at 2026-11-22T03:47:25Z
          PwdLastSet, no value version 3 at 2026-11-22T03:47:25Z
          SamAccountName 74006d0070007800 version 1 at 2026-11-22T03:47:24Z
    "#]]
    .assert_eq(&told(&changes));
}

fn told(changes: &Changes) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for object in &changes.objects {
        writeln!(text, "{}", object.dn).unwrap();
        for it in &object.attributes {
            let metadata = it.metadata.unwrap();
            write!(text, "  {:?}", it.name.unwrap()).unwrap();
            match it.values.first() {
                None => write!(text, ", no value").unwrap(),
                Some(value) if value.len() == 36 => write!(text, " (36 bytes)").unwrap(),
                Some(value) => {
                    write!(text, " {}", digits(value)).unwrap();
                }
            }
            writeln!(text, " version {} at {}", metadata.version, metadata.changed.unwrap()).unwrap();
        }
    }
    text
}

#[test]
fn the_cursor_goes_on_after_the_last_page() {
    let before = Cursor::default();
    let stub = stub("getncchanges_incremental_v8", "response_stub");
    let mut changes = all(&stub).unwrap();
    let after = changes.cursor(&before);
    assert_eq!((after.usn.object, after.usn.property, after.seen.len()), (0xfe7, 0xfe7, 1));
    assert_eq!(after.seen[0].usn, 0xfe7);
    assert_eq!(after.invocation, Some(after.seen[0].invocation));
    assert_eq!(Cursor::from_bytes(&after.to_bytes()), Ok(after.clone()));
    // Within a cycle there is no vector: the one before it stays.
    changes.seen = None;
    changes.usn = Some(UsnVector { property: 0, ..after.usn });
    let within = changes.cursor(&after);
    assert_eq!((&within.seen, within.usn.property), (&after.seen, 0));
}

#[test]
fn a_single_object_is_read() {
    let changes = one(&stub("getncchanges_repl_obj_v8", "response_stub")).unwrap();
    let guid: Guid = "56eae942-89c1-4e45-b0ea-470652b15964".parse().unwrap();
    assert_eq!((changes.usn, changes.cursor(&Cursor::default())), (None, Cursor::default()));
    let [object] = changes.objects.as_slice() else { panic!("one object") };
    assert_eq!((object.guid, object.rid()), (guid, Some(1103)));
    assert_eq!(object.attribute(Attribute::UnicodePwd).unwrap().values[0].len(), 36);
    assert_eq!(object.attribute(Attribute::IsDeleted), None);
}

/// The return code is the last field, behind a body that Samba fills with an empty array.
#[test]
fn a_refusal_is_not_taken_for_an_empty_answer() {
    let refused = one(&stub("error_bad_dn_8439", "response_stub")).unwrap_err();
    assert_eq!(refused, DrsError::Refused { operation: "DRSGetNCChanges", status: Status::BadDn });
    let mut stub = stub("error_bad_dn_8439", "response_stub");
    let at = stub.len() - 4;
    stub[at..].fill(0);
    assert!(one(&stub).unwrap_err().to_string().contains("code 0"), "no success of the extended operation");
    assert_eq!(all(&stub).unwrap().objects, []);
}

#[test]
fn statuses_say_what_helps() {
    let words = |number: u32| Status::of(number).unwrap().to_string();
    assert!(words(8453).contains("Replicating Directory Changes All"));
    assert!(words(8456).contains("read-only"));
    assert_eq!(words(12345), "an error of no known meaning (12345)");
    assert_eq!(Status::of(0), None);
    for (number, remedy) in [
        (5, Remedy::GrantRights),
        (87, Remedy::PrefixTable),
        (8439, Remedy::CheckName),
        (8453, Remedy::GrantRights),
        (8456, Remedy::OtherServer),
        (8593, Remedy::BindAnew),
    ] {
        let status = Status::of(number).unwrap();
        assert_eq!((status.number(), status.remedy()), (number, remedy));
    }
}

#[test]
fn attributes_translate_both_ways() {
    let recorded = all(&stub("getncchanges_incremental_v8", "response_stub")).unwrap().prefix_table;
    for table in [recorded, PrefixTable::default()] {
        for it in Attribute::ALL {
            assert_eq!(table.attribute_type(it.oid()), Some(it.default_type()));
            assert_eq!(table.oid(it.default_type()).as_deref(), Some(it.oid()));
        }
        // One arc of two bytes, one that takes part of itself into the prefix.
        assert_eq!(table.attribute_type("1.2.840.113556.1.4.656"), Some(AttributeType(0x0009_0290)));
        assert_eq!(table.oid(AttributeType(0x0000_001f)).as_deref(), Some("2.5.4.31"));
        assert_eq!(table.attribute_type("1.2.840.113556.1.4.65600"), None);
        for bad in ["", "1", "1.2", "3.1.1", "1.40.1", "1.2.x", "2.5.4.", "4294967295.1.1"] {
            assert_eq!(table.attribute_type(bad), None, "{bad}");
        }
        assert_eq!(table.oid(AttributeType(0x8009_005a)), None);
        assert_eq!(table.oid(AttributeType(0x7fff_0001)), None);
    }
}
