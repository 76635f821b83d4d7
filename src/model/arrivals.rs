//! The entries of a reading as they arrive, and how they come into the order of their `objectGUID`.
//!
//! It does not know which of them are members of which: a name is a number here.

use bytes::Bytes;

use super::attributes::Attributes;
use super::dn::Dn;
use super::guid::Guid;
use super::object_kind::ObjectKind;

/// An entry that is kept.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) kind: ObjectKind,
    pub(super) guid: Guid,
    pub(super) dn: Dn,
    /// The number of its name.
    pub(super) place: u32,
    pub(super) attributes: Attributes,
    /// Numbers of names.
    pub(super) members: Box<[u32]>,
}

/// So many that what is in one of them is little; so few that their last blocks are.
const COMPARTMENTS: usize = 16;
const BLOCK_MIN: usize = 4 << 10;
const BLOCK_MAX: usize = 1 << 20;

/// Entries that wait to be put in order, in compartments by the first bits of their identity.
///
/// In the end, the values of all have to lie one after the other in the order in which planning goes through them:
/// where they lie as they came, a plan takes 10 % longer. One compartment is put in order after the other, so that
/// the next one can have the memory of the one before: two thirds of the time after the last page went into fresh
/// memory for a second copy of all values. Memory is had again at once if its blocks have the same size.
#[derive(Debug, Default)]
pub(super) struct Arrivals {
    compartments: [Compartment; COMPARTMENTS],
}

#[derive(Debug, Default)]
struct Compartment {
    waiting: Vec<Waiting>,
    values: Blocks,
}

/// An entry without its values, and where these are.
#[derive(Debug)]
struct Waiting {
    kind: ObjectKind,
    guid: Guid,
    dn: Dn,
    place: u32,
    members: Box<[u32]>,
    values: Span,
}

/// Values of many entries, one after the other.
#[derive(Debug, Default)]
struct Blocks(Vec<Vec<u8>>);

/// A part of one block.
#[derive(Clone, Copy, Debug)]
struct Span {
    block: u32,
    start: u32,
    len: u32,
}

impl Arrivals {
    /// One more.
    pub(super) fn push(&mut self, entry: Entry) {
        let first_bits = usize::from(entry.guid.as_bytes()[0]) * COMPARTMENTS / 256;
        self.compartments[first_bits].push(entry);
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.compartments.iter().map(|it| it.waiting.len()).sum()
    }

    /// All in order of `objectGUID`, then of name, then as they came.
    pub(super) fn in_order(self) -> Vec<Entry> {
        let mut all = Vec::with_capacity(self.len());
        for compartment in self.compartments {
            compartment.empty_into(&mut all);
        }
        all
    }
}

impl Compartment {
    fn push(&mut self, entry: Entry) {
        let Entry { kind, guid, dn, place, attributes, members } = entry;
        let values = self.values.push(attributes.as_packed());
        self.waiting.push(Waiting { kind, guid, dn, place, members, values });
    }

    fn empty_into(self, all: &mut Vec<Entry>) {
        let Self { mut waiting, values: as_they_came } = self;
        waiting.sort_by(|a, b| a.guid.cmp(&b.guid).then_with(|| a.dn.cmp(&b.dn)));
        let mut values = Blocks::default();
        for it in &mut waiting {
            it.values = values.push(as_they_came.get(it.values));
        }
        let blocks: Vec<Bytes> = values.0.into_iter().map(|it| it.into_boxed_slice().into()).collect();
        all.extend(waiting.into_iter().map(|it| {
            let Waiting { kind, guid, dn, place, members, values: Span { block, start, len } } = it;
            let values = blocks[block as usize].slice(start as usize..(start + len) as usize);
            Entry { kind, guid, dn, place, attributes: Attributes::from_packed(values), members }
        }));
    }
}

impl Blocks {
    fn push(&mut self, values: &[u8]) -> Span {
        let full = |it: &Vec<u8>| it.capacity() - it.len() < values.len();
        if self.0.last().is_none_or(full) {
            let larger = self.0.last().map_or(BLOCK_MIN, |it| BLOCK_MAX.min(2 * it.capacity()));
            self.0.push(Vec::with_capacity(larger.max(values.len())));
        }
        let number =
            |it: usize| u32::try_from(it).expect("a block is no longer than the values of one entry");
        let at = self.0.len() - 1;
        let block = &mut self.0[at];
        let span = Span { block: number(at), start: number(block.len()), len: number(values.len()) };
        block.extend_from_slice(values);
        span
    }

    fn get(&self, span: Span) -> &[u8] {
        let Span { block, start, len } = span;
        &self.0[block as usize][start as usize..(start + len) as usize]
    }
}
