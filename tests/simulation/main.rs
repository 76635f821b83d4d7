//! The controller between a directory and a tenant, in virtual time and in one thread: a seed says what happens to all
//! three, and where the process dies.
//!
//! `tests/simulation.sh [SEEDS [FIRST_SEED]]` tries more seeds, or one of them once more with all that happened.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up has failed")]

mod cloud;
mod company;
mod folder;
mod road;
mod story;
mod time;
mod verdict;

use std::panic::{AssertUnwindSafe, catch_unwind};

use self::story::{Told, tell};

/// As one test of many it only shows that nothing is broken.
const SEEDS: u64 = 8;
/// Seeds of these are told twice, to see that it is the same story.
const TOLD_TWICE: u64 = 2;
/// So many failing seeds say enough.
const FAILURES_MAX: usize = 5;

#[expect(clippy::disallowed_methods, reason = "the script says which seeds")]
fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |it| it.parse().expect("a number"))
}

/// Tells the story of a seed; what went wrong, in words.
fn try_seed(seed: u64, shows: bool) -> Result<Told, String> {
    let told = catch_unwind(AssertUnwindSafe(|| tell(seed, shows)));
    told.unwrap_or_else(|panic| Err(words(panic.as_ref())))
}

fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(|it| (*it).to_owned()));
    text.unwrap_or_else(|| "something panicked".to_owned())
}

#[test]
fn whatever_happens_both_sides_agree_in_the_end() {
    let (first, seeds) = (number("SAMESIGN_SEED", 1), number("SAMESIGN_SEEDS", SEEDS));
    let shows = seeds == 1;
    let mut failed = Vec::new();
    let mut sum = Told::default();
    for seed in first..first + seeds {
        match try_seed(seed, shows) {
            Ok(told) => sum.add(&told),
            Err(what) => {
                eprintln!("seed {seed}: {what}\n\n    tests/simulation.sh 1 {seed}\n");
                failed.push(seed);
            }
        }
        if seed % 100 == 0 {
            println!("{sum}");
        }
        if failed.len() == FAILURES_MAX {
            break;
        }
    }
    println!("{sum}");
    assert!(failed.is_empty(), "seeds {failed:?} failed; tests/simulation.sh 1 SEED tells one once more");
}

#[test]
fn a_seed_tells_the_same_story_each_time() {
    let first = number("SAMESIGN_SEED", 1);
    for seed in first..first + TOLD_TWICE.min(number("SAMESIGN_SEEDS", SEEDS)) {
        let told = || try_seed(seed, false).unwrap_or_else(|what| panic!("seed {seed}: {what}"));
        let (once, again) = (told(), told());
        let same = once.lines.iter().zip(&again.lines).take_while(|(a, b)| a == b).count();
        let differs = (once.lines.get(same), again.lines.get(same));
        assert_eq!(differs, (None, None), "tests/simulation.sh 1 {seed}: line {same} is another");
    }
}
