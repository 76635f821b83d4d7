//! The scoping filter of a synchronisation rule: to whom the rule applies.
//!
//! It is made of groups of clauses: all clauses of a group have to hold, and one group suffices. Texts compare
//! without regard to case, in expressions as in filters: Microsoft's documentation does not say it otherwise.

use crate::model::{Dn, Syntax};

use super::cel::Term;
use super::expression::Untranslated;
use super::filter::{self, Matching, Part};
use super::translation::{Kind, attribute};

/// Most clauses of one rule: they become one expression, whose terms lie within each other.
const CLAUSES_MAX: usize = 100;

/// One clause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Clause {
    pub(super) attribute: String,
    pub(super) condition: String,
    pub(super) value: String,
}

/// To whom a rule applies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Condition {
    /// Without any, to everybody.
    pub(super) groups: Vec<Vec<Clause>>,
}

/// What a clause asks, without its negation.
enum Question {
    Part(Part),
    Present,
    Bits,
    Member,
}

impl Condition {
    /// As an LDAP filter.
    pub(super) fn filter(&self) -> Result<Matching, Untranslated> {
        if self.groups.is_empty() {
            return Ok(Matching::All);
        }
        let group = |it: &Vec<Clause>| {
            it.iter().map(Clause::filter).collect::<Result<Vec<_>, _>>().map(Matching::all)
        };
        self.groups.iter().map(group).collect::<Result<Vec<_>, _>>().map(Matching::any)
    }

    /// As a condition in CEL.
    pub(super) fn term(&self) -> Result<Term, Untranslated> {
        if self.groups.is_empty() {
            return Ok(Term::Switch(true));
        }
        if CLAUSES_MAX < self.groups.iter().map(Vec::len).sum() {
            return Err(Untranslated::because(format!("it has more than {CLAUSES_MAX} clauses")));
        }
        let mut any = Term::Switch(false);
        for group in &self.groups {
            let mut all = Term::Switch(true);
            for clause in group {
                all = Term::and(all, clause.term()?);
            }
            any = Term::or(any, all);
        }
        Ok(any)
    }
}

impl Clause {
    /// What it asks, and whether the opposite is meant.
    fn question(&self) -> Result<(Question, bool), Untranslated> {
        let letters = self.condition.bytes().filter(u8::is_ascii_alphabetic);
        let word: String = letters.map(|it| char::from(it.to_ascii_uppercase())).collect();
        Ok(match word.as_str() {
            "EQUAL" | "EQUALS" | "ISIN" => (Question::Part(Part::Whole), false),
            "NOTEQUAL" | "NOTEQUALS" | "ISNOTIN" => (Question::Part(Part::Whole), true),
            "STARTSWITH" => (Question::Part(Part::Beginning), false),
            "NOTSTARTSWITH" => (Question::Part(Part::Beginning), true),
            "ENDSWITH" => (Question::Part(Part::End), false),
            "NOTENDSWITH" => (Question::Part(Part::End), true),
            "CONTAINS" => (Question::Part(Part::Middle), false),
            "NOTCONTAINS" => (Question::Part(Part::Middle), true),
            "ISNOTNULL" => (Question::Present, false),
            "ISNULL" => (Question::Present, true),
            "ISBITSET" => (Question::Bits, false),
            "ISBITNOTSET" | "ISNOTBITSET" => (Question::Bits, true),
            "ISMEMBEROF" => (Question::Member, false),
            "ISNOTMEMBEROF" => (Question::Member, true),
            _ => {
                let condition = self.condition.escape_debug();
                return Err(Untranslated::because(format!("the condition {condition} has no equivalent")));
            }
        })
    }

    fn filter(&self) -> Result<Matching, Untranslated> {
        let (question, negated) = self.question()?;
        let matching = match question {
            Question::Part(part) => filter::holds(&self.attribute, &self.value, part)?,
            Question::Present => filter::present(&self.attribute)?,
            Question::Bits => filter::has_bits(&self.attribute, &self.value)?,
            Question::Member => {
                self.group()?;
                filter::holds("memberOf", &self.value, Part::Whole)?
            }
        };
        Ok(if negated { matching.not() } else { matching })
    }

    fn group(&self) -> Result<Dn, Untranslated> {
        let not_a_dn = |_| Untranslated::because(format!("`{}` is no group", self.value.escape_debug()));
        self.value.parse().map_err(not_a_dn)
    }

    fn term(&self) -> Result<Term, Untranslated> {
        let (question, negated) = self.question()?;
        let term = match question {
            Question::Part(part) => self.part(part)?,
            Question::Present => Term::not(attribute(&self.attribute)?.absent),
            Question::Bits => self.bits()?,
            Question::Member => Term::MemberOf(self.group()?.to_string()),
        };
        Ok(if negated { Term::not(term) } else { term })
    }

    fn part(&self, part: Part) -> Result<Term, Untranslated> {
        let value = attribute(&self.attribute)?;
        let present = value.present();
        let no_parts = || Untranslated::because(format!("`{}` is no text that has parts", self.attribute));
        let test = |it: Term| {
            let it = Term::method(it, "lower", Vec::new());
            let text = Term::text(self.value.to_lowercase());
            match part {
                Part::Whole => Term::binary("==", it, text),
                Part::Beginning => Term::method(it, "startsWith", vec![text]),
                Part::End => Term::method(it, "endsWith", vec![text]),
                Part::Middle => Term::method(it, "contains", vec![text]),
            }
        };
        let holds = match value.kind {
            Kind::List => Term::Exists(Box::new(value.term), Box::new(test(Term::It))),
            Kind::Text if part == Part::Whole && Syntax::of(&self.attribute) == Syntax::Dn => {
                return Err(Untranslated::because("it compares names of objects"));
            }
            Kind::Text => test(value.term),
            _ if part != Part::Whole => return Err(no_parts()),
            Kind::Switch => match self.value.to_ascii_lowercase().as_str() {
                "true" => value.term,
                "false" => Term::not(value.term),
                _ => return Err(Untranslated::because("it compares True or False with a text")),
            },
            Kind::Number | Kind::Nothing => {
                let number = self.value.trim().parse();
                let number = number.map_err(|_| Untranslated::because("it compares a number with a text"))?;
                Term::binary("==", value.term, Term::Number(number))
            }
        };
        Ok(Term::and(present, holds))
    }

    /// CEL has no operators on bits; one bit of a number that is never negative can be had by dividing.
    fn bits(&self) -> Result<Term, Untranslated> {
        let bit: i64 =
            self.value.trim().parse().map_err(|_| Untranslated::because("its flag is no number"))?;
        let value = attribute(&self.attribute)?;
        if !self.attribute.eq_ignore_ascii_case("userAccountControl") || bit.count_ones() != 1 || bit < 1 {
            return Err(Untranslated::because(
                "an expression can ask for one bit of userAccountControl only",
            ));
        }
        let present = value.present();
        let shifted = if bit == 1 { value.term } else { Term::binary("/", value.term, Term::Number(bit)) };
        let lowest = Term::binary("%", shifted, Term::Number(2));
        Ok(Term::and(present, Term::binary("==", lowest, Term::Number(1))))
    }
}
