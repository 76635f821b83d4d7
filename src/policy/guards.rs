//! How much one plan may do before a person has to look.

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
}

/// Limits on groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupLimits {
    /// Deletions.
    pub removals: Limit,
    /// Members taken out of one group, in percent of its members.
    pub member_removals: Limit,
}

impl Default for UserLimits {
    /// The figures of the user guide: a handful of leavers a day passes, a mistake does not.
    fn default() -> Self {
        Self {
            removals: Limit { max: 5, percent: Some(2), floor: 10 },
            blocks: Limit { max: 20, percent: Some(5), floor: 10 },
        }
    }
}

impl Default for GroupLimits {
    fn default() -> Self {
        Self {
            removals: Limit { max: 2, percent: None, floor: 0 },
            member_removals: Limit { max: 50, percent: Some(20), floor: 10 },
        }
    }
}

/// Limits, and objects that are never removed.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Guards {
    /// Limits on users.
    pub users: UserLimits,
    /// Limits on groups.
    pub groups: GroupLimits,
    /// User principal names that are never removed or blocked, lower case.
    pub protect: Vec<String>,
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
}
