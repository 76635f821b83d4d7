//! Lets libFuzzer make up what `samesign_fuzz::nbfx` reads.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| samesign_fuzz::nbfx::read(bytes));
