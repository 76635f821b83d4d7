//! The tenant properties that samesign can write, and how each compares.

use std::fmt;
use std::str::FromStr;

use super::attributes::AttributeId;

/// How the values of a property look and compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One text, compared exactly.
    Text,
    /// One text, compared without regard to case.
    CaselessText,
    /// `true` or `false`.
    Switch,
    /// A set of texts; order does not count.
    TextSet,
    /// Another object, by its anchor or id.
    Reference,
}

macro_rules! properties {
    ($($variant:ident $name:literal $form:ident $max:literal $clearable:literal,)*) => {
        /// A property of a tenant object, under its Microsoft Graph name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Property {
            $(#[doc = concat!("`", $name, "`")] $variant,)*
        }

        impl Property {
            /// All properties, in the order in which plans list them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name that Microsoft Graph, manifests and plans use.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// How values look and compare.
            pub const fn form(self) -> Form {
                match self { $(Self::$variant => Form::$form,)* }
            }

            /// Most characters of one value; graph-tenant reference, 2.1 and 4.2.
            pub const fn length_max(self) -> usize {
                match self { $(Self::$variant => $max,)* }
            }

            /// Whether the tenant lets a value be taken away again.
            pub const fn clearable(self) -> bool {
                match self { $(Self::$variant => $clearable,)* }
            }
        }
    };
}

properties! {
    UserPrincipalName "userPrincipalName" CaselessText 113 false,
    DisplayName "displayName" Text 256 false,
    AccountEnabled "accountEnabled" Switch 5 false,
    GivenName "givenName" Text 64 true,
    Surname "surname" Text 64 true,
    Mail "mail" CaselessText 256 false,
    MailNickname "mailNickname" CaselessText 64 false,
    JobTitle "jobTitle" Text 128 true,
    Department "department" Text 64 true,
    CompanyName "companyName" Text 64 true,
    OfficeLocation "officeLocation" Text 128 true,
    BusinessPhones "businessPhones" TextSet 64 true,
    MobilePhone "mobilePhone" Text 64 true,
    FaxNumber "faxNumber" Text 64 true,
    StreetAddress "streetAddress" Text 1024 true,
    City "city" Text 128 true,
    State "state" Text 128 true,
    PostalCode "postalCode" Text 40 true,
    Country "country" Text 128 true,
    UsageLocation "usageLocation" CaselessText 2 false,
    PreferredLanguage "preferredLanguage" CaselessText 64 true,
    EmployeeId "employeeId" Text 16 true,
    EmployeeType "employeeType" Text 64 true,
    OtherMails "otherMails" TextSet 250 true,
    ExtensionAttribute1 "extensionAttribute1" Text 1024 true,
    ExtensionAttribute2 "extensionAttribute2" Text 1024 true,
    ExtensionAttribute3 "extensionAttribute3" Text 1024 true,
    ExtensionAttribute4 "extensionAttribute4" Text 1024 true,
    ExtensionAttribute5 "extensionAttribute5" Text 1024 true,
    ExtensionAttribute6 "extensionAttribute6" Text 1024 true,
    ExtensionAttribute7 "extensionAttribute7" Text 1024 true,
    ExtensionAttribute8 "extensionAttribute8" Text 1024 true,
    ExtensionAttribute9 "extensionAttribute9" Text 1024 true,
    ExtensionAttribute10 "extensionAttribute10" Text 1024 true,
    ExtensionAttribute11 "extensionAttribute11" Text 1024 true,
    ExtensionAttribute12 "extensionAttribute12" Text 1024 true,
    ExtensionAttribute13 "extensionAttribute13" Text 1024 true,
    ExtensionAttribute14 "extensionAttribute14" Text 1024 true,
    ExtensionAttribute15 "extensionAttribute15" Text 1024 true,
    Description "description" Text 1024 true,
    SecurityEnabled "securityEnabled" Switch 5 false,
    Manager "manager" Reference 36 true,
}

impl Property {
    /// The id under which a tenant object's `Attributes` hold this property.
    pub const fn id(self) -> AttributeId {
        AttributeId(self as u16)
    }

    /// The number of an `extensionAttribute`, 1 to 15: Graph nests these.
    pub fn extension_number(self) -> Option<u8> {
        self.name().strip_prefix("extensionAttribute")?.parse().ok()
    }

    /// Whether two single values are the same to the tenant.
    pub fn same(self, one: &str, other: &str) -> bool {
        match self.form() {
            Form::CaselessText => one == other || one.to_lowercase() == other.to_lowercase(),
            Form::Text | Form::Switch | Form::TextSet | Form::Reference => one == other,
        }
    }
}

/// A name that is no writable property.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a property that can be written")]
pub struct UnknownProperty(pub String);

impl FromStr for Property {
    type Err = UnknownProperty;

    fn from_str(name: &str) -> Result<Self, UnknownProperty> {
        Self::ALL.iter().copied().find(|it| it.name() == name).ok_or_else(|| UnknownProperty(name.to_owned()))
    }
}

impl fmt::Display for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
