//! What the fuzzer has found interesting so far is read without a panic, by the functions that the fuzzer calls.
//!
//! It makes nothing up; `fuzz/README.md` says how that is done.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

#[expect(unreachable_pub, reason = "a library to the fuzzer, and a module here")]
#[path = "../../fuzz/src/lib.rs"]
mod reading;

/// Enough for what a corpus is for; more would be a burden for every clone.
const CORPORA_BYTES_MAX: usize = 500_000;

fn paths(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(folder);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|it| panic!("{}: {it}", folder.display()));
    entries.map(|it| it.unwrap().path()).collect()
}

fn names(folder: &str) -> BTreeSet<String> {
    paths(folder).iter().map(|it| it.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn every_target_has_a_corpus_and_a_program() {
    let targets: BTreeSet<String> = reading::TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names("corpus"), targets);
    assert_eq!(names("targets"), targets);
}

#[test]
fn the_corpora_are_read_without_a_panic() {
    let mut bytes = 0;
    for (name, read) in reading::TARGETS {
        for path in paths(&format!("corpus/{name}")) {
            #[expect(clippy::disallowed_methods, reason = "a corpus is files")]
            let input = std::fs::read(&path).unwrap();
            bytes += input.len();
            // A failed test shows what was printed: the file that is read when it fails.
            println!("{}", path.display());
            read(&input);
        }
    }
    assert!(bytes < CORPORA_BYTES_MAX, "{bytes} bytes");
}
