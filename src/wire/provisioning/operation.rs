//! The operations of the service, by name.
//!
//! It does not know what they carry.

use super::schema::SERVICE;

/// What can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// Reads the tenant's directory synchronisation settings, features included.
    GetCompanyConfiguration,
    /// Writes the feature switches.
    SetCompanyDirsyncFeatures,
    /// Asks which client versions are served.
    Capabilities,
    /// Writes objects; members as a whole list.
    ProvisionAzureADSyncObjects,
    /// Writes objects; members as changes.
    ProvisionAzureADSyncObjects2,
    /// Ends a run of writes.
    FinalizeExport,
    /// Writes password hashes.
    ProvisionCredentials,
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 7] = [
        Self::GetCompanyConfiguration,
        Self::SetCompanyDirsyncFeatures,
        Self::Capabilities,
        Self::ProvisionAzureADSyncObjects,
        Self::ProvisionAzureADSyncObjects2,
        Self::FinalizeExport,
        Self::ProvisionCredentials,
    ];

    /// Name of its element, also what the header `x-ms-aadmsods-apiaction` of HTTP may say.
    pub const fn name(self) -> &'static str {
        match self {
            Self::GetCompanyConfiguration => "GetCompanyConfiguration",
            Self::SetCompanyDirsyncFeatures => "SetCompanyDirsyncFeatures",
            Self::Capabilities => "Capabilities",
            Self::ProvisionAzureADSyncObjects => "ProvisionAzureADSyncObjects",
            Self::ProvisionAzureADSyncObjects2 => "ProvisionAzureADSyncObjects2",
            Self::FinalizeExport => "FinalizeExport",
            Self::ProvisionCredentials => "ProvisionCredentials",
        }
    }

    /// The operation of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// The action of a request.
    pub fn action(self) -> String {
        format!("{SERVICE}/IProvisioningWebService/{}", self.name())
    }

    /// The action of an answer, as WCF forms it.
    pub fn answer_action(self) -> String {
        format!("{}Response", self.action())
    }
}
