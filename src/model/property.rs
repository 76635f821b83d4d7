//! The tenant properties that samesign can write, and how each compares.

use std::fmt;
use std::str::FromStr;

use super::attributes::AttributeId;
use super::object_kind::ObjectKind;

/// How the values of a property look and compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One text, compared exactly.
    Text,
    /// One text, compared without regard to case.
    CaselessText,
    /// `true` or `false`.
    Switch,
    /// A decimal number.
    Number,
    /// Bytes, as base64.
    Octets,
    /// A set of texts; order does not count.
    TextSet,
    /// A set of bytes, each as base64; order does not count.
    OctetsSet,
    /// Mail addresses with their protocol, the primary one in capitals: compared as [`addresses`] does.
    ///
    /// [`addresses`]: super::addresses
    Addresses,
    /// Another object, by its anchor or id.
    Reference,
}

impl Form {
    /// Whether there may be several values.
    pub const fn is_set(self) -> bool {
        matches!(self, Self::TextSet | Self::OctetsSet | Self::Addresses)
    }
}

/// Which kinds of objects have something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kinds(&'static str);

impl Kinds {
    /// Whether a kind is among them.
    pub const fn has(self, kind: ObjectKind) -> bool {
        let wanted = match kind {
            ObjectKind::User => b'U',
            ObjectKind::Group => b'G',
            ObjectKind::Contact => b'C',
        };
        let letters = self.0.as_bytes();
        let mut at = 0;
        while at < letters.len() {
            if letters[at] == wanted {
                return true;
            }
            at += 1;
        }
        false
    }
}

/// FNV-1a, which a compiler can work out.
const fn tag_of(name: &str) -> u64 {
    let bytes = name.as_bytes();
    let (mut tag, mut at) = (0xcbf2_9ce4_8422_2325_u64, 0);
    while at < bytes.len() {
        tag = (tag ^ bytes[at] as u64).wrapping_mul(0x0100_0000_01b3);
        at += 1;
    }
    tag
}

macro_rules! properties {
    ($($variant:ident $name:literal $form:ident $max:literal $clearable:literal
        $graph:literal $sync:literal $shown:literal,)*) => {
        /// A property of a tenant object, under its Microsoft Graph name; where Graph has none, under the name that
        /// Entra Connect gives it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Property {
            $(#[doc = concat!("`", $name, "`")] $variant,)*
        }

        impl Property {
            /// All properties, in the order in which plans list them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name that manifests and plans use.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// A number that is made from the name, so that it stays the same when properties are
            /// added: marking one costs less than going through its name.
            pub const fn tag(self) -> u64 {
                match self { $(Self::$variant => const { tag_of($name) },)* }
            }

            /// How values look and compare.
            pub const fn form(self) -> Form {
                match self { $(Self::$variant => Form::$form,)* }
            }

            /// Most characters of one value; graph-tenant reference, 2.1 and 4.2.
            pub const fn length_max(self) -> usize {
                match self { $(Self::$variant => $max,)* }
            }

            /// Whether Microsoft Graph lets a value be taken away again.
            pub const fn clearable(self) -> bool {
                match self { $(Self::$variant => $clearable,)* }
            }

            /// The kinds whose property Microsoft Graph writes.
            pub const fn written_by_graph(self) -> Kinds {
                Kinds(match self { $(Self::$variant => $graph,)* })
            }

            /// The kinds whose property the protocol of Entra Connect writes; graph-tenant reference, appendix A.
            pub const fn written_by_directory_sync(self) -> Kinds {
                Kinds(match self { $(Self::$variant => $sync,)* })
            }

            /// The kinds whose property Microsoft Graph shows. Of the others nobody can tell what the tenant has, only
            /// what was sent last.
            pub const fn shown(self) -> Kinds {
                Kinds(match self { $(Self::$variant => $shown,)* })
            }
        }
    };
}

// Name, form, most characters, whether Graph clears it; then the kinds (`U`sers, `G`roups, `C`ontacts) whose property
// Graph writes, Entra Connect's protocol writes, Graph shows. Microsoft publishes no lengths for what only the protocol
// writes: the largest indexed value of a directory, and for photos what the service takes.
properties! {
    UserPrincipalName "userPrincipalName" CaselessText 113 false "U" "U" "U",
    DisplayName "displayName" Text 256 false "UG" "UGC" "UGC",
    AccountEnabled "accountEnabled" Switch 5 false "U" "U" "U",
    GivenName "givenName" Text 64 true "U" "UC" "UC",
    Surname "surname" Text 64 true "U" "UC" "UC",
    Mail "mail" CaselessText 256 false "U" "UGC" "UGC",
    MailNickname "mailNickname" CaselessText 64 false "UG" "UGC" "UGC",
    JobTitle "jobTitle" Text 128 true "U" "UC" "UC",
    Department "department" Text 64 true "U" "UC" "UC",
    CompanyName "companyName" Text 64 true "U" "UC" "UC",
    OfficeLocation "officeLocation" Text 128 true "U" "UC" "UC",
    BusinessPhones "businessPhones" TextSet 64 true "U" "UC" "UC",
    MobilePhone "mobilePhone" Text 64 true "U" "UC" "UC",
    FaxNumber "faxNumber" Text 64 true "U" "UC" "UC",
    StreetAddress "streetAddress" Text 1024 true "U" "UC" "UC",
    City "city" Text 128 true "U" "UC" "UC",
    State "state" Text 128 true "U" "UC" "UC",
    PostalCode "postalCode" Text 40 true "U" "UC" "UC",
    Country "country" Text 128 true "U" "UC" "UC",
    UsageLocation "usageLocation" CaselessText 2 false "U" "U" "U",
    PreferredLanguage "preferredLanguage" CaselessText 64 true "U" "U" "U",
    EmployeeId "employeeId" Text 16 true "U" "U" "U",
    EmployeeType "employeeType" Text 64 true "U" "U" "U",
    OtherMails "otherMails" TextSet 250 true "U" "" "U",
    ExtensionAttribute1 "extensionAttribute1" Text 1024 true "U" "UGC" "U",
    ExtensionAttribute2 "extensionAttribute2" Text 1024 true "U" "UGC" "U",
    ExtensionAttribute3 "extensionAttribute3" Text 1024 true "U" "UGC" "U",
    ExtensionAttribute4 "extensionAttribute4" Text 1024 true "U" "UGC" "U",
    ExtensionAttribute5 "extensionAttribute5" Text 1024 true "U" "UGC" "U",
    ExtensionAttribute6 "extensionAttribute6" Text 1024 true "U" "UGC" "U",
    ExtensionAttribute7 "extensionAttribute7" Text 1024 true "U" "UGC" "U",
    ExtensionAttribute8 "extensionAttribute8" Text 1024 true "U" "UGC" "U",
    ExtensionAttribute9 "extensionAttribute9" Text 1024 true "U" "UGC" "U",
    ExtensionAttribute10 "extensionAttribute10" Text 1024 true "U" "UGC" "U",
    ExtensionAttribute11 "extensionAttribute11" Text 1024 true "U" "UGC" "U",
    ExtensionAttribute12 "extensionAttribute12" Text 1024 true "U" "UGC" "U",
    ExtensionAttribute13 "extensionAttribute13" Text 1024 true "U" "UGC" "U",
    ExtensionAttribute14 "extensionAttribute14" Text 1024 true "U" "UGC" "U",
    ExtensionAttribute15 "extensionAttribute15" Text 1024 true "U" "UGC" "U",
    Description "description" Text 1024 true "G" "UGC" "G",
    SecurityEnabled "securityEnabled" Switch 5 false "G" "G" "G",
    ProxyAddresses "proxyAddresses" Addresses 1123 true "" "UGC" "UGC",
    CommonName "commonName" Text 1123 true "" "UGC" "",
    CountryCode "countryCode" Number 20 true "" "UC" "",
    CountryLetterCode "countryLetterCode" CaselessText 1123 true "" "UC" "",
    DnsDomainName "dnsDomainName" Text 1123 true "" "U" "",
    HideDlMembership "hideDLMembership" Switch 5 true "" "G" "",
    HomePhone "homePhone" Text 1123 true "" "UC" "",
    Info "info" Text 1123 true "" "UGC" "",
    Initials "initials" Text 1123 true "" "UC" "",
    IpPhone "ipPhone" Text 1123 true "" "UC" "",
    LegacyExchangeDn "legacyExchangeDN" Text 1123 true "" "UGC" "",
    MiddleName "middleName" Text 1123 true "" "UC" "",
    MsDsHabSeniorityIndex "msDsHabSeniorityIndex" Number 20 true "" "UGC" "",
    MsDsPhoneticDisplayName "msDsPhoneticDisplayName" Text 1123 true "" "UGC" "",
    MsExchArchiveGuid "msExchArchiveGuid" Octets 140_000 true "" "U" "",
    MsExchArchiveName "msExchArchiveName" TextSet 1123 true "" "U" "",
    MsExchAssistantName "msExchAssistantName" Text 1123 true "" "UC" "",
    MsExchAuditAdmin "msExchAuditAdmin" Number 20 true "" "U" "",
    MsExchAuditDelegate "msExchAuditDelegate" Number 20 true "" "U" "",
    MsExchAuditDelegateAdmin "msExchAuditDelegateAdmin" Number 20 true "" "U" "",
    MsExchAuditOwner "msExchAuditOwner" Number 20 true "" "U" "",
    MsExchBlockedSendersHash "msExchBlockedSendersHash" Octets 140_000 true "" "UC" "",
    MsExchBypassAudit "msExchBypassAudit" Switch 5 true "" "U" "",
    MsExchElcExpirySuspensionEnd "msExchElcExpirySuspensionEnd" Text 1123 true "" "U" "",
    MsExchElcExpirySuspensionStart "msExchElcExpirySuspensionStart" Text 1123 true "" "U" "",
    MsExchElcMailboxFlags "msExchElcMailboxFlags" Number 20 true "" "U" "",
    MsExchEnableModeration "msExchEnableModeration" Switch 5 true "" "UG" "",
    MsExchExtensionCustomAttribute1 "msExchExtensionCustomAttribute1" TextSet 1123 true "" "UGC" "",
    MsExchExtensionCustomAttribute2 "msExchExtensionCustomAttribute2" TextSet 1123 true "" "UGC" "",
    MsExchExtensionCustomAttribute3 "msExchExtensionCustomAttribute3" TextSet 1123 true "" "UGC" "",
    MsExchExtensionCustomAttribute4 "msExchExtensionCustomAttribute4" TextSet 1123 true "" "UGC" "",
    MsExchExtensionCustomAttribute5 "msExchExtensionCustomAttribute5" TextSet 1123 true "" "UGC" "",
    MsExchHideFromAddressLists "msExchHideFromAddressLists" Switch 5 true "" "UGC" "",
    MsExchImmutableId "msExchImmutableId" Text 1123 true "" "U" "",
    MsExchLitigationHoldDate "msExchLitigationHoldDate" Text 1123 true "" "UGC" "",
    MsExchLitigationHoldOwner "msExchLitigationHoldOwner" Text 1123 true "" "UGC" "",
    MsExchMailboxAuditEnable "msExchMailboxAuditEnable" Switch 5 true "" "U" "",
    MsExchMailboxAuditLogAgeLimit "msExchMailboxAuditLogAgeLimit" Number 20 true "" "U" "",
    MsExchMailboxGuid "msExchMailboxGuid" Octets 140_000 true "" "U" "",
    MsExchModerationFlags "msExchModerationFlags" Number 20 true "" "UGC" "",
    MsExchRecipientDisplayType "msExchRecipientDisplayType" Number 20 true "" "UGC" "",
    MsExchRecipientTypeDetails "msExchRecipientTypeDetails" Number 20 true "" "UGC" "",
    MsExchRemoteRecipientType "msExchRemoteRecipientType" Number 20 true "" "U" "",
    MsExchRequireAuthToSendTo "msExchRequireAuthToSendTo" Switch 5 true "" "UGC" "",
    MsExchResourceCapacity "msExchResourceCapacity" Number 20 true "" "U" "",
    MsExchResourceDisplay "msExchResourceDisplay" Text 1123 true "" "U" "",
    MsExchResourceMetadata "msExchResourceMetadata" TextSet 1123 true "" "U" "",
    MsExchResourceSearchProperties "msExchResourceSearchProperties" TextSet 1123 true "" "U" "",
    MsExchRetentionComment "msExchRetentionComment" Text 1123 true "" "UGC" "",
    MsExchRetentionUrl "msExchRetentionUrl" Text 1123 true "" "UGC" "",
    MsExchSafeRecipientsHash "msExchSafeRecipientsHash" Octets 140_000 true "" "UC" "",
    MsExchSafeSendersHash "msExchSafeSendersHash" Octets 140_000 true "" "UC" "",
    MsExchSenderHintTranslations "msExchSenderHintTranslations" TextSet 1123 true "" "UGC" "",
    MsExchTeamMailboxExpiration "msExchTeamMailboxExpiration" Text 1123 true "" "U" "",
    MsExchTeamMailboxSharePointUrl "msExchTeamMailboxSharePointUrl" Text 1123 true "" "U" "",
    MsExchUserHoldPolicies "msExchUserHoldPolicies" TextSet 1123 true "" "U" "",
    MsOrgIsOrganizational "msOrgIsOrganizational" Switch 5 true "" "G" "",
    MsRtcSipApplicationOptions "msRtcSipApplicationOptions" Number 20 true "" "U" "",
    MsRtcSipDeploymentLocator "msRtcSipDeploymentLocator" Text 1123 true "" "U" "",
    MsRtcSipLine "msRtcSipLine" Text 1123 true "" "U" "",
    MsRtcSipOptionFlags "msRtcSipOptionFlags" Number 20 true "" "U" "",
    MsRtcSipOwnerUrn "msRtcSipOwnerUrn" Text 1123 true "" "U" "",
    MsRtcSipPrimaryUserAddress "msRtcSipPrimaryUserAddress" Text 1123 true "" "U" "",
    MsRtcSipUserEnabled "msRtcSipUserEnabled" Switch 5 true "" "U" "",
    OofReplyToOriginator "oOFReplyToOriginator" Switch 5 true "" "G" "",
    OnPremiseSecurityIdentifier "onPremiseSecurityIdentifier" Octets 140_000 true "" "UG" "",
    OnPremisesDistinguishedName "onPremisesDistinguishedName" Text 1123 true "" "U" "",
    OnPremisesSamAccountName "onPremisesSamAccountName" Text 1123 true "" "U" "",
    OnPremisesUserPrincipalName "onPremisesUserPrincipalName" Text 1123 true "" "U" "",
    OtherFacsimileTelephoneNumber "otherFacsimileTelephoneNumber" TextSet 1123 true "" "UC" "",
    OtherHomePhone "otherHomePhone" TextSet 1123 true "" "UC" "",
    OtherIpPhone "otherIpPhone" TextSet 1123 true "" "UC" "",
    OtherMobile "otherMobile" TextSet 1123 true "" "UC" "",
    OtherPager "otherPager" TextSet 1123 true "" "UC" "",
    OtherTelephone "otherTelephone" TextSet 1123 true "" "UC" "",
    Pager "pager" Text 1123 true "" "UC" "",
    PostOfficeBox "postOfficeBox" TextSet 1123 true "" "UC" "",
    ReportToOriginator "reportToOriginator" Switch 5 true "" "G" "",
    ReportToOwner "reportToOwner" Switch 5 true "" "G" "",
    TargetAddress "targetAddress" Text 1123 true "" "UC" "",
    TelephoneAssistant "telephoneAssistant" Text 1123 true "" "UC" "",
    ThumbnailPhoto "thumbnailPhoto" Octets 136_536 true "" "UC" "",
    Url "url" TextSet 1123 true "" "UC" "",
    UserCertificate "userCertificate" OctetsSet 140_000 true "" "UC" "",
    UserSmimeCertificate "userSMIMECertificate" OctetsSet 140_000 true "" "UC" "",
    WwwHomePage "wWWHomePage" Text 1123 true "" "UC" "",
    Manager "manager" Reference 36 true "U" "UC" "UC",
    ManagedBy "managedBy" Reference 36 true "" "G" "",
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
            Form::Text
            | Form::Switch
            | Form::Number
            | Form::Octets
            | Form::TextSet
            | Form::OctetsSet
            | Form::Addresses
            | Form::Reference => one == other,
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
