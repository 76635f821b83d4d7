//! Plans are carried out piece by piece. Time is tokio's and stands still.

mod far;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use samesign::apply::{Applied, Observer, Outcome, apply};
use samesign::model::{Anchor, CloudGroup, CloudId, CloudUser, ObjectKind, TenantSnapshot};
use samesign::plan::{ApprovedPlan, Change, Consent, review};
use samesign::target::{Current, Done, Step, Target, TargetError};
use tokio::time::{Instant, sleep};

use crate::plan::world::{World, cloud_id, world};

/// People who get another title, all in one stage.
fn company(users: usize) -> World {
    let lines = (0..users).map(|it| format!("ad user u{it} title=Boss\ncloud user u{it} jobTitle=Clerk"));
    world(&lines.collect::<Vec<String>>().join("\n"))
}

fn approved(world: &World) -> ApprovedPlan {
    review(world.plan().plan, &Consent::default(), world.as_of).approved
}

/// How many are under way, and how many were at most.
#[derive(Default)]
struct Gauge {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Gauge {
    async fn during(&self, count: usize, time: Duration) {
        let now = self.now.fetch_add(count, Ordering::Relaxed) + count;
        self.most.fetch_max(now, Ordering::Relaxed);
        sleep(time).await;
        self.now.fetch_sub(count, Ordering::Relaxed);
    }
}

/// A tenant in which everything takes a second, but what concerns some people.
struct Slow<'a> {
    tenant: &'a TenantSnapshot,
    looks_of: BTreeMap<CloudId, Duration>,
    writes_of: BTreeMap<CloudId, Duration>,
    /// After a write of this one nothing can succeed any more.
    broken_by: Option<CloudId>,
    looks: Gauge,
    writes: Gauge,
    begun: Mutex<BTreeSet<CloudId>>,
}

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_hours(1);

impl<'a> Slow<'a> {
    fn new(world: &'a World) -> Self {
        Self {
            tenant: &world.tenant,
            looks_of: BTreeMap::new(),
            writes_of: BTreeMap::new(),
            broken_by: None,
            looks: Gauge::default(),
            writes: Gauge::default(),
            begun: Mutex::default(),
        }
    }

    fn begun(&self) -> usize {
        self.begun.lock().unwrap().len()
    }
}

fn longest(times: &BTreeMap<CloudId, Duration>, ids: &[CloudId]) -> Duration {
    ids.iter().filter_map(|it| times.get(it)).copied().max().unwrap_or(SECOND)
}

impl Target for Slow<'_> {
    const CHANGES_TOGETHER: usize = 10;
    const PIECES_AT_ONCE: usize = 2;

    async fn current(&self, ids: &[(ObjectKind, CloudId)]) -> Result<Vec<Current>, TargetError> {
        let ids: Vec<CloudId> = ids.iter().map(|(_, id)| *id).collect();
        self.looks.during(ids.len(), longest(&self.looks_of, &ids)).await;
        let user = |id: &CloudId| Current::User(Box::new(self.tenant.user(*id).unwrap().clone()));
        Ok(ids.iter().map(user).collect())
    }

    async fn find_users(&self, _: &[Anchor]) -> Result<Vec<Option<CloudUser>>, TargetError> {
        unreachable!("nobody is created")
    }

    async fn deleted_users(&self) -> Result<Vec<CloudUser>, TargetError> {
        unreachable!("nobody is created")
    }

    async fn find_groups(&self, _: &[Anchor]) -> Result<Vec<Option<CloudGroup>>, TargetError> {
        unreachable!("no group is created")
    }

    async fn carry_out(&self, steps: &[Step]) -> Vec<Result<Done, TargetError>> {
        let id = |it: &Step| {
            let Step::UpdateUser { id, .. } = it else { panic!("not planned: {it:?}") };
            *id
        };
        let ids: Vec<CloudId> = steps.iter().map(id).collect();
        self.begun.lock().unwrap().extend(&ids);
        self.writes.during(ids.len(), longest(&self.writes_of, &ids)).await;
        let broken = || TargetError::Settings { what: "the tenant is another one".to_owned() };
        let done =
            |it: &CloudId| if self.broken_by == Some(*it) { Err(broken()) } else { Ok(Done::Applied(*it)) };
        ids.iter().map(done).collect()
    }
}

/// Hears what became of changes, and stops after so many.
struct Journal<'a> {
    told: Vec<String>,
    stops_after: usize,
    target: &'a Slow<'a>,
    /// What was begun by then.
    begun: Option<usize>,
}

impl<'a> Journal<'a> {
    fn new(target: &'a Slow<'a>) -> Self {
        Self { told: Vec::new(), stops_after: usize::MAX, target, begun: None }
    }
}

impl Observer for Journal<'_> {
    fn settled(&mut self, outcomes: &[(&Change, Applied)]) {
        self.told.extend(outcomes.iter().map(|(change, _)| change.name().to_owned()));
        if self.stops_after <= self.told.len() {
            self.begun.get_or_insert(self.target.begun());
        }
    }

    fn wants_to_stop(&self) -> bool {
        self.begun.is_some()
    }
}

/// Everybody was told of once.
fn check_told(approved: &ApprovedPlan, told: &[String]) {
    let mut told = told.to_vec();
    told.sort_unstable();
    let mut names: Vec<&str> = approved.changes().map(Change::name).collect();
    names.sort_unstable();
    assert_eq!(told, names);
}

#[tokio::test(start_paused = true)]
async fn no_more_is_under_way_than_the_target_wants_and_no_less() {
    let world = company(200);
    let (approved, target) = (approved(&world), Slow::new(&world));
    let mut journal = Journal::new(&target);
    let began = Instant::now();
    let outcomes = apply(&approved, &target, &mut journal).await;
    assert!(outcomes.iter().all(|it| matches!(it.outcome, Outcome::Applied)));
    check_told(&approved, &journal.told);
    for gauge in [&target.looks, &target.writes] {
        assert_eq!(gauge.most.load(Ordering::Relaxed), 20);
    }
    // One for the first look, and then twenty people in each second.
    assert_eq!(began.elapsed().as_secs(), 11);
}

#[tokio::test(start_paused = true)]
async fn a_change_that_takes_long_holds_up_no_other_but_those_that_are_carried_out_with_it() {
    let world = company(200);
    let approved = approved(&world);
    let slow = approved.changes().nth(3).unwrap().name();
    let ids: Vec<CloudId> =
        approved.changes().map(|it| cloud_id(it.name().split('@').next().unwrap())).collect();
    for is_look in [true, false] {
        let mut target = Slow::new(&world);
        let times = if is_look { &mut target.looks_of } else { &mut target.writes_of };
        times.insert(ids[3], HOUR);
        let mut journal = Journal::new(&target);
        let began = Instant::now();
        let outcomes = apply(&approved, &target, &mut journal).await;
        assert!(began.elapsed() < HOUR + 2 * SECOND);
        check_told(&approved, &journal.told);
        assert!(journal.told[190..].iter().any(|it| it == slow), "{:?}", journal.told);
        let found: Vec<CloudId> = outcomes.iter().map(|it| it.id.unwrap()).collect();
        assert_eq!(found, ids, "outcomes are in the order of the changes");
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_stops_waits_for_what_is_carried_out_and_for_nothing_else() {
    let world = company(200);
    let (approved, target) = (approved(&world), Slow::new(&world));
    let mut journal = Journal { stops_after: 50, ..Journal::new(&target) };
    let outcomes = apply(&approved, &target, &mut journal).await;
    check_told(&approved, &journal.told);
    assert_eq!(journal.begun, Some(60));
    assert_eq!(target.begun(), 60, "nothing was begun afterwards");
    let is_done = |it: &&Applied| matches!(it.outcome, Outcome::Applied);
    assert_eq!(outcomes.iter().filter(is_done).count(), 60);
    assert!(outcomes.iter().skip(60).all(|it| matches!(it.outcome, Outcome::NotTried(None))));
}

#[tokio::test(start_paused = true)]
async fn an_error_that_concerns_everything_ends_the_rest_and_no_look_is_waited_for() {
    let world = company(200);
    let approved = approved(&world);
    let id = |at| cloud_id(approved.changes().nth(at).unwrap().name().split('@').next().unwrap());
    let mut target = Slow::new(&world);
    target.broken_by = Some(id(25));
    target.looks_of.insert(id(55), HOUR);
    let mut journal = Journal::new(&target);
    let began = Instant::now();
    let outcomes = apply(&approved, &target, &mut journal).await;
    assert_eq!(began.elapsed().as_secs(), 3);
    check_told(&approved, &journal.told);
    assert!(matches!(outcomes[25].outcome, Outcome::Refused(_)));
    let of = |is: fn(&Outcome) -> bool| outcomes.iter().filter(|it| is(&it.outcome)).count();
    assert_eq!(of(|it| matches!(it, Outcome::Applied)), 39);
    let why = "the tenant is another one";
    let not_tried = outcomes[40..]
        .iter()
        .all(|it| matches!(&it.outcome, Outcome::NotTried(Some(it)) if it.contains(why)));
    assert!(not_tried, "{:?}", outcomes[40]);
}
