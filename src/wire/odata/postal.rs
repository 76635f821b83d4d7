//! Addresses and telephones of contacts, which Microsoft Graph nests where users have plain properties
//! (graph-tenant reference, 4.5).
//!
//! It does not know whose they are.

use serde::Deserialize;

use crate::model::{AttributesBuilder, Property};

/// One of `addresses`; a contact has one at most.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
pub(super) struct PostalAddress {
    city: Option<String>,
    country_or_region: Option<String>,
    office_location: Option<String>,
    postal_code: Option<String>,
    state: Option<String>,
    street: Option<String>,
}

impl PostalAddress {
    pub(super) fn push(self, attributes: &mut AttributesBuilder) {
        let Self { city, country_or_region, office_location, postal_code, state, street } = self;
        for (property, value) in [
            (Property::City, city),
            (Property::Country, country_or_region),
            (Property::OfficeLocation, office_location),
            (Property::PostalCode, postal_code),
            (Property::State, state),
            (Property::StreetAddress, street),
        ] {
            push(attributes, property, value);
        }
    }
}

/// One of `phones`; a contact has one of each type at most.
#[derive(Deserialize)]
pub(super) struct Phone {
    #[serde(rename = "type", default)]
    kind: Option<String>,
    #[serde(default)]
    number: Option<String>,
}

impl Phone {
    pub(super) fn push(self, attributes: &mut AttributesBuilder) {
        let property = match self.kind.as_deref() {
            Some("mobile") => Property::MobilePhone,
            Some("business") => Property::BusinessPhones,
            Some("businessFax") => Property::FaxNumber,
            Some(_) | None => return,
        };
        push(attributes, property, self.number);
    }
}

fn push(attributes: &mut AttributesBuilder, property: Property, value: Option<String>) {
    if let Some(value) = value.filter(|it| !it.is_empty()) {
        attributes.push(property.id(), value.as_bytes());
    }
}
