//! Both sides of one policy, kept from one look to the next: what changed is asked for, and not everything.
//!
//! What is kept is given up when the manifests say something else about it. It decides nothing.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::manifest::{DirectoryConnection, DirectorySpec, TenantSpec};
use crate::model::{Guid, Touched};
use crate::source::{Depth, Observed, Request, ldap, ldif};
use crate::target::graph;

use super::connect::{self, Tenant};
use super::console::Console;
use super::error::Error;
use super::outside::Outside;
use super::progress::Reading;

/// A directory that is kept.
pub(super) struct Directory {
    spec: DirectorySpec,
    source: Source,
    /// By a clock that nobody sets.
    last_whole: Option<Instant>,
    /// What changed, if anything did, that no look has seen yet.
    unseen: Option<Touched<Guid>>,
}

enum Source {
    Ldap(Box<Ldap>),
    Ldif(ldif::Follower),
}

/// How a server is reached, as it was when it was last reached.
#[derive(Default)]
struct Ldap {
    settings: Option<ldap::Settings>,
    follower: ldap::Follower,
}

impl Directory {
    /// The directory of a manifest; `kept`, if it is the same.
    pub(super) fn of(spec: &DirectorySpec, kept: Option<Self>) -> Self {
        kept.filter(|it| it.is_of(spec)).unwrap_or_else(|| Self {
            spec: spec.clone(),
            source: match spec.connection {
                DirectoryConnection::Ldap(_) => Source::Ldap(Box::default()),
                DirectoryConnection::Ldif(_) => Source::Ldif(ldif::Follower::default()),
            },
            last_whole: None,
            unseen: None,
        })
    }

    /// Whether it is the directory of a manifest.
    pub(super) fn is_of(&self, spec: &DirectorySpec) -> bool {
        self.spec == *spec
    }

    /// The directory as it is now. Everything is read if that was so long ago.
    ///
    /// # Errors
    /// Nothing at all could be read.
    pub(super) async fn observe(
        &mut self,
        request: &Request,
        (whole_every, now): (Duration, Timestamp),
        console: Console,
    ) -> Result<Observed, Error> {
        let begun = Instant::now();
        let is_due = self.last_whole.is_none_or(|it| whole_every <= begun.duration_since(it));
        let depth = if is_due { Depth::Whole } else { Depth::Changes };
        let progress = Reading::begin(&self.spec.name, console);
        let observed = match (&mut self.source, &self.spec.connection) {
            (Source::Ldap(it), DirectoryConnection::Ldap(spec)) => {
                // Secrets are read again for each connection: somebody may have changed them.
                if it.settings.is_none() || !it.follower.is_connected() {
                    it.settings = Some(connect::ldap_settings(spec)?);
                }
                let settings = it.settings.as_ref().expect("they were put there");
                it.follower.observe((settings, depth), request, &progress).await
            }
            (Source::Ldif(it), DirectoryConnection::Ldif(file)) => {
                let file = ldif::LdifFile { path: file.path.clone() };
                it.observe((&file, depth), request, now, &progress).await
            }
            (Source::Ldap(_), DirectoryConnection::Ldif(_))
            | (Source::Ldif(_), DirectoryConnection::Ldap(_)) => {
                unreachable!("a source is made for its connection")
            }
        };
        drop(progress);
        let mut observed = match observed {
            Ok(observed) => observed,
            Err(broken) => {
                let reading = Arc::new(connect::part(broken)?);
                Observed { reading, has_news: true, touched: Touched::Everything }
            }
        };
        if depth == Depth::Whole && observed.reading.whole().is_some() {
            self.last_whole = Some(begun);
        }
        if let Some(unseen) = self.unseen.take() {
            observed.has_news = true;
            observed.touched = unseen.and(observed.touched);
        }
        Ok(observed)
    }

    /// Asks whether anything changed, if that costs little; the next look sees it.
    pub(super) async fn changed(
        &mut self,
        request: &Request,
        now: Timestamp,
        console: Console,
    ) -> Result<bool, Error> {
        let tells_changes = match &self.source {
            Source::Ldap(it) => it.follower.is_following(),
            Source::Ldif(_) => false,
        };
        if !tells_changes {
            return Ok(false);
        }
        let observed = self.observe(request, (Duration::MAX, now), console).await?;
        self.unseen = observed.has_news.then_some(observed.touched);
        Ok(self.unseen.is_some())
    }
}

/// A tenant that is kept, until a look comes to nothing: perhaps the secret is another one now.
pub(super) struct OpenTenant {
    spec: TenantSpec,
    pub(super) tenant: Tenant,
    pub(super) follower: graph::Follower,
    /// Whether the last look found the tenant to be as it was to become.
    was_already_so: bool,
}

impl OpenTenant {
    /// The tenant of a manifest; `kept`, if it is the same.
    pub(super) async fn of(
        spec: &TenantSpec,
        kept: Option<Self>,
        whole_every: Duration,
        outside: &Outside,
    ) -> Result<Self, Error> {
        let mut open = match kept.filter(|it| it.spec == *spec) {
            Some(open) => open,
            None => Self::new(spec, Tenant::open(spec, outside).await?),
        };
        // A reading of the future is doubted by the follower itself.
        let age = open.follower.last_full().map(|it| outside.now().duration_since(it));
        if age.and_then(|it| Duration::try_from(it).ok()).is_some_and(|it| whole_every <= it) {
            open.follower.doubt();
        }
        Ok(open)
    }

    /// What a look came to may cast doubt on what was read. What was already so may be told of a moment later, as replicas
    /// lag; twice in turn it will never be: a list was older than the link by which the tenant is followed since.
    pub(super) const fn weigh(&mut self, failed: bool, was_already_so: bool) {
        if failed || (was_already_so && self.was_already_so) {
            self.follower.doubt();
        }
        self.was_already_so = was_already_so;
    }

    /// The same for somebody who leaves no trace.
    pub(super) async fn to_look(spec: &TenantSpec, kept: Option<Self>) -> Result<Self, Error> {
        match kept.filter(|it| it.spec == *spec) {
            Some(open) => Ok(open),
            None => Ok(Self::new(spec, Tenant::open_to_look(spec).await?)),
        }
    }

    fn new(spec: &TenantSpec, tenant: Tenant) -> Self {
        let follower = graph::Follower::new(tenant.extent());
        Self { spec: spec.clone(), tenant, follower, was_already_so: false }
    }
}
