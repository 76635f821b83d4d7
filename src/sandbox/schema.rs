//! The properties of users, groups and contacts as the service publishes them (graph-tenant reference, 2.1, 3.2, 4):
//! shape, length, who may write them, whether they come without `$select`, and how filters may use them.
//!
//! It knows no object and no request.

use super::object::Kind;

/// Form of a value, with its limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Text of at most so many characters.
    Text(usize),
    /// `true` or `false`.
    Switch,
    /// At most `items` texts of at most `length` characters.
    Texts { items: usize, length: usize },
    /// A point in time.
    Time,
    /// One of a few words.
    Choice(&'static [&'static str]),
    /// A complex value that a rule of its own checks.
    Complex,
}

/// Who may write a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Write {
    /// Any client; null clears it.
    Free,
    /// Any client; it can't be cleared.
    Kept,
    /// At creation only.
    Once,
    /// The service alone.
    Never,
}

/// Which filters the directory index answers (reference, 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Index {
    /// None.
    No,
    /// `eq` and `in`.
    Equality,
    /// `eq`, `in`, ranges and `startsWith`.
    Full,
    /// Everything, but only as an advanced query.
    Advanced,
    /// `eq` on members of a collection.
    Members,
    /// `eq` on the `category` of members of a collection.
    Category,
}

/// One property.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Property {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    pub(crate) write: Write,
    pub(crate) default: bool,
    pub(crate) index: Index,
}

const fn row(name: &'static str, shape: Shape, write: Write, index: Index) -> Property {
    Property { name, shape, write, default: false, index }
}
/// A property that comes without `$select`.
const fn shown(name: &'static str, shape: Shape, write: Write, index: Index) -> Property {
    Property { name, shape, write, default: true, index }
}

use Index::{Advanced, Category, Equality, Full, Members, No};
use Shape::{Choice, Complex, Switch, Text, Texts, Time};
use Write::{Free, Kept, Never, Once};

const ONE_PHONE: Shape = Texts { items: 1, length: 64 };
const ADDRESSES: Shape = Texts { items: 332, length: 1123 };

/// Reference, 2.1.
const USER: &[Property] = &[
    shown("businessPhones", ONE_PHONE, Free, Members),
    shown("displayName", Text(256), Kept, Full),
    shown("givenName", Text(64), Free, Full),
    shown("jobTitle", Text(128), Free, Full),
    shown("mail", Text(256), Kept, Full),
    shown("mobilePhone", Text(64), Free, Advanced),
    shown("officeLocation", Text(128), Free, Advanced),
    shown("preferredLanguage", Text(64), Free, Advanced),
    shown("surname", Text(64), Free, Full),
    shown("userPrincipalName", Text(113), Kept, Full),
    shown("id", Text(36), Never, Equality),
    row("accountEnabled", Switch, Kept, Equality),
    row("ageGroup", Choice(&["Minor", "NotAdult", "Adult"]), Free, No),
    row("assignedLicenses", Complex, Never, No),
    row("assignedPlans", Complex, Never, No),
    row("city", Text(128), Free, Full),
    row("companyName", Text(64), Free, Advanced),
    row("consentProvidedForMinor", Choice(&["Granted", "Denied", "NotRequired"]), Free, No),
    row("country", Text(128), Free, Full),
    row("createdDateTime", Time, Never, No),
    row("creationType", Text(64), Never, No),
    row("deletedDateTime", Time, Never, No),
    row("department", Text(64), Free, Full),
    row("employeeHireDate", Time, Free, No),
    row("employeeId", Text(16), Free, Full),
    row("employeeOrgData", Complex, Free, No),
    row("employeeType", Text(64), Free, Advanced),
    row("externalUserState", Text(64), Never, No),
    row("faxNumber", Text(64), Free, Advanced),
    row("identities", Complex, Never, No),
    row("imAddresses", ADDRESSES, Never, No),
    row("lastPasswordChangeDateTime", Time, Never, No),
    row("licenseAssignmentStates", Complex, Never, No),
    row("mailNickname", Text(64), Kept, Full),
    row("onPremisesDistinguishedName", Text(1024), Never, No),
    row("onPremisesDomainName", Text(256), Never, No),
    row("onPremisesExtensionAttributes", Complex, Free, No),
    row("onPremisesImmutableId", Text(256), Free, Full),
    row("onPremisesLastSyncDateTime", Time, Never, Full),
    row("onPremisesObjectIdentifier", Text(256), Never, No),
    row("onPremisesProvisioningErrors", Complex, Never, Category),
    row("onPremisesSamAccountName", Text(256), Never, Advanced),
    row("onPremisesSecurityIdentifier", Text(184), Never, Equality),
    row("onPremisesSyncEnabled", Switch, Never, Equality),
    row("onPremisesUserPrincipalName", Text(1024), Never, Full),
    row("otherMails", Texts { items: 250, length: 250 }, Free, Members),
    row("passwordPolicies", Text(64), Free, No),
    row("passwordProfile", Complex, Kept, No),
    row("postalCode", Text(40), Free, Advanced),
    row("preferredDataLocation", Text(64), Free, No),
    row("provisionedPlans", Complex, Never, No),
    row("proxyAddresses", ADDRESSES, Never, Members),
    row("securityIdentifier", Text(184), Never, No),
    row("signInSessionsValidFromDateTime", Time, Never, No),
    row("state", Text(128), Free, Full),
    row("streetAddress", Text(1024), Free, Advanced),
    row("usageLocation", Text(2), Kept, Full),
    row("userType", Choice(&["Member", "Guest"]), Free, Equality),
];

/// Reference, 4.
const GROUP: &[Property] = &[
    shown("id", Text(36), Never, Equality),
    shown("deletedDateTime", Time, Never, No),
    shown("classification", Text(256), Free, No),
    shown("createdDateTime", Time, Never, No),
    shown("description", Text(1024), Free, No),
    shown("displayName", Text(256), Kept, Full),
    shown("expirationDateTime", Time, Never, No),
    shown("groupTypes", Texts { items: 2, length: 64 }, Kept, Members),
    shown("isAssignableToRole", Switch, Once, Equality),
    shown("mail", Text(256), Never, Full),
    shown("mailEnabled", Switch, Kept, Equality),
    shown("mailNickname", Text(64), Kept, Full),
    shown("membershipRule", Text(3072), Free, No),
    shown("membershipRuleProcessingState", Choice(&["On", "Paused"]), Free, No),
    shown("onPremisesDomainName", Text(256), Never, No),
    shown("onPremisesLastSyncDateTime", Time, Never, Full),
    shown("onPremisesNetBiosName", Text(256), Never, No),
    shown("onPremisesProvisioningErrors", Complex, Never, Category),
    shown("onPremisesSamAccountName", Text(256), Never, Advanced),
    shown("onPremisesSecurityIdentifier", Text(184), Never, Equality),
    shown("onPremisesSyncEnabled", Switch, Never, Equality),
    shown("preferredDataLocation", Text(64), Free, No),
    shown("preferredLanguage", Text(64), Free, No),
    shown("proxyAddresses", ADDRESSES, Never, Members),
    shown("renewedDateTime", Time, Never, No),
    shown("securityEnabled", Switch, Kept, Equality),
    shown("securityIdentifier", Text(184), Never, No),
    shown("theme", Text(64), Free, No),
    shown("uniqueName", Text(128), Once, Full),
    shown("visibility", Choice(&["Private", "Public", "HiddenMembership"]), Free, No),
    row("assignedLicenses", Complex, Never, No),
    row("licenseProcessingState", Complex, Never, No),
    row("hasMembersWithLicenseErrors", Switch, Never, No),
];

/// Reference, 4.5. Graph writes none of them.
const CONTACT: &[Property] = &[
    shown("id", Text(36), Never, Equality),
    shown("addresses", Complex, Never, No),
    shown("companyName", Text(64), Never, Advanced),
    shown("deletedDateTime", Time, Never, No),
    shown("department", Text(64), Never, Full),
    shown("displayName", Text(256), Never, Full),
    shown("givenName", Text(64), Never, Full),
    shown("jobTitle", Text(128), Never, Full),
    shown("mail", Text(256), Never, Full),
    shown("mailNickname", Text(64), Never, Full),
    shown("onPremisesLastSyncDateTime", Time, Never, Full),
    shown("onPremisesProvisioningErrors", Complex, Never, Category),
    shown("onPremisesSyncEnabled", Switch, Never, Equality),
    shown("phones", Complex, Never, No),
    shown("proxyAddresses", ADDRESSES, Never, Members),
    shown("surname", Text(64), Never, Full),
];

/// All properties of a kind.
pub(crate) const fn properties(kind: Kind) -> &'static [Property] {
    match kind {
        Kind::User => USER,
        Kind::Group => GROUP,
        Kind::Contact => CONTACT,
    }
}

/// One property; names are case-sensitive, as in OData.
pub(crate) fn property(kind: Kind, name: &str) -> Option<&'static Property> {
    properties(kind).iter().find(|it| it.name == name)
}

/// Whether a name is that of a directory extension of an open type (reference, 2.1).
pub(crate) fn is_extension(name: &str) -> bool {
    name.strip_prefix("extension_").and_then(|rest| rest.split_once('_')).is_some_and(|(app, rest)| {
        app.len() == 32
            && app.bytes().all(|it| it.is_ascii_hexdigit())
            && !rest.is_empty()
            && rest.len() <= 64
    })
}

/// Members of `onPremisesExtensionAttributes`.
pub(crate) fn is_extension_attribute(name: &str) -> bool {
    name.strip_prefix("extensionAttribute").is_some_and(|it| {
        !it.starts_with('0') && it.parse::<u8>().is_ok_and(|number| (1..=15).contains(&number))
    })
}
