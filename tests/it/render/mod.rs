//! Plans as JSON and Markdown, and patches.

mod json;
mod markdown;
mod patch;
