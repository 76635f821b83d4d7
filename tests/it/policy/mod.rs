//! What the operator decided: filters, expressions and exclusions.

mod company;
mod filter;
mod filter_properties;
