//! Properties of expressions: nothing panics, errors point into the text, reading twice gives the same.

use proptest::prelude::*;
use samesign::model::AttributeNamesBuilder;
use samesign::policy::Expression;

use super::company::{ADA, company};

fn token() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "ad",
        ".",
        "sn",
        "mail",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "'a'",
        "\"ä\"",
        "1",
        "2u",
        "1.5",
        "true",
        "null",
        "+",
        "-",
        "*",
        "/",
        "%",
        "==",
        "!=",
        "<",
        "&&",
        "||",
        "!",
        "?",
        ":",
        ",",
        " ",
        "in ",
        "has(",
        "x",
        ".map(x,",
        ".filter(x,",
        ".exists(x,",
        ".lower()",
        ".split('')",
        ".join()",
        "size(",
        "memberOf('a=b')",
        ".?",
        ".orValue(",
        "ad.sn",
        "ad.proxyAddresses",
        "ad['mail']",
        "'",
        "\"",
        "\\",
        "\n",
        "é",
        "`",
        "b'x'",
    ])
}

fn run(text: &str) -> Result<(), TestCaseError> {
    let mut names = AttributeNamesBuilder::new();
    match Expression::compile(text, &mut names) {
        Ok(expression) => {
            let objects = company(names);
            let first = expression.evaluate(&objects.named(ADA));
            prop_assert_eq!(first, expression.evaluate(&objects.named(ADA)));
        }
        Err(error) => prop_assert!(text.get(error.span.clone()).is_some(), "{:?}", error),
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn nothing_panics_on_any_tokens(tokens in prop::collection::vec(token(), 0..25)) {
        run(&tokens.concat())?;
    }

    #[test]
    fn nothing_panics_on_any_text(text in "\\PC{0,40}") {
        run(&text)?;
    }
}
