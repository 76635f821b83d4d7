//! The table that translates between numbers of attributes and object identifiers
//! ([MS-DRSR] 5.16.4, ATTRTYP-to-OID Conversion; 5, PrefixTableEntry and SCHEMA_PREFIX_TABLE).
//!
//! It does not know which attributes matter.

use std::collections::BTreeMap;
use std::fmt;

use super::{AttributeType, DrsError};
use crate::wire::ndr::{NdrError, Reader, Writer};

/// Windows limits `PrefixCount` to 1,048,576 ([MS-DRSR] 5, SCHEMA_PREFIX_TABLE); real tables have some dozens of entries.
const ENTRIES_MAX: usize = 64 * 1024;
/// The prefixes of the attributes of [MS-ADTS] 3.1.1.2 that are of use here: index, BER of the beginning.
const DEFAULT: [(u32, &[u8]); 7] = [
    (0, &[0x55, 0x04]),
    (1, &[0x55, 0x06]),
    (2, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x14, 0x01, 0x02]),
    (3, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x14, 0x01, 0x03]),
    (8, &[0x55, 0x05]),
    (9, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x14, 0x01, 0x04]),
    (10, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x14, 0x01, 0x05]),
];
/// `schemaInfo` ([MS-ADTS], schemaInfo) of nobody: the last entry of a table that travels is always one, marked
/// by 0xff.
const SCHEMA_INFO: [u8; 21] = [0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
const SCHEMA_INFO_MARK: u8 = 0xff;
/// Numbers from here on are not made from a table ([MS-DRSR] 5.14).
const LOCAL_TYPES: u32 = 0x8000_0000;

/// Prefixes by index.
#[derive(Clone, PartialEq, Eq)]
pub struct PrefixTable(BTreeMap<u32, Box<[u8]>>);

impl fmt::Debug for PrefixTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrefixTable({} entries)", self.0.len())
    }
}

impl Default for PrefixTable {
    /// The part of the table that is the same everywhere.
    fn default() -> Self {
        Self(DEFAULT.iter().map(|(index, prefix)| (*index, Box::from(*prefix))).collect())
    }
}

impl PrefixTable {
    /// Without entries. Domain controllers then take the numbers as their own.
    pub const fn empty() -> Self {
        Self(BTreeMap::new())
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The object identifier in dotted form.
    pub fn oid(&self, kind: AttributeType) -> Option<String> {
        let (index, low) = (kind.0 >> 16, kind.0 & 0xffff);
        if LOCAL_TYPES <= kind.0 {
            return None;
        }
        let prefix = self.0.get(&index)?;
        let [_, _, high, low] = (low & 0x7fff).to_be_bytes();
        let high = high << 1 | low >> 7;
        let mut ber = prefix.to_vec();
        if kind.0 & 0x8000 != 0 || high != 0 {
            ber.push(high | 0x80);
        }
        ber.push(low & 0x7f);
        dotted(&ber)
    }

    /// The number of an object identifier in dotted form.
    pub fn attribute_type(&self, oid: &str) -> Option<AttributeType> {
        let (ber, last) = encoded(oid)?;
        let cut = if last < 128 { 1 } else { 2 };
        let prefix = &ber[..ber.len() - cut];
        let (index, _) = self.0.iter().find(|it| **it.1 == *prefix)?;
        let low = last % 0x4000 + if last < 0x4000 { 0 } else { 0x8000 };
        (*index <= 0x7fff).then_some(AttributeType(index << 16 | low))
    }

    /// Count and pointer, in the fixed part of a message.
    pub(super) fn write_head(&self, writer: &mut Writer) {
        writer.count(self.entries().count()).pointer(!self.is_empty());
    }

    /// The entries, where pointers are followed.
    pub(super) fn write_entries(&self, writer: &mut Writer) {
        if self.is_empty() {
            return;
        }
        writer.count(self.entries().count());
        for (index, prefix) in self.entries() {
            writer.u32(index).count(prefix.len()).pointer(true);
        }
        for (_, prefix) in self.entries() {
            writer.count(prefix.len()).bytes(prefix);
        }
    }

    fn entries(&self) -> impl Iterator<Item = (u32, &[u8])> {
        let schema_info = (!self.is_empty()).then_some((0, &SCHEMA_INFO[..]));
        self.0.iter().map(|(index, prefix)| (*index, &**prefix)).chain(schema_info)
    }

    /// The count in the fixed part of a message; `None` if there is no table.
    pub(super) fn read_head(reader: &mut Reader<'_>) -> Result<Option<usize>, NdrError> {
        let count = reader.count(12, "prefix table")?;
        if ENTRIES_MAX < count {
            return Err(NdrError::Count { what: "prefix table", count, max: ENTRIES_MAX });
        }
        Ok(reader.counted_pointer(count, "prefix table")?.then_some(count))
    }

    /// The entries, where pointers are followed.
    pub(super) fn read_entries(reader: &mut Reader<'_>, count: usize) -> Result<Self, DrsError> {
        reader.conformance(count, "prefix table")?;
        let heads = (0..count)
            .map(|_| {
                let index = reader.u32("index of a prefix")?;
                let len = reader.count(1, "prefix")?;
                Ok((index, len, reader.counted_pointer(len, "prefix")?))
            })
            .collect::<Result<Vec<_>, NdrError>>()?;
        let mut entries = BTreeMap::new();
        for (index, len, _) in heads.into_iter().filter(|it| it.2) {
            let prefix = reader.conformant_bytes(len, "prefix")?;
            if prefix.first().is_some_and(|it| *it != SCHEMA_INFO_MARK) {
                entries.entry(index).or_insert_with(|| Box::from(prefix));
            }
        }
        Ok(Self(entries))
    }
}

/// The dotted form of the contents of an OBJECT IDENTIFIER (X.690, 8.19).
fn dotted(ber: &[u8]) -> Option<String> {
    let mut arcs: Vec<u32> = Vec::new();
    let mut arc: u32 = 0;
    let mut is_open = false;
    for byte in ber {
        arc = arc.checked_mul(128)? | u32::from(byte & 0x7f);
        is_open = byte & 0x80 != 0;
        if is_open {
            continue;
        }
        if arcs.is_empty() {
            let root = (arc / 40).min(2);
            arcs.push(root);
            arc -= 40 * root;
        }
        arcs.push(arc);
        arc = 0;
    }
    if is_open || arcs.is_empty() {
        return None;
    }
    Some(arcs.iter().map(u32::to_string).collect::<Vec<_>>().join("."))
}

/// The contents of an OBJECT IDENTIFIER, and its last arc.
fn encoded(oid: &str) -> Option<(Vec<u8>, u32)> {
    let arcs: Vec<u32> = oid.split('.').map(str::parse).collect::<Result<_, _>>().ok()?;
    let [root, second, rest @ ..] = arcs.as_slice() else { return None };
    if 2 < *root || (*root < 2 && 39 < *second) {
        return None;
    }
    let last = *rest.last()?;
    let mut ber = Vec::new();
    for arc in std::iter::once(&(root * 40).checked_add(*second)?).chain(rest) {
        let groups = (1..5).take_while(|it| arc >> (7 * it) != 0).count();
        ber.extend((1..=groups).rev().map(|it| (arc >> (7 * it) & 0x7f).to_le_bytes()[0] | 0x80));
        ber.push((arc & 0x7f).to_le_bytes()[0]);
    }
    Some((ber, last))
}
