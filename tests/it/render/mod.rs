//! Plans as JSON and Markdown, patches, and how policies stand.

mod json;
mod markdown;
mod patch;
mod status;
