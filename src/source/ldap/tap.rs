//! Takes the entries out of what a server sends, before it reaches the client library.
//!
//! The library would make a tree of each entry, with an allocation for each value, and copy it twice; a large
//! directory took two thirds longer. It still asks, and gets all else: references, ends, notices. The tap does
//! not know what is searched.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::mpsc;

use super::entry::RawEntry;
use crate::wire::ber::BerError;
use crate::wire::ldap::{SearchAnswer, result_code_name};

/// So many bytes of entries are handed over at once: waking who reads them costs more than one entry does.
const BATCH_BYTES: usize = 256 << 10;
/// The last fifth of an answer.
const LAST_PART: u32 = 5;
/// So many batches may wait; then the server has to.
const BATCHES_WAITING: usize = 2;

/// Entries of one search, in their order, one behind the other: with memory of its own for each, reading took a
/// fifth more of the processor.
#[derive(Debug)]
pub(super) struct Batch {
    /// Message that they answer.
    pub(super) id: i32,
    bytes: Vec<u8>,
    /// Where each ends, and whether an attribute of it came with options.
    ends: Vec<(usize, bool)>,
}

impl Batch {
    const fn new(id: i32) -> Self {
        Self { id, bytes: Vec::new(), ends: Vec::new() }
    }

    /// Some entries of the search.
    pub(super) fn entries(self) -> impl Iterator<Item = RawEntry> {
        let Self { id: _, bytes, ends } = self;
        let bytes = Arc::new(bytes);
        let mut start = 0;
        ends.into_iter().map(move |(end, has_options)| {
            let entry = RawEntry::new(Arc::clone(&bytes), start..end, has_options);
            start = end;
            entry
        })
    }
}

/// Where the entries of searches come out.
#[derive(Debug)]
pub(super) struct Outlet {
    pub(super) batches: mpsc::Receiver<Batch>,
    expected: Arc<AtomicU32>,
}

impl Outlet {
    /// Says how many entries the next answer has at most.
    pub(super) fn expect(&self, entries: u32) {
        self.expected.store(entries, Ordering::Relaxed);
    }
}

/// What is to be done with a message.
#[derive(Debug)]
pub(super) enum Message {
    /// It was an entry, and is taken care of.
    Taken,
    /// The library is to have it.
    Passed,
    /// The library is to have it, and nothing comes after it.
    Last(io::Error),
}

/// Collects the entries of the search that is under way.
#[derive(Debug)]
pub(super) struct Tap {
    batches: mpsc::Sender<Batch>,
    batch: Batch,
    /// The search that ended last.
    ended: Option<i32>,
    /// Entries that came of the search that is under way.
    taken: u32,
    /// Entries that it has at most.
    expected: Arc<AtomicU32>,
}

impl Tap {
    /// With the other end, where entries come out.
    pub(super) fn new() -> (Self, Outlet) {
        let (sender, batches) = mpsc::channel(BATCHES_WAITING);
        let expected = Arc::new(AtomicU32::new(0));
        let outlet = Outlet { batches, expected: Arc::clone(&expected) };
        (Self { batches: sender, batch: Batch::new(0), ended: None, taken: 0, expected }, outlet)
    }

    /// Whether most of an answer has come or none of it: then what comes next may be its end.
    pub(super) fn is_near_the_end(&self) -> bool {
        let expected = self.expected.load(Ordering::Relaxed);
        self.taken == 0 || expected - expected / LAST_PART <= self.taken
    }

    /// Looks at one message. Before the end of a search is passed on, all of its entries are handed over.
    ///
    /// # Errors
    /// The message is not LDAP, or it is an entry of a search that has ended.
    pub(super) async fn look_at(&mut self, frame: &[u8]) -> io::Result<Message> {
        let (id, answer) = SearchAnswer::parse(frame).map_err(malformed)?;
        match answer {
            SearchAnswer::Entry { has_options } => {
                if self.ended == Some(id) {
                    return Err(malformed(BerError::Value));
                }
                self.take(id, frame, has_options).await?;
                Ok(Message::Taken)
            }
            SearchAnswer::Reference => Ok(Message::Passed),
            SearchAnswer::Done => {
                self.hand_over().await?;
                self.ended = Some(id);
                self.taken = 0;
                Ok(Message::Passed)
            }
            SearchAnswer::Notice(outcome) => {
                let words = format!("the server closes it: {}", result_code_name(outcome.code));
                Ok(Message::Last(io::Error::other(words)))
            }
        }
    }

    async fn take(&mut self, id: i32, frame: &[u8], has_options: bool) -> io::Result<()> {
        let room = self.batch.bytes.capacity() - self.batch.bytes.len();
        if id != self.batch.id || room < frame.len() {
            self.hand_over().await?;
        }
        self.taken += 1;
        self.batch.id = id;
        self.batch.bytes.extend_from_slice(frame);
        self.batch.ends.push((self.batch.bytes.len(), has_options));
        Ok(())
    }

    async fn hand_over(&mut self) -> io::Result<()> {
        if self.batch.ends.is_empty() {
            return Ok(());
        }
        let next = Batch { bytes: Vec::with_capacity(BATCH_BYTES), ..Batch::new(self.batch.id) };
        let batch = std::mem::replace(&mut self.batch, next);
        self.batches.send(batch).await.map_err(|_| io::Error::other("nobody searches any more"))
    }
}

fn malformed(error: BerError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
