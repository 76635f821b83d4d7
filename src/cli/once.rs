//! `samesign run --once`: one look at each policy, for whatever starts the program now and then.
//!
//! Several are looked at at once, so that a tenant that is silent delays nobody; what came of each is printed whole, in
//! the order of names.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use futures_util::StreamExt as _;
use futures_util::stream;
use tokio::sync::watch;

use crate::manifest::Loaded;
use crate::observe::Part;

use super::cycle::{Cycle, Looked, Shared};
use super::{Ending, apply, console};

/// Each has both of its sides in memory.
const AT_ONCE: usize = 8;

/// One look at each policy; one that fails stops none of the others. People are told what is the matter, as by a service.
pub(super) async fn once(loaded: Loaded, shared: Arc<Shared>) -> Ending {
    let begun = Instant::now();
    let loaded = Arc::new(loaded);
    let alarms = Arc::clone(&shared.alarms);
    alarms.follow(&loaded);
    alarms.report((None, Part::Manifests), Vec::new());
    alarms.look_at_credentials(&loaded);
    let (_sender, manifests) = watch::channel(Arc::clone(&loaded));
    let mut names: Vec<&str> = loaded.policies.iter().map(|it| it.name.as_str()).collect();
    names.sort_unstable();
    let looks = names.into_iter().enumerate().map(|(at, name)| {
        let cycle = Cycle::new(name, manifests.clone(), Arc::clone(&shared));
        async move { (at, Box::pin(cycle.once()).await) }
    });
    let mut looks = stream::iter(looks).buffer_unordered(AT_ONCE);
    let (mut ending, mut waiting, mut next) = (Ending::Done, BTreeMap::new(), 0);
    while let Some((at, looked)) = looks.next().await {
        waiting.insert(at, looked);
        while let Some(looked) = waiting.remove(&next) {
            ending = apply::worse(ending, print(looked));
            next += 1;
        }
    }
    alarms.beat_once(&loaded, begun).await;
    alarms.finish().await;
    ending
}

fn print(Looked { ending, report, error }: Looked) -> Ending {
    if let Some(error) = &error {
        console::error(error);
    }
    match console::print(&report) {
        Ok(()) => ending,
        Err(error) => {
            console::error(&error);
            Ending::Failed
        }
    }
}
