//! Passwords on their way from a domain controller to a tenant, as `status` tells of them.

use serde_json::Value;

use super::tenant::{Content, Tenant};
use super::workplace::{Door, Workplace};
use crate::lab::Pair;

/// The users of the only policy, by where their password stands.
fn users(place: &Workplace) -> Value {
    let ran = place.samesign(&["status", "--format", "json"]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.err, ran.out);
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    json["policies"][0]["passwords"]["users"].clone()
}

fn names<'a>(users: &'a Value, place: &str) -> Vec<&'a str> {
    users[place].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whose_password_waits_is_told_until_the_tenant_confirms_it() {
    let pair = tokio::task::block_in_place(Pair::start);
    let tenant = Tenant::start_synchronised().await;
    let place = Workplace::new(&pair.one, &tenant, Door::Password, &["Staff"]);
    place.send_passwords("svc-replica@corp.example.com");

    let before = users(&place);
    assert_eq!(tenant.content().await, Content::default(), "looking writes nothing");
    let waiting = names(&before, "waiting");
    assert_eq!(before["confirmed"], 0);
    assert!(Pair::PEOPLE / 2 < waiting.len(), "{before:#}");
    let oldest = &before["waiting"][0];
    assert_eq!(oldest["lagSeconds"], before["oldestLagSeconds"]);
    assert_eq!((&oldest["inTenant"], &oldest["confirmed"]), (&Value::Bool(false), &Value::Null));

    place.apply(0, &["manifests", "--auto-approve"]);
    let after = users(&place);
    assert_eq!(
        (names(&after, "waiting").len(), after["confirmed"].as_u64()),
        (0, Some(waiting.len() as u64))
    );
    assert_eq!(after["oldestLagSeconds"], Value::Null);
    let latest = &after["latest"];
    assert!(latest["changed"].is_string() && latest["confirmed"].is_string(), "{latest:#}");
    assert!(latest["lagSeconds"].as_i64().is_some_and(|it| 0 <= it), "{latest:#}");
    // Some are known by another name once the tenant has them.
    assert_eq!(names(&after, "left").len(), names(&before, "left").len());
}
