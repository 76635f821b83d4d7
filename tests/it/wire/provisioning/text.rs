//! Values of properties arrive as they left.

use proptest::prelude::*;
use samesign::model::Secret;
use samesign::wire::nbfx::forbidden_character;
use samesign::wire::provisioning::{
    Anchor, CredentialChange, LinkChange, LinkOperation, PropertyValue, Request, SyncObject, SyncObjectType,
    SyncOperation, decode_request,
};

use super::fixture::encode;

fn arrived(objects: Vec<SyncObject>) -> Vec<SyncObject> {
    let bytes = encode(&Request::ProvisionObjects2(objects));
    let Request::ProvisionObjects2(arrived) = decode_request(&bytes).unwrap().request else {
        panic!("another operation")
    };
    arrived
}

#[test]
fn texts_that_look_like_something_else_stay_text() {
    let mut user = SyncObject::new(SyncObjectType::User, SyncOperation::Add, "AQ==");
    for (at, text) in ["", " ", "<b>", "&amp;", "true", "1", "\u{202e}مرحبا", "👩‍👩‍👧", &"x".repeat(32 << 10)]
        .into_iter()
        .enumerate()
    {
        user.properties.push((format!("extension_{at}"), PropertyValue::Text(text.to_owned())));
    }
    assert_eq!(arrived(vec![user.clone()]), [user]);
}

fn text() -> impl Strategy<Value = String> {
    "(.|\n){0,30}".prop_filter("not XML", |it| forbidden_character(it).is_none())
}

fn value() -> impl Strategy<Value = PropertyValue> {
    let anchor = prop_oneof![text().prop_map(Anchor::Cloud), text().prop_map(Anchor::Source)];
    let operation = prop_oneof![Just(LinkOperation::Add), Just(LinkOperation::Remove)];
    let link = (anchor, operation).prop_map(|(to, operation)| LinkChange { to, operation });
    let bytes = || prop::collection::vec(any::<u8>(), 0..20);
    prop_oneof![
        Just(PropertyValue::Nil),
        text().prop_map(PropertyValue::Text),
        any::<bool>().prop_map(PropertyValue::Bool),
        any::<i64>().prop_map(PropertyValue::Long),
        bytes().prop_map(PropertyValue::Bytes),
        prop::collection::vec(text(), 0..5).prop_map(PropertyValue::Texts),
        prop::collection::vec(bytes(), 0..5).prop_map(PropertyValue::ByteLists),
        prop::collection::vec(link, 0..5).prop_map(PropertyValue::Links),
    ]
}

fn object() -> impl Strategy<Value = SyncObject> {
    let kind = prop::sample::select(vec![
        SyncObjectType::User,
        SyncObjectType::Group,
        SyncObjectType::Contact,
        SyncObjectType::Device,
    ]);
    let operation = prop::sample::select(vec![SyncOperation::Add, SyncOperation::Set, SyncOperation::Delete]);
    (prop::collection::vec((text(), value()), 0..6), kind, operation)
        .prop_map(|(properties, kind, operation)| SyncObject { properties, kind, operation })
}

proptest! {
    #[test]
    fn objects_arrive_as_they_left(objects in prop::collection::vec(object(), 0..4)) {
        prop_assert_eq!(arrived(objects.clone()), objects);
    }

    #[test]
    fn credentials_arrive_as_they_left(second in -62_000_000_000_i64..253_000_000_000, tick in 0..10_000_000, secret in text(), anchor in "[A-Z]{1,5}", must_change: bool) {
        let changed_at = jiff::Timestamp::new(second, 0).unwrap() + jiff::SignedDuration::from_nanos(i64::from(tick) * 100);
        let item = CredentialChange {
            changed_at,
            cloud_anchor: None,
            credential: Secret::new(secret.clone()),
            must_change,
            source_anchor: Some(anchor),
        };
        let bytes = encode(&Request::ProvisionCredentials(vec![item.clone()]));
        let Request::ProvisionCredentials(arrived) = decode_request(&bytes).unwrap().request else { panic!() };
        prop_assert_eq!(arrived[0].credential.reveal(), secret);
        prop_assert_eq!(format!("{:?}", arrived[0]), format!("{item:?}"));
    }
}
