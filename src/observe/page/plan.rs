//! Texts that the command line prints, as they stand there.

use maud::{Markup, html};

/// A text that the command line prints. A line that does something is coloured by its sign, which stays there to read.
pub(super) fn printed(text: &str, label: &str) -> Markup {
    html! {
        pre.printed tabindex="0" role="region" aria-label=(label) {
            @for line in text.trim_end().lines() {
                @match class(line) {
                    Some(class) => span.(class) { (line) },
                    None => (line),
                }
                "\n"
            }
        }
    }
}

fn class(line: &str) -> Option<&'static str> {
    match line.get(..2)? {
        "+ " => Some("add"),
        "~ " => Some("change"),
        "- " | "x " => Some("remove"),
        "! " | "? " => Some("held"),
        ". " => Some("quiet"),
        _ => None,
    }
}
