//! Values that do not fit the tenant: too long for the property that a flow copies them to.

use super::{Population, label, text};
use crate::doctor::count;
use crate::doctor::finding::{Check, Examples, Finding};
use crate::model::{AttributeId, Form, ObjectKind, Property, well_known};
use crate::policy::{FlowSource, Flows};

/// One finding for each attribute that is too long for its property.
pub(super) fn lengths(population: &Population<'_>) -> Vec<Finding> {
    let policy = population.policy;
    let users = policy.users.iter().map(|it| (ObjectKind::User, &it.flows));
    let groups = policy.groups.iter().map(|it| (ObjectKind::Group, &it.flows));
    users
        .chain(groups)
        .flat_map(|(kind, flows)| copied(flows).map(move |(id, property)| (kind, id, property)))
        .filter_map(|(kind, id, property)| too_long(population, kind, id, property))
        .collect()
}

/// Which attribute goes to which property as it stands. A user name is one of the built-in flows, and stays as long
/// as it is.
fn copied(flows: &Flows) -> impl Iterator<Item = (AttributeId, Property)> {
    flows.iter().filter_map(|it| match &it.source {
        // A reference is as long as the name of the other object.
        FlowSource::Copy(_) if it.to.form() == Form::Reference => None,
        FlowSource::Copy(attribute) => Some((*attribute, it.to)),
        FlowSource::Builtin(_) if it.to == Property::UserPrincipalName => {
            Some((well_known::USER_PRINCIPAL_NAME, it.to))
        }
        FlowSource::Builtin(_) | FlowSource::Expression(_) | FlowSource::None => None,
    })
}

fn too_long(
    population: &Population<'_>,
    kind: ObjectKind,
    id: AttributeId,
    property: Property,
) -> Option<Finding> {
    let most = property.length_max();
    let mut examples = Examples::default();
    for object in population.of(kind) {
        let long = text(object, id).map(|it| it.chars().count()).filter(|it| most < *it);
        if let Some(characters) = long {
            examples.push(|| format!("{} ({characters})", label(object)));
        }
    }
    let name = population.objects.names().name(id);
    let (one, many) = match kind {
        ObjectKind::User => ("user is", "users is"),
        ObjectKind::Group => ("group is", "groups is"),
        ObjectKind::Contact => ("contact is", "contacts is"),
    };
    let says = format!(
        "{name} of {} longer than the {most} characters of {property}, and would not be written",
        count(examples.count, one, many)
    );
    let fix = format!("shorten it in the directory, or write a flow for {property} that does");
    (!examples.is_empty())
        .then(|| Finding::warning(Check::Lengths, population.subject(), says, fix).with_examples(examples))
}
