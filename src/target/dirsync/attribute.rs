//! Which attribute of the endpoint stands for a property, and of what type it is
//! (graph-tenant reference, 9.3 and appendix A; password-sync reference, 3.9).
//!
//! It does not know objects or messages.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::model::{Form, ObjectKind, Property};
use crate::target::StepValue;
use crate::wire::provisioning::PropertyValue;

/// The attributes whose name is not that of the property.
const NAMES: &[(Property, &str)] = &[
    (Property::MailNickname, "alias"),
    (Property::JobTitle, "title"),
    (Property::CompanyName, "company"),
    (Property::OfficeLocation, "physicalDeliveryOfficeName"),
    (Property::BusinessPhones, "telephoneNumber"),
    (Property::MobilePhone, "mobile"),
    (Property::FaxNumber, "facsimileTelephoneNumber"),
    (Property::ThumbnailPhoto, "ThumbnailPhoto"),
    (Property::SecurityEnabled, "SecurityEnabled"),
];

/// The attribute and its value; `None` in a step takes the value away. Otherwise what the endpoint has no
/// attribute for.
pub(super) fn attribute(
    kind: ObjectKind,
    property: Property,
    value: Option<&StepValue>,
) -> Result<(&'static str, PropertyValue), &'static str> {
    let name = attribute_name(kind, property).ok_or(match kind {
        ObjectKind::User => "it at users",
        ObjectKind::Group => "it at groups",
        ObjectKind::Contact => "it at contacts",
    })?;
    Ok((name, typed(property, value)?))
}

/// The attribute of the endpoint for a property; `None` if objects of this kind have none.
pub fn attribute_name(kind: ObjectKind, property: Property) -> Option<&'static str> {
    if !property.written_by_directory_sync().has(kind) {
        return None;
    }
    // Other clients are known to spell the attributes of groups like this.
    if (kind, property) == (ObjectKind::Group, Property::Description) {
        return Some("Description");
    }
    let other = NAMES.iter().find(|it| it.0 == property).map(|it| it.1);
    Some(other.unwrap_or(property.name()))
}

fn typed(property: Property, value: Option<&StepValue>) -> Result<PropertyValue, &'static str> {
    const OTHER: Result<PropertyValue, &str> = Err("a value of this type");
    let Some(value) = value else { return Ok(PropertyValue::Nil) };
    let octets = |text: &String| STANDARD.decode(text).map_err(|_| "what is no base64");
    // A list at Graph, one value here.
    if property == Property::BusinessPhones {
        return match value {
            StepValue::Text(text) => Ok(PropertyValue::Text(text.clone())),
            StepValue::Set(values) => match values.as_slice() {
                [] => Ok(PropertyValue::Nil),
                [one] => Ok(PropertyValue::Text(one.clone())),
                [_, _, ..] => Err("more than one value of it"),
            },
            StepValue::Switch(_) => OTHER,
        };
    }
    match (property.form(), value) {
        (Form::Text | Form::CaselessText, StepValue::Text(text)) => Ok(PropertyValue::Text(text.clone())),
        (Form::Switch, StepValue::Switch(on)) => Ok(PropertyValue::Bool(*on)),
        (Form::Number, StepValue::Text(text)) => {
            text.parse().map(PropertyValue::Long).map_err(|_| "what is no number")
        }
        (Form::Octets, StepValue::Text(text)) => octets(text).map(PropertyValue::Bytes),
        (Form::TextSet | Form::Addresses | Form::OctetsSet, StepValue::Set(values)) if values.is_empty() => {
            Ok(PropertyValue::Nil)
        }
        (Form::TextSet | Form::Addresses, StepValue::Set(values)) => Ok(PropertyValue::Texts(values.clone())),
        (Form::OctetsSet, StepValue::Set(values)) => {
            values.iter().map(octets).collect::<Result<_, _>>().map(PropertyValue::ByteLists)
        }
        (
            Form::Text | Form::CaselessText | Form::Number | Form::Octets,
            StepValue::Set(_) | StepValue::Switch(_),
        )
        | (Form::Switch, StepValue::Text(_) | StepValue::Set(_))
        | (Form::TextSet | Form::Addresses | Form::OctetsSet, StepValue::Text(_) | StepValue::Switch(_))
        | (Form::Reference, _) => OTHER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_property_of_a_kind_has_an_attribute_of_its_own() {
        for kind in [ObjectKind::User, ObjectKind::Group, ObjectKind::Contact] {
            let mut names: Vec<&str> =
                Property::ALL.iter().filter_map(|it| attribute_name(kind, *it)).collect();
            let properties = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), properties, "{kind}");
        }
        assert_eq!(attribute_name(ObjectKind::User, Property::OtherMails), None);
        assert_eq!(attribute_name(ObjectKind::Contact, Property::UserPrincipalName), None);
    }

    #[test]
    fn numbers_and_bytes_are_sent_as_such() {
        let check = |property, text: &str| {
            attribute(ObjectKind::User, property, Some(&StepValue::Text(text.to_owned()))).map(|it| it.1)
        };
        assert_eq!(check(Property::CountryCode, "276"), Ok(PropertyValue::Long(276)));
        assert_eq!(check(Property::CountryCode, "DE"), Err("what is no number"));
        assert_eq!(check(Property::ThumbnailPhoto, "/9j/"), Ok(PropertyValue::Bytes(vec![0xff, 0xd8, 0xff])));
        assert_eq!(check(Property::ThumbnailPhoto, "?"), Err("what is no base64"));
    }

    #[test]
    fn values_must_fit_the_type_of_the_attribute() {
        let phones = |values: &[&str]| StepValue::Set(values.iter().map(ToString::to_string).collect());
        let check = |property, value| attribute(ObjectKind::User, property, Some(&value));
        let phone = Property::BusinessPhones;
        assert_eq!(check(phone, phones(&[])), Ok(("telephoneNumber", PropertyValue::Nil)));
        assert_eq!(
            check(phone, phones(&["1"])),
            Ok(("telephoneNumber", PropertyValue::Text("1".to_owned())))
        );
        assert_eq!(check(phone, phones(&["1", "2"])), Err("more than one value of it"));
        assert_eq!(check(Property::City, StepValue::Switch(true)), Err("a value of this type"));
        assert_eq!(check(Property::SecurityEnabled, StepValue::Switch(true)), Err("it at users"));
    }
}
