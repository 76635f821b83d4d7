//! The flows that every policy starts with: those of Entra Connect that Microsoft Graph can write for objects
//! that the cloud masters (graph-tenant reference, 9.2 and 9.3).
//!
//! `accountEnabled` is not among them: the lifecycle decides it. `usageLocation` has no source in Entra
//! Connect either.

use crate::model::{AttributeNamesBuilder, Property};

use super::flow::{Authority, Builtin, Flow, FlowOrigin, FlowSource, Missing};

/// Name of the preset, as policies list it.
const NAME: &str = "default";

/// Rules of the preset that are more than a copy, and the words for them.
const USER_RULES: &[(Property, Builtin, &str)] = &[
    (
        Property::UserPrincipalName,
        Builtin::UserPrincipalName,
        "userPrincipalName, else sAMAccountName at the directory's domain; at the tenant's initial domain if \
         that domain is not verified",
    ),
    (Property::DisplayName, Builtin::DisplayName, "displayName, else cn"),
    (
        Property::MailNickname,
        Builtin::MailNickname,
        "mailNickname, else the prefix of the primary address, of mail, of userPrincipalName, else \
         sAMAccountName",
    ),
    (Property::Mail, Builtin::Mail, "the primary address of proxyAddresses, else mail"),
    (Property::BusinessPhones, Builtin::BusinessPhones, "telephoneNumber, as a list of one"),
];

const GROUP_RULES: &[(Property, Builtin, &str)] = &[
    (Property::DisplayName, Builtin::DisplayName, "displayName, else cn"),
    (Property::Description, Builtin::Description, "description, cut at 448 characters"),
    (
        Property::MailNickname,
        Builtin::MailNickname,
        "mailNickname, else the prefix of mail, else sAMAccountName",
    ),
];

/// Plain copies.
const USER_COPIES: &[(Property, &str)] = &[
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

/// Attributes that the rules read and that are not well known.
const RULE_ATTRIBUTES: &[&str] = &["telephoneNumber", "description"];

/// The flows that users start with, in the order of `Property::ALL`.
pub fn default_user_flows(names: &mut AttributeNamesBuilder) -> Vec<Flow> {
    flows(USER_RULES, USER_COPIES, names)
}

/// The flows that groups start with, in the order of `Property::ALL`.
pub fn default_group_flows(names: &mut AttributeNamesBuilder) -> Vec<Flow> {
    flows(GROUP_RULES, &[], names)
}

fn flows(
    rules: &[(Property, Builtin, &str)],
    copies: &[(Property, &str)],
    names: &mut AttributeNamesBuilder,
) -> Vec<Flow> {
    for name in RULE_ATTRIBUTES {
        names.intern(name).expect("the preset comes before 65,535 other names or repeats one");
    }
    let rules = rules.iter().map(|(to, rule, text)| flow(*to, FlowSource::Builtin(*rule), text));
    let mut flows: Vec<Flow> = rules.collect();
    for (to, name) in copies {
        let id = names.intern(name).expect("the preset comes before 65,535 other names or repeats one");
        flows.push(flow(*to, FlowSource::Copy(id), name));
    }
    flows.sort_by_key(|it| it.to);
    flows
}

fn flow(to: Property, source: FlowSource, text: &str) -> Flow {
    Flow {
        to,
        source,
        authority: Authority::Directory,
        missing: if to.clearable() { Missing::Empty } else { Missing::Skip },
        origin: FlowOrigin { list: NAME.to_owned(), text: text.to_owned() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_writable_property_of_a_user_has_a_flow_or_a_reason() {
        let flows = default_user_flows(&mut AttributeNamesBuilder::new());
        let without: Vec<&str> = Property::ALL
            .iter()
            .filter(|property| !flows.iter().any(|it| it.to == **property))
            .map(|it| it.name())
            .collect();
        let expected = ["accountEnabled", "usageLocation", "otherMails", "description", "securityEnabled"];
        assert_eq!(without, expected);
    }

    #[test]
    fn what_cannot_be_cleared_is_skipped() {
        let flows = default_user_flows(&mut AttributeNamesBuilder::new());
        let mail = flows.iter().find(|it| it.to == Property::Mail).unwrap();
        assert_eq!(mail.missing, Missing::Skip);
    }
}
