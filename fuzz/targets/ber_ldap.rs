//! Lets libFuzzer make up what `samesign_fuzz::ber_ldap` reads.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| samesign_fuzz::ber_ldap::read(bytes));
