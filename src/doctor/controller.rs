//! What a domain controller says of itself, judged.
//!
//! It does not know how it was asked.

use jiff::Timestamp;

use super::deadline;
use super::finding::{Check, Examples, Finding};
use crate::model::{Dn, Guid};

/// What a domain controller says of itself.
#[derive(Clone, Debug, Default)]
pub struct ControllerFacts {
    /// DNS name.
    pub name: Option<String>,
    /// The domain that it holds.
    pub base: Option<Dn>,
    /// Its clock, and ours at the same moment.
    pub clocks: Option<(Timestamp, Timestamp)>,
    /// Whether it takes changes.
    pub writable: Option<bool>,
    /// `domainFunctionality`.
    pub functional_level: Option<u32>,
    /// `invocationId` of its database.
    pub invocation_id: Option<Guid>,
    /// Configured search bases that it does not have, or does not show to the account.
    pub missing_bases: Vec<Dn>,
}

impl ControllerFacts {
    /// What they mean; `domain` is the one that the manifest names.
    pub fn judge(&self, server: &str, domain: &str) -> Vec<Finding> {
        let Self {
            name: _,
            base: _,
            clocks,
            writable: _,
            functional_level: _,
            invocation_id: _,
            missing_bases,
        } = self;
        let mut findings = self.domain(server, domain);
        findings.push(match clocks {
            Some((theirs, ours)) => deadline::clock(server, theirs.duration_since(*ours)),
            None => Finding::ok(Check::Clock, server, "it does not tell the time"),
        });
        if !missing_bases.is_empty() {
            let mut examples = Examples::default();
            for it in missing_bases {
                examples.push(|| it.to_string());
            }
            findings.push(
                Finding::problem(
                    Check::Bases,
                    server,
                    format!("{} of the search bases cannot be read", examples.count),
                    "correct searchBases in the Directory, or let the account read them",
                )
                .with_examples(examples),
            );
        }
        findings
    }

    fn domain(&self, server: &str, domain: &str) -> Vec<Finding> {
        let Some(base) = &self.base else {
            return vec![Finding::problem(
                Check::Controller,
                server,
                "it does not say which domain it holds",
                "name a domain controller in servers of the Directory",
            )];
        };
        let held = base.domain();
        if !held.eq_ignore_ascii_case(domain) {
            return vec![Finding::problem(
                Check::Controller,
                server,
                format!("it holds the domain {held}, not {domain}"),
                "correct domain or servers of the Directory",
            )];
        }
        let kind = match self.writable {
            Some(true) => "a writable controller",
            Some(false) => "a read-only controller",
            None => "a controller",
        };
        let name = self.name.as_deref().unwrap_or("it");
        let level = self.functional_level.map(|it| format!(", functional level {}", level_words(it)));
        let id = self.invocation_id.map(|it| format!(", invocation id {it}"));
        let says =
            format!("{name} is {kind} of {held}{}{}", level.unwrap_or_default(), id.unwrap_or_default());
        vec![Finding::ok(Check::Controller, server, says)]
    }
}

/// `domainFunctionality` ([MS-ADTS] 6.1.4.3).
fn level_words(level: u32) -> String {
    let name = match level {
        0 => "Windows 2000",
        2 => "Windows Server 2003",
        3 => "Windows Server 2008",
        4 => "Windows Server 2008 R2",
        5 => "Windows Server 2012",
        6 => "Windows Server 2012 R2",
        7 => "Windows Server 2016",
        10 => "Windows Server 2025",
        other => return other.to_string(),
    };
    format!("{level} ({name})")
}
