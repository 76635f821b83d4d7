//! The switches of the tenant: read, turned, written back as one number, and read again.
//!
//! It turns what it is told to and keeps every other bit, those without a name included.

use super::connection::{Called, Connection};
use crate::model::{CloudId, Feature, Features};
use crate::target::{Done, ProvisioningError, TargetError};
use crate::wire::provisioning::{Answer, CompanyConfiguration, DirSyncFeatures, Request};

/// The bit of a switch.
const fn bit(feature: Feature) -> DirSyncFeatures {
    match feature {
        Feature::PasswordSync => DirSyncFeatures::PASSWORD_HASH_SYNC,
        Feature::ForcePasswordChangeOnLogon => DirSyncFeatures::FORCE_PASSWORD_CHANGE_ON_LOGON,
        Feature::CloudPasswordPolicy => DirSyncFeatures::ENFORCE_CLOUD_PASSWORD_POLICY,
        Feature::SoftMatchOnUpn => DirSyncFeatures::SOFT_MATCH_ON_UPN,
        Feature::BlockSoftMatch => DirSyncFeatures::BLOCK_SOFT_MATCH,
        Feature::BlockHardMatchTakeover => DirSyncFeatures::BLOCK_CLOUD_OBJECT_TAKEOVER_THROUGH_HARD_MATCH,
        Feature::SynchronizeUpn => DirSyncFeatures::SYNCHRONIZE_UPN_FOR_MANAGED_USERS,
        Feature::DirectoryExtensions => DirSyncFeatures::DIRECTORY_EXTENSIONS,
    }
}

/// Which switches are on, as the service's settings say.
fn features(configuration: &CompanyConfiguration) -> Features {
    let bits = configuration.features.unwrap_or_default();
    let is_on = |it: &Feature| {
        if *it == Feature::PasswordSync {
            configuration.takes_password_hashes()
        } else {
            bits.contains(bit(*it))
        }
    };
    Features::Known(Feature::ALL.into_iter().filter(is_on).collect())
}

impl Connection {
    /// Reads which switches are on.
    pub async fn features(&self) -> Result<Features, TargetError> {
        Ok(features(&self.company_configuration().await?))
    }

    /// Turns switches of the tenant.
    pub(super) async fn turn_features(
        &self,
        tenant: CloudId,
        turns: &[(Feature, bool)],
    ) -> Result<Done, TargetError> {
        let found = self.feature_bits().await?;
        let wanted = turns.iter().fold(found, |bits, (feature, on)| {
            if *on { bits.with(bit(*feature)) } else { bits.without(bit(*feature)) }
        });
        if wanted == found {
            return Ok(Done::AlreadySo(tenant));
        }
        let called = self.shared.call(&Request::SetCompanyDirsyncFeatures(wanted)).await?;
        let Called { answer: Answer::FeaturesSet, source, .. } = called else {
            return Err(self.shared.foreign(&called.answer, &called.source));
        };
        // Some switches stay as they are, and the answer is the same.
        let now = self.feature_bits().await?;
        match turns.iter().find(|(feature, on)| now.contains(bit(*feature)) != *on) {
            None => Ok(Done::Applied(tenant)),
            Some((feature, on)) => Err(ProvisioningError::NotWritten {
                object: format!("the switch {feature}"),
                code: "none".into(),
                description: format!("the tenant leaves it {}", if *on { "off" } else { "on" }),
                tracking_id: source.tracking_id.as_str().into(),
            }
            .into()),
        }
    }

    async fn feature_bits(&self) -> Result<DirSyncFeatures, TargetError> {
        let configuration = self.company_configuration().await?;
        let what = "the service does not say how the tenant's switches are".to_owned();
        configuration.features.ok_or(TargetError::Step { what })
    }
}
