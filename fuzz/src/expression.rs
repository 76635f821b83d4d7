//! Expressions: compiled or refused with a place, and evaluated on somebody.
//!
//! It does not know how a policy uses it.

use samesign::model::AttributeNamesBuilder;
use samesign::policy::Expression;

use super::person::Person;

/// Longer ones are refused unread; libFuzzer need not find that out again and again.
const LENGTH_MAX: usize = 4096;

/// Compiles a text, and evaluates it.
pub fn read(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if LENGTH_MAX < text.len() {
        return;
    }
    let mut names = AttributeNamesBuilder::new();
    match Expression::compile(text, &mut names) {
        Ok(expression) => {
            let _value = expression.evaluate(&Person::new(names).view());
        }
        Err(error) => {
            assert!(text.get(error.span.clone()).is_some(), "a place inside of the text: {error:?}");
        }
    }
}
