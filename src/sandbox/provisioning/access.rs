//! Who may call the service, with which program (password-sync reference, 3.3, 3.4 and 3.10).
//!
//! The service says the same of a wrong token, of a missing right and of an old program.

use crate::sandbox::tenant::Tenant;
use crate::sandbox::token::{self, Caller, SYNCHRONIZATION};
use crate::wire::provisioning::{Operation, Refusal, ServiceFault, SyncToken};

const ROLE: &str = "ADSynchronization.ReadWrite.All";
const NOT_ACTIVATED: &str = "Identity synchronization is not yet activated for this company.";

/// Checks token, program and tenant.
pub(super) fn check(
    tenant: &Tenant,
    sent: Option<&SyncToken>,
    operation: Operation,
) -> Result<Caller, ServiceFault> {
    let denied = || refusal(Refusal::ACCESS_DENIED, text_of(Refusal::ACCESS_DENIED), sent);
    let header = sent.ok_or_else(denied)?;
    let caller =
        token::verify(tenant, header.bearer_token.reveal(), SYNCHRONIZATION).map_err(|_| denied())?;
    if !caller.has(ROLE) {
        return Err(denied());
    }
    match operation {
        // These tell a client what it would have to be, and whether the tenant is ready.
        Operation::Capabilities => return Ok(caller),
        Operation::GetCompanyConfiguration => (),
        Operation::SetCompanyDirsyncFeatures
        | Operation::ProvisionAzureADSyncObjects
        | Operation::ProvisionAzureADSyncObjects2
        | Operation::FinalizeExport
        | Operation::ProvisionCredentials => {
            if tenant.synchronizes() != Some(true) {
                return Err(refusal("", NOT_ACTIVATED, sent));
            }
        }
    }
    let provisioning = &tenant.seed.provisioning;
    let (build, minimum) = (version(&header.build_number), version(&provisioning.minimum_build));
    if build.is_none() || build < minimum || provisioning.refused_builds.contains(&header.build_number) {
        return Err(denied());
    }
    Ok(caller)
}

/// A fault with a code.
pub(super) fn refusal(code: &str, description: &str, sent: Option<&SyncToken>) -> ServiceFault {
    ServiceFault::Refused(Refusal {
        code: code.to_owned(),
        description: description.to_owned(),
        tracking_id: sent.map(|it| it.tracking_id.to_string()),
    })
}

/// The known text of a code.
pub(super) fn text_of(code: &str) -> &'static str {
    match code {
        Refusal::BUSY => {
            "The directory synchronization service is currently busy. The operation will be retried automatically."
        }
        Refusal::PASSWORDS_NOT_ACTIVATED => {
            "Password Synchronization has not been activated for this company."
        }
        Refusal::INVALID_DELETE => "The synchronization operation, Delete, is not valid.",
        Refusal::ACCESS_DENIED => {
            "Access to Azure Active Directory has been denied. Contact Technical Support."
        }
        _ => "An error occurred.",
    }
}

/// Four numbers.
fn version(text: &str) -> Option<[u32; 4]> {
    let parts: Option<Vec<u32>> = text.trim().split('.').map(|it| it.parse().ok()).collect();
    parts?.try_into().ok()
}
