//! A bound connection that can search: a task of its own asks, decrypts and checks, so that one page is read
//! while another becomes entries.
//!
//! It asks in the order in which it is told to, and does not know what is searched.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::error::LdapError;
use super::search::{Page, Query, RawEntry};
use super::transport::{Channel, Encrypted, read_frame, within};
use crate::wire::ber::{self, BerError};
use crate::wire::ldap::{SearchAnswer, result_code_name};

const DOING: &str = "searching";
/// Large enough for many entries, so that a page costs few reads.
const READ_AHEAD: usize = 256 << 10;
/// The bind was the first message.
const FIRST_ID: i32 = 2;

/// Searches one after the other.
pub(super) struct Session {
    /// Server and port, for messages.
    pub(super) server: String,
    timeout: Duration,
    questions: mpsc::UnboundedSender<Query>,
    answers: mpsc::UnboundedReceiver<Result<Page, Broken>>,
    task: JoinHandle<()>,
}

/// Why no answer came to its end.
#[derive(Debug)]
pub(super) enum Broken {
    Connection(io::Error),
    Malformed(BerError),
    TooMany,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Session {
    /// Takes over a bound connection.
    pub(super) fn start(channel: Channel) -> Self {
        let Channel { stream, server, timeout, .. } = channel;
        let (questions, asked) = mpsc::unbounded_channel();
        let (answered, answers) = mpsc::unbounded_channel();
        let connection =
            Connection { stream: BufReader::with_capacity(READ_AHEAD, stream), next_id: FIRST_ID };
        let task = tokio::spawn(connection.serve(asked, answered));
        Self { server, timeout, questions, answers, task }
    }

    /// Begins one search; [`Session::end`] gives its page.
    pub(super) fn begin(&self, query: Query) {
        // If the task has ended, waiting for the answer says so.
        let _ended = self.questions.send(query);
    }

    /// Runs one search to its end.
    pub(super) async fn search(&mut self, query: &Query, account: &str) -> Result<Page, LdapError> {
        self.begin(query.clone());
        self.end(query, account).await
    }

    /// Waits for the end of the search that was begun before all others.
    pub(super) async fn end(&mut self, query: &Query, account: &str) -> Result<Page, LdapError> {
        let answer = within(self.timeout, &self.server, DOING, self.answers.recv()).await?;
        let server = self.server.clone();
        let page = match answer {
            Some(Ok(page)) => page,
            Some(Err(Broken::Connection(source))) => {
                return Err(LdapError::Disconnected { server, doing: DOING, source });
            }
            Some(Err(Broken::Malformed(source))) => {
                return Err(LdapError::Malformed { server, doing: DOING, source });
            }
            Some(Err(Broken::TooMany)) => {
                let reason = format!("more than {} entries came where so many were asked for", query.limit);
                return Err(LdapError::NotWhole { server, reason });
            }
            None => {
                let source = io::Error::other("the task that reads the connection ended");
                return Err(LdapError::Disconnected { server, doing: DOING, source });
            }
        };
        if page.outcome.code == 0 {
            return Ok(page);
        }
        let (account, base) = (account.to_owned(), query.base.clone());
        let (code, diagnostic) = (page.outcome.code, page.outcome.diagnostic);
        Err(LdapError::Search { server, account, base, code, diagnostic })
    }
}

struct Connection {
    stream: BufReader<Encrypted>,
    next_id: i32,
}

impl Connection {
    /// Answers questions until one fails or nobody asks any more.
    async fn serve(
        mut self,
        mut asked: mpsc::UnboundedReceiver<Query>,
        answered: mpsc::UnboundedSender<Result<Page, Broken>>,
    ) {
        while let Some(query) = asked.recv().await {
            let page = self.run(&query).await;
            let failed = page.is_err();
            if answered.send(page).is_err() || failed {
                return;
            }
        }
    }

    async fn run(&mut self, query: &Query) -> Result<Page, Broken> {
        let id = self.next_id;
        self.next_id = id.checked_add(1).unwrap_or(FIRST_ID);
        self.stream.write_all(&query.bytes(id)).await.map_err(Broken::Connection)?;
        self.stream.flush().await.map_err(Broken::Connection)?;
        let mut entries = Vec::new();
        loop {
            let frame = next_frame(&mut self.stream).await.map_err(Broken::Connection)?;
            let (answers, answer) = SearchAnswer::parse(&frame).map_err(Broken::Malformed)?;
            if let SearchAnswer::Notice(outcome) = answer {
                let words = format!("the server closes it: {}", result_code_name(outcome.code));
                return Err(Broken::Connection(io::Error::other(words)));
            }
            if answers != id {
                return Err(Broken::Malformed(BerError::Value));
            }
            match answer {
                SearchAnswer::Entry(_) if query.limit as usize <= entries.len() => {
                    return Err(Broken::TooMany);
                }
                SearchAnswer::Entry(entry) => {
                    // Looked at here, so that nothing has to be before the next page is asked for.
                    let has_options = entry.attributes().any(|it| it.0.contains(';'));
                    entries.push(RawEntry::new(frame, has_options));
                }
                // References name other domains, which are read with their own settings.
                SearchAnswer::Reference | SearchAnswer::Notice(_) => (),
                SearchAnswer::Done { outcome, cookie } => return Ok(Page { entries, cookie, outcome }),
            }
        }
    }
}

/// The next message: mostly there already, as entries come many at once.
async fn next_frame(stream: &mut BufReader<impl AsyncRead + Unpin>) -> io::Result<Vec<u8>> {
    if let Ok(Some(whole)) = ber::whole_len(stream.buffer())
        && let Some(frame) = stream.buffer().get(..whole)
    {
        let frame = frame.to_vec();
        stream.consume(whole);
        return Ok(frame);
    }
    read_frame(stream).await.map_err(|error| {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            return io::Error::new(error.kind(), "the server closed the connection");
        }
        error
    })
}
