//! Reads what a tenant says about itself rather than about its objects: state, subscriptions, switches, clock.
//!
//! It judges nothing. Nothing of this is needed to plan, so nothing else asks it.

use jiff::{SignedDuration, Timestamp};

use super::reader::Reader;
use super::request::{Operation, Request};
use crate::model::Domain;
use crate::target::TargetError;
use crate::target::retry::http_date;
use crate::wire::odata::{NamedRecord, OrganizationState, Page, SubscriptionRecord, SynchronizationRecord};

/// Objects of which the tenant holds an address or a name back, because another object has it.
pub(super) const QUARANTINED: &str =
    "onPremisesProvisioningErrors/any(o:o/category%20eq%20'PropertyConflict')";

impl Reader {
    /// How far the service's clock is ahead of ours; `None` if it does not say. Asked once, without patience.
    pub async fn clock_ahead(&self) -> Result<Option<SignedDuration>, TargetError> {
        let request = Request::get("/organization?$select=id".to_owned(), 1, Operation::ReadOrganization);
        let clock = &self.shared.settings.clock;
        let before: Timestamp = clock();
        let (answer, _) = self.shared.exchange(&request, &self.shared.asked(&request)).await?;
        let after = clock();
        let Some(date) = answer.headers.date.as_deref().and_then(http_date) else { return Ok(None) };
        // Its clock is told to the second only, and was read somewhere between ours.
        let (early, late) = (before.duration_since(date), after.duration_since(date));
        let second = SignedDuration::from_secs(1);
        Ok(Some(match () {
            () if early <= second && SignedDuration::ZERO <= late => SignedDuration::ZERO,
            () if SignedDuration::ZERO < early => -early,
            () => -late,
        }))
    }

    /// What the tenant says about directory synchronisation.
    pub async fn organization_state(&self) -> Result<OrganizationState, TargetError> {
        let path = format!("/organization?$select={}", OrganizationState::SELECT);
        let request = Request::get(path, 1, Operation::ReadOrganization);
        let reply = self.shared.send(&request, None).await?;
        let page: Page<OrganizationState> = self.shared.read(&request, &reply.body)?;
        let first = page.value.into_iter().next();
        first.ok_or_else(|| self.shared.malformed(&request, "no organisation in it"))
    }

    /// The domains, verified or not.
    pub async fn all_domains(&self) -> Result<Vec<Domain>, TargetError> {
        self.domains().await
    }

    /// The subscriptions.
    pub async fn subscriptions(&self) -> Result<Vec<SubscriptionRecord>, TargetError> {
        let path = format!("/subscribedSkus?$select={}", SubscriptionRecord::SELECT);
        self.collected(path, Operation::ReadSubscriptions).await
    }

    /// The switches of directory synchronisation; `None` where the tenant has none.
    pub async fn synchronization(&self) -> Result<Option<SynchronizationRecord>, TargetError> {
        let path = "/directory/onPremisesSynchronization".to_owned();
        Ok(self.collected(path, Operation::ReadSynchronization).await?.into_iter().next())
    }

    /// Users and groups of which the tenant holds a value back.
    pub async fn quarantined(&self) -> Result<Vec<NamedRecord>, TargetError> {
        let path =
            |kind: &str| format!("/{kind}?$select={}&$filter={QUARANTINED}&$top=999", NamedRecord::SELECT);
        let users = format!(
            "/users?$select={},userPrincipalName&$filter={QUARANTINED}&$top=999",
            NamedRecord::SELECT
        );
        let (users, groups) = tokio::try_join!(
            self.collected(users, Operation::ReadUsers),
            self.collected(path("groups"), Operation::ReadGroups),
        )?;
        Ok([users, groups].concat())
    }

    /// Users of which a directory is master, so that this channel cannot change them.
    pub async fn mastered_users(&self) -> Result<Vec<NamedRecord>, TargetError> {
        let path = format!(
            "/users?$select={},userPrincipalName&$filter=onPremisesSyncEnabled%20eq%20true&$top=999",
            NamedRecord::SELECT
        );
        self.collected(path, Operation::ReadUsers).await
    }

    pub(super) async fn collected<T: serde::de::DeserializeOwned + Send>(
        &self,
        path: String,
        operation: Operation,
    ) -> Result<Vec<T>, TargetError> {
        let mut all = Vec::new();
        let keep = |page: Vec<T>| all.extend(page);
        self.shared.list(Request::get(path, 1, operation), None, keep).await?;
        Ok(all)
    }
}
