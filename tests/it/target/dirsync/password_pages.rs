//! Many passwords: read page by page as long as that is worth it, each page sent before the next is read, and whoever is in
//! none fetched. Time is tokio's and stands still.

use std::collections::{HashSet, VecDeque};
use std::ops::Range;
use std::sync::{Arc, Mutex};

use expect_test::{Expect, expect};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use samesign::model::{Guid, Property};
use samesign::target::dirsync::{CurrentPassword, DirSync, PasswordHashes, PasswordPage};
use samesign::target::{Step, StepValue, Target as _, TargetError};
use samesign::wire::password::NtHash;
use samesign::wire::provisioning::{Answer, CredentialChange, CredentialResult, Request};

use super::answers::strip;
use super::script::{
    Asked, Say, Service, World, anchor, credential_result, id, many, outcomes, refused, taken,
};

/// What happened, in order.
type Log = Arc<Mutex<Vec<String>>>;

/// One page.
#[derive(Clone)]
enum Leaf {
    /// Who is in it, and how many objects are.
    Page(Range<u32>, usize),
    /// It cannot be read.
    Torn,
    /// Nothing can be read.
    Refused(TargetError),
}

/// A directory of passwords, page by page or one by one.
struct Book {
    pages: Vec<Leaf>,
    /// Those from where one is.
    left: VecDeque<Leaf>,
    log: Log,
}

impl Book {
    fn note(&self, what: &str) {
        self.log.lock().unwrap().push(what.to_owned());
    }
}

impl PasswordHashes for Book {
    fn fetch<'a>(
        &'a mut self,
        accounts: &'a [Guid],
    ) -> BoxFuture<'a, Result<Vec<Result<CurrentPassword, String>>, TargetError>> {
        self.note(&format!("fetch {}", accounts.len()));
        let found = accounts.iter().map(|it| Ok(password(*it))).collect();
        async move { Ok(found) }.boxed()
    }

    fn rewind(&mut self) {
        self.left = self.pages.clone().into();
    }

    fn next_page<'a>(
        &'a mut self,
        wanted: &'a HashSet<Guid>,
    ) -> BoxFuture<'a, Result<Option<PasswordPage>, TargetError>> {
        self.note("page");
        let page = match self.left.pop_front() {
            Some(Leaf::Page(people, objects)) => {
                let people = people.map(|it| anchor(it).guid()).filter(|it| wanted.contains(it));
                Ok(Some(PasswordPage { passwords: people.map(|it| (it, password(it))).collect(), objects }))
            }
            Some(Leaf::Torn) | None => Ok(None),
            Some(Leaf::Refused(error)) => Err(error),
        };
        async move { page }.boxed()
    }
}

fn password(account: Guid) -> CurrentPassword {
    CurrentPassword {
        hash: NtHash::from_bytes(account.as_bytes()),
        changed: "2026-11-22T09:14:00Z".parse().unwrap(),
        must_change: false,
        set_at: None,
    }
}

fn of(number: u32) -> Step {
    Step::SetPassword { id: id(number), account: anchor(number).guid(), must_change: false, set_at: None }
}

/// A service that notes messages of passwords where pages are noted, and says of them what a test wants.
async fn service(log: &Log, mut say: impl FnMut(&[CredentialChange]) -> Say + Send + 'static) -> Service {
    let log = Arc::clone(log);
    Service::start(move |asked: &Asked| {
        let Request::ProvisionCredentials(changes) = &asked.received.request else {
            return Say::Good(taken(asked));
        };
        log.lock().unwrap().push(format!("send {}", changes.len()));
        say(changes)
    })
    .await
}

fn all_taken(changes: &[CredentialChange]) -> Say {
    Say::Good(Answer::Credentials(changes.iter().map(credential_result).collect()))
}

fn target(service: &Service, pages: Vec<Leaf>, log: &Log) -> DirSync<World> {
    let book = Book { pages, left: VecDeque::new(), log: Arc::clone(log) };
    DirSync::new(&service.connection(), World::default(), many(500)).with_hashes(Some(Box::new(book)))
}

/// Everybody's password arrives; in which order it went, the text says.
async fn check(people: Range<u32>, pages: Vec<Leaf>, expected: Expect) {
    let log = Log::default();
    let service = service(&log, all_taken).await;
    let target = target(&service, pages, &log);
    let steps: Vec<Step> = people.clone().map(of).collect();
    let applied: Vec<String> = people.clone().map(|it| format!("applied {it:012}")).collect();
    assert_eq!(outcomes(&target, &steps).await, applied);
    let sent = service.passwords().concat();
    let anchors: HashSet<&str> = sent.iter().filter_map(|it| it.source_anchor.as_deref()).collect();
    assert_eq!((sent.len(), anchors.len()), (people.len(), people.len()));
    expected.assert_eq(&log.lock().unwrap().join(", "));
}

#[tokio::test]
async fn a_page_is_sent_before_the_next_is_read() {
    check(
        1000..1300,
        // In another order than they were planned in, and with others.
        vec![Leaf::Page(1180..1300, 1000), Leaf::Page(900..1180, 1000), Leaf::Page(1300..1400, 1000)],
        expect!["page, send 50, send 50, send 20, page, send 50, send 50, send 50, send 30"],
    )
    .await;
}

#[tokio::test]
async fn whoever_fits_into_one_message_is_fetched() {
    check(1000..1050, vec![Leaf::Page(1000..1050, 50)], expect!["fetch 50, send 50"]).await;
}

#[tokio::test]
async fn whoever_is_in_no_page_is_fetched() {
    check(
        1000..1120,
        vec![Leaf::Page(1000..1050, 100), Leaf::Page(1051..1120, 100)],
        expect!["page, send 50, page, send 50, send 19, page, fetch 1, send 1"],
    )
    .await;
}

#[tokio::test]
async fn a_large_domain_is_not_read_for_a_few() {
    check(
        1000..1120,
        vec![Leaf::Page(1000..1060, 300), Leaf::Page(0..0, 301), Leaf::Page(1060..1120, 300)],
        expect!["page, send 50, send 10, page, fetch 50, send 50, fetch 10, send 10"],
    )
    .await;
    check(
        1000..1120,
        vec![Leaf::Page(0..0, 1000)],
        expect!["page, fetch 50, send 50, fetch 50, send 50, fetch 20, send 20"],
    )
    .await;
}

#[tokio::test]
async fn where_pages_break_off_the_rest_is_fetched() {
    check(
        1000..1120,
        vec![Leaf::Page(1000..1050, 100), Leaf::Torn],
        expect!["page, send 50, page, fetch 50, send 50, fetch 20, send 20"],
    )
    .await;
}

/// One step each that applies, or what was said of all others.
async fn said(service: &Service, target: &DirSync<World>) -> String {
    let steps: Vec<Step> = (1000..1120).map(of).collect();
    let outcomes = outcomes(target, &steps).await;
    let (applied, others): (Vec<String>, Vec<String>) =
        outcomes.into_iter().partition(|it| it.starts_with("applied"));
    let others: HashSet<String> = others.into_iter().collect();
    strip(&format!("{} applied\n{}", applied.len(), Vec::from_iter(others).join("\n")), service)
}

#[tokio::test]
async fn a_directory_that_says_no_is_not_asked_for_the_rest() {
    let log = Log::default();
    let service = service(&log, all_taken).await;
    let no = TargetError::Step { what: "passwords could not be read from AD: no right".to_owned() };
    let target = target(&service, vec![Leaf::Page(1000..1060, 60), Leaf::Refused(no)], &log);
    expect![[r#"
        60 applied
        the step cannot be sent: passwords could not be read from AD: no right"#]]
    .assert_eq(&said(&service, &target).await);
    expect!["page, send 50, send 10, page"].assert_eq(&log.lock().unwrap().join(", "));
}

#[tokio::test(start_paused = true)]
async fn a_service_that_stays_busy_ends_the_pages() {
    let log = Log::default();
    let service = service(&log, |_| refused("81", "The service is currently busy.")).await;
    let target = target(&service, vec![Leaf::Page(1000..1060, 60), Leaf::Page(1060..1120, 60)], &log);
    expect![[r#"
        0 applied
        HOST refused ProvisionCredentials (code 81): The service is currently busy. (tracking id track-9)"#]]
    .assert_eq(&said(&service, &target).await);
    let log = log.lock().unwrap();
    assert_eq!((&*log[0], log[1..].iter().all(|it| it == "send 50")), ("page", true));
}

/// Its hash does not wait for that.
#[tokio::test(start_paused = true)]
async fn the_password_of_a_new_user_is_read_again_when_the_service_knows_them() {
    let log = Log::default();
    let new = anchor(500).to_string();
    let mut tries = 0;
    let service = service(&log, move |changes| {
        let result = |it: &CredentialChange| {
            let is_new = it.source_anchor.as_ref() == Some(&new);
            tries += u32::from(is_new);
            let result = if is_new && tries < 3 { "1" } else { "0" };
            CredentialResult { result: result.to_owned(), ..credential_result(it) }
        };
        Say::Good(Answer::Credentials(changes.iter().map(result).collect()))
    })
    .await;
    let target = target(&service, vec![Leaf::Page(400..1060, 60), Leaf::Page(1060..1120, 60)], &log);
    let values = vec![(Property::UserPrincipalName, StepValue::Text("ann@contoso.example".to_owned()))];
    target.carry_out(&[Step::CreateUser { anchor: anchor(500), values }]).await;
    let steps: Vec<Step> = [500].into_iter().chain(1000..1120).map(of).collect();
    assert!(target.carry_out(&steps).await.iter().all(Result::is_ok));
    expect!["page, send 50, send 11, page, send 50, send 10, fetch 1, send 1, fetch 1, send 1"]
        .assert_eq(&log.lock().unwrap().join(", "));
}
