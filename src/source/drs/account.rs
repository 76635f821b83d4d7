//! What replication says about one account, with its password hash decrypted.
//!
//! It does not know whose hash goes anywhere.

use jiff::Timestamp;

use crate::model::{Guid, from_filetime};
use crate::wire::drsuapi::{
    Attribute, Cursor, ReplicatedAttribute, ReplicatedObject, SecretError, SessionKey,
};
use crate::wire::ndr::NdrError;
use crate::wire::password::NtHash;

/// What changed about an account; all that is known, if it was asked for by its GUID. It has no `Debug`.
pub struct AccountChange {
    /// `objectGUID`.
    pub guid: Guid,
    /// What became of the hash.
    pub password: PasswordChange,
    /// `pwdLastSet`, if it travelled.
    pub last_set: Option<LastSet>,
    /// `userAccountControl`, if it travelled.
    pub control: Option<u32>,
    /// Whether the object is deleted. It keeps its GUID.
    pub is_deleted: bool,
}

/// What became of a password hash.
pub enum PasswordChange {
    /// It did not travel: it is what it was.
    NotSent,
    /// There is none any more, or there never was one.
    Removed,
    /// It is this one.
    Set {
        /// The hash.
        hash: NtHash,
        /// When it was changed, by the clock of the domain controller where that was done.
        changed: Option<Timestamp>,
    },
}

/// `pwdLastSet` ([MS-ADA3] 2.175).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastSet {
    /// The password has to be changed at the next sign-in, or was never set.
    MustChange,
    /// When it was set.
    At(Timestamp),
}

/// Why what a server says of one account cannot be used, whatever it says of others. It holds no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// The hash does not decrypt.
    #[error("its hash cannot be decrypted")]
    Secret(#[source] SecretError),
    /// A value is not what the schema has there.
    #[error("its {0:?} is not what the schema has there")]
    Value(Attribute),
    /// The answer about it is not one.
    #[error("the answer about it cannot be read")]
    Answer(#[source] NdrError),
}

/// An account; `None` if there is no such account; or why nothing can be said.
pub type AccountReading = Result<Option<AccountChange>, AccountError>;

/// Of those who are wanted, the accounts in one page of a domain. It has no `Debug`.
pub struct Page {
    /// Each account, or why nothing can be said of one of them.
    pub accounts: Vec<Result<AccountChange, AccountError>>,
    /// How many objects there were in it, wanted or not.
    pub objects: usize,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor>,
}

impl AccountChange {
    /// Decrypts the hash of an object. `None` if it says nothing about an account: containers and groups do not.
    pub(super) fn read(object: &ReplicatedObject, key: &SessionKey) -> Result<Option<Self>, AccountError> {
        let secret = object.attribute(Attribute::UnicodePwd);
        let last_set = object.attribute(Attribute::PwdLastSet);
        let control = object.attribute(Attribute::UserAccountControl);
        if secret.is_none() && last_set.is_none() && control.is_none() {
            return Ok(None);
        }
        let password = match secret {
            None => PasswordChange::NotSent,
            Some(secret) => password(object, secret, key)?,
        };
        let last_set = number(last_set, Attribute::PwdLastSet)?.map(i64::from_le_bytes);
        let control = number(control, Attribute::UserAccountControl)?.map(u32::from_le_bytes);
        let deleted = number(object.attribute(Attribute::IsDeleted), Attribute::IsDeleted)?;
        let is_deleted = deleted.is_some_and(|it| u32::from_le_bytes(it) != 0);
        let last_set = last_set.and_then(|it| match it {
            0 => Some(LastSet::MustChange),
            steps => from_filetime(steps).map(LastSet::At),
        });
        Ok(Some(Self { guid: object.guid, password, last_set, control, is_deleted }))
    }
}

fn password(
    object: &ReplicatedObject,
    secret: &ReplicatedAttribute,
    key: &SessionKey,
) -> Result<PasswordChange, AccountError> {
    let wrong = AccountError::Value(Attribute::UnicodePwd);
    match &*secret.values {
        [] => Ok(PasswordChange::Removed),
        [value] => {
            let rid = object.rid().ok_or(wrong)?;
            let hash = key.nt_hash(rid, value).map_err(AccountError::Secret)?;
            Ok(PasswordChange::Set { hash, changed: secret.metadata.and_then(|it| it.changed) })
        }
        _ => Err(wrong),
    }
}

/// The one value of a number, if there is one.
fn number<const N: usize>(
    attribute: Option<&ReplicatedAttribute>,
    name: Attribute,
) -> Result<Option<[u8; N]>, AccountError> {
    match attribute.map(|it| &*it.values) {
        None | Some([]) => Ok(None),
        Some([value]) => value.as_ref().try_into().map(Some).map_err(|_| AccountError::Value(name)),
        Some(_) => Err(AccountError::Value(name)),
    }
}
