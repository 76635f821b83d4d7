//! Smart lockout: whoever guesses passwords of an account is kept out of it for a while.
//!
//! It is forgotten when the sandbox stops, and it knows neither passwords nor names: of a wrong password it keeps
//! a digest under a key of its own.

use std::collections::{HashMap, VecDeque};

use jiff::{SignedDuration, Timestamp};
use ring::hmac;
use uuid::Uuid;

/// So many wrong passwords in a row lock an account, as documented.
const FAILURES_MAX: u32 = 10;
/// How long the first lock lasts, as documented. Later ones are longer; by how much is not told, so they are not.
const LOCK: SignedDuration = SignedDuration::from_secs(60);
/// A wrong password that is among the latest does not count again: a phone that keeps trying the old one does
/// not lock its owner out.
const REMEMBERED: usize = 3;

/// What is known of failed sign-ins.
pub(crate) struct Lockout {
    key: hmac::Key,
    accounts: HashMap<Uuid, Account>,
}

#[derive(Default)]
struct Account {
    failures: u32,
    recent: VecDeque<hmac::Tag>,
    locked_until: Option<Timestamp>,
}

impl Default for Lockout {
    fn default() -> Self {
        let key: [u8; 32] = rand::random();
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, &key), accounts: HashMap::new() }
    }
}

impl Lockout {
    /// Whether an account is locked, for the right password too.
    pub(crate) fn is_locked(&self, id: Uuid, now: Timestamp) -> bool {
        self.accounts.get(&id).and_then(|it| it.locked_until).is_some_and(|until| now < until)
    }

    /// Takes note of a wrong password. After a lock each further one locks again.
    pub(crate) fn failed(&mut self, id: Uuid, password: &str, now: Timestamp) {
        let account = self.accounts.entry(id).or_default();
        let known = |tag: &hmac::Tag| hmac::verify(&self.key, password.as_bytes(), tag.as_ref()).is_ok();
        if account.recent.iter().any(known) {
            return;
        }
        if account.recent.len() == REMEMBERED {
            account.recent.pop_front();
        }
        account.recent.push_back(hmac::sign(&self.key, password.as_bytes()));
        account.failures += 1;
        if FAILURES_MAX <= account.failures {
            account.locked_until = now.saturating_add(LOCK).ok();
        }
    }

    /// Forgets the failures: somebody knew the password.
    pub(crate) fn succeeded(&mut self, id: Uuid) {
        self.accounts.remove(&id);
    }
}
