//! Password hashes on their way: read in the moment in which they are sent, salted, fifty to a message. Time is tokio's
//! and stands still.

use std::collections::{BTreeSet, HashSet};
use std::sync::{Arc, Mutex};

use expect_test::expect;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use samesign::model::{Guid, Property};
use samesign::target::dirsync::{CurrentPassword, DirSync, PasswordHashes, PasswordPage};
use samesign::target::{Step, StepValue, Target, TargetError};
use samesign::wire::password::NtHash;
use samesign::wire::provisioning::{Answer, CredentialChange, CredentialResult, Request};

use super::answers::strip;
use super::script::{
    Asked, Say, Service, World, anchor, credential_result, id, many, outcomes, refused, taken,
};

type Found = Result<Vec<Result<CurrentPassword, String>>, TargetError>;
type Directory = Arc<dyn Fn(&[Guid]) -> Found + Send + Sync>;

/// A directory of passwords, and for how many accounts at a time it was asked.
struct Hashes {
    directory: Directory,
    asked: Arc<Mutex<Vec<usize>>>,
}

impl PasswordHashes for Hashes {
    fn fetch<'a>(&'a mut self, accounts: &'a [Guid]) -> BoxFuture<'a, Found> {
        self.asked.lock().unwrap().push(accounts.len());
        let found = (self.directory)(accounts);
        async move { found }.boxed()
    }

    fn rewind(&mut self) {}

    fn next_page<'a>(
        &'a mut self,
        _: &'a HashSet<Guid>,
    ) -> BoxFuture<'a, Result<Option<PasswordPage>, TargetError>> {
        async { Ok(None) }.boxed()
    }
}

fn account(number: u32) -> Guid {
    anchor(number).guid()
}

fn password(account: Guid) -> CurrentPassword {
    CurrentPassword {
        hash: NtHash::from_bytes(account.as_bytes()),
        changed: "2026-11-22T09:14:00Z".parse().unwrap(),
        must_change: false,
        set_at: Some(set_at()),
    }
}

fn set_at() -> Timestamp {
    "2026-11-22T09:14:00.1234567Z".parse().unwrap()
}

fn everybodys(accounts: &[Guid]) -> Vec<Result<CurrentPassword, String>> {
    accounts.iter().map(|it| Ok(password(*it))).collect()
}

fn of(number: u32) -> Step {
    Step::SetPassword { id: id(number), account: account(number), must_change: false, set_at: Some(set_at()) }
}

/// A target that reads passwords from a directory, and how often it did.
fn target(
    service: &Service,
    directory: impl Fn(&[Guid]) -> Found + Send + Sync + 'static,
) -> (DirSync<World>, Arc<Mutex<Vec<usize>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let hashes = Hashes { directory: Arc::new(directory), asked: Arc::clone(&asked) };
    let target = DirSync::new(&service.connection(), World::default(), many(200));
    (target.with_hashes(Some(Box::new(hashes))), asked)
}

fn sizes(service: &Service) -> Vec<usize> {
    service.passwords().iter().map(Vec::len).collect()
}

#[tokio::test]
async fn a_hundred_and_twenty_go_in_three_messages_each_with_a_salt_of_its_own() {
    let service = Service::kind().await;
    let (target, asked) = target(&service, |it| Ok(everybodys(it)));
    let steps: Vec<Step> = (1000..1120).map(of).collect();
    let expected: Vec<String> = (1000..1120).map(|it| format!("applied {it:012}")).collect();
    assert_eq!(outcomes(&target, &steps).await, expected);
    assert_eq!(sizes(&service), [50, 50, 20]);
    // Nobody's hash is read before the message in which it goes.
    assert_eq!(*asked.lock().unwrap(), [50, 50, 20]);
    let sent = service.passwords().concat();
    let salts: BTreeSet<&str> =
        sent.iter().map(|it| it.credential.reveal().split(',').nth(1).unwrap()).collect();
    assert_eq!(salts.len(), 120);
    for (number, change) in (1000..).zip(&sent) {
        let CredentialChange { changed_at, cloud_anchor, credential, must_change, source_anchor } = change;
        assert_eq!(source_anchor.as_deref(), Some(anchor(number).to_string().as_str()));
        assert_eq!(
            (cloud_anchor, must_change, changed_at.to_string().as_str()),
            (&None, &false, "2026-11-22T09:14:00Z")
        );
        let parts: Vec<&str> = credential.reveal().split(',').collect();
        assert_eq!((parts[0], parts[1].len(), parts[2], parts[3].len()), ("v1;PPH1_MD4", 20, "1000", 65));
        let digits = format!("{:032x}", u128::from_be_bytes(*account(number).as_bytes()));
        assert!(!credential.reveal().to_lowercase().contains(&digits));
    }
}

#[tokio::test]
async fn one_that_is_not_taken_does_not_take_the_others_with_it() {
    let service = Service::start(|asked: &Asked| {
        let Request::ProvisionCredentials(changes) = &asked.received.request else {
            return Say::Good(taken(asked));
        };
        let result = |change: &CredentialChange| match change.source_anchor.as_deref() {
            Some(it) if it == anchor(2).to_string() => CredentialResult {
                result: "1".to_owned(),
                extended_error: Some(
                    "A credential update is not supported for a cloud-only user.".to_owned(),
                ),
                ..credential_result(change)
            },
            _ => credential_result(change),
        };
        let silent = |it: &&CredentialChange| it.source_anchor != Some(anchor(3).to_string());
        Say::Good(Answer::Credentials(changes.iter().filter(silent).map(result).collect()))
    })
    .await;
    let (target, _) = target(&service, |accounts| {
        let one =
            |it: &Guid| if *it == account(4) { Err("AD has none".to_owned()) } else { Ok(password(*it)) };
        Ok(accounts.iter().map(one).collect())
    });
    let steps = [of(1), of(2), of(3), of(4), of(20), of(5)];
    let said = strip(&outcomes(&target, &steps).await.join("\n"), &service);
    expect![[r#"
        applied 000000000001
        the password of user2 was not written (result 1): A credential update is not supported for a cloud-only user. (tracking id ID)
        the answer of HOST does not say what became of the password of user3: no result has its anchor (tracking id ID)
        the step cannot be sent: the password of user4: AD has none
        the step cannot be sent: the password of user20: the directory is not yet master of the user
        applied 000000000005"#]].assert_eq(&said);
    assert_eq!(sizes(&service), [4]);
}

#[tokio::test]
async fn what_must_be_changed_first_goes_only_if_that_was_planned() {
    let service = Service::kind().await;
    let (target, _) = target(&service, |accounts| {
        Ok(accounts
            .iter()
            .map(|it| Ok(CurrentPassword { must_change: true, set_at: None, ..password(*it) }))
            .collect())
    });
    let planned = Step::SetPassword { id: id(2), account: account(2), must_change: true, set_at: None };
    expect![[r#"
        the step cannot be sent: the password of user1: it must be changed at the office first
        applied 000000000002"#]]
    .assert_eq(&outcomes(&target, &[of(1), planned]).await.join("\n"));
    let [sent] = &service.passwords()[..] else { panic!() };
    assert_eq!(sent.iter().map(|it| it.must_change).collect::<Vec<_>>(), [true]);
}

/// The plan read from one domain controller and the hash came from another, which lags behind.
#[tokio::test]
async fn an_older_password_than_the_planned_one_is_not_sent_and_a_newer_one_is() {
    let service = Service::kind().await;
    let (target, _) = target(&service, |accounts| {
        let moment = SignedDuration::from_nanos(100);
        let (older, newer) = (set_at() - moment, set_at() + moment);
        let one = |it: &Guid| {
            let set_at = if *it == account(1) { older } else { newer };
            Ok(CurrentPassword { set_at: Some(set_at), ..password(*it) })
        };
        Ok(accounts.iter().map(one).collect())
    });
    let changed = Step::SetPassword { id: id(3), account: account(3), must_change: true, set_at: None };
    expect![[r#"
        the step cannot be sent: the password of user1: the domain controller that was asked has an older one only; apply again later
        applied 000000000002
        the step cannot be sent: the password of user3: it need not be changed any more; apply again"#]].assert_eq(&outcomes(&target, &[of(1), of(2), changed]).await.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn a_busy_service_and_a_lost_answer_get_the_same_message_again() {
    for say in [refused("81", "The service is currently busy."), Say::Nothing] {
        let service = Service::first(vec![say.clone(), say]).await;
        let (target, asked) = target(&service, |it| Ok(everybodys(it)));
        assert_eq!(
            outcomes(&target, &[of(1), of(2)]).await,
            ["applied 000000000001", "applied 000000000002"]
        );
        assert_eq!(sizes(&service), [2, 2, 2]);
        assert_eq!(*asked.lock().unwrap(), [2]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_stays_busy_is_not_asked_for_the_rest() {
    let service = Service::start(|_: &Asked| refused("81", "The service is currently busy.")).await;
    let (target, asked) = target(&service, |it| Ok(everybodys(it)));
    let steps: Vec<Step> = (1000..1120).map(of).collect();
    let said: BTreeSet<String> = outcomes(&target, &steps).await.into_iter().collect();
    let said = said.iter().map(|it| strip(it, &service)).collect::<Vec<_>>().join("\n");
    expect![
        "HOST refused ProvisionCredentials (code 81): The service is currently busy. (tracking id track-9)"
    ]
    .assert_eq(&said);
    assert_eq!((sizes(&service), &**asked.lock().unwrap()), (vec![50; 7], &[50][..]));
}

#[tokio::test]
async fn a_directory_that_does_not_answer_is_not_asked_for_the_rest() {
    let service = Service::kind().await;
    let (target, asked) = target(&service, |_| {
        Err(TargetError::Step { what: "passwords could not be read from AD: no answer".to_owned() })
    });
    let steps: Vec<Step> = (1000..1120).map(of).collect();
    let said: BTreeSet<String> = outcomes(&target, &steps).await.into_iter().collect();
    expect!["the step cannot be sent: passwords could not be read from AD: no answer"]
        .assert_eq(&said.into_iter().collect::<Vec<_>>().join("\n"));
    assert_eq!((sizes(&service).len(), &**asked.lock().unwrap()), (0, &[50][..]));
}

#[tokio::test]
async fn without_a_directory_of_passwords_none_is_sent_and_all_else_is() {
    let service = Service::kind().await;
    let name = StepValue::Text("Ann".to_owned());
    let rename = Step::UpdateUser { id: id(1), values: vec![(Property::DisplayName, Some(name))] };
    expect![[r#"
        applied 000000000001
        the step cannot be sent: there is no directory to read passwords from"#]]
    .assert_eq(&outcomes(&service.target(), &[rename, of(1)]).await.join("\n"));
}

/// The service knows somebody who was just made in one place before it does in all.
#[tokio::test(start_paused = true)]
async fn the_password_of_a_new_user_is_sent_again_and_no_other() {
    let mut tries = 0;
    let service = Service::start(move |asked: &Asked| {
        let Request::ProvisionCredentials(changes) = &asked.received.request else {
            return Say::Good(taken(asked));
        };
        tries += 1;
        let result = |it: &CredentialChange| CredentialResult {
            result: if tries < 3 { "1" } else { "0" }.to_owned(),
            ..credential_result(it)
        };
        Say::Good(Answer::Credentials(changes.iter().map(result).collect()))
    })
    .await;
    let (target, asked) = target(&service, |it| Ok(everybodys(it)));
    let values = vec![(Property::UserPrincipalName, StepValue::Text("ann@contoso.example".to_owned()))];
    let create = Step::CreateUser { anchor: anchor(500), values };
    assert_eq!(outcomes(&target, &[create]).await, ["applied 000000000500"]);
    let results = target.carry_out(&[of(1), of(500)]).await;
    assert!(results[0].is_err() && results[1].is_ok());
    assert_eq!(sizes(&service), [2, 1, 1]);
    // A password may change while one waits.
    assert_eq!(*asked.lock().unwrap(), [2, 1, 1]);
}
