//! `AttributeFlow` to flows, and the lists that a policy names.

use crate::manifest::diagnostic::Diagnostic;
use crate::manifest::document::{At, Document};
use crate::manifest::suggestion::nearest;
use crate::manifest::v1alpha1::{
    AttributeFlowSpec, AuthorityWord, FlowSpec, Kind, MissingSpec, MissingWord, ObjectWord,
};
use crate::manifest::yaml::Fault;
use crate::model::{AttributeNamesBuilder, ObjectKind, Property};
use crate::policy::{
    Authority, Expression, Flow, FlowOrigin, FlowSource, Flows, Missing, default_group_flows,
    default_user_flows,
};

use super::Lowering;

/// The preset that is always there.
const DEFAULT: &str = "default";
/// The preset of the other channel.
const ENTRA_CONNECT: &str = "entra-connect";

/// A named list of flows.
pub(super) struct FlowList {
    name: String,
    object: ObjectKind,
    flows: Vec<Flow>,
}

/// Lowers one list.
pub(super) fn lower_list(lowering: &mut Lowering<'_>, document: &Document) -> Option<FlowList> {
    let spec: AttributeFlowSpec = document.read(&mut lowering.findings)?;
    if [DEFAULT, ENTRA_CONNECT].contains(&document.name.as_str()) {
        document.at().error(&mut lowering.findings, |it| {
            Fault::new(it, format!("`{}` is the name of a built-in list", document.name))
                .hint("choose another name; a policy can list both, and later lists win")
        });
    }
    let object = object_kind(spec.object);
    let at = document.spec().field("flows");
    let mut flows: Vec<Flow> = Vec::new();
    for (index, flow) in (0..).zip(&spec.flows) {
        let at = at.item(index);
        let one = OneFlow { list: &document.name, object, spec: flow, at: &at };
        let Some(flow) = one.lower(&mut lowering.names, &mut lowering.findings) else { continue };
        if flows.iter().any(|it| it.to == flow.to) {
            at.value("to").warning(&mut lowering.findings, |it| {
                Fault::new(it, format!("this list has two flows to `{}`; the later one wins", flow.to))
                    .hint("remove one of them")
            });
        }
        flows.push(flow);
    }
    Some(FlowList { name: document.name.clone(), object, flows })
}

/// The kind of object that a word means.
pub(super) const fn object_kind(word: ObjectWord) -> ObjectKind {
    match word {
        ObjectWord::User => ObjectKind::User,
        ObjectWord::Group => ObjectKind::Group,
        ObjectWord::Contact => ObjectKind::Contact,
    }
}

/// A property by name, or a finding with the name that was meant.
pub(super) fn property(name: &str, at: &At<'_>, findings: &mut Vec<Diagnostic>) -> Option<Property> {
    let Ok(property) = name.parse::<Property>() else {
        at.error(findings, |it| {
            let fault = Fault::new(it, format!("`{name}` is not a property that can be written"));
            match nearest(name, Property::ALL.iter().map(|it| it.name())) {
                Some(meant) => fault.hint(format!("did you mean `{meant}`?")),
                None => fault.hint("properties have the names of Microsoft Graph, such as `jobTitle`"),
            }
        });
        return None;
    };
    Some(property)
}

/// One flow of a list.
struct OneFlow<'a> {
    list: &'a str,
    object: ObjectKind,
    spec: &'a FlowSpec,
    at: &'a At<'a>,
}

impl OneFlow<'_> {
    fn lower(&self, names: &mut AttributeNamesBuilder, findings: &mut Vec<Diagnostic>) -> Option<Flow> {
        let to =
            property(&self.spec.to, &self.at.value("to"), findings).filter(|it| self.may_flow(*it, findings));
        let source = self.source(names, findings);
        let missing = self.missing(to, findings);
        let (source, text) = source?;
        let authority = match self.spec.authority {
            AuthorityWord::Directory => Authority::Directory,
            AuthorityWord::InitialOnly => Authority::InitialOnly,
            AuthorityWord::Tenant => Authority::Tenant,
        };
        let origin = FlowOrigin { list: self.list.to_owned(), text };
        Some(Flow { to: to?, source, authority, missing, origin })
    }

    /// Whether flows decide about a property at all, for this kind of object.
    fn may_flow(&self, to: Property, findings: &mut Vec<Diagnostic>) -> bool {
        let (title, hint) = if to == Property::AccountEnabled {
            (
                "`accountEnabled` follows the directory by `lifecycle`, not by a flow".to_owned(),
                "set `lifecycle.disabled` and `lifecycle.expired` in the policy",
            )
        } else if to == Property::SecurityEnabled {
            ("`securityEnabled` follows the type of the group, not a flow".to_owned(), "remove this flow")
        } else if exists(self.object, to) {
            return true;
        } else {
            (
                format!("a {} has no property `{to}`", self.object),
                "put the flow into a list with another `object`",
            )
        };
        self.at.value("to").error(findings, |it| Fault::new(it, title).hint(hint));
        false
    }

    fn source(
        &self,
        names: &mut AttributeNamesBuilder,
        findings: &mut Vec<Diagnostic>,
    ) -> Option<(FlowSource, String)> {
        match (&self.spec.from, &self.spec.value) {
            (Some(from), None) => self.copy(from, names, findings),
            (None, Some(value)) => self.expression(value, names, findings),
            (None, None) if self.spec.authority == AuthorityWord::Tenant => {
                Some((FlowSource::None, "no source".to_owned()))
            }
            (None, None) => {
                self.at.field("to").error(findings, |it| {
                    Fault::new(it, "this flow has no source").hint(
                        "add `from: ATTRIBUTE` or `value: EXPRESSION`, or `authority: tenant` to leave the \
                         property alone",
                    )
                });
                None
            }
            (Some(_), Some(_)) => {
                self.at.field("value").error(findings, |it| {
                    Fault::new(it, "a flow takes `from` or `value`, not both").hint("remove one of them")
                });
                None
            }
        }
    }

    fn copy(
        &self,
        from: &str,
        names: &mut AttributeNamesBuilder,
        findings: &mut Vec<Diagnostic>,
    ) -> Option<(FlowSource, String)> {
        let at = self.at.value("from");
        let id = attribute(from, names).map_err(|title| {
            at.error(findings, |it| {
                Fault::new(it, title).hint("`from` copies one attribute; an expression goes into `value`")
            });
        });
        Some((FlowSource::Copy(id.ok()?), from.to_owned()))
    }

    fn expression(
        &self,
        text: &str,
        names: &mut AttributeNamesBuilder,
        findings: &mut Vec<Diagnostic>,
    ) -> Option<(FlowSource, String)> {
        match Expression::compile(text, names) {
            Ok(expression) => Some((FlowSource::Expression(expression), text.to_owned())),
            Err(error) => {
                let at = self.at.value("value");
                at.error(findings, |_| Fault {
                    hint: error.hint,
                    ..Fault::new(at.part(&error.span), format!("not an expression: {}", error.reason))
                });
                None
            }
        }
    }

    fn missing(&self, to: Option<Property>, findings: &mut Vec<Diagnostic>) -> Missing {
        let clearable = to.is_none_or(Property::clearable);
        match &self.spec.missing {
            None if self.spec.from.is_some() && clearable => Missing::Empty,
            None | Some(MissingSpec::Word(MissingWord::Skip)) => Missing::Skip,
            Some(MissingSpec::Word(MissingWord::Error)) => Missing::Error,
            Some(MissingSpec::Default(it)) => Missing::Default(it.default.clone()),
            Some(MissingSpec::Word(MissingWord::Empty)) if clearable => Missing::Empty,
            Some(MissingSpec::Word(MissingWord::Empty)) => {
                self.at.value("missing").error(findings, |it| {
                    Fault::new(it, format!("the tenant lets nobody take `{}` away again", self.spec.to))
                        .hint("write `missing: skip`, or `missing: {default: TEXT}`")
                });
                Missing::Skip
            }
        }
    }
}

/// The id of an attribute whose name is a name (RFC 4512, 1.4).
pub(super) fn attribute(
    name: &str,
    names: &mut AttributeNamesBuilder,
) -> Result<crate::model::AttributeId, String> {
    let starts = name.starts_with(|it: char| it.is_ascii_alphabetic());
    if !starts || !name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-') {
        return Err(format!("`{}` is not the name of an attribute", name.escape_debug()));
    }
    names.intern(name).map_err(|_| "the manifests name more than 65,535 attributes".to_owned())
}

/// Whether objects of a kind have a property in the tenant (graph-tenant reference, 2.1 and 4.2).
pub(in crate::manifest) const fn exists(object: ObjectKind, property: Property) -> bool {
    let of_group = matches!(property, Property::DisplayName | Property::Description | Property::MailNickname);
    match object {
        ObjectKind::User => !matches!(property, Property::Description),
        ObjectKind::Group => of_group,
        ObjectKind::Contact => !matches!(property, Property::UserPrincipalName | Property::UsageLocation),
    }
}

/// The flows that a policy names, for one kind of object.
pub(super) fn combine(
    lowering: &mut Lowering<'_>,
    lists: &[FlowList],
    object: ObjectKind,
    wanted: Option<&[String]>,
    at: &At<'_>,
) -> Flows {
    let built_in = [DEFAULT.to_owned()];
    let mut combined = Vec::new();
    for (index, name) in (0..).zip(wanted.unwrap_or(&built_in)) {
        let at = at.field("flows").item(index);
        if name == DEFAULT {
            combined.extend(match object {
                ObjectKind::User => default_user_flows(&mut lowering.names),
                ObjectKind::Group => default_group_flows(&mut lowering.names),
                ObjectKind::Contact => Vec::new(),
            });
            continue;
        }
        if name == ENTRA_CONNECT {
            at.error(&mut lowering.findings, |it| {
                Fault::new(
                    it,
                    "the list `entra-connect` is not there yet: it is for `channel: directorySync`",
                )
                .hint("use `default`: the flows of Entra Connect that Microsoft Graph can write")
            });
            continue;
        }
        if lowering.register.resolve(Kind::AttributeFlow, name, &at, &mut lowering.findings).is_none() {
            continue;
        }
        let Some(list) = lists.iter().find(|it| it.name == *name) else { continue };
        if list.object != object {
            at.error(&mut lowering.findings, |it| {
                Fault::new(it, format!("`{name}` is a list for a {}, not for a {object}", list.object))
            });
        }
        combined.extend(list.flows.iter().cloned());
    }
    Flows::combine(combined)
}
