//! What the operator decided: filters, expressions and exclusions.

mod company;
mod exclusions;
mod expression;
mod expression_properties;
mod filter;
mod filter_properties;
