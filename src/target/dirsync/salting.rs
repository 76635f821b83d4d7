//! Makes of hashes what the tenant takes, on all cores that the process may use.
//!
//! It does not know whose they are, nor how they travel.

use std::iter::Enumerate;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::vec::IntoIter;

use futures_util::future::join_all;
use jiff::Timestamp;
use ring::rand::{SecureRandom as _, SystemRandom};

use super::hashes::CurrentPassword;
use crate::model::Secret;
use crate::target::TargetError;
use crate::wire::password::{ITERATIONS, SALT_LEN, credential};

/// When a password was changed, and what the tenant gets instead of it.
type Salted = (Timestamp, Secret);

/// Hashes that wait, with their places. Each core takes the next: one that is busy with something else does not
/// hold up the rest.
type Waiting = Mutex<Enumerate<IntoIter<CurrentPassword>>>;

/// Salts hashes on all cores: each takes a sixth of a millisecond, which is most of the work of a first run. They
/// come back in their order.
///
/// # Errors
/// The system gives no random bytes, or the program is ending.
pub async fn salted(passwords: Vec<CurrentPassword>) -> Result<Vec<Salted>, TargetError> {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get).min(passwords.len());
    let mut salted = Vec::with_capacity(passwords.len());
    let waiting: Arc<Waiting> = Arc::new(Mutex::new(passwords.into_iter().enumerate()));
    let work = (0..cores).map(|_| {
        let waiting = Arc::clone(&waiting);
        tokio::task::spawn_blocking(move || salt(&waiting))
    });
    for some in join_all(work).await {
        let broken = |_| TargetError::Step { what: "salting the hashes was broken off".to_owned() };
        salted.extend(some.map_err(broken)??);
    }
    salted.sort_unstable_by_key(|(place, _)| *place);
    Ok(salted.into_iter().map(|(_, it)| it).collect())
}

/// Takes hashes for as long as there are any.
fn salt(waiting: &Waiting) -> Result<Vec<(usize, Salted)>, TargetError> {
    let random = SystemRandom::new();
    let next = || waiting.lock().expect("nobody panics while taking the next").next();
    let one = |(place, password): (usize, CurrentPassword)| {
        let CurrentPassword { hash, changed, must_change: _, set_at: _ } = password;
        let mut salt = [0; SALT_LEN];
        random
            .fill(&mut salt)
            .map_err(|_| TargetError::Step { what: "the system gives no random bytes".to_owned() })?;
        Ok((place, (changed, credential(&hash, &salt, ITERATIONS))))
    };
    std::iter::from_fn(next).map(one).collect()
}
