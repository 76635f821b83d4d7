//! Password hashes for `benches/secrets.sh`: our own reading of a domain controller, a fingerprint of what anybody
//! read, and salting.
//!
//! No hash is printed or written. A fingerprint is that of all of them together, which tells of none.

use std::io::BufRead as _;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use samesign::model::Secret;
use samesign::source::ServerAddress;
use samesign::source::drs::{Account, AccountChange, PasswordChange, Replica, Settings};
use samesign::target::dirsync::{CurrentPassword, salted};
use samesign::wire::drsuapi::Cursor;
use samesign::wire::password::NtHash;
use samesign::wire::provisioning::CREDENTIALS_PER_CALL_MAX;
use sha2::{Digest as _, Sha256};
use tokio::runtime::{Builder, Runtime};
use zeroize::Zeroizing;

use crate::measure::{Measured, peak_kb, processor_time};
use crate::row::grouped;
use crate::world::World;

/// Each is an NT hash.
type Hashes = Zeroizing<Vec<[u8; NtHash::LEN]>>;

/// More than there are, since a list that grows leaves pieces behind.
const ACCOUNTS_MAX: usize = 1_000_000;
const IDLE_CYCLES: u32 = 100;
const SALTED: u32 = 20_000;

#[expect(clippy::disallowed_methods, reason = "NTLM wants to know the time")]
fn clock() -> Timestamp {
    Timestamp::now()
}

/// Reads the hashes of all accounts of a domain controller: an address, its name and domain, and who reads.
pub(super) fn read(server: &str, host: &str, user: &str, password: &str) {
    let (_, domain) = host.split_once('.').expect("a host in a domain");
    let password = Secret::new(password.to_owned());
    let account = Account::Password { user: user.to_owned(), password, clock };
    let address = ServerAddress { host: server.to_owned(), port: None, tls_name: Some(host.to_owned()) };
    let settings = Settings { servers: vec![address], ..Settings::new(domain.to_owned(), account) };
    let mut replica = Replica::new(settings);
    // On one thread, whose processor time the kernel tells exactly.
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let start = Instant::now();
    let (accounts, hashes, cursor) = everything(&runtime, &mut replica);
    println!(
        "all secrets: {} accounts in {:.3} s, {:.3} s of a processor, {} requests, {} objects, {} MB",
        grouped(accounts),
        start.elapsed().as_secs_f64(),
        processor_time().expect("Linux").as_secs_f64(),
        replica.requests(),
        grouped(replica.objects()),
        peak_kb() / 1_024
    );
    println!("{}", told(hashes));
    idle(&runtime, &mut replica, &cursor);
}

/// How many accounts there are, the hashes of those that have one, and the end.
fn everything(runtime: &Runtime, replica: &mut Replica) -> (usize, Hashes, Cursor) {
    let mut accounts = 0;
    let mut hashes = Zeroizing::new(Vec::with_capacity(ACCOUNTS_MAX));
    let mut on = |account: AccountChange| {
        accounts += 1;
        if let PasswordChange::Set { hash, .. } = account.password {
            hashes.push(*hash.reveal());
        }
    };
    let cursor = runtime.block_on(replica.changes(None, &mut on)).expect("a whole reading");
    (accounts, hashes, cursor)
}

/// Asks again and again for what is new at the end, where nothing is.
fn idle(runtime: &Runtime, replica: &mut Replica, cursor: &Cursor) {
    let before = (replica.requests(), replica.objects(), processor_time().expect("Linux"));
    let mut accounts = 0;
    let mut times: Vec<Duration> = (0..IDLE_CYCLES)
        .map(|_| {
            let start = Instant::now();
            let mut on = |_| accounts += 1;
            runtime.block_on(replica.changes(Some(cursor), &mut on)).expect("a whole cycle");
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    let processor = processor_time().expect("Linux").saturating_sub(before.2);
    println!(
        "{IDLE_CYCLES} idle cycles: {} requests, {} objects, {accounts} accounts, {:.2} ms each (median), \
         {:.2} ms of a processor",
        replica.requests() - before.0,
        replica.objects() - before.1,
        times[times.len() / 2].as_secs_f64() * 1e3,
        (processor / IDLE_CYCLES).as_secs_f64() * 1e3
    );
}

/// Tells of the hashes on the standard input, which has one in the fourth field of each line that has seven.
pub(super) fn fingerprint() {
    let mut hashes: Hashes = Zeroizing::new(Vec::with_capacity(ACCOUNTS_MAX));
    for line in std::io::stdin().lock().lines() {
        let line = Zeroizing::new(line.expect("text"));
        let fields: Vec<&str> = line.split(':').collect();
        let [_, _, _, digits, "", "", ""] = fields[..] else { continue };
        let hash = u128::from_str_radix(digits, 16).expect("a hash in hexadecimal digits");
        hashes.push(hash.to_be_bytes());
    }
    // Of an account without a hash the others say the hash of the empty password.
    hashes.retain(|it| u128::from_be_bytes(*it) != 0x31d6_cfe0_d16a_e931_b73c_59d7_e0c0_89c0);
    println!("{}", told(hashes));
}

fn told(mut hashes: Hashes) -> String {
    hashes.sort_unstable();
    let mut all = Sha256::new();
    hashes.iter().for_each(|it| all.update(it));
    let first = *all.finalize().first_chunk().expect("32 bytes");
    format!("{} hashes, fingerprint {:016x}", grouped(hashes.len()), u64::from_be_bytes(first))
}

/// Salts made-up hashes, for `benches/secrets.sh`.
pub(super) fn salt() {
    let (took, words) = salted_in(SALTED);
    println!("salting {} hashes: {:.3} s, {words}", grouped(SALTED as usize), took.as_secs_f64());
}

/// The same, as many as the world has users.
pub(super) fn salting(world: World) -> Measured {
    let (took, words) = salted_in(world.users);
    Measured::new(took, words)
}

/// As many at a time as travel in one message, on the cores that this process may use.
fn salted_in(count: u32) -> (Duration, String) {
    let runtime = Builder::new_multi_thread().build().expect("a runtime");
    let cores = std::thread::available_parallelism().expect("Linux tells").get();
    let start = Instant::now();
    let mut left = 0..count;
    while !left.is_empty() {
        let some = left.by_ref().take(CREDENTIALS_PER_CALL_MAX).map(made_up).collect();
        runtime.block_on(salted(some)).expect("the system has random bytes");
    }
    let (took, processor) = (start.elapsed(), time_of_all_threads());
    let words = format!(
        "{:.0} a second on {cores} cores, {:.0} % of a core in use",
        f64::from(count) / took.as_secs_f64(),
        100.0 * processor.div_duration_f64(took)
    );
    (took, words)
}

fn made_up(number: u32) -> CurrentPassword {
    let hash = NtHash::from_bytes(&u128::from(number).to_be_bytes());
    CurrentPassword { hash, changed: Timestamp::UNIX_EPOCH, must_change: false, set_at: None }
}

/// The 14th and 15th field of /proc/self/stat (proc_pid_stat(5)), in hundredths of a second, those that ended included.
fn time_of_all_threads() -> Duration {
    #[expect(clippy::disallowed_methods, reason = "the kernel's account of this process")]
    let text = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let (_, fields) = text.rsplit_once(')').expect("the name in brackets");
    let ticks = fields.split_whitespace().skip(11).take(2).filter_map(|it| it.parse::<u64>().ok());
    Duration::from_millis(10 * ticks.sum::<u64>())
}
