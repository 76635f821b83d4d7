//! Answers and faults, as the embedded tenant writes them and a client reads them.

use expect_test::{Expect, expect};
use samesign::wire::nbfx::{Tag, Value, WriteError};
use samesign::wire::provisioning::{
    Answer, Capabilities, CompanyConfiguration, CredentialResult, DeletionPrevention, DirSyncFeatures,
    ObjectResult, Operation, Refusal, ResultCode, ServiceFault, SyncObjectType, SyncOperation, decode_answer,
    encode_answer, encode_refusal,
};
use samesign::wire::soap::{AnswerHead, Fault, Field, write_answer};

use super::fixture::TRACKING;
use crate::wire::nbfx::tree::{Node, hex};
use crate::wire::nbfx::vectors::VECTORS;

fn head(operation: Operation) -> String {
    operation.answer_action()
}

/// The body in text, and what the client reads.
fn check(answer: &Answer, expected: &Expect) {
    let operation = answer.operation();
    let action = head(operation);
    let head = AnswerHead { action: &action, relates_to: Some(TRACKING), activity_id: Some(TRACKING) };
    let bytes = encode_answer(&head, answer).unwrap();
    let xml = Node::decode(&bytes).unwrap().xml();
    let body = xml.split_once("<s:Body>").unwrap().1.split_once("</s:Body>").unwrap().0;
    expected.assert_eq(&body.replace("><", ">\n<"));
    let answered = decode_answer(&bytes, operation).unwrap();
    assert_eq!(answered.outcome.as_ref(), Ok(answer));
    assert_eq!(answered.head.action, action);
    assert_eq!(answered.head.relates_to, Some(TRACKING));
    assert_eq!(answered.head.tracking_id, Some(TRACKING.to_string()));
}

#[test]
fn the_configuration_comes_back() {
    let configuration = CompanyConfiguration {
        allowed_features: vec!["ObjectWriteback".to_owned(), "PasswordWriteback".to_owned()],
        anchor_attribute: Some("mS-DS-ConsistencyGuid".to_owned()),
        client_machine: Some("SERVER1".to_owned()),
        connector_space_objects: Some(1),
        is_tracking_changes: Some(false),
        deletion_prevention: DeletionPrevention {
            mode: Some("EnabledForCount".to_owned()),
            threshold_count: Some(500),
            threshold_percentage: Some(0),
        },
        features: Some(DirSyncFeatures(41021)),
        is_dir_syncing: Some(true),
        is_password_syncing: Some(true),
        links_per_batch_max: Some(15000),
        synchronization_interval: Some("PT30M".to_owned()),
        tenant_id: Some(TRACKING),
        ..CompanyConfiguration::default()
    };
    check(
        &Answer::CompanyConfiguration(Box::new(configuration)),
        &expect![[r#"
        <GetCompanyConfigurationResponse xmlns="http://schemas.microsoft.com/online/aws/change/2010/01">
        <GetCompanyConfigurationResult xmlns:b="http://schemas.datacontract.org/2004/07/Microsoft.Online.Coexistence.Schema" xmlns:i="http://www.w3.org/2001/XMLSchema-instance">
        <b:AllowedFeatures xmlns:c="http://schemas.microsoft.com/2003/10/Serialization/Arrays">
        <c:string>ObjectWriteback</c:string>
        <c:string>PasswordWriteback</c:string>
        </b:AllowedFeatures>
        <b:DirSyncConfiguration>
        <b:AnchorAttribute>mS-DS-ConsistencyGuid</b:AnchorAttribute>
        <b:ApplicationVersion i:nil="true">
        </b:ApplicationVersion>
        <b:ClientVersion i:nil="true">
        </b:ClientVersion>
        <b:CurrentExport>
        <b:DirSyncClientMachineName>SERVER1</b:DirSyncClientMachineName>
        <b:TotalConnectorSpaceObjects>1</b:TotalConnectorSpaceObjects>
        </b:CurrentExport>
        <b:IsTrackingChanges>false</b:IsTrackingChanges>
        <b:PreventAccidentalDeletion>
        <b:DeletionPrevention>EnabledForCount</b:DeletionPrevention>
        <b:ThresholdCount>500</b:ThresholdCount>
        <b:ThresholdPercentage>0</b:ThresholdPercentage>
        </b:PreventAccidentalDeletion>
        </b:DirSyncConfiguration>
        <b:DirSyncFeatures>41021</b:DirSyncFeatures>
        <b:DisplayName i:nil="true">
        </b:DisplayName>
        <b:IsDirSyncing>true</b:IsDirSyncing>
        <b:IsPasswordSyncing>true</b:IsPasswordSyncing>
        <b:MaxLinksSupportedAcrossBatchInProvision2>15000</b:MaxLinksSupportedAcrossBatchInProvision2>
        <b:SynchronizationInterval>PT30M</b:SynchronizationInterval>
        <b:TenantId>11111111-2222-3333-4444-555555555555</b:TenantId>
        </GetCompanyConfigurationResult>
        </GetCompanyConfigurationResponse>"#]],
    );
}

fn failure() -> ObjectResult {
    ObjectResult {
        code: ResultCode::Failure,
        error_code: Some("AttributeValueMustBeUnique".to_owned()),
        error_description: Some("Unable to update this object because <proxyAddresses> & more".to_owned()),
        source_anchor: Some("AQ==".to_owned()),
        kind: Some(SyncObjectType::User),
        operation: Some(SyncOperation::Set),
        further: vec![Field::new("ExtendedErrorInformation", "ObjectIdInConflict 42")],
        ..ObjectResult::default()
    }
}

#[test]
fn results_of_objects_come_back() {
    let success = ObjectResult {
        cloud_anchor: Some("Group_42".to_owned()),
        code: ResultCode::Success,
        kind: Some(SyncObjectType::Group),
        ..ObjectResult::default()
    };
    check(
        &Answer::Objects2(vec![failure(), success]),
        &expect![[r#"
        <ProvisionAzureADSyncObjects2Response xmlns="http://schemas.microsoft.com/online/aws/change/2010/01">
        <ProvisionAzureADSyncObjects2Result xmlns:b="http://schemas.microsoft.com/online/aws/change/2014/06" xmlns:i="http://www.w3.org/2001/XMLSchema-instance">
        <b:SyncObjectResults>
        <b:AzureADSyncObjectResult>
        <b:CloudAnchor i:nil="true">
        </b:CloudAnchor>
        <b:ExtendedErrorInformation>ObjectIdInConflict 42</b:ExtendedErrorInformation>
        <b:ResultCode>Failure</b:ResultCode>
        <b:ResultErrorCode>AttributeValueMustBeUnique</b:ResultErrorCode>
        <b:ResultErrorDescription>Unable to update this object because <proxyAddresses> & more</b:ResultErrorDescription>
        <b:SourceAnchor>AQ==</b:SourceAnchor>
        <b:SyncObjectType>User</b:SyncObjectType>
        <b:SyncOperation>Set</b:SyncOperation>
        </b:AzureADSyncObjectResult>
        <b:AzureADSyncObjectResult>
        <b:CloudAnchor>Group_42</b:CloudAnchor>
        <b:ResultCode>Success</b:ResultCode>
        <b:ResultErrorCode i:nil="true">
        </b:ResultErrorCode>
        <b:ResultErrorDescription i:nil="true">
        </b:ResultErrorDescription>
        <b:SourceAnchor i:nil="true">
        </b:SourceAnchor>
        <b:SyncObjectType>Group</b:SyncObjectType>
        <b:SyncOperation i:nil="true">
        </b:SyncOperation>
        </b:AzureADSyncObjectResult>
        </b:SyncObjectResults>
        </ProvisionAzureADSyncObjects2Result>
        </ProvisionAzureADSyncObjects2Response>"#]],
    );
}

#[test]
fn results_that_say_little_come_back() {
    let odd = ObjectResult { code: ResultCode::Other("Maybe".to_owned()), ..ObjectResult::default() };
    check(
        &Answer::Objects(vec![odd]),
        &expect![[r#"
        <ProvisionAzureADSyncObjectsResponse xmlns="http://schemas.microsoft.com/online/aws/change/2010/01">
        <ProvisionAzureADSyncObjectsResult xmlns:b="http://schemas.microsoft.com/online/aws/change/2014/06" xmlns:i="http://www.w3.org/2001/XMLSchema-instance">
        <b:SyncObjectResults>
        <b:AzureADSyncObjectResult>
        <b:CloudAnchor i:nil="true">
        </b:CloudAnchor>
        <b:ResultCode>Maybe</b:ResultCode>
        <b:ResultErrorCode i:nil="true">
        </b:ResultErrorCode>
        <b:ResultErrorDescription i:nil="true">
        </b:ResultErrorDescription>
        <b:SourceAnchor i:nil="true">
        </b:SourceAnchor>
        <b:SyncObjectType i:nil="true">
        </b:SyncObjectType>
        <b:SyncOperation i:nil="true">
        </b:SyncOperation>
        </b:AzureADSyncObjectResult>
        </b:SyncObjectResults>
        </ProvisionAzureADSyncObjectsResult>
        </ProvisionAzureADSyncObjectsResponse>"#]],
    );
    check(
        &Answer::Objects(Vec::new()),
        &expect![[r#"
        <ProvisionAzureADSyncObjectsResponse xmlns="http://schemas.microsoft.com/online/aws/change/2010/01">
        <ProvisionAzureADSyncObjectsResult xmlns:b="http://schemas.microsoft.com/online/aws/change/2014/06" xmlns:i="http://www.w3.org/2001/XMLSchema-instance">
        <b:SyncObjectResults>
        </b:SyncObjectResults>
        </ProvisionAzureADSyncObjectsResult>
        </ProvisionAzureADSyncObjectsResponse>"#]],
    );
}

#[test]
fn results_of_credentials_come_back() {
    let done = CredentialResult {
        result: "0".to_owned(),
        source_anchor: Some("AQ==".to_owned()),
        ..CredentialResult::default()
    };
    let failed = CredentialResult {
        result: "7".to_owned(),
        extended_error: Some("no such user".to_owned()),
        cloud_anchor: Some("User_7".to_owned()),
        ..CredentialResult::default()
    };
    assert!(done.is_done() && !failed.is_done());
    check(
        &Answer::Credentials(vec![done, failed]),
        &expect![[r#"
        <ProvisionCredentialsResponse xmlns="http://schemas.microsoft.com/online/aws/change/2010/01">
        <ProvisionCredentialsResult xmlns:b="http://schemas.datacontract.org/2004/07/Microsoft.Online.Coexistence.Schema" xmlns:i="http://www.w3.org/2001/XMLSchema-instance">
        <b:Results>
        <b:SyncCredentialsChangeResult>
        <b:CloudAnchor i:nil="true">
        </b:CloudAnchor>
        <b:ExtendedErrorInformation i:nil="true">
        </b:ExtendedErrorInformation>
        <b:Result>0</b:Result>
        <b:SourceAnchor>AQ==</b:SourceAnchor>
        </b:SyncCredentialsChangeResult>
        <b:SyncCredentialsChangeResult>
        <b:CloudAnchor>User_7</b:CloudAnchor>
        <b:ExtendedErrorInformation>no such user</b:ExtendedErrorInformation>
        <b:Result>7</b:Result>
        <b:SourceAnchor i:nil="true">
        </b:SourceAnchor>
        </b:SyncCredentialsChangeResult>
        </b:Results>
        </ProvisionCredentialsResult>
        </ProvisionCredentialsResponse>"#]],
    );
}

#[test]
fn answers_without_results_come_back() {
    check(
        &Answer::ExportFinalized,
        &expect![[r#"
        <FinalizeExportResponse xmlns="http://schemas.microsoft.com/online/aws/change/2010/01">
        </FinalizeExportResponse>"#]],
    );
    check(
        &Answer::FeaturesSet,
        &expect![[r#"
        <SetCompanyDirsyncFeaturesResponse xmlns="http://schemas.microsoft.com/online/aws/change/2010/01">
        </SetCompanyDirsyncFeaturesResponse>"#]],
    );
    let version = "<MinimumProductVersion>2.5.79.0</MinimumProductVersion>";
    let xml = format!("<ServiceCapability>{version}</ServiceCapability>");
    check(
        &Answer::Capabilities(Capabilities { xml }),
        &expect![[r#"
        <CapabilitiesResponse xmlns="http://schemas.microsoft.com/online/aws/change/2010/01">
        <CapabilitiesResult>
        <ServiceCapability>
        <MinimumProductVersion>2.5.79.0</MinimumProductVersion>
        </ServiceCapability>
        </CapabilitiesResult>
        </CapabilitiesResponse>"#]],
    );
}

#[test]
fn anchors_come_back_as_they_are() {
    let anchor = Some(" two  spaces\u{a0}".to_owned());
    let object = ObjectResult { source_anchor: anchor.clone(), ..failure() };
    let credential = CredentialResult { source_anchor: anchor, ..CredentialResult::default() };
    for answer in [Answer::Objects(vec![object]), Answer::Credentials(vec![credential])] {
        let head = AnswerHead { action: "x", relates_to: None, activity_id: None };
        let bytes = encode_answer(&head, &answer).unwrap();
        assert_eq!(decode_answer(&bytes, answer.operation()).unwrap().outcome, Ok(answer));
    }
}

#[test]
fn the_known_redirect_is_read() {
    for operation in Operation::ALL {
        let answered = decode_answer(&hex(VECTORS[3].2), operation).unwrap();
        let url = "https://example-region.adminwebservice.example/provisioningservice.svc".to_owned();
        assert_eq!(answered.outcome, Err(ServiceFault::Redirect(url)));
    }
}

#[test]
fn faults_come_back() {
    let head = AnswerHead { action: "", relates_to: Some(TRACKING), activity_id: None };
    let refusal = Refusal {
        code: Refusal::ACCESS_DENIED.to_owned(),
        description: "Access to Azure Active Directory has been denied. Contact Technical Support."
            .to_owned(),
        tracking_id: Some(TRACKING.to_string()),
    };
    let plain = Fault {
        code: "Receiver".to_owned(),
        subcodes: vec!["InternalServiceFault".to_owned(), "Deeper".to_owned()],
        reason: "The server was unable to process the request".to_owned(),
        details: Vec::new(),
    };
    for fault in [
        ServiceFault::Redirect("https://other.example/svc?a=1&b=<2>".to_owned()),
        ServiceFault::Refused(refusal),
        ServiceFault::Soap(plain),
    ] {
        let bytes = encode_refusal(&head, &fault).unwrap();
        let answered = decode_answer(&bytes, Operation::FinalizeExport).unwrap();
        assert_eq!(answered.head.relates_to, Some(TRACKING));
        assert_eq!(answered.outcome, Err(fault));
    }
}

/// A body of one element with one leaf in it.
fn body(outer: &str, leaf: &str, text: &str) -> Vec<u8> {
    let head = AnswerHead { action: "x", relates_to: None, activity_id: None };
    let bytes = write_answer(&head, |it| {
        it.element(&Tag::new(outer), |it| {
            it.element(&Tag::new("Inside"), |it| it.leaf(&Tag::new(leaf), &Value::chars(text)))
        })
    });
    Result::<_, WriteError>::unwrap(bytes).to_vec()
}

#[test]
fn an_error_description_anywhere_is_a_refusal() {
    for operation in Operation::ALL {
        let refusal = Refusal { description: "no, because & so".to_owned(), ..Refusal::default() };
        for outer in [format!("{}Response", operation.name()), "AdminWebServiceFault".to_owned()] {
            let bytes = body(&outer, "ErrorDescription", "no,\n because & so");
            let answered = decode_answer(&bytes, operation).unwrap();
            assert_eq!(answered.outcome, Err(ServiceFault::Refused(refusal.clone())), "{outer}");
        }
        let error = decode_answer(&body("Something", "x", "y"), operation).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("the provisioning service answered \"Something\" to {}", operation.name())
        );
    }
}

#[test]
fn extended_information_with_elements_inside_is_kept() {
    let xml = r#"<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><ProvisionAzureADSyncObjectsResponse><ProvisionAzureADSyncObjectsResult xmlns:b="http://x" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><b:SyncObjectResults><b:AzureADSyncObjectResult><b:ExtendedErrorInformation><b:Key>AttributeConflictName</b:Key><b:Value>mail</b:Value></b:ExtendedErrorInformation><b:ResultCode>Failure</b:ResultCode><b:ResultErrorCode i:nil="true"/><b:SourceAnchor>AQ==</b:SourceAnchor><b:SyncObjectType>Robot</b:SyncObjectType><b:Target>User_9</b:Target></b:AzureADSyncObjectResult></b:SyncObjectResults></ProvisionAzureADSyncObjectsResult></ProvisionAzureADSyncObjectsResponse></s:Body></s:Envelope>"#;
    let bytes = Node::parse(xml).encode().unwrap();
    let answered = decode_answer(&bytes, Operation::ProvisionAzureADSyncObjects).unwrap();
    let expected = ObjectResult {
        code: ResultCode::Failure,
        source_anchor: Some("AQ==".to_owned()),
        further: vec![
            Field::new("Key", "AttributeConflictName"),
            Field::new("Value", "mail"),
            Field::new("Target", "User_9"),
        ],
        ..ObjectResult::default()
    };
    assert_eq!(answered.outcome, Ok(Answer::Objects(vec![expected])));
}
