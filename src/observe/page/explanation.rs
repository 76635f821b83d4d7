//! One object: what there is to say about it.

use maud::{Markup, html};

use super::frame::{Place, page as framed};
use super::plan::printed;
use crate::observe::{Explained, Overview};
use crate::render::one_line;

pub(super) fn page(overview: &Overview, policy: &str, who: &str, found: Option<&Explained>) -> Markup {
    let main = html! {
        h1 { "Explain one object" }
        (form(policy, who))
        @match found {
            None => {}
            Some(Explained::Text(text)) => {
                h2 { (one_line(who)) }
                p.quiet { "It is what " code { "samesign explain --policy " (policy) } " prints, read just now." }
                (printed(text, "Explanation"))
            }
            Some(Explained::Nobody(suggestions)) => {
                h2 { "Nobody is called so" }
                p { "Neither the directory nor the tenant of this policy has " (one_line(who)) "." }
                @if !suggestions.is_empty() {
                    p { "There are: " (suggestions.iter().map(|it| one_line(it)).collect::<Vec<_>>().join(", ")) }
                }
            }
            Some(Explained::Busy) => {
                h2 { "Somebody else is being explained" }
                p { "Both sides are read for it, for one object at a time. Ask again in a moment." }
            }
            Some(Explained::Failed(why)) => {
                h2 { "A side cannot be read" }
                @for line in why.lines() { p { (one_line(line)) } }
            }
        }
    };
    let place = Place { title: "Explain", policy: Some(policy), again: None };
    framed(overview, &place, &main)
}

/// Where somebody can be asked for.
pub(super) fn form(policy: &str, who: &str) -> Markup {
    html! {
        form action={ "/policy/" (policy) "/explain" } method="get" role="search" {
            label for="who" { "Who or what" }
            input #who name="who" value=(one_line(who)) required maxlength="1000" autocomplete="off"
                autocapitalize="none" spellcheck="false" aria-describedby="who-help";
            button { "Explain" }
            p.quiet #who-help {
                "User name, mail address, account or group name, DN, objectGUID, anchor or id in the tenant. "
                "Both sides are read anew for it, which takes as long as a look; nothing is written."
            }
        }
    }
}
