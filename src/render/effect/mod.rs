//! The effect of a change of policy, for people and for scripts: a verdict first, then worst first.

mod html;
mod json;
mod markdown;
mod phrases;
mod text;
mod verdict;

pub use self::html::effect_html;
pub(super) use self::html::effects_page;
pub(super) use self::json::effects_json;
pub use self::json::{EFFECT_FORMAT, effect_json, effect_schema};
pub use self::markdown::effect_markdown;
pub use self::text::effect_text;
pub use self::verdict::verdict;

use crate::plan::{Class, Effect};

/// The effects on all policies, and what the manifests were compared with.
#[derive(Clone, Copy, Debug)]
pub struct Compared<'a> {
    /// The revision as it was asked for.
    pub revision: &'a str,
    /// Its commit, short.
    pub commit: &'a str,
    /// In order of the policies' names.
    pub effects: &'a [Effect],
}

/// What is listed of one policy, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    /// The objects of a class.
    Objects(Class),
    /// Settings that allow more than before.
    Loosened,
    /// The other settings.
    Settings,
}

impl Section {
    /// Worst first. Licences are a word about those who leave.
    const ALL: &'static [Self] = &[
        Self::Objects(Class::Admins),
        Self::Objects(Class::Leaving),
        Self::Objects(Class::UserNames),
        Self::Objects(Class::Addresses),
        Self::Objects(Class::Clears),
        Self::Loosened,
        Self::Objects(Class::Attributes),
        Self::Objects(Class::Released),
        Self::Objects(Class::Entering),
        Self::Settings,
    ];

    const fn title(self) -> &'static str {
        match self {
            Self::Objects(Class::Admins) => "Admins touched",
            Self::Objects(Class::Leaving) => "Leave scope",
            Self::Objects(Class::Licences) => "Leave scope and hold licences",
            Self::Objects(Class::UserNames) => "User names that change",
            Self::Objects(Class::Addresses) => "Primary addresses that change",
            Self::Objects(Class::Clears) => "Values taken away",
            Self::Objects(Class::Attributes) => "Other attributes that change",
            Self::Objects(Class::Released) => "Attributes no longer written",
            Self::Objects(Class::Entering) => "Enter scope",
            Self::Loosened => "Loosened settings",
            Self::Settings => "Other settings",
        }
    }
}
