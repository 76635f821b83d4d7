//! Performs steps: many at once, those on one object one after the other.
//!
//! It does not decide which steps are wanted. How each is sent stands in `carrying` and `creation`.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use futures_util::{StreamExt as _, stream};

use super::connection::{Connection, Shared};
use super::queue::Queue;
use super::reader::Reader;
use crate::model::{Anchor, CloudId};
use crate::target::{Done, Step, TargetError};

/// Requests in one batch (graph-tenant reference, 6.1).
const BATCH: usize = 20;

/// Changes one tenant.
#[derive(Clone, Debug)]
pub struct Writer {
    pub(super) reader: Reader,
    /// What this writer created: replicas of the service may not know it for a while.
    fresh: Arc<Mutex<HashSet<CloudId>>>,
}

/// What a step is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Object {
    Known(CloudId),
    New(Anchor),
}

type Outcome = Result<Done, TargetError>;

impl Writer {
    /// Writes through a connection.
    pub fn new(connection: &Connection) -> Self {
        Self { reader: Reader::new(connection), fresh: Arc::default() }
    }

    /// Carries out steps; the results are in the order of the steps.
    ///
    /// Steps on one object run in their order, the others at once. When the connection itself fails, the
    /// steps that were not begun get its error. Dropping the future leaves requests under way unanswered.
    pub async fn carry_out(&self, steps: &[Step]) -> Vec<Outcome> {
        let shared = self.shared();
        let at_once = BATCH * shared.settings.limits.concurrency.max(1);
        let broken = OnceLock::new();
        let (queue, runner) = Queue::new();
        let work = async {
            let queue = queue;
            let chains = stream::iter(chains(steps))
                .map(|chain| self.carry_out_chain(steps, chain, &queue, &broken))
                .buffer_unordered(at_once);
            chains.concat().await
        };
        let (mut outcomes, ()) = tokio::join!(work, runner.run(shared, &shared.writing));
        outcomes.sort_unstable_by_key(|(at, _)| *at);
        outcomes.into_iter().map(|(_, outcome)| outcome).collect()
    }

    async fn carry_out_chain(
        &self,
        steps: &[Step],
        chain: Vec<usize>,
        queue: &Queue,
        broken: &OnceLock<TargetError>,
    ) -> Vec<(usize, Outcome)> {
        let mut outcomes = Vec::with_capacity(chain.len());
        for at in chain {
            if let Some(error) = broken.get() {
                outcomes.push((at, Err(error.clone())));
                continue;
            }
            let outcome = Box::pin(self.carry_out_step(&steps[at], queue)).await;
            if let Err(error) = &outcome
                && error.concerns_everything()
            {
                broken.get_or_init(|| error.for_unsent());
            }
            outcomes.push((at, outcome));
        }
        outcomes
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.reader.shared
    }

    /// Remembers that this writer brought the object into being.
    pub(super) fn created(&self, id: CloudId) {
        self.fresh.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
    }

    /// Whether one of the objects is so new that a replica may not know it.
    pub(super) fn any_fresh(&self, ids: &[CloudId]) -> bool {
        let fresh = self.fresh.lock().unwrap_or_else(PoisonError::into_inner);
        ids.iter().any(|id| fresh.contains(id))
    }
}

/// The places of the steps on each object, in order.
fn chains(steps: &[Step]) -> Vec<Vec<usize>> {
    let mut places: BTreeMap<Object, usize> = BTreeMap::new();
    let mut chains: Vec<Vec<usize>> = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        let place = *places.entry(object_of(step)).or_insert(chains.len());
        match chains.get_mut(place) {
            Some(chain) => chain.push(at),
            None => chains.push(vec![at]),
        }
    }
    chains
}

const fn object_of(step: &Step) -> Object {
    match step {
        Step::CreateUser { anchor, .. }
        | Step::CreateGroup { anchor, .. }
        | Step::CreateContact { anchor, .. } => Object::New(*anchor),
        Step::UpdateUser { id, .. }
        | Step::SetAnchor { id, .. }
        | Step::BlockUser { id }
        | Step::UnblockUser { id }
        | Step::SetManager { id, .. }
        | Step::DeleteUser { id }
        | Step::Restore { id, .. }
        | Step::UpdateGroup { id, .. }
        | Step::DeleteGroup { id }
        | Step::SetPassword { id, .. }
        | Step::TurnFeatures { tenant: id, .. }
        | Step::UpdateContact { id, .. }
        | Step::DeleteContact { id } => Object::Known(*id),
        Step::AddMembers { group, .. }
        | Step::RemoveMember { group, .. }
        | Step::SetManagedBy { group, .. } => Object::Known(*group),
    }
}
