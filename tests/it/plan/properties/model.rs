//! A tenant and our records as a few tables, and what each change does to them.
//!
//! It refuses what the service refuses, and knows nothing of how a plan is made.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use samesign::model::{
    Anchor, Attributes, AttributesBuilder, CloudGroup, CloudId, CloudUser, Link, ObjectKind, Property,
    TenantReading, TenantSnapshot,
};
use samesign::plan::{
    AttributeChange, Because, Change, Consent, NewValue, ObjectRef, Op, Planned, Subject, Value, lint, review,
};

use super::super::world::{World, cloud_id};

/// What becomes of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is carried out and recorded.
    Done,
    /// The service refuses it.
    Refused,
    /// It is carried out, and no answer comes.
    Lost,
    /// The program stops before it.
    Stopped,
}

/// When all that is deleted is deleted.
const DELETED_AT: Timestamp = Timestamp::UNIX_EPOCH;

/// A tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tenant {
    pub(super) users: BTreeMap<CloudId, CloudUser>,
    pub(super) groups: BTreeMap<CloudId, CloudGroup>,
    births: usize,
}

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It needs an object that was not created.
    Waits,
    /// The service does not take it.
    Service(String),
}

/// Plans and applies once; what was planned, and what was refused although fate had nothing against it.
pub(super) fn run(world: &mut World, fate: impl Fn(usize) -> Fate) -> (Planned, Vec<String>) {
    let planned = world.plan();
    let (refused, _done) = carry_out(world, &planned, fate);
    (planned, refused)
}

/// Applies a plan once; what was refused although fate had nothing against it, and what was done to which object.
pub(super) fn carry_out(
    world: &mut World,
    planned: &Planned,
    fate: impl Fn(usize) -> Fate,
) -> (Vec<String>, Vec<(Change, CloudId)>) {
    let faults: Vec<String> = lint(planned, &world.inputs()).iter().map(ToString::to_string).collect();
    assert!(faults.is_empty(), "{faults:#?}");
    let review = review(planned.plan.clone(), &Consent::default(), world.as_of);
    begin(world, planned);
    let mut tenant = Tenant::of(&world.tenant);
    let (mut made, mut refused, mut all_done) = (HashMap::new(), Vec::new(), true);
    let mut done = Vec::new();
    for (at, change) in review.approved.changes().enumerate() {
        let outcome = match fate(at) {
            Fate::Stopped => {
                all_done = false;
                break;
            }
            Fate::Refused => Err(Refusal::Waits),
            Fate::Lost => {
                let _lost = tenant.carry_out(change, &HashMap::new());
                Err(Refusal::Waits)
            }
            Fate::Done => tenant.carry_out(change, &made),
        };
        match outcome {
            Ok(id) => {
                made.extend(matches!(change.op(), Op::Create(_)).then_some((change.anchor(), id)));
                record(world, change, id);
                done.push((change.clone(), id));
            }
            Err(why) => {
                all_done = false;
                if let Refusal::Service(why) = why {
                    refused.push(format!("{} {}: {why}", change.op().word(), change.name()));
                }
            }
        }
    }
    if all_done && world.directory.whole().is_some() && planned.plan.rollback().is_none() {
        finish(world, planned, &review.approved.held().map(Change::anchor).collect());
        if !review.approved.held().any(|it| it.because().is_policy_change()) {
            world.links.reviewed = Some(world.policy.reviewed());
        }
    }
    world.tenant = tenant.snapshot(&world.tenant);
    (refused, done)
}

/// What is recorded before anything is written.
fn begin(world: &mut World, planned: &Planned) {
    let links = &mut world.links.by_anchor;
    for (anchor, kind, id) in &planned.report.joined {
        let link = links.entry(*anchor).or_insert(Link::new(*kind, *id));
        (link.kind, link.cloud, link.blocked_since) = (*kind, *id, None);
    }
    for anchor in &planned.report.departed {
        if let Some(link) = links.get_mut(anchor) {
            link.blocked_since.get_or_insert(world.as_of);
        }
    }
}

fn record(world: &mut World, change: &Change, id: CloudId) {
    let links = &mut world.links.by_anchor;
    let Some(kind) = change.kind().object() else { return };
    if let (Op::Restore(_), Because::RolledBack { .. }) = (change.op(), change.because()) {
        links.insert(change.anchor(), Link::new(kind, id));
    }
    match (change.op(), change.because()) {
        (Op::Create(_) | Op::Adopt { .. }, _) => {
            links.insert(change.anchor(), Link::new(kind, id));
        }
        (Op::Block, Because::Departed { .. }) => {
            if let Some(link) = links.get_mut(&change.anchor()) {
                link.blocked_since.get_or_insert(world.as_of);
            }
        }
        (Op::Unblock | Op::Restore(_), _) => {
            if let Some(link) = links.get_mut(&change.anchor()) {
                link.blocked_since = None;
            }
        }
        (Op::Delete, _) => {
            links.remove(&change.anchor());
        }
        (Op::Block | Op::Update(_) | Op::Members { .. } | Op::Password(_) | Op::Features(_), _) => (),
    }
}

fn finish(world: &mut World, planned: &Planned, waiting: &BTreeSet<Anchor>) {
    let links = &mut world.links.by_anchor;
    for (anchor, dn) in &planned.report.named {
        if let Some(link) = links.get_mut(anchor) {
            link.dn = Some(dn.parse().unwrap());
        }
    }
    for (anchor, wanted) in planned.report.wanted.iter().filter(|it| !waiting.contains(&it.0)) {
        if let Some(link) = links.get_mut(anchor) {
            link.settled = Some(*wanted);
        }
    }
}

/// The properties of an object with some of them set to other values.
fn with(attributes: &Attributes, changes: &[(Property, Vec<String>)]) -> Attributes {
    let mut builder = AttributesBuilder::default();
    for property in Property::ALL {
        match changes.iter().find(|it| it.0 == *property) {
            Some((_, values)) => values.iter().for_each(|it| builder.push(property.id(), it.as_bytes())),
            None => attributes.values(property.id()).for_each(|it| builder.push(property.id(), it)),
        }
    }
    builder.finish()
}

fn texts(value: Option<&Value>) -> Vec<String> {
    match value {
        None | Some(Value::Reference(_) | Value::NotShown) => Vec::new(),
        Some(Value::Text(text)) => vec![text.to_string()],
        Some(Value::Switch(on)) => vec![on.to_string()],
        Some(Value::Set(values)) => values.iter().map(ToString::to_string).collect(),
    }
}

fn now(attributes: &Attributes, property: Property) -> Vec<String> {
    let mut values: Vec<String> =
        attributes.values(property.id()).map(|it| String::from_utf8_lossy(it).into_owned()).collect();
    values.sort();
    values
}

fn service<T>(words: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::Service(words.into()))
}

impl Tenant {
    pub(super) fn of(snapshot: &TenantSnapshot) -> Self {
        Self {
            users: snapshot.users().iter().map(|it| (it.id, it.clone())).collect(),
            groups: snapshot.groups().iter().map(|it| (it.id, it.clone())).collect(),
            births: snapshot.users().len() + snapshot.groups().len(),
        }
    }

    /// What a reading of it gives: nobody refers to what is in the recycle bin.
    fn snapshot(mut self, before: &TenantSnapshot) -> TenantSnapshot {
        let users = self.users.values().filter(|it| it.deleted_at.is_some()).map(|it| it.id);
        let groups = self.groups.values().filter(|it| it.deleted_at.is_some()).map(|it| it.id);
        let gone: BTreeSet<CloudId> = users.chain(groups).collect();
        for group in self.groups.values_mut() {
            group.members = group.members.iter().copied().filter(|it| !gone.contains(it)).collect();
        }
        for user in self.users.values_mut() {
            user.manager = user.manager.filter(|it| !gone.contains(it));
        }
        TenantReading {
            identity: before.identity().clone(),
            domains: before.domains().to_vec(),
            users: self.users.into_values().collect(),
            groups: self.groups.into_values().collect(),
            roles: before.roles().clone(),
            ..TenantReading::default()
        }
        .finish()
    }

    fn carry_out(&mut self, change: &Change, made: &HashMap<Anchor, CloudId>) -> Result<CloudId, Refusal> {
        if let Op::Create(values) = change.op() {
            return self.create(change, values);
        }
        let resolve = |subject: Subject| match subject {
            Subject::Known(id) => Ok(id),
            Subject::Created(anchor) => made.get(&anchor).copied().ok_or(Refusal::Waits),
        };
        let id = resolve(change.subject())?;
        let Some(kind) = change.kind().object() else { return service("nobody approved this") };
        match change.op() {
            Op::Create(_) => unreachable!("created above"),
            Op::Update(changes) => {
                let manager = changes.iter().find(|it| it.property == Property::Manager);
                match manager.map(|it| &it.to) {
                    None => self.update(id, changes)?,
                    Some(None) => self.active_user(id)?.manager = None,
                    Some(Some(Value::Reference(to))) => {
                        let to = resolve(to.subject)?;
                        self.active_user(to)?;
                        self.active_user(id)?.manager = Some(to);
                    }
                    Some(Some(Value::Text(_) | Value::Switch(_) | Value::Set(_) | Value::NotShown)) => {
                        return service("a manager is an object");
                    }
                }
            }
            Op::Block => self.switch(id, "false")?,
            Op::Unblock => self.switch(id, "true")?,
            Op::Delete => self.delete(id, kind)?,
            Op::Restore(changes) => self.restore(id, kind, changes)?,
            Op::Adopt { .. } | Op::Features(_) => return service("nobody approved this"),
            Op::Password(_) => return service("Microsoft Graph takes no hashes"),
            Op::Members { add, remove, after: _ } => {
                let found = |it: &ObjectRef| resolve(it.subject);
                let gone: Vec<CloudId> = remove.iter().map(found).collect::<Result<_, _>>()?;
                let (new, waits): (Vec<_>, Vec<_>) = add.iter().map(found).partition(Result::is_ok);
                for id in new.iter().flatten() {
                    let is_there = self.users.get(id).is_some_and(|it| it.deleted_at.is_none())
                        || self.groups.get(id).is_some_and(|it| it.deleted_at.is_none());
                    if !is_there {
                        return service("no such member");
                    }
                }
                let group = self.active_group(id)?;
                let mut members: BTreeSet<CloudId> = group.members.iter().copied().collect();
                members.extend(new.into_iter().flatten());
                members.retain(|it| !gone.contains(it));
                group.members = members.into_iter().collect();
                if !waits.is_empty() {
                    return Err(Refusal::Waits);
                }
            }
        }
        Ok(id)
    }

    fn create(&mut self, change: &Change, values: &[NewValue]) -> Result<CloudId, Refusal> {
        let values: Vec<_> = values.iter().map(|it| (it.property, texts(Some(&it.value)))).collect();
        self.births += 1;
        let id = cloud_id(&format!("{} {}", change.anchor(), self.births));
        let (anchor, attributes) = (Some(change.anchor()), with(&Attributes::default(), &values));
        if change.kind() == ObjectKind::User {
            if self.users.values().any(|it| it.deleted_at.is_none() && it.anchor == anchor) {
                return service("the anchor is taken");
            }
            self.is_free(id, &values)?;
            self.users.insert(id, CloudUser { id, anchor, attributes, ..CloudUser::default() });
        } else {
            self.groups.insert(id, CloudGroup { id, anchor, attributes, ..CloudGroup::default() });
        }
        Ok(id)
    }

    /// Whether nobody else has a user name or an address.
    fn is_free(&self, id: CloudId, values: &[(Property, Vec<String>)]) -> Result<(), Refusal> {
        for property in [Property::UserPrincipalName, Property::Mail] {
            let Some((_, wanted)) = values.iter().find(|it| it.0 == property) else { continue };
            let has = |it: &&CloudUser| {
                it.id != id
                    && it.deleted_at.is_none()
                    && it
                        .attributes
                        .text(property.id())
                        .is_some_and(|has| wanted.first().is_some_and(|wanted| property.same(has, wanted)))
            };
            if let Some(other) = self.users.values().find(has) {
                return service(format!("{property} belongs to {}", other.id));
            }
        }
        Ok(())
    }

    fn update(&mut self, id: CloudId, changes: &[AttributeChange]) -> Result<(), Refusal> {
        let attributes = match (self.users.get(&id), self.groups.get(&id)) {
            (Some(user), _) if user.deleted_at.is_none() => &user.attributes,
            (None, Some(group)) if group.deleted_at.is_none() => &group.attributes,
            _ => return service("no such object"),
        };
        for AttributeChange { property, from, to: _ } in changes {
            if now(attributes, *property) != texts(from.as_ref()) {
                return service(format!("{property} is {:?}", now(attributes, *property)));
            }
        }
        let values: Vec<_> = changes.iter().map(|it| (it.property, texts(it.to.as_ref()))).collect();
        self.is_free(id, &values)?;
        let attributes = with(attributes, &values);
        if let Some(user) = self.users.get_mut(&id) {
            user.attributes = attributes;
        } else if let Some(group) = self.groups.get_mut(&id) {
            group.attributes = attributes;
        }
        Ok(())
    }

    fn active_user(&mut self, id: CloudId) -> Result<&mut CloudUser, Refusal> {
        let user = self.users.get_mut(&id).filter(|it| it.deleted_at.is_none());
        user.ok_or_else(|| Refusal::Service("no such user".to_owned()))
    }

    fn active_group(&mut self, id: CloudId) -> Result<&mut CloudGroup, Refusal> {
        let group = self.groups.get_mut(&id).filter(|it| it.deleted_at.is_none());
        group.ok_or_else(|| Refusal::Service("no such group".to_owned()))
    }

    fn switch(&mut self, id: CloudId, on: &str) -> Result<(), Refusal> {
        let user = self.active_user(id)?;
        user.attributes = with(&user.attributes, &[(Property::AccountEnabled, vec![on.to_owned()])]);
        Ok(())
    }

    fn delete(&mut self, id: CloudId, kind: ObjectKind) -> Result<(), Refusal> {
        let at = Some(DELETED_AT);
        if kind == ObjectKind::User {
            let user = self.active_user(id)?;
            let name = user.attributes.text(Property::UserPrincipalName.id()).unwrap_or_default();
            let name = format!("{}{name}", id.to_string().replace('-', ""));
            user.attributes = with(&user.attributes, &[(Property::UserPrincipalName, vec![name])]);
            user.deleted_at = at;
        } else {
            self.active_group(id)?.deleted_at = at;
        }
        Ok(())
    }

    fn restore(&mut self, id: CloudId, kind: ObjectKind, other: &[AttributeChange]) -> Result<(), Refusal> {
        if kind != ObjectKind::User {
            let Some(group) = self.groups.get_mut(&id).filter(|it| it.deleted_at.is_some()) else {
                return service("not in the recycle bin");
            };
            group.deleted_at = None;
            return Ok(());
        }
        let Some(user) = self.users.get(&id).filter(|it| it.deleted_at.is_some()) else {
            return service("not in the recycle bin");
        };
        let name = user.attributes.text(Property::UserPrincipalName.id()).unwrap_or_default();
        let name = name.trim_start_matches(&id.to_string().replace('-', "")).to_owned();
        let mail = user.attributes.text(Property::Mail.id()).map(str::to_owned);
        let mut values: Vec<_> = other.iter().map(|it| (it.property, texts(it.to.as_ref()))).collect();
        for (property, before) in [(Property::UserPrincipalName, Some(name)), (Property::Mail, mail)] {
            if values.iter().all(|it| it.0 != property) {
                values.push((property, before.into_iter().collect()));
            }
        }
        // It brings nobody back whose name or address somebody else has, unless it is told what to do about it.
        self.is_free(id, &values)?;
        if let Some(user) = self.users.get_mut(&id) {
            user.attributes = with(&user.attributes, &values);
            user.deleted_at = None;
        }
        Ok(())
    }
}
