//! Brings hashes of passwords from the replication service of a directory to the channel that sends them.
//!
//! Neither knows the other. A hash stays here for no longer than it takes to hand it on.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use crate::model::Guid;
use crate::source::drs::{AccountChange, AccountReading, LastSet, PasswordChange, Replica};
use crate::target::TargetError;
use crate::target::dirsync::{CurrentPassword, PasswordHashes};

use super::connect::with_causes;

/// The passwords of one directory.
pub(super) struct Hashes(pub(super) Replica);

impl PasswordHashes for Hashes {
    fn fetch<'a>(
        &'a mut self,
        accounts: &'a [Guid],
    ) -> BoxFuture<'a, Result<Vec<Result<CurrentPassword, String>>, TargetError>> {
        async move {
            let found = self.0.accounts(accounts).await.map_err(|error| TargetError::Step {
                what: format!("passwords could not be read from AD: {}", with_causes(&error)),
            })?;
            Ok(found.into_iter().map(password).collect())
        }
        .boxed()
    }
}

fn password(found: AccountReading) -> Result<CurrentPassword, String> {
    let gone = || "the account is gone from AD".to_owned();
    let found = found.map_err(|error| format!("AD's is of no use: {}", with_causes(&error)))?;
    let AccountChange { guid: _, password, last_set, control: _, is_deleted } = found.ok_or_else(gone)?;
    if is_deleted {
        return Err(gone());
    }
    let set_at = match last_set {
        Some(LastSet::At(at)) => Some(at),
        Some(LastSet::MustChange) | None => None,
    };
    match password {
        PasswordChange::NotSent | PasswordChange::Removed => {
            Err("AD has none: set one, or name the account in passwords.exclude".to_owned())
        }
        PasswordChange::Set { hash, changed } => Ok(CurrentPassword {
            hash,
            changed: changed.or(set_at).ok_or("AD does not tell when it was changed")?,
            must_change: last_set == Some(LastSet::MustChange),
            set_at,
        }),
    }
}
