//! People and all else are read over two connections at once: who is asked what, and what one that fails does to
//! the reading.

use std::sync::{Arc, Mutex, mpsc};

use samesign::model::DirectorySnapshot;
use samesign::source::BrokenReading;
use samesign::source::ldap::Settings;
use tokio::task;

use super::ldap::read;
use super::scripted::{Asked, What, entry, message, result, serve};

/// What a search is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum For {
    Root,
    People,
    Rest,
}

fn purpose(what: &What) -> Option<For> {
    match what {
        What::Search { attributes, .. } if attributes.iter().any(|it| it == "highestCommittedUSN") => {
            Some(For::Root)
        }
        What::Search { cookie: Some(_), .. } => Some(if what.is_rest() { For::Rest } else { For::People }),
        What::Search { .. } | What::Bind | What::Other => None,
    }
}

/// The end of a search with one object in it.
fn answer(id: i64, purpose: For, cookie: &[u8]) -> Vec<u8> {
    let object = match purpose {
        For::Root => return [root(id, "CN=DC"), result(id, 0x65, 0, "", None)].concat(),
        For::People => vec![("objectClass", vec!["user"]), ("objectGUID", vec!["2123456789abcdef"])],
        For::Rest => vec![
            ("objectClass", vec!["group"]),
            ("objectGUID", vec!["1123456789abcdef"]),
            ("member", vec!["CN=people,DC=x", "CN=STRANGER,DC=x", "CN=rest,DC=x"]),
        ],
    };
    let name = if purpose == For::Rest { "CN=rest,DC=x" } else { "CN=people,DC=x" };
    [entry(id, name, &object), result(id, 0x65, 0, "", Some(cookie))].concat()
}

fn root(id: i64, service: &str) -> Vec<u8> {
    let values = [("defaultNamingContext", "DC=x"), ("highestCommittedUSN", "5"), ("dsServiceName", service)];
    entry(id, "", &values.map(|it| (it.0, vec![it.1])))
}

/// What was asked over which connection.
type Log = Arc<Mutex<Vec<(usize, For)>>>;

/// A server with one person and one group, and what it is asked; `fault` may answer in its place.
async fn logged(fault: impl Fn(&Asked) -> Option<Vec<u8>> + Send + Sync + 'static) -> (Settings, Log) {
    let log = Log::default();
    let written = Arc::clone(&log);
    let script = move |asked: &Asked| {
        let purpose = purpose(&asked.what);
        written.lock().unwrap().extend(purpose.map(|it| (asked.connection, it)));
        fault(asked).or_else(|| purpose.map(|it| answer(asked.id, it, b"")))
    };
    (serve(false, Arc::new(script)).await, log)
}

fn refuse(asked: &Asked) -> Option<Vec<u8>> {
    matches!(asked.what, What::Bind).then(|| result(asked.id, 0x61, 51, "", None))
}

/// Says which domain controller this is, when nothing but that is asked.
fn name(asked: &Asked, service: &str) -> Option<Vec<u8>> {
    let is_asked = matches!(&asked.what, What::Search { attributes, .. } if *attributes == ["dsServiceName"]);
    is_asked.then(|| [root(asked.id, service), result(asked.id, 0x65, 0, "", None)].concat())
}

fn objects(read: &DirectorySnapshot) -> Vec<String> {
    read.objects().iter().map(|it| format!("{it:?}")).collect()
}

#[tokio::test]
async fn both_connections_lead_to_the_server_that_let_us_in_and_the_watermark_comes_first() {
    let (busy, nothing) = logged(refuse).await;
    let (mut settings, log) = logged(|asked| name(asked, "CN=DC")).await;
    settings.servers.insert(0, busy.servers[0].clone());
    // Each has an authority of its own.
    settings.ca.as_mut().unwrap().extend(busy.ca.unwrap());
    let snapshot = read(settings).await.unwrap();
    assert_eq!((snapshot.objects().len(), snapshot.watermark().highest_usn), (2, Some(5)));
    assert_eq!(*nothing.lock().unwrap(), []);
    let mut log = log.lock().unwrap().clone();
    assert_eq!(log.remove(0), (0, For::Root));
    log.sort_unstable();
    assert_eq!(log, [(0, For::People), (1, For::Rest)]);
}

#[tokio::test]
async fn whatever_speaks_against_a_second_connection_one_has_to_do() {
    let nonsense = |asked: &Asked| matches!(asked.what, What::Bind).then(|| b"HTTP/1.1 400".to_vec());
    let another_server = |asked: &Asked| name(asked, "CN=ANOTHER");
    for fault in [refuse, nonsense, another_server] {
        let (settings, log) = logged(move |it| if it.connection == 0 { None } else { fault(it) }).await;
        assert_eq!(read(settings).await.unwrap().objects().len(), 2);
        assert_eq!(*log.lock().unwrap(), [(0, For::Root), (0, For::People), (0, For::Rest)]);
    }
}

/// What is read when one of both is answered only after all of the other.
async fn read_with_the_last(held: For) -> Vec<String> {
    let (say, hear) = mpsc::channel();
    let (say, hear) = (Mutex::new(say), Mutex::new(hear));
    let (settings, _) = logged(move |asked| {
        match purpose(&asked.what) {
            // What waits behind it on its thread may be what it waits for.
            Some(it) if it == held => task::block_in_place(|| hear.lock().unwrap().recv().unwrap()),
            Some(For::People | For::Rest) => say.lock().unwrap().send(()).unwrap(),
            Some(For::Root) | None => (),
        }
        name(asked, "CN=DC")
    })
    .await;
    objects(&read(settings).await.unwrap())
}

/// Its server stops a thread while it waits.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_comes_first_makes_no_difference() {
    let (people_last, rest_last) =
        (read_with_the_last(For::People).await, read_with_the_last(For::Rest).await);
    assert_eq!(people_last, rest_last);
    assert_eq!(people_last.len(), 2);
    assert!(people_last[0].contains("members: [ObjectIndex(0), ObjectIndex(1)]"), "{people_last:?}");
}

#[tokio::test]
async fn if_one_of_both_breaks_the_reading_breaks_with_what_came_though_the_other_goes_on() {
    let unavailable = |id| result(id, 0x65, 52, "", None);
    let nonsense = |_| b"HTTP/1.1 400 Bad Request".to_vec();
    let no_end = |id| message(id, &[]);
    for broken in [For::People, For::Rest] {
        for end in [unavailable as fn(i64) -> Vec<u8>, nonsense, no_end] {
            let (settings, _) = logged(move |asked| match (purpose(&asked.what), &asked.what) {
                (Some(For::Root), _) => None,
                (Some(it), What::Search { cookie: Some(cookie), .. }) if it == broken => {
                    Some(if cookie.is_empty() { answer(asked.id, it, b"more") } else { end(asked.id) })
                }
                (Some(_), _) => Some(Vec::new()),
                (None, _) => name(asked, "CN=DC"),
            })
            .await;
            let BrokenReading { so_far, cause } = read(settings).await.unwrap_err();
            assert_eq!(so_far.len(), 1, "{cause:?}");
        }
    }
}
