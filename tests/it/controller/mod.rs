//! Controller: when policies are looked at. Time passes only where the tests let it.

mod pauses;
mod rhythm;
