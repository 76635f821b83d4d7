//! The functions of the language: CEL's own, its strings extension, and bounded versions of those that grow.
//!
//! What is not in [`FUNCTIONS`] cannot be called, whatever the crate offers.
#![expect(clippy::needless_pass_by_value, reason = "the crate says how its functions take arguments")]

use std::sync::{Arc, LazyLock};

use cel::common::types::{CelList, CelString, DYN_TYPE, LIST_TYPE, STRING_TYPE};
use cel::common::value::{CowVal, Val};
use cel::{DeclarationError, Env, ExecutionError, extensions};

use super::{LIST_LENGTH_MAX, TEXT_BYTES_MAX};

/// A function that an expression may call.
pub(super) struct Callable {
    pub(super) name: &'static str,
    /// What it is called inside; nobody can write an `@`.
    pub(super) inner: &'static str,
    /// Numbers of arguments as a function; empty if it is none.
    pub(super) global: &'static [usize],
    /// Numbers of arguments behind the dot; empty if it cannot be called so.
    pub(super) member: &'static [usize],
    pub(super) usage: &'static str,
}

macro_rules! callables {
    ($($name:literal $inner:literal $global:expr, $member:expr, $usage:literal;)*) => {
        pub(super) const FUNCTIONS: &[Callable] = &[$(Callable {
            name: $name, inner: $inner, global: &$global, member: &$member, usage: $usage,
        }),*];
    };
}

callables! {
    "all" "all" [], [], "list.all(x, x != \"\")";
    "charAt" "charAt" [], [1], "text.charAt(0)";
    "contains" "contains" [], [1], "text.contains(\"part\")";
    "double" "double" [1], [], "double(value)";
    "endsWith" "endsWith" [], [1], "text.endsWith(\"part\")";
    "exists" "exists" [], [], "list.exists(x, x == \"value\")";
    "exists_one" "exists_one" [], [], "list.exists_one(x, x == \"value\")";
    "filter" "filter" [], [], "list.filter(x, x != \"\")";
    "has" "has" [], [], "has(ad.mail)";
    "hasValue" "hasValue" [], [0], "ad.?mail.hasValue()";
    "indexOf" "indexOf" [], [1, 2], "text.indexOf(\"part\")";
    "int" "int" [1], [], "int(value)";
    "join" "@join" [], [0, 1], "list.join(\", \")";
    "lastIndexOf" "lastIndexOf" [], [1, 2], "text.lastIndexOf(\"part\")";
    "lower" "@lower" [], [0], "text.lower()";
    "lowerAscii" "lowerAscii" [], [0], "text.lowerAscii()";
    "map" "map" [], [], "list.map(x, x.trim())";
    "matches" "matches" [], [1], "text.matches(\"^[A-Z]+$\")";
    "memberOf" "memberOf" [1], [], "memberOf(\"CN=Staff,OU=Groups,DC=corp,DC=example\")";
    "or" "or" [], [1], "ad.?mail.or(ad.?userPrincipalName)";
    "orValue" "orValue" [], [1], "ad.?mail.orValue(\"none\")";
    "replace" "@replace" [], [2], "text.replace(\"old\", \"new\")";
    "reverse" "reverse" [], [0], "text.reverse()";
    "size" "size" [1], [0], "size(value)";
    "split" "@split" [], [1], "text.split(\",\")";
    "startsWith" "startsWith" [], [1], "text.startsWith(\"part\")";
    "string" "string" [1], [], "string(value)";
    "substring" "substring" [], [1, 2], "text.substring(0, 3)";
    "trim" "trim" [], [0], "text.trim()";
    "upper" "@upper" [], [0], "text.upper()";
    "upperAscii" "upperAscii" [], [0], "text.upperAscii()";
}

/// `+` with bounds.
pub(super) const ADD: &str = "@add";

/// Marks a message that is fit to be shown: it holds no value of the object.
pub(super) const OURS: &str = "ad";

/// The environment of all expressions.
pub(super) fn language() -> Arc<Env> {
    static LANGUAGE: LazyLock<Arc<Env>> =
        LazyLock::new(|| Arc::new(environment().expect("the functions are declared once each")));
    Arc::clone(&LANGUAGE)
}

fn environment() -> Result<Env, DeclarationError> {
    let mut env = Env::stdlib();
    extensions::strings(&mut env)?;
    env.add_overload(ADD, "add", vec![DYN_TYPE, DYN_TYPE], add)?;
    env.add_member_overload("@join", "join", LIST_TYPE, vec![], join)?;
    env.add_member_overload("@join", "join_with", LIST_TYPE, vec![STRING_TYPE], join)?;
    env.add_member_overload("@lower", "lower", STRING_TYPE, vec![], lower)?;
    env.add_member_overload("@upper", "upper", STRING_TYPE, vec![], upper)?;
    env.add_member_overload("@split", "split", STRING_TYPE, vec![STRING_TYPE], split)?;
    env.add_member_overload("@replace", "replace", STRING_TYPE, vec![STRING_TYPE, STRING_TYPE], replace)?;
    Ok(env)
}

type Arguments<'b, 'v> = Vec<CowVal<'b, 'v>>;
type Outcome<'b, 'v> = Result<CowVal<'b, 'v>, ExecutionError>;

fn too_long(what: &str) -> ExecutionError {
    let message = format!("{what} makes more than {TEXT_BYTES_MAX} bytes or {LIST_LENGTH_MAX} values");
    ExecutionError::function_error(OURS, message)
}

fn text<'a>(value: &'a CowVal<'_, '_>) -> Result<&'a str, ExecutionError> {
    value.downcast_ref::<CelString<'_>>().map(CelString::inner).ok_or_else(|| {
        ExecutionError::UnexpectedType { got: value.get_type().name().to_owned(), want: "string".to_owned() }
    })
}

fn made<'b, 'v>(what: &str, text: String) -> Outcome<'b, 'v> {
    if TEXT_BYTES_MAX < text.len() {
        return Err(too_long(what));
    }
    Ok(CowVal::owned(CelString::from(text)))
}

/// Texts, lists and numbers, each with its own kind.
fn add<'b, 'v>(arguments: Arguments<'b, 'v>) -> Outcome<'b, 'v> {
    let [left, right] = &arguments[..] else { return Err(ExecutionError::missing_argument_or_target()) };
    if let (Ok(left), Ok(right)) = (text(left), text(right))
        && TEXT_BYTES_MAX < left.len() + right.len()
    {
        return Err(too_long("`+`"));
    }
    if let (Some(left), Some(right)) = (left.as_sizer(), right.as_sizer()) {
        let length = left.size().inner().saturating_add(*right.size().inner());
        let is_list = text(&arguments[0]).is_err();
        if is_list && i64::try_from(LIST_LENGTH_MAX).is_ok_and(|max| max < length) {
            return Err(too_long("`+`"));
        }
    }
    let mismatch = || {
        let kinds = [left, right].map(|it| it.get_type().name().to_owned());
        ExecutionError::no_such_overload("_+_", kinds.to_vec())
    };
    if left.get_type().kind() != right.get_type().kind() {
        return Err(mismatch());
    }
    let adder = left.as_adder().ok_or_else(mismatch)?;
    Ok(CowVal::Owned(adder.add(right.as_ref())?.into_owned()))
}

fn join<'b, 'v>(arguments: Arguments<'b, 'v>) -> Outcome<'b, 'v> {
    let [list, separator @ ..] = &arguments[..] else {
        return Err(ExecutionError::missing_argument_or_target());
    };
    let separator = separator.first().map_or(Ok(""), text)?;
    let list = list.as_iterable().ok_or_else(ExecutionError::missing_argument_or_target)?;
    let mut items = list.iter();
    let mut joined = String::new();
    let mut is_first = true;
    while let Some(item) = items.next() {
        let item = text_of(item)?;
        if !std::mem::take(&mut is_first) {
            joined.push_str(separator);
        }
        if TEXT_BYTES_MAX < joined.len() + item.len() {
            return Err(too_long("`join`"));
        }
        joined.push_str(item);
    }
    made("`join`", joined)
}

fn text_of<'a>(value: &'a (dyn Val + '_)) -> Result<&'a str, ExecutionError> {
    value.downcast_ref::<CelString<'_>>().map(CelString::inner).ok_or_else(|| {
        ExecutionError::UnexpectedType { got: value.get_type().name().to_owned(), want: "string".to_owned() }
    })
}

fn lower<'b, 'v>(arguments: Arguments<'b, 'v>) -> Outcome<'b, 'v> {
    let [it] = &arguments[..] else { return Err(ExecutionError::missing_argument_or_target()) };
    made("`lower`", text(it)?.to_lowercase())
}

fn upper<'b, 'v>(arguments: Arguments<'b, 'v>) -> Outcome<'b, 'v> {
    let [it] = &arguments[..] else { return Err(ExecutionError::missing_argument_or_target()) };
    made("`upper`", text(it)?.to_uppercase())
}

fn split<'b, 'v>(arguments: Arguments<'b, 'v>) -> Outcome<'b, 'v> {
    let [it, separator] = &arguments[..] else { return Err(ExecutionError::missing_argument_or_target()) };
    let (it, separator) = (text(it)?, text(separator)?);
    let mut parts: Vec<Box<dyn Val + 'v>> = Vec::new();
    let mut push = |part: &str| {
        if parts.len() == LIST_LENGTH_MAX {
            return Err(too_long("`split`"));
        }
        parts.push(Box::new(CelString::from(part.to_owned())));
        Ok(())
    };
    if separator.is_empty() {
        // One text for each character, without the empty ends that Rust would add.
        it.char_indices().try_for_each(|(at, letter)| push(&it[at..at + letter.len_utf8()]))?;
    } else {
        it.split(separator).try_for_each(push)?;
    }
    Ok(CowVal::owned(CelList::from(parts)))
}

fn replace<'b, 'v>(arguments: Arguments<'b, 'v>) -> Outcome<'b, 'v> {
    let [it, old, new] = &arguments[..] else { return Err(ExecutionError::missing_argument_or_target()) };
    let (it, old, new) = (text(it)?, text(old)?, text(new)?);
    let occurrences = it.matches(old).count();
    if TEXT_BYTES_MAX < it.len().saturating_add(occurrences.saturating_mul(new.len())) {
        return Err(too_long("`replace`"));
    }
    made("`replace`", it.replace(old, new))
}
