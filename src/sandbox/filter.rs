//! `$filter` expressions: parsed, judged by the index rules of the service (graph-tenant reference, 3.2), and
//! evaluated on one object.
//!
//! It holds no objects; which ones to try is the caller's business.

use serde_json::Value;

use super::errors::Refusal;
use super::object::{Kind, Object};
use super::schema::{self, Index};

/// How deep parentheses and `not` may nest.
const DEPTH_MAX: usize = 20;

/// Comparison of a property with a literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Eq,
    Ne,
    Ge,
    Le,
    Gt,
    Lt,
    StartsWith,
    EndsWith,
}

/// A parsed filter.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Filter {
    Compare {
        property: String,
        index: Index,
        comparison: Comparison,
        literal: Value,
    },
    In {
        property: String,
        index: Index,
        literals: Vec<Value>,
    },
    /// `collection/any(x:x eq 'y')`; `comparison` is between an element, or its category, and the literal.
    Any {
        property: String,
        index: Index,
        comparison: Comparison,
        literal: Value,
    },
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    Not(Box<Self>),
}

impl Filter {
    /// Whether the service answers this filter, given whether it is an advanced query.
    pub(crate) fn admit(&self, advanced: bool) -> Result<(), Refusal> {
        match self {
            Self::And(left, right) | Self::Or(left, right) => {
                left.admit(advanced)?;
                right.admit(advanced)
            }
            Self::Not(inner) => {
                if advanced {
                    inner.admit(true)
                } else {
                    Err(unsupported())
                }
            }
            Self::Compare { property, index, comparison, literal: _ } => {
                let needs_advanced = match comparison {
                    Comparison::Ne => true,
                    Comparison::EndsWith => {
                        if !matches!(property.as_str(), "mail" | "userPrincipalName") {
                            return Err(unsupported());
                        }
                        true
                    }
                    Comparison::Eq => false,
                    Comparison::Ge
                    | Comparison::Le
                    | Comparison::Gt
                    | Comparison::Lt
                    | Comparison::StartsWith => {
                        // Extension attributes take no prefix search (reference, 3.2).
                        let nested = *comparison == Comparison::StartsWith && property.contains('/');
                        if *index == Index::Equality || nested {
                            return Err(unsupported());
                        }
                        false
                    }
                };
                admit_index(*index, needs_advanced, advanced)
            }
            Self::In { property: _, index, literals: _ } => admit_index(*index, false, advanced),
            Self::Any { property: _, index: Index::Category, comparison: Comparison::Eq, literal: _ } => {
                Ok(())
            }
            Self::Any { property, index, comparison: _, literal: _ } => {
                // Phone numbers are in the advanced index only.
                admit_index(*index, property == "businessPhones", advanced)
            }
        }
    }

    /// A property and the values of it that look-ups find, when the whole filter is such an equality.
    pub(crate) fn keys(&self) -> Option<(&str, Vec<&str>)> {
        match self {
            Self::Compare { property, index: _, comparison: Comparison::Eq, literal } => {
                Some((property, vec![literal.as_str()?]))
            }
            Self::In { property, index: _, literals } => {
                Some((property, literals.iter().map(Value::as_str).collect::<Option<_>>()?))
            }
            Self::Compare { .. } | Self::Any { .. } | Self::And(..) | Self::Or(..) | Self::Not(_) => None,
        }
    }

    /// Whether an object passes.
    pub(crate) fn passes(&self, object: &Object) -> bool {
        match self {
            Self::And(left, right) => left.passes(object) && right.passes(object),
            Self::Or(left, right) => left.passes(object) || right.passes(object),
            Self::Not(inner) => !inner.passes(object),
            Self::Compare { property, index: _, comparison, literal } => {
                compare(property, &read(object, property), *comparison, literal)
            }
            Self::In { property, index: _, literals } => {
                let value = read(object, property);
                literals.iter().any(|it| compare(property, &value, Comparison::Eq, it))
            }
            Self::Any { property, index, comparison, literal } => {
                let value = read(object, property);
                let asked = |it: &Value| match index {
                    Index::Category => compare(property, &it["category"], *comparison, literal),
                    Index::No | Index::Equality | Index::Full | Index::Advanced | Index::Members => {
                        compare(property, it, *comparison, literal)
                    }
                };
                value.as_array().into_iter().flatten().any(asked)
            }
        }
    }
}

fn unsupported() -> Refusal {
    Refusal::unsupported_query("Unsupported Query.")
}

fn admit_index(index: Index, needs_advanced: bool, advanced: bool) -> Result<(), Refusal> {
    match index {
        Index::No => {
            Err(Refusal::unsupported_query("The request uses a filter property that is not indexed"))
        }
        Index::Category => Err(unsupported()),
        Index::Advanced if !advanced => Err(unsupported()),
        Index::Equality | Index::Full | Index::Members | Index::Advanced if needs_advanced && !advanced => {
            Err(unsupported())
        }
        Index::Equality | Index::Full | Index::Members | Index::Advanced => Ok(()),
    }
}

fn read(object: &Object, property: &str) -> Value {
    match property.split_once('/') {
        Some((outer, inner)) => object.value(outer).get(inner).cloned().unwrap_or_default(),
        None => object.value(property),
    }
}

fn compare(property: &str, value: &Value, comparison: Comparison, literal: &Value) -> bool {
    let (Some(left), Some(right)) = (value.as_str(), literal.as_str()) else {
        return match comparison {
            Comparison::Eq => value == literal,
            Comparison::Ne => value != literal,
            Comparison::Ge
            | Comparison::Le
            | Comparison::Gt
            | Comparison::Lt
            | Comparison::StartsWith
            | Comparison::EndsWith => false,
        };
    };
    // Anchors differ by case; names do not.
    let exact = matches!(property, "onPremisesImmutableId" | "uniqueName");
    let fold = |it: &str| if exact { it.to_owned() } else { it.to_lowercase() };
    let (left, right) = (fold(left), fold(right));
    match comparison {
        Comparison::Eq => left == right,
        Comparison::Ne => left != right,
        Comparison::Ge => left >= right,
        Comparison::Le => left <= right,
        Comparison::Gt => left > right,
        Comparison::Lt => left < right,
        Comparison::StartsWith => left.starts_with(&right),
        Comparison::EndsWith => left.ends_with(&right),
    }
}

/// Parses a filter on objects of a kind.
pub(crate) fn parse(text: &str, kind: Kind) -> Result<Filter, Refusal> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, kind, depth: 0 };
    let filter = parser.or()?;
    if parser.at == parser.tokens.len() { Ok(filter) } else { Err(invalid()) }
}

fn invalid() -> Refusal {
    Refusal::new(400, "BadRequest", "Invalid filter clause")
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Punctuation(char),
}

fn tokens(text: &str) -> Result<Vec<Token>, Refusal> {
    let mut tokens = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(&next) = rest.peek() {
        match next {
            ' ' => {
                rest.next();
            }
            '(' | ')' | ',' | ':' => {
                rest.next();
                tokens.push(Token::Punctuation(next));
            }
            '\'' => {
                rest.next();
                let mut literal = String::new();
                loop {
                    match rest.next().ok_or_else(invalid)? {
                        '\'' if rest.peek() == Some(&'\'') => {
                            rest.next();
                            literal.push('\'');
                        }
                        '\'' => break,
                        other => literal.push(other),
                    }
                }
                tokens.push(Token::Text(literal));
            }
            _ => {
                let mut word = String::new();
                while let Some(&it) = rest.peek() {
                    // A colon ends a lambda variable, but belongs to a time.
                    let colon = it == ':' && word.starts_with(|it: char| it.is_ascii_digit());
                    if " (),'".contains(it) || (it == ':' && !colon) {
                        break;
                    }
                    word.push(it);
                    rest.next();
                }
                tokens.push(Token::Word(word));
            }
        }
    }
    Ok(tokens)
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    kind: Kind,
    depth: usize,
}

impl Parser {
    fn next(&mut self) -> Result<Token, Refusal> {
        let token = self.tokens.get(self.at).cloned().ok_or_else(invalid)?;
        self.at += 1;
        Ok(token)
    }

    fn word(&mut self) -> Result<String, Refusal> {
        match self.next()? {
            Token::Word(word) => Ok(word),
            Token::Text(_) | Token::Punctuation(_) => Err(invalid()),
        }
    }

    fn take(&mut self, token: &Token) -> bool {
        let found = self.tokens.get(self.at) == Some(token);
        self.at += usize::from(found);
        found
    }

    fn take_word(&mut self, word: &str) -> bool {
        self.take(&Token::Word(word.to_owned()))
    }

    fn expect(&mut self, punctuation: char) -> Result<(), Refusal> {
        if self.take(&Token::Punctuation(punctuation)) { Ok(()) } else { Err(invalid()) }
    }

    fn or(&mut self) -> Result<Filter, Refusal> {
        let mut left = self.and()?;
        while self.take_word("or") {
            left = Filter::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Filter, Refusal> {
        let mut left = self.unary()?;
        while self.take_word("and") {
            left = Filter::And(Box::new(left), Box::new(self.unary()?));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Filter, Refusal> {
        self.depth += 1;
        if DEPTH_MAX < self.depth {
            return Err(invalid());
        }
        let filter = if self.take_word("not") {
            Filter::Not(Box::new(self.unary()?))
        } else if self.take(&Token::Punctuation('(')) {
            let inner = self.or()?;
            self.expect(')')?;
            inner
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(filter)
    }

    fn comparison(&mut self) -> Result<Filter, Refusal> {
        let word = self.word()?;
        let function = match word.to_ascii_lowercase().as_str() {
            "startswith" => Some(Comparison::StartsWith),
            "endswith" => Some(Comparison::EndsWith),
            _ => None,
        };
        if let Some(comparison) = function {
            self.expect('(')?;
            let property = self.word()?;
            self.expect(',')?;
            let literal = self.literal()?;
            self.expect(')')?;
            let index = self.index(&property)?;
            return Ok(Filter::Compare { property, index, comparison, literal });
        }
        if let Some(property) = word.strip_suffix("/any") {
            return self.any(property.to_owned());
        }
        let index = self.index(&word)?;
        if self.take_word("in") {
            return self.list(word, index);
        }
        let comparison = comparison(&self.word()?)?;
        let literal = self.literal()?;
        Ok(Filter::Compare { property: word, index, comparison, literal })
    }

    fn list(&mut self, property: String, index: Index) -> Result<Filter, Refusal> {
        self.expect('(')?;
        let mut literals = vec![self.literal()?];
        while self.take(&Token::Punctuation(',')) {
            literals.push(self.literal()?);
        }
        self.expect(')')?;
        // The service allows fifteen expressions in an `in` clause.
        if 15 < literals.len() {
            return Err(Refusal::unsupported_query(
                "Too many child clauses specified in search filter expression.",
            ));
        }
        Ok(Filter::In { property, index, literals })
    }

    fn any(&mut self, property: String) -> Result<Filter, Refusal> {
        let index = self.index(&property)?;
        let inner = match index {
            Index::Members => "",
            Index::Category => "/category",
            Index::No | Index::Equality | Index::Full | Index::Advanced => return Err(unsupported()),
        };
        self.expect('(')?;
        let variable = self.word()? + inner;
        self.expect(':')?;
        let word = self.word()?;
        let (comparison, literal) = if word.eq_ignore_ascii_case("startswith") {
            self.expect('(')?;
            if self.word()? != variable {
                return Err(invalid());
            }
            self.expect(',')?;
            let literal = self.literal()?;
            self.expect(')')?;
            (Comparison::StartsWith, literal)
        } else if word == variable {
            let comparison = comparison(&self.word()?)?;
            (comparison, self.literal()?)
        } else {
            return Err(invalid());
        };
        self.expect(')')?;
        Ok(Filter::Any { property, index, comparison, literal })
    }

    fn literal(&mut self) -> Result<Value, Refusal> {
        match self.next()? {
            Token::Text(text) => Ok(Value::String(text)),
            Token::Punctuation(_) => Err(invalid()),
            Token::Word(word) => match word.as_str() {
                "true" => Ok(Value::Bool(true)),
                "false" => Ok(Value::Bool(false)),
                "null" => Ok(Value::Null),
                // Points in time, GUIDs and numbers stand without quotes.
                other if other.starts_with(|it: char| it.is_ascii_alphanumeric() || it == '-') => {
                    Ok(Value::String(other.to_owned()))
                }
                _ => Err(invalid()),
            },
        }
    }

    fn index(&self, property: &str) -> Result<Index, Refusal> {
        if let Some(("onPremisesExtensionAttributes", inner)) = property.split_once('/')
            && schema::is_extension_attribute(inner)
        {
            return Ok(Index::Advanced);
        }
        if schema::is_extension(property) {
            return Ok(Index::Full);
        }
        schema::property(self.kind, property)
            .map(|it| it.index)
            .ok_or_else(|| super::query::unknown_property(property, self.kind))
    }
}

fn comparison(word: &str) -> Result<Comparison, Refusal> {
    match word {
        "eq" => Ok(Comparison::Eq),
        "ne" => Ok(Comparison::Ne),
        "ge" => Ok(Comparison::Ge),
        "le" => Ok(Comparison::Le),
        "gt" => Ok(Comparison::Gt),
        "lt" => Ok(Comparison::Lt),
        _ => Err(invalid()),
    }
}
