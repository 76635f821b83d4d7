//! Requests byte by byte against recorded ones, but for padding and numbers of pointers, of which any are valid.

use samesign::model::Guid;
use samesign::wire::dcerpc::{Binding, ENDPOINT_MAPPER, EPT_MAP, map_request};
use samesign::wire::drsuapi::{
    Attribute, ChangesRequest, Cursor, DRSUAPI, Extensions, Handle, InfoLevel, NameFormat, PrefixTable,
    RequestVersion, Scope, Seen, UsnVector, bind_request, bind_response, changes_request,
    controllers_request, crack_names_request, unbind_request,
};
use samesign::wire::ndr::DsName;

use super::{assert_same_but, bytes, recorded, stub};

fn handle() -> Handle {
    bind_response(&stub("drsbind", "response_stub")).unwrap().0
}

fn guid(text: &str) -> Guid {
    text.parse().unwrap()
}

#[test]
fn binding_to_the_endpoint_mapper_is_as_recorded() {
    let ours = Binding::anonymous(ENDPOINT_MAPPER).bind(&[]).unwrap();
    // Longer fragments are proposed.
    assert_same_but(ours, bytes(&recorded()["epm_pdus"][0][1]), &[(16, 20)]);
}

#[test]
fn asking_the_endpoint_mapper_is_as_recorded() {
    let mut binding = Binding::anonymous(ENDPOINT_MAPPER);
    binding.accept(&bytes(&recorded()["epm_pdus"][1][1])).unwrap();
    let mut association = binding.open().unwrap();
    let ours = association.request(EPT_MAP, &map_request(&DRSUAPI)).unwrap();
    // The number of the call, and the padding after the tower.
    assert_same_but(ours, bytes(&recorded()["epm_pdus"][2][1]), &[(12, 16), (131, 132)]);
}

#[test]
fn binding_to_replication_is_as_recorded() {
    let ours = bind_request(&Extensions::of_client(0));
    assert_same_but(ours, stub("drsbind", "request_stub"), &[(0, 4), (20, 24)]);
    let handle = handle();
    assert_eq!(unbind_request(&handle), stub("cracknames_nt4_to_guid", "request_stub")[..20]);
}

#[test]
fn cracking_names_is_as_recorded() {
    let names = ["LAB\\alice", "LAB\\nobody"];
    let ours = crack_names_request(&handle(), &names, NameFormat::Nt4AccountName, NameFormat::Guid);
    assert_same_but(ours, stub("cracknames_nt4_to_guid", "request_stub"), &[(52, 56), (60, 68)]);
}

#[test]
fn asking_for_domain_controllers_is_as_recorded() {
    let ours = controllers_request(&handle(), "lab.test", InfoLevel::Two);
    assert_same_but(ours, stub("dcinfo2", "request_stub"), &[(28, 32)]);
}

#[test]
fn asking_for_changes_is_as_recorded() {
    let invocation = guid("b7b5b20d-2bdd-483d-9e61-9eb9bfa07d65");
    let cursor = Cursor {
        invocation: Some(invocation),
        usn: UsnVector { object: 0xfdf, reserved: 0, property: 0xfdf },
        seen: vec![Seen { invocation, usn: 0xfdf }],
    };
    let domain = DsName::of_dn("DC=lab,DC=test");
    let request = ChangesRequest {
        version: RequestVersion::V8,
        destination: None,
        scope: Scope::Changes { domain, cursor: &cursor, objects_max: 1000 },
        attributes: &Attribute::ALL,
        prefix_table: &PrefixTable::empty(),
    };
    // The recording client counts four bytes too many as the length of the name (148).
    let free = [(28, 32), (64, 68), (68, 72), (96, 100), (116, 120), (128, 132), (148, 152), (234, 236)];
    assert_same_but(
        changes_request(&handle(), &request),
        stub("getncchanges_incremental_v8", "request_stub"),
        &free,
    );
}

#[test]
fn asking_for_an_object_is_as_recorded() {
    let check = |call: &str, object: &str, attributes: &[Attribute]| {
        let request = ChangesRequest {
            version: RequestVersion::V8,
            destination: None,
            scope: Scope::Object(DsName::of_guid(guid(object))),
            attributes,
            prefix_table: &PrefixTable::empty(),
        };
        let free = [(28, 32), (64, 68), (68, 72), (116, 120), (128, 132), (148, 152), (206, 208)];
        assert_same_but(changes_request(&handle(), &request), stub(call, "request_stub"), &free);
    };
    let object = "56eae942-89c1-4e45-b0ea-470652b15964";
    // Whatever the order, the numbers ascend.
    let attributes = [Attribute::PwdLastSet, Attribute::UnicodePwd, Attribute::PwdLastSet];
    check("getncchanges_repl_obj_v8", object, &attributes);
    check("error_bad_dn_8439", "33333333-3333-3333-3333-333333333333", &[Attribute::UnicodePwd]);
}

/// The table adds its entries, and the mark that servers want at the end of it.
#[test]
fn a_prefix_table_travels_with_its_mark() {
    let request = |table: &PrefixTable, version| {
        let scope = Scope::Object(DsName::of_dn("DC=lab,DC=test"));
        let attributes = &Attribute::PASSWORD;
        let request = ChangesRequest { version, destination: None, scope, attributes, prefix_table: table };
        changes_request(&handle(), &request)
    };
    let without = request(&PrefixTable::empty(), RequestVersion::V8);
    let with = request(&PrefixTable::default(), RequestVersion::V8);
    assert_eq!(with[..0x88], without[..0x88]);
    assert_eq!(with[0x88..0x8c], 8_u32.to_le_bytes());
    assert_eq!(with[with.len() - 25..with.len() - 20], [21, 0, 0, 0, 0xff]);
    let newer = request(&PrefixTable::empty(), RequestVersion::V10);
    assert_eq!((newer[0x14], newer[0x18], newer.len()), (10, 10, without.len() + 4));
}
