//! The representation of data below all calls: any order of reading, on any data.
//!
//! The first byte says how many steps there are, the next ones which; all else is data.

use samesign::wire::ndr::{DsName, NdrError, Reader, Writer};

/// Reads data in the order that the first bytes give.
pub fn read(bytes: &[u8]) {
    let Some((count, rest)) = bytes.split_first() else { return };
    let Some((steps, data)) = rest.split_at_checked((*count).into()) else { return };
    let mut reader = Reader::new(data);
    for it in steps {
        let before = reader.remaining();
        let outcome = step(&mut reader, *it);
        assert!(reader.remaining() <= before);
        if outcome.is_err() {
            return;
        }
    }
    let _left = reader.finish();
}

/// One step; its upper bits are its parameter.
fn step(reader: &mut Reader<'_>, step: u8) -> Result<(), NdrError> {
    let len = usize::from(step >> 4);
    match step & 15 {
        0 => reader.u8("").map(drop),
        1 => reader.u16("").map(drop),
        2 => reader.u32("").map(drop),
        3 => reader.i64("").map(drop),
        4 => reader.bool("").map(drop),
        5 => reader.guid("").map(drop),
        6 => reader.pointer("").map(drop),
        7 => reader.counted_pointer(len, "").map(drop),
        8 => reader.count(len, "").map(drop),
        9 => reader.conformant_bytes(len, "").map(drop),
        10 => reader.varying(len, "").map(drop),
        11 => reader.string("").map(drop),
        12 => reader.utf16(len, "").map(drop),
        13 => reader.bytes(len, "").map(drop),
        14 => name(reader),
        _ => {
            reader.align(1 << (len & 3));
            Ok(())
        }
    }
}

/// A name that was read can be written, and is the same.
fn name(reader: &mut Reader<'_>) -> Result<(), NdrError> {
    let name = DsName::read(reader)?;
    let mut writer = Writer::new();
    name.write(&mut writer);
    assert_eq!(DsName::read(&mut Reader::new(&writer.into_bytes())), Ok(name));
    Ok(())
}
