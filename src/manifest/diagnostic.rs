//! A finding in the manifests: where, what, and what to write instead.
//!
//! It does not know how it is printed.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::source::Source;
use super::yaml::Fault;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing is planned until it is mended.
    Error,
    /// It works, but perhaps not as meant.
    Warning,
}

impl Severity {
    /// The word that is printed.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// Another place that matters to a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// File.
    pub file: Arc<Source>,
    /// Bytes.
    pub span: Range<usize>,
    /// Words for the place.
    pub label: String,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// File.
    pub file: Arc<Source>,
    /// Bytes of the file; `None` speaks of the whole file.
    pub span: Option<Range<usize>>,
    /// One sentence.
    pub title: String,
    /// Words for the place itself; may be empty.
    pub label: String,
    /// What to write instead.
    pub hint: Option<String>,
    /// Other places that matter.
    pub related: Vec<Related>,
}

impl Diagnostic {
    /// A finding about one place of a file.
    pub fn at(severity: Severity, file: &Arc<Source>, fault: Fault) -> Self {
        let related = fault
            .related
            .into_iter()
            .map(|(span, label)| Related { file: Arc::clone(file), span, label })
            .collect();
        Self {
            severity,
            file: Arc::clone(file),
            span: Some(fault.span),
            title: fault.title,
            label: fault.label,
            hint: fault.hint,
            related,
        }
    }

    /// An error about a whole file.
    pub fn whole_file(file: &Arc<Source>, title: String, hint: Option<String>) -> Self {
        Self {
            severity: Severity::Error,
            file: Arc::clone(file),
            span: None,
            title,
            label: String::new(),
            hint,
            related: Vec::new(),
        }
    }

    /// Line and column, counted from 1.
    pub fn position(&self) -> Option<(usize, usize)> {
        self.span.as_ref().map(|it| self.file.position(it.start))
    }
}

/// One line: `file:line:column: error: title`.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file.path.display())?;
        if let Some((line, column)) = self.position() {
            write!(f, "{line}:{column}:")?;
        }
        write!(f, " {}: {}", self.severity.word(), self.title)
    }
}

/// Sorts by file, place and severity, and drops repetitions: an alias repeats what is wrong with it.
pub(super) fn sort(findings: &mut Vec<Diagnostic>) {
    let key = |it: &Diagnostic| {
        let start = it.span.as_ref().map(|span| span.start);
        (it.file.path.clone(), start, it.severity, it.title.clone())
    };
    findings.sort_by_cached_key(key);
    findings.dedup();
}

/// Keeps the first `max` findings of each file, and says how many more there are.
pub(super) fn limit(findings: &mut Vec<Diagnostic>, max: usize) {
    let mut kept: Vec<Diagnostic> = Vec::with_capacity(findings.len().min(max));
    let mut file: Option<Arc<Source>> = None;
    let (mut count, mut errors_left_out) = (0, 0);
    for finding in findings.drain(..) {
        if file.as_ref().is_none_or(|it| it.path != finding.file.path) {
            kept.extend(file.take().and_then(|it| left_out(&it, count, max, errors_left_out)));
            file = Some(Arc::clone(&finding.file));
            (count, errors_left_out) = (0, 0);
        }
        count += 1;
        if count <= max {
            kept.push(finding);
        } else if finding.severity == Severity::Error {
            errors_left_out += 1;
        }
    }
    kept.extend(file.and_then(|it| left_out(&it, count, max, errors_left_out)));
    *findings = kept;
}

fn left_out(file: &Arc<Source>, count: usize, max: usize, errors: usize) -> Option<Diagnostic> {
    let more = count.checked_sub(max).filter(|it| *it != 0)?;
    let mut finding = Diagnostic::whole_file(file, format!("{more} more findings in this file"), None);
    if errors == 0 {
        finding.severity = Severity::Warning;
    }
    Some(finding)
}
