//! The functions of Entra Connect's expressions that have an equivalent.
//!
//! Each does on the edges (`NULL`, too short a text, a number out of range) what its documentation says. A function
//! that is not here has no equivalent, and says so.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the forms that mean something are listed, and every other is as it is"
)]

use super::cel::Term;
use super::expression::{Expr, Untranslated};
use super::translation::{Kind, Translation, Value, attribute};

type Outcome = Result<Value, Untranslated>;

/// What a call comes to.
pub(super) fn call(it: &mut Translation<'_>, name: &str, arguments: &[Expr]) -> Outcome {
    let is = |word: &str| name.eq_ignore_ascii_case(word);
    match arguments {
        [condition, yes, no] if is("IIF") => choice(it, &[(condition, yes)], Some(no)),
        pairs if is("Switch") && !pairs.is_empty() && pairs.len().is_multiple_of(2) => {
            let pairs: Vec<_> = pairs.chunks_exact(2).map(|it| (&it[0], &it[1])).collect();
            choice(it, &pairs, None)
        }
        [of] if is("IsNull") => Ok(switch(it.value(of)?.absent)),
        [of] if is("IsNullOrEmpty") => Ok(switch(Term::not(is_present(it.value(of)?)))),
        [of] if is("IsPresent") => Ok(switch(is_present(it.value(of)?))),
        [of] if is("CBool") => Ok(switch(it.condition(of)?)),
        [of] if is("CStr") => it.text(of),
        [of] if is("Trim") => method(it, of, "trim"),
        [of] if is("LCase") => method(it, of, "lower"),
        [of] if is("UCase") => method(it, of, "upper"),
        [of] if is("Len") => {
            let of = it.text(of)?;
            let size = Term::size(of.term.clone());
            Ok(Value::certain(Value { term: size, ..of }.or(Term::Number(0)), Kind::Number))
        }
        [of, count] if is("Left") => {
            let count = it.number(count)?;
            cut(it, of, |text| left(text, count))
        }
        [of, count] if is("Right") => {
            let count = it.number(count)?;
            cut(it, of, |text| right(text, count))
        }
        [of, start, rest @ ..] if is("Mid") && rest.len() < 2 => {
            let start = it.number(start)?;
            let count = rest.first().map(|rest| it.number(rest)).transpose()?;
            cut(it, of, |text| middle(text, &start, count))
        }
        [of, Expr::Number(number), Expr::Text(delimiters)] if is("Word") => {
            if delimiters.is_empty() {
                return Err(Untranslated::because("Word has no delimiter"));
            }
            let (number, delimiters) = (*number, delimiters.clone());
            cut(it, of, |text| word(text, number, &delimiters))
        }
        [of, Expr::Text(old), Expr::Text(new)] if is("Replace") => replace(it, of, old, new),
        [of, part, rest @ ..] if is("InStr") => position(it, of, part, rest),
        [Expr::Text(name)] if is("ImportedValue") => attribute(name),
        [_] if is("Error") => {
            it.fails = true;
            Ok(Value { term: Term::Null, absent: Term::Switch(false), kind: Kind::Nothing })
        }
        _ => Err(Untranslated::because(format!("{} has no equivalent as it is used", name.escape_debug()))),
    }
}

const fn switch(term: Term) -> Value {
    Value { term, absent: Term::Switch(false), kind: Kind::Switch }
}

/// Attributes of the directory are never empty texts; what is made of them may be.
fn is_present(value: Value) -> Term {
    let present = value.present();
    if value.kind != Kind::Text
        || value.term.attribute().is_some_and(|_| matches!(value.term, Term::Attribute(_)))
    {
        return if value.kind == Kind::Nothing { Term::Switch(false) } else { present };
    }
    match &value.term {
        Term::Text(text) => Term::and(present, Term::Switch(!text.is_empty())),
        _ => Term::and(present, Term::binary("!=", value.term, Term::text(""))),
    }
}

/// `IIF` and `Switch`: the first condition that holds decides.
fn choice(it: &mut Translation<'_>, pairs: &[(&Expr, &Expr)], otherwise: Option<&Expr>) -> Outcome {
    let mut last = match otherwise {
        Some(expr) => it.value(expr)?,
        None => Value { term: Term::Null, absent: Term::Switch(true), kind: Kind::Nothing },
    };
    for (condition, value) in pairs.iter().rev() {
        let (condition, value) = (it.condition(condition)?, it.value(value)?);
        let kind = match (value.kind, last.kind) {
            (Kind::Nothing, kind) | (kind, Kind::Nothing) => kind,
            (one, other) if one == other => one,
            _ => return Err(Untranslated::because("its outcomes are values of different sorts")),
        };
        last = Value {
            term: Term::choice(condition.clone(), value.term, last.term),
            absent: Term::choice(condition, value.absent, last.absent),
            kind,
        };
    }
    Ok(last)
}

/// A function that makes `NULL` of `NULL`.
fn method(it: &mut Translation<'_>, of: &Expr, name: &'static str) -> Outcome {
    let of = it.text(of)?;
    Ok(Value { term: Term::method(of.term.clone(), name, Vec::new()), ..of })
}

/// A function that makes an empty text of `NULL`.
fn cut(it: &mut Translation<'_>, of: &Expr, cut: impl FnOnce(Term) -> Term) -> Outcome {
    let of = it.text(of)?;
    let term = Value { term: cut(of.term.clone()), ..of }.or(Term::text(""));
    Ok(Value::certain(term, Kind::Text))
}

fn less(left: Term, right: Term) -> Term {
    match (&left, &right) {
        (Term::Number(left), Term::Number(right)) => Term::Switch(left < right),
        _ => Term::binary("<", left, right),
    }
}

fn substring(text: Term, arguments: Vec<Term>) -> Term {
    Term::method(text, "substring", arguments)
}

/// The whole text if the number is negative or not below its length.
fn left(text: Term, count: Term) -> Term {
    if count == Term::Number(0) {
        return Term::text("");
    }
    let whole = Term::binary("<=", Term::size(text.clone()), count.clone());
    let whole = Term::or(less(count.clone(), Term::Number(0)), whole);
    Term::choice(whole, text.clone(), substring(text, vec![Term::Number(0), count]))
}

fn right(text: Term, count: Term) -> Term {
    if count == Term::Number(0) {
        return Term::text("");
    }
    let size = Term::size(text.clone());
    let whole = Term::binary("<=", size.clone(), count.clone());
    let whole = Term::or(less(count.clone(), Term::Number(0)), whole);
    Term::choice(whole, text.clone(), substring(text, vec![Term::binary("-", size, count)]))
}

/// The whole text if the beginning lies outside of it or the number is negative.
fn middle(text: Term, start: &Term, count: Option<Term>) -> Term {
    if count == Some(Term::Number(0)) {
        return Term::text("");
    }
    let size = Term::size(text.clone());
    let first = start.clone().plus(-1);
    let mut whole =
        Term::or(less(start.clone(), Term::Number(1)), Term::binary("<", size.clone(), start.clone()));
    let to_the_end = substring(text.clone(), vec![first.clone()]);
    let part = match count {
        None => to_the_end,
        Some(count) => {
            whole = Term::or(less(count.clone(), Term::Number(0)), whole);
            let end = match (&first, &count) {
                (Term::Number(first), Term::Number(count)) => Term::Number(first + count),
                _ => Term::sum("+", first.clone(), count),
            };
            let is_short = Term::binary("<=", size, end.clone());
            Term::choice(is_short, to_the_end, substring(text.clone(), vec![first, end]))
        }
    };
    Term::choice(whole, text, part)
}

/// The text between two delimiters, counted from one; delimiters next to each other have an empty word between.
fn word(text: Term, number: i64, delimiters: &str) -> Term {
    if number < 1 {
        return Term::text("");
    }
    let mut delimiters = delimiters.chars();
    let first = delimiters.next().unwrap_or_default().to_string();
    let same = delimiters.fold(text, |text, it| {
        Term::method(text, "replace", vec![Term::text(it), Term::text(first.clone())])
    });
    let words = Term::method(same, "split", vec![Term::text(first)]);
    let word = Term::Item(Box::new(words.clone()), number - 1);
    if number == 1 {
        return word;
    }
    let is_there = Term::binary("<=", Term::Number(number), Term::size(words));
    Term::choice(is_there, word, Term::text(""))
}

fn replace(it: &mut Translation<'_>, of: &Expr, old: &str, new: &str) -> Outcome {
    let of = it.text(of)?;
    let plain = |it: &str| it.replace("\\r", "\r").replace("\\n", "\n").replace("\\t", "\t");
    if old.is_empty() {
        return Err(Untranslated::because("Replace looks for an empty text"));
    }
    let arguments = vec![Term::text(plain(old)), Term::text(plain(new))];
    Ok(Value { term: Term::method(of.term.clone(), "replace", arguments), ..of })
}

/// Where a text holds another one, counted from one; 0 if it does not.
fn position(it: &mut Translation<'_>, of: &Expr, part: &Expr, rest: &[Expr]) -> Outcome {
    let named = |expr: &Expr, word: &str| match expr {
        Expr::Call(name, arguments) => arguments.is_empty() && name.eq_ignore_ascii_case(word),
        _ => false,
    };
    let caseless = match rest {
        [] | [Expr::Number(1)] => false,
        [Expr::Number(1), compare] if named(compare, "vbBinaryCompare") => false,
        [Expr::Number(1), compare] if named(compare, "vbTextCompare") => true,
        _ => return Err(Untranslated::because("InStr looks from the middle of a text on")),
    };
    let (of, part) = (it.text(of)?, it.text(part)?);
    let fold = |term: Term| match term {
        Term::Text(text) if caseless => Term::Text(text.to_lowercase()),
        other if caseless => Term::method(other, "lower", Vec::new()),
        other => other,
    };
    let absent = Term::or(of.absent, part.absent);
    let index = Term::method(fold(of.term), "indexOf", vec![fold(part.term)]);
    let found = index.plus(1);
    Ok(Value::certain(Term::choice(absent, Term::Number(0), found), Kind::Number))
}
