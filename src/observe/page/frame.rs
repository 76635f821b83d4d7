//! What all pages have around them.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse};
use maud::{DOCTYPE, Markup, html};

use super::moment::moment;
use crate::observe::Overview;

/// A page comes again by itself after so many seconds.
const AGAIN_AFTER: u32 = 30;

/// Where a page is.
pub(super) struct Place<'a> {
    /// What it is about.
    pub(super) title: &'a str,
    /// The policy that it is below.
    pub(super) policy: Option<&'a str>,
    /// Whether it comes again by itself; `None` for one that never does.
    pub(super) again: Option<bool>,
}

/// A whole page.
pub(super) fn page(overview: &Overview, place: &Place<'_>, main: &Markup) -> Markup {
    let Place { title, policy, again } = place;
    let foot = html! {
        footer {
            p { "As of " (moment(overview.now, None)) ". " (refreshing(*again)) }
            p { "samesign " (env!("CARGO_PKG_VERSION")) " on " (overview.host) ". This page only reads; all times are UTC." }
        }
    };
    let trail = html! {
        nav aria-label="Where you are" {
            ol.trail {
                li { a href="/" { "All policies" } }
                @if let Some(policy) = policy {
                    li { a href={ "/policy/" (policy) } { (policy) } }
                }
                li aria-current="page" { (title) }
            }
        }
    };
    let trail = if *title == OVERVIEW {
        html! {}
    } else {
        trail
    };
    bare(title, *again == Some(true), &html! { (trail) main #main { (main) } (foot) })
}

/// What the first page is called.
pub(super) const OVERVIEW: &str = "All policies";

/// Whoever reads slowly, or listens, can keep the page still.
fn refreshing(again: Option<bool>) -> Markup {
    match again {
        None => html! {},
        Some(true) => html! {
            "It comes again every " (AGAIN_AFTER) " s; " a href="?refresh=off" { "keep it as it is" } "."
        },
        Some(false) => html! { "It stays as it is; " a href="?" { "let it come again by itself" } "." },
    }
}

fn bare(title: &str, comes_again: bool, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                @if comes_again {
                    meta http-equiv="refresh" content=(AGAIN_AFTER);
                }
                title { (title) " · samesign" }
                link rel="icon" href="/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/style.css";
            }
            body {
                a.skip href="#main" { "To the content" }
                header { p.brand { a href="/" { img src="/icon.svg" alt="" width="22" height="22"; "samesign" } } }
                (body)
            }
        }
    }
}

/// A page that is not there.
pub(super) fn missing(words: &str) -> impl IntoResponse + use<> {
    (StatusCode::NOT_FOUND, trouble("Not found", words))
}

/// A page that cannot be shown, and why.
pub(super) fn trouble(title: &str, words: &str) -> Html<String> {
    let body = html! {
        main #main {
            h1 { (title) }
            p { (crate::render::one_line(words)) }
            p { a href="/" { "All policies" } }
        }
    };
    Html(bare(title, false, &body).into_string())
}
