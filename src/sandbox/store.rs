//! All objects in memory with the indexes that keep every look-up and every page cheap, and older versions
//! of objects while replication is slow.
//!
//! It enforces no rule of the service: who may write what is decided before it is called.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::dynamic_groups::{self, Rules};
use super::grants::Grants;
use super::journal::{Journal, What};
use super::object::{Kind, Object};
use super::verifier::Verifier;

/// Name spaces in which a value belongs to one active object (reference, 2.2 and §12 behaviour 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum KeySpace {
    UserPrincipalName,
    ProxyAddress,
    ImmutableId,
    /// Source anchors of groups and of contacts.
    GroupAnchor,
    ContactAnchor,
    UniqueName,
    /// Of Microsoft 365 groups only; others may share a nickname.
    MailNickname,
}

/// What an object was until something changed it.
#[derive(Debug)]
struct Version {
    until: Timestamp,
    /// `None`: it did not exist.
    object: Option<Object>,
}

/// The objects of the tenant.
#[derive(Debug, Default)]
pub(crate) struct Store {
    objects: HashMap<Uuid, Object>,
    /// Ids by kind and by whether they lie in the recycle bin.
    shelves: BTreeMap<(Kind, bool), BTreeSet<Uuid>>,
    keys: HashMap<(KeySpace, String), Uuid>,
    member_of: HashMap<Uuid, BTreeSet<Uuid>>,
    reports: HashMap<Uuid, BTreeSet<Uuid>>,
    older: BTreeMap<Uuid, Vec<Version>>,
    /// The recycle bin by age.
    bin: BTreeSet<(Timestamp, Uuid)>,
    /// Source anchors of users in the recycle bin.
    bin_anchors: BTreeSet<(String, Uuid)>,
    /// Objects with a value in quarantine.
    quarantined: BTreeSet<Uuid>,
    /// Of the dynamic groups whose members are computed.
    pub(crate) rules: Rules,
    pub(crate) grants: Grants,
    /// Apart from the objects, so that no view of an object can show one.
    verifiers: BTreeMap<Uuid, Verifier>,
    /// How long older versions are kept: the longest replication delay.
    pub(crate) horizon: SignedDuration,
    pub(crate) journal: Journal,
    /// Users and groups deleted so far.
    pub(crate) deletions: u64,
    /// Whether something changed since the state was last saved.
    pub(crate) changed: bool,
}

/// The unique values that an object occupies; none once it is in the recycle bin.
pub(crate) fn keys_of(object: &Object) -> Vec<(KeySpace, String)> {
    if object.deleted.is_some() {
        return Vec::new();
    }
    let properties = &object.properties;
    let mut keys = Vec::new();
    if object.kind == Kind::User {
        keys.extend(
            properties.text("userPrincipalName").map(|it| (KeySpace::UserPrincipalName, it.to_lowercase())),
        );
        keys.extend(
            properties.text("onPremisesImmutableId").map(|it| (KeySpace::ImmutableId, it.to_owned())),
        );
    }
    let space = if object.kind == Kind::Group { KeySpace::GroupAnchor } else { KeySpace::ContactAnchor };
    keys.extend(object.anchor.as_deref().map(|it| (space, it.to_owned())));
    if object.unified() {
        keys.extend(properties.text("mailNickname").map(|it| (KeySpace::MailNickname, it.to_lowercase())));
    }
    keys.extend(properties.text("uniqueName").map(|it| (KeySpace::UniqueName, it.to_owned())));
    keys.extend(
        properties.texts("proxyAddresses").iter().map(|it| (KeySpace::ProxyAddress, it.to_lowercase())),
    );
    keys
}

fn quarantined(object: &Object) -> bool {
    object.properties.get("onPremisesProvisioningErrors").is_some()
}

impl Store {
    pub(crate) fn get(&self, id: Uuid) -> Option<&Object> {
        self.objects.get(&id)
    }

    /// Who holds a unique value.
    pub(crate) fn holder(&self, space: KeySpace, value: &str) -> Option<Uuid> {
        let folded = match space {
            KeySpace::ImmutableId
            | KeySpace::GroupAnchor
            | KeySpace::ContactAnchor
            | KeySpace::UniqueName => value.to_owned(),
            KeySpace::UserPrincipalName | KeySpace::ProxyAddress | KeySpace::MailNickname => {
                value.to_lowercase()
            }
        };
        self.keys.get(&(space, folded)).copied()
    }

    /// The object as a replica that lags this much shows it.
    pub(crate) fn seen(&self, id: Uuid, now: Timestamp, delay: SignedDuration) -> Option<&Object> {
        let late = self.older.get(&id).and_then(|versions| {
            versions.iter().find(|it| now < it.until.saturating_add(delay).unwrap_or(it.until))
        });
        match late {
            Some(version) => version.object.as_ref(),
            None => self.objects.get(&id),
        }
    }

    /// Whether an object came into being less than `delay` ago.
    pub(crate) fn fresh(&self, id: Uuid, now: Timestamp, delay: SignedDuration) -> bool {
        self.objects.contains_key(&id) && self.seen(id, now, delay).is_none()
    }

    /// A user in the recycle bin with this source anchor.
    pub(crate) fn in_bin(&self, anchor: &str) -> Option<Uuid> {
        let from = (anchor.to_owned(), Uuid::nil());
        self.bin_anchors.range(from..).next().filter(|(it, _)| it == anchor).map(|(_, id)| *id)
    }

    /// Objects with a value in quarantine.
    pub(crate) fn quarantined(&self) -> Vec<Uuid> {
        self.quarantined.iter().copied().collect()
    }

    /// Enters an object that was just put in into the indexes of synchronisation.
    fn file(&mut self, object: &Object) {
        if let (Some(_), Some(anchor)) = (object.deleted, object.properties.text("onPremisesImmutableId")) {
            self.bin_anchors.insert((anchor.to_owned(), object.id));
        }
        if quarantined(object) {
            self.quarantined.insert(object.id);
        }
    }

    /// How many objects lie on a shelf.
    pub(crate) fn count(&self, kind: Kind, deleted: bool) -> usize {
        self.shelves.get(&(kind, deleted)).map_or(0, BTreeSet::len)
    }

    /// Ids of a shelf after `after`, in order, with those that a lagging replica may still show there.
    pub(crate) fn ids_after(
        &self,
        kind: Kind,
        deleted: bool,
        after: Option<Uuid>,
    ) -> impl Iterator<Item = Uuid> + '_ {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let range = (from, Bound::Unbounded);
        let mut settled = self
            .shelves
            .get(&(kind, deleted))
            .into_iter()
            .flat_map(move |it| it.range::<Uuid, _>(range).copied())
            .peekable();
        let mut older = self.older.range::<Uuid, _>(range).map(|(id, _)| *id).peekable();
        std::iter::from_fn(move || match (settled.peek(), older.peek()) {
            (Some(left), Some(right)) if left == right => {
                older.next();
                settled.next()
            }
            (Some(left), Some(right)) if right < left => older.next(),
            (Some(_), _) => settled.next(),
            (None, _) => older.next(),
        })
    }

    pub(crate) fn groups_of(&self, id: Uuid) -> Option<&BTreeSet<Uuid>> {
        self.member_of.get(&id)
    }

    pub(crate) fn reports_of(&self, id: Uuid) -> Option<&BTreeSet<Uuid>> {
        self.reports.get(&id)
    }

    /// Puts an object in that was not there, without a word to the journal: seeds and state files.
    pub(crate) fn load(&mut self, object: Object) {
        for key in keys_of(&object) {
            self.keys.insert(key, object.id);
        }
        self.shelves.entry((object.kind, object.deleted.is_some())).or_default().insert(object.id);
        for member in &object.members {
            self.member_of.entry(*member).or_default().insert(object.id);
        }
        if let Some(manager) = object.manager {
            self.reports.entry(manager).or_default().insert(object.id);
        }
        self.bin.extend(object.deleted.map(|at| (at, object.id)));
        self.file(&object);
        self.grants.add(&object);
        self.rules.extend(dynamic_groups::rule_of(&object).map(|rule| (object.id, rule)));
        self.objects.insert(object.id, object);
        self.changed = true;
    }

    /// Creates an object.
    pub(crate) fn insert(&mut self, now: Timestamp, object: Object) {
        let (id, kind) = (object.id, object.kind);
        self.remember(now, id);
        let members: Vec<Uuid> = object.members.iter().copied().collect();
        self.load(object);
        self.journal.record(now, kind, id, What::Created);
        for member in members {
            self.journal.record(now, kind, id, What::MemberAdded(member));
        }
        self.follow(now, id, None);
    }

    /// Changes an object; `change` tells the names of the properties that it changed.
    pub(crate) fn edit(&mut self, now: Timestamp, id: Uuid, change: impl FnOnce(&mut Object) -> Vec<String>) {
        self.remember(now, id);
        let Some(object) = self.objects.get_mut(&id) else { return };
        let before = keys_of(object);
        self.grants.remove(object);
        let names = change(object);
        self.grants.add(object);
        if quarantined(object) {
            self.quarantined.insert(id);
        } else {
            self.quarantined.remove(&id);
        }
        let (kind, after) = (object.kind, keys_of(object));
        for key in before {
            self.keys.remove(&key);
        }
        for key in after {
            self.keys.insert(key, id);
        }
        if !names.is_empty() {
            self.journal.record(now, kind, id, What::Changed(names.clone()));
            self.changed = true;
            self.follow(now, id, Some(&names));
        }
    }

    /// Changes what an object is granted; no delta query tells of it.
    pub(crate) fn regrant(&mut self, id: Uuid, change: impl FnOnce(&mut Object)) {
        let Some(object) = self.objects.get_mut(&id) else { return };
        self.grants.remove(object);
        change(object);
        self.grants.add(object);
        self.changed = true;
    }

    pub(crate) fn set_manager(&mut self, now: Timestamp, id: Uuid, manager: Option<Uuid>) {
        self.remember(now, id);
        let Some(object) = self.objects.get_mut(&id) else { return };
        if let Some(before) = std::mem::replace(&mut object.manager, manager)
            && let Some(reports) = self.reports.get_mut(&before)
        {
            reports.remove(&id);
        }
        if let Some(manager) = manager {
            self.reports.entry(manager).or_default().insert(id);
        }
        let kind = object.kind;
        self.journal.record(now, kind, id, What::Changed(vec!["manager".to_owned()]));
        self.changed = true;
    }

    /// Adds and removes members of a group; those that are there already, or not, are passed over.
    pub(crate) fn change_members(&mut self, now: Timestamp, group: Uuid, added: &[Uuid], removed: &[Uuid]) {
        if added.is_empty() && removed.is_empty() {
            return;
        }
        self.remember(now, group);
        let Some(object) = self.objects.get_mut(&group) else { return };
        for member in added {
            if object.members.insert(*member) {
                self.member_of.entry(*member).or_default().insert(group);
                self.journal.record(now, Kind::Group, group, What::MemberAdded(*member));
                self.changed = true;
            }
        }
        for member in removed {
            if object.members.remove(member) {
                if let Some(groups) = self.member_of.get_mut(member) {
                    groups.remove(&group);
                }
                self.journal.record(now, Kind::Group, group, What::MemberRemoved(*member));
                self.changed = true;
            }
        }
    }

    /// Moves an object into the recycle bin or out of it; `change` adjusts it while it holds no keys.
    pub(crate) fn shelve(
        &mut self,
        now: Timestamp,
        id: Uuid,
        deleted: Option<Timestamp>,
        change: impl FnOnce(&mut Object),
    ) {
        self.remember(now, id);
        let Some(object) = self.objects.get_mut(&id) else { return };
        for key in keys_of(object) {
            self.keys.remove(&key);
        }
        let (kind, was) = (object.kind, object.deleted.is_some());
        if let Some(at) = object.deleted {
            self.bin.remove(&(at, id));
        }
        self.bin.extend(deleted.map(|at| (at, id)));
        self.grants.remove(object);
        object.deleted = deleted;
        let before = (object.properties.clone(), object.mastery);
        change(object);
        let mut names = object.properties.differences(&before.0);
        names.extend((object.mastery != before.1).then(|| "onPremisesSyncEnabled".to_owned()));
        self.grants.add(object);
        for key in keys_of(object) {
            self.keys.insert(key, id);
        }
        if let Some(anchor) = object.properties.text("onPremisesImmutableId") {
            let entry = (anchor.to_owned(), id);
            if object.deleted.is_some() {
                self.bin_anchors.insert(entry);
            } else {
                self.bin_anchors.remove(&entry);
            }
        }
        if let Some(shelf) = self.shelves.get_mut(&(kind, was)) {
            shelf.remove(&id);
        }
        self.shelves.entry((kind, deleted.is_some())).or_default().insert(id);
        self.deletions += u64::from(deleted.is_some());
        let what = if deleted.is_some() { What::Deleted } else { What::Restored };
        self.journal.record(now, kind, id, what);
        if !names.is_empty() {
            self.journal.record(now, kind, id, What::Changed(names));
        }
        self.changed = true;
        self.follow(now, id, None);
    }

    /// Removes an object for good, with every reference to it.
    pub(crate) fn purge(&mut self, now: Timestamp, id: Uuid) {
        self.remember(now, id);
        for group in self.member_of.remove(&id).unwrap_or_default() {
            self.change_members(now, group, &[], &[id]);
        }
        for report in self.reports.remove(&id).unwrap_or_default() {
            self.set_manager(now, report, None);
        }
        let Some(object) = self.objects.remove(&id) else { return };
        self.rules.remove(&id);
        self.verifiers.remove(&id);
        self.grants.remove(&object);
        self.deletions += u64::from(object.deleted.is_none());
        for key in keys_of(&object) {
            self.keys.remove(&key);
        }
        for member in &object.members {
            if let Some(groups) = self.member_of.get_mut(member) {
                groups.remove(&id);
            }
        }
        if let Some(at) = object.deleted {
            self.bin.remove(&(at, id));
        }
        if let Some(anchor) = object.properties.text("onPremisesImmutableId") {
            self.bin_anchors.remove(&(anchor.to_owned(), id));
        }
        self.quarantined.remove(&id);
        if let Some(manager) = object.manager
            && let Some(reports) = self.reports.get_mut(&manager)
        {
            reports.remove(&id);
        }
        if let Some(shelf) = self.shelves.get_mut(&(object.kind, object.deleted.is_some())) {
            shelf.remove(&id);
        }
        self.journal.record(now, object.kind, id, What::Purged);
        self.changed = true;
    }

    /// Purges what has lain in the recycle bin since before a point in time.
    pub(crate) fn empty_bin(&mut self, now: Timestamp, before: Timestamp) {
        while let Some(&(at, id)) = self.bin.first()
            && at < before
        {
            self.bin.remove(&(at, id));
            self.purge(now, id);
        }
    }

    /// By what the password of a user is known.
    pub(crate) fn verifier(&self, id: Uuid) -> Option<&Verifier> {
        self.verifiers.get(&id)
    }

    /// Gives a user another password.
    pub(crate) fn set_verifier(&mut self, id: Uuid, verifier: Verifier) {
        self.verifiers.insert(id, verifier);
        self.changed = true;
    }

    /// Decides whether the password that a user has must be changed before it opens anything.
    pub(crate) fn set_must_change(&mut self, id: Uuid, must_change: bool) {
        if let Some(verifier) = self.verifiers.get_mut(&id) {
            verifier.must_change = must_change;
            self.changed = true;
        }
    }

    /// What is kept of everybody's password, for the state file.
    pub(crate) const fn verifiers(&self) -> &BTreeMap<Uuid, Verifier> {
        &self.verifiers
    }

    pub(crate) fn all_count(&self) -> usize {
        self.objects.len()
    }

    /// Every object in order of kind, shelf and id: what the state file holds.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Object> {
        self.shelves.values().flatten().filter_map(|id| self.objects.get(id))
    }

    /// Keeps the version that is about to be overwritten, while replication is slow.
    fn remember(&mut self, now: Timestamp, id: Uuid) {
        if self.horizon.is_zero() {
            if !self.older.is_empty() {
                self.older.clear();
            }
            return;
        }
        let horizon = self.horizon;
        self.older.retain(|_, versions| {
            versions.retain(|it| now < it.until.saturating_add(horizon).unwrap_or(it.until));
            !versions.is_empty()
        });
        let object = self.objects.get(&id).cloned();
        self.older.entry(id).or_default().push(Version { until: now, object });
    }
}
