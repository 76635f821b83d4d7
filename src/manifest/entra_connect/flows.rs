//! Custom rules as flows.
//!
//! Several rules may give one attribute. The one with the lowest precedence that applies to an object and has a
//! value for it wins, and below all of them stands the standard rule. A policy has one flow for each property, so
//! that all of it becomes one expression.

use std::collections::BTreeMap;

use crate::model::{AttributeNamesBuilder, Form, ObjectKind, Property};
use crate::policy::{Channel, Expression, StandardCopy, standard_copy};

use super::cel::Term;
use super::expression::{Untranslated, parse};
use super::note::{Note, NoteKind};
use super::rule::{Mapping, MappingSource, Rule};
use super::scope::{FILTERED, kind_of};
use super::translation::{Kind, Parameters, Translation, Value, WEIGHT_MAX, attribute};

/// A flow as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FlowText {
    pub(super) to: Property,
    pub(super) source: FlowSourceText,
    /// Only when the object is made.
    pub(super) once: bool,
    /// What to do without a value, if it is not the default.
    pub(super) missing: Option<&'static str>,
}

/// Where its value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum FlowSourceText {
    From(String),
    Value(String),
}

/// What metaverse attributes are called in the tenant, where the names differ.
const RENAMED: &[(&str, Property)] = &[
    ("sn", Property::Surname),
    ("title", Property::JobTitle),
    ("company", Property::CompanyName),
    ("physicalDeliveryOfficeName", Property::OfficeLocation),
    ("telephoneNumber", Property::BusinessPhones),
    ("mobile", Property::MobilePhone),
    ("facsimileTelephoneNumber", Property::FaxNumber),
    ("l", Property::City),
    ("st", Property::State),
    ("co", Property::Country),
    ("employeeID", Property::EmployeeId),
];

/// The property that a metaverse attribute becomes.
fn property(destination: &str, kind: ObjectKind) -> Option<Property> {
    let renamed = RENAMED.iter().find(|it| it.0.eq_ignore_ascii_case(destination)).map(|it| it.1);
    let same = || Property::ALL.iter().copied().find(|it| it.name().eq_ignore_ascii_case(destination));
    // A name that the tenant gives to another attribute is not that attribute.
    let taken = |it: &Property| !RENAMED.iter().any(|renamed| renamed.1 == *it);
    // The metaverse keeps most attributes under the names that they have in the directory.
    let copied = || {
        let of_it = |it: &Property| {
            standard_copy(*it).is_some_and(|it| it.attribute().eq_ignore_ascii_case(destination))
        };
        Property::ALL.iter().copied().find(of_it)
    };
    let found = renamed.or_else(|| same().filter(taken)).or_else(copied)?;
    let decided_elsewhere = [Property::AccountEnabled, Property::SecurityEnabled];
    let is_written = Channel::DirectorySync.writes(kind, found);
    (is_written && !decided_elsewhere.contains(&found)).then_some(found)
}

/// What the standard rules give a property, in Entra Connect's language; `None` if it is not so simple.
fn standard_expression(kind: ObjectKind, property: Property, user_name: Option<&str>) -> Option<String> {
    let name = RENAMED.iter().find(|it| it.1 == property).map_or(property.name(), |it| it.0);
    match (kind, property) {
        (_, Property::DisplayName) => Some("IIF(IsPresent([displayName]),[displayName],[cn])".to_owned()),
        (_, Property::Mail | Property::MailNickname | Property::OnPremisesDistinguishedName) => None,
        (_, Property::DnsDomainName) => Some("%Domain.FQDN%".to_owned()),
        (_, Property::UsageLocation | Property::OtherMails) => Some("NULL".to_owned()),
        (_, Property::UserPrincipalName) => {
            let name = user_name.unwrap_or("userPrincipalName");
            Some(format!("IIF(IsPresent([{name}]),[{name}],[sAMAccountName] & \"@\" & %Domain.FQDN%)"))
        }
        _ => Some(match standard_copy(property) {
            Some(StandardCopy::Plain(name)) => format!("[{name}]"),
            Some(StandardCopy::Cut(name)) => format!("Left([{name}],448)"),
            Some(StandardCopy::Exchange(name)) => format!("IIF(IsPresent([mailNickname]),[{name}],NULL)"),
            None if property.form() == Form::Addresses => return None,
            None => format!("[{name}]"),
        }),
    }
}

/// What one rule gives a property.
struct Step<'a> {
    rule: &'a Rule,
    mapping: &'a Mapping,
    applies: Term,
    value: Value,
    missing: Option<&'static str>,
}

/// The rules of one domain for one kind of object.
pub(super) struct Flows<'a> {
    pub(super) kind: ObjectKind,
    /// Sorted by precedence.
    pub(super) rules: &'a [Rule],
    pub(super) parameters: &'a Parameters,
    /// The attribute that user names come from, if it is another than `userPrincipalName`.
    pub(super) user_name: Option<&'a str>,
}

impl Flows<'_> {
    /// The flows, in the order of the properties.
    pub(super) fn of_rules(&self, notes: &mut Vec<Note>) -> Vec<FlowText> {
        let mut steps: BTreeMap<Property, Vec<Step<'_>>> = BTreeMap::new();
        if self.user_name.is_some() && self.kind == ObjectKind::User {
            steps.entry(Property::UserPrincipalName).or_default();
        }
        for rule in self.rules.iter().filter(|it| kind_of(it) == Some(self.kind)) {
            self.collect(rule, &mut steps, notes);
        }
        let flow = |(to, steps): (_, Vec<Step<'_>>)| self.flow(to, &steps, notes);
        steps.into_iter().filter_map(flow).collect()
    }

    fn collect<'a>(
        &self,
        rule: &'a Rule,
        steps: &mut BTreeMap<Property, Vec<Step<'a>>>,
        notes: &mut Vec<Note>,
    ) {
        let mappings = || rule.mappings.iter().filter(|it| !it.destination.eq_ignore_ascii_case(FILTERED));
        if mappings().next().is_none() {
            return;
        }
        let applies = match rule.condition.term() {
            Ok(term) => term,
            Err(reason) => {
                let words: Vec<String> = mappings().map(mapping_words).collect();
                let words =
                    format!("the rule \"{}\": its scoping filter: {reason}; {}", rule.name, words.join("; "));
                notes.push(Note::new(NoteKind::NoEquivalent, rule.line, words));
                return;
            }
        };
        if rule.class == "inetorgperson" {
            let words =
                format!("the rule \"{}\" is for inetOrgPerson, its flows are for all users", rule.name);
            notes.push(Note::new(NoteKind::Check, rule.line, words));
        }
        let mut homeless = Vec::new();
        for mapping in mappings() {
            let Some(to) = property(&mapping.destination, self.kind) else {
                homeless.push(mapping_words(mapping));
                continue;
            };
            if self.is_standard_list(mapping) {
                continue;
            }
            match self.step(rule, mapping, (to, applies.clone()), notes) {
                Ok(step) => steps.entry(to).or_default().push(step),
                Err(reason) => {
                    let words = format!("the rule \"{}\": {}: {reason}", rule.name, mapping_words(mapping));
                    notes.push(Note::new(NoteKind::NoEquivalent, rule.line, words));
                }
            }
        }
        if !homeless.is_empty() {
            let words = format!(
                "the rule \"{}\" gives attributes that no flow of a {} can write: {}",
                rule.name,
                self.kind,
                homeless.join("; ")
            );
            notes.push(Note::new(NoteKind::NoEquivalent, rule.line, words));
        }
    }

    /// Whether it is what the standard rule does with a list, in words that no expression of ours has, and no other
    /// rule gives this attribute: clones of the standard rules have it.
    fn is_standard_list(&self, mapping: &Mapping) -> bool {
        let to = &mapping.destination;
        let MappingSource::Expression(text) = &mapping.source else { return false };
        let squeezed: String = text.chars().filter(|it| !it.is_whitespace()).collect();
        let standard = format!("RemoveDuplicates(Trim(ImportedValue(\"{to}\")))");
        let of_kind = self.rules.iter().filter(|it| kind_of(it) == Some(self.kind));
        let rivals = of_kind.flat_map(|it| &it.mappings).filter(|it| it.destination.eq_ignore_ascii_case(to));
        squeezed.eq_ignore_ascii_case(&standard) && rivals.count() == 1
    }

    fn step<'a>(
        &self,
        rule: &'a Rule,
        mapping: &'a Mapping,
        (to, applies): (Property, Term),
        notes: &mut Vec<Note>,
    ) -> Result<Step<'a>, Untranslated> {
        let mut missing = None;
        let value = match &mapping.source {
            MappingSource::Constant(text) => Value::certain(Term::text(text), Kind::Text),
            MappingSource::Direct(name) => attribute(name)?,
            MappingSource::Expression(text) => {
                let mut translation = Translation::new(self.parameters);
                let value = translation.value(&parse(text)?)?;
                missing = match (translation.fails, translation.ignores) {
                    (true, _) => Some("error"),
                    (false, true) => Some("skip"),
                    (false, false) => None,
                };
                if translation.compares_absent {
                    let words = format!(
                        "the rule \"{}\": {}: `<>` is taken to hold for an attribute without a value",
                        rule.name,
                        mapping_words(mapping)
                    );
                    notes.push(Note::new(NoteKind::Check, rule.line, words));
                }
                value
            }
            MappingSource::Unknown(_) => return Err(Untranslated::because("its source is not understood")),
        };
        Ok(Step { rule, mapping, applies, value: fitting(value, to)?, missing })
    }

    /// All rules for one property as one flow; `None` if it is what the standard rules do.
    fn flow(&self, to: Property, steps: &[Step<'_>], notes: &mut Vec<Note>) -> Option<FlowText> {
        let standard =
            |user_name| standard_expression(self.kind, to, user_name).and_then(|it| self.translated(&it, to));
        let chain = chain(steps, standard(self.user_name));
        let first = steps.first();
        let outcome = chain.and_then(|it| source(&it, to).map(|source| (it, source)));
        let (term, source) = match outcome {
            Ok(it) => it,
            Err(reason) => {
                for step in steps {
                    let words =
                        format!("the rule \"{}\": {}: {reason}", step.rule.name, mapping_words(step.mapping));
                    notes.push(Note::new(NoteKind::NoEquivalent, step.rule.line, words));
                }
                return None;
            }
        };
        let unchanged = standard(None).map(Value::outcome);
        let once = steps.iter().any(|it| it.mapping.once);
        let is_standard = unchanged.is_some_and(|it| {
            it == term || it.attribute().is_some_and(|name| term.attribute() == Some(name))
        });
        if is_standard && !once {
            return None;
        }
        if let (true, Some(first)) = (once && 1 < steps.len(), first) {
            let words = format!(
                "the rule \"{}\": {to} is set on creation only, by all of its rules",
                first.rule.name
            );
            notes.push(Note::new(NoteKind::Check, first.rule.line, words));
        }
        let is_copy = matches!(source, FlowSourceText::From(_));
        let empties = (!is_copy && to.clearable()).then_some("empty");
        let missing = steps.iter().find_map(|it| it.missing).or(empties);
        Some(FlowText { to, source, once, missing })
    }

    fn translated(&self, text: &str, to: Property) -> Option<Value> {
        let value = Translation::new(self.parameters).value(&parse(text).ok()?).ok()?;
        fitting(value, to).ok()
    }
}

/// The first rule that applies and has a value, then the standard rule.
fn chain(steps: &[Step<'_>], standard: Option<Value>) -> Result<Term, Untranslated> {
    let mut rest: Option<Term> = standard.map(Value::outcome);
    for Step { rule: _, mapping: _, applies, value, missing: _ } in steps.iter().rev() {
        let when = Term::and(applies.clone(), value.present());
        let Some(otherwise) = rest.or_else(|| (when == Term::Switch(true)).then_some(Term::Null)) else {
            return Err(Untranslated::because(
                "where it gives no value, the standard rules do what no flow beside it can do",
            ));
        };
        // Where nothing follows, a value that is missing ends the expression without one by itself.
        let follows = otherwise.clone().assume(&value.absent, true);
        let ends = follows.is_missing_where(&value.absent);
        let combined = if ends {
            Term::choice(applies.clone(), value.clone().outcome(), otherwise)
        } else {
            Term::choice(when, value.term.clone(), otherwise)
        };
        if WEIGHT_MAX < combined.weight() {
            return Err(Untranslated::because("the rules for it are too long for one expression"));
        }
        rest = Some(combined);
    }
    rest.ok_or_else(|| Untranslated::because("no rule gives it a value"))
}

fn mapping_words(mapping: &Mapping) -> String {
    format!("{} <- {}", mapping.destination, mapping.source.text())
}

/// The value as the property takes it.
fn fitting(value: Value, to: Property) -> Result<Value, Untranslated> {
    match (value.kind, to.form()) {
        (Kind::Switch, _) => Err(Untranslated::because(format!("{to} takes a text, not True or False"))),
        // A property with one value takes the first.
        (Kind::List, Form::Text | Form::CaselessText | Form::Reference | Form::Switch) => {
            Ok(Value { term: Term::Item(Box::new(value.term.clone()), 0), kind: Kind::Text, ..value })
        }
        _ => Ok(value),
    }
}

/// How a term is written into a flow.
fn source(term: &Term, to: Property) -> Result<FlowSourceText, Untranslated> {
    if let Some(name) = term.attribute() {
        return Ok(FlowSourceText::From(name.clone()));
    }
    let copied_only = match to.form() {
        Form::Reference => Some("is a reference"),
        Form::Octets | Form::OctetsSet => Some("has bytes"),
        Form::Text | Form::CaselessText | Form::Switch | Form::Number | Form::TextSet | Form::Addresses => {
            None
        }
    };
    if let Some(words) = copied_only {
        return Err(Untranslated::because(format!("{to} {words}: a flow copies it from one attribute")));
    }
    let text = term.to_string();
    match Expression::compile(&text, &mut AttributeNamesBuilder::new()) {
        Ok(_) => Ok(FlowSourceText::Value(text)),
        Err(error) => Err(Untranslated(error.reason)),
    }
}
