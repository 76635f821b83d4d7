//! The text form of filters (RFC 4515), with the blanks around brackets that Active Directory takes.
//!
//! It decides what a filter may say, and answers what it refuses with a hint; it never looks at an object.

use std::ops::Range;

use super::assertion::{Expected, Pieces, Test, category};
use super::{FilterError, Item, Node, folding};
use crate::model::{AttributeNamesBuilder, Dn, Syntax};

/// Longer than any filter that a person keeps by hand; Active Directory itself takes some 10 MB.
const BYTES_MAX: usize = 64 * 1024;
/// Bounds recursion here and in the evaluation.
const DEPTH_MAX: usize = 100;

const BIT_AND: &str = "1.2.840.113556.1.4.803";
const BIT_OR: &str = "1.2.840.113556.1.4.804";
const IN_CHAIN: &str = "1.2.840.113556.1.4.1941";

pub(super) fn parse(text: &str, names: &mut AttributeNamesBuilder) -> Result<Node, FilterError> {
    if BYTES_MAX < text.len() {
        return Err(refuse(0..text.len(), format!("the filter is longer than {BYTES_MAX} bytes")));
    }
    let mut parser = Parser { text, at: 0, names };
    parser.skip_blanks();
    if parser.peek() != Some(b'(') {
        let trimmed = text.trim();
        let hint = if trimmed.is_empty() { "(mail=*)" } else { trimmed };
        return Err(refuse(parser.at..text.len(), "a filter starts with an opening bracket")
            .hint(format!("write ({})", hint.trim_matches(['(', ')']))));
    }
    let root = parser.node(0)?;
    parser.skip_blanks();
    match parser.peek() {
        None => Ok(root),
        Some(b')') => {
            Err(refuse(parser.at..parser.at + 1, "a closing bracket without an opening one")
                .hint("remove it"))
        }
        Some(_) => Err(refuse(parser.at..text.len(), "there is text after the end of the filter")
            .hint("join several conditions: (&(first)(second))")),
    }
}

fn refuse(span: Range<usize>, reason: impl Into<String>) -> FilterError {
    FilterError { span, reason: reason.into(), hint: None }
}

impl FilterError {
    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    names: &'a mut AttributeNamesBuilder,
}

/// A condition, split at its operator.
struct Written<'a> {
    attribute: &'a str,
    attribute_at: Range<usize>,
    rule: Option<(&'a str, Range<usize>)>,
    operator: Operator,
    value: &'a str,
    value_at: Range<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    AtLeast,
    AtMost,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while self.peek().is_some_and(|it| it.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    /// Parses from an opening bracket to its closing one.
    fn node(&mut self, depth: usize) -> Result<Node, FilterError> {
        let start = self.at;
        if depth == DEPTH_MAX {
            return Err(refuse(start..start + 1, format!("filters nest deeper than {DEPTH_MAX} levels")));
        }
        self.at += 1;
        self.skip_blanks();
        let node = match self.peek() {
            Some(b'&') => Node::All(self.nodes(start, depth)?.into()),
            Some(b'|') => Node::Any(self.nodes(start, depth)?.into()),
            Some(b'!') => self.not(start, depth)?,
            Some(b'(') => {
                return Err(refuse(start..self.at, "a bracket without an operator").hint(
                    "write (&(…)(…)) for all of them, (|(…)(…)) for any of them, or one bracket less",
                ));
            }
            Some(b')') => {
                return Err(refuse(start..self.at + 1, "nothing stands between the brackets")
                    .hint("write (objectClass=*) for everything"));
            }
            Some(_) => Node::Item(self.item()?),
            None => return Err(self.unclosed(start)),
        };
        self.skip_blanks();
        if self.peek() != Some(b')') {
            return Err(self.unclosed(start));
        }
        self.at += 1;
        Ok(node)
    }

    fn unclosed(&self, start: usize) -> FilterError {
        let open = self.text.bytes().filter(|it| *it == b'(').count();
        let closed = self.text.bytes().filter(|it| *it == b')').count();
        refuse(start..start + 1, "an opening bracket that is not closed")
            .hint(format!("the filter has {open} opening and {closed} closing brackets"))
    }

    /// The filters behind `&` or `|`.
    fn nodes(&mut self, start: usize, depth: usize) -> Result<Vec<Node>, FilterError> {
        let operator = self.at;
        self.at += 1;
        let mut nodes = Vec::new();
        loop {
            self.skip_blanks();
            match self.peek() {
                Some(b'(') => nodes.push(self.node(depth + 1)?),
                Some(b')') => return Ok(nodes),
                None => return Err(self.unclosed(start)),
                Some(_) => return Err(self.bare(operator)),
            }
        }
    }

    fn not(&mut self, start: usize, depth: usize) -> Result<Node, FilterError> {
        let operator = self.at;
        let mut nodes = self.nodes(start, depth)?;
        match (nodes.pop(), nodes.is_empty()) {
            (Some(node), true) => Ok(Node::Not(Box::new(node))),
            (None, _) => Err(refuse(operator..operator + 1, "`!` negates nothing").hint("write (!(mail=*))")),
            (Some(_), false) => Err(refuse(operator..self.at, "`!` negates exactly one filter")
                .hint("write (!(|(…)(…))) for none of them")),
        }
    }

    /// A condition that is not in brackets of its own.
    fn bare(&self, operator: usize) -> FilterError {
        let rest = &self.text[self.at..];
        let end = rest.find([')', '(']).map_or(self.text.len(), |it| self.at + it);
        let sign = &self.text[operator..=operator];
        refuse(self.at..end, format!("after `{sign}` every condition stands in brackets of its own"))
            .hint(format!("write ({sign}({}))", self.text[self.at..end].trim_end()))
    }

    /// A condition up to its closing bracket.
    fn item(&mut self) -> Result<Item, FilterError> {
        let start = self.at;
        let rest = &self.text[start..];
        let end = rest.find([')', '(']).map_or(self.text.len(), |it| start + it);
        let Some(equals) = self.text[start..end].find('=').map(|it| start + it) else {
            return Err(refuse(start..end, "a condition without `=`").hint(format!(
                "write ({}=*) for any value",
                self.text[start..end].trim_end().trim_end_matches(['<', '>', '~', ':'])
            )));
        };
        if self.text.as_bytes().get(end) == Some(&b'(') {
            return Err(refuse(end..end + 1, "a bracket inside a value")
                .hint("close the condition first; in a value, write \\28 for ( and \\29 for )"));
        }
        let written = self.split(start, equals, end)?;
        let item = self.read(&written)?;
        self.at = end;
        Ok(item)
    }

    fn split(&self, start: usize, equals: usize, end: usize) -> Result<Written<'a>, FilterError> {
        let text = self.text;
        let (head_end, operator) = match text.as_bytes()[start..equals].last() {
            Some(b'>') => (equals - 1, Operator::AtLeast),
            Some(b'<') => (equals - 1, Operator::AtMost),
            // [MS-ADTS] 3.1.1.3.1.3.1: an approximate match is an equality match.
            Some(b'~') => (equals - 1, Operator::Equal),
            Some(b':') => return self.split_rule(start, equals, end),
            _ => (equals, Operator::Equal),
        };
        Ok(Written {
            attribute: text[start..head_end].trim_end(),
            attribute_at: start..head_end,
            rule: None,
            operator,
            value: &text[equals + 1..end],
            value_at: equals + 1..end,
        })
    }

    /// `attribute:rule:=value` (RFC 4515, 3).
    fn split_rule(&self, start: usize, equals: usize, end: usize) -> Result<Written<'a>, FilterError> {
        let text = self.text;
        let head = &text[start..equals - 1];
        let mut parts = head.split(':');
        let attribute = parts.next().unwrap_or_default();
        let rules: Vec<&str> = parts.collect();
        if rules.iter().any(|it| it.trim().eq_ignore_ascii_case("dn")) {
            return Err(refuse(start..equals, "`:dn:` is not supported: Active Directory ignores it")
                .hint("use scope.bases to choose containers"));
        }
        let rule = match rules[..] {
            [] => None,
            [rule] => Some((rule.trim(), start + attribute.len() + 1..equals - 1)),
            [..] => return Err(refuse(start..equals, "more than one matching rule")),
        };
        Ok(Written {
            attribute: attribute.trim_end(),
            attribute_at: start..start + attribute.len(),
            rule,
            operator: Operator::Equal,
            value: &text[equals + 1..end],
            value_at: equals + 1..end,
        })
    }

    fn read(&mut self, written: &Written<'_>) -> Result<Item, FilterError> {
        check_attribute(written)?;
        let syntax = Syntax::of(written.attribute);
        let test = match &written.rule {
            Some((rule, at)) => ruled(written, syntax, rule, at)?,
            None if written.operator == Operator::Equal && written.value.contains('*') => {
                patterned(written, syntax)?
            }
            None => compared(written, syntax)?,
        };
        let attribute = self.names.intern(written.attribute).map_err(|_| {
            refuse(written.attribute_at.clone(), "the manifests name more attributes than fit (65,535)")
        })?;
        let operator = match (&written.rule, written.operator) {
            (Some((rule, _)), _) => format!(":{rule}:="),
            (None, Operator::Equal) => "=".to_owned(),
            (None, Operator::AtLeast) => ">=".to_owned(),
            (None, Operator::AtMost) => "<=".to_owned(),
        };
        let written = format!("{}{operator}{}", written.attribute, written.value).into();
        Ok(Item { attribute, test, written })
    }
}

fn check_attribute(written: &Written<'_>) -> Result<(), FilterError> {
    let name = written.attribute;
    let at = || written.attribute_at.clone();
    if name.is_empty() {
        let rule = written.rule.is_some();
        return Err(refuse(written.attribute_at.start..written.value_at.start, "no attribute before `=`")
            .hint(if rule { "write (attribute:rule:=value)" } else { "write (attribute=value)" }));
    }
    if name.contains(';') {
        return Err(refuse(at(), format!("attribute options are not supported: `{name}`"))
            .hint("Active Directory has no attribute options; leave out what follows the semicolon"));
    }
    if name.starts_with(|it: char| it.is_ascii_digit()) {
        return Err(refuse(at(), format!("`{name}` is not an attribute name"))
            .hint("write the attribute's name, such as cn, not its object identifier"));
    }
    if !name.starts_with(|it: char| it.is_ascii_alphabetic())
        || !name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-')
    {
        return Err(refuse(at(), format!("`{name}` is not an attribute name"))
            .hint("a name has letters, digits and hyphens"));
    }
    if name.eq_ignore_ascii_case("anr") {
        return Err(refuse(at(), "ambiguous name resolution (anr) is not supported")
            .hint("name the attributes: (|(displayName=x*)(sn=x*)(givenName=x*)(sAMAccountName=x*))"));
    }
    Ok(())
}

/// The value's bytes, escapes resolved (RFC 4515, 3).
fn unescape(value: &str, at: usize) -> Result<Vec<u8>, FilterError> {
    let bytes = value.as_bytes();
    let mut resolved = Vec::with_capacity(bytes.len());
    let mut next = 0;
    while let Some(byte) = bytes.get(next) {
        match byte {
            0 => return Err(refuse(at + next..at + next + 1, "a NUL in a value").hint("write \\00")),
            b'\\' => {
                let Some(escaped) = hex_pair(bytes.get(next + 1..next + 3)) else {
                    let end = value[next..].char_indices().nth(2).map_or(value.len(), |(it, _)| next + it);
                    return Err(refuse(at + next..at + end, "a backslash without two hexadecimal digits")
                        .hint("write \\5c for a backslash, \\2a for *, \\28 for (, \\29 for )"));
                };
                resolved.push(escaped);
                next += 2;
            }
            other => resolved.push(*other),
        }
        next += 1;
    }
    Ok(resolved)
}

fn hex_pair(pair: Option<&[u8]>) -> Option<u8> {
    let [high, low] = pair? else { return None };
    let digit = |it: u8| char::from(it).to_digit(16);
    u8::try_from(digit(*high)? << 4 | digit(*low)?).ok()
}

fn unlike(written: &Written<'_>, syntax: Syntax) -> FilterError {
    let Written { attribute, value, .. } = written;
    let span = if value.is_empty() { written.attribute_at.clone() } else { written.value_at.clone() };
    let hint = if syntax == Syntax::Integer && is_date(value) {
        "times of this attribute are 100 ns steps since 1601, such as 134082432000000000".to_owned()
    } else {
        format!("`{attribute}` takes {}", syntax.example())
    };
    let what = if value.is_empty() { "an empty value".to_owned() } else { format!("`{value}`") };
    refuse(span, format!("{what} can never match `{attribute}`")).hint(hint)
}

fn is_date(value: &str) -> bool {
    value.contains('-') && value.bytes().any(|it| it.is_ascii_digit())
}

/// A condition without wildcards.
fn compared(written: &Written<'_>, syntax: Syntax) -> Result<Test, FilterError> {
    let value = unescape(written.value, written.value_at.start)?;
    let fail = || unlike(written, syntax);
    if written.operator != Operator::Equal && !is_ordered(syntax) {
        return Err(refuse(
            written.attribute_at.start..written.value_at.start,
            format!("`{}` has no order", written.attribute),
        )
        .hint("use = instead"));
    }
    if syntax == Syntax::Dn {
        let text = std::str::from_utf8(&value).map_err(|_| fail())?;
        if written.attribute.eq_ignore_ascii_case("objectCategory") && !text.contains('=') {
            return Ok(Test::Category(category(text)));
        }
        let target = text.parse().ok().filter(|it: &Dn| !it.key().is_empty()).ok_or_else(fail)?;
        return Ok(Test::Links { target, chain: false });
    }
    // RFC 4515 has no way to ask for an empty value, and a directory has none.
    let expected = Expected::read(syntax, &value).filter(|_| !value.is_empty()).ok_or_else(fail)?;
    Ok(match written.operator {
        Operator::Equal => Test::Equal(expected),
        Operator::AtLeast => Test::AtLeast(expected),
        Operator::AtMost => Test::AtMost(expected),
    })
}

const fn is_ordered(syntax: Syntax) -> bool {
    match syntax {
        Syntax::Text | Syntax::ExactText | Syntax::Integer | Syntax::Octets | Syntax::GeneralizedTime => true,
        Syntax::Boolean | Syntax::Dn | Syntax::Guid | Syntax::Sid => false,
    }
}

/// Presence, or text with wildcards.
fn patterned(written: &Written<'_>, syntax: Syntax) -> Result<Test, FilterError> {
    if written.value.trim() == "*" {
        return Ok(Test::Present);
    }
    let exact = match syntax {
        Syntax::Text => false,
        Syntax::ExactText => true,
        Syntax::Integer
        | Syntax::Boolean
        | Syntax::Dn
        | Syntax::Guid
        | Syntax::Sid
        | Syntax::Octets
        | Syntax::GeneralizedTime => {
            return Err(refuse(
                written.value_at.clone(),
                format!("`{}` cannot be matched in part", written.attribute),
            )
            .hint(format!("it takes {}; a literal * is written \\2a", syntax.example())));
        }
    };
    let mut at = written.value_at.start;
    let mut pieces = Vec::new();
    for piece in written.value.split('*') {
        let bytes = unescape(piece, at)?;
        let text = String::from_utf8(bytes).map_err(|_| {
            refuse(at..at + piece.len(), format!("`{}` is text, and this is not UTF-8", written.attribute))
        })?;
        pieces.push(if exact { text.into() } else { folding::folded(&text) });
        at += piece.len() + 1;
    }
    let last = pieces.pop().unwrap_or_default();
    let mut pieces = pieces.into_iter();
    let first = pieces.next().unwrap_or_default();
    let middle = pieces.filter(|it| !it.is_empty()).collect();
    Ok(Test::Like(Pieces { first, middle, last, exact }))
}

/// A condition with a matching rule ([MS-ADTS] 3.1.1.3.4.4, LDAP Matching Rules).
fn ruled(
    written: &Written<'_>,
    syntax: Syntax,
    rule: &str,
    rule_at: &Range<usize>,
) -> Result<Test, FilterError> {
    let value = unescape(written.value, written.value_at.start)?;
    let text = std::str::from_utf8(&value).unwrap_or_default();
    let mismatch = |wanted: &str| {
        refuse(
            written.attribute_at.clone(),
            format!("`{}` is not {wanted}, which the rule {rule} works on", written.attribute),
        )
    };
    match rule {
        BIT_AND | BIT_OR if syntax != Syntax::Integer => {
            Err(mismatch("a number").hint("it works on userAccountControl and groupType, for example"))
        }
        BIT_AND | BIT_OR => {
            let mask = text.trim().parse().map_err(|_| {
                refuse(written.value_at.clone(), format!("`{}` is not a bit mask", written.value))
                    .hint("write it in decimal: 2 is the bit of disabled accounts")
            })?;
            Ok(if rule == BIT_AND { Test::AllBits(mask) } else { Test::AnyBit(mask) })
        }
        IN_CHAIN if syntax != Syntax::Dn => {
            Err(mismatch("a name").hint("it works on memberOf, member and manager"))
        }
        IN_CHAIN => match text.parse::<Dn>() {
            Ok(target) if !target.key().is_empty() => Ok(Test::Links { target, chain: true }),
            Ok(_) | Err(_) => Err(unlike(written, syntax)),
        },
        _ => Err(refuse(rule_at.clone(), format!("`{rule}` is not a matching rule of Active Directory"))
            .hint(format!("it has {BIT_AND} (all bits), {BIT_OR} (any bit) and {IN_CHAIN} (nested)"))),
    }
}
