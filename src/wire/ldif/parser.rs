//! From lines to records, without reading anything itself.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::error::{LdifError, Problem};
use super::line::{Line, Unfolder};
use super::{AttributeValue, Record};

/// A group with 250,000 members fits several times.
const RECORD_BYTES_MAX: usize = 256 * 1024 * 1024;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Takes bytes in pieces of any size; after an error it must not be used further.
#[derive(Debug, Default)]
pub struct Parser {
    lines: Unfolder,
    state: State,
    /// The first bytes, until it is known whether they are a byte order mark.
    head: Option<Vec<u8>>,
    started: bool,
}

#[derive(Debug, Default)]
struct State {
    block: Block,
    /// Bytes of the record so far.
    size: usize,
}

/// What stands between two empty lines.
#[derive(Debug, Default)]
enum Block {
    /// Nothing yet.
    #[default]
    Between,
    Record(Record),
    /// Referrals, or the result of a search.
    Other,
}

impl Parser {
    /// Takes some bytes and adds the records that are whole, those before an error included.
    pub fn push(&mut self, bytes: &[u8], records: &mut Vec<Record>) -> Result<(), LdifError> {
        if self.started {
            return self.lines(bytes, records);
        }
        let mut head = self.head.take().unwrap_or_default();
        head.extend_from_slice(bytes);
        if head.len() < BYTE_ORDER_MARK.len() {
            self.head = Some(head);
            return Ok(());
        }
        self.start(&head, records)
    }

    /// There are no more bytes: adds the last record.
    pub fn finish(mut self, records: &mut Vec<Record>) -> Result<(), LdifError> {
        if let Some(head) = self.head.take() {
            self.start(&head, records)?;
        }
        let end = self.lines.number();
        let (last, is_cut) = self.lines.finish();
        if let Some(line) = last {
            self.state.take(line, records)?;
        }
        match std::mem::take(&mut self.state.block) {
            Block::Record(record) if !is_cut && !record.values.is_empty() => records.push(record),
            Block::Between | Block::Other if !is_cut => (),
            Block::Record(_) | Block::Between | Block::Other => {
                return Err(LdifError { line: end, problem: Problem::Truncated });
            }
        }
        Ok(())
    }

    fn start(&mut self, head: &[u8], records: &mut Vec<Record>) -> Result<(), LdifError> {
        self.started = true;
        if head.starts_with(b"\xff\xfe")
            || head.starts_with(b"\xfe\xff")
            || head.iter().take(2).any(|it| *it == 0)
        {
            return Err(LdifError { line: 1, problem: Problem::Utf16 });
        }
        self.lines(head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(head), records)
    }

    fn lines(&mut self, bytes: &[u8], records: &mut Vec<Record>) -> Result<(), LdifError> {
        let Self { lines, state, .. } = self;
        lines.push(bytes, |line| state.take(line, records))
    }
}

/// A line taken apart.
struct Written {
    number: usize,
    name: String,
    options: Vec<String>,
    value: Vec<u8>,
}

impl State {
    fn take(&mut self, line: Line, records: &mut Vec<Record>) -> Result<(), LdifError> {
        match line.bytes.first() {
            Some(b'#') => Ok(()),
            None => {
                self.size = 0;
                if let Block::Record(record) = std::mem::take(&mut self.block) {
                    records.push(record);
                }
                Ok(())
            }
            Some(_) => {
                let number = line.number;
                let fail = |problem| LdifError { line: number, problem };
                self.size += line.bytes.len();
                if RECORD_BYTES_MAX < self.size {
                    return Err(fail(Problem::RecordTooLong { max: RECORD_BYTES_MAX }));
                }
                let written = split(line).map_err(fail)?;
                self.attribute(written).map_err(fail)
            }
        }
    }

    fn attribute(&mut self, written: Written) -> Result<(), Problem> {
        let name = written.name.to_ascii_lowercase();
        match &mut self.block {
            Block::Between if name == "dn" => {
                let dn = String::from_utf8(written.value).map_err(|_| Problem::DnEncoding)?;
                self.block = Block::Record(Record { line: written.number, dn, values: Vec::new() });
                Ok(())
            }
            Block::Between if name == "version" => match written.value.trim_ascii() {
                b"1" => Ok(()),
                other => Err(Problem::Version { found: String::from_utf8_lossy(other).into_owned() }),
            },
            Block::Between | Block::Other => self.other(&name, &written),
            Block::Record(_) if name == "dn" => Err(Problem::SecondDn),
            Block::Record(_) if name == "changetype" || name == "control" => Err(Problem::Change { name }),
            Block::Record(record) => add(record, written),
        }
    }

    /// What `ldapsearch` and `ldbsearch` write besides records.
    fn other(&mut self, name: &str, written: &Written) -> Result<(), Problem> {
        let is_trailer = matches!(self.block, Block::Other);
        match name {
            "result" if !is_success(&written.value) => {
                Err(Problem::Incomplete { result: String::from_utf8_lossy(&written.value).trim().to_owned() })
            }
            "ref" | "search" | "result" => {
                self.block = Block::Other;
                Ok(())
            }
            "matcheddn" | "text" | "control" | "pagedresults" if is_trailer => Ok(()),
            _ => Err(Problem::NoDn { found: written.name.clone() }),
        }
    }
}

/// `0 Success`: any other code means that entries are missing.
fn is_success(result: &[u8]) -> bool {
    result.trim_ascii().split(|it| *it == b' ').next() == Some(b"0")
}

fn add(record: &mut Record, written: Written) -> Result<(), Problem> {
    let Written { number, name, options, value } = written;
    if let Some(range) = options.iter().find(|it| it.to_ascii_lowercase().starts_with("range=")) {
        return Err(Problem::Range { name: format!("{name};{range}") });
    }
    // Other options mark values for a language; Active Directory has none, and nothing reads them.
    if options.iter().all(|it| it.eq_ignore_ascii_case("binary")) {
        record.values.push(AttributeValue { line: number, name, value });
    }
    Ok(())
}

/// `name;option: value`, `name:: base64` or `name:< URL` (RFC 2849, Formal Syntax Definition of LDIF).
fn split(line: Line) -> Result<Written, Problem> {
    let Line { number, bytes } = line;
    let colon = bytes.iter().position(|it| *it == b':').ok_or(Problem::NoColon)?;
    let is_part = |it: &u8| it.is_ascii_alphanumeric() || b"-.;=_*".contains(it);
    if colon == 0 || !bytes[..colon].iter().all(is_part) {
        return Err(Problem::AttributeName);
    }
    let description: String = bytes[..colon].iter().copied().map(char::from).collect();
    let mut parts = description.split(';').map(str::to_owned);
    let name = parts.next().filter(|it| !it.is_empty()).ok_or(Problem::AttributeName)?;
    let options = parts.collect();
    let value = match &bytes[colon + 1..] {
        [b':', encoded @ ..] => {
            STANDARD.decode(encoded.trim_ascii()).map_err(|_| Problem::Base64 { name: name.clone() })?
        }
        [b'<', ..] => return Err(Problem::Url { name }),
        plain => {
            let blanks = plain.iter().take_while(|it| **it == b' ').count();
            plain[blanks..].to_vec()
        }
    };
    Ok(Written { number, name, options, value })
}
