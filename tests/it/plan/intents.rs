//! Creations of which no end is on record: what of the tenant counts as theirs, and what does not.

use samesign::model::{Anchor, AttributesBuilder, CloudContact, Intent, ObjectKind, Origin, Property, Sid};
use samesign::plan::link_intents;
use samesign::policy::Channel;

use super::world::{World, cloud_id, guid, world};

fn begin(world: &mut World, kind: ObjectKind, name: &str, mark: &str) {
    let intent = Intent { kind, mark: mark.into() };
    world.links.intents.insert(Anchor::from_guid(guid(name)), intent);
}

fn contact(world: &mut World, id: &str, mail: &str, name: &str, origin: Origin) {
    let mut attributes = AttributesBuilder::default();
    attributes.push(Property::Mail.id(), mail.as_bytes());
    attributes.push(Property::DisplayName.id(), name.as_bytes());
    let attributes = attributes.finish();
    let mut reading = world.tenant.to_reading();
    reading.contacts.push(CloudContact { id: cloud_id(id), attributes, origin, ..CloudContact::default() });
    world.tenant = reading.finish();
}

/// Links what came of what was begun; the anchors, by the names that these objects have here.
fn linked(world: &mut World, channel: Channel, names: &[&'static str]) -> Vec<&'static str> {
    link_intents(&mut world.links, &world.tenant, channel);
    let is_linked = |it: &&&str| world.links.from_intents.contains(&Anchor::from_guid(guid(it)));
    names.iter().filter(is_linked).copied().collect()
}

#[test]
fn what_was_begun_and_left_the_directory_since_leaves_the_tenant_too() {
    let text = "ad user ada\ncloud user ada\nad group staff\ncloud group staff\nunlinked user eve\nunlinked group old";
    let mut stranger = world(text);
    assert!(stranger.free().is_empty(), "without a record nobody is removed");
    for (kind, name) in [(ObjectKind::User, "eve"), (ObjectKind::Group, "old")] {
        begin(&mut stranger, kind, name, &Anchor::from_guid(guid(name)).to_string());
    }
    assert_eq!(linked(&mut stranger, Channel::Graph, &["eve", "old"]), ["eve", "old"]);
    assert_eq!(stranger.free(), ["block eve@contoso.com"]);
    let noted = stranger.plan().report;
    let joined: Vec<_> = noted.joined.iter().map(|it| it.2).collect();
    for name in ["ada", "staff", "eve", "old"] {
        assert!(joined.contains(&cloud_id(name)), "{name} is on record from now on");
    }
    assert_eq!(noted.departed.len(), 2, "the grace period of the group begins, too");
}

#[test]
fn who_has_a_link_or_another_master_or_is_in_the_recycle_bin_is_not_what_was_begun() {
    let mut world =
        world("unlinked user eve\nsynced eve\ncloud user bob\ndeleted user ron\nunlinked user kim");
    world.links.by_anchor.remove(&Anchor::from_guid(guid("ron")));
    for name in ["eve", "bob", "ron"] {
        begin(&mut world, ObjectKind::User, name, &Anchor::from_guid(guid(name)).to_string());
    }
    begin(&mut world, ObjectKind::Group, "kim", &Anchor::from_guid(guid("kim")).to_string());
    assert_eq!(linked(&mut world, Channel::Graph, &["eve", "bob", "ron", "kim"]), [""; 0]);
}

#[test]
fn a_contact_is_recognised_by_its_address_and_name_together_if_no_other_has_both() {
    let mut world = world("");
    contact(&mut world, "pia", "Pia@elsewhere.example", "Pia", Origin::Synced);
    contact(&mut world, "ron", "ron@elsewhere.example", "Ron of another forest", Origin::Synced);
    contact(&mut world, "zoe", "zoe@elsewhere.example", "Zoe", Origin::Synced);
    contact(&mut world, "zoe again", "zoe@elsewhere.example", "Zoe", Origin::Synced);
    contact(&mut world, "leo", "leo@elsewhere.example", "Leo", Origin::Cloud);
    for (name, mark) in [
        ("pia", "pia@elsewhere.example Pia"),
        ("ron", "ron@elsewhere.example Ron"),
        ("zoe", "zoe@elsewhere.example Zoe"),
        ("leo", "leo@elsewhere.example Leo"),
    ] {
        begin(&mut world, ObjectKind::Contact, name, mark);
    }
    assert_eq!(linked(&mut world, Channel::DirectorySync, &["pia", "ron", "zoe", "leo"]), ["pia"]);
}

#[test]
fn a_group_that_a_directory_is_master_of_is_recognised_by_its_sid() {
    let mut world = world("unlinked group old\nsynced old\nunlinked group new\nsynced new");
    let mut reading = world.tenant.to_reading();
    let sid: Sid = "S-1-5-21-7-8-9-1104".parse().unwrap();
    for group in reading.groups.iter_mut().filter(|it| it.id == cloud_id("old")) {
        (group.sid, group.anchor) = (Some(sid.clone()), None);
    }
    world.tenant = reading.finish();
    begin(&mut world, ObjectKind::Group, "old", &sid.to_string());
    begin(&mut world, ObjectKind::Group, "new", "S-1-5-21-7-8-9-1105");
    assert_eq!(linked(&mut world, Channel::DirectorySync, &["old", "new"]), ["old"]);
}
