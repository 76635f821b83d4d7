//! Plans as JSON, Markdown and HTML, patches, and how policies stand.

mod html;
mod json;
mod markdown;
mod patch;
pub(crate) mod pseudonymous;
mod status;
