//! Codecs on hostile input.
#![expect(clippy::unwrap_used, reason = "a test whose input cannot be made has failed")]

mod hostile;
