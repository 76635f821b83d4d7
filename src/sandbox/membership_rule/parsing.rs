//! From the text of a membership rule to a [`Rule`]. Operators may lack their hyphen, and neither they nor
//! literals have a case; property names do.
//!
//! It tries no rule on anybody.

use super::{DEPTH_MAX, Form, LENGTH_MAX, Property, Rule, Test};

/// A rule that does not parse.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RuleError {
    /// There is more text than the service takes.
    #[error("the rule has more than {LENGTH_MAX} characters")]
    TooLong,
    /// Parentheses and negations within each other.
    #[error("the rule nests deeper than {DEPTH_MAX} at position {position}")]
    TooDeep {
        /// Character, counted from 1.
        position: usize,
    },
    /// Something else was due here.
    #[error("expected {expected} at position {position}")]
    Expected {
        /// What was due.
        expected: &'static str,
        /// Character, counted from 1.
        position: usize,
    },
}

/// Parses a rule.
pub(crate) fn parse(text: &str) -> Result<Rule, RuleError> {
    if LENGTH_MAX < text.chars().count() {
        return Err(RuleError::TooLong);
    }
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0, end: text.chars().count() + 1 };
    let rule = parser.any()?;
    if parser.at == parser.tokens.len() {
        Ok(rule)
    } else {
        Err(parser.expected("`-and`, `-or` or the end of the rule"))
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    /// A property, an operator, or a word that is a literal.
    Word(String),
    Text(String),
    Punctuation(char),
}

/// The tokens with their positions.
fn tokens(text: &str) -> Result<Vec<(usize, Token)>, RuleError> {
    let mut tokens = Vec::new();
    let mut rest = text.chars().zip(1_usize..).peekable();
    while let Some((next, position)) = rest.next() {
        let token = match next {
            it if it.is_whitespace() => continue,
            '(' | ')' | '[' | ']' | ',' => Token::Punctuation(next),
            '"' => Token::Text(literal(&mut rest, position)?),
            it if is_word(it) => {
                let mut word = String::from(it);
                while let Some((it, _)) = rest.next_if(|(it, _)| is_word(*it)) {
                    word.push(it);
                }
                Token::Word(word)
            }
            _ => {
                return Err(RuleError::Expected { expected: "a property, an operator or a value", position });
            }
        };
        tokens.push((position, token));
    }
    Ok(tokens)
}

fn is_word(it: char) -> bool {
    it.is_ascii_alphanumeric() || "-_.".contains(it)
}

/// The rest of a quoted text; a backtick lets the next character stand for itself.
fn literal(rest: &mut impl Iterator<Item = (char, usize)>, position: usize) -> Result<String, RuleError> {
    let unclosed = RuleError::Expected { expected: "the end of the text that begins", position };
    let mut text = String::new();
    loop {
        match rest.next() {
            None => return Err(unclosed),
            Some(('"', _)) => return Ok(text),
            Some(('`', _)) => text.push(rest.next().ok_or_else(|| unclosed.clone())?.0),
            Some((other, _)) => text.push(other),
        }
    }
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    at: usize,
    depth: usize,
    /// The position after the last character.
    end: usize,
}

impl Parser {
    fn position(&self) -> usize {
        self.tokens.get(self.at).map_or(self.end, |(position, _)| *position)
    }

    fn expected(&self, expected: &'static str) -> RuleError {
        RuleError::Expected { expected, position: self.position() }
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(_, token)| token)
    }

    fn take(&mut self, punctuation: char) -> bool {
        let found = self.peek() == Some(&Token::Punctuation(punctuation));
        self.at += usize::from(found);
        found
    }

    fn require(&mut self, punctuation: char, expected: &'static str) -> Result<(), RuleError> {
        if self.take(punctuation) { Ok(()) } else { Err(self.expected(expected)) }
    }

    fn take_operator(&mut self, name: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Word(word)) if operator(word) == name);
        self.at += usize::from(found);
        found
    }

    fn any(&mut self) -> Result<Rule, RuleError> {
        let mut rules = vec![self.all()?];
        while self.take_operator("or") {
            rules.push(self.all()?);
        }
        Ok(single(rules, Rule::Any))
    }

    fn all(&mut self) -> Result<Rule, RuleError> {
        let mut rules = vec![self.unary()?];
        while self.take_operator("and") {
            rules.push(self.unary()?);
        }
        Ok(single(rules, Rule::All))
    }

    fn unary(&mut self) -> Result<Rule, RuleError> {
        self.depth += 1;
        if DEPTH_MAX < self.depth {
            return Err(RuleError::TooDeep { position: self.position() });
        }
        let rule = if self.take_operator("not") {
            Rule::Not(Box::new(self.unary()?))
        } else if self.take('(') {
            let inner = self.any()?;
            self.require(')', "`-and`, `-or` or `)`")?;
            inner
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(rule)
    }

    fn comparison(&mut self) -> Result<Rule, RuleError> {
        let property = match self.peek() {
            Some(Token::Word(word)) => word.strip_prefix("user.").and_then(Property::named),
            Some(Token::Text(_) | Token::Punctuation(_)) | None => None,
        };
        let property =
            property.ok_or_else(|| self.expected("a property of users, such as `user.department`"))?;
        self.at += 1;
        let word = match self.peek() {
            Some(Token::Word(word)) => operator(word),
            Some(Token::Text(_) | Token::Punctuation(_)) | None => String::new(),
        };
        let (name, negated) = positive(&word);
        if !fits(name, property.form) {
            return Err(self.expected("an operator that the property takes"));
        }
        self.at += 1;
        let test = match (name, property.form) {
            ("in", _) => Test::OneOf(self.list()?),
            ("startswith", _) => Test::StartsWith(self.text()?),
            ("contains", Form::Texts) => Test::Holds(self.text()?),
            ("contains", Form::Text | Form::Switch) => Test::Contains(self.text()?),
            (_, form) => self.value(form)?,
        };
        let rule = Rule::Is { property, test };
        Ok(if negated { Rule::Not(Box::new(rule)) } else { rule })
    }

    /// What `-eq` and `-ne` compare with.
    fn value(&mut self, form: Form) -> Result<Test, RuleError> {
        let word = match self.peek() {
            Some(Token::Word(word)) => word.to_ascii_lowercase(),
            Some(Token::Text(_) | Token::Punctuation(_)) | None => String::new(),
        };
        let test = match (word.as_str(), form) {
            ("null", _) => Test::Absent,
            ("true" | "false", Form::Switch) => Test::Switch(word == "true"),
            (_, Form::Text) => return Ok(Test::Equals(self.text()?)),
            (_, Form::Switch) => return Err(self.expected("`true`, `false` or `null`")),
            (_, Form::Texts) => return Err(self.expected("`null`")),
        };
        self.at += 1;
        Ok(test)
    }

    fn text(&mut self) -> Result<String, RuleError> {
        let Some(Token::Text(text)) = self.peek() else {
            return Err(self.expected("a text in double quotes"));
        };
        let folded = text.to_lowercase();
        self.at += 1;
        Ok(folded)
    }

    fn list(&mut self) -> Result<Vec<String>, RuleError> {
        self.require('[', "`[`")?;
        let mut texts = vec![self.text()?];
        while self.take(',') {
            texts.push(self.text()?);
        }
        self.require(']', "`,` or `]`")?;
        Ok(texts)
    }
}

/// The bare name of an operator.
fn operator(word: &str) -> String {
    word.strip_prefix('-').unwrap_or(word).to_ascii_lowercase()
}

/// The operator that a negative one denies.
fn positive(name: &str) -> (&str, bool) {
    match name {
        "ne" => ("eq", true),
        "notstartswith" => ("startswith", true),
        "notcontains" => ("contains", true),
        "notin" => ("in", true),
        other => (other, false),
    }
}

fn fits(name: &str, form: Form) -> bool {
    match form {
        Form::Text => matches!(name, "eq" | "startswith" | "contains" | "in"),
        Form::Switch => name == "eq",
        Form::Texts => matches!(name, "eq" | "contains"),
    }
}

fn single(mut rules: Vec<Rule>, several: fn(Vec<Rule>) -> Rule) -> Rule {
    match rules.pop() {
        Some(rule) if rules.is_empty() => rule,
        last => {
            rules.extend(last);
            several(rules)
        }
    }
}
