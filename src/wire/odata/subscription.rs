//! The subscriptions of a tenant, which tell its edition.
//!
//! It does not know what a product is good for.

use serde::Deserialize;

/// An element of `subscribedSkus`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionRecord {
    /// Name of the product, such as `ENTERPRISEPACK`.
    pub sku_part_number: String,
    /// Such as `Enabled` or `Suspended`.
    #[serde(default)]
    pub capability_status: Option<String>,
}

impl SubscriptionRecord {
    /// The properties to ask for.
    pub const SELECT: &str = "skuPartNumber,capabilityStatus";

    /// Whether people can use it.
    pub fn is_usable(&self) -> bool {
        let status = self.capability_status.as_deref().unwrap_or("Enabled");
        ["Enabled", "Warning"].iter().any(|it| status.eq_ignore_ascii_case(it))
    }
}
