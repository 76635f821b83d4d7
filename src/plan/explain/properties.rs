//! Every property of an object: where it comes from, what it should be, and what the tenant has.

use std::borrow::Cow;

use crate::model::{Attributes, CloudObject, Dn, Form, ObjectKind, ObjectView, Property, well_known};
use crate::policy::{Authority, Flow, FlowOrigin, Flows};

use super::input::Input;
use super::{Explainer, Explanation, Sides, standing};
use crate::plan::change::{Change, Op};
use crate::plan::correlate::{self, user_name};
use crate::plan::difference::{Counterpart, keeps_nickname};
use crate::plan::person::user_name_difference;
use crate::plan::project::{Desired, desired};

/// What a policy makes of one property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplainedProperty {
    /// Which.
    pub property: Property,
    /// Where the flow was written.
    pub origin: FlowOrigin,
    /// Which side decides.
    pub authority: Authority,
    /// What the flow looked at.
    pub inputs: Vec<Input>,
    /// What the directory wants: values, none, or why it is left alone.
    pub wanted: Result<Vec<String>, String>,
    /// What the tenant has; `None` if it has no such object.
    pub current: Option<Vec<String>>,
    /// What comes of it.
    pub fate: Fate,
}

/// What comes of a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Both sides are the same.
    Same,
    /// The plan writes it; whether a guard holds that.
    Written {
        /// Whether a guard holds it.
        held: bool,
    },
    /// Nothing is written; why, in words.
    LeftAlone(String),
}

pub(super) fn properties(
    explainer: &Explainer<'_>,
    sides: Sides<'_>,
    explanation: &Explanation,
) -> Vec<ExplainedProperty> {
    let ground = &explainer.ground;
    let Some(at) = sides.at else { return Vec::new() };
    let view = ground.objects.view(at);
    let flows: Option<&Flows> = match view.object().kind {
        ObjectKind::User => ground.policy.users.as_ref().map(|it| &it.flows),
        ObjectKind::Group => ground.policy.groups.as_ref().map(|it| &it.flows),
        ObjectKind::Contact => ground.policy.contacts.as_ref().map(|it| &it.flows),
    };
    let explain = |flow: &Flow| {
        let wanted = if flow.to.form() == Form::Reference {
            let manager = view.object().attributes.text(well_known::MANAGER);
            let name = |it: &str| it.parse().map_or_else(|_| it.to_owned(), |dn: Dn| dn.leaf());
            Ok(manager.into_iter().map(name).collect())
        } else {
            match desired(flow, view, &ground.domains) {
                Desired::Text(text) => Ok(vec![text.into_owned()]),
                Desired::Set(values) => Ok(values.into_iter().map(Cow::into_owned).collect()),
                Desired::Nothing => Ok(Vec::new()),
                Desired::LeftAlone(why) => Err(why.to_string()),
            }
        };
        ExplainedProperty {
            property: flow.to,
            origin: flow.origin.clone(),
            authority: flow.authority,
            inputs: flow.reads().into_iter().map(|it| Input::of(view, it)).collect(),
            fate: fate(explainer, (flow, view), sides.cloud, explanation),
            wanted,
            current: sides.cloud.map(|it| values(explainer, it, flow.to)),
        }
    };
    flows.into_iter().flat_map(Flows::iter).map(explain).collect()
}

/// What the plan writes is what differs; for the rest there is a reason.
fn fate(
    explainer: &Explainer<'_>,
    (flow, view): (&Flow, ObjectView<'_>),
    cloud: Option<CloudObject<'_>>,
    explanation: &Explanation,
) -> Fate {
    if let Some(change) = explanation.changes.changes().iter().find(|it| writes(it, flow.to)) {
        return Fate::Written { held: change.held().is_some() };
    }
    if explanation.changes.changes().iter().any(|it| agrees(it, flow.to)) {
        return Fate::Same;
    }
    if flow.to.form() == Form::Reference {
        return manager(explainer, (flow, view), cloud, explanation);
    }
    let wanted = desired(flow, view, &explainer.ground.domains);
    if let Desired::LeftAlone(why) = &wanted {
        return Fate::LeftAlone(why.to_string());
    }
    if !differs(explainer, (flow.to, view), cloud, wanted) {
        let is_shown = flow.to.shown().has(view.object().kind);
        return match (is_shown, cloud) {
            (false, Some(_)) => Fate::LeftAlone(unseen(explainer, view).to_owned()),
            (_, _) => Fate::Same,
        };
    }
    if let Some(fate) = left_alone(flow, cloud, explanation) {
        return fate;
    }
    if cloud.is_some() && keeps_nickname(flow, view.object()) {
        return Fate::LeftAlone("a nickname that was made from other names stays".to_owned());
    }
    // The plan says why it leaves a value alone that it would have written.
    let head = format!("{} ", flow.to);
    let of_it = explanation.findings.iter().filter_map(|it| it.text.strip_prefix(&head));
    let said = of_it.filter_map(|it| it.split_once("is left alone: ")).map(|(_, why)| why).next();
    let why = said.or(explanation.alone.as_deref()).unwrap_or("the object is not planned");
    Fate::LeftAlone(why.to_owned())
}

/// What can be said of a value that the tenant does not show and that is not sent.
fn unseen(explainer: &Explainer<'_>, view: ObjectView<'_>) -> &'static str {
    let ground = &explainer.ground;
    let anchor = correlate::anchor_of(view.object(), standing::anchor_source(ground.policy));
    match anchor.and_then(|it| ground.exported(it)) {
        Some(_) => "the tenant does not show it, and it has not changed",
        None => "the tenant does not show it, so it is taken to be right",
    }
}

/// What keeps a flow from being written at all.
fn left_alone(flow: &Flow, cloud: Option<CloudObject<'_>>, explanation: &Explanation) -> Option<Fate> {
    if let Err(why) = explanation.in_scope() {
        return Some(Fate::LeftAlone(format!("out of scope: {why}")));
    }
    let is_late = cloud.is_some() && flow.authority == Authority::InitialOnly;
    is_late.then(|| Fate::LeftAlone("it is set on creation only".to_owned()))
}

/// Why the manager is not written.
fn manager(
    explainer: &Explainer<'_>,
    (flow, view): (&Flow, ObjectView<'_>),
    cloud: Option<CloudObject<'_>>,
    explanation: &Explanation,
) -> Fate {
    let ground = &explainer.ground;
    let current = cloud.and_then(|it| it.manager());
    let named = view.object().attributes.text(well_known::MANAGER);
    let wanted = named.and_then(|it| ground.objects.find_dn(&it.parse().ok()?));
    let theirs = wanted.and_then(|at| {
        let object = ground.objects.get(at);
        let anchor = correlate::anchor_of(object, standing::anchor_source(ground.policy));
        standing::correlation(ground, (at, object.kind), anchor).1
    });
    if theirs.map(|it| it.id()) == current && named.is_some() == current.is_some() {
        return Fate::Same;
    }
    if let Some(fate) = left_alone(flow, cloud, explanation) {
        return fate;
    }
    let why = match (named, wanted) {
        (_, Some(_)) => "the manager is not in the tenant: ask about them by their name",
        (Some(_), None) => "the manager's entry was not read",
        (None, None) => "the directory names none, and the tenant's is not from this directory",
    };
    Fate::LeftAlone(explanation.alone.as_deref().unwrap_or(why).to_owned())
}

fn writes(change: &Change, property: Property) -> bool {
    match change.op() {
        Op::Create(values) => values.iter().any(|it| it.property == property),
        Op::Update(changes) | Op::Restore(changes) | Op::Adopt { differ: changes, agree: _ } => {
            changes.iter().any(|it| it.property == property)
        }
        Op::Block | Op::Unblock | Op::Delete | Op::Members { .. } | Op::Password(_) | Op::Features(_) => {
            false
        }
    }
}

/// Whether somebody of the tenant who is to be taken over has the value already.
fn agrees(change: &Change, property: Property) -> bool {
    matches!(change.op(), Op::Adopt { differ: _, agree } if agree.iter().any(|it| it.property == property))
}

fn differs(
    explainer: &Explainer<'_>,
    (property, view): (Property, ObjectView<'_>),
    cloud: Option<CloudObject<'_>>,
    wanted: Desired<'_>,
) -> bool {
    let ground = &explainer.ground;
    if let (Some(CloudObject::User(user)), Property::UserPrincipalName) = (cloud, property) {
        return user_name_difference(ground, user, &wanted).is_some();
    }
    let none = Attributes::default();
    let object = view.object();
    let anchor = correlate::anchor_of(object, standing::anchor_source(ground.policy));
    let counterpart = Counterpart {
        kind: object.kind,
        attributes: cloud.as_ref().map_or(&none, CloudObject::attributes),
        is_new: cloud.is_none(),
        is_bare: cloud.zip(anchor).is_some_and(|(cloud, anchor)| ground.is_bare(cloud, anchor)),
        exported: anchor.and_then(|it| ground.exported(it)),
    };
    counterpart.difference(property, wanted, &ground.domains, &mut Vec::new()).is_some()
}

fn values(explainer: &Explainer<'_>, object: CloudObject<'_>, property: Property) -> Vec<String> {
    let tenant = explainer.ground.tenant;
    if property.form() == Form::Reference {
        let name = |id| tenant.object(id).map_or_else(|| id.to_string(), |it| it.name().to_owned());
        return object.manager().filter(|_| property == Property::Manager).map(name).into_iter().collect();
    }
    if let (CloudObject::User(user), Property::UserPrincipalName) = (object, property) {
        return Some(user_name(user).to_owned()).filter(|it| !it.is_empty()).into_iter().collect();
    }
    object.attributes().values(property.id()).map(|it| String::from_utf8_lossy(it).into_owned()).collect()
}
