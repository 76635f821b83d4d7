//! The passwords of all users in scope: whose the tenant has, whose wait, and whose do not travel.
//!
//! Where each stands is said by the same code as for one user.

use jiff::Timestamp;

use crate::model::ObjectKind;
use crate::plan::correlate;
use crate::plan::passwords::{PasswordStanding, PasswordState};

use super::{Explainer, find, standing};

/// The password of one user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserPassword {
    /// The name that people know the user by.
    pub name: String,
    /// Whether the tenant has the user.
    pub in_tenant: bool,
    /// Where it stands.
    pub state: PasswordState,
}

/// Passwords by where they stand.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Passwords {
    /// Users whose password the tenant has, the latest confirmed last.
    pub confirmed: Vec<UserPassword>,
    /// Users whose password the next apply sends, the longest behind first.
    pub waiting: Vec<UserPassword>,
    /// Users whose password does not travel, by name.
    pub left: Vec<UserPassword>,
}

impl Explainer<'_> {
    /// The passwords of all users in scope; `None` if the policy sends none.
    pub fn passwords(&self, as_of: Timestamp) -> Option<Passwords> {
        let _sent = self.ground.policy.passwords.as_ref()?;
        let mut passwords = Passwords::default();
        for user in self.user_passwords() {
            match user.state.standing {
                PasswordStanding::Confirmed => passwords.confirmed.push(user),
                PasswordStanding::Waiting => passwords.waiting.push(user),
                PasswordStanding::Left(_) => passwords.left.push(user),
            }
        }
        let Passwords { confirmed, waiting, left } = &mut passwords;
        confirmed.sort_by(|a, b| (a.state.confirmed, &a.name).cmp(&(b.state.confirmed, &b.name)));
        waiting.sort_by(|a, b| (b.state.lag(as_of), &a.name).cmp(&(a.state.lag(as_of), &b.name)));
        left.sort_by(|a, b| a.name.cmp(&b.name));
        Some(passwords)
    }

    fn user_passwords(&self) -> impl Iterator<Item = UserPassword> {
        self.ground.objects.iter().filter_map(|(at, object)| {
            if object.kind != ObjectKind::User || self.scoping.decide(at).is_err() {
                return None;
            }
            let anchor = correlate::anchor_of(object, standing::anchor_source(self.ground.policy));
            let (_, cloud) = standing::correlation(&self.ground, (at, object.kind), anchor);
            let state = self.ground.password_state(at, cloud.map(|it| it.id()))?;
            let in_tenant = cloud.is_some_and(|it| standing::deleted_at(it).is_none());
            let name = cloud.map_or_else(|| find::name_of(object), standing::name_of);
            Some(UserPassword { name, in_tenant, state })
        })
    }
}
