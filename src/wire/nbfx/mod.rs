//! .NET Binary Format: XML Data Structure ([MC-NBFX] 2.1 to 2.3) with the static dictionary of
//! [MC-NBFS] 2.2: what `application/soap+msbin1` carries.
//!
//! The reader takes every record of the specification and borrows from the bytes where it can; the
//! writer writes the subset that a client and a service need, in the shortest records.
//! It does not know SOAP, nor any message; it has no session dictionary ([MC-NBFSE]), which this
//! media type does not have either.

mod character;
mod cursor;
mod dictionary;
mod error;
mod namespaces;
mod reader;
mod record;
mod scalar;
mod static_strings;
mod text_record;
mod value;
mod walk;
mod writer;

pub use self::character::forbidden_character;
pub use self::error::{Malformed, ReadError, WriteError};
pub use self::reader::{Attribute, Element, Event, Limits, Reader};
pub use self::scalar::{DateTime, Decimal, TimeSpan, Zone};
pub use self::value::Value;
pub use self::walk::Leaf;
pub use self::writer::{Opening, Start, Tag, Writer};
