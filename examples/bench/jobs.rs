//! Everything that is measured, and in which sizes.

use std::time::Duration;

use crate::measure::Measured;
use crate::world::World;
use crate::{changes, follow, messages, pages, planning, reading, records, secrets, writing};

/// A line of the table, or several of different sizes.
pub(super) struct Job {
    /// The word that selects it.
    pub(super) word: &'static str,
    /// What the table calls it.
    pub(super) title: &'static str,
    /// What its sizes count.
    pub(super) unit: &'static str,
    /// In ascending order.
    pub(super) sizes: &'static [u32],
    /// Whether the policy has an expression.
    pub(super) house_rule: bool,
    /// Measures in this process.
    pub(super) run: fn(World) -> Measured,
}

/// Of users.
const GROWING: &[u32] = &[1_000, 10_000, 100_000, 1_000_000];
/// What would take too long, or too much memory, for a million, or tells nothing there that others do not.
const BOUNDED: &[u32] = &[1_000, 10_000, 100_000];
const LARGE: &[u32] = &[100_000];

const fn job(
    word: &'static str,
    title: &'static str,
    sizes: &'static [u32],
    run: fn(World) -> Measured,
) -> Job {
    Job { word, title, unit: "users", sizes, house_rule: false, run }
}

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// In the order of the table.
pub(super) const ALL: &[Job] = &[
    Job { unit: "policies", ..job("manifests", "parse manifests", &[20, 200], reading::policies) },
    job("snapshot", "entries to a directory snapshot", GROWING, reading::directory),
    job("tenant", "objects to a tenant snapshot", GROWING, reading::tenant),
    job("ldif", "read an LDIF file", GROWING, reading::ldif_file),
    job("listing", "read the list of users of Microsoft Graph", BOUNDED, reading::listing),
    job("first", "plan, full, first run", GROWING, planning::first),
    job("repeated", "plan, full, nothing differs", GROWING, planning::repeated),
    job("changed", "plan, full, 1 % differs", BOUNDED, planning::changed),
    job("one", "plan, incremental, 1 user changed", GROWING, changes::one),
    job("hundred", "plan, incremental, 100 users changed", BOUNDED, changes::hundred),
    Job {
        house_rule: true,
        ..job("rule", "plan, full, nothing differs, with a CEL rule", BOUNDED, planning::repeated)
    },
    job("text", "first plan to text", BOUNDED, planning::text),
    job("json", "first plan to JSON", BOUNDED, planning::json),
    job("graph-0", "apply through Microsoft Graph, no round trip", &[4_800], |it| writing::graph(it, ms(0))),
    job("graph-50", "apply through Microsoft Graph, 50 ms", &[19_200], |it| writing::graph(it, ms(50))),
    job("graph-200", "apply through Microsoft Graph, 200 ms", &[4_800], |it| writing::graph(it, ms(200))),
    job("limited", "apply through Microsoft Graph, documented throttle", &[11_640], writing::limited),
    job("sync-0", "apply through Entra Connect's protocol, no round trip", &[4_800], |it| {
        writing::directory_sync(it, ms(0))
    }),
    job("sync-50", "apply through Entra Connect's protocol, 50 ms", &[2_400], |it| {
        writing::directory_sync(it, ms(50))
    }),
    job("sync-200", "apply through Entra Connect's protocol, 200 ms", &[2_400], |it| {
        writing::directory_sync(it, ms(200))
    }),
    job("followed", "follow a tenant: first reading", LARGE, follow::whole),
    job("unchanged", "follow a tenant: nothing changed", LARGE, follow::unchanged),
    job("moved", "follow a tenant: 100 users changed", LARGE, follow::changed),
    job("messages", "users to provisioning requests and back (NBFX)", BOUNDED, messages::written_and_read),
    Job { unit: "accounts", ..job("pages", "read pages of replicated accounts (NDR)", BOUNDED, pages::read) },
    Job { unit: "hashes", ..job("salting", "salt password hashes", &[20_000], secrets::salting) },
    job("records", "write the records of a first run", LARGE, records::written),
    job("start", "open the records and read all links", LARGE, records::read),
];
