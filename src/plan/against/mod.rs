//! What a change of policy does to live data: two versions of a policy, looked at with one reading of each side.
//!
//! Nothing is planned here: it compares what each version wants, and says what the tenant has today.

mod passage;
mod settings;

pub use self::passage::{ObjectEffect, Passage, PropertyEffect, Wanted};
pub use self::settings::SettingChange;

use crate::model::{Links, ObjectKind, Reading, Roles, TenantSnapshot};
use crate::policy::Policy;

use self::passage::Comparison;
use self::settings::compare_settings;

/// Which versions there are of a policy.
#[derive(Clone, Copy, Debug)]
pub enum Versions<'a> {
    /// Both.
    Both {
        /// As it was.
        before: &'a Policy,
        /// As it is.
        after: &'a Policy,
    },
    /// It is new.
    New(&'a Policy),
    /// It is gone.
    Gone(&'a Policy),
}

/// In which versions there is a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// In both.
    Both,
    /// It is new.
    New,
    /// It is gone: nobody is removed, and nobody is looked after any more.
    Gone {
        /// Objects in its scope that the tenant has; `None` if its connections are gone too.
        looked_after: Option<usize>,
    },
}

/// What can happen to an object, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Somebody who holds directory roles is touched at all.
    Admins,
    /// It leaves scope.
    Leaving,
    /// It leaves scope and holds licences.
    Licences,
    /// Its user principal name changes.
    UserNames,
    /// Its primary address changes.
    Addresses,
    /// A value is taken away.
    Clears,
    /// Another attribute changes.
    Attributes,
    /// An attribute is not written any more, and stays as it is.
    Released,
    /// It enters scope.
    Entering,
}

impl Class {
    /// All, worst first.
    pub const ALL: &'static [Self] = &[
        Self::Admins,
        Self::Leaving,
        Self::Licences,
        Self::UserNames,
        Self::Addresses,
        Self::Clears,
        Self::Attributes,
        Self::Released,
        Self::Entering,
    ];
}

/// What a change of one policy does.
#[derive(Clone, Debug)]
pub struct Effect {
    /// Name of the policy.
    pub policy: String,
    /// Name of its directory now.
    pub directory: String,
    /// Name of its tenant now.
    pub tenant: String,
    /// In which versions it is.
    pub presence: Presence,
    /// Settings that differ.
    pub settings: Vec<SettingChange>,
    /// Objects that something happens to: users first, by name.
    pub objects: Vec<ObjectEffect>,
    /// Why nobody knows who is an admin; `None` if it is known.
    pub roles_unknown: Option<String>,
    /// Why the directory was not read to its end; `None` if it was.
    pub broken_off: Option<String>,
}

impl Effect {
    /// A policy that is gone with its connections: nobody can say whom it looked after.
    pub fn gone_unseen(policy: &Policy) -> Self {
        Self::of(policy, Presence::Gone { looked_after: None })
    }

    fn of(policy: &Policy, presence: Presence) -> Self {
        Self {
            policy: policy.name.clone(),
            directory: policy.directory.clone(),
            tenant: policy.tenant.clone(),
            presence,
            settings: Vec::new(),
            objects: Vec::new(),
            roles_unknown: None,
            broken_off: None,
        }
    }

    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.presence == Presence::Both
            && self.settings.is_empty()
            && self.objects.is_empty()
            && self.broken_off.is_none()
    }

    /// The objects of one class.
    pub fn of_class(&self, class: Class) -> impl Iterator<Item = &ObjectEffect> {
        self.objects.iter().filter(move |it| it.is_of(class))
    }

    /// Settings that allow more than before, or hide something.
    pub fn loosened(&self) -> impl Iterator<Item = &SettingChange> {
        self.settings.iter().filter(|it| it.loosened)
    }

    /// Whether somebody leaves scope or an admin is touched.
    pub fn is_grave(&self) -> bool {
        self.objects.iter().any(|it| it.is_of(Class::Leaving) || it.is_of(Class::Admins))
    }
}

/// Compares two versions of a policy over every object of the directory that was read.
pub fn compare(
    versions: Versions<'_>,
    directory: &Reading,
    tenant: &TenantSnapshot,
    links: &Links,
) -> Effect {
    let objects = directory.objects();
    let mut effect = match versions {
        Versions::Both { before, after } => {
            let comparison = Comparison::new((Some(before), Some(after)), objects, tenant, links);
            let settings = compare_settings(before, after, comparison.other_anchors());
            Effect { settings, objects: comparison.objects(), ..Effect::of(after, Presence::Both) }
        }
        Versions::New(after) => {
            let comparison = Comparison::new((None, Some(after)), objects, tenant, links);
            Effect { objects: comparison.objects(), ..Effect::of(after, Presence::New) }
        }
        // Without the policy nothing runs: the objects stay as they are.
        Versions::Gone(before) => {
            let comparison = Comparison::new((Some(before), None), objects, tenant, links);
            let looked_after = Some(comparison.objects().iter().filter(|it| it.id.is_some()).count());
            Effect::of(before, Presence::Gone { looked_after })
        }
    };
    if let Roles::Unknown(why) = tenant.roles() {
        effect.roles_unknown = Some(why.clone());
    }
    if let Reading::Broken { objects: _, cause } = directory {
        effect.broken_off = Some(cause.clone());
    }
    effect.objects.sort_by(|one, other| order(one).cmp(&order(other)));
    effect
}

fn order(object: &ObjectEffect) -> (ObjectKind, String, &str) {
    (object.kind, object.name.to_lowercase(), &object.dn)
}
