//! Keeps a reading of the tenant current at the cost of what changed.
//!
//! The first reading, and one at least every six days, is that of [`Reader::observe`]; links for the delta queries
//! are fetched before it, so that whatever changes while it lasts is told again afterwards. A change that is told
//! twice is applied twice and comes to the same. The lists stay the base because they are independent of what delta
//! queries track: what these miss is put right by the next full reading, and said. (A list whose replica lags behind the
//! one that gave the links can miss a change until then; before anything is written each object is looked at anyway.)
//!
//! Each observation reads what no delta tells: organisation, domains, roles, the recycle bin, and values that the
//! tenant keeps back. Licences are told by deltas; should a tenant not tell them, they are as old as the last full
//! reading. It decides nothing about the tenant, and keeps nothing on disk.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::bookmark::Bookmark;
use super::comparison::differences;
use super::followed::{Followed, Questions};
use super::listing::Progress;
use super::reader::{Extent, Reader};
use super::settling::asks_more_than_reading;
use crate::model::{CloudId, Features, ObjectKind, TenantReading, TenantSnapshot, Touched};
use crate::target::TargetError;

/// Delta links live for seven days (graph-tenant reference, 3.3); a day is left for an outage.
const FULL_READING_EVERY: SignedDuration = SignedDuration::from_hours(6 * 24);
/// More objects that differ are counted, and not named.
const DIFFERENCES_NAMED: usize = 20;

/// A tenant that is followed.
#[derive(Debug)]
pub struct Follower {
    extent: Extent,
    bookmark: Option<Bookmark>,
    /// What the last observation gave.
    last: Arc<TenantSnapshot>,
    features: Features,
    last_full: Option<Timestamp>,
    doubted: bool,
}

/// What was seen.
#[derive(Clone, Debug)]
pub struct Observed {
    /// The tenant as it is now.
    pub tenant: Arc<TenantSnapshot>,
    /// Whether anything is otherwise than the last time.
    pub has_news: bool,
    /// Which objects may be otherwise.
    pub touched: Touched<CloudId>,
}

/// How following went on.
enum Course {
    On(Box<Bookmark>, Observed),
    /// So much that reading in full is less work than asking.
    MuchChanged,
    AnotherTenant,
}

impl Follower {
    /// Knows nothing yet.
    pub fn new(extent: Extent) -> Self {
        Self {
            extent,
            bookmark: None,
            last: Arc::default(),
            features: Features::default(),
            last_full: None,
            doubted: false,
        }
    }

    /// How the tenant's switches are, of which another service tells.
    pub fn set_features(&mut self, features: Features) {
        self.features = features;
    }

    /// The tenant as it is now: by what changed since the last time, or by a full reading when there is none, when
    /// it is six days old, when the service refuses to go on from where we were, or after [`Follower::doubt`].
    ///
    /// An error leaves everything as it was before.
    pub async fn observe(
        &mut self,
        reader: &Reader,
        as_of: Timestamp,
        progress: &dyn Progress,
    ) -> Result<Observed, TargetError> {
        let mut followed = None;
        if let Some(bookmark) = &self.bookmark {
            let before = (bookmark, &self.last);
            match Box::pin(self.follow(before, reader, as_of, progress)).await {
                Ok(Course::On(bookmark, observed)) if self.is_recent(as_of) => {
                    self.bookmark = Some(*bookmark);
                    self.last = Arc::clone(&observed.tenant);
                    return Ok(observed);
                }
                Ok(Course::On(bookmark, observed)) => followed = Some((*bookmark, observed.tenant)),
                Ok(Course::MuchChanged) => {
                    tracing::info!("much changed while the tenant was read; it is read in full again");
                }
                Ok(Course::AnotherTenant) => tracing::warn!("another tenant answers; it is read in full"),
                Err(error) if casts_doubt(&error) => {
                    tracing::info!(%error, "the tenant's changes cannot be told; it is read in full");
                }
                Err(error) => return Err(error),
            }
        }
        self.last = Arc::new(Box::pin(self.read(reader, as_of, progress)).await?);
        if let Some(followed) = followed {
            Box::pin(self.compare(followed, reader, as_of, progress)).await;
        }
        Ok(Observed { tenant: Arc::clone(&self.last), has_news: true, touched: Touched::Everything })
    }

    /// The next observation is a full reading.
    pub const fn doubt(&mut self) {
        self.doubted = true;
    }

    /// When the tenant was last read in full.
    pub const fn last_full(&self) -> Option<Timestamp> {
        self.last_full
    }

    /// Whether the last full reading may still be gone on from. One of the future tells that the clock was moved.
    fn is_recent(&self, as_of: Timestamp) -> bool {
        let young = |at: Timestamp| {
            let age = as_of.duration_since(at);
            SignedDuration::ZERO <= age && age < FULL_READING_EVERY
        };
        !self.doubted && self.last_full.is_some_and(young)
    }

    async fn read(
        &mut self,
        reader: &Reader,
        as_of: Timestamp,
        progress: &dyn Progress,
    ) -> Result<TenantSnapshot, TargetError> {
        let links = match reader.links(self.extent).await {
            Ok(links) => Some(links),
            Err(error) if casts_doubt(&error) => {
                tracing::warn!(%error, "the tenant gives no delta links; it is read in full each time");
                None
            }
            Err(error) => return Err(error),
        };
        let snapshot = Box::pin(reader.observe(self.extent, progress)).await?;
        self.bookmark = links.map(|links| Bookmark::new(&snapshot, links, as_of));
        self.last_full = Some(as_of);
        self.doubted = false;
        Ok(snapshot.with_features(self.features.clone()))
    }

    /// Compares the tenant that was followed with the one that was read: both are brought to the same moment, and what
    /// they differ in all the same was not told, or not understood. Where that cannot be done, nothing is said.
    async fn compare(
        &mut self,
        (bookmark, followed): (Bookmark, Arc<TenantSnapshot>),
        reader: &Reader,
        as_of: Timestamp,
        progress: &dyn Progress,
    ) {
        let Some(read) = &self.bookmark else { return };
        let now = Box::pin(self.follow((read, &self.last), reader, as_of, progress)).await;
        let Ok(Course::On(read, now)) = now else { return };
        self.bookmark = Some(*read);
        self.last = now.tenant;
        // Last, so that it has been told whatever the other was.
        let followed = Box::pin(self.follow((&bookmark, &followed), reader, as_of, progress)).await;
        let Ok(Course::On(_, followed)) = followed else { return };
        let differences = differences(&followed.tenant, &self.last);
        for difference in differences.iter().take(DIFFERENCES_NAMED) {
            tracing::warn!(
                difference,
                of = differences.len(),
                "a change of the tenant was not told, or not understood: unless it was made within the last minutes, \
                 please report it to the authors"
            );
        }
    }

    /// What became of the tenant.
    async fn follow(
        &self,
        (before, last): (&Bookmark, &Arc<TenantSnapshot>),
        reader: &Reader,
        as_of: Timestamp,
        progress: &dyn Progress,
    ) -> Result<Course, TargetError> {
        // As in a full reading: roles before groups, so that no group with a role is missed.
        let changes = async {
            let assignments = reader.role_assignments().await?;
            Ok((assignments, reader.changes(before.links()).await?))
        };
        let (identity, domains, kept_back, (assignments, round)) =
            tokio::try_join!(reader.identity(), reader.domains(), reader.kept_back(self.extent), changes)?;
        if last.identity().tenant_id != identity.tenant_id {
            return Ok(Course::AnotherTenant);
        }
        let (settling, unseen) = before.settle(&round, as_of);
        if asks_more_than_reading(unseen.len(), last) {
            return Ok(Course::MuchChanged);
        }
        progress.objects_read("changed users", round.users.len());
        progress.objects_read("changed groups", round.groups.len());
        // After what changed: an object that was deleted meanwhile is found there.
        let bin = reader.bin().await?;
        // Roles that groups hand on are asked for, as everything is that no delta tells.
        let is_still = round.is_empty() && unseen.is_empty();
        if is_still && before.has_bin(last, &bin) && before.keeps_back(&kept_back) {
            let roles = reader.role_holders(assignments.clone(), last.groups()).await?;
            let is_as_before = *last.identity() == identity
                && last.has_domains(&domains)
                && *last.roles() == roles
                && *last.features() == self.features;
            if is_as_before {
                let (tenant, touched) = (Arc::clone(last), Touched::nothing());
                let observed = Observed { tenant, has_news: false, touched };
                let bookmark = before.moved_to(round.links, settling);
                return Ok(Course::On(Box::new(bookmark), observed));
            }
        }
        let links = round.links.clone();
        let mut followed = Followed::new(self.extent, last, before.unshown());
        let questions = followed.advance(round, bin, &unseen);
        settle(&mut followed, questions, (reader, as_of), progress).await?;
        let (objects, unshown) = followed.show(&kept_back);
        let roles = reader.role_holders(assignments, &objects.groups).await?;
        let reading = TenantReading { identity, domains, roles, features: self.features.clone(), ..objects };
        let tenant = Arc::new(reading.finish());
        let touched = tenant.touched_since(last);
        let observed = Observed { tenant, has_news: true, touched };
        let bookmark = Bookmark::after((unshown, kept_back), links, settling);
        Ok(Course::On(Box::new(bookmark), observed))
    }
}

/// Asks what the changes left open.
async fn settle(
    followed: &mut Followed,
    mut questions: Questions,
    (reader, as_of): (&Reader, Timestamp),
    progress: &dyn Progress,
) -> Result<(), TargetError> {
    let objects: Vec<(ObjectKind, _)> = questions.objects();
    for ((kind, id), current) in objects.iter().zip(reader.current(&objects).await?) {
        followed.answer((*kind, *id), current, &mut questions, as_of);
    }
    for relations in reader.relations_of(questions.returned()).await? {
        followed.relate(&relations, &questions);
    }
    let groups = questions.members().into_iter().map(|id| (id, id)).collect();
    for (id, members) in reader.members_of(groups, progress).await? {
        followed.set_members(id, members);
    }
    Ok(())
}

/// Whether an error says that we cannot go on from where we were, rather than that the service cannot be reached.
///
/// A full reading tells what is true, or fails for the same cause.
fn casts_doubt(error: &TargetError) -> bool {
    match error {
        TargetError::Refused { status, .. } => {
            (400..500).contains(status) && !matches!(status, 408 | 423 | 429)
        }
        TargetError::Malformed { .. }
        | TargetError::TooLarge { .. }
        | TargetError::ForeignLink { .. }
        | TargetError::EndlessListing { .. }
        | TargetError::Permission { .. }
        | TargetError::Protected { .. } => true,
        TargetError::Settings { .. }
        | TargetError::Connect { .. }
        | TargetError::Tls { .. }
        | TargetError::NoToken(_)
        | TargetError::Silent { .. }
        | TargetError::FederatedToken { .. }
        | TargetError::Token { .. }
        | TargetError::NoAnswer { .. }
        | TargetError::Unsupported { .. }
        | TargetError::Provisioning(_)
        | TargetError::Step { .. } => false,
    }
}
