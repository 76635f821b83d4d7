//! Mail contacts in scope.
//!
//! Only the protocol of Entra Connect writes them; a policy for another channel has none.

use std::sync::Arc;

use crate::model::{
    Anchor, CloudContact, CloudId, CloudObject, ObjectIndex, ObjectKind, Property, well_known,
};
use crate::policy::{Authority, ContactPolicy};

use super::Ground;
use super::because::Because;
use super::change::{AttributeChange, ObjectRef, Op, Stage, Subject, Value};
use super::compare::{Compared, compare};
use super::correlate::Correlation;
use super::report::About;
use super::sketch::{Draft, Place, Sketch};

/// A contact whose place is settled, and whose manager may change.
struct Settled {
    at: ObjectIndex,
    anchor: Anchor,
    subject: Subject,
    name: Arc<str>,
    manager: Option<ObjectIndex>,
    current: Option<CloudId>,
}

/// Plans all contacts in scope; their managers last, when everybody has a place.
pub(super) fn plan_contacts(
    ground: &Ground<'_>,
    sketch: &mut Sketch,
    policy: &ContactPolicy,
    places: &[ObjectIndex],
) {
    let mut settled = Vec::with_capacity(places.len());
    for at in places {
        settled.extend(plan_contact(ground, sketch, policy, *at));
    }
    for at in sketch.reopen(ground.objects, ObjectKind::Contact, &[ObjectKind::User, ObjectKind::Contact]) {
        settled.extend(plan_contact(ground, sketch, policy, at));
    }
    settled.sort_by_key(|it| it.at);
    let flow = policy.flows.to(Property::Manager).map(|it| it.authority);
    for contact in settled {
        let is_decided = match flow {
            Some(Authority::Directory) => true,
            Some(Authority::InitialOnly) => matches!(contact.subject, Subject::Created(_)),
            Some(Authority::Tenant) | None => false,
        };
        if is_decided {
            plan_manager(ground, sketch, &contact);
        }
    }
}

fn plan_contact(
    ground: &Ground<'_>,
    sketch: &mut Sketch,
    policy: &ContactPolicy,
    at: ObjectIndex,
) -> Option<Settled> {
    sketch.turn_to(at);
    let object = ground.objects.get(at);
    let anchor = object.guid_anchor();
    let (subject, current) = match ground.index.contact(object, at) {
        Correlation::Joined(contact) | Correlation::InRecycleBin(contact) => {
            (Subject::Known(contact.id), Some(contact))
        }
        Correlation::DirectoryOnly => (Subject::Created(anchor), None),
        Correlation::Contested(twin) => {
            ground.note_twins(sketch, ObjectKind::Contact, (at, twin));
            return None;
        }
    };
    let flows = (ObjectKind::Contact, &policy.flows);
    let compared = compare(ground, sketch, flows, at, current.map(CloudObject::Contact));
    let name = Arc::clone(&compared.name);
    if current.is_some_and(|it| ground.is_mastered_by_other(it.origin)) {
        sketch.place(at, Place::In(subject), &name);
        ground.note_other_master(sketch, ObjectKind::Contact, &name);
        return None;
    }
    let named = object.attributes.text(well_known::MANAGER);
    let manager = named.and_then(|it| ground.named(it));
    sketch.refer(manager, named.is_some());
    if emit(ground, sketch, (anchor, subject, current), (at, compared)) {
        Some(Settled { at, anchor, subject, name, manager, current: current.and_then(|it| it.manager) })
    } else {
        None
    }
}

/// Whether the tenant has the contact, or gets it.
fn emit(
    ground: &Ground<'_>,
    sketch: &mut Sketch,
    (anchor, subject, current): (Anchor, Subject, Option<&CloudContact>),
    (at, compared): (ObjectIndex, Compared),
) -> bool {
    let object = ground.objects.get(at);
    let draft = Draft::new(ObjectKind::Contact, anchor, subject, &compared.name);
    let wanted = Some(compared.mark.finish()).filter(|_| !compared.is_kept_back);
    let is_addressed = |it: &AttributeChange| it.property == Property::ProxyAddresses && it.to.is_some();
    if current.is_none() && !compared.differences.iter().any(is_addressed) {
        let text = "cannot be created: a contact needs a mail address that nobody else has".to_owned();
        sketch.finding(ObjectKind::Contact, &compared.name, About::Address, text);
        sketch.place(at, Place::Stuck, &compared.name);
        return false;
    }
    sketch.place(at, Place::In(subject), &compared.name);
    ground.note(sketch, (anchor, current.map(|it| it.id)), &object.dn, wanted);
    match current {
        None => {
            let values = compared.new_values();
            sketch.push(&draft, Op::Create(values), Because::MissingInTenant, Stage::CreateContacts);
        }
        Some(contact) => {
            sketch.join(anchor, ObjectKind::Contact, contact.id);
            if !compared.differences.is_empty() {
                let differences = compared.differences;
                let object = (ObjectKind::Contact, anchor);
                let because = ground.why_different(object, &differences, wanted);
                sketch.push(&draft, Op::Update(differences), because, Stage::UpdateContacts);
            }
        }
    }
    ground.note_exports(sketch, anchor, compared.exports);
    true
}

fn plan_manager(ground: &Ground<'_>, sketch: &mut Sketch, contact: &Settled) {
    sketch.turn_to(contact.at);
    if contact.manager.is_some_and(|it| sketch.is_stuck(it)) {
        return;
    }
    let to = contact.manager.and_then(|at| sketch.reference(ground, at));
    if to.as_ref().map(|it| it.subject) == contact.current.map(Subject::Known) {
        return;
    }
    // A manager who is not ours was chosen in the tenant; the directory has nothing to say about them.
    if to.as_ref().is_some_and(|it| !ground.can_refer_to(it.subject))
        || to.is_none() && !contact.current.is_some_and(|id| ground.is_ours(id))
    {
        return sketch.mind();
    }
    let boxed = |it: ObjectRef| Value::Reference(Box::new(it));
    let from = contact.current.map(|id| boxed(ground.reference(id)));
    let change = AttributeChange { property: Property::Manager, from, to: to.map(boxed) };
    let draft = Draft::new(ObjectKind::Contact, contact.anchor, contact.subject, &contact.name);
    let changes = vec![change];
    let because = ground.why_different((ObjectKind::Contact, contact.anchor), &changes, None);
    sketch.push(&draft, Op::Update(changes), because, Stage::Managers);
}
