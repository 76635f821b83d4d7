//! What is asked of a server, and what comes back: one page of entries, as bytes that are known to be well-formed.
//!
//! It does not know attributes.

use std::sync::Arc;

use crate::wire::ldap::{EntryView, Filter, Outcome, Scope, SearchRequest};

/// What to search.
#[derive(Clone, Debug)]
pub(super) struct Query {
    /// Base, as text.
    pub(super) base: String,
    /// Only the base, or all below it.
    pub(super) scope: Scope,
    /// What has to match.
    pub(super) filter: Arc<Filter>,
    /// Attributes to ask for.
    pub(super) attributes: Arc<[String]>,
    /// Entries that may come in one answer.
    pub(super) limit: u32,
    /// Cookie of the page before; `None` asks without paging.
    pub(super) cookie: Option<Vec<u8>>,
}

impl Query {
    /// Asks for one entry by its name.
    pub(super) fn entry(base: &str, attributes: &[&str]) -> Self {
        Self {
            base: base.to_owned(),
            scope: Scope::Base,
            filter: Arc::new(Filter::Present("objectClass")),
            attributes: attributes.iter().map(|it| (*it).to_owned()).collect(),
            limit: 1,
            cookie: None,
        }
    }

    /// The request.
    pub(super) fn bytes(&self, id: i32) -> Vec<u8> {
        let page = self.cookie.as_deref().map(|cookie| (self.limit, cookie));
        let Self { base, scope, filter, attributes, .. } = self;
        SearchRequest { base, scope: *scope, filter, attributes, page }.bytes(id)
    }
}

/// An entry before its attributes mean anything.
#[derive(Clone, Debug)]
pub(super) struct RawEntry {
    frame: Vec<u8>,
    has_options: bool,
    /// Attributes whose values came in ranges, with all of them.
    joined: Vec<(String, Vec<Vec<u8>>)>,
}

impl RawEntry {
    /// From a message that was checked.
    pub(super) const fn new(frame: Vec<u8>, has_options: bool) -> Self {
        Self { frame, has_options, joined: Vec::new() }
    }

    /// Whether an attribute came with options, of which a range is one.
    pub(super) const fn has_options(&self) -> bool {
        self.has_options
    }

    /// The entry as the server sent it.
    pub(super) fn view(&self) -> EntryView<'_> {
        EntryView::opened(&self.frame).expect("no entry is made of anything that was not checked")
    }

    /// Attributes whose values came in ranges, with all of them.
    pub(super) fn joined(&self) -> &[(String, Vec<Vec<u8>>)] {
        &self.joined
    }

    /// Adds all values of an attribute that came in ranges.
    pub(super) fn join(&mut self, name: String, values: Vec<Vec<u8>>) {
        self.joined.push((name, values));
    }

    /// Its name.
    pub(super) fn dn(&self) -> &str {
        self.view().dn()
    }

    /// The first value of an attribute.
    pub(super) fn first(&self, name: &str) -> Option<&[u8]> {
        self.view().attributes().find(|it| it.0.eq_ignore_ascii_case(name))?.1.next()
    }

    /// The first value of an attribute, if it is UTF-8.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.first(name).and_then(|it| std::str::from_utf8(it).ok())
    }
}

/// All of one answer.
#[derive(Debug)]
pub(super) struct Page {
    /// Its entries.
    pub(super) entries: Vec<RawEntry>,
    /// Cookie of the next page: empty after the last, `None` if the server did not page.
    pub(super) cookie: Option<Vec<u8>>,
    /// How it ended.
    pub(super) outcome: Outcome,
}
