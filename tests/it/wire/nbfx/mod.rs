//! The binary XML codec: the examples of its specification, whole messages, every text, hostile bytes.

mod examples;
mod hostile;
mod openings;
mod text;
pub(super) mod tree;
pub(super) mod vectors;
