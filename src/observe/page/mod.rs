//! The page: how each policy does, for people. It only reads, and works without a script.
//!
//! All names in it come from a directory that others write to: [`maud`] escapes each text, and characters that would
//! turn the direction of writing are shown as what they are.

mod explanation;
mod frame;
mod health;
mod moment;
mod overview;
mod plan;
mod policy;
mod run;
mod table;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use maud::Markup;
use serde::Deserialize;

use super::picture::Picture;
use super::server::{Answers, Explained, Overview, Past};
use crate::render::STYLE;

type Shared = State<Arc<dyn Answers>>;

/// Where everything is.
pub(super) fn routes() -> Router<Arc<dyn Answers>> {
    Router::new()
        .route("/", get(overview))
        .route("/policy/{name}", get(policy))
        .route("/policy/{name}/run/{number}", get(run))
        .route("/policy/{name}/explain", get(explanation))
        .route("/style.css", get(|| async { asset("text/css; charset=utf-8", STYLE) }))
        .route("/icon.svg", get(|| async { asset("image/svg+xml", include_str!("icon.svg")) }))
        .fallback(|| async { frame::missing("There is no such page.") })
        .method_not_allowed_fallback(|| async {
            (StatusCode::METHOD_NOT_ALLOWED, "This only answers GET.\n")
        })
}

fn asset(kind: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

fn shown(page: Markup) -> Response {
    Html(page.into_string()).into_response()
}

/// Whether the page comes again by itself.
#[derive(Clone, Copy, Debug, Deserialize)]
struct Again {
    refresh: Option<Refresh>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Refresh {
    Off,
}

async fn overview(State(answers): Shared, Query(again): Query<Again>) -> Response {
    shown(overview::page(&answers.overview(), again.refresh.is_none()))
}

/// One of the policies.
fn find(overview: &Overview, name: &str) -> Result<Picture, Refusal> {
    let found = overview.policies.iter().find(|it| it.title.policy == name);
    found.cloned().ok_or(Refusal::Missing("There is no such policy."))
}

async fn policy(
    State(answers): Shared,
    Path(name): Path<String>,
    Query(again): Query<Again>,
) -> Result<Response, Refusal> {
    let overview = answers.overview();
    let picture = find(&overview, &name)?;
    let past = at_leisure({
        let picture = picture.clone();
        move || answers.past(&picture)
    });
    let past: Result<Past, String> = past.await?;
    Ok(shown(policy::page(&overview, &picture, &past, again.refresh.is_none())))
}

async fn run(State(answers): Shared, Path((name, number)): Path<(String, i64)>) -> Result<Response, Refusal> {
    let overview = answers.overview();
    find(&overview, &name)?;
    match at_leisure(move || answers.run(number)).await? {
        Ok(Some((run, changes))) if run.policy == name => Ok(shown(run::page(&overview, &run, &changes))),
        Ok(_) => Err(Refusal::Missing("The records have no such run of this policy.")),
        Err(why) => Err(Refusal::Records(why)),
    }
}

/// What somebody looks for.
#[derive(Debug, Deserialize)]
struct Question {
    #[serde(default)]
    who: String,
}

/// A distinguished name is shorter.
const WHO_MAX: usize = 1_000;

async fn explanation(
    State(answers): Shared,
    Path(name): Path<String>,
    Query(question): Query<Question>,
) -> Result<Response, Refusal> {
    let overview = answers.overview();
    find(&overview, &name)?;
    let who: String = question.who.trim().chars().take(WHO_MAX).collect();
    let found = if who.is_empty() { None } else { Some(answers.explain(&name, &who).await) };
    let status = match &found {
        None | Some(Explained::Text(_)) => StatusCode::OK,
        Some(Explained::Nobody(_)) => StatusCode::NOT_FOUND,
        Some(Explained::Busy | Explained::Failed(_)) => StatusCode::SERVICE_UNAVAILABLE,
    };
    Ok((status, shown(explanation::page(&overview, &name, &who, found.as_ref()))).into_response())
}

/// What waits for the disk does so where nobody waits for it.
async fn at_leisure<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Refusal::Broken)
}

/// Why a page is not shown.
enum Refusal {
    Missing(&'static str),
    /// The records cannot be read.
    Records(String),
    /// Work on it came to an end too early.
    Broken,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Missing(words) => frame::missing(words).into_response(),
            Self::Records(why) => {
                (StatusCode::SERVICE_UNAVAILABLE, frame::trouble("The records cannot be read", &why))
                    .into_response()
            }
            Self::Broken => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    }
}
