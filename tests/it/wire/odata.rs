//! Pages, faults and batches as text.

use proptest::prelude::*;
use samesign::model::{CloudContact, CloudGroup, CloudUser, GroupType, Property};
use samesign::wire::odata::{
    BatchAnswer, DeltaPage, Fault, GroupRecord, ObjectChange, Page, Removal, UserRecord,
};

#[test]
fn a_fault_without_an_envelope_is_an_excerpt() {
    let fault = Fault::read(b"<html><body><p>No\r\n\x1b[31m way</p></body></html>");
    assert_eq!((fault.code.as_str(), fault.message.as_str()), ("", "No [31m way"));
    assert_eq!(Fault::read(b"").message, "");
    assert!(Fault::read("é".repeat(5000).as_bytes()).message.chars().count() < 200);
}

#[test]
fn answers_of_a_batch_find_their_requests() {
    let body = br#"{"responses":[{"id":"1","status":429,"headers":{"Retry-After":7}},
        {"id":"0","status":200,"body":{"a":[1]}},{"id":"9","status":200},{"id":"x","status":200}]}"#;
    let answers = BatchAnswer::read(body, 3).unwrap();
    assert_eq!(answers[0].as_ref().unwrap().body(), br#"{"a":[1]}"#);
    assert_eq!(answers[1].as_ref().unwrap().header("retry-after").as_deref(), Some("7"));
    assert!(answers[2].is_none());
}

fn change(text: &str) -> ObjectChange {
    serde_json::from_str(text).unwrap()
}

const ID: &str = "00000000-0000-4000-8000-000000000001";

#[test]
fn a_change_says_what_it_mentions_and_no_more() {
    let read = |text: &str| serde_json::from_str::<UserRecord>(text).unwrap().into_user();
    let before = read(
        r#"{"id":"00000000-0000-4000-8000-000000000001","displayName":"Ada","jobTitle":"Clerk","userType":"Guest",
        "onPremisesImmutableId":"by-hand","onPremisesExtensionAttributes":{"extensionAttribute1":"one"},
        "proxyAddresses":["SMTP:a@b.example"],"manager":{"id":"00000000-0000-4000-8000-000000000002"}}"#,
    );
    assert_eq!(change(&format!(r#"{{"id":"{ID}"}}"#)).onto_user(&before), before);
    let text = format!(
        r#"{{"id":"{ID}","jobTitle":null,"proxyAddresses":[],"city":"Ulm","manager@delta":[],
        "onPremisesExtensionAttributes":{{"extensionAttribute2":"two"}}}}"#
    );
    let after = change(&text).onto_user(&before);
    let has = |property: Property| after.attributes.text(property.id());
    assert_eq!(after.attributes.iter().count(), 3);
    assert_eq!((has(Property::DisplayName), has(Property::City)), (Some("Ada"), Some("Ulm")));
    assert_eq!(has(Property::ExtensionAttribute2), Some("two"));
    assert_eq!((after.manager, after.guest), (None, true));
    assert_eq!(after.foreign_anchor.as_deref(), Some("by-hand"));
}

#[test]
fn a_manager_is_taken_away_by_name_only() {
    let manager = |links: &str| {
        let before = CloudUser { manager: ID.parse().ok(), ..CloudUser::default() };
        let text = format!(r#"{{"id":"{ID}","manager@delta":[{links}]}}"#);
        change(&text).onto_user(&before).manager.map(|it| it.to_string())
    };
    let other = "00000000-0000-4000-8000-000000000002";
    let gone = |id: &str| format!(r#"{{"id":"{id}","@removed":{{"reason":"deleted"}}}}"#);
    assert_eq!(manager(&gone(ID)), None);
    assert_eq!(manager(&gone(other)).as_deref(), Some(ID));
    assert_eq!(manager(&format!(r#"{},{{"id":"{other}"}}"#, gone(ID))).as_deref(), Some(other));
}

#[test]
fn the_sort_of_a_group_can_change_by_one_of_its_three_properties() {
    use GroupType as T;
    let group = |group_type| CloudGroup { group_type, ..CloudGroup::default() };
    let after = |before, text: &str| {
        change(&format!(r#"{{"id":"{ID}",{text}}}"#)).onto_group(&group(before)).0.group_type
    };
    assert_eq!(after(T::Distribution, r#""displayName":"x""#), T::Distribution);
    assert_eq!(after(T::Distribution, r#""securityEnabled":true"#), T::MailEnabledSecurity);
    assert_eq!(after(T::Microsoft365, r#""securityEnabled":true"#), T::Microsoft365);
    assert_eq!(after(T::Security, r#""mailEnabled":true,"groupTypes":["Unified"]"#), T::Microsoft365);
}

#[test]
fn only_the_word_deleted_means_for_good() {
    let removed = |reason: &str| change(&format!(r#"{{"id":"{ID}","@removed":{reason}}}"#)).removed();
    assert_eq!(removed(r#"{"reason":"deleted"}"#), Some(Removal::Purged));
    assert_eq!(removed(r#"{"reason":"changed"}"#), Some(Removal::Recycled));
    assert_eq!(removed("{}"), Some(Removal::Recycled));
    let contact = change(&format!(r#"{{"id":"{ID}","addresses":[],"phones":[]}}"#));
    assert_eq!(contact.removed(), None);
    assert_eq!(contact.onto_contact(&CloudContact::default()).id, ID.parse().unwrap());
}

proptest! {
    #[test]
    fn no_text_makes_a_codec_panic(text in any::<String>(), bytes in any::<Vec<u8>>()) {
        drop(Fault::read(text.as_bytes()));
        drop(Fault::read(&bytes));
        drop(BatchAnswer::read(&bytes, 3));
        drop(serde_json::from_slice::<Page<UserRecord>>(&bytes));
        drop(serde_json::from_slice::<DeltaPage>(&bytes));
        drop(serde_json::from_str::<GroupRecord>(&text));
    }
}
