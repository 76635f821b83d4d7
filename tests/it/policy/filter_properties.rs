//! Properties of filters: printing and reading are inverse, nothing panics, and a plain model agrees.

use proptest::prelude::*;
use samesign::model::AttributeNamesBuilder;
use samesign::policy::{Filter, Truth};

use super::company::{ADA, CHARLES, Company, STAFF, company};

fn condition() -> impl Strategy<Value = String> {
    prop_oneof![
        "(sn|mail|title|proxyAddresses)(=|>=|<=|~=)[a-zA-Zäö@ ]{1,6}",
        "(sn|mail|displayName)=[a-z]{0,2}\\*[a-zé]{0,2}\\*?[a-z]{0,2}",
        "(userAccountControl|accountExpires|badPwdCount)(=|>=|<=)-?[0-9]{1,9}",
        "userAccountControl:1\\.2\\.840\\.113556\\.1\\.4\\.80[34]:=[0-9]{1,9}",
        "(sn|cn|unixHomeDirectory)=(\\\\[0-7][0-9a-f]|x){1,4}",
        Just(format!("memberOf={STAFF}")),
        Just(format!("manager={CHARLES}")),
        Just("objectCategory=person".to_owned()),
        "(title|member|isDeleted)=\\*",
    ]
}

fn filter() -> impl Strategy<Value = String> {
    condition().prop_map(|it| format!("({it})")).prop_recursive(5, 40, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|it| format!("(& {} )", it.join(" "))),
            prop::collection::vec(inner.clone(), 0..4).prop_map(|it| format!("(|{})", it.concat())),
            inner.prop_map(|it| format!("( !{it})")),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_printed_reads_as_the_same_filter(text in filter()) {
        let mut names = AttributeNamesBuilder::new();
        let first = Filter::parse(&text, &mut names).unwrap();
        let printed = first.to_string();
        let second = Filter::parse(&printed, &mut names).unwrap();
        prop_assert_eq!(second.to_string(), printed);
        let objects = company(names);
        for dn in [ADA, CHARLES, STAFF] {
            prop_assert_eq!(first.evaluate(&objects.named(dn)), second.evaluate(&objects.named(dn)));
        }
    }

    #[test]
    fn a_negation_swaps_true_and_false(text in filter()) {
        let mut names = AttributeNamesBuilder::new();
        let plain = Filter::parse(&text, &mut names).unwrap();
        let negated = Filter::parse(&format!("(!{text})"), &mut names).unwrap();
        let objects = company(names);
        let ada = objects.named(ADA);
        prop_assert_eq!(negated.evaluate(&ada), !plain.evaluate(&ada));
    }

    #[test]
    fn nothing_panics_on_any_text(text in ".{0,60}", noise in "[()&|!=*:\\\\a-c1é ]{0,60}") {
        for text in [text, noise] {
            let mut names = AttributeNamesBuilder::new();
            match Filter::parse(&text, &mut names) {
                Ok(filter) => {
                    filter.evaluate(&company(names).named(ADA));
                }
                Err(error) => prop_assert!(text.get(error.span.clone()).is_some(), "{:?}", error),
            }
        }
    }

    #[test]
    fn nothing_panics_on_any_value(
        text in filter(),
        name in "(sn|mail|userAccountControl|accountExpires|objectSid|memberOf|manager)",
        value in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let mut names = AttributeNamesBuilder::new();
        let filter = Filter::parse(&text, &mut names).unwrap();
        let values: &[(&str, &[u8])] = &[("objectClass", b"user"), (&name, &value)];
        let objects = Company::new(names).entry(ADA, values, &[]).read();
        filter.evaluate(&objects.named(ADA));
    }

    /// The model: lower-case both and use the library's own search.
    #[test]
    fn wildcards_agree_with_a_plain_model(value in "[abAB]{0,8}", pieces in prop::collection::vec("[abAB]{0,2}", 2..5)) {
        let mut names = AttributeNamesBuilder::new();
        let filter = Filter::parse(&format!("(sn={})", pieces.join("*")), &mut names).unwrap();
        let values: &[(&str, &[u8])] = &[("objectClass", b"user"), ("sn", value.as_bytes())];
        let objects = Company::new(names).entry(ADA, values, &[]).read();
        let lower: Vec<String> = pieces.iter().map(|it| it.to_lowercase()).collect();
        let expected = like(&value.to_lowercase(), &lower);
        prop_assert_eq!(filter.evaluate(&objects.named(ADA)) == Truth::True, expected);
    }
}

/// Wildcard match by trying every split.
fn like(value: &str, pieces: &[String]) -> bool {
    match pieces {
        [] => false,
        [last] => value == last,
        [first, rest @ ..] => value
            .strip_prefix(first.as_str())
            .is_some_and(|tail| (0..=tail.len()).any(|at| like(&tail[at..], rest))),
    }
}
