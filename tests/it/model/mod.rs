//! The nouns, where more than one of them has to agree.

mod revision;
