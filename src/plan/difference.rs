//! How what the tenant has differs from what is wanted, property by property.
//!
//! It does not know why something is wanted.

use std::borrow::Cow;

use crate::model::{
    Attributes, DirectoryObject, Exported, Fingerprint, FingerprintBuilder, Form, ObjectKind, Property,
    addresses::{self, AddressDifference},
    well_known,
};
use crate::policy::{Builtin, Flow, FlowSource};

use super::change::{AttributeChange, Value};
use super::project::{Desired, Domains};

/// A nickname that was derived from other names stays when these change (graph-tenant reference, 8.5).
pub(super) fn keeps_nickname(flow: &Flow, object: &DirectoryObject) -> bool {
    matches!(flow.source, FlowSource::Builtin(Builtin::MailNickname))
        && object.attributes.first(well_known::MAIL_NICKNAME).is_none()
}

pub(super) fn text_difference(
    property: Property,
    current: Option<&str>,
    wanted: &Desired<'_>,
) -> Option<AttributeChange> {
    let from = || current.map(|it| text_value(property, it));
    match wanted {
        Desired::Text(text) if current.is_some_and(|it| property.same(it, text)) => None,
        Desired::Text(text) => {
            Some(AttributeChange { property, from: from(), to: Some(text_value(property, text)) })
        }
        Desired::Nothing => {
            current.map(|it| AttributeChange { property, from: Some(text_value(property, it)), to: None })
        }
        Desired::Set(_) | Desired::LeftAlone(_) => None,
    }
}

fn text_value(property: Property, text: &str) -> Value {
    if property.form() == Form::Switch { Value::Switch(text == "true") } else { Value::Text(text.into()) }
}

/// What the tenant has of an object, as far as can be told.
#[derive(Clone, Copy)]
pub(super) struct Counterpart<'a> {
    pub(super) kind: ObjectKind,
    /// No value for an object that is new.
    pub(super) attributes: &'a Attributes,
    pub(super) is_new: bool,
    /// Whether nothing can be there of what the tenant does not show, as with one whom the cloud masters; or nobody
    /// knows what was left, as with one in the recycle bin of whom there is no record.
    pub(super) is_bare: bool,
    /// What was last sent of properties that the tenant does not show.
    pub(super) exported: Option<&'a Exported>,
}

impl Counterpart<'_> {
    /// How a property differs from what is wanted. Absent and empty are the same.
    ///
    /// Of what the tenant does not show, the mark of what is wanted goes to `exports`.
    pub(super) fn difference(
        &self,
        property: Property,
        wanted: Desired<'_>,
        domains: &Domains,
        exports: &mut Vec<(Property, Fingerprint)>,
    ) -> Option<AttributeChange> {
        if !property.shown().has(self.kind) {
            return self.hidden_difference(property, &wanted, exports);
        }
        match property.form() {
            Form::TextSet | Form::OctetsSet => self.set_difference(property, wanted),
            Form::Addresses => self.address_difference(property, wanted, domains),
            Form::Text
            | Form::CaselessText
            | Form::Switch
            | Form::Number
            | Form::Octets
            | Form::Reference => {
                let current = self.attributes.text(property.id()).filter(|it| !it.is_empty());
                text_difference(property, current, &wanted)
            }
        }
    }

    /// Nobody can see what the tenant has: only what was sent last tells whether the directory has changed. Where
    /// nobody knows that, the tenant is trusted to have it, as after a change from another program.
    fn hidden_difference(
        &self,
        property: Property,
        wanted: &Desired<'_>,
        exports: &mut Vec<(Property, Fingerprint)>,
    ) -> Option<AttributeChange> {
        let to = match wanted {
            Desired::Text(text) => Some(text_value(property, text)),
            Desired::Set(values) => set(values.iter().map(|it| it.as_ref().into()).collect()),
            Desired::Nothing => None,
            Desired::LeftAlone(_) => return None,
        };
        let mark = to.as_ref().map(|_| {
            let mut mark = FingerprintBuilder::default();
            wanted.mark(property, &mut mark);
            mark.finish()
        });
        exports.extend(mark.map(|it| (property, it)));
        let before = match (self.is_new || self.is_bare, self.exported) {
            (true, _) => None,
            (false, Some(exported)) => exported.of(property),
            (false, None) => return None,
        };
        let from = before.map(|_| Value::NotShown);
        (before != mark).then_some(AttributeChange { property, from, to })
    }

    fn set_difference(&self, property: Property, wanted: Desired<'_>) -> Option<AttributeChange> {
        let mut has: Vec<&str> = self.attributes.texts(property.id()).collect();
        has.sort_unstable();
        has.dedup();
        let wanted: Vec<Cow<'_, str>> = match wanted {
            Desired::Set(values) => values,
            Desired::Text(text) => vec![text],
            Desired::Nothing => Vec::new(),
            Desired::LeftAlone(_) => return None,
        };
        if has == wanted {
            return None;
        }
        Some(AttributeChange {
            property,
            from: set(has.into_iter().map(Into::into).collect()),
            to: set(wanted.into_iter().map(|it| it.as_ref().into()).collect()),
        })
    }

    fn address_difference(
        &self,
        property: Property,
        wanted: Desired<'_>,
        domains: &Domains,
    ) -> Option<AttributeChange> {
        let wanted = match wanted {
            Desired::Set(values) => values,
            Desired::Text(text) => vec![text],
            Desired::Nothing => Vec::new(),
            Desired::LeftAlone(_) => return None,
        };
        let has: Vec<&str> = self.attributes.texts(property.id()).collect();
        let user_name = self.attributes.text(Property::UserPrincipalName.id());
        // Only from mailboxes does the tenant drop addresses of domains that it does not own.
        let keeps_all = self.is_new || self.kind == ObjectKind::Contact;
        let is_verified = |it: &str| keeps_all || domains.is_verified(it);
        let AddressDifference { from, to } = addresses::difference(&wanted, &has, user_name, is_verified)?;
        Some(AttributeChange { property, from: set(from), to: set(to) })
    }
}

fn set(values: Vec<Box<str>>) -> Option<Value> {
    (!values.is_empty()).then(|| Value::Set(values.into()))
}
