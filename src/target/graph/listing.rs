//! Collections, page by page to the last.
//!
//! It does not know what is in them. A listing is whole or an error, and so is a round of a delta query.

use std::collections::HashSet;

use reqwest::Url;
use serde::de::DeserializeOwned;

use super::connection::Shared;
use super::queue::Queue;
use super::request::Request;
use crate::target::TargetError;
use crate::wire::odata::{DeltaPage, ObjectChange, Page};

/// Hears how a long reading goes on.
pub trait Progress: Send + Sync {
    /// So many objects of that sort have been read by now.
    fn objects_read(&self, what: &str, objects: usize);
}

/// Hears nothing.
impl Progress for () {
    fn objects_read(&self, _: &str, _: usize) {}
}

impl Shared {
    /// Reads all pages; the first one through the queue, if there is one.
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        first: Request,
        queue: Option<&Queue>,
        mut page_read: impl FnMut(Vec<T>) + Send,
    ) -> Result<(), TargetError> {
        let mut trail = Trail::from(&first);
        let mut request = first;
        loop {
            let reply = self.send(&request, queue).await?;
            let page: Page<T> = self.read(&request, &reply.body)?;
            page_read(page.value);
            let Some(link) = page.next_link else { return Ok(()) };
            request = request.follow(trail.next(self, link)?);
        }
    }

    /// Reads one round of a delta query to its last page; where the next round begins.
    pub(super) async fn round(
        &self,
        first: Request,
        mut page_read: impl FnMut(Vec<ObjectChange>) + Send,
    ) -> Result<Url, TargetError> {
        let mut trail = Trail::from(&first);
        let mut request = first;
        loop {
            let reply = self.send(&request, None).await?;
            let page: DeltaPage = self.read(&request, &reply.body)?;
            page_read(page.value);
            match (page.next_link, page.delta_link) {
                (Some(link), None) => request = request.follow(trail.next(self, link)?),
                (None, Some(link)) => return self.checked_link(&trail.path, &link),
                // With both or none of them it is not known whether anything was left out.
                (Some(_), Some(_)) => return Err(self.malformed(&request, "two links where one goes on")),
                (None, None) => return Err(self.malformed(&request, "neither a next link nor a delta link")),
            }
        }
    }

    /// A link may lead only to the server that we trust with our token.
    fn checked_link(&self, path: &str, link: &str) -> Result<Url, TargetError> {
        let foreign = |linked_to: String| TargetError::ForeignLink { path: path.to_owned(), linked_to };
        let url = Url::parse(link).map_err(|_| foreign("(no absolute address)".to_owned()))?;
        if url.origin() != self.settings.endpoints.graph.origin() {
            return Err(foreign(url.origin().ascii_serialization()));
        }
        Ok(url)
    }
}

/// The pages that were read of one listing, so that it ends.
struct Trail {
    path: String,
    seen: HashSet<String>,
}

impl Trail {
    fn from(first: &Request) -> Self {
        Self { path: first.path().to_owned(), seen: HashSet::new() }
    }

    /// Where the next page is.
    fn next(&mut self, shared: &Shared, link: String) -> Result<Url, TargetError> {
        let url = shared.checked_link(&self.path, &link)?;
        let endless = |what: String| TargetError::EndlessListing { path: self.path.clone(), what };
        if !self.seen.insert(link) {
            let page = self.seen.len() + 1;
            return Err(endless(format!("page {page} continues with one that was read before")));
        }
        let pages_max = shared.settings.limits.pages_max;
        if pages_max <= self.seen.len() {
            return Err(endless(format!("more than {pages_max} pages")));
        }
        Ok(url)
    }
}
