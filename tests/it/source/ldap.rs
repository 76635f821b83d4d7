//! The LDAP source against servers that page badly, lie, break off or speak nonsense.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use expect_test::{Expect, expect};
use samesign::model::{AttributeNamesBuilder, DirectorySnapshot, Guid};
use samesign::source::ldap::{LdapDirectory, Settings};
use samesign::source::{BrokenReading, Disposition, Progress, Quiet, Request};

use super::scripted::{Asked, What, entry, message, result, serve, serve_with_certificate};

pub(crate) async fn read(settings: Settings) -> Result<DirectorySnapshot, BrokenReading> {
    let names = AttributeNamesBuilder::new().finish();
    LdapDirectory::new(settings).read(&Request { names }, &Quiet).await
}

pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let below = error.source().map(|it| format!("\n{}", chain(it))).unwrap_or_default();
    format!("{error}{below}")
}

/// What a server whose searches below `DC=x` for people are answered by `search` is read as; it holds nothing else.
async fn read_script(
    search: impl Fn(i64, &str, &[String], &[u8]) -> Vec<u8> + Send + Sync + 'static,
) -> Result<DirectorySnapshot, BrokenReading> {
    let script = move |asked: &Asked| match &asked.what {
        what if what.is_rest() => None,
        What::Search { base, attributes, cookie, .. } if !base.is_empty() && !asks_for_domain(attributes) => {
            Some(search(asked.id, base, attributes, cookie.as_deref().unwrap_or(b"none")))
        }
        What::Search { .. } | What::Bind | What::Other => None,
    };
    read(serve(false, Arc::new(script)).await).await
}

/// The words of a reading that must break off, the port left out.
fn check(read: Result<DirectorySnapshot, BrokenReading>, expected: &Expect) -> Disposition {
    let broken = read.expect_err("this must break off");
    let said = chain(&broken);
    let words: Vec<String> = said
        .split("localhost:")
        .enumerate()
        .map(
            |(at, it)| {
                if at == 0 { it.to_owned() } else { it.trim_start_matches(char::is_numeric).to_owned() }
            },
        )
        .collect();
    expected.assert_eq(&words.join("DC"));
    broken.cause.disposition()
}

fn asks_for_domain(attributes: &[String]) -> bool {
    attributes == ["objectGUID"]
}

#[tokio::test]
async fn the_domain_is_known_by_the_identity_of_its_own_entry() {
    let reading = |code| {
        let script = move |asked: &Asked| match &asked.what {
            What::Search { base, attributes, .. } if base == "DC=x" && asks_for_domain(attributes) => {
                let head = entry(asked.id, "DC=x", &[("objectGUID", vec!["0123456789abcdef"])]);
                let head = if code == 0 { head } else { Vec::new() };
                Some([head, result(asked.id, 0x65, code, "", None)].concat())
            }
            What::Search { .. } | What::Bind | What::Other => None,
        };
        async move { read(serve(false, Arc::new(script)).await).await.unwrap().watermark().domain }
    };
    assert_eq!(reading(0).await, Some(Guid::from_value(b"0123456789abcdef").unwrap()));
    assert_eq!(reading(50).await, None, "an account that may not read it reads the rest");
}

fn person(id: i64, number: usize) -> Vec<u8> {
    let guid = format!("{number:016}");
    entry(id, &format!("CN={number},DC=x"), &[("objectClass", vec!["user"]), ("objectGUID", vec![&guid])])
}

fn done(id: i64, cookie: &[u8]) -> Vec<u8> {
    result(id, 0x65, 0, "", Some(cookie))
}

#[tokio::test]
async fn pages_are_asked_for_until_the_cookie_is_empty() {
    let read = read_script(|id, _, _, cookie| match cookie {
        b"" => [person(id, 1), person(id, 2), done(id, b"a")].concat(),
        b"a" => done(id, b"b"),
        _ => [person(id, 3), done(id, b"")].concat(),
    });
    assert_eq!(read.await.unwrap().objects().len(), 3);
}

#[tokio::test]
async fn continuation_references_are_passed_over() {
    let read = read_script(|id, _, _, _| {
        let uri = [&[4, 8][..], b"ldap://y"].concat();
        let reference = message(id, &[&[&[0x73, 10], &uri[..]].concat()]);
        [person(id, 1), reference, done(id, b"")].concat()
    });
    assert_eq!(read.await.unwrap().objects().len(), 1);
}

/// A group whose members come three at a time, `changes` of times with a new uSNChanged.
fn group_in_ranges(changes: usize) -> impl Fn(i64, &str, &[String], &[u8]) -> Vec<u8> + Send + Sync {
    let answers = AtomicUsize::new(0);
    move |id, base, attributes, _| {
        let first = attributes[0].strip_prefix("member;range=").and_then(|it| it.strip_suffix("-*"));
        let first: usize = first.map_or(0, |it| it.parse().unwrap());
        let members: Vec<String> = (first..(first + 3).min(8)).map(|it| format!("CN={it},DC=x")).collect();
        let last = if first + 3 < 8 { (first + 2).to_string() } else { "*".to_owned() };
        let range = format!("member;range={first}-{last}");
        let usn = answers.fetch_add(1, Ordering::Relaxed).min(changes).to_string();
        let group = [
            ("objectClass", vec!["group"]),
            ("objectGUID", vec!["0123456789abcdef"]),
            ("uSNChanged", vec![usn.as_str()]),
            ("member", vec![]),
            (range.as_str(), members.iter().map(String::as_str).collect()),
        ];
        let end = if base == "DC=x" { done(id, b"") } else { result(id, 0x65, 0, "", None) };
        [entry(id, "CN=group,DC=x", &group), end].concat()
    }
}

#[tokio::test]
async fn ranges_of_members_are_joined() {
    for changes in [0, 3, 5] {
        let snapshot = read_script(group_in_ranges(changes)).await.unwrap();
        let (_, group) = snapshot.objects().iter().next().unwrap();
        let names: Vec<&str> = group.members_not_read.iter().map(samesign::model::Dn::as_str).collect();
        assert_eq!(names.join(" "), (0..8).map(|it| format!("CN={it},DC=x")).collect::<Vec<_>>().join(" "));
    }
}

#[tokio::test]
async fn a_group_that_never_rests_breaks_the_reading_off() {
    let disposition = check(
        read_script(group_in_ranges(1000)).await,
        &expect![[r#"
            the directory could not be read
            the answer of DC cannot be trusted to be whole: `member` of CN=group,DC=x changes faster than it can be read"#]],
    );
    assert_eq!(disposition, Disposition::Retry);
}

#[tokio::test]
async fn a_page_that_does_not_say_what_follows_breaks_the_reading_off() {
    check(
        read_script(|id, _, _, _| [person(id, 1), result(id, 0x65, 0, "", None)].concat()).await,
        &expect![[r#"
            the directory could not be read
            the answer of DC cannot be trusted to be whole: the search below `DC=x` ended without saying whether a page follows"#]],
    );
    let many = |id, _: &str, _: &[String], _: &[u8]| {
        let people: Vec<u8> = (0..501).flat_map(|it| person(id, it)).collect();
        [people, done(id, b"")].concat()
    };
    check(
        read_script(many).await,
        &expect![[r#"
            the directory could not be read
            the answer of DC cannot be trusted to be whole: more than 500 entries came where so many were asked for"#]],
    );
    check(
        read_script(|id, _, _, _| done(id, b"more")).await,
        &expect![[r#"
            the directory could not be read
            the answer of DC cannot be trusted to be whole: the search below `DC=x` goes on without an end"#]],
    );
}

#[tokio::test]
async fn a_server_that_sends_the_same_for_ever_breaks_the_reading_off() {
    let read = read_script(|id, _, _, _| [person(id, 1), done(id, b"more")].concat()).await;
    let broken = read.expect_err("it never ends");
    assert!(chain(&broken).contains("goes on without an end"), "{}", chain(&broken));
    assert_eq!(broken.so_far.len(), 1);
}

/// The base that is read first is asked again, for what moved into it meanwhile.
#[tokio::test]
async fn what_moves_into_a_base_that_is_already_read_is_not_missing() {
    let asked_first = AtomicUsize::new(0);
    let script = move |asked: &Asked| match &asked.what {
        what if what.is_rest() => None,
        What::Search { base, .. } if base == "OU=first,DC=x" => {
            match asked_first.fetch_add(1, Ordering::Relaxed) {
                0 => Some([person(asked.id, 1), done(asked.id, b"")].concat()),
                _ => Some([person(asked.id, 1), person(asked.id, 2), done(asked.id, b"")].concat()),
            }
        }
        What::Search { .. } | What::Bind | What::Other => None,
    };
    let bases = ["OU=first,DC=x", "OU=second,DC=x"].map(|it| it.parse().unwrap());
    let settings = Settings { search_bases: bases.into(), ..serve(false, Arc::new(script)).await };
    let snapshot = read(settings).await.unwrap();
    assert_eq!((snapshot.objects().len(), snapshot.objects().rejected().len()), (2, 0));
}

#[tokio::test]
async fn a_search_that_fails_after_the_first_page_keeps_what_came() {
    let failing = |code| {
        read_script(move |id, _, _, cookie| match cookie {
            b"" => [person(id, 1), done(id, b"a")].concat(),
            _ => [person(id, 2), result(id, 0x65, code, "0000: limit", Some(b""))].concat(),
        })
    };
    let disposition = check(
        failing(4).await,
        &expect![[r#"
            the directory was read in part only, 1 object
            DC ended the search below `DC=x` for kim@x: sizeLimitExceeded: the server stopped at its own number of entries (4, "0000: limit")"#]],
    );
    assert_eq!(disposition, Disposition::Fatal);
    let disposition = check(
        failing(51).await,
        &expect![[r#"
            the directory was read in part only, 1 object
            DC ended the search below `DC=x` for kim@x: busy: the server has too much to do, try again later (51, "0000: limit")"#]],
    );
    assert_eq!(disposition, Disposition::Retry);
}

#[tokio::test]
async fn nonsense_breaks_the_reading_off() {
    let deep: Vec<u8> = [0x30, 0x80].repeat(10_000);
    let long = [0x30, 0x84, 0x7f, 0xff, 0xff, 0xff].to_vec();
    let oid = b"1.3.6.1.4.1.1466.20036";
    let notice = |id| {
        let result = [&[0x78, 7, 10, 1, 52, 4, 0, 4, 0][..], &[0x8a, 22], oid].concat();
        message(id, &[&result])
    };
    let no_values = |id| message(id, &[&[0x64, 6, 4, 0, 0x30, 2, 0x30, 0]]);
    let wrong_text = |id| message(id, &[&[0x64, 5, 4, 1, 0xff, 0x30, 0]]);
    let sequences: Vec<Box<dyn Fn(i64) -> Vec<u8> + Send + Sync>> = vec![
        Box::new(|_| b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()),
        Box::new(move |_| deep.clone()),
        Box::new(move |_| long.clone()),
        Box::new(notice),
        Box::new(no_values),
        Box::new(wrong_text),
        Box::new(|id| message(id, &[])),
        Box::new(|id| message(id, &[&[0x65, 0]])),
        Box::new(|_| vec![0x30, 0]),
    ];
    for bytes in sequences {
        let read = read_script(move |id, _, _, _| bytes(id)).await;
        let broken = read.expect_err("nonsense is no directory");
        assert_eq!(broken.cause.disposition(), Disposition::Retry, "{}", chain(&broken));
        assert!(chain(&broken).contains(" while searching\n"), "{}", chain(&broken));
    }
}

#[tokio::test]
async fn entries_that_answer_another_search_break_the_reading_off() {
    let early = |id| [person(id - 1, 1), done(id, b"")].concat();
    let late = |id| [done(id, b"more"), person(id, 1)].concat();
    let bind = |id| [result(id, 0x61, 0, "", None), done(id, b"")].concat();
    for answer in [early as fn(i64) -> Vec<u8>, late, bind] {
        let broken = read_script(move |id, _, _, _| answer(id)).await.expect_err("nobody asked for it");
        assert!(chain(&broken).contains("sent a malformed answer while searching"), "{}", chain(&broken));
    }
}

#[tokio::test]
async fn a_server_that_closes_the_connection_has_its_reason_told() {
    let notice = |_, _: &str, _: &[String], _: &[u8]| {
        message(0, &[&[&[0x78, 31, 10, 1, 52, 4, 0, 4, 0, 0x8a, 22][..], b"1.3.6.1.4.1.1466.20036"].concat()])
    };
    check(
        read_script(notice).await,
        &expect![[r#"
        the directory could not be read
        the connection to DC broke while searching
        the server closes it: unavailable: the server is starting or stopping, try again later"#]],
    );
}

/// More than is handed over at once, and more than may wait.
#[tokio::test]
async fn a_page_of_many_bytes_comes_whole() {
    let read = read_script(|id, _, _, cookie| {
        let first = if cookie.is_empty() { 0 } else { 400 };
        let title = "x".repeat(10_000);
        let people = (first..first + 400).flat_map(|it| {
            let (name, guid) = (format!("CN={it},DC=x"), format!("{it:016}"));
            let values = [("objectClass", "user"), ("objectGUID", guid.as_str()), ("title", title.as_str())];
            entry(id, &name, &values.map(|it| (it.0, vec![it.1])))
        });
        people.chain(done(id, if first == 0 { b"a" } else { b"" })).collect()
    });
    assert_eq!(read.await.unwrap().objects().len(), 800);
}

#[tokio::test]
async fn an_entry_with_a_name_that_is_none_breaks_the_reading_off() {
    check(
        read_script(|id, _, _, _| [entry(id, "nonsense", &[]), done(id, b"")].concat()).await,
        &expect![[r#"
            the directory could not be read
            the answer of DC cannot be trusted to be whole: `nonsense` has a name in it that cannot be read: not a distinguished name: a component without `=` at character 1"#]],
    );
}

#[tokio::test]
async fn a_refused_account_is_told_why() {
    for (data, words) in
        [("533", "disabled"), ("775", "locked"), ("532", "password of the account has expired")]
    {
        let text = format!(
            "80090308: LdapErr: DSID-0C090439, comment: AcceptSecurityContext error, data {data}, v4563"
        );
        let script = move |asked: &Asked| {
            matches!(asked.what, What::Bind).then(|| result(asked.id, 0x61, 49, &text, None))
        };
        let broken = read(serve(false, Arc::new(script)).await).await.expect_err("refused");
        assert!(chain(&broken).contains(words), "{}", chain(&broken));
    }
}

#[tokio::test]
async fn a_silent_server_is_given_up() {
    let script = |asked: &Asked| matches!(asked.what, What::Search { .. }).then(Vec::new);
    let settings = serve(false, Arc::new(script)).await;
    let settings = Settings { timeout: Duration::from_millis(300), ..settings };
    let broken = read(settings).await.expect_err("silence");
    assert!(chain(&broken).contains("did not answer in 0 s while"), "{}", chain(&broken));
    assert_eq!(broken.cause.disposition(), Disposition::Retry);
}

#[tokio::test]
async fn the_very_certificate_of_a_server_is_trusted_under_any_name() {
    let (by_authority, own) = serve_with_certificate(false, Arc::new(|_| None)).await;
    let mut by_authority = by_authority;
    by_authority.servers[0].host = "127.0.0.1".to_owned();
    let by_itself = Settings { ca: Some(vec![own]), ..by_authority.clone() };
    assert!(read(by_itself).await.is_ok());
    let broken = read(by_authority).await.expect_err("the certificate is for localhost");
    assert!(chain(&broken).contains("put this very certificate into the `caFile`"), "{}", chain(&broken));
}

struct Counted(AtomicUsize);

impl Progress for Counted {
    fn objects_read(&self, objects: usize) {
        self.0.fetch_max(objects, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn progress_is_told_and_a_reading_can_run_in_a_task_of_its_own() {
    let script = |asked: &Asked| match &asked.what {
        What::Search { base, .. } if !base.is_empty() => {
            Some([person(asked.id, 1), done(asked.id, b"")].concat())
        }
        What::Search { .. } | What::Bind | What::Other => None,
    };
    let settings = serve(false, Arc::new(script)).await;
    let progress = Arc::new(Counted(AtomicUsize::new(0)));
    let told = Arc::clone(&progress);
    let task = tokio::spawn(async move {
        let names = AttributeNamesBuilder::new().finish();
        LdapDirectory::new(settings).read(&Request { names }, &*told).await.is_ok()
    });
    assert!(task.await.unwrap());
    assert_eq!(progress.0.load(Ordering::Relaxed), 1);
}
