//! What travels of a password: the NT hash that Active Directory keeps, and what the tenant gets instead of it.
//!
//! It knows neither where a hash comes from nor where it goes. There is no password in it.

mod credential;
mod hash;
mod stack;

pub use self::credential::{ITERATIONS, SALT_LEN, credential};
pub use self::hash::NtHash;
pub(in crate::wire) use self::stack::on_wiped_stack;
