//! Requests: the same bytes as the known ones, and the same values from them.

use expect_test::{Expect, expect};
use samesign::model::Secret;
use samesign::wire::provisioning::{
    Anchor, Call, CredentialChange, DirSyncFeatures, LinkChange, LinkOperation, Operation, PropertyValue,
    Request, SyncObject, SyncObjectType, SyncOperation, SyncToken, decode_request, encode_request,
};

use super::fixture::{ADDRESS, TRACKING, encode, token};
use crate::wire::nbfx::tree::{Node, hex};
use crate::wire::nbfx::vectors::VECTORS;

fn check_vector(at: usize, application_id: uuid::Uuid, request: &Request, debug: &Expect) {
    let (name, _, binary) = VECTORS[at];
    let token = token(application_id);
    let call = Call { to: ADDRESS, message_id: TRACKING, token: &token };
    assert_eq!(*encode_request(&call, request).unwrap(), hex(binary), "{name}");
    let received = decode_request(&hex(binary)).unwrap();
    assert_eq!(received.request.operation().name(), name);
    assert_eq!(received.head.action, received.request.operation().action());
    assert_eq!(received.head.to, ADDRESS);
    assert_eq!(received.head.message_id, Some(TRACKING));
    let read = received.token.unwrap();
    assert_eq!(read.bearer_token.reveal(), "TOKEN");
    assert_eq!(format!("{read:?}"), format!("{token:?}"));
    debug.assert_eq(&format!("{:#?}", received.request));
}

fn user() -> SyncObject {
    let mut user = SyncObject::new(SyncObjectType::User, SyncOperation::Set, "AAECAwQFBgcICQoLDA0ODw==");
    let values = [
        ("accountEnabled", PropertyValue::Bool(true)),
        ("countryCode", PropertyValue::Long(0)),
        ("displayName", PropertyValue::Text("Test User".to_owned())),
        ("proxyAddresses", PropertyValue::Texts(vec!["SMTP:test.user@example.com".to_owned()])),
        ("department", PropertyValue::Nil),
    ];
    user.properties.extend(values.map(|(name, value)| (name.to_owned(), value)));
    user
}

fn credential() -> CredentialChange {
    CredentialChange {
        changed_at: "2026-11-22T03:00:00Z".parse().unwrap(),
        cloud_anchor: None,
        credential: Secret::new(
            "v1;PPH1_MD4,317ee9d1dec6508fa510,1000,7eaea8e1628dffee62cf319f4e1fc05254da30a1d42ff755ff352f5b13497531;"
                .to_owned(),
        ),
        must_change: false,
        source_anchor: Some("AAECAwQFBgcICQoLDA0ODw==".to_owned()),
    }
}

#[test]
fn the_known_requests_are_written_and_read() {
    let include_license_information = false;
    check_vector(
        0,
        SyncToken::APPLICATION_V2,
        &Request::GetCompanyConfiguration { include_license_information },
        &expect![[""]],
    );
    check_vector(1, SyncToken::APPLICATION_V2, &Request::ProvisionObjects2(vec![user()]), &expect![[""]]);
    check_vector(
        2,
        SyncToken::APPLICATION_V1,
        &Request::ProvisionCredentials(vec![credential()]),
        &expect![[""]],
    );
}

#[test]
fn debug_shows_neither_token_nor_hash() {
    let bytes = encode(&Request::ProvisionCredentials(vec![credential()]));
    let debug = format!("{:?}", decode_request(&bytes).unwrap());
    assert!(!debug.contains("TOKEN") && !debug.contains("PPH1"), "{debug}");
    assert!(debug.contains("AAECAwQFBgcICQoLDA0ODw=="));
}

/// The body in text, and what the other side reads.
fn check(request: &Request, expected: &Expect) {
    let bytes = encode(request);
    let xml = Node::decode(&bytes).unwrap().xml();
    let body = xml.split_once("<s:Body>").unwrap().1.split_once("</s:Body>").unwrap().0;
    expected.assert_eq(body);
    let read = decode_request(&bytes).unwrap().request;
    assert_eq!(format!("{read:?}"), format!("{request:?}"));
}

#[test]
fn every_request_is_read_as_it_was_written() {
    check(&Request::GetCompanyConfiguration { include_license_information: true }, &expect![[""]]);
    let features = DirSyncFeatures(41021).with(DirSyncFeatures::PASSWORD_HASH_SYNC);
    check(&Request::SetCompanyDirsyncFeatures(features), &expect![[""]]);
    check(&Request::Capabilities, &expect![[""]]);
    check(&Request::FinalizeExport { total: 30, successful: 29 }, &expect![[""]]);
    let deletion = SyncObject::new(SyncObjectType::Contact, SyncOperation::Delete, "AQ==");
    check(&Request::ProvisionObjects(vec![deletion]), &expect![[""]]);
    check(&Request::ProvisionCredentials(Vec::new()), &expect![[""]]);
}

#[test]
fn members_are_sent_as_changes() {
    let mut group = SyncObject::new(SyncObjectType::Group, SyncOperation::Set, "Zw==");
    let links = vec![
        LinkChange { to: Anchor::Source("AQ==".to_owned()), operation: LinkOperation::Add },
        LinkChange { to: Anchor::Cloud("User_1".to_owned()), operation: LinkOperation::Remove },
    ];
    group.properties.push(("member".to_owned(), PropertyValue::Links(links)));
    let certificates = PropertyValue::ByteLists(vec![vec![1, 2, 3], Vec::new()]);
    group.properties.push(("userCertificate".to_owned(), certificates));
    group.properties.push(("onPremiseSecurityIdentifier".to_owned(), PropertyValue::Bytes(vec![1, 5, 0])));
    check(&Request::ProvisionObjects2(vec![group]), &expect![[""]]);
}

#[test]
fn what_cannot_be_sent_names_the_object_and_the_property() {
    let mut bad = user();
    bad.properties.push(("title".to_owned(), PropertyValue::Text("a\u{1}b".to_owned())));
    let token = token(SyncToken::APPLICATION_V2);
    let call = Call { to: ADDRESS, message_id: TRACKING, token: &token };
    let error = encode_request(&call, &Request::ProvisionObjects2(vec![user(), bad])).unwrap_err();
    let cause = std::error::Error::source(&error).unwrap();
    expect![[""]].assert_eq(&format!("{error}: {cause}"));
    let mut bad = credential();
    bad.credential = Secret::new("v1;\u{0}".to_owned());
    let error = encode_request(&call, &Request::ProvisionCredentials(vec![bad])).unwrap_err();
    expect![[""]].assert_eq(&error.to_string());
}

#[test]
fn operations_have_their_names() {
    for operation in Operation::ALL {
        assert_eq!(Operation::from_name(operation.name()), Some(operation));
    }
    assert_eq!(Operation::from_name("GetServiceAccount"), None);
}

fn refused(change: impl FnOnce(String) -> String, expected: &Expect) {
    let xml = change(VECTORS[1].1.to_owned());
    let error = decode_request(&Node::parse(&xml).encode().unwrap()).unwrap_err();
    expected.assert_eq(&error.to_string());
}

#[test]
fn requests_with_parts_that_are_wrong_are_refused() {
    refused(|it| it.replace("d:boolean", "d:colour"), &expect![[""]]);
    refused(|it| it.replace(">true</c:Value>", ">yes</c:Value>"), &expect![[""]]);
    refused(|it| it.replace(">User<", ">Robot<"), &expect![[""]]);
    refused(|it| it.replace(">Set<", ">Destroy<"), &expect![[""]]);
    refused(|it| it.replace("syncRequest", "request"), &expect![[""]]);
    refused(|it| it.replace("ProvisionAzureADSyncObjects2 xmlns", "Provision2 xmlns"), &expect![[""]]);
    refused(|it| it.replace("2003/05/soap-envelope", "2003/05/soap"), &expect![[""]]);
    refused(|it| it.replace("s:Body", "s:Soul"), &expect![[""]]);
    refused(|it| it.replace("<b:SyncOperation>Set</b:SyncOperation>", ""), &expect![[""]]);
    refused(|it| it.replace("6eb59a73", "6eb59a7"), &expect![[""]]);
}
