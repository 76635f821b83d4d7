//! LDAP filters: what is printed reads as the same filter, and says the same of somebody.
//!
//! It does not know how a policy uses it.

use samesign::model::AttributeNamesBuilder;
use samesign::policy::Filter;

use super::person::Person;

/// Parses a text as a filter.
pub fn read(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut names = AttributeNamesBuilder::new();
    let filter = match Filter::parse(text, &mut names) {
        Ok(filter) => filter,
        Err(error) => {
            assert!(text.get(error.span.clone()).is_some(), "a place inside of the text: {error:?}");
            return;
        }
    };
    let printed = filter.to_string();
    let again = Filter::parse(&printed, &mut names).expect("what was printed can be parsed");
    assert_eq!(again.to_string(), printed);
    let person = Person::new(names);
    assert_eq!(filter.evaluate(&person.view()), again.evaluate(&person.view()));
    let _part = filter.failing(&person.view());
}
