//! One run: what was done, with values before and after.

use maud::{Markup, html};

use super::frame::{Place, page as framed};
use super::plan::printed;
use crate::model::{PastChange, PastRun};
use crate::observe::Overview;
use crate::render::{Paint, run_text};

pub(super) fn page(overview: &Overview, run: &PastRun, changes: &[PastChange]) -> Markup {
    let title = format!("Run {}", run.number);
    let all = run.done as usize + run.failed as usize;
    let main = html! {
        h1 { (title) " of " (run.policy) }
        p.quiet { "It is what " code { "samesign history " (run.number) } " prints." }
        @if changes.len() < all {
            p { "The first " (changes.len()) " of " (all) " changes are shown; the command prints all." }
        }
        (printed(&run_text(run, changes, Paint::Plain), "Changes of the run"))
    };
    let place = Place { title: &title, policy: Some(&run.policy), again: None };
    framed(overview, &place, &main)
}
