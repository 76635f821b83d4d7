//! The flows of users and groups that Microsoft Graph can write, and that both channels have.
//!
//! It does not know the attributes that only Entra Connect's protocol takes.

use crate::model::{ObjectKind, Property, well_known};
use crate::policy::flow::Builtin;

use super::Preset;

/// Plain copies; a group has none of them.
const COPIES: &[(Property, &str)] = &[
    (Property::GivenName, "givenName"),
    (Property::Surname, "sn"),
    (Property::JobTitle, "title"),
    (Property::Department, "department"),
    (Property::CompanyName, "company"),
    (Property::OfficeLocation, "physicalDeliveryOfficeName"),
    (Property::MobilePhone, "mobile"),
    (Property::FaxNumber, "facsimileTelephoneNumber"),
    (Property::StreetAddress, "streetAddress"),
    (Property::City, "l"),
    (Property::State, "st"),
    (Property::PostalCode, "postalCode"),
    (Property::Country, "co"),
    (Property::PreferredLanguage, "preferredLanguage"),
    (Property::EmployeeId, "employeeID"),
    (Property::EmployeeType, "employeeType"),
    (Property::ExtensionAttribute1, "extensionAttribute1"),
    (Property::ExtensionAttribute2, "extensionAttribute2"),
    (Property::ExtensionAttribute3, "extensionAttribute3"),
    (Property::ExtensionAttribute4, "extensionAttribute4"),
    (Property::ExtensionAttribute5, "extensionAttribute5"),
    (Property::ExtensionAttribute6, "extensionAttribute6"),
    (Property::ExtensionAttribute7, "extensionAttribute7"),
    (Property::ExtensionAttribute8, "extensionAttribute8"),
    (Property::ExtensionAttribute9, "extensionAttribute9"),
    (Property::ExtensionAttribute10, "extensionAttribute10"),
    (Property::ExtensionAttribute11, "extensionAttribute11"),
    (Property::ExtensionAttribute12, "extensionAttribute12"),
    (Property::ExtensionAttribute13, "extensionAttribute13"),
    (Property::ExtensionAttribute14, "extensionAttribute14"),
    (Property::ExtensionAttribute15, "extensionAttribute15"),
    (Property::Manager, "manager"),
];

pub(super) fn fill(kind: ObjectKind, preset: &mut Preset<'_>) {
    preset.rule(Property::DisplayName, Builtin::DisplayName, "displayName, else cn");
    preset.rule(Property::Mail, Builtin::Mail, "the primary address of proxyAddresses, else mail");
    match kind {
        ObjectKind::User => {
            people(preset);
            preset.rule(
                Property::UserPrincipalName,
                Builtin::UserPrincipalName,
                "userPrincipalName, else sAMAccountName at the directory's domain; at the tenant's initial domain if \
                 that domain is not verified",
            );
            preset.rule(
                Property::MailNickname,
                Builtin::MailNickname,
                "mailNickname, else the prefix of the primary address, of mail, of userPrincipalName, else \
                 sAMAccountName",
            );
        }
        ObjectKind::Group => {
            preset.rule(
                Property::Description,
                Builtin::Cut(well_known::DESCRIPTION),
                "description, cut at 448 characters",
            );
            preset.rule(
                Property::MailNickname,
                Builtin::MailNickname,
                "mailNickname, else the prefix of mail, else sAMAccountName",
            );
        }
        ObjectKind::Contact => {
            people(preset);
            preset.rule(
                Property::MailNickname,
                Builtin::MailNickname,
                "mailNickname, else the prefix of the primary address, of mail, else cn",
            );
        }
    }
}

/// What users and contacts share.
fn people(preset: &mut Preset<'_>) {
    for (to, attribute) in COPIES {
        preset.copy(*to, attribute);
    }
    preset.rule(Property::Mail, Builtin::Mail, "the primary address of proxyAddresses, else mail");
    preset.rule(Property::BusinessPhones, Builtin::BusinessPhones, "telephoneNumber, as a list of one");
}
