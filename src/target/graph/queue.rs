//! Requests that wait for each other and travel together in one `$batch` (graph-tenant reference, 6.1).
//!
//! It does not retry: each request that comes back is judged by whoever queued it. Whoever queues two
//! requests for one object waits for the first before queueing the second, so they never share a batch.

use std::collections::BTreeMap;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{Semaphore, mpsc, oneshot};

use super::connection::{Exchanged, Shared};
use super::request::{Operation, Place, Request};
use crate::target::TargetError;
use crate::target::http::{Answer, AnswerHeaders, Asked, Outgoing, header_map};
use crate::wire::odata::{BatchAnswer, BatchItem, batch_body};

/// Most requests of one batch.
const BATCH_MAX: usize = 20;

/// Where requests are queued. When the last of it is dropped, the runner ends.
#[derive(Debug)]
pub(super) struct Queue {
    sender: mpsc::UnboundedSender<Queued>,
}

/// Sends what is queued.
#[derive(Debug)]
pub(super) struct Runner {
    receiver: mpsc::UnboundedReceiver<Queued>,
}

#[derive(Debug)]
struct Queued {
    request: Portable,
    asked: Asked,
    reply: oneshot::Sender<Exchanged>,
}

/// The parts of a request that a batch carries.
#[derive(Debug)]
struct Portable {
    url: String,
    prefer: Option<&'static str>,
    body: Option<Box<serde_json::value::RawValue>>,
}

impl Queue {
    /// A queue and what empties it; both are driven by the same task.
    pub(super) fn new() -> (Self, Runner) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self { sender }, Runner { receiver })
    }

    /// One try of a request, together with others. A link cannot travel in a batch and goes alone.
    pub(super) async fn exchange(&self, shared: &Shared, request: &Request) -> Exchanged {
        let asked = shared.asked(request);
        let Place::Path(path) = &request.place else {
            return shared.exchange(request, &asked).await;
        };
        let (reply, answered) = oneshot::channel();
        let portable = Portable { url: path.clone(), prefer: request.prefer, body: request.body.clone() };
        self.sender
            .send(Queued { request: portable, asked, reply })
            .expect("the runner lives as long as its queue");
        answered.await.expect("the runner answers all that is queued")
    }
}

impl Runner {
    /// Sends until the queue is dropped and empty. Each batch waits for one of the places, which others want as well; what
    /// goes into it is decided when it has one.
    pub(super) async fn run(mut self, shared: &Shared, places: &Semaphore) {
        let (mut waiting, mut under_way) = (FuturesUnordered::new(), FuturesUnordered::new());
        let mut gathered = Vec::new();
        let mut open = true;
        while open || !gathered.is_empty() || !under_way.is_empty() {
            while waiting.len() * BATCH_MAX < gathered.len() {
                waiting.push(places.acquire());
            }
            tokio::select! {
                biased;
                Some(()) = under_way.next(), if !under_way.is_empty() => (),
                count = self.receiver.recv_many(&mut gathered, BATCH_MAX), if open => {
                    open = 0 < count;
                    // Whoever was woken with the first gets the chance to come along.
                    tokio::task::yield_now().await;
                    while let Ok(next) = self.receiver.try_recv() {
                        gathered.push(next);
                    }
                }
                Some(place) = waiting.next(), if !waiting.is_empty() => {
                    let batch: Vec<Queued> = gathered.drain(..gathered.len().min(BATCH_MAX)).collect();
                    // All that the place was for went with those before it.
                    if batch.is_empty() {
                        continue;
                    }
                    under_way.push(async move {
                        carry(shared, batch).await;
                        drop(place);
                    });
                }
            }
        }
    }
}

/// Sends one batch and hands the answers out.
async fn carry(shared: &Shared, queued: Vec<Queued>) {
    let answers = match &queued[..] {
        [alone] => vec![send_alone(shared, alone).await],
        together => send_together(shared, together).await,
    };
    for (queued, answer) in queued.into_iter().zip(answers) {
        // Whoever no longer waits has been dropped, and with it the wish for an answer.
        drop(queued.reply.send(answer));
    }
}

async fn send_alone(shared: &Shared, queued: &Queued) -> Exchanged {
    let body = queued.request.body.as_ref().map(|it| it.get().as_bytes().to_vec());
    let headers = queued.request.prefer.map(|it| header_map(&[("prefer", it)])).unwrap_or_default();
    let url = shared.url(&queued.request.url)?;
    shared.post(Outgoing { url, asked: &queued.asked, headers, body }).await
}

async fn send_together(shared: &Shared, queued: &[Queued]) -> Vec<Exchanged> {
    let batch = Request::get("/$batch".to_owned(), 0, Operation::ReadOrganization);
    let asked = Asked { method: "POST", ..shared.asked(&batch) };
    let exchanged = match (shared.url("/$batch"), batch_of(queued)) {
        (Ok(url), Ok(body)) => {
            let headers = header_map(&[]);
            shared.post(Outgoing { url, asked: &asked, headers, body: Some(body) }).await
        }
        (Err(error), _) => Err(error),
        (_, Err(_)) => Err(TargetError::Step { what: "its values are no JSON".to_owned() }),
    };
    match exchanged {
        Ok((answer, token)) if answer.status == 200 => {
            let places = BatchAnswer::read(&answer.body, queued.len()).unwrap_or_default();
            let mut places = places.into_iter();
            queued.iter().map(|it| part(places.next().flatten(), &answer, token, &it.asked)).collect()
        }
        Ok(whole) => queued.iter().map(|_| Ok(whole.clone())).collect(),
        Err(error) => queued.iter().map(|it| Err(of_part(&error, &it.asked))).collect(),
    }
}

fn batch_of(queued: &[Queued]) -> serde_json::Result<Vec<u8>> {
    let items: Vec<BatchItem<'_>> = queued
        .iter()
        .map(|it| BatchItem {
            method: it.asked.method,
            url: &it.request.url,
            headers: headers_of(&it.request),
            body: it.request.body.as_deref(),
        })
        .collect();
    batch_body(&items)
}

fn headers_of(request: &Portable) -> BTreeMap<&'static str, &'static str> {
    let content = request.body.as_ref().map(|_| ("Content-Type", "application/json"));
    let prefer = request.prefer.map(|it| ("Prefer", it));
    content.into_iter().chain(prefer).collect()
}

/// The answer to one request of a batch.
fn part(found: Option<BatchAnswer>, whole: &Answer, token: u64, asked: &Asked) -> Exchanged {
    let Some(found) = found else {
        let Asked { method, path, host } = asked.clone();
        let what = "the batch has no answer to it".to_owned();
        return Err(TargetError::Malformed { method, path, host, what });
    };
    let headers = AnswerHeaders {
        retry_after: found.header("retry-after"),
        request_id: found.header("request-id").or_else(|| whole.headers.request_id.clone()),
        throttle_percentage: found
            .header("x-ms-throttle-limit-percentage")
            .and_then(|it| it.parse().ok())
            .or(whole.headers.throttle_percentage),
        date: whole.headers.date.clone(),
    };
    Ok((Answer { status: found.status, headers, body: found.body().to_vec() }, token))
}

/// The error of the batch, as the error of one request in it.
fn of_part(error: &TargetError, asked: &Asked) -> TargetError {
    let Asked { method, path, host } = asked.clone();
    if let TargetError::NoAnswer { cause, .. } = error {
        return TargetError::NoAnswer { method, path, host, cause: std::sync::Arc::clone(cause) };
    }
    if let TargetError::TooLarge { limit_bytes, .. } = error {
        return TargetError::TooLarge { method, path, host, limit_bytes: *limit_bytes };
    }
    error.clone()
}
