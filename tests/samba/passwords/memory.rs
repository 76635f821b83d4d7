//! The memory of the program while it still runs, after it has sent hashes: none of them is left in it, in any form.
//!
//! The last message of a run waits in front of the tenant, which is where the program then waits, too.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;

use super::leaks::Needles;
use super::tap::Tap;
use crate::journey::tenant::Tenant;
use crate::journey::workplace::{Door, Workplace};
use crate::lab::{Pair, SERVICE_PASSWORD};

/// How much of a memory is read at once.
const STEP: usize = 1 << 20;
static EMPTY: [u8; STEP] = [0; STEP];

/// A piece of memory, and the mapping that it is in.
struct Piece {
    mapping: String,
    bytes: Vec<u8>,
}

/// Everything that a process can write to, without what is empty: an allocator reserves much more than it uses.
fn memory(process: u32) -> Vec<Piece> {
    let of = |name: &str| format!("/proc/{process}/{name}");
    let file = File::open(of("mem")).unwrap();
    let maps = fs::read_to_string(of("maps")).unwrap();
    let mut pieces: Vec<Piece> = Vec::new();
    let mut step = vec![0; STEP];
    for mapping in maps.lines().filter(|it| it.contains(" rw")) {
        let (from, to) = mapping.split_once(' ').unwrap().0.split_once('-').unwrap();
        let [from, to] = [from, to].map(|it| u64::from_str_radix(it, 16).unwrap());
        let mut goes_on = false;
        for at in (from..to).step_by(STEP) {
            let now = &mut step[..usize::try_from(to - at).unwrap().min(STEP)];
            file.read_exact_at(now, at).unwrap();
            let is_empty = *now == EMPTY[..now.len()];
            match pieces.last_mut() {
                Some(last) if goes_on && !is_empty => last.bytes.extend_from_slice(now),
                _ if is_empty => (),
                _ => pieces.push(Piece { mapping: mapping.to_owned(), bytes: now.to_vec() }),
            }
            goes_on = !is_empty;
        }
    }
    pieces
}

/// Sends the passwords of all staff, and has a look before the run is over: the memory then, and what was sent.
async fn memory_after_sending(pair: &Pair, door: Door) -> (Vec<Piece>, Vec<String>) {
    let tenant = Tenant::start_synchronised().await;
    let tap = Tap::open(&tenant, ("FinalizeExport", 1)).await;
    let place = Workplace::new(&pair.one, &tenant, door, &["Staff"]);
    place.send_passwords("svc-replica@corp.example.com");
    place.provision_through(&tap.url, &tap.ca_pem);
    let (memory, ran) = tap.while_held(&place, &["apply", "manifests", "--auto-approve"], memory).await;
    assert_eq!(ran.code, 0, "{}\n{}", ran.err, ran.out);
    (memory, tap.credentials())
}

async fn nothing_is_left(door: Door) {
    let pair = tokio::task::block_in_place(Pair::start);
    let (memory, credentials) = memory_after_sending(pair, door).await;
    let mut known = Needles::default();
    known.password(SERVICE_PASSWORD);
    assert!(memory.iter().any(|it| !known.found_in(&it.bytes).is_empty()), "what is there is found");

    assert!(100 < credentials.len(), "{} hashes were sent", credentials.len());
    let mut secrets = Needles::default();
    for key in &credentials {
        secrets.key(key);
    }
    let shown = tokio::task::block_in_place(|| pair.one.pdbedit(&["-L", "-w"]));
    let people = shown.lines().filter(|it| it.starts_with("user"));
    // Somebody without a password has letters there that are no digits.
    let digits = people.filter_map(|it| it.split(':').nth(3)).filter(|it| !it.ends_with('X'));
    digits.for_each(|it| secrets.hash(it));
    let found = memory.iter().flat_map(|Piece { mapping, bytes }| {
        let found = secrets.found_in(bytes).into_iter();
        found.map(move |(at, what)| format!("{at:#x} in {mapping}: {what}"))
    });
    let left: Vec<String> = found.collect();
    assert!(left.is_empty(), "{} secrets are left:\n{}", left.len(), left.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_hash_is_left_in_memory_that_came_by_ntlm() {
    nothing_is_left(Door::Password).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_hash_is_left_in_memory_that_came_by_kerberos() {
    nothing_is_left(Door::Keytab).await;
}
