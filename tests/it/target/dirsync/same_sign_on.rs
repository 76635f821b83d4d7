//! Password hashes that reach a sandbox over a bad line, and the people who sign in with their passwords.

use std::collections::HashSet;
use std::sync::{Arc, Once};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use md4::{Digest, Md4};
use samesign::model::{Guid, Property, Secret};
use samesign::sandbox::{Effect, Fault, Sandbox, SandboxOptions, Seed, start};
use samesign::target::dirsync::{
    Connection, CurrentPassword, DirSync, Endpoints, Known, PasswordHashes, PasswordPage, Settings,
};
use samesign::target::{App, Credential, Done, Patience, Step, StepValue, Target, TargetError};
use samesign::wire::password::NtHash;
use serde_json::Value;

use super::script::{World, anchor};

const PEOPLE: u32 = 120;
const APP: &str = "11111111-2222-3333-4444-555555555555";

/// Everybody's password has their number in it, and whose account it is says the GUID.
struct Hashes;

impl PasswordHashes for Hashes {
    fn fetch<'a>(
        &'a mut self,
        accounts: &'a [Guid],
    ) -> BoxFuture<'a, Result<Vec<Result<CurrentPassword, String>>, TargetError>> {
        let one = |it: &Guid| {
            let wide: Vec<u8> = password(number(*it)).encode_utf16().flat_map(u16::to_le_bytes).collect();
            let hash = NtHash::from_bytes(&Md4::digest(wide).into());
            let changed = "2026-11-22T09:14:00Z".parse().unwrap();
            Ok(CurrentPassword { hash, changed, must_change: false, set_at: Some(changed) })
        };
        let found = accounts.iter().map(one).collect();
        async move { Ok(found) }.boxed()
    }

    fn rewind(&mut self) {}

    fn next_page<'a>(
        &'a mut self,
        _: &'a HashSet<Guid>,
    ) -> BoxFuture<'a, Result<Option<PasswordPage>, TargetError>> {
        async { Ok(None) }.boxed()
    }
}

/// The second in which all of it happens.
fn now() -> Timestamp {
    "2026-11-22T09:15:00Z".parse().unwrap()
}

fn number(account: Guid) -> u32 {
    u32::from_be_bytes(*account.as_bytes().first_chunk().unwrap())
}

fn password(number: u32) -> String {
    format!("Hafen Nr. {number} 🦀")
}

fn name(number: u32) -> String {
    format!("user{number}@contoso.com")
}

async fn tenant() -> Sandbox {
    let mut options = SandboxOptions::new(Arc::new(now));
    options.seed = Seed::parse("onPremisesSyncEnabled: true").unwrap();
    start(options).await.unwrap()
}

fn target(sandbox: &Sandbox) -> DirSync<World> {
    let base = sandbox.base_url();
    let endpoints = Endpoints::explicit(base, &format!("{base}/provisioningservice.svc")).unwrap();
    let credential = Credential::ClientSecret(Secret::new("s3cret-of-the-app".to_owned()));
    let app = App { tenant: sandbox.tenant_id().to_string(), client_id: APP.to_owned(), credential };
    let defaults = Settings::new(endpoints, app, Arc::new(now));
    let patience = Patience { backoff: Duration::from_millis(1), ..defaults.patience };
    let connection = Connection::open(Settings { patience, ..defaults }).unwrap();
    DirSync::new(&connection, World::default(), Known::default()).with_hashes(Some(Box::new(Hashes)))
}

fn fault(skip: u32, effect: Effect) -> Fault {
    Fault { method: None, path: Some("/provisioningservice.svc".to_owned()), skip, times: 1, effect }
}

async fn get_in(sandbox: &Sandbox, name: &str, password: &str) -> bool {
    static PROVIDER: Once = Once::new();
    let form = [
        ("grant_type", "password"),
        ("client_id", APP),
        ("scope", "User.Read"),
        ("username", name),
        ("password", password),
    ];
    let url = format!("{}/{}/oauth2/v2.0/token", sandbox.base_url(), sandbox.tenant_id());
    PROVIDER.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client.post(url).form(&form).send().await.unwrap().bytes().await.unwrap();
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    answer["access_token"].is_string()
}

#[tokio::test]
async fn everybody_gets_in_although_the_service_is_busy_and_answers_are_lost() {
    let sandbox = tenant().await;
    let target = target(&sandbox);
    let create = |number: u32| Step::CreateUser {
        anchor: anchor(number),
        values: vec![
            (Property::UserPrincipalName, StepValue::Text(name(number))),
            (Property::AccountEnabled, StepValue::Switch(true)),
        ],
    };
    let made = target.carry_out(&(0..PEOPLE).map(create).collect::<Vec<_>>()).await;
    let send = |(number, made): (u32, &Result<Done, TargetError>)| match made {
        Ok(Done::Applied(id)) => {
            Step::SetPassword { id: *id, account: anchor(number).guid(), must_change: false, set_at: None }
        }
        other => panic!("{other:?}"),
    };
    let steps: Vec<Step> = (0..).zip(&made).map(send).collect();
    sandbox.set_faults(vec![
        fault(0, Effect::ServiceFault { code: 81, text: None }),
        fault(1, Effect::LostResponse),
        fault(2, Effect::Reset),
    ]);
    let results = target.carry_out(&steps).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    for number in 0..PEOPLE {
        assert!(get_in(&sandbox, &name(number), &password(number)).await, "{number}");
    }
    assert!(!get_in(&sandbox, &name(0), &password(1)).await);
    // One who is gone does not take the others along.
    sandbox.set_faults(Vec::new());
    let [Step::SetPassword { id, account: _, must_change: _, set_at: _ }, ..] = steps[..] else { panic!() };
    assert!(target.carry_out(&[Step::DeleteUser { id }]).await[0].is_ok());
    let failed: Vec<bool> = target.carry_out(&steps[..3]).await.iter().map(Result::is_err).collect();
    assert_eq!(failed, [true, false, false]);
}
