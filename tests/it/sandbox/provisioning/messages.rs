//! Known messages, byte for byte but for the token, and hostile ones.

use proptest::prelude::*;
use samesign::wire::provisioning::{Answer, Operation, Request, ServiceFault, decode_answer};

use super::connector::{Connector, TYPE, user};

const CONFIGURATION: &str =
    include_str!("../../../vectors/provisioning/req_GetCompanyConfiguration.msbin1.hex");
const OBJECTS: &str =
    include_str!("../../../vectors/provisioning/req_ProvisionAzureADSyncObjects2.msbin1.hex");
const CREDENTIALS: &str = include_str!("../../../vectors/provisioning/req_ProvisionCredentials.msbin1.hex");

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    let pairs = digits.chunks_exact(2).map(|it| std::str::from_utf8(it).unwrap());
    pairs.map(|it| u8::from_str_radix(it, 16).unwrap()).collect()
}

/// The message with a token in the place of the word that stands there.
fn with_token(hex: &str, token: &str) -> Vec<u8> {
    let message = bytes(hex);
    let word = b"\x99\x05TOKEN";
    let at = message.windows(word.len()).position(|it| it == word).unwrap();
    let length = u16::try_from(token.len()).unwrap().to_le_bytes();
    [&message[..at], &[0x9b], &length, token.as_bytes(), &message[at + word.len()..]].concat()
}

#[tokio::test]
async fn messages_of_other_clients_work_unchanged() {
    let connector = Connector::of("").await;
    let send = |hex: &'static str, operation: Operation| {
        let connector = &connector;
        async move {
            let body = with_token(hex, &connector.token);
            let (status, body) = connector.post(&connector.url(), TYPE, body).await;
            assert_eq!(status, 200);
            decode_answer(&body, operation).unwrap().outcome.unwrap()
        }
    };
    let Answer::CompanyConfiguration(configuration) =
        send(CONFIGURATION, Operation::GetCompanyConfiguration).await
    else {
        panic!("another answer")
    };
    assert_eq!(configuration.tenant_id, Some(connector.graph.sandbox.tenant_id()));
    let Answer::Objects2(results) = send(OBJECTS, Operation::ProvisionAzureADSyncObjects2).await else {
        panic!("another answer")
    };
    assert_eq!(results[0].code.name(), "Success", "{results:?}");
    let shown = connector.graph.get("/users/test.user@contoso.onmicrosoft.com").await;
    assert_eq!(
        (&shown.body["displayName"], &shown.body["mail"]),
        (&"Test User".into(), &"test.user@example.com".into())
    );
    let Answer::Credentials(results) = send(CREDENTIALS, Operation::ProvisionCredentials).await else {
        panic!("another answer")
    };
    assert!(results[0].is_done(), "{results:?}");
}

#[tokio::test]
async fn broken_messages_get_a_fault() {
    let connector = Connector::of("").await;
    let whole = with_token(OBJECTS, &connector.token);
    let mut broken: Vec<Vec<u8>> = (0..whole.len()).step_by(7).map(|it| whole[..it].to_vec()).collect();
    broken.push(b"<s:Envelope/>".to_vec());
    broken.push([b"\x40\x01a".repeat(100_000)].concat());
    broken.push(bytes(include_str!(
        "../../../vectors/provisioning/rsp_BindingRedirectionFault_SYNTHETIC.msbin1.hex"
    )));
    for body in broken {
        let (status, answer) = connector.post(&connector.url(), TYPE, body).await;
        assert_eq!(status, 500);
        let answered = decode_answer(&answer, Operation::Capabilities).unwrap();
        assert!(matches!(answered.outcome, Err(ServiceFault::Soap(_))), "{answered:?}");
    }
    assert_eq!(connector.graph.get("/users").await.each("id").len(), 0);
    connector.write(user(1, "anna")).await;
}

#[tokio::test]
async fn an_action_that_is_not_that_of_the_body_is_refused() {
    let connector = Connector::of("").await;
    let mut message = connector.encode(&Request::Capabilities);
    let word = b"IProvisioningWebService/Capabilities";
    let at = message.windows(word.len()).position(|it| it == word).unwrap();
    message[at + word.len() - 1] = b'z';
    let (status, answer) = connector.post(&connector.url(), TYPE, message).await;
    let outcome = decode_answer(&answer, Operation::Capabilities).unwrap().outcome;
    let Err(ServiceFault::Soap(fault)) = outcome else { panic!("{outcome:?}") };
    assert_eq!((status, fault.subcodes.as_slice()), (500, &["ActionNotSupported".to_owned()][..]));
}

#[test]
fn random_messages_get_a_fault() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let connector = runtime.block_on(Connector::of(""));
    let whole = with_token(OBJECTS, &connector.token);
    let config = ProptestConfig { cases: 64, ..ProptestConfig::default() };
    proptest!(config, |(at in 0..whole.len(), noise in proptest::collection::vec(any::<u8>(), 0..64))| {
        let mut body = whole.clone();
        let end = (at + noise.len()).min(body.len());
        body[at..end].copy_from_slice(&noise[..end - at]);
        let (status, answer) = runtime.block_on(connector.post(&connector.url(), TYPE, body));
        prop_assert!([200, 500].contains(&status));
        prop_assert!(decode_answer(&answer, Operation::ProvisionAzureADSyncObjects2).is_ok());
    });
}
