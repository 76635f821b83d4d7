//! Plans and effects in which nobody can be recognised, for logs that the public reads.
//!
//! Each text of a directory or a tenant is replaced by a pseudonym, the same one wherever it stands; sentences that
//! name somebody become those that are true of all. Whatever is shown of them afterwards has nothing to hide, so no
//! renderer can forget to hide it. Why pseudonyms are given as they are stands in ADR 23.

mod of_effect;
mod of_plan;
mod register;

use super::Planned;
use super::against::Effect;

use self::register::{Giving, Learning};

/// Decides which pseudonym comes first: drawn anew for each output and then forgotten.
pub type PseudonymKey = [u8; 32];

/// Plans or effects in which nobody can be recognised. They are for reading: nothing that applies takes them.
#[derive(Debug)]
pub struct Pseudonymous<T>(Vec<T>);

impl<T> Pseudonymous<T> {
    /// What is shown of them.
    pub fn as_slice(&self) -> &[T] {
        &self.0
    }
}

impl Pseudonymous<Planned> {
    /// Plans that are printed together, and so share their pseudonyms.
    pub fn of_plans(plans: &[Planned], key: &PseudonymKey) -> Self {
        let mut learning = Learning::default();
        // The same walk is taken twice, to learn all texts and to replace them: none can be met in the second only.
        for it in plans {
            of_plan::planned(it, &mut learning);
        }
        let mut giving = Giving::new(learning, key);
        Self(plans.iter().map(|it| of_plan::planned(it, &mut giving)).collect())
    }
}

impl Pseudonymous<Effect> {
    /// Effects that are printed together, and so share their pseudonyms.
    pub fn of_effects(effects: &[Effect], key: &PseudonymKey) -> Self {
        let mut learning = Learning::default();
        for it in effects {
            of_effect::effect(it, &mut learning);
        }
        let mut giving = Giving::new(learning, key);
        Self(effects.iter().map(|it| of_effect::effect(it, &mut giving)).collect())
    }
}
