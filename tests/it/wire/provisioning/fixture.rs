//! The caller of the known requests.

use samesign::model::{Secret, SecretBytes};
use samesign::wire::provisioning::{Call, Request, SyncToken, encode_request};
use uuid::Uuid;

pub(super) const TRACKING: Uuid = Uuid::from_u128(0x1111_1111_2222_3333_4444_5555_5555_5555);
pub(super) const ADDRESS: &str = "https://adminwebservice.microsoftonline.com/provisioningservice.svc";

pub(super) fn token(application_id: Uuid) -> SyncToken {
    SyncToken {
        application_id,
        bearer_token: Secret::new("TOKEN".to_owned()),
        client_version: SyncToken::CLIENT_VERSION.to_owned(),
        build_number: "2.6.84.0".to_owned(),
        tracking_id: TRACKING,
    }
}

pub(super) fn encode(request: &Request) -> SecretBytes {
    let token = token(SyncToken::APPLICATION_V2);
    encode_request(&Call { to: ADDRESS, message_id: TRACKING, token: &token }, request).unwrap()
}
