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
    debug.assert_eq(&format!("{:?}", received.request));
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
    let configuration = Request::GetCompanyConfiguration { include_license_information: false };
    check_vector(
        0,
        SyncToken::APPLICATION_V2,
        &configuration,
        &expect!["GetCompanyConfiguration { include_license_information: false }"],
    );
    let objects = Request::ProvisionObjects2(vec![user()]);
    check_vector(
        1,
        SyncToken::APPLICATION_V2,
        &objects,
        &expect![[
            r#"ProvisionObjects2([SyncObject { properties: [("SourceAnchor", Text("AAECAwQFBgcICQoLDA0ODw==")), ("accountEnabled", Bool(true)), ("countryCode", Long(0)), ("displayName", Text("Test User")), ("proxyAddresses", Texts(["SMTP:test.user@example.com"])), ("department", Nil)], kind: User, operation: Set }])"#
        ]],
    );
    let credentials = Request::ProvisionCredentials(vec![credential()]);
    check_vector(
        2,
        SyncToken::APPLICATION_V1,
        &credentials,
        &expect![[
            r#"ProvisionCredentials([CredentialChange { changed_at: 2026-11-22T03:00:00Z, cloud_anchor: None, credential: Secret(**), must_change: false, source_anchor: Some("AAECAwQFBgcICQoLDA0ODw==") }])"#
        ]],
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
    check(
        &Request::GetCompanyConfiguration { include_license_information: true },
        &expect![[
            r#"<GetCompanyConfiguration xmlns="http://schemas.microsoft.com/online/aws/change/2010/01"><includeLicenseInformation>true</includeLicenseInformation></GetCompanyConfiguration>"#
        ]],
    );
    let features = DirSyncFeatures(41021).with(DirSyncFeatures::PASSWORD_HASH_SYNC);
    check(
        &Request::SetCompanyDirsyncFeatures(features),
        &expect![[
            r#"<SetCompanyDirsyncFeatures xmlns="http://schemas.microsoft.com/online/aws/change/2010/01"><dirsyncFeatures>41021</dirsyncFeatures></SetCompanyDirsyncFeatures>"#
        ]],
    );
    check(
        &Request::Capabilities,
        &expect![[
            r#"<Capabilities xmlns="http://schemas.microsoft.com/online/aws/change/2010/01"></Capabilities>"#
        ]],
    );
    check(
        &Request::FinalizeExport { total: 30, successful: 29 },
        &expect![[
            r#"<FinalizeExport xmlns="http://schemas.microsoft.com/online/aws/change/2010/01"><totalExported>30</totalExported><successfulExportCount>29</successfulExportCount></FinalizeExport>"#
        ]],
    );
    let deletion = SyncObject::new(SyncObjectType::Contact, SyncOperation::Delete, "AQ==");
    check(
        &Request::ProvisionObjects(vec![deletion]),
        &expect![[
            r#"<ProvisionAzureADSyncObjects xmlns="http://schemas.microsoft.com/online/aws/change/2010/01"><syncRequest xmlns:b="http://schemas.microsoft.com/online/aws/change/2014/06" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><b:SyncObjects><b:AzureADSyncObject><b:PropertyValues xmlns:c="http://schemas.microsoft.com/2003/10/Serialization/Arrays"><c:KeyValueOfstringanyType><c:Key>SourceAnchor</c:Key><c:Value xmlns:d="http://www.w3.org/2001/XMLSchema" i:type="d:string">AQ==</c:Value></c:KeyValueOfstringanyType></b:PropertyValues><b:SyncObjectType>Contact</b:SyncObjectType><b:SyncOperation>Delete</b:SyncOperation></b:AzureADSyncObject></b:SyncObjects></syncRequest></ProvisionAzureADSyncObjects>"#
        ]],
    );
    check(
        &Request::ProvisionCredentials(Vec::new()),
        &expect![[
            r#"<ProvisionCredentials xmlns="http://schemas.microsoft.com/online/aws/change/2010/01"><request xmlns:b="http://schemas.datacontract.org/2004/07/Microsoft.Online.Coexistence.Schema" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><b:RequestItems></b:RequestItems></request></ProvisionCredentials>"#
        ]],
    );
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
    check(
        &Request::ProvisionObjects2(vec![group]),
        &expect![[
            r#"<ProvisionAzureADSyncObjects2 xmlns="http://schemas.microsoft.com/online/aws/change/2010/01"><syncRequest xmlns:b="http://schemas.microsoft.com/online/aws/change/2014/06" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><b:SyncObjects><b:AzureADSyncObject><b:PropertyValues xmlns:c="http://schemas.microsoft.com/2003/10/Serialization/Arrays"><c:KeyValueOfstringanyType><c:Key>SourceAnchor</c:Key><c:Value xmlns:d="http://www.w3.org/2001/XMLSchema" i:type="d:string">Zw==</c:Value></c:KeyValueOfstringanyType><c:KeyValueOfstringanyType><c:Key>member</c:Key><c:Value i:type="SyncReferenceChangeCollection"><referenceChanges><SyncReferenceChange><Reference><Anchor>AQ==</Anchor><referenceTypeInt>2</referenceTypeInt></Reference><operationInt>1</operationInt></SyncReferenceChange><SyncReferenceChange><Reference><Anchor>User_1</Anchor><referenceTypeInt>1</referenceTypeInt></Reference><operationInt>2</operationInt></SyncReferenceChange></referenceChanges></c:Value></c:KeyValueOfstringanyType><c:KeyValueOfstringanyType><c:Key>userCertificate</c:Key><c:Value i:type="c:ArrayOfbase64Binary"><c:base64Binary>AQID</c:base64Binary><c:base64Binary></c:base64Binary></c:Value></c:KeyValueOfstringanyType><c:KeyValueOfstringanyType><c:Key>onPremiseSecurityIdentifier</c:Key><c:Value xmlns:d="http://www.w3.org/2001/XMLSchema" i:type="d:base64Binary">AQUA</c:Value></c:KeyValueOfstringanyType></b:PropertyValues><b:SyncObjectType>Group</b:SyncObjectType><b:SyncOperation>Set</b:SyncOperation></b:AzureADSyncObject></b:SyncObjects></syncRequest></ProvisionAzureADSyncObjects2>"#
        ]],
    );
}

#[test]
fn what_cannot_be_sent_names_the_object_and_the_property() {
    let mut bad = user();
    bad.properties.push(("title".to_owned(), PropertyValue::Text("a\u{1}b".to_owned())));
    let token = token(SyncToken::APPLICATION_V2);
    let call = Call { to: ADDRESS, message_id: TRACKING, token: &token };
    let error = encode_request(&call, &Request::ProvisionObjects2(vec![user(), bad])).unwrap_err();
    let cause = std::error::Error::source(&error).unwrap();
    expect![[r#"title of the object with anchor "AAECAwQFBgcICQoLDA0ODw==" cannot be sent: character U+0001 at byte 1 cannot stand in XML; remove it"#]].assert_eq(&format!("{error}: {cause}"));
    let mut bad = credential();
    bad.credential = Secret::new("v1;\u{0}".to_owned());
    let error = encode_request(&call, &Request::ProvisionCredentials(vec![bad])).unwrap_err();
    expect![[r#"the credential of the object with anchor "AAECAwQFBgcICQoLDA0ODw==" cannot be sent"#]]
        .assert_eq(&error.to_string());
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
    refused(|it| it.replace("d:boolean", "d:colour"), &expect!["accountEnabled is not of a known type"]);
    refused(
        |it| it.replace(">true</c:Value>", ">yes</c:Value>"),
        &expect!["accountEnabled is not true or false"],
    );
    refused(|it| it.replace(">User<", ">Robot<"), &expect!["SyncObjectType is not a kind of object"]);
    refused(|it| it.replace(">Set<", ">Destroy<"), &expect!["SyncOperation is not Add, Set or Delete"]);
    refused(|it| it.replace("syncRequest", "request"), &expect!["the message has no syncRequest"]);
    refused(
        |it| it.replace("ProvisionAzureADSyncObjects2 xmlns", "Provision2 xmlns"),
        &expect![[r#"the provisioning service has no operation "Provision2""#]],
    );
    refused(
        |it| it.replace("2003/05/soap-envelope", "2003/05/soap"),
        &expect!["the message is not a SOAP 1.2 envelope"],
    );
    refused(|it| it.replace("s:Body", "s:Soul"), &expect!["the message is not a SOAP 1.2 envelope"]);
    refused(
        |it| it.replace("<b:SyncOperation>Set</b:SyncOperation>", ""),
        &expect!["the message has no SyncOperation"],
    );
    refused(|it| it.replace("6eb59a73", "6eb59a7"), &expect!["ApplicationId is not a GUID"]);
}
