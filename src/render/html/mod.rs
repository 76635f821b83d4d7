//! Plans, and what a change of policy does, as one page of HTML: a file to send or to keep beside a change request.
//!
//! It needs no script and loads nothing. Names in it come from a directory that others write to: [`maud`] escapes each
//! text, and characters that would turn the direction of writing are shown as what they are.

mod plan;

pub use self::plan::plans_html;
pub(super) use self::plan::plans_page;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::words;

/// How pages look, on a screen, on a phone, in the dark and on paper.
pub const STYLE: &str = include_str!("style.css");

/// Entries of one list; more are counted, since browsers are slow with very long pages.
pub(super) const SHOWN_MAX: usize = 1000;
/// Lists longer than this are folded.
const OPEN_MAX: usize = 20;

/// A whole page.
pub(super) fn page(title: &str, main: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · samesign" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header { p.brand { "samesign" } }
                main #main { h1 { (title) } (main) }
                footer { p { "samesign " (env!("CARGO_PKG_VERSION")) ". All times are UTC." } }
            }
        }
    };
    page.into_string() + "\n"
}

/// One thing of a list: what it is, and what there is to say of its properties.
pub(super) struct Item<'a> {
    pub(super) kind: &'a str,
    pub(super) name: &'a str,
    pub(super) says: String,
    pub(super) details: Vec<(&'static str, String)>,
}

/// A list under its heading, `count` long; nothing if that is none.
pub(super) fn list<'a>(
    heading: &str,
    class: &str,
    count: usize,
    items: impl Iterator<Item = Item<'a>>,
) -> Markup {
    html! {
        @if 0 < count {
            details.list open[count <= OPEN_MAX] {
                summary { (heading) " (" (count) ")" }
                ul {
                    @for Item { kind, name, says, details } in items.take(SHOWN_MAX) {
                        li {
                            p {
                                @if !kind.is_empty() { span.quiet { (kind) " " } }
                                strong { (words::name(name)) }
                                @if !says.is_empty() { " " span.(class) { (words::name(&says)) } }
                            }
                            @if !details.is_empty() {
                                dl.facts {
                                    @for (label, value) in details { dt { (label) } dd { (words::name(&value)) } }
                                }
                            }
                        }
                    }
                }
                @if SHOWN_MAX < count { p.quiet { "… and " (count - SHOWN_MAX) " more: --format json lists all" } }
            }
        }
    }
}
