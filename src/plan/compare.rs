//! What the directory wants of a group or a contact, and how that differs from what the tenant has.
//!
//! It does not know who else has a name; users, who can sign in, are compared in `person`.

use std::sync::Arc;

use crate::model::{
    Anchor, Attributes, CloudObject, Exported, Fingerprint, FingerprintBuilder, Form, ObjectIndex,
    ObjectKind, Origin, Property,
};
use crate::policy::{Authority, Flows};

use super::Ground;
use super::aliases::Primary;
use super::change::{AttributeChange, NewValue};
use super::difference::{Counterpart, keeps_nickname};
use super::project::{Desired, WhyAlone, desired};
use super::quarantine;
use super::report::About;
use super::sketch::Sketch;

/// What comparing an object came to.
pub(super) struct Compared {
    pub(super) differences: Vec<AttributeChange>,
    /// The name that people know it by.
    pub(super) name: Arc<str>,
    /// What the tenant should have, members apart.
    pub(super) mark: FingerprintBuilder,
    /// Whether it cannot get all of that, since somebody else has an address.
    pub(super) is_kept_back: bool,
    /// What is sent of properties that the tenant does not show.
    pub(super) exports: Vec<(Property, Fingerprint)>,
}

impl Compared {
    /// The values of an object that is new.
    pub(super) fn new_values(&self) -> Vec<NewValue> {
        let new = |it: &AttributeChange| Some(NewValue { property: it.property, value: it.to.clone()? });
        self.differences.iter().filter_map(new).collect()
    }
}

/// Compares everything but references to other objects.
pub(super) fn compare(
    ground: &Ground<'_>,
    sketch: &mut Sketch,
    (kind, flows): (ObjectKind, &Flows),
    at: ObjectIndex,
    current: Option<CloudObject<'_>>,
) -> Compared {
    let view = ground.objects.view(at);
    let none = Attributes::default();
    let attributes = current.as_ref().map_or(&none, CloudObject::attributes);
    let exported = ground.exported(view.object().guid_anchor());
    let is_bare = current.is_some_and(|it| ground.is_bare(it, view.object().guid_anchor()));
    let counterpart = Counterpart { kind, attributes, is_new: current.is_none(), is_bare, exported };
    let mut unusable: Vec<(Property, String)> = Vec::new();
    let mut name: Option<Arc<str>> = attributes.text(Property::DisplayName.id()).map(Into::into);
    let mut compared = Compared {
        differences: Vec::new(),
        name: "".into(),
        mark: FingerprintBuilder::default(),
        is_kept_back: false,
        exports: Vec::new(),
    };
    for flow in flows.iter().filter(|it| it.to.form() != Form::Reference) {
        let stays = flow.authority == Authority::InitialOnly || keeps_nickname(flow, view.object());
        if current.is_some() && stays {
            continue;
        }
        let wanted = desired(flow, view, &ground.domains);
        wanted.mark(flow.to, &mut compared.mark);
        if let Desired::LeftAlone(WhyAlone::Unusable(why)) = &wanted {
            unusable.push((flow.to, why.clone()));
        }
        if let (Property::DisplayName, Desired::Text(text), None) = (flow.to, &wanted, &name) {
            name = Some(text.as_ref().into());
        }
        let change = counterpart.difference(flow.to, wanted, &ground.domains, &mut compared.exports);
        compared.differences.extend(change);
    }
    compared.name = name.unwrap_or_else(|| view.object().dn.as_str().into());
    for (property, why) in unusable {
        let text = format!("{property} is left alone: {why}");
        sketch.finding(kind, &compared.name, About::Value, text);
    }
    if let Some(current) = current {
        let about = (kind, &compared.name);
        compared.is_kept_back =
            quarantine::leave_alone(ground, sketch, about, current, &mut compared.differences);
    }
    let current = (current, Primary::Unsettled);
    compared.is_kept_back |=
        sketch.claim_addresses(ground, (kind, &compared.name), current, &mut compared.differences);
    compared
}

impl Ground<'_> {
    /// What was last sent of an object, as far as the tenant does not show it.
    pub(super) fn exported(&self, anchor: Anchor) -> Option<&Exported> {
        self.index.link(anchor)?.exported.as_ref()
    }

    /// Whether all of what the tenant does not show has to be sent to an object that it has.
    pub(super) fn is_bare(&self, object: CloudObject<'_>, anchor: Anchor) -> bool {
        let is_left = object.deleted_at().is_some() && self.exported(anchor).is_none();
        is_left || object.origin() == Origin::Cloud
    }

    /// Notes what is sent of an object that the tenant does not show, if it is not on record.
    pub(super) fn note_exports(
        &self,
        sketch: &mut Sketch,
        anchor: Anchor,
        exports: Vec<(Property, Fingerprint)>,
    ) {
        let exports = Exported(exports);
        if self.sends_hidden_values() && self.exported(anchor) != Some(&exports) {
            sketch.mind();
            sketch.report.exported.push((anchor, exports));
        }
    }
}
