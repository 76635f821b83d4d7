//! Lines of LDIF: bytes to physical lines, and folded lines joined (RFC 2849, note 2).
//!
//! It knows nothing of what a line says.

use super::error::{LdifError, Problem};

/// A photograph of 10 MB in base64 fits.
const LINE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A line with its continuations.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) number: usize,
    pub(super) bytes: Vec<u8>,
}

/// Collects bytes until lines are whole.
#[derive(Debug, Default)]
pub(super) struct Unfolder {
    /// A physical line whose end has not come.
    partial: Vec<u8>,
    /// A line that may be continued.
    pending: Option<Line>,
    /// Physical lines that ended.
    ended: usize,
}

impl Unfolder {
    /// Takes bytes and hands out the lines that are known to be whole.
    pub(super) fn push(
        &mut self,
        bytes: &[u8],
        mut line: impl FnMut(Line) -> Result<(), LdifError>,
    ) -> Result<(), LdifError> {
        let mut pieces = bytes.split(|it| *it == b'\n').peekable();
        while let Some(piece) = pieces.next() {
            let pending = self.pending.as_ref().map_or(0, |it| it.bytes.len());
            if LINE_BYTES_MAX < self.partial.len() + piece.len() + pending {
                return Err(self.error(Problem::LineTooLong { max: LINE_BYTES_MAX }));
            }
            self.partial.extend_from_slice(piece);
            if pieces.peek().is_some()
                && let Some(whole) = self.end_line()?
            {
                line(whole)?;
            }
        }
        Ok(())
    }

    /// A physical line ended: the line before it, if this one does not continue it.
    fn end_line(&mut self) -> Result<Option<Line>, LdifError> {
        let mut bytes = std::mem::take(&mut self.partial);
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
        if bytes.first() == Some(&b' ') {
            let Some(pending) = self.pending.as_mut().filter(|it| !it.bytes.is_empty()) else {
                return Err(self.error(Problem::Continuation));
            };
            pending.bytes.extend_from_slice(&bytes[1..]);
            self.ended += 1;
            return Ok(None);
        }
        self.ended += 1;
        Ok(self.pending.replace(Line { number: self.ended, bytes }))
    }

    /// No more bytes: the last line, and whether a line was cut.
    pub(super) fn finish(&mut self) -> (Option<Line>, bool) {
        (self.pending.take(), !self.partial.is_empty() && self.partial.first() != Some(&b'#'))
    }

    /// The physical line that is being read.
    pub(super) const fn number(&self) -> usize {
        self.ended + 1
    }

    fn error(&self, problem: Problem) -> LdifError {
        LdifError { line: self.number(), problem }
    }
}
