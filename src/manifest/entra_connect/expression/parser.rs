//! From words to a tree.
//!
//! Which functions there are is not known here.

use super::lexer::{Token, tokens};
use super::{Expr, Operator, Untranslated};

/// Longest text of one expression; the editor of Entra Connect takes less.
const TEXT_BYTES_MAX: usize = 16 * 1024;
/// Deepest nesting: the parser and the translation recurse.
const DEPTH_MAX: usize = 40;
/// Most places that can be read in two ways: each doubles the work of those around it.
const EITHER_WAYS_MAX: usize = 6;
/// Most operators: each may be a level of the tree.
const OPERATORS_MAX: usize = 60;

/// Reads one expression.
pub(in crate::manifest::entra_connect) fn parse(text: &str) -> Result<Expr, Untranslated> {
    if TEXT_BYTES_MAX < text.len() {
        return Err(Untranslated::because(format!("it is longer than {TEXT_BYTES_MAX} bytes")));
    }
    let mut parser =
        Parser { tokens: tokens(text)?.into_iter().peekable(), depth: 0, operators: 0, either_ways: 0 };
    let parsed = parser.chain()?;
    match parser.tokens.next() {
        None => Ok(parsed),
        Some(_) => Err(Untranslated::because("it goes on behind its end")),
    }
}

struct Parser {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    depth: usize,
    operators: usize,
    either_ways: usize,
}

impl Parser {
    /// Operands with operators between them.
    fn chain(&mut self) -> Result<Expr, Untranslated> {
        self.depth += 1;
        if DEPTH_MAX < self.depth {
            return Err(Untranslated::because(format!("it nests deeper than {DEPTH_MAX} levels")));
        }
        let first = self.operand()?;
        let mut rest = Vec::new();
        while let Some(Token::Operator(operator)) = self.tokens.peek() {
            let operator = *operator;
            self.tokens.next();
            rest.push((operator, self.operand()?));
            self.operators += 1;
            if OPERATORS_MAX < self.operators {
                return Err(Untranslated::because(format!("it has more than {OPERATORS_MAX} operators")));
            }
        }
        self.depth -= 1;
        let combined = combine(first, rest);
        if matches!(combined, Expr::EitherWay(..)) {
            self.either_ways += 1;
        }
        if EITHER_WAYS_MAX < self.either_ways {
            return Err(Untranslated::because("it mixes operators without brackets in too many places"));
        }
        Ok(combined)
    }

    fn operand(&mut self) -> Result<Expr, Untranslated> {
        match self.tokens.next() {
            Some(Token::Text(text)) => Ok(Expr::Text(text)),
            Some(Token::Number(number)) => Ok(Expr::Number(number)),
            Some(Token::Attribute(name)) => Ok(Expr::Attribute(name)),
            Some(Token::Parameter(name)) => Ok(Expr::Parameter(name)),
            Some(Token::Operator(Operator::Minus)) => match self.tokens.next() {
                Some(Token::Number(number)) => Ok(Expr::Number(-number)),
                _ => Err(Untranslated::because("a `-` without a number behind it")),
            },
            Some(Token::Open) => {
                let inner = self.chain()?;
                self.expect(&Token::Close)?;
                Ok(inner)
            }
            Some(Token::Name(name)) => self.named(name),
            Some(Token::Close | Token::Comma | Token::Operator(_)) => {
                Err(Untranslated::because("a value is missing"))
            }
            None => Err(Untranslated::because("it ends too early")),
        }
    }

    /// A constant or a function.
    fn named(&mut self, name: String) -> Result<Expr, Untranslated> {
        if self.tokens.peek() == Some(&Token::Open) {
            self.tokens.next();
            return Ok(Expr::Call(name, self.arguments()?));
        }
        let is = |word: &str| name.eq_ignore_ascii_case(word);
        match () {
            () if is("True") => Ok(Expr::Switch(true)),
            () if is("False") => Ok(Expr::Switch(false)),
            () if is("NULL") => Ok(Expr::Null),
            () if is("AuthoritativeNull") => Ok(Expr::AuthoritativeNull),
            () if is("IgnoreThisFlow") => Ok(Expr::Ignore),
            () if is("CRLF") => Ok(Expr::Text("\r\n".to_owned())),
            // Words that some functions take: vbTextCompare, UTF8, CaseInsensitive.
            () => Ok(Expr::Call(name, Vec::new())),
        }
    }

    fn arguments(&mut self) -> Result<Vec<Expr>, Untranslated> {
        let mut arguments = Vec::new();
        if self.tokens.peek() == Some(&Token::Close) {
            self.tokens.next();
            return Ok(arguments);
        }
        loop {
            arguments.push(self.chain()?);
            match self.tokens.next() {
                Some(Token::Comma) => (),
                Some(Token::Close) => return Ok(arguments),
                _ => return Err(Untranslated::because("a `)` is missing")),
            }
        }
    }

    fn expect(&mut self, wanted: &Token) -> Result<(), Untranslated> {
        if self.tokens.next().as_ref() == Some(wanted) {
            return Ok(());
        }
        Err(Untranslated::because("a `)` is missing"))
    }
}

/// Puts operands together: from left to right, as is documented, and by the rules of Visual Basic.
fn combine(first: Expr, rest: Vec<(Operator, Expr)>) -> Expr {
    let from_left =
        rest.iter().fold(first.clone(), |left, (operator, it)| binary(*operator, left, it.clone()));
    if rest.len() < 2 {
        return from_left;
    }
    let by_tightness = by_tightness(first, rest);
    if by_tightness == from_left {
        return from_left;
    }
    Expr::EitherWay(Box::new(from_left), Box::new(by_tightness))
}

fn binary(operator: Operator, left: Expr, right: Expr) -> Expr {
    Expr::Binary(operator, Box::new(left), Box::new(right))
}

fn by_tightness(first: Expr, rest: Vec<(Operator, Expr)>) -> Expr {
    let mut operands = vec![first];
    let mut waiting: Vec<Operator> = Vec::new();
    let close = |operands: &mut Vec<Expr>, waiting: &mut Vec<Operator>, floor: u8| {
        while waiting.last().is_some_and(|it| floor <= it.tightness()) {
            let operator = waiting.pop().expect("it was looked at");
            let right = operands.pop().expect("an operator has two operands");
            let left = operands.pop().expect("an operator has two operands");
            operands.push(binary(operator, left, right));
        }
    };
    for (operator, operand) in rest {
        close(&mut operands, &mut waiting, operator.tightness());
        waiting.push(operator);
        operands.push(operand);
    }
    close(&mut operands, &mut waiting, 0);
    operands.pop().expect("all were put together")
}
