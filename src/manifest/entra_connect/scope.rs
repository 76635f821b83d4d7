//! Which objects a domain has in scope: its containers, and the rules that filter objects out.
//!
//! A rule filters by giving `cloudFiltered` the value True. The rule with the lowest precedence that says True or
//! False about an object decides, so that a rule which says False keeps objects for which later rules say True.

use crate::model::{AttributeNamesBuilder, Dn, ObjectKind};
use crate::policy::Filter;

use super::expression::{Expr, Untranslated, parse};
use super::filter::{self, Matching, Part, where_true};
use super::note::{Note, NoteKind};
use super::rule::{Mapping, MappingSource, Rule};

/// The attribute by which rules filter.
pub(super) const FILTERED: &str = "cloudFiltered";

/// Containers without those that add nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Containers {
    pub(super) bases: Vec<Dn>,
    pub(super) exclude_bases: Vec<Dn>,
}

impl Containers {
    /// The deepest container decides about an object. One that says what the next one above says anyway is left
    /// out, and so is an exclusion outside of everything that is included.
    pub(super) fn of(inclusions: &[Dn], exclusions: &[Dn]) -> Self {
        let included = inclusions.iter().filter(|it| !exclusions.contains(it)).map(|it| (it, true));
        let all: Vec<(&Dn, bool)> = included.chain(exclusions.iter().map(|it| (it, false))).collect();
        let mut containers = Self::default();
        for (dn, is_in) in &all {
            let above = all.iter().filter(|it| it.0 != *dn && dn.is_within(it.0));
            let says_above = above.max_by_key(|it| it.0.key().len()).is_some_and(|it| it.1);
            let list = if *is_in { &mut containers.bases } else { &mut containers.exclude_bases };
            if says_above != *is_in && !list.contains(dn) {
                list.push((*dn).clone());
            }
        }
        containers
    }
}

/// The kind of object that a rule is for.
pub(super) fn kind_of(rule: &Rule) -> Option<ObjectKind> {
    match rule.class.as_str() {
        "user" | "inetorgperson" => Some(ObjectKind::User),
        "group" => Some(ObjectKind::Group),
        "contact" => Some(ObjectKind::Contact),
        _ => None,
    }
}

/// LDAP filters of objects that rules filter out; `rules` are sorted by precedence.
pub(super) fn excludes(kind: ObjectKind, rules: &[Rule], notes: &mut Vec<Note>) -> Vec<String> {
    let mut filters = Vec::new();
    let mut kept: Vec<Matching> = Vec::new();
    let mut unknown: Option<&Rule> = None;
    for rule in rules.iter().filter(|it| kind_of(it) == Some(kind)) {
        for mapping in rule.mappings.iter().filter(|it| it.destination.eq_ignore_ascii_case(FILTERED)) {
            let mut refuse = |reason: &Untranslated| {
                let text = mapping.source.text();
                let words = format!("the rule \"{}\": {FILTERED} <- {text}: {reason}", rule.name);
                notes.push(Note::new(NoteKind::NoEquivalent, rule.line, words));
            };
            if let Some(before) = unknown {
                let reason = format!("it comes after the rule \"{}\", which may keep objects", before.name);
                refuse(&Untranslated(reason));
                continue;
            }
            match filtering(rule, mapping) {
                Ok(Filtering { filtered, keeps }) => {
                    let others = kept.iter().cloned().map(Matching::not);
                    match Matching::all([filtered].into_iter().chain(others)) {
                        Matching::Nobody => (),
                        Matching::All => filters.push("(objectClass=*)".to_owned()),
                        Matching::Filter(text) => {
                            match Filter::parse(&text, &mut AttributeNamesBuilder::new()) {
                                Ok(_) => filters.push(text),
                                Err(error) => refuse(&Untranslated(error.reason)),
                            }
                        }
                    }
                    kept.push(keeps);
                }
                Err(reason) => {
                    refuse(&reason);
                    unknown = may_keep(mapping).then_some(rule);
                }
            }
        }
    }
    filters
}

/// What a rule says about objects.
struct Filtering {
    /// Those that it filters out.
    filtered: Matching,
    /// Those that it keeps, whatever later rules say.
    keeps: Matching,
}

fn filtering(rule: &Rule, mapping: &Mapping) -> Result<Filtering, Untranslated> {
    let applies = Matching::all([class(rule)?, rule.condition.filter()?]);
    let expr = expression(mapping)?;
    if is_false(&expr) {
        return Ok(Filtering { filtered: Matching::Nobody, keeps: applies });
    }
    let filtered = Matching::all([applies, where_true(&expr)?]);
    Ok(Filtering { filtered, keeps: Matching::Nobody })
}

/// `inetOrgPerson` is a class below `user`, and a rule for it is not one for all users.
fn class(rule: &Rule) -> Result<Matching, Untranslated> {
    if rule.class == "inetorgperson" {
        return filter::holds("objectClass", "inetOrgPerson", Part::Whole);
    }
    Ok(Matching::All)
}

fn expression(mapping: &Mapping) -> Result<Expr, Untranslated> {
    match &mapping.source {
        MappingSource::Constant(text) => Ok(Expr::Text(text.clone())),
        MappingSource::Direct(name) => Ok(Expr::Attribute(name.clone())),
        MappingSource::Expression(text) => parse(text),
        MappingSource::Unknown(_) => Err(Untranslated::because("its source is not understood")),
    }
}

fn is_false(expr: &Expr) -> bool {
    *expr == Expr::Switch(false) || matches!(expr, Expr::Text(text) if text.eq_ignore_ascii_case("False"))
}

/// Whether a rule that could not be translated may say False about somebody.
fn may_keep(mapping: &Mapping) -> bool {
    match expression(mapping) {
        Ok(Expr::Switch(true)) => false,
        Ok(Expr::Text(text)) => !text.eq_ignore_ascii_case("True"),
        _ => true,
    }
}
