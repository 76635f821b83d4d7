//! Text records, both ways ([MC-NBFX] 2.2.3 Text Records).
//!
//! It does not know whether a value stands in an attribute or in an element, nor about ends of elements.

use std::borrow::Cow;

use uuid::Uuid;

use super::character::forbidden_character;
use super::cursor::Cursor;
use super::dictionary;
use super::error::{Malformed, ReadError, WriteError};
use super::record;
use super::scalar::{DateTime, Decimal, TimeSpan};
use super::value::Value;
use crate::model::SecretBytes;

/// Reads the value of the text record of this type, whose number has been read, and whether the element ends too.
pub(super) fn read<'a>(
    cursor: &mut Cursor<'a>,
    kind: u8,
    list_items_max: usize,
) -> Result<(Value<'a>, bool), ReadError> {
    if kind == record::START_LIST_TEXT {
        return read_list(cursor, list_items_max);
    }
    Ok((read_one(cursor, kind & !1)?, kind & 1 != 0))
}

fn read_one<'a>(cursor: &mut Cursor<'a>, kind: u8) -> Result<Value<'a>, ReadError> {
    let start = cursor.clone();
    Ok(match kind {
        record::EMPTY_TEXT => Value::Empty,
        record::ZERO_TEXT => Value::Int(0),
        record::ONE_TEXT => Value::Int(1),
        record::FALSE_TEXT => Value::Bool(false),
        record::TRUE_TEXT => Value::Bool(true),
        record::INT8_TEXT => Value::Int(i8::from_le_bytes(cursor.array()?).into()),
        record::INT16_TEXT => Value::Int(i16::from_le_bytes(cursor.array()?).into()),
        record::INT32_TEXT => Value::Int(i32::from_le_bytes(cursor.array()?).into()),
        record::INT64_TEXT => Value::Int(i64::from_le_bytes(cursor.array()?)),
        record::UINT64_TEXT => Value::UInt(u64::from_le_bytes(cursor.array()?)),
        record::FLOAT_TEXT => Value::Float(f32::from_le_bytes(cursor.array()?)),
        record::DOUBLE_TEXT => Value::Double(f64::from_le_bytes(cursor.array()?)),
        record::TIME_SPAN_TEXT => Value::TimeSpan(TimeSpan(i64::from_le_bytes(cursor.array()?))),
        record::UNIQUE_ID_TEXT => Value::UniqueId(Uuid::from_bytes_le(cursor.array()?)),
        record::UUID_TEXT => Value::Uuid(Uuid::from_bytes_le(cursor.array()?)),
        record::DICTIONARY_TEXT => Value::chars(cursor.dictionary_string()?),
        record::BOOL_TEXT => match cursor.byte()? {
            0 => Value::Bool(false),
            1 => Value::Bool(true),
            _ => return Err(start.error(Malformed::Value)),
        },
        record::DECIMAL_TEXT => {
            let decimal = Decimal::from_bytes(cursor.array()?);
            Value::Decimal(decimal.ok_or_else(|| start.error(Malformed::Value))?)
        }
        record::DATE_TIME_TEXT => {
            let date = DateTime::from_bits(u64::from_le_bytes(cursor.array()?));
            Value::DateTime(date.ok_or_else(|| start.error(Malformed::Value))?)
        }
        record::QNAME_DICTIONARY_TEXT => {
            let prefix = record::letter(cursor.byte()?).ok_or_else(|| start.error(Malformed::Value))?;
            Value::QName(prefix, cursor.dictionary_name()?)
        }
        _ => return read_sized(cursor, kind),
    })
}

/// The records that say how long they are.
fn read_sized<'a>(cursor: &mut Cursor<'a>, kind: u8) -> Result<Value<'a>, ReadError> {
    let len = match kind {
        record::CHARS8_TEXT | record::BYTES8_TEXT | record::UNICODE_CHARS8_TEXT => cursor.length8()?,
        record::CHARS16_TEXT | record::BYTES16_TEXT | record::UNICODE_CHARS16_TEXT => cursor.length16()?,
        // 2.2.3.29 describes a MultiByteInt31 for UnicodeChars32Text, but its example (section 3) has four bytes.
        record::CHARS32_TEXT | record::BYTES32_TEXT | record::UNICODE_CHARS32_TEXT => cursor.length32()?,
        _ => {
            let offset = cursor.offset().saturating_sub(1);
            return Err(ReadError { offset, malformed: Malformed::Record(kind) });
        }
    };
    Ok(match kind {
        record::CHARS8_TEXT | record::CHARS16_TEXT | record::CHARS32_TEXT => Value::chars(cursor.utf8(len)?),
        record::BYTES8_TEXT | record::BYTES16_TEXT | record::BYTES32_TEXT => {
            Value::Bytes(Cow::Borrowed(cursor.take(len)?))
        }
        _ => Value::Chars(Cow::Owned(cursor.utf16(len)?)),
    })
}

/// Values up to the end of the list; a list holds no list (2.2.3.19).
///
/// The end of a list is what may end the element, not its start.
fn read_list<'a>(cursor: &mut Cursor<'a>, items_max: usize) -> Result<(Value<'a>, bool), ReadError> {
    let mut values = Vec::new();
    loop {
        let start = cursor.clone();
        let kind = cursor.byte()?;
        if kind & !1 == record::END_LIST_TEXT {
            return Ok((Value::List(values), kind & 1 != 0));
        }
        if items_max <= values.len() {
            return Err(start.error(Malformed::Limit("list_items_max")));
        }
        if kind < record::ZERO_TEXT || kind & 1 != 0 {
            return Err(start.error(Malformed::Record(kind)));
        }
        values.push(read_one(cursor, kind)?);
    }
}

/// Writes a value in the shortest record of its type.
pub(super) fn write(bytes: &mut Bytes, value: &Value<'_>) -> Result<(), WriteError> {
    match value {
        Value::Empty => bytes.push(&[record::EMPTY_TEXT]),
        Value::Chars(text) if text.is_empty() => bytes.push(&[record::EMPTY_TEXT]),
        Value::Chars(text) => {
            if let Some((at, character)) = forbidden_character(text) {
                return Err(WriteError::Character { character, at });
            }
            write_sized(bytes, record::CHARS8_TEXT, text.as_bytes())?;
        }
        Value::Bytes(content) => write_sized(bytes, record::BYTES8_TEXT, content)?,
        Value::Bool(false) => bytes.push(&[record::FALSE_TEXT]),
        Value::Bool(true) => bytes.push(&[record::TRUE_TEXT]),
        Value::Int(number) => write_int(bytes, *number),
        Value::UInt(number) => match i64::try_from(*number) {
            Ok(small) => write_int(bytes, small),
            Err(_) => write_fixed(bytes, record::UINT64_TEXT, &number.to_le_bytes()),
        },
        Value::Float(number) => write_fixed(bytes, record::FLOAT_TEXT, &number.to_le_bytes()),
        Value::Double(number) => write_fixed(bytes, record::DOUBLE_TEXT, &number.to_le_bytes()),
        Value::DateTime(date) => write_fixed(bytes, record::DATE_TIME_TEXT, &date.to_bits().to_le_bytes()),
        Value::TimeSpan(TimeSpan(ticks)) => write_fixed(bytes, record::TIME_SPAN_TEXT, &ticks.to_le_bytes()),
        Value::UniqueId(id) => write_fixed(bytes, record::UNIQUE_ID_TEXT, &id.to_bytes_le()),
        Value::Uuid(id) => write_fixed(bytes, record::UUID_TEXT, &id.to_bytes_le()),
        // Nothing that is sent has one of these; their characters mean the same.
        Value::Decimal(_) | Value::QName(..) | Value::List(_) => {
            let text = Value::Chars(Cow::Owned(value.to_string()));
            write(bytes, &text)?;
        }
    }
    Ok(())
}

fn write_int(bytes: &mut Bytes, number: i64) {
    if number == 0 {
        bytes.push(&[record::ZERO_TEXT]);
    } else if number == 1 {
        bytes.push(&[record::ONE_TEXT]);
    } else if let Ok(small) = i8::try_from(number) {
        write_fixed(bytes, record::INT8_TEXT, &small.to_le_bytes());
    } else if let Ok(small) = i16::try_from(number) {
        write_fixed(bytes, record::INT16_TEXT, &small.to_le_bytes());
    } else if let Ok(small) = i32::try_from(number) {
        write_fixed(bytes, record::INT32_TEXT, &small.to_le_bytes());
    } else {
        write_fixed(bytes, record::INT64_TEXT, &number.to_le_bytes());
    }
}

fn write_fixed(bytes: &mut Bytes, kind: u8, content: &[u8]) {
    bytes.push(&[kind]);
    bytes.push(content);
}

/// `kind` is the record with a length of one byte; those with two and four follow it.
fn write_sized(bytes: &mut Bytes, kind: u8, content: &[u8]) -> Result<(), WriteError> {
    let len = content.len();
    if let Ok(len) = u8::try_from(len) {
        bytes.push(&[kind, len]);
    } else if let Ok(len) = u16::try_from(len) {
        write_fixed(bytes, kind + 2, &len.to_le_bytes());
    } else {
        let len = i32::try_from(len).map_err(|_| WriteError::Length(len))?;
        write_fixed(bytes, kind + 4, &len.to_le_bytes());
    }
    bytes.push(content);
    Ok(())
}

/// What is being written.
#[derive(Default)]
pub(super) struct Bytes(SecretBytes);

impl Bytes {
    pub(super) fn push(&mut self, more: &[u8]) {
        self.0.append(more);
    }

    /// [MC-NBFX] 2.1.2 MultiByteInt31.
    pub(super) fn push_int31(&mut self, mut value: u32) {
        while 0x7f < value {
            self.push(&[(value & 0x7f).to_le_bytes()[0] | 0x80]);
            value >>= 7;
        }
        self.push(&[value.to_le_bytes()[0]]);
    }

    /// [MC-NBFX] 2.1.3 String.
    pub(super) fn push_string(&mut self, text: &str) -> Result<(), WriteError> {
        if let Some((at, character)) = forbidden_character(text) {
            return Err(WriteError::Character { character, at });
        }
        let len = i32::try_from(text.len()).map_err(|_| WriteError::Length(text.len()))?;
        self.push_int31(len.unsigned_abs());
        self.push(text.as_bytes());
        Ok(())
    }

    /// The id of a string of the static dictionary, or the string; says which by its record type.
    pub(super) fn push_named(
        &mut self,
        kinds: [u8; 2],
        prefix: Option<&str>,
        text: &str,
    ) -> Result<(), WriteError> {
        let [literal, from_dictionary] = kinds;
        let id = dictionary::id_of(text);
        self.push(&[if id.is_some() { from_dictionary } else { literal }]);
        if let Some(prefix) = prefix {
            self.push_string(prefix)?;
        }
        match id {
            Some(id) => self.push_int31(id),
            None => self.push_string(text)?,
        }
        Ok(())
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn byte_mut(&mut self, at: usize) -> Option<&mut u8> {
        self.0.get_mut(at)
    }

    pub(super) fn into_inner(self) -> SecretBytes {
        self.0
    }
}
