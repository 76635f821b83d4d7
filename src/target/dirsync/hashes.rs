//! What is asked of whoever reads password hashes.
//!
//! It does not know where they are read, nor what becomes of them.

use std::collections::HashSet;

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use crate::model::Guid;
use crate::target::TargetError;
use crate::wire::password::NtHash;

/// Reads the hashes of passwords as they are in this moment.
pub trait PasswordHashes: Send {
    /// One answer for each account, in their order: its password, or why there is none to send.
    fn fetch<'a>(
        &'a mut self,
        accounts: &'a [Guid],
    ) -> BoxFuture<'a, Result<Vec<Result<CurrentPassword, String>>, TargetError>>;

    /// Has `next_page` begin with the first page.
    fn rewind(&mut self);

    /// The next page of all accounts there are; `None` after the last, or if pages cannot be read. Whoever is in none may
    /// still be fetched.
    ///
    /// # Errors
    /// Fetching them would fail as well.
    fn next_page<'a>(
        &'a mut self,
        wanted: &'a HashSet<Guid>,
    ) -> BoxFuture<'a, Result<Option<PasswordPage>, TargetError>>;
}

/// A page of accounts. It has no `Debug`.
pub struct PasswordPage {
    /// Passwords of those in it who are wanted.
    pub passwords: Vec<(Guid, CurrentPassword)>,
    /// How many objects were read for it.
    pub objects: usize,
}

/// The password of an account in this moment. It has no `Debug`.
pub struct CurrentPassword {
    /// Its hash.
    pub hash: NtHash,
    /// When it was changed.
    pub changed: Timestamp,
    /// Whether it has to be changed at the next logon.
    pub must_change: bool,
    /// When it was set by `pwdLastSet`, if that is a time.
    pub set_at: Option<Timestamp>,
}
