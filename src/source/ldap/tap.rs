//! Takes the entries out of what a server sends, before it reaches the client library.
//!
//! The library would make a tree of each entry, with an allocation for each value, and copy it twice; a large
//! directory took two thirds longer. It still asks, and gets all else: references, ends, notices. The tap does
//! not know what is searched.

use std::io;

use tokio::sync::mpsc;

use super::entry::RawEntry;
use crate::wire::ber::BerError;
use crate::wire::ldap::{SearchAnswer, result_code_name};

/// So many bytes of entries are handed over at once: waking who reads them costs more than one entry does.
const BATCH_BYTES: usize = 256 << 10;
/// So many batches may wait; then the server has to.
const BATCHES_WAITING: usize = 2;

/// Entries of one search, in their order.
#[derive(Debug)]
pub(super) struct Batch {
    /// Message that they answer.
    pub(super) id: i32,
    /// Some of its entries.
    pub(super) entries: Vec<RawEntry>,
}

/// What is to be done with a message.
#[derive(Debug)]
pub(super) enum Message {
    /// It was an entry, and is taken care of.
    Taken,
    /// The library is to have it.
    Passed(Vec<u8>),
    /// The library is to have it, and nothing comes after it.
    Last(Vec<u8>, io::Error),
}

/// Collects the entries of the search that is under way.
#[derive(Debug)]
pub(super) struct Tap {
    batches: mpsc::Sender<Batch>,
    batch: Batch,
    bytes: usize,
    /// The search that ended last.
    ended: Option<i32>,
}

impl Tap {
    /// With the other end, where entries come out.
    pub(super) fn new() -> (Self, mpsc::Receiver<Batch>) {
        let (batches, out) = mpsc::channel(BATCHES_WAITING);
        let batch = Batch { id: 0, entries: Vec::new() };
        (Self { batches, batch, bytes: 0, ended: None }, out)
    }

    /// Looks at one message. Before the end of a search is passed on, all of its entries are handed over.
    ///
    /// # Errors
    /// The message is not LDAP, or it is an entry of a search that has ended.
    pub(super) async fn look_at(&mut self, frame: Vec<u8>) -> io::Result<Message> {
        let (id, answer) = SearchAnswer::parse(&frame).map_err(malformed)?;
        match answer {
            SearchAnswer::Entry(entry) => {
                if self.ended == Some(id) {
                    return Err(malformed(BerError::Value));
                }
                // Looked at here, so that nothing has to be before the next page is asked for.
                let has_options = entry.attributes().any(|it| it.0.contains(';'));
                self.take(id, RawEntry::new(frame, has_options)).await?;
                Ok(Message::Taken)
            }
            SearchAnswer::Reference => Ok(Message::Passed(frame)),
            SearchAnswer::Done => {
                self.hand_over().await?;
                self.ended = Some(id);
                Ok(Message::Passed(frame))
            }
            SearchAnswer::Notice(outcome) => {
                let words = format!("the server closes it: {}", result_code_name(outcome.code));
                Ok(Message::Last(frame, io::Error::other(words)))
            }
        }
    }

    async fn take(&mut self, id: i32, entry: RawEntry) -> io::Result<()> {
        if id != self.batch.id || BATCH_BYTES < self.bytes {
            self.hand_over().await?;
        }
        self.batch.id = id;
        self.bytes += entry.len();
        self.batch.entries.push(entry);
        Ok(())
    }

    async fn hand_over(&mut self) -> io::Result<()> {
        self.bytes = 0;
        let entries = std::mem::take(&mut self.batch.entries);
        if entries.is_empty() {
            return Ok(());
        }
        let batch = Batch { id: self.batch.id, entries };
        self.batches.send(batch).await.map_err(|_| io::Error::other("nobody searches any more"))
    }
}

fn malformed(error: BerError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
