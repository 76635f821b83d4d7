//! How much one plan may do before a person has to look.

use crate::model::Dn;

/// A limit on one kind of change.
///
/// It trips when a plan has more than `max` such changes, or more than `floor` of them and more than
/// `percent` of the managed objects of that kind. The floor lets small tenants work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Most changes.
    pub max: u32,
    /// Most changes, in percent of the managed objects; `None` sets no share.
    pub percent: Option<u32>,
    /// Changes that the percentage never trips on.
    pub floor: u32,
}

impl Limit {
    /// As people read it: `5 or 2 %`.
    pub fn words(&self) -> String {
        match self.percent {
            Some(percent) if self.max == u32::MAX => format!("{percent} %"),
            Some(percent) => format!("{} or {percent} %", self.max),
            None => self.max.to_string(),
        }
    }

    /// Whether `changes` of `managed` objects are too many.
    pub fn trips(&self, changes: usize, managed: usize) -> bool {
        if (self.max as usize) < changes {
            return true;
        }
        let Some(percent) = self.percent else { return false };
        (self.floor as usize) < changes && managed * (percent as usize) < changes * 100
    }
}

/// Limits on users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserLimits {
    /// Blocks and deletions of users who left the directory or the scope.
    pub removals: Limit,
    /// Blocks of users who are disabled or expired in the directory.
    pub blocks: Limit,
    /// Users whose user name or primary mail address becomes another.
    pub rewrites: Limit,
    /// Users of whom a value is taken away.
    pub clears: Limit,
    /// New users; `None` sets no limit: a first run is not held.
    pub creates: Option<Limit>,
    /// Users of whom anything else changes.
    pub updates: Option<Limit>,
}

/// Limits on groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupLimits {
    /// Deletions.
    pub removals: Limit,
    /// Members taken out of one group, in percent of its members.
    pub member_removals: Limit,
    /// Members taken out of all groups together, in percent of all memberships.
    pub all_member_removals: Limit,
    /// Groups of which a value is taken away.
    pub clears: Limit,
    /// New groups; `None` sets no limit: a first run is not held.
    pub creates: Option<Limit>,
    /// Groups of which any other property changes.
    pub updates: Option<Limit>,
}

/// Limits on contacts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContactLimits {
    /// Deletions.
    pub removals: Limit,
    /// Contacts of which a value is taken away.
    pub clears: Limit,
    /// New contacts; `None` sets no limit: a first run is not held.
    pub creates: Option<Limit>,
    /// Contacts of which any other property changes.
    pub updates: Option<Limit>,
}

impl Default for ContactLimits {
    fn default() -> Self {
        Self {
            removals: Limit { max: 5, percent: Some(2), floor: 10 },
            clears: Limit { max: 20, percent: Some(10), floor: 10 },
            creates: None,
            updates: None,
        }
    }
}

impl Default for UserLimits {
    /// The figures of the user guide: a handful of leavers a day passes, a mistake does not.
    fn default() -> Self {
        Self {
            removals: Limit { max: 5, percent: Some(2), floor: 10 },
            blocks: Limit { max: 20, percent: Some(5), floor: 10 },
            rewrites: Limit { max: 20, percent: Some(5), floor: 10 },
            clears: Limit { max: 50, percent: Some(10), floor: 10 },
            creates: None,
            updates: None,
        }
    }
}

impl Default for GroupLimits {
    fn default() -> Self {
        Self {
            removals: Limit { max: 2, percent: None, floor: 0 },
            member_removals: Limit { max: 50, percent: Some(20), floor: 10 },
            all_member_removals: Limit { max: 200, percent: Some(10), floor: 20 },
            clears: Limit { max: 20, percent: Some(10), floor: 5 },
            creates: None,
            updates: None,
        }
    }
}

/// What makes a reading of the directory doubtful.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryLimits {
    /// So many fewer objects than at the last good reading, in percent, are too few.
    pub fewer_percent: u32,
    /// So many fewer never are, unless none is left.
    pub fewer_floor: u32,
    /// Objects that every good reading has: if one is missing, the account of samesign lost rights.
    pub canaries: Vec<Dn>,
}

impl Default for DirectoryLimits {
    fn default() -> Self {
        Self { fewer_percent: 10, fewer_floor: 10, canaries: Vec::new() }
    }
}

impl DirectoryLimits {
    /// Whether `now` objects are too few after `before`.
    pub fn is_loss(&self, before: usize, now: usize) -> bool {
        let lost = before.saturating_sub(now);
        let none_is_left = now == 0 && 0 < before;
        none_is_left
            || ((self.fewer_floor as usize) < lost && before * (self.fewer_percent as usize) < lost * 100)
    }
}

/// Limits, and objects that are never removed.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Guards {
    /// What makes a reading of the directory doubtful.
    pub directory: DirectoryLimits,
    /// Limits on users.
    pub users: UserLimits,
    /// Limits on groups.
    pub groups: GroupLimits,
    /// Limits on contacts.
    pub contacts: ContactLimits,
    /// User principal names that are never removed, blocked or adopted, lower case.
    pub protect: Vec<String>,
    /// Account names of the directory that samesign itself signs in with, lower case: never removed either.
    pub own_accounts: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_count_or_a_share_above_a_floor() {
        let limit = Limit { max: 5, percent: Some(2), floor: 3 };
        assert!(!limit.trips(3, 10), "up to the floor, the share does not count");
        assert!(limit.trips(4, 10), "above the floor it does");
        assert!(!limit.trips(5, 1000), "five of a thousand is below two percent");
        assert!(limit.trips(6, 1_000_000), "and six is above the count");
        assert!(!Limit { max: 0, percent: None, floor: 0 }.trips(0, 0));
    }

    #[test]
    fn few_objects_less_are_no_loss_and_none_left_always_is() {
        let limits = DirectoryLimits::default();
        assert!(!limits.is_loss(20, 10), "up to the floor, the share does not count");
        assert!(limits.is_loss(20, 9), "above the floor it does");
        assert!(!limits.is_loss(1000, 900), "ten percent are not more than ten percent");
        assert!(limits.is_loss(3, 0), "an empty answer is a loss whatever was there");
        assert!(!limits.is_loss(0, 0) && !limits.is_loss(10, 500));
    }
}
