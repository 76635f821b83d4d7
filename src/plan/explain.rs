//! One object, looked at with the eyes of the planner.

use std::borrow::Cow;

use crate::model::{
    CloudObject, DirectoryObjects, Dn, Form, Links, ObjectIndex, ObjectKind, Property, TenantSnapshot,
    well_known,
};
use crate::policy::{AnchorSource, Authority, FlowOrigin, Flows, Policy};

use super::correlate::{self, Correlation, Index};
use super::project::{Desired, Domains, desired};
use super::scoping::{OutOfScope, Scoping};

/// What a policy makes of one property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplainedProperty {
    /// Which.
    pub property: Property,
    /// Where the flow was written.
    pub origin: FlowOrigin,
    /// Which side decides.
    pub authority: Authority,
    /// What the directory wants: values, none, or why it is left alone.
    pub wanted: Result<Vec<String>, String>,
    /// What the tenant has; `None` if it has no such object.
    pub current: Option<Vec<String>>,
}

/// How an object and the tenant relate, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    /// The same object is active: its id and name.
    Joined(String, String),
    /// The same object is in the recycle bin: its id and name.
    InRecycleBin(String, String),
    /// The tenant has no such object.
    Missing,
    /// Another object of the directory has the same anchor: its name.
    Contested(String),
}

/// Everything that a policy has to say about one object of the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Kind.
    pub kind: ObjectKind,
    /// Its name in the directory.
    pub dn: String,
    /// Its anchor, if it has one of the wanted sort.
    pub anchor: Option<String>,
    /// Whether it is in scope, or the condition that it fails.
    pub scope: Result<(), OutOfScope>,
    /// Its object in the tenant.
    pub found: Match,
    /// The properties, in the order of [`Property::ALL`].
    pub properties: Vec<ExplainedProperty>,
}

/// Explains one object of the directory.
pub fn explain(
    (objects, at): (&DirectoryObjects, ObjectIndex),
    tenant: &TenantSnapshot,
    links: &Links,
    policy: &Policy,
) -> Explanation {
    let object = objects.get(at);
    let source = policy.users.as_ref().map_or(AnchorSource::Auto, |it| it.anchor);
    let index = Index::new(tenant, links, objects, source);
    let anchor = correlate::anchor_of(object, source);
    let flows = match object.kind {
        ObjectKind::User => policy.users.as_ref().map(|it| &it.flows),
        ObjectKind::Group => policy.groups.as_ref().map(|it| &it.flows),
        ObjectKind::Contact => None,
    };
    let correlation = match (object.kind, anchor) {
        (ObjectKind::User, Some(anchor)) => index.user(anchor, at).map(CloudObject::User),
        (ObjectKind::Group, Some(anchor)) => index.group(anchor, at).map(CloudObject::Group),
        (ObjectKind::Contact, _) | (_, None) => Correlation::DirectoryOnly,
    };
    let current = match correlation {
        Correlation::Joined(it) | Correlation::InRecycleBin(it) => Some(it),
        Correlation::DirectoryOnly | Correlation::Contested(_) => None,
    };
    Explanation {
        kind: object.kind,
        dn: object.dn.to_string(),
        anchor: anchor.map(|it| it.to_string()),
        scope: Scoping::new(policy, objects).decide(at),
        found: found(objects, correlation),
        properties: flows.map_or_else(Vec::new, |it| properties((objects, at), tenant, it, current)),
    }
}

fn found(objects: &DirectoryObjects, correlation: Correlation<CloudObject<'_>>) -> Match {
    match correlation {
        Correlation::Joined(it) => Match::Joined(it.id().to_string(), it.name().to_owned()),
        Correlation::InRecycleBin(it) => Match::InRecycleBin(it.id().to_string(), it.name().to_owned()),
        Correlation::DirectoryOnly => Match::Missing,
        Correlation::Contested(twin) => Match::Contested(objects.get(twin).dn.to_string()),
    }
}

fn properties(
    (objects, at): (&DirectoryObjects, ObjectIndex),
    tenant: &TenantSnapshot,
    flows: &Flows,
    current: Option<CloudObject<'_>>,
) -> Vec<ExplainedProperty> {
    let domains = Domains::of(tenant);
    let view = objects.view(at);
    let explained = flows.iter().map(|flow| {
        let wanted = if flow.to.form() == Form::Reference {
            let manager = view.object().attributes.text(well_known::MANAGER);
            let name = |it: &str| it.parse().map_or_else(|_| it.to_owned(), |dn: Dn| dn.leaf());
            Ok(manager.into_iter().map(name).collect())
        } else {
            match desired(flow, view, &domains) {
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
            wanted,
            current: current.map(|it| values(tenant, it, flow.to)),
        }
    });
    explained.collect()
}

fn values(tenant: &TenantSnapshot, object: CloudObject<'_>, property: Property) -> Vec<String> {
    let attributes = match object {
        CloudObject::User(user) if property.form() == Form::Reference => {
            let manager = user
                .manager
                .map(|id| tenant.object(id).map_or_else(|| id.to_string(), |it| it.name().to_owned()));
            return manager.into_iter().collect();
        }
        CloudObject::User(user) => &user.attributes,
        CloudObject::Group(group) => &group.attributes,
    };
    attributes.values(property.id()).map(|it| String::from_utf8_lossy(it).into_owned()).collect()
}
