//! How many policies are looked at at once.
//!
//! What a look holds besides what stays is many times as much: entries as they come, plans, open connections. While
//! 200 tenants of 300 users were filled at once, the process had 753 MB, of which 420 stayed.

use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// A look that finds nothing takes a second or two where the tenant is far away: so many make room for 480 policies
/// each half minute.
const AT_ONCE: usize = 32;
/// Whoever takes longer waits for a server most of the time, perhaps for one that hangs: that delays nobody.
const LONGEST: Duration = Duration::from_secs(10);

/// Turns to look, in the order in which they are asked for.
pub(super) struct Turns(Semaphore);

impl Turns {
    pub(super) const fn new() -> Self {
        Self(Semaphore::const_new(AT_ONCE))
    }

    /// Looks when it is one's turn.
    pub(super) async fn take<T>(&self, mut look: BoxFuture<'_, T>) -> T {
        let turn = self.0.acquire().await.expect("turns are never closed");
        if let Ok(looked) = timeout(LONGEST, &mut look).await {
            return looked;
        }
        drop(turn);
        look.await
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use futures_util::FutureExt as _;
    use futures_util::future::join_all;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn whoever_hangs_keeps_a_turn_for_a_while_and_no_longer() {
        let turns = Turns::new();
        let hanging = join_all((0..AT_ONCE).map(|_| turns.take(pending::<()>().boxed())));
        let others = join_all((0..2 * AT_ONCE).map(|at| turns.take(async move { at }.boxed())));
        let begun = tokio::time::Instant::now();
        let done = tokio::select! {
            biased;
            _ = hanging => unreachable!("they hang"),
            done = others => done,
        };
        assert_eq!((done.len(), begun.elapsed()), (2 * AT_ONCE, LONGEST));
    }
}
