//! Carries an approved plan to the tenant, one attempt.
//!
//! Every choice was made when the plan was made. What is left is to look once more at what is touched, to
//! refuse what moved, and to say what became of each change.

mod lower;
mod outcome;
mod precondition;

pub use self::outcome::{Applied, Moved, Outcome};

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use tokio::sync::OnceCell;

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

/// Changes that are looked at and carried out together: few enough that little is in flight when somebody stops the
/// program, and as many as fill what travels. Fifteen anchors go into one question and twenty requests into one batch,
/// thirty objects into one message of the other channel: of 400 changes the last of each would be half empty.
const CHANGES_AT_ONCE: usize = 300;

/// Applies what may run; one failure does not stop the rest. One outcome for each approved change, in order.
pub async fn apply<T: Target>(
    approved: &ApprovedPlan,
    target: &T,
    observer: &mut dyn Observer,
) -> Vec<Applied> {
    let changes: Vec<&Change> = approved.changes().collect();
    let mut run =
        Run { target, made: HashMap::new(), found: HashSet::new(), bin: OnceCell::new(), dead: None };
    let mut outcomes = Vec::with_capacity(changes.len());
    for stage in changes.chunk_by(|a, b| a.stage() == b.stage()) {
        let mut chunks = stage.chunks(CHANGES_AT_ONCE).peekable();
        let mut looked = None;
        while let Some(chunk) = chunks.next() {
            let settled: Vec<Applied> = if run.dead.is_some() || observer.wants_to_stop() {
                chunk.iter().map(|_| Applied::not_tried(run.dead.as_deref())).collect()
            } else {
                let verdicts = match looked.take() {
                    Some(verdicts) => verdicts,
                    None => run.look(chunk).await,
                };
                // The next are looked at meanwhile: else the line would be idle for as long as that takes, which is half
                // of the time where a round trip is long. Changes of one stage do not depend on each other.
                let next = chunks.peek().copied().unwrap_or_default();
                let (settled, next) = tokio::join!(run.carry_out(chunk, verdicts), run.look(next));
                looked = Some(next);
                settled
            };
            let settled: Vec<(&Change, Applied)> = chunk.iter().copied().zip(settled).collect();
            for (change, applied) in &settled {
                run.note(change, applied);
            }
            observer.settled(&settled);
            outcomes.extend(settled.into_iter().map(|(_, applied)| applied));
        }
    }
    outcomes
}

/// Users in the recycle bin, and since when.
type Bin = HashMap<Anchor, (CloudId, Option<Timestamp>)>;

/// One application of a plan.
struct Run<'a, T> {
    target: &'a T,
    /// Ids that creations made known.
    made: HashMap<Anchor, CloudId>,
    /// Objects that were to be created and were there already: somebody else may have set their references.
    found: HashSet<Anchor>,
    /// Users in the recycle bin, as they were when users were first to be created.
    bin: OnceCell<Bin>,
    /// Why nothing can succeed any more.
    dead: Option<String>,
}

impl<T: Target> Run<'_, T> {
    fn note(&mut self, change: &Change, applied: &Applied) {
        if let (Subject::Created(anchor), Op::Create(_), Some(id)) =
            (change.subject(), change.op(), applied.id)
        {
            self.made.insert(anchor, id);
            if matches!(applied.outcome, Outcome::AlreadySo) {
                self.found.insert(anchor);
            }
        }
        if let Outcome::Refused(error) | Outcome::Unknown(error) = &applied.outcome
            && error.concerns_everything()
        {
            self.dead = Some(error.to_string());
        }
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
                let bin = self.bin.get_or_try_init(|| self.read_bin()).await?;
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
