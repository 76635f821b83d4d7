//! The tenant's settings for directory synchronisation.
//!
//! Where exactly each setting stands in the answer is known from one description only, so they are found
//! by name at any depth.

use uuid::Uuid;

use super::features::DirSyncFeatures;
use super::schema::{ARRAYS, COEXISTENCE, XSI, is_nil, optional};
use crate::wire::nbfx::{Leaf, Tag, Value, WriteError, Writer};
use crate::wire::soap::Field;

const ALLOWED_FEATURES_MAX: usize = 64;

/// The tenant's settings; what the service did not say is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CompanyConfiguration {
    /// Features that the tenant's licences allow.
    pub allowed_features: Vec<String>,
    /// Attribute of the directory that the anchors are made from, as the last client said.
    pub anchor_attribute: Option<String>,
    /// Identity of the last client's program.
    pub application_version: Option<String>,
    /// Version of the last client.
    pub client_version: Option<String>,
    /// Computer of the last client.
    pub client_machine: Option<String>,
    /// Objects that the last client had.
    pub connector_space_objects: Option<i64>,
    /// Whether changes are tracked for reading back.
    pub is_tracking_changes: Option<bool>,
    /// Guard against deletions, which clients honour.
    pub deletion_prevention: DeletionPrevention,
    /// Feature switches.
    pub features: Option<DirSyncFeatures>,
    /// Name of the tenant.
    pub display_name: Option<String>,
    /// Whether directory synchronisation is on.
    pub is_dir_syncing: Option<bool>,
    /// Whether password hashes are taken.
    pub is_password_syncing: Option<bool>,
    /// Reference changes that one batch may have.
    pub links_per_batch_max: Option<i64>,
    /// How often the service expects a client, such as `PT30M`.
    pub synchronization_interval: Option<String>,
    /// Identity of the tenant.
    pub tenant_id: Option<Uuid>,
}

/// When a client should stop because it would delete too much.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeletionPrevention {
    /// Such as `EnabledForCount`.
    pub mode: Option<String>,
    /// Largest number of deletions.
    pub threshold_count: Option<i64>,
    /// Largest share of deletions.
    pub threshold_percentage: Option<i64>,
}

impl CompanyConfiguration {
    /// Whether password hashes are taken. A service that does not say it outright says it as a feature.
    pub fn takes_password_hashes(&self) -> bool {
        let of_features = || self.features.unwrap_or_default().contains(DirSyncFeatures::PASSWORD_HASH_SYNC);
        self.is_password_syncing.unwrap_or_else(of_features)
    }

    /// Takes note of an element of the answer. A value that cannot be read counts as not said.
    pub(super) fn note(&mut self, leaf: &Leaf<'_, '_>) {
        if is_nil(leaf.element) || leaf.text.trim().is_empty() {
            return;
        }
        let Field { name, text } = Field::new(leaf.element.name, leaf.text);
        let is_list = |it: &&str| *it == "AllowedFeatures";
        if leaf.path.last().is_some_and(is_list) || is_list(&name.as_str()) {
            if self.allowed_features.len() < ALLOWED_FEATURES_MAX {
                self.allowed_features.push(text);
            }
            return;
        }
        let (number, truth) = (text.parse().ok(), text.to_ascii_lowercase().parse().ok());
        match name.as_str() {
            "AnchorAttribute" => self.anchor_attribute = Some(text),
            "ApplicationVersion" => self.application_version = Some(text),
            "ClientVersion" => self.client_version = Some(text),
            "DirSyncClientMachineName" | "DirSyncClientMachine" => self.client_machine = Some(text),
            "TotalConnectorSpaceObjects" => self.connector_space_objects = number,
            "IsTrackingChanges" => self.is_tracking_changes = truth,
            "DeletionPrevention" => self.deletion_prevention.mode = Some(text),
            "ThresholdCount" => self.deletion_prevention.threshold_count = number,
            "ThresholdPercentage" => self.deletion_prevention.threshold_percentage = number,
            "DirSyncFeatures" => self.features = text.parse().ok().map(DirSyncFeatures),
            "DisplayName" => self.display_name = Some(text),
            "IsDirSyncing" => self.is_dir_syncing = truth,
            "IsPasswordSyncing" => self.is_password_syncing = truth,
            "MaxLinksSupportedAcrossBatchInProvision2" | "MaxLinksSupportedAcrossBatchInProvision" => {
                self.links_per_batch_max = number;
            }
            "SynchronizationInterval" => self.synchronization_interval = Some(text),
            "TenantId" => self.tenant_id = Uuid::try_parse(&text).ok(),
            _ => (),
        }
    }

    /// Writes `GetCompanyConfigurationResult`, in alphabetical order.
    pub(super) fn write(&self, writer: &mut Writer) -> Result<(), WriteError> {
        let result = Tag::new("GetCompanyConfigurationResult").namespace("b", COEXISTENCE);
        writer.element(&result.namespace("i", XSI), |it| {
            it.element(&Tag::prefixed("b", "AllowedFeatures").namespace("c", ARRAYS), |it| {
                let mut features = self.allowed_features.iter();
                features.try_for_each(|name| it.leaf(&Tag::prefixed("c", "string"), &Value::chars(name)))
            })?;
            self.write_dir_sync(it)?;
            typed(it, "DirSyncFeatures", self.features.map(|it| Value::Int(it.0.into())))?;
            optional(it, "b", "DisplayName", self.display_name.as_deref())?;
            typed(it, "IsDirSyncing", self.is_dir_syncing.map(Value::Bool))?;
            typed(it, "IsPasswordSyncing", self.is_password_syncing.map(Value::Bool))?;
            let links = self.links_per_batch_max.map(Value::Int);
            typed(it, "MaxLinksSupportedAcrossBatchInProvision2", links)?;
            optional(it, "b", "SynchronizationInterval", self.synchronization_interval.as_deref())?;
            typed(it, "TenantId", self.tenant_id.map(Value::Uuid))
        })
    }

    fn write_dir_sync(&self, writer: &mut Writer) -> Result<(), WriteError> {
        let DeletionPrevention { mode, threshold_count, threshold_percentage } = &self.deletion_prevention;
        writer.element(&Tag::prefixed("b", "DirSyncConfiguration"), |it| {
            optional(it, "b", "AnchorAttribute", self.anchor_attribute.as_deref())?;
            optional(it, "b", "ApplicationVersion", self.application_version.as_deref())?;
            optional(it, "b", "ClientVersion", self.client_version.as_deref())?;
            it.element(&Tag::prefixed("b", "CurrentExport"), |it| {
                optional(it, "b", "DirSyncClientMachineName", self.client_machine.as_deref())?;
                typed(it, "TotalConnectorSpaceObjects", self.connector_space_objects.map(Value::Int))
            })?;
            typed(it, "IsTrackingChanges", self.is_tracking_changes.map(Value::Bool))?;
            it.element(&Tag::prefixed("b", "PreventAccidentalDeletion"), |it| {
                optional(it, "b", "DeletionPrevention", mode.as_deref())?;
                typed(it, "ThresholdCount", threshold_count.map(Value::Int))?;
                typed(it, "ThresholdPercentage", threshold_percentage.map(Value::Int))
            })
        })
    }
}

fn typed(writer: &mut Writer, name: &str, value: Option<Value<'_>>) -> Result<(), WriteError> {
    match value {
        Some(value) => writer.leaf(&Tag::prefixed("b", name), &value),
        None => optional(writer, "b", name, None),
    }
}
