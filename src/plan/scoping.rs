//! Which directory objects a policy handles, and for the others the condition that they fail.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use crate::model::{DirectoryObject, DirectoryObjects, Dn, ObjectIndex, ObjectKind, ObjectView};
use crate::policy::{AnchorSource, Base, Channel, Exclusion, Filter, Policy, Scope, Truth};

use super::correlate;

/// The condition of the scope that an object fails; the first in the order of the policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutOfScope {
    /// The policy does not handle objects of this kind.
    Kind,
    /// One of Entra Connect's own exclusions.
    Excluded(Exclusion),
    /// Below none of the bases.
    Bases,
    /// Below this container, which the policy excludes.
    ExcludeBases(String),
    /// The filter does not match.
    Filter,
    /// This exclude matches.
    Exclude(String),
    /// It belongs to none of the groups.
    MemberOf,
    /// It has no anchor of the wanted sort.
    NoAnchor,
    /// The channel cannot write such a group.
    NotWritable(&'static str),
}

impl OutOfScope {
    /// The word that a `PolicyTest` expects.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Excluded(_) => "defaultExclusions",
            Self::Bases => "bases",
            Self::ExcludeBases(_) => "excludeBases",
            Self::Filter => "filter",
            Self::Exclude(_) => "exclude",
            Self::MemberOf => "memberOf",
            Self::NoAnchor => "anchor",
            Self::NotWritable(_) => "channel",
        }
    }
}

impl OutOfScope {
    /// The words of the condition: most of them are the same for everybody, and need no memory.
    pub(super) fn words(&self) -> Cow<'static, str> {
        match self {
            Self::Kind => Cow::Borrowed("the policy does not handle this kind of object"),
            Self::Excluded(exclusion) => Cow::Owned(format!("excluded by default: {exclusion}")),
            Self::Bases => Cow::Borrowed("below none of the policy's bases"),
            Self::ExcludeBases(base) => Cow::Owned(format!("below {base}, which the policy excludes")),
            Self::Filter => Cow::Borrowed("the policy's filter does not match"),
            Self::Exclude(filter) => Cow::Owned(format!("excluded by {filter}")),
            Self::MemberOf => Cow::Borrowed("member of none of the policy's groups"),
            Self::NoAnchor => Cow::Borrowed("mS-DS-ConsistencyGuid is empty"),
            Self::NotWritable(what) => Cow::Owned(format!("{what}: this channel cannot write these")),
        }
    }
}

impl OutOfScope {
    /// Whether words of a condition hold neither a filter nor a name out of the policy.
    pub(super) fn names_nobody(words: &str) -> bool {
        let same_for_all = [Self::Kind, Self::Bases, Self::Filter, Self::MemberOf, Self::NoAnchor];
        // A filter begins with a bracket, and so with nothing that this does.
        words.starts_with("excluded by default: ")
            || words.ends_with(": this channel cannot write these")
            || same_for_all.iter().any(|it| it.words() == words)
    }
}

impl fmt::Display for OutOfScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words())
    }
}

/// One condition of a scope.
#[derive(Clone, Copy)]
pub(super) enum Clause<'a> {
    /// Entra Connect's own exclusions.
    DefaultExclusions,
    /// Below one of the bases.
    Bases(&'a [Base]),
    /// Below none of the excluded bases, unless a deeper base holds it.
    ExcludeBases(&'a [Base]),
    /// Matches.
    Filter(&'a Filter),
    /// Does not match.
    Exclude(&'a Filter),
    /// Belongs to one of the groups.
    MemberOf(&'a [Dn]),
    /// Has an `mS-DS-ConsistencyGuid`.
    Anchor,
    /// The channel can write it.
    Channel(Channel),
}

/// The scope of one kind of object made ready for one reading.
pub(super) struct ReadyScope<'a> {
    kind: ObjectKind,
    channel: Channel,
    scope: &'a Scope,
    anchor: AnchorSource,
    bases: Vec<Dn>,
    exclude_bases: Vec<Dn>,
    /// One flag for each object: whether it belongs to one of the groups.
    members: Option<Vec<bool>>,
}

/// The scopes of a policy made ready for one reading.
pub(super) struct Scoping<'a> {
    users: Option<ReadyScope<'a>>,
    groups: Option<ReadyScope<'a>>,
    contacts: Option<ReadyScope<'a>>,
    objects: &'a DirectoryObjects,
}

impl<'a> ReadyScope<'a> {
    fn new(
        (kind, channel): (ObjectKind, Channel),
        scope: &'a Scope,
        anchor: AnchorSource,
        objects: &DirectoryObjects,
    ) -> Self {
        let dns = |bases: &[Base]| bases.iter().filter_map(|it| base_dn(it, objects).cloned()).collect();
        let mut members: Option<Vec<bool>> = None;
        for group in &scope.member_of {
            let flags = objects.find_dn(group).map_or_else(Vec::new, |at| objects.transitive_members(at));
            let all = members.get_or_insert_with(|| vec![false; objects.len()]);
            all.iter_mut().zip(flags).for_each(|(all, flag)| *all |= flag);
        }
        let (bases, exclude_bases) = (dns(&scope.bases), dns(&scope.exclude_bases));
        Self { kind, channel, scope, anchor, bases, exclude_bases, members }
    }

    /// The conditions that the policy sets, in the order in which they are asked.
    pub(super) fn clauses(&self) -> impl Iterator<Item = Clause<'a>> {
        let Scope { bases, exclude_bases, filter, exclude, member_of, default_exclusions } = self.scope;
        let first = [
            default_exclusions.then_some(Clause::DefaultExclusions),
            (!bases.is_empty()).then_some(Clause::Bases(bases)),
            (!exclude_bases.is_empty()).then_some(Clause::ExcludeBases(exclude_bases)),
            filter.as_ref().map(Clause::Filter),
        ];
        let last = match self.kind {
            ObjectKind::User => (self.anchor == AnchorSource::ConsistencyGuid).then_some(Clause::Anchor),
            ObjectKind::Group | ObjectKind::Contact => Some(Clause::Channel(self.channel)),
        };
        let groups = (!member_of.is_empty()).then_some(Clause::MemberOf(member_of));
        first.into_iter().flatten().chain(exclude.iter().map(Clause::Exclude)).chain(groups).chain(last)
    }

    /// Asks one condition of one object.
    pub(super) fn ask(&self, clause: Clause<'_>, view: ObjectView<'_>) -> Result<(), OutOfScope> {
        let object = view.object();
        let (holds, otherwise) = match clause {
            Clause::DefaultExclusions => {
                return Exclusion::of(object).map_or(Ok(()), |it| Err(OutOfScope::Excluded(it)));
            }
            Clause::Bases(_) => (self.bases.iter().any(|it| object.dn.is_within(it)), OutOfScope::Bases),
            Clause::ExcludeBases(_) => {
                let excluding = self.excluding(&object.dn);
                return excluding.map_or(Ok(()), |it| Err(OutOfScope::ExcludeBases(it.to_string())));
            }
            Clause::Filter(filter) => (filter.evaluate(&view) == Truth::True, OutOfScope::Filter),
            Clause::Exclude(filter) if filter.evaluate(&view) == Truth::True => {
                return Err(OutOfScope::Exclude(filter.text().to_owned()));
            }
            Clause::Exclude(_) => return Ok(()),
            Clause::MemberOf(_) => {
                let is_member = |it: &Vec<bool>| it[view.index().position()];
                (self.members.as_ref().is_some_and(is_member), OutOfScope::MemberOf)
            }
            Clause::Anchor => (correlate::anchor_of(object, self.anchor).is_some(), OutOfScope::NoAnchor),
            Clause::Channel(channel) => return writable(channel, view.object()),
        };
        if holds { Ok(()) } else { Err(otherwise) }
    }

    /// The excluded base that keeps an object out: none of the bases lies below it and holds the object.
    fn excluding(&self, dn: &Dn) -> Option<&Dn> {
        let holds_deeper = |out: &Dn| {
            let deeper = |it: &&Dn| *it != out && it.is_within(out);
            self.bases.iter().filter(deeper).any(|it| dn.is_within(it))
        };
        self.exclude_bases.iter().find(|it| dn.is_within(it) && !holds_deeper(it))
    }
}

/// The name of a base in this reading.
pub(super) fn base_dn<'a>(base: &'a Base, objects: &'a DirectoryObjects) -> Option<&'a Dn> {
    match base {
        Base::Dn(dn) => Some(dn),
        Base::Guid(guid) => objects.container(*guid),
    }
}

impl<'a> Scoping<'a> {
    pub(super) fn new(policy: &'a Policy, objects: &'a DirectoryObjects) -> Self {
        let ready = |kind, scope, anchor| ReadyScope::new((kind, policy.channel), scope, anchor, objects);
        let (users, groups, contacts) = (&policy.users, &policy.groups, &policy.contacts);
        let guid = AnchorSource::ObjectGuid;
        Self {
            users: users.as_ref().map(|it| ready(ObjectKind::User, &it.scope, it.anchor)),
            groups: groups.as_ref().map(|it| ready(ObjectKind::Group, &it.scope, guid)),
            contacts: contacts.as_ref().map(|it| ready(ObjectKind::Contact, &it.scope, guid)),
            objects,
        }
    }

    /// The bases by their names in this reading.
    pub(super) fn bases(&self) -> Vec<Dn> {
        let scopes = self.users.iter().chain(&self.groups).chain(&self.contacts);
        scopes.flat_map(|it| it.bases.iter().chain(&it.exclude_bases)).cloned().collect()
    }

    /// In which scopes' groups each object is, a bit for each scope; empty if no scope asks for groups.
    pub(super) fn memberships(&self) -> Vec<u8> {
        let mut all = Vec::new();
        for (scope, bit) in [(&self.users, 1), (&self.groups, 2), (&self.contacts, 4)] {
            let Some(members) = scope.as_ref().and_then(|it| it.members.as_ref()) else { continue };
            all.resize(self.objects.len(), 0);
            all.iter_mut().zip(members).filter(|it| *it.1).for_each(|it| *it.0 |= bit);
        }
        all
    }

    /// What the scopes name and the directory does not have.
    pub(super) fn missing(&self) -> Vec<String> {
        let scopes = self.users.iter().chain(&self.groups).chain(&self.contacts).map(|it| it.scope);
        let mut missing: Vec<String> = scopes
            .flat_map(|scope| {
                let bases = scope.bases.iter().filter_map(|base| match base {
                    Base::Dn(dn) => (!self.is_there(dn)).then(|| dn.to_string()),
                    Base::Guid(guid) => self.objects.container(*guid).is_none().then(|| guid.to_string()),
                });
                let groups = scope.member_of.iter().filter(|it| self.objects.find_dn(it).is_none());
                bases.chain(groups.map(ToString::to_string)).collect::<Vec<_>>()
            })
            .collect();
        missing.sort();
        missing.dedup();
        missing
    }

    /// What the scopes exclude and the directory does not have under this name. By itself that harms nobody: the
    /// exclusions that every domain starts with name containers that many domains do not have.
    pub(super) fn excluded_elsewhere(&self) -> BTreeSet<&'a Dn> {
        let scopes = self.users.iter().chain(&self.groups).map(|it| it.scope);
        let named = scopes.flat_map(|it| &it.exclude_bases).filter_map(|base| match base {
            Base::Dn(dn) => Some(dn),
            Base::Guid(_) => None,
        });
        named.filter(|it| !self.objects.has_container(it)).collect()
    }

    /// An export may leave containers out: then something below them shows that they exist.
    fn is_there(&self, base: &Dn) -> bool {
        self.objects.has_container(base) || self.objects.iter().any(|(_, it)| it.dn.is_within(base))
    }

    /// Decides about one object: the first condition that it fails counts.
    pub(super) fn decide(&self, at: ObjectIndex) -> Result<(), OutOfScope> {
        let view = self.objects.view(at);
        let scope = self.of(view.object().kind).ok_or(OutOfScope::Kind)?;
        scope.clauses().try_for_each(|it| scope.ask(it, view))
    }

    /// The scope of one kind of object; `None` if the policy does not handle it.
    pub(super) const fn of(&self, kind: ObjectKind) -> Option<&ReadyScope<'a>> {
        match kind {
            ObjectKind::User => self.users.as_ref(),
            ObjectKind::Group => self.groups.as_ref(),
            ObjectKind::Contact => self.contacts.as_ref(),
        }
    }
}

/// Microsoft Graph writes security groups without mail, and no others (graph-tenant reference, 4.1). The protocol of
/// Entra Connect writes all groups that are one of both, and contacts that have an address.
fn writable(channel: Channel, object: &DirectoryObject) -> Result<(), OutOfScope> {
    let refused = |what| Err(OutOfScope::NotWritable(what));
    match (channel, object.kind, object.security_enabled(), object.mail_enabled()) {
        (Channel::Graph, ObjectKind::Contact, _, _) => refused("a contact"),
        (Channel::DirectorySync, ObjectKind::Contact, _, false) => {
            refused("a contact without a mail address")
        }
        (Channel::DirectorySync, ObjectKind::Group, false, false) => {
            refused("a distribution group without a mail address")
        }
        (Channel::Graph, ObjectKind::Group, true, true) => refused("a mail-enabled security group"),
        (Channel::Graph, ObjectKind::Group, false, _) => refused("a distribution group"),
        (Channel::Graph, ObjectKind::Group, true, false)
        | (Channel::DirectorySync, ObjectKind::Group | ObjectKind::Contact, _, _)
        | (_, ObjectKind::User, _, _) => Ok(()),
    }
}
