//! Brings hashes of passwords from the replication service of a directory to the channel that sends them.
//!
//! Neither knows the other. A hash stays here for no longer than it takes to hand it on.

use std::collections::HashSet;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use crate::model::Guid;
use crate::source::Disposition;
use crate::source::drs::{AccountChange, AccountReading, LastSet, PasswordChange, Replica, ReplicationError};
use crate::target::TargetError;
use crate::target::dirsync::{CurrentPassword, PasswordHashes, PasswordPage};
use crate::wire::drsuapi::Cursor;

use super::connect::with_causes;

/// The passwords of one directory.
pub(super) struct Hashes {
    replica: Replica,
    /// Where the next page begins, if there is one.
    next: Option<Cursor>,
}

impl Hashes {
    pub(super) const fn new(replica: Replica) -> Self {
        Self { replica, next: None }
    }
}

impl PasswordHashes for Hashes {
    fn fetch<'a>(
        &'a mut self,
        accounts: &'a [Guid],
    ) -> BoxFuture<'a, Result<Vec<Result<CurrentPassword, String>>, TargetError>> {
        async move {
            let found = self.replica.accounts(accounts).await.map_err(|error| unreadable(&error))?;
            Ok(found.into_iter().map(password).collect())
        }
        .boxed()
    }

    fn rewind(&mut self) {
        self.next = Some(Cursor::default());
    }

    fn next_page<'a>(
        &'a mut self,
        wanted: &'a HashSet<Guid>,
    ) -> BoxFuture<'a, Result<Option<PasswordPage>, TargetError>> {
        async move {
            let Some(since) = self.next.take() else { return Ok(None) };
            match self.replica.page(&since, wanted).await {
                Ok(page) => {
                    self.next = page.next;
                    // Whoever has none in it is fetched, and it is said why.
                    let of = |it: AccountChange| Some((it.guid, password(Ok(Some(it))).ok()?));
                    let passwords = page.accounts.into_iter().flatten().filter_map(of).collect();
                    Ok(Some(PasswordPage { passwords, objects: page.objects }))
                }
                Err(error) if error.disposition() == Disposition::Fatal => Err(unreadable(&error)),
                Err(error) => {
                    let cause = with_causes(&error);
                    tracing::warn!(%cause, "passwords are read one by one, since a page of them could not be read");
                    Ok(None)
                }
            }
        }
        .boxed()
    }
}

fn unreadable(error: &ReplicationError) -> TargetError {
    TargetError::Step { what: format!("passwords could not be read from AD: {}", with_causes(error)) }
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
