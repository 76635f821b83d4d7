//! Users to requests of the provisioning service and back: the binary XML codec at work.
//!
//! Nothing is sent, so it tells what a channel of this kind costs apart from the network.

use std::hint::black_box;

use samesign::model::Secret;
use samesign::wire::provisioning::{
    Call, PropertyValue, Request, SyncObject, SyncObjectType, SyncOperation, SyncToken, decode_request,
    encode_request,
};
use uuid::Uuid;

use crate::measure::{Measured, best};
use crate::world::World;

/// As many objects as Entra Connect puts into one request.
const BATCH: u32 = 30;
/// As many properties as a user that has most of them.
const PROPERTIES: u32 = 30;

/// Writes the users batch by batch and reads each request again.
pub(super) fn written_and_read(world: World) -> Measured {
    Measured::bytes(best(|| bytes_of(world.users)))
}

fn bytes_of(users: u32) -> usize {
    let token = SyncToken {
        application_id: SyncToken::APPLICATION_V2,
        bearer_token: Secret::new("x".repeat(2_000)),
        client_version: SyncToken::CLIENT_VERSION.to_owned(),
        build_number: "2.6.84.0".to_owned(),
        tracking_id: Uuid::nil(),
    };
    let call = Call { to: "https://service.example/", message_id: Uuid::nil(), token: &token };
    let mut bytes = 0;
    for first in (0..users).step_by(BATCH as usize) {
        let objects = (first..users.min(first + BATCH)).map(user).collect();
        let request = encode_request(&call, &Request::ProvisionObjects2(objects)).expect("plain text");
        black_box(decode_request(&request).expect("a request as it was written"));
        bytes += request.len();
    }
    bytes
}

fn user(number: u32) -> SyncObject {
    let mut user = SyncObject::new(SyncObjectType::User, SyncOperation::Set, &format!("anchor{number:08}=="));
    user.properties.extend((0..PROPERTIES).map(|property| {
        let text = format!("value {property} of the user with number {number}");
        (format!("property{property}"), PropertyValue::Text(text))
    }));
    user
}
