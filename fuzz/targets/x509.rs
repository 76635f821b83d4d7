//! Lets libFuzzer make up what `samesign_fuzz::x509` reads.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| samesign_fuzz::x509::read(bytes));
