//! An `Approval` manifest as text: what `samesign approve` writes and `manifest` reads back.
//!
//! Who approves, why and until when is decided by the caller.

use std::fmt::Write as _;

use jiff::Timestamp;

use crate::plan::{Change, Guard};

use super::outcome::deed;
use super::words;

/// What an approval says.
#[derive(Clone, Debug)]
pub struct ApprovalText<'a> {
    /// Name of the manifest.
    pub name: &'a str,
    /// Name of the policy.
    pub policy: &'a str,
    /// Id of the plan in which the changes were seen.
    pub plan: &'a str,
    /// Why.
    pub reason: &'a str,
    /// Who.
    pub by: &'a str,
    /// From then on it counts for nothing.
    pub expires: Timestamp,
    /// What it lets run.
    pub changes: Vec<&'a Change>,
}

/// The manifest, in the order of the fields that the user guide shows.
pub fn approval_yaml(approval: &ApprovalText<'_>) -> String {
    let ApprovalText { name, policy, plan, reason, by, expires, changes } = approval;
    let mut text = String::from("apiVersion: samesign.dev/v1alpha1\nkind: Approval\n");
    let _infallible = writeln!(text, "metadata: {{name: {}}}\nspec:", scalar(name));
    let _infallible = writeln!(text, "  policy: {}", scalar(policy));
    let _infallible = writeln!(text, "  plan: {}", quoted(plan));
    let _infallible = writeln!(text, "  reason: {}", quoted(reason));
    let _infallible = writeln!(text, "  by: {}", scalar(by));
    let _infallible = writeln!(text, "  expires: {expires}\n  changes:");
    for change in changes {
        let what = quoted(&held_words(change));
        let _infallible =
            writeln!(text, "    - digest: {}\n      what: {what}", quoted(&change.digest().to_string()));
    }
    text
}

/// `block user eve@contoso.com, deleted in AD`.
pub fn held_words(change: &Change) -> String {
    format!("{}, {}", deed(change), words::name(&words::reason(change)))
}

/// A held change that no approval releases, and what helps instead.
pub fn unreleasable_line(change: &Change) -> String {
    let Some(hold) = change.held() else { return String::new() };
    let instead = if hold.guard == Guard::Protected {
        ": bring it back into scope, or change what the policy protects"
    } else {
        ""
    };
    format!(
        "no approval releases: {}\n    held by {}: {}{instead}\n",
        held_words(change),
        hold.guard.word(),
        words::name(&hold.reason)
    )
}

/// A scalar without quotation marks where nothing can be misread: a name, or a mail address.
fn scalar(text: &str) -> String {
    const WORDS: [&str; 9] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let is_plain = text.starts_with(|it: char| it.is_ascii_alphabetic())
        && text.chars().all(|it| it.is_ascii_alphanumeric() || matches!(it, '.' | '-' | '_' | '@'))
        && !WORDS.contains(&text.to_lowercase().as_str());
    if is_plain { text.to_owned() } else { quoted(text) }
}

/// A double-quoted scalar on one line (YAML 1.2.2, section 7.3.1): the same text to every parser, whatever
/// is in it.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for it in text.chars() {
        match it {
            '"' | '\\' => quoted.extend(['\\', it]),
            '\n' => quoted.push_str("\\n"),
            // Not printable (section 5.1), a line break to older parsers, or misleading to people.
            _ if words::misleads(it)
                || matches!(it, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}') =>
            {
                let _infallible = write!(quoted, "\\U{:08X}", u32::from(it));
            }
            _ => quoted.push(it),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use proptest::proptest;

    use super::{quoted, scalar};
    use crate::manifest::yaml;

    proptest! {
        #[test]
        fn every_text_comes_back_as_it_was(text in "(?s).{0,40}|[ \t#:'\"{}\\[\\],&*!|>%@`~0-9a-f.+-]{0,12}") {
            for written in [quoted(&text), scalar(&text)] {
                let documents = yaml::parse(&format!("{{it: {written}}}\n")).documents;
                let json = documents.first().map(yaml::Node::to_json);
                assert_eq!(json, Some(serde_json::json!({"it": text})), "{written}");
                let other: serde_json::Value = serde_yaml::from_str(&format!("it: {written}\n")).unwrap();
                assert_eq!(other, serde_json::json!({"it": text}), "{written}");
            }
        }
    }
}
