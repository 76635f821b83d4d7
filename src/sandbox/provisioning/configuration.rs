//! The tenant's settings as the service tells and takes them (password-sync reference, 3.4 to 3.6).

use crate::sandbox::features::{PASSWORDS, Stuck};
use crate::sandbox::tenant::Tenant;
use crate::wire::provisioning::{
    Capabilities, CompanyConfiguration, DeletionPrevention, DirSyncFeatures, Refusal,
};

/// `GetCompanyConfiguration`.
pub(super) fn read(tenant: &Tenant) -> CompanyConfiguration {
    let on = tenant.synchronizes() == Some(true);
    let last = tenant.synchronization.last_export.as_ref();
    CompanyConfiguration {
        allowed_features: ["PasswordSync", "PasswordWriteback", "DirectoryExtensions"]
            .map(str::to_owned)
            .to_vec(),
        anchor_attribute: last.map(|_| "mS-DS-ConsistencyGuid".to_owned()),
        application_version: None,
        client_version: last.map(|(build, _)| build.clone()),
        client_machine: None,
        connector_space_objects: None,
        is_tracking_changes: Some(false),
        deletion_prevention: prevention(tenant),
        features: Some(DirSyncFeatures(tenant.feature_bits())),
        display_name: Some(tenant.seed.organization.clone()),
        is_dir_syncing: Some(on),
        is_password_syncing: Some(on && tenant.feature(PASSWORDS)),
        links_per_batch_max: i64::try_from(tenant.seed.provisioning.links_per_batch_max).ok(),
        synchronization_interval: Some("PT30M".to_owned()),
        tenant_id: Some(tenant.seed.tenant_id),
    }
}

/// The guard that Graph shows under other names.
fn prevention(tenant: &Tenant) -> DeletionPrevention {
    let usual = ("enabledForCount".to_owned(), Some(500));
    let (kind, threshold) = tenant.synchronization.prevention.clone().unwrap_or(usual);
    let threshold = threshold.and_then(|it| i64::try_from(it).ok());
    let (mode, count, percentage) = match kind.as_str() {
        "enabledForPercentage" => ("EnabledForPercentage", None, threshold),
        "enabledForCount" => ("EnabledForCount", threshold, None),
        _ => ("Disabled", None, None),
    };
    DeletionPrevention {
        mode: Some(mode.to_owned()),
        threshold_count: Some(count.unwrap_or(0)),
        threshold_percentage: Some(percentage.unwrap_or(0)),
    }
}

/// `SetCompanyDirsyncFeatures`: all bits at once.
pub(super) fn set_features(tenant: &mut Tenant, features: DirSyncFeatures) -> Result<(), Refusal> {
    let switches = tenant.with_feature_bits(features.0).map_err(|stuck| {
        let (Stuck::Unknown(name) | Stuck::OneWay(name)) = stuck;
        let description = format!("The feature {name} cannot be turned off again.");
        Refusal { description, ..Refusal::default() }
    })?;
    tenant.synchronization = switches;
    tenant.store.changed = true;
    Ok(())
}

/// `Capabilities`.
pub(super) fn capabilities(tenant: &Tenant) -> Capabilities {
    let provisioning = &tenant.seed.provisioning;
    let refused = provisioning.refused_builds.join(",");
    let (minimum, latest) = (&provisioning.minimum_build, &provisioning.latest_build);
    Capabilities {
        xml: format!(
            "<ServiceCapability><MicrosoftOnline><Protocol><Application>\
             <MinimumProductVersion>{minimum}</MinimumProductVersion>\
             <LatestProductVersion>{latest}</LatestProductVersion><BlackList>{refused}</BlackList>\
             </Application></Protocol></MicrosoftOnline></ServiceCapability>"
        ),
    }
}

/// `FinalizeExport`.
pub(super) fn finish_export(
    tenant: &mut Tenant,
    build: &str,
    (total, successful): (i64, i64),
) -> Result<(), Refusal> {
    if successful < 0 || total < successful {
        let description = "successfulExportCount is not a part of totalExported.".to_owned();
        return Err(Refusal { description, ..Refusal::default() });
    }
    tenant.synchronization.last_export = Some((build.to_owned(), tenant.now()));
    tenant.store.changed = true;
    Ok(())
}
