//! Switches of the tenant that the policy wants to be otherwise.
//!
//! They concern everybody and every client of the tenant, so the guards hold each turn until somebody approves it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{Anchor, Feature, Features, Guid};

use super::Ground;
use super::because::Because;
use super::change::{FeatureTurn, Op, Stage, Subject, SubjectKind};
use super::report::About;
use super::sketch::{Draft, Sketch};

/// Plans what has to be turned, all of it in one change.
pub(super) fn plan_features(ground: &Ground<'_>, sketch: &mut Sketch) {
    let policy = ground.policy;
    if policy.features.is_empty() {
        return;
    }
    let turns = match ground.tenant.features() {
        Features::Known(_) => turns(&policy.features, ground.tenant.features()),
        Features::Unknown(why) => {
            let text = format!("its switches cannot be compared with the manifest: {why}");
            return sketch.finding(None, &policy.tenant, About::Channel, text);
        }
    };
    if turns.is_empty() {
        return;
    }
    let id = &ground.tenant.identity().tenant_id;
    let (Ok(guid), Ok(id)) = (id.parse::<Guid>(), id.parse()) else {
        let text = "its switches cannot be turned: it does not say its id".to_owned();
        return sketch.finding(None, &policy.tenant, About::Channel, text);
    };
    let (anchor, name) = (Anchor::from_guid(guid), Arc::from(&*policy.tenant));
    let draft = Draft::new(SubjectKind::Tenant, anchor, Subject::Known(id), &name);
    sketch.push(&draft, Op::Features(turns), Because::FeatureDiffers, Stage::Features);
}

fn turns(wanted: &BTreeMap<Feature, bool>, are: &Features) -> Vec<FeatureTurn> {
    let differ = wanted.iter().filter(|(feature, on)| are.has(**feature) != **on);
    differ.map(|(feature, on)| FeatureTurn { feature: *feature, on: *on }).collect()
}

impl Ground<'_> {
    /// Whether this very policy turns a switch on, once its plan is applied.
    pub(super) fn turns_on(&self, feature: Feature) -> bool {
        self.policy.features.get(&feature) == Some(&true)
    }
}
