//! `scope` of a policy to `Scope`.

use crate::manifest::diagnostic::Diagnostic;
use crate::manifest::document::At;
use crate::manifest::v1alpha1::{BaseSpec, ScopeSpec};
use crate::manifest::yaml::Fault;
use crate::model::{AttributeNamesBuilder, Guid};
use crate::policy::{Base, Filter, Scope};

use super::Lowering;
use super::directory::dn;

/// Most bases that a base is compared with, in its own list and in the other: a hostile list must not cost the square of its length.
const COMPARED_MAX: usize = 200;

/// Lowers one scope; what is wrong with it has left findings.
pub(super) fn lower(lowering: &mut Lowering<'_>, spec: &ScopeSpec, at: &At<'_>) -> Scope {
    let ScopeSpec { bases, exclude_bases, filter, exclude, member_of, default_exclusions } = spec;
    let Lowering { register: _, names, findings } = lowering;
    let filter = filter.as_ref().and_then(|it| parse_filter(it, &at.value("filter"), names, findings));
    let exclude = (0..)
        .zip(exclude)
        .filter_map(|(index, it)| parse_filter(it, &at.field("exclude").item(index), names, findings))
        .collect();
    let member_of = (0..)
        .zip(member_of)
        .filter_map(|(index, it)| dn(it, &at.field("memberOf").item(index), findings))
        .collect();
    let bases = lower_bases(bases, &at.field("bases"), findings);
    let excluded = lower_bases(exclude_bases, &at.field("excludeBases"), findings);
    report_covered(&bases, &excluded, findings);
    report_covered(&excluded, &bases, findings);
    report_outside(&excluded, &bases, findings);
    let alone = |list: Bases<'_>| list.into_iter().map(|(it, _)| it).collect();
    Scope {
        bases: alone(bases),
        exclude_bases: alone(excluded),
        filter,
        exclude,
        member_of,
        default_exclusions: default_exclusions.unwrap_or(true),
    }
}

/// Parses a filter, or says at which characters of the file it goes wrong.
pub(super) fn parse_filter(
    text: &str,
    at: &At<'_>,
    names: &mut AttributeNamesBuilder,
    findings: &mut Vec<Diagnostic>,
) -> Option<Filter> {
    match Filter::parse(text, names) {
        Ok(filter) => Some(filter),
        Err(error) => {
            at.error(findings, |_| Fault {
                hint: error.hint,
                ..Fault::new(at.part(&error.span), format!("not an LDAP filter: {}", error.reason))
            });
            None
        }
    }
}

/// A list of containers: each with its place in the file.
type Bases<'a> = Vec<(Base, At<'a>)>;

fn lower_bases<'a>(specs: &[BaseSpec], at: &At<'a>, findings: &mut Vec<Diagnostic>) -> Bases<'a> {
    let lower = |(index, spec)| {
        let at = at.item(index);
        lower_base(spec, &at, findings).map(|it| (it, at))
    };
    (0..).zip(specs).filter_map(lower).collect()
}

/// Reports containers that an earlier one of their list makes superfluous: none of the other list lies between.
fn report_covered(list: &Bases<'_>, others: &Bases<'_>, findings: &mut Vec<Diagnostic>) {
    for (index, (base, at)) in list.iter().enumerate() {
        let between = |outer: &Base| {
            let mut others = others.iter().take(COMPARED_MAX);
            others.any(|(it, _)| covers(outer, it) && covers(it, base) && it != base)
        };
        let earlier = list.iter().take(index.min(COMPARED_MAX));
        let Some((covering, _)) = earlier.clone().find(|(it, _)| covers(it, base) && !between(it)) else {
            continue;
        };
        let title = if covering == base {
            "this base is listed twice"
        } else {
            "this base lies below another one of the list, and adds nothing"
        };
        at.warning(findings, |it| Fault::new(it, title).hint("remove it"));
    }
}

/// Reports excluded containers that lie outside of everything that is included.
fn report_outside(excluded: &Bases<'_>, bases: &Bases<'_>, findings: &mut Vec<Diagnostic>) {
    let by_name = bases.len() <= COMPARED_MAX && bases.iter().all(|(it, _)| matches!(it, Base::Dn(_)));
    if bases.is_empty() || !by_name {
        return;
    }
    for (base, at) in excluded.iter().filter(|(it, _)| matches!(it, Base::Dn(_))) {
        if !bases.iter().any(|(it, _)| covers(it, base)) {
            at.warning(findings, |it| {
                Fault::new(it, "this base lies below none of `bases`, and excludes nothing").hint("remove it")
            });
        }
    }
}

fn lower_base(spec: &BaseSpec, at: &At<'_>, findings: &mut Vec<Diagnostic>) -> Option<Base> {
    let text = match spec {
        BaseSpec::Guid(guid) => return guid.guid.0.parse::<Guid>().ok().map(Base::Guid),
        BaseSpec::Dn(text) => text,
    };
    if text.to_ascii_lowercase().starts_with("guid:") {
        at.error(findings, |it| {
            Fault::new(it, "a base by objectGUID is a map")
                .hint("write `guid: …` with a blank after the colon")
        });
        return None;
    }
    dn(text, at, findings).map(Base::Dn)
}

/// Whether an earlier base makes a later one superfluous.
fn covers(earlier: &Base, later: &Base) -> bool {
    match (earlier, later) {
        (Base::Dn(earlier), Base::Dn(later)) => later.is_within(earlier),
        (Base::Guid(earlier), Base::Guid(later)) => earlier == later,
        (Base::Dn(_), Base::Guid(_)) | (Base::Guid(_), Base::Dn(_)) => false,
    }
}
