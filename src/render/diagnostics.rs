//! Findings in manifests, as text with the place, the offending lines and a hint.
//!
//! It does not decide about colour or where the text goes.

use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::manifest::{Diagnostic, Severity, Source};

use super::paint::Paint;

/// All findings, one after the other, and a closing line that counts them.
pub fn diagnostics(findings: &[Diagnostic], paint: Paint) -> String {
    let mut text = String::new();
    for finding in findings {
        text.push_str(&diagnostic(finding, paint));
        text.push_str("\n\n");
    }
    text.push_str(&summary(findings));
    text
}

/// `2 errors, 1 warning`, or nothing.
fn summary(findings: &[Diagnostic]) -> String {
    let count = |severity| findings.iter().filter(|it| it.severity == severity).count();
    let words = |count: usize, one: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        more => Some(format!("{more} {one}s")),
    };
    let parts: Vec<String> =
        [words(count(Severity::Error), "error"), words(count(Severity::Warning), "warning")]
            .into_iter()
            .flatten()
            .collect();
    if parts.is_empty() { String::new() } else { format!("{}\n", parts.join(", ")) }
}

/// One finding, without a line break at the end.
pub fn diagnostic(finding: &Diagnostic, paint: Paint) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let path = finding.file.path.display().to_string();
    let title = level.primary_title(finding.title.as_str());
    let mut group = Group::with_title(title);
    let primary = finding.span.as_ref().map(|span| Window::around(&finding.file, span));
    group = match &primary {
        Some(window) => window.show(group, &path, AnnotationKind::Primary, &finding.label),
        None => group.element(Origin::path(path.as_str())),
    };
    let related: Vec<(String, Window<'_>, &str)> = finding
        .related
        .iter()
        .map(|it| {
            let path = it.file.path.display().to_string();
            (path, Window::around(&it.file, &it.span), it.label.as_str())
        })
        .collect();
    for (path, window, label) in &related {
        group = window.show(group, path, AnnotationKind::Context, label);
    }
    if let Some(hint) = &finding.hint {
        group = group.element(Level::HELP.with_name("hint").message(hint.as_str()));
    }
    let renderer = match paint {
        Paint::Colour => Renderer::styled(),
        Paint::Plain => Renderer::plain(),
    };
    renderer.decor_style(DecorStyle::Ascii).render(&[group])
}

/// Most bytes of a line before and after the place that are shown; nobody reads more.
const CONTEXT_BYTES_MAX: usize = 1000;

/// The first line of a span: enough to show where, whatever the span covers.
struct Window<'a> {
    text: &'a str,
    line: usize,
    column: usize,
    mark: Range<usize>,
}

impl<'a> Window<'a> {
    fn around(file: &'a Source, span: &Range<usize>) -> Self {
        let text = file.text();
        let mut at = span.start.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let (line, column) = file.position(at);
        let start = text[..at].rfind('\n').map_or(0, |it| it + 1);
        let mut end = text[at..].find('\n').map_or(text.len(), |it| at + it).min(at + CONTEXT_BYTES_MAX);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let shown = text[start..end].trim_end_matches('\r');
        // The place can lie on a line break that is not shown.
        let from = (at - start).min(shown.len());
        let to = span.end.saturating_sub(start).clamp(from, shown.len());
        Self { text: shown, line, column, mark: from..to }
    }

    /// Adds the line and the mark; of a place far to the right, only where it is.
    fn show(&'a self, group: Group<'a>, path: &'a str, kind: AnnotationKind, label: &'a str) -> Group<'a> {
        if CONTEXT_BYTES_MAX < self.mark.start {
            return group.element(Origin::path(path).line(self.line).char_column(self.column));
        }
        let mark = kind.span(self.mark.clone());
        let mark = if label.is_empty() { mark } else { mark.label(label) };
        group.element(Snippet::source(self.text).line_start(self.line).path(path).annotation(mark))
    }
}
