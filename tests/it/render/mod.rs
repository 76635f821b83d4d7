//! Plans as JSON and Markdown.

mod json;
mod markdown;
