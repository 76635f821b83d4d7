//! Collections, page by page to the last.
//!
//! It does not know what is in them. A listing is whole or an error.

use std::collections::HashSet;

use reqwest::Url;
use serde::de::DeserializeOwned;

use super::connection::Shared;
use super::queue::Queue;
use super::request::Request;
use crate::target::TargetError;
use crate::wire::odata::Page;

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
        let path = first.path().to_owned();
        let mut seen: HashSet<String> = HashSet::new();
        let mut request = first;
        loop {
            let reply = self.send(&request, queue).await?;
            let page: Page<T> = self.read(&request, &reply.body)?;
            page_read(page.value);
            let Some(link) = page.next_link else { return Ok(()) };
            let next = self.checked_link(&path, &link)?;
            let endless = |what: String| TargetError::EndlessListing { path: path.clone(), what };
            if !seen.insert(link) {
                return Err(endless(format!(
                    "page {} continues with one that was read before",
                    seen.len() + 1
                )));
            }
            if self.settings.limits.pages_max <= seen.len() {
                return Err(endless(format!("more than {} pages", self.settings.limits.pages_max)));
            }
            request = request.follow(next);
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
