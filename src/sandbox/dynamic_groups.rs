//! Keeps the members of dynamic groups true to their rules (graph-tenant reference, §12 behaviour 11).
//!
//! A change of a user tries that user on the rules that read what changed; a change of a rule tries every
//! user on that rule. It does not judge rules: what does not parse is treated as paused.

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use super::membership_rule::{self, Rule};
use super::object::{Kind, Object};
use super::store::Store;

/// The rules that are being processed, by group.
pub(crate) type Rules = BTreeMap<Uuid, Rule>;

/// The properties of a group that decide whether and how its members are computed.
const DECIDING: &[&str] = &["groupTypes", "membershipRule", "membershipRuleProcessingState"];

/// The rule by which the members of a group are computed now.
pub(crate) fn rule_of(group: &Object) -> Option<Rule> {
    let on = group.kind == Kind::Group
        && group.deleted.is_none()
        && group.dynamic()
        && group.properties.text("membershipRuleProcessingState") == Some("On");
    let text = group.properties.text("membershipRule").filter(|_| on)?;
    membership_rule::parse(text).ok()
}

impl Store {
    /// Follows up the change of an object; `names` are the properties that changed, `None` is all of them.
    pub(crate) fn follow(&mut self, now: Timestamp, id: Uuid, names: Option<&[String]>) {
        match self.get(id).map(|it| it.kind) {
            Some(Kind::User) => self.follow_user(now, id, names),
            Some(Kind::Group) => {
                let decided = |names: &[String]| names.iter().any(|it| DECIDING.contains(&it.as_str()));
                if names.is_none_or(decided) {
                    self.follow_group(now, id);
                }
            }
            Some(Kind::Contact) | None => (),
        }
    }

    /// A user in the recycle bin keeps the memberships, as in groups of other types.
    fn follow_user(&mut self, now: Timestamp, id: Uuid, names: Option<&[String]>) {
        let Some(user) = self.get(id).filter(|it| it.deleted.is_none()) else { return };
        let moves: Vec<(Uuid, bool)> = self
            .rules
            .iter()
            .filter(|(_, rule)| names.is_none_or(|names| names.iter().any(|it| rule.reads(it))))
            .map(|(group, rule)| (*group, rule.takes(user)))
            .filter(|(group, takes)| self.get(*group).is_some_and(|it| it.members.contains(&id) != *takes))
            .collect();
        for (group, takes) in moves {
            let ids = [id];
            let (added, removed): (&[Uuid], &[Uuid]) = if takes { (&ids, &[]) } else { (&[], &ids) };
            self.change_members(now, group, added, removed);
        }
    }

    fn follow_group(&mut self, now: Timestamp, id: Uuid) {
        let Some(group) = self.get(id) else { return };
        let Some(rule) = rule_of(group) else {
            self.rules.remove(&id);
            return;
        };
        let stays = |member: &Uuid| {
            self.get(*member)
                .is_some_and(|it| it.kind == Kind::User && (it.deleted.is_some() || rule.takes(it)))
        };
        let removed: Vec<Uuid> = group.members.iter().copied().filter(|it| !stays(it)).collect();
        let added: Vec<Uuid> =
            self.taken_by(&rule).into_iter().filter(|it| !group.members.contains(it)).collect();
        self.rules.insert(id, rule);
        self.change_members(now, id, &added, &removed);
    }

    /// Every active user whom a rule takes.
    pub(crate) fn taken_by(&self, rule: &Rule) -> Vec<Uuid> {
        self.ids_after(Kind::User, false, None)
            .filter(|id| {
                self.get(*id)
                    .is_some_and(|it| it.kind == Kind::User && it.deleted.is_none() && rule.takes(it))
            })
            .collect()
    }
}
