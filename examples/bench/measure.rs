//! How a measurement is taken: the time on the processor, and how much memory the process had at most.
//!
//! Each runs in a process of its own, so that the peak of one is not the peak of another.

use std::time::{Duration, Instant};

/// What came out.
#[derive(Clone, Debug)]
pub(super) struct Measured {
    /// The best of three for what can be repeated.
    pub(super) time: Duration,
    /// Most resident memory of the process, in kilobytes.
    pub(super) peak_kb: u64,
    /// What else there is to say, such as bytes a second.
    pub(super) words: String,
}

impl Measured {
    /// At the end of a measurement: the memory is that of the process so far.
    pub(super) fn new(time: Duration, words: String) -> Self {
        Self { time, peak_kb: peak_kb(), words }
    }

    /// So many bytes were read or written.
    pub(super) fn bytes((time, bytes): (Duration, usize)) -> Self {
        let per_second = (bytes as u128 * 1_000 / time.as_nanos().max(1)).max(1);
        Self::new(time, format!("{} MB, {per_second} MB/s", bytes.div_ceil(1_000_000)))
    }
}

const REPETITIONS: usize = 3;
/// What takes longer than this is run once: little of it is chance, and all of it is somebody's time.
pub(super) const LONG: Duration = Duration::from_secs(5);

/// Time on the processor, from Linux's /proc/self/schedstat: waiting for others who use the machine does not
/// count. Linux brings it up to date every few milliseconds, so what is short, or not on Linux, is the time that
/// passes.
#[derive(Clone, Copy)]
pub(super) struct Stopwatch {
    clock: Instant,
    processor: Option<Duration>,
}

const SHORT: Duration = Duration::from_millis(100);

impl Stopwatch {
    pub(super) fn start() -> Self {
        Self { processor: processor_time(), clock: Instant::now() }
    }

    pub(super) fn elapsed(self) -> Duration {
        let passed = self.clock.elapsed();
        match (self.processor, processor_time()) {
            (Some(start), Some(now)) if SHORT < passed => now.saturating_sub(start),
            (Some(_) | None, _) => passed,
        }
    }
}

/// That of the first thread.
pub(super) fn processor_time() -> Option<Duration> {
    #[expect(clippy::disallowed_methods, reason = "the kernel's account of this process")]
    let text = std::fs::read_to_string("/proc/self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

/// The shortest of some runs, unless they are long: others use the machine's caches too.
pub(super) fn best<T>(mut run: impl FnMut() -> T) -> (Duration, T) {
    let mut one = || {
        let start = Stopwatch::start();
        let value = run();
        (start.elapsed(), value)
    };
    let mut best = one();
    for _ in 1..REPETITIONS {
        if LONG < best.0 {
            break;
        }
        let next = one();
        if next.0 < best.0 {
            best = next;
        }
    }
    best
}

/// `VmHWM` of Linux's /proc/self/status (proc_pid_status(5)); 0 elsewhere.
pub(super) fn peak_kb() -> u64 {
    status_kb("VmHWM:")
}

/// What the process holds now.
pub(super) fn resident_kb() -> u64 {
    status_kb("VmRSS:")
}

fn status_kb(field: &str) -> u64 {
    #[expect(clippy::disallowed_methods, reason = "the kernel's account of this process")]
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|it| it.strip_prefix(field));
    line.and_then(|it| it.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
