//! Plans of one policy under the controller, from one look to the next: only what changed is planned.
//!
//! Now and then everything is planned as well, and the two are compared: they never differ, unless this program is wrong.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::manifest::Loaded;
use crate::plan::{Inputs, Memo, News, Planned, replan, turns_at};

use super::error::Error;
use super::survey;

/// Plans, and remembers how everybody stood.
pub(super) struct Planner {
    /// With these manifests.
    of: Arc<Loaded>,
    memo: Option<Memo>,
    /// When everything was planned last, by a clock that nobody sets.
    whole_at: Option<Instant>,
}

impl Planner {
    /// What is remembered of plans with these manifests.
    pub(super) fn of(loaded: &Arc<Loaded>, kept: Option<Self>) -> Self {
        kept.filter(|it| Arc::ptr_eq(&it.of, loaded)).unwrap_or_else(|| Self {
            of: Arc::clone(loaded),
            memo: None,
            whole_at: None,
        })
    }

    /// Plans; a plan that breaks the rules of every plan is refused.
    pub(super) fn plan(
        &mut self,
        inputs: &Inputs<'_>,
        news: &News,
        whole_every: Duration,
    ) -> Result<Planned, Error> {
        let now = Instant::now();
        let memo = self.memo.take();
        let is_due = self.whole_at.is_none_or(|it| whole_every <= now.duration_since(it));
        if memo.is_none() {
            self.whole_at = Some(now);
        }
        let is_compared = memo.is_some() && (is_due || cfg!(debug_assertions));
        let (planned, memo) = replan(memo, inputs, news);
        let policy = &inputs.policy.name;
        let of = inputs.directory.objects().len();
        tracing::debug!(policy, planned = memo.as_ref().map_or(of, Memo::planned), of, "planned");
        self.memo = memo;
        if !is_compared {
            return survey::checked(planned, inputs);
        }
        self.whole_at = Some(now);
        let (whole, memo) = replan(None, inputs, news);
        if planned != whole {
            tracing::error!(
                policy,
                incremental = planned.plan.id(),
                whole = whole.plan.id(),
                "planning what changed came to another plan than planning everything, which is the one that \
                 counts: please report it to the authors"
            );
            debug_assert_eq!(planned, whole, "the plan of what changed");
            self.memo = memo;
        }
        survey::checked(whole, inputs)
    }

    /// When another plan may come of the same inputs.
    pub(super) fn turns_at(&self, inputs: &Inputs<'_>) -> Timestamp {
        self.memo.as_ref().map_or_else(|| turns_at(inputs), Memo::turns_at)
    }
}
