//! What a plain scalar is: the core schema (YAML 1.2.2, 10.3.2), in which `NO` is text.

use serde_json::{Number, Value};

/// A number that no manifest can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotFinite;

/// Interprets a scalar without quotes.
pub(super) fn interpret(text: &str) -> Result<Value, NotFinite> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Value::Null),
        "true" | "True" | "TRUE" => return Ok(Value::Bool(true)),
        "false" | "False" | "FALSE" => return Ok(Value::Bool(false)),
        ".nan" | ".NaN" | ".NAN" => return Err(NotFinite),
        _ => (),
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return Err(NotFinite);
    }
    if let Some(number) = radix(text, "0x", 16).or_else(|| radix(text, "0o", 8)) {
        return Ok(Value::Number(number));
    }
    if is_integer(unsigned)
        && let Some(number) = integer(text)
    {
        return Ok(Value::Number(number));
    }
    if is_float(unsigned) {
        let number = text.parse::<f64>().map_err(|_| NotFinite)?;
        return Number::from_f64(number).map(Value::Number).ok_or(NotFinite);
    }
    Ok(Value::String(text.to_owned()))
}

fn radix(text: &str, prefix: &str, base: u32) -> Option<Number> {
    let digits = text.strip_prefix(prefix)?;
    let valid = !digits.is_empty() && digits.chars().all(|it| it.is_digit(base));
    valid.then(|| u64::from_str_radix(digits, base).ok().map(Number::from)).flatten()
}

fn is_integer(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit())
}

fn integer(text: &str) -> Option<Number> {
    let text = text.strip_prefix('+').unwrap_or(text);
    text.parse::<u64>().map(Number::from).or_else(|_| text.parse::<i64>().map(Number::from)).ok()
}

/// `(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_float(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let digits = |it: &str| it.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa_valid = match mantissa.split_once('.') {
        Some(("", fraction)) => !fraction.is_empty() && digits(fraction),
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => is_integer(mantissa),
    };
    mantissa_valid && exponent.is_none_or(|it| is_integer(it.strip_prefix(['-', '+']).unwrap_or(it)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn norway_is_text_and_so_are_times_and_underscores() {
        for text in
            ["NO", "no", "on", "off", "y", "Yes", "12:30", "1_000", "0x", "1.2.3", "-", "+", ".", "e5"]
        {
            assert_eq!(interpret(text), Ok(json!(text)), "{text}");
        }
    }

    #[test]
    fn numbers_switches_and_nothing_are_what_they_look_like() {
        for (text, value) in [
            ("0042", json!(42)),
            ("-7", json!(-7)),
            ("+7", json!(7)),
            ("0x1F", json!(31)),
            ("0o17", json!(15)),
            ("1.5", json!(1.5)),
            ("1e3", json!(1000.0)),
            ("True", json!(true)),
            ("~", json!(null)),
            ("", json!(null)),
        ] {
            assert_eq!(interpret(text), Ok(value), "{text}");
        }
        assert_eq!(interpret("-.inf"), Err(NotFinite));
        assert_eq!(interpret("1e999"), Err(NotFinite));
    }
}
