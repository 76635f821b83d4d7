//! Which attribute of the endpoint stands for a property, and of what type it is
//! (graph-tenant reference, 9.3 and appendix A; password-sync reference, 3.9).
//!
//! It does not know objects or messages.

use crate::model::{ObjectKind, Property};
use crate::target::StepValue;
use crate::wire::provisioning::PropertyValue;

/// The type of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Text,
    Switch,
    /// A list at Graph, one value here.
    OnlyText,
}

/// A property, and its attribute for each kind that has it.
struct Row {
    property: Property,
    user: Option<&'static str>,
    group: Option<&'static str>,
    contact: Option<&'static str>,
    form: Form,
}

const fn person(property: Property, name: &'static str) -> Row {
    Row { property, user: Some(name), group: None, contact: Some(name), form: Form::Text }
}

const fn user(property: Property, name: &'static str) -> Row {
    Row { contact: None, ..person(property, name) }
}

const fn all(property: Property, name: &'static str) -> Row {
    Row { group: Some(name), ..person(property, name) }
}

/// The one table. Manager and members are references, and are no rows of it.
const ROWS: &[Row] = &[
    user(Property::UserPrincipalName, "userPrincipalName"),
    all(Property::DisplayName, "displayName"),
    Row { form: Form::Switch, ..user(Property::AccountEnabled, "accountEnabled") },
    person(Property::GivenName, "givenName"),
    person(Property::Surname, "surname"),
    all(Property::Mail, "mail"),
    all(Property::MailNickname, "alias"),
    person(Property::JobTitle, "title"),
    person(Property::Department, "department"),
    person(Property::CompanyName, "company"),
    person(Property::OfficeLocation, "physicalDeliveryOfficeName"),
    Row { form: Form::OnlyText, ..person(Property::BusinessPhones, "telephoneNumber") },
    person(Property::MobilePhone, "mobile"),
    person(Property::FaxNumber, "facsimileTelephoneNumber"),
    person(Property::StreetAddress, "streetAddress"),
    person(Property::City, "city"),
    person(Property::State, "state"),
    person(Property::PostalCode, "postalCode"),
    person(Property::Country, "country"),
    user(Property::UsageLocation, "usageLocation"),
    user(Property::PreferredLanguage, "preferredLanguage"),
    user(Property::EmployeeId, "employeeId"),
    user(Property::EmployeeType, "employeeType"),
    // Other clients are known to spell the attributes of groups like this.
    Row { group: Some("Description"), ..person(Property::Description, "description") },
    Row {
        property: Property::SecurityEnabled,
        user: None,
        group: Some("SecurityEnabled"),
        contact: None,
        form: Form::Switch,
    },
];

/// The attribute and its value; `None` in a step takes the value away. Otherwise what the endpoint has no
/// attribute for.
pub(super) fn attribute(
    kind: ObjectKind,
    property: Property,
    value: Option<&StepValue>,
) -> Result<(&'static str, PropertyValue), &'static str> {
    let (name, form) = found(kind, property).ok_or(match kind {
        ObjectKind::User => "it at users",
        ObjectKind::Group => "it at groups",
        ObjectKind::Contact => "it at contacts",
    })?;
    Ok((name, typed(form, value)?))
}

fn found(kind: ObjectKind, property: Property) -> Option<(&'static str, Form)> {
    // Its name is the same on both sides, for every kind.
    if property.extension_number().is_some() {
        return Some((property.name(), Form::Text));
    }
    let row = ROWS.iter().find(|it| it.property == property)?;
    let name = match kind {
        ObjectKind::User => row.user,
        ObjectKind::Group => row.group,
        ObjectKind::Contact => row.contact,
    };
    Some((name?, row.form))
}

fn typed(form: Form, value: Option<&StepValue>) -> Result<PropertyValue, &'static str> {
    Ok(match (form, value) {
        (_, None) => PropertyValue::Nil,
        (Form::Text | Form::OnlyText, Some(StepValue::Text(text))) => PropertyValue::Text(text.clone()),
        (Form::OnlyText, Some(StepValue::Set(values))) => match values.as_slice() {
            [] => PropertyValue::Nil,
            [one] => PropertyValue::Text(one.clone()),
            [_, _, ..] => return Err("more than one value of it"),
        },
        (Form::Switch, Some(StepValue::Switch(on))) => PropertyValue::Bool(*on),
        (Form::Text, Some(StepValue::Set(_) | StepValue::Switch(_)))
        | (Form::OnlyText, Some(StepValue::Switch(_)))
        | (Form::Switch, Some(StepValue::Text(_) | StepValue::Set(_))) => {
            return Err("a value of this type");
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_property_but_a_few_has_an_attribute_for_some_kind() {
        let kinds = [ObjectKind::User, ObjectKind::Group, ObjectKind::Contact];
        let without: Vec<&str> = Property::ALL
            .iter()
            .filter(|property| kinds.iter().all(|kind| found(*kind, **property).is_none()))
            .map(|it| it.name())
            .collect();
        assert_eq!(without, ["otherMails", "manager"]);
    }

    #[test]
    fn no_property_stands_twice_in_the_table() {
        for (at, row) in ROWS.iter().enumerate() {
            assert!(ROWS[..at].iter().all(|it| it.property != row.property), "{}", row.property);
        }
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
