//! What the operator decided: filters, expressions and exclusions.

mod company;
mod exclusions;
mod filter;
mod filter_properties;
