//! What is read: manifests, entries, LDIF, the lists of Microsoft Graph, and what both sides take in memory.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use samesign::manifest::load;
use samesign::model::{
    CloudUser, DirectoryEntry, DirectorySnapshot, PartialDirectory, Provenance, Watermark,
};
use samesign::source::ldif::LdifFile;
use samesign::source::{Quiet, Request};
use samesign::wire::odata::{Page, UserRecord};

use crate::measure::{Measured, Stopwatch, best, resident_kb};
use crate::row::grouped;
use crate::seed::pages;
use crate::world::{Drift, World, ldif, manifests};

/// Text of manifests to policies: as many policies as the world has users.
pub(super) fn policies(world: World) -> Measured {
    let files = || (0..world.users).map(manifests).collect();
    let (time, _) = best(|| {
        let loaded = load(files(), &Provenance::default());
        assert!(!loaded.has_errors(), "{:?}", loaded.findings);
        loaded.policies.len()
    });
    Measured::new(time, "a directory and a tenant each".to_owned())
}

/// Entries per piece: making them up does not count, and a stopwatch for each would.
const PIECE: usize = 1_000;

/// Only the time in the reading counts, not that of making up entries.
pub(super) fn snapshot_of(world: World, drift: Drift) -> (Duration, DirectorySnapshot) {
    let (_, names) = world.policy();
    let mut time = Duration::ZERO;
    let mut reading = PartialDirectory::new(Arc::clone(&names));
    let mut entries = world.entries(&names, drift);
    loop {
        let piece: Vec<DirectoryEntry> = entries.by_ref().take(PIECE).collect();
        if piece.is_empty() {
            break;
        }
        let start = Stopwatch::start();
        for entry in piece {
            reading.push(entry);
        }
        time += start.elapsed();
    }
    let start = Stopwatch::start();
    let snapshot = reading.finish(Watermark::default());
    (time + start.elapsed(), snapshot)
}

/// Entries to a directory snapshot, and what it takes.
pub(super) fn directory(world: World) -> Measured {
    let before = resident_kb();
    let (time, snapshot) = snapshot_of(world, Drift::None);
    let taken = resident_kb().saturating_sub(before);
    black_box(snapshot);
    Measured::new(time, format!("{} memberships; {}", grouped(world.memberships()), each(taken, world)))
}

/// Objects as they were read to a tenant snapshot, and what it takes.
pub(super) fn tenant(world: World) -> Measured {
    let before = resident_kb();
    let start = Stopwatch::start();
    let snapshot = world.tenant();
    let time = start.elapsed();
    let taken = resident_kb().saturating_sub(before);
    black_box(snapshot);
    Measured::new(time, format!("{}; time with making them up", each(taken, world)))
}

fn each(kilobytes: u64, world: World) -> String {
    format!(
        "{} bytes a user, a tenth of a group and ten memberships",
        kilobytes * 1_024 / u64::from(world.users)
    )
}

/// An LDIF file to a directory snapshot.
pub(super) fn ldif_file(world: World) -> Measured {
    let (_, names) = world.policy();
    let directory = tempfile::tempdir().expect("a directory for the export");
    let path = directory.path().join("directory.ldif");
    let bytes = write_ldif(world, &path);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let file = LdifFile { path };
    let request = Request { names };
    let (time, objects) = best(|| {
        let snapshot = runtime.block_on(file.read(&request, &Quiet)).expect("the export is whole");
        snapshot.objects().len()
    });
    assert!(0 < objects, "the export has objects");
    Measured::bytes((time, bytes))
}

fn write_ldif(world: World, path: &std::path::Path) -> usize {
    use std::io::Write as _;
    let (_, names) = world.policy();
    #[expect(clippy::disallowed_methods, reason = "the export that is then read")]
    let file = std::fs::File::create(path).expect("a file for the export");
    let mut file = std::io::BufWriter::new(file);
    let mut text = String::new();
    let mut bytes = 0;
    for entry in world.entries(&names, Drift::None) {
        text.clear();
        ldif(&entry, &names, &mut text);
        file.write_all(text.as_bytes()).expect("room for the export");
        bytes += text.len();
    }
    file.flush().expect("room for the export");
    bytes
}

/// Pages of Microsoft Graph to users.
pub(super) fn listing(world: World) -> Measured {
    let pages = pages(&world.tenant());
    let (time, users) = best(|| {
        let of = |page: &Vec<u8>| {
            let page: Page<UserRecord> = serde_json::from_slice(page).expect("a page");
            page.value.into_iter().map(UserRecord::into_user).collect::<Vec<CloudUser>>()
        };
        pages.iter().flat_map(of).count()
    });
    assert_eq!(users, world.users as usize);
    Measured::bytes((time, pages.iter().map(Vec::len).sum()))
}
