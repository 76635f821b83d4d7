//! When a plan of the same two sides would be another one, because time has passed.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use super::Inputs;
use super::person::expiry;
use crate::model::ObjectKind;

/// The first time after [`Inputs::as_of`] at which another plan may come of the same inputs: accounts expire at any time,
/// and grace periods end with a day (UTC).
pub fn turns_at(inputs: &Inputs<'_>) -> Timestamp {
    let tomorrow = inputs.as_of.to_zoned(TimeZone::UTC).date().saturating_add(1.day());
    let midnight = tomorrow.to_zoned(TimeZone::UTC).map_or(inputs.as_of, |it| it.timestamp());
    let users = inputs.directory.objects().iter().filter(|(_, it)| it.kind == ObjectKind::User);
    let expiries = users.filter_map(|(_, it)| expiry(it)).filter(|it| inputs.as_of < *it);
    expiries.chain([midnight]).min().unwrap_or(midnight)
}
