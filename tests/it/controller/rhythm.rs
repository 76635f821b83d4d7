//! The rhythm of one policy, with work that only writes down when it was done.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use expect_test::{Expect, expect};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use samesign::controller::{Bell, Rhythm, Turn, Work, work};
use tokio::sync::watch;
use tokio::time::Instant;

/// Work that ends as it is told, in the order of the looks, and well afterwards.
struct Scripted {
    start: Instant,
    rhythm: watch::Receiver<Option<Rhythm>>,
    cycles: Vec<Turn>,
    changes: Vec<Turn>,
    passwords: Vec<Turn>,
    /// How long a cycle takes.
    takes: Duration,
    log: Arc<Mutex<Vec<String>>>,
}

impl Scripted {
    fn note(&self, what: &str) {
        let at = self.start.elapsed().as_secs();
        self.log.lock().unwrap().push(format!("{at} s {what}\n"));
    }
}

fn next(script: &mut Vec<Turn>) -> Turn {
    if script.is_empty() { Turn::Done } else { script.remove(0) }
}

impl Work for Scripted {
    fn rhythm(&self) -> Option<Rhythm> {
        *self.rhythm.borrow()
    }

    fn cycle(&mut self) -> BoxFuture<'_, Turn> {
        async move {
            self.note("cycle");
            tokio::time::sleep(self.takes).await;
            next(&mut self.cycles)
        }
        .boxed()
    }

    fn changes(&mut self) -> BoxFuture<'_, Turn> {
        async move {
            self.note("changes");
            next(&mut self.changes)
        }
        .boxed()
    }

    fn passwords(&mut self) -> BoxFuture<'_, Turn> {
        async move {
            self.note("passwords");
            next(&mut self.passwords)
        }
        .boxed()
    }
}

/// A worker that runs beside the test.
struct Bench {
    bell: watch::Sender<Bell>,
    rhythm: watch::Sender<Option<Rhythm>>,
    log: Arc<Mutex<Vec<String>>>,
    worker: tokio::task::JoinHandle<()>,
}

impl Bench {
    fn begin(rhythm: Rhythm, script: impl FnOnce(&mut Scripted)) -> Self {
        let rhythm = watch::Sender::new(Some(rhythm));
        let (bell, log) = (watch::Sender::new(Bell::default()), Arc::<Mutex<Vec<String>>>::default());
        let mut scripted = Scripted {
            start: Instant::now(),
            rhythm: rhythm.subscribe(),
            cycles: Vec::new(),
            changes: Vec::new(),
            passwords: Vec::new(),
            takes: Duration::ZERO,
            log: Arc::clone(&log),
        };
        script(&mut scripted);
        let heard = bell.subscribe();
        let worker = tokio::spawn(async move { work(&mut scripted, heard).await });
        Self { bell, rhythm, log, worker }
    }

    async fn pass(&self, seconds: u64) {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }

    fn ring(&self) {
        self.bell.send_modify(|it| it.rung += 1);
    }

    fn check(&self, expected: &Expect) {
        expected.assert_eq(&self.log.lock().unwrap().concat());
    }
}

fn every(seconds: u64, passwords: Option<u64>) -> Rhythm {
    let passwords_every = passwords.map(Duration::from_secs);
    Rhythm { every: Duration::from_secs(seconds), changes_every: None, passwords_every }
}

#[tokio::test(start_paused = true)]
async fn both_looks_have_their_own_rhythm_and_passwords_come_first() {
    let bench = Bench::begin(every(5, Some(2)), |_| ());
    bench.pass(6).await;
    bench.check(&expect![[r#"
        0 s passwords
        0 s cycle
        2 s passwords
        4 s passwords
        5 s cycle
    "#]]);
}

#[tokio::test(start_paused = true)]
async fn a_changed_password_brings_a_cycle_at_once() {
    let bench = Bench::begin(every(30, Some(2)), |it| it.passwords = vec![Turn::Done, Turn::News]);
    bench.pass(33).await;
    let log = bench.log.lock().unwrap().concat();
    let cycles: Vec<&str> = log.lines().filter(|it| it.ends_with("cycle")).collect();
    assert_eq!(cycles, ["0 s cycle", "2 s cycle", "32 s cycle"]);
}

#[tokio::test(start_paused = true)]
async fn what_keeps_failing_is_tried_later_and_later_and_soon_again_once_it_works() {
    let bench = Bench::begin(every(30, None), |it| it.cycles = vec![Turn::Failed; 6]);
    bench.pass(2800).await;
    bench.check(&expect![[r#"
        0 s cycle
        60 s cycle
        180 s cycle
        420 s cycle
        900 s cycle
        1800 s cycle
        2700 s cycle
        2730 s cycle
        2760 s cycle
        2790 s cycle
    "#]]);
}

#[tokio::test(start_paused = true)]
async fn an_event_ends_the_pause_after_a_failure() {
    let bench = Bench::begin(every(30, None), |it| it.cycles = vec![Turn::Failed]);
    bench.pass(10).await;
    bench.ring();
    bench.pass(1).await;
    bench.check(&expect![[r#"
        0 s cycle
        10 s cycle
    "#]]);
}

#[tokio::test(start_paused = true)]
async fn an_event_during_a_cycle_brings_another_one() {
    let bench = Bench::begin(every(30, None), |it| it.takes = Duration::from_secs(4));
    bench.pass(1).await;
    bench.ring();
    bench.ring();
    bench.pass(10).await;
    bench.check(&expect![[r#"
        0 s cycle
        4 s cycle
    "#]]);
}

#[tokio::test(start_paused = true)]
async fn what_runs_when_told_to_stop_is_brought_to_its_end() {
    let bench = Bench::begin(every(30, None), |it| it.takes = Duration::from_secs(4));
    bench.pass(1).await;
    bench.bell.send_modify(|it| it.stop = true);
    let began = Instant::now();
    bench.worker.await.unwrap();
    assert_eq!(began.elapsed().as_secs(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_worker_ends_with_its_policy_and_follows_another_rhythm() {
    let bench = Bench::begin(every(30, None), |_| ());
    bench.pass(10).await;
    bench.rhythm.send_replace(Some(every(5, None)));
    bench.ring();
    bench.pass(6).await;
    bench.rhythm.send_replace(None);
    bench.ring();
    bench.pass(100).await;
    bench.check(&expect![[r#"
        0 s cycle
        10 s cycle
        15 s cycle
    "#]]);
    assert!(bench.worker.is_finished());
}
