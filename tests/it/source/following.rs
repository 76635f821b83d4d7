//! Following a directory whose server tells its changes badly, or not at all: then it is read in whole.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use samesign::model::AttributeNamesBuilder;
use samesign::source::ldap::{Follower, Settings};
use samesign::source::{Depth, Quiet, Request};

use super::scripted::{Asked, What, entry, result, serve, told};

const DONE: u8 = 0x65;
const GUID: &str = "0123456789abcdef";

/// What a client asks, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    /// Which database it is.
    Identity,
    /// A cookie, and whether deletions are told.
    Cookie,
    /// What changed.
    Changes,
    /// Entries by their identities.
    Again,
    /// Anything else.
    Other,
}

fn question(what: &What) -> Question {
    let What::Search { base, filter, attributes, .. } = what else { return Question::Other };
    let holds = |text: &str| filter.windows(text.len()).any(|it| it == text.as_bytes());
    match () {
        () if base.is_empty() || base == "CN=DC1" => Question::Identity,
        () if holds("isDeleted") => Question::Cookie,
        () if attributes.iter().any(|it| it == "name") => Question::Changes,
        () if holds(GUID) => Question::Again,
        () => Question::Other,
    }
}

/// One that says who it is.
fn identity(id: i64) -> Vec<u8> {
    let values = [
        ("defaultNamingContext", vec!["DC=x"]),
        ("highestCommittedUSN", vec!["5"]),
        ("dsServiceName", vec!["CN=DC1"]),
        ("invocationId", vec![GUID]),
    ];
    [entry(id, "", &values), result(id, DONE, 0, "", None)].concat()
}

fn deleted_objects(id: i64) -> Vec<u8> {
    let values = [("objectGUID", vec![GUID]), ("isDeleted", vec!["TRUE"])];
    [entry(id, "CN=Deleted Objects,DC=x", &values), told(id, b"begin")].concat()
}

/// Looks so often at a server that answers as told, and as one that tells changes otherwise: how often it was read in
/// whole, and how often it was asked for changes.
async fn looks(
    times: usize,
    answer: impl Fn(Question, i64) -> Option<Vec<u8>> + Send + Sync + 'static,
) -> (usize, usize) {
    let asked_for_changes = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked_for_changes);
    let script = move |asked: &Asked| {
        let question = question(&asked.what);
        if question == Question::Changes {
            count.fetch_add(1, Ordering::Relaxed);
        }
        answer(question, asked.id).or_else(|| match question {
            Question::Identity => Some(identity(asked.id)),
            Question::Cookie => Some(deleted_objects(asked.id)),
            Question::Changes => Some(told(asked.id, b"next")),
            Question::Again | Question::Other => None,
        })
    };
    let settings: Settings = serve(false, Arc::new(script)).await;
    let request = Request { names: AttributeNamesBuilder::new().finish() };
    let mut follower = Follower::default();
    for _ in 0..times {
        let how = (&settings, Depth::Changes);
        follower.observe(how, &request, &Quiet).await.unwrap();
    }
    (follower.wholes(), asked_for_changes.load(Ordering::Relaxed))
}

#[tokio::test]
async fn a_server_without_news_is_asked_once_a_look() {
    assert_eq!(looks(4, |_, _| None).await, (1, 3));
}

#[tokio::test]
async fn a_server_that_does_not_tell_is_read_in_whole_each_time() {
    let refuses = |code| move |it, id| (it == Question::Cookie).then(|| result(id, DONE, code, "no", None));
    assert_eq!(looks(3, refuses(12)).await, (3, 0), "it does not know the control");
    assert_eq!(looks(3, refuses(50)).await, (3, 0), "the account may not ask");
    assert_eq!(looks(3, refuses(0)).await, (3, 0), "it ends without a cookie");
    let blind = |it, id| (it == Question::Cookie).then(|| told(id, b"begin"));
    assert_eq!(looks(3, blind).await, (3, 0), "it does not tell deletions");
}

#[tokio::test]
async fn a_server_that_tells_nonsense_is_read_in_whole_again() {
    let tells = |values: Vec<(&'static str, &'static str)>| {
        move |it, id| {
            let values: Vec<(&str, Vec<&str>)> =
                [("objectGUID", GUID)].iter().chain(&values).map(|it| (it.0, vec![it.1])).collect();
            let told = [entry(id, "CN=Ada,DC=x", &values), told(id, b"next")].concat();
            match it {
                Question::Changes => Some(told),
                Question::Again => Some(result(id, DONE, 0, "", None)),
                Question::Identity | Question::Cookie | Question::Other => None,
            }
        }
    };
    assert_eq!(looks(3, tells(vec![("title", "Countess")])).await, (1, 4), "of somebody who is nowhere");
    assert_eq!(
        looks(3, tells(vec![("member;range=0-7", "CN=Bob,DC=x")])).await.0,
        3,
        "a range that says nothing"
    );
    assert_eq!(
        looks(3, tells(vec![("member", "CN=Bob,DC=x")])).await.0,
        3,
        "members that neither came nor went"
    );
    let fails = |it, id| (it == Question::Changes).then(|| result(id, DONE, 50, "no", None));
    assert_eq!(looks(3, fails).await.0, 3, "a right that was taken");
}
