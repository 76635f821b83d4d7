//! Network Data Representation, transfer syntax 2.0 (C706 chapter 14; [MS-RPCE] 2.2.4): little-endian, ASCII,
//! IEEE, offsets of 32 bits.
//!
//! It knows alignment, pointers, arrays and strings. What follows a pointer stands later in the stream
//! ("deferred", C706 14.3.12.3); the order of that is known by whoever reads a structure.

mod dsname;
mod reader;
mod writer;

pub use self::dsname::DsName;
pub use self::reader::Reader;
pub use self::writer::Writer;

/// Bytes that are not what the interface has there, or values that cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NdrError {
    /// The bytes end inside a value.
    #[error("the bytes end at {at}, inside {what}")]
    Truncated {
        /// What was being read.
        what: &'static str,
        /// The offset at which it begins.
        at: usize,
    },
    /// A count that the limits, or the bytes that are left, do not allow.
    #[error("{what}: a count of {count}, at most {max} fit")]
    Count {
        /// What is counted.
        what: &'static str,
        /// How many there are said to be.
        count: usize,
        /// How many there can be.
        max: usize,
    },
    /// An array whose conformance differs from the count before it.
    #[error("{what}: an array of {found} where {expected} were announced")]
    Conformance {
        /// What the array holds.
        what: &'static str,
        /// The count that came first.
        expected: usize,
        /// The count at the array.
        found: usize,
    },
    /// A null pointer where the interface needs a value, or the opposite.
    #[error("{0}: a pointer that should be null is not, or the opposite")]
    Pointer(&'static str),
    /// A value that its type does not allow.
    #[error("{0}: a value out of range for its type")]
    Value(&'static str),
    /// Something follows where nothing should.
    #[error("{0} bytes too many")]
    Trailing(usize),
}
