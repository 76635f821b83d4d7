//! The effect as Markdown, for a comment on a merge request: the verdict and counts, lists folded.

use std::fmt::Write as _;

use crate::plan::{Class, Effect};
use crate::render::markdown::escape;

use super::phrases::{self, Entry};
use super::{Compared, Section, verdict};

/// Entries of a section that are listed; more are counted.
const SHOWN_MAX: usize = 50;
/// A comment has a size limit (GitHub 65,536 characters), and one entry may have some thousands.
const LENGTH_MAX: usize = 45_000;

/// The effects on all policies.
pub fn effect_markdown(compared: &Compared<'_>) -> String {
    let mut out = String::new();
    let _infallible = write_effects(&mut out, compared);
    out
}

fn write_effects(out: &mut String, compared: &Compared<'_>) -> std::fmt::Result {
    let Compared { revision, commit, effects } = compared;
    writeln!(out, "### samesign effect: {}\n", escape(&verdict(effects)))?;
    let silent: Vec<String> =
        effects.iter().filter(|it| it.is_empty()).map(|it| escape(&it.policy)).collect();
    for effect in effects.iter().filter(|it| !it.is_empty()) {
        write_effect(out, effect)?;
    }
    if !silent.is_empty() && silent.len() != effects.len() {
        writeln!(out, "Nothing changes for: {}\n", cut(&silent.join(", ")))?;
    }
    writeln!(out, "<sub>compared with {} ({})</sub>", cut(&escape(revision)), escape(commit))
}

fn write_effect(out: &mut String, effect: &Effect) -> std::fmt::Result {
    if LENGTH_MAX < out.len() {
        return writeln!(out, "- policy {}: … (`--format json` lists all)\n", escape(&effect.policy));
    }
    let Effect { policy, directory, tenant, .. } = effect;
    writeln!(out, "#### {}: {} → {}\n", escape(policy), escape(directory), escape(tenant))?;
    if let Some(words) = phrases::presence(effect) {
        writeln!(out, "{}\n", escape(&words))?;
    }
    for unknown in phrases::unknown(effect) {
        writeln!(out, "> :warning: {}\n", cut(&escape(&unknown)))?;
    }
    Section::ALL.iter().try_for_each(|it| write_section(out, effect, *it))
}

fn write_section(out: &mut String, effect: &Effect, section: Section) -> std::fmt::Result {
    let (count, entries) = phrases::entries(effect, section, SHOWN_MAX);
    if count == 0 {
        return Ok(());
    }
    let grave = matches!(section, Section::Objects(Class::Admins | Class::Leaving) | Section::Loosened);
    let warning = if grave { ":warning: " } else { "" };
    writeln!(out, "<details><summary>{warning}{} ({count})</summary>\n", section.title())?;
    let mut listed = 0;
    for entry in &entries {
        if LENGTH_MAX < out.len() {
            break;
        }
        write_entry(out, entry)?;
        listed += 1;
    }
    if listed < count {
        writeln!(out, "- … and {} more (`--format json` lists all)", count - listed)?;
    }
    if section == Section::Objects(Class::Leaving) {
        writeln!(out, "\n{}", phrases::LEAVERS)?;
    }
    writeln!(out, "\n</details>\n")
}

fn write_entry(out: &mut String, entry: &Entry) -> std::fmt::Result {
    let Entry { kind, name, says, details } = entry;
    let kind = if kind.is_empty() { String::new() } else { format!("{kind} ") };
    let says = if says.is_empty() { String::new() } else { format!(": {}", escape(says)) };
    writeln!(out, "- {kind}**{}**{says}", escape(name))?;
    details.iter().try_for_each(|(property, what)| writeln!(out, "  - {property}: {}", escape(what)))
}

/// A line of the operator's own is not worth a whole comment.
fn cut(text: &str) -> String {
    text.chars().take(2000).collect()
}
