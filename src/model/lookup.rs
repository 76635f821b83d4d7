//! Tables to look up in, millions of times.
//!
//! Their order is nobody's business: they are never iterated.

use std::collections::{HashMap, HashSet};

/// The hash of the standard library withstands whoever chooses keys so that they collide, and is slow. This one starts
/// from a random number as well; names come from the administrators of a directory and are of bounded number.
type Hash = foldhash::quality::RandomState;

/// Values by key.
pub type Table<K, V> = HashMap<K, V, Hash>;

/// Which keys there are.
pub type TableOfKeys<K> = HashSet<K, Hash>;
