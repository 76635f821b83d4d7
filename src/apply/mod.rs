//! Carries an approved plan to the tenant, one attempt.
//!
//! Every choice was made when the plan was made. What is left is to look once more at what is touched, to
//! refuse what moved, and to say what became of each change.

mod lower;
mod outcome;
mod precondition;

pub use self::outcome::{Applied, Moved, Outcome};

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;
use tokio::sync::{OnceCell, Semaphore, SetOnce};

use crate::model::{Anchor, CloudId};
use crate::plan::{ApprovedPlan, Change, Op, Stage, Subject};
use crate::target::{Done, Step, Target, TargetError};

use self::lower::Lowered;
use self::precondition::Verdict;

/// Told what became of changes, as soon as it is known.
pub trait Observer: Send {
    /// These changes have their outcomes; they were carried out together.
    fn settled(&mut self, outcomes: &[(&Change, Applied)]);

    /// Whether to stop: what runs is finished, nothing new is begun.
    fn wants_to_stop(&self) -> bool;
}

/// Applies what may run; one failure does not stop the rest. One outcome for each approved change, in order.
pub async fn apply<T: Target>(
    approved: &ApprovedPlan,
    target: &T,
    observer: &mut dyn Observer,
) -> Vec<Applied> {
    let changes: Vec<&Change> = approved.changes().collect();
    let mut run = Run::new(target, observer);
    let mut outcomes = Vec::with_capacity(changes.len());
    for stage in changes.chunk_by(|a, b| a.stage() == b.stage()) {
        let settled = run.stage(stage).await;
        for (change, applied) in stage.iter().zip(&settled) {
            run.note(change, applied);
        }
        outcomes.extend(settled);
    }
    outcomes
}

/// Users in the recycle bin, and since when.
type Bin = HashMap<Anchor, (CloudId, Option<Timestamp>)>;

/// One application of a plan.
struct Run<'a, T> {
    target: &'a T,
    observer: Mutex<&'a mut dyn Observer>,
    /// Whoever has one looks at a piece of a stage.
    looks: Semaphore,
    /// Whoever has one carries a piece out.
    turns: Semaphore,
    /// Ids that creations of earlier stages made known.
    made: HashMap<Anchor, CloudId>,
    /// Objects that were to be created and were there already: somebody else may have set their references.
    found: HashSet<Anchor>,
    /// Users in the recycle bin, as they were when users were first to be created.
    bin: OnceCell<Result<Bin, TargetError>>,
    /// Why nothing can succeed any more.
    dead: SetOnce<String>,
}

impl<'a, T: Target> Run<'a, T> {
    fn new(target: &'a T, observer: &'a mut dyn Observer) -> Self {
        Self {
            target,
            observer: Mutex::new(observer),
            looks: Semaphore::new(T::PIECES_AT_ONCE),
            turns: Semaphore::new(T::PIECES_AT_ONCE),
            made: HashMap::new(),
            found: HashSet::new(),
            bin: OnceCell::new(),
            dead: SetOnce::new(),
        }
    }

    fn note(&mut self, change: &Change, applied: &Applied) {
        if let (Subject::Created(anchor), Op::Create(_), Some(id)) =
            (change.subject(), change.op(), applied.id)
        {
            self.made.insert(anchor, id);
            if matches!(applied.outcome, Outcome::AlreadySo) {
                self.found.insert(anchor);
            }
        }
    }

    /// Changes of one stage do not depend on each other: they are looked at and carried out piece by piece, and no piece
    /// waits for the slowest change of another. While some are carried out, as many are looked at, and few enough are
    /// under way when somebody stops the program.
    async fn stage(&self, changes: &[&Change]) -> Vec<Applied> {
        let is_passwords = changes.first().is_some_and(|it| it.stage() == Stage::Passwords);
        let together = if is_passwords { T::PASSWORDS_TOGETHER } else { T::CHANGES_TOGETHER };
        let mut pieces: Vec<(usize, Vec<Applied>)> = stream::iter((0..changes.len()).step_by(together))
            .map(|at| async move {
                let rest = &changes[at..];
                (at, self.settle(&rest[..rest.len().min(together)]).await)
            })
            .buffer_unordered(2 * T::PIECES_AT_ONCE)
            .collect()
            .await;
        pieces.sort_unstable_by_key(|(at, _)| *at);
        pieces.into_iter().flat_map(|(_, settled)| settled).collect()
    }

    /// Looks at a piece, waits for its turn, carries it out, and tells.
    async fn settle(&self, changes: &[&Change]) -> Vec<Applied> {
        let looked = self.look_in_turn(changes).await;
        // Nobody else gets it before what became of these is on record.
        let _turn = self.turns.acquire().await;
        let settled = match looked {
            Some(looked) if !self.is_over() => self.carry_out(changes, looked).await,
            Some(_) | None => {
                let why = self.dead.get().map(String::as_str);
                changes.iter().map(|_| Applied::not_tried(why)).collect()
            }
        };
        for applied in &settled {
            if let Outcome::Refused(error) | Outcome::Unknown(error) = &applied.outcome
                && error.concerns_everything()
            {
                // The first of them says why.
                self.dead.set(error.to_string()).ok();
            }
        }
        let settled: Vec<(&Change, Applied)> = changes.iter().copied().zip(settled).collect();
        self.observer().settled(&settled);
        settled.into_iter().map(|(_, applied)| applied).collect()
    }

    /// What a look says; nothing, if it is over by then.
    async fn look_in_turn(&self, changes: &[&Change]) -> Option<Result<Vec<Verdict>, TargetError>> {
        let _look = self.looks.acquire().await;
        if self.is_over() {
            return None;
        }
        tokio::select! {
            biased;
            looked = self.look(changes) => Some(looked),
            _ = self.dead.wait() => None,
        }
    }

    /// Whether nothing new is begun.
    fn is_over(&self) -> bool {
        self.dead.get().is_some() || self.observer().wants_to_stop()
    }

    fn observer(&self) -> MutexGuard<'_, &'a mut dyn Observer> {
        self.observer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Carries out what may run after a look and brings the results together.
    async fn carry_out(
        &self,
        changes: &[&Change],
        looked: Result<Vec<Verdict>, TargetError>,
    ) -> Vec<Applied> {
        let verdicts = match looked {
            Ok(verdicts) => verdicts,
            Err(error) => return all_failed(changes, error),
        };
        let mut settled: Vec<Option<Applied>> = Vec::with_capacity(changes.len());
        let mut lowered: Vec<(usize, Lowered)> = Vec::new();
        for (at, (change, verdict)) in changes.iter().zip(verdicts).enumerate() {
            settled.push(match verdict {
                Verdict::AlreadySo(id) => Some(Applied { outcome: Outcome::AlreadySo, id }),
                Verdict::Moved(moved) => Some(Applied { outcome: Outcome::Stale(moved), id: None }),
                Verdict::Holds => match lower::lower(change, &self.made) {
                    Ok(steps) => {
                        lowered.push((at, steps));
                        None
                    }
                    Err(waits_for) => Some(Applied { outcome: Outcome::Waits(waits_for), id: None }),
                },
            });
        }
        let steps: Vec<Step> = lowered.iter().flat_map(|(_, it)| it.steps.iter().cloned()).collect();
        let mut results = self.target.carry_out(&steps).await.into_iter();
        for (at, Lowered { steps, unresolved }) in lowered {
            let own: Vec<Result<Done, TargetError>> = results.by_ref().take(steps.len()).collect();
            settled[at] = Some(outcome::combine(own, unresolved));
        }
        settled.into_iter().map(|it| it.expect("every change was settled at once or by its steps")).collect()
    }

    /// Whether what each change expects still holds.
    async fn look(&self, changes: &[&Change]) -> Result<Vec<Verdict>, TargetError> {
        let Some(first) = changes.first() else { return Ok(Vec::new()) };
        match first.stage() {
            Stage::CreateUsers => {
                let anchors: Vec<Anchor> = changes.iter().map(|it| it.anchor()).collect();
                let active = self.target.find_users(&anchors).await?;
                let bin = self.bin.get_or_init(|| self.read_bin()).await.as_ref().map_err(Clone::clone)?;
                let found = active.into_iter().zip(&anchors).map(|(active, anchor)| match active {
                    Some(user) => Some((user.id, None)),
                    None => bin.get(anchor).map(|(id, deleted_at)| (*id, *deleted_at)),
                });
                Ok(found.map(precondition::absent).collect())
            }
            Stage::CreateGroups => {
                let anchors: Vec<Anchor> = changes.iter().map(|it| it.anchor()).collect();
                let found = self.target.find_groups(&anchors).await?;
                Ok(found
                    .into_iter()
                    .map(|it| precondition::absent(it.map(|it| (it.id, it.deleted_at))))
                    .collect())
            }
            // The service itself says who is a member already, and who is none any more; and it finds a contact by its
            // anchor, which nobody else can see.
            // And it takes a password as often as it is sent; a switch has no third position.
            Stage::AddMembers
            | Stage::RemoveMembers
            | Stage::CreateContacts
            | Stage::Passwords
            | Stage::Features => Ok(vec![Verdict::Holds; changes.len()]),
            Stage::Block
            | Stage::Restore
            | Stage::Adopt
            | Stage::UpdateUsers(_)
            | Stage::Unblock
            | Stage::Managers
            | Stage::UpdateGroups
            | Stage::UpdateContacts
            | Stage::DeleteContacts
            | Stage::DeleteGroups
            | Stage::DeleteUsers => self.look_at_known(changes).await,
        }
    }

    /// Nobody of the plan was in it when it was made, so once for all creations is enough: whoever is put into it later
    /// with such an anchor had to be created by somebody else first.
    async fn read_bin(&self) -> Result<Bin, TargetError> {
        let deleted = self.target.deleted_users().await?;
        Ok(deleted.into_iter().filter_map(|it| Some((it.anchor?, (it.id, it.deleted_at)))).collect())
    }

    async fn look_at_known(&self, changes: &[&Change]) -> Result<Vec<Verdict>, TargetError> {
        let known = |it: &Change| match it.subject() {
            Subject::Known(id) => Some(id),
            Subject::Created(anchor) if self.found.contains(&anchor) => self.made.get(&anchor).copied(),
            Subject::Created(_) => None,
        };
        let ids: Vec<_> = changes.iter().filter_map(|it| Some((it.kind().object()?, known(it)?))).collect();
        let mut current = self.target.current(&ids).await?.into_iter();
        let verdict = |change: &&Change| match known(change) {
            Some(id) => current
                .next()
                .map_or(Verdict::Holds, |current| precondition::holds(change, id, &current, &self.made)),
            None => Verdict::Holds,
        };
        Ok(changes.iter().map(verdict).collect())
    }
}

/// One look concerns many changes: they all share its error.
fn all_failed(changes: &[&Change], error: TargetError) -> Vec<Applied> {
    let words = error.to_string();
    let mut first = Some(Applied { outcome: Outcome::Refused(error), id: None });
    changes.iter().map(|_| first.take().unwrap_or_else(|| Applied::not_tried(Some(&words)))).collect()
}
