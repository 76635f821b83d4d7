//! The attributes that the provisioning service takes, as a connector of Entra Connect knows them, with the newer
//! ones (password-sync reference, 3.9).
//!
//! It knows no value, and not what becomes of an attribute.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::sandbox::object::Kind;

/// Type of an attribute's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    Texts,
    Bool,
    Long,
    Bytes,
    ByteLists,
    /// A reference to one object.
    Link,
    /// References to objects.
    Links,
}

use Form::{Bool, ByteLists, Bytes, Link, Links, Long, Text, Texts};

/// Names by type and by the kinds that have them: `U`sers, `G`roups, `C`ontacts.
const ATTRIBUTES: &[(&str, Form, &str)] = &[
    ("UGC", Bool, "msExchEnableModeration msExchHideFromAddressLists msExchRequireAuthToSendTo"),
    ("UGC", Link, "altRecipient assistant"),
    (
        "UGC",
        Links,
        "authOrig cloudPublicDelegates dLMemRejectPerms dLMemSubmitPerms \
         msExchBypassModerationFromDLMembersLink msExchBypassModerationLink msExchModeratedByLink \
         publicDelegates unauthOrig",
    ),
    (
        "UGC",
        Long,
        "msDsHabSeniorityIndex msExchModerationFlags msExchRecipientDisplayType msExchRecipientTypeDetails",
    ),
    (
        "UGC",
        Text,
        "alias cloudAnchor cloudLegacyExchangeDN commonName description displayName export_password \
         extensionAttribute1 extensionAttribute10 extensionAttribute11 extensionAttribute12 \
         extensionAttribute13 extensionAttribute14 extensionAttribute15 extensionAttribute2 \
         extensionAttribute3 extensionAttribute4 extensionAttribute5 extensionAttribute6 extensionAttribute7 \
         extensionAttribute8 extensionAttribute9 info legacyExchangeDN mail msDsPhoneticDisplayName \
         msExchLitigationHoldDate msExchLitigationHoldOwner msExchRetentionComment msExchRetentionUrl \
         sourceAnchor targetAddress onPremisesDistinguishedName onPremisesObjectIdentifier mailNickname",
    ),
    (
        "UGC",
        Texts,
        "msExchExtensionCustomAttribute1 msExchExtensionCustomAttribute2 msExchExtensionCustomAttribute3 \
         msExchExtensionCustomAttribute4 msExchExtensionCustomAttribute5 msExchSenderHintTranslations \
         proxyAddresses",
    ),
    ("UC", Bool, "msRtcSipUserEnabled"),
    ("UC", ByteLists, "userCertificate userSMIMECertificate"),
    ("UC", Bytes, "msExchBlockedSendersHash msExchSafeRecipientsHash msExchSafeSendersHash thumbnailPhoto"),
    ("UC", Link, "manager"),
    ("UC", Long, "countryCode msRtcSipOptionFlags"),
    (
        "UC",
        Text,
        "city company country countryLetterCode department facsimileTelephoneNumber givenName homePhone \
         initials ipPhone middleName mobile msExchAssistantName msRtcSipDeploymentLocator msRtcSipLine \
         msRtcSipPrimaryUserAddress pager physicalDeliveryOfficeName postalCode state streetAddress surname \
         telephoneAssistant telephoneNumber title wWWHomePage",
    ),
    (
        "UC",
        Texts,
        "otherFacsimileTelephoneNumber otherHomePhone otherIpPhone otherMobile otherPager otherTelephone \
         postOfficeBox url",
    ),
    ("UG", Bool, "cloudMastered"),
    ("UG", Bytes, "onPremiseSecurityIdentifier"),
    ("UG", Text, "preferredDataLocation"),
    (
        "G",
        Bool,
        "hideDLMembership msOrgIsOrganizational oOFReplyToOriginator reportToOriginator reportToOwner \
         securityEnabled",
    ),
    ("G", Link, "managedBy"),
    ("G", Links, "member msExchCoManagedByLink"),
    ("G", Long, "msExchGroupDepartRestriction msExchGroupJoinRestriction"),
    ("G", Texts, "msExchLabeledURI"),
    ("U", Bool, "accountEnabled msExchBypassAudit msExchMailboxAuditEnable"),
    ("U", ByteLists, "searchableDeviceKey"),
    (
        "U",
        Bytes,
        "cloudMSExchBlockedSendersHash cloudMSExchSafeRecipientsHash cloudMSExchSafeSendersHash \
         msExchArchiveGuid msExchMailboxGuid",
    ),
    ("U", Link, "msExchTeamMailboxSharePointLinkedBy"),
    (
        "U",
        Links,
        "cloudMSExchDelegateListLink cloudMSExchTeamMailboxOwners msExchDelegateListLink \
         msExchTeamMailboxOwners",
    ),
    (
        "U",
        Long,
        "cloudMSExchArchiveStatus cloudMSExchRecipientDisplayType msExchAuditAdmin msExchAuditDelegate \
         msExchAuditDelegateAdmin msExchAuditOwner msExchElcMailboxFlags msExchMailboxAuditLogAgeLimit \
         msExchRemoteRecipientType msExchResourceCapacity msRtcSipApplicationOptions",
    ),
    (
        "U",
        Text,
        "cloudMSExchTeamMailboxExpiration cloudMSExchTeamMailboxSharePointUrl dnsDomainName \
         lastPasswordChangeTimestamp msExchElcExpirySuspensionEnd msExchElcExpirySuspensionStart \
         msExchImmutableId msExchResourceDisplay msExchTeamMailboxExpiration msExchTeamMailboxSharePointUrl \
         msRtcSipOwnerUrn netBiosName onPremisesSamAccountName onPremisesUserPrincipalName preferredLanguage \
         usageLocation userPrincipalName employeeId employeeType employeeHireDate employeeLeaveDateTime \
         userType",
    ),
    (
        "U",
        Texts,
        "cloudMSExchUCVoiceMailSettings cloudMSExchUserHoldPolicies msExchArchiveName msExchResourceMetadata \
         msExchResourceSearchProperties msExchUserHoldPolicies signInNames certificateUserIds",
    ),
    ("G", Text, "dnsDomainName netBiosName onPremisesSamAccountName"),
];

/// The usual name of an attribute, and the type of its values.
type Attribute = (&'static str, Form);

/// All attributes by kind and by name in lower case: every value of a batch is looked up.
static BY_NAME: LazyLock<HashMap<(Kind, String), Attribute>> = LazyLock::new(|| {
    let mut by_name = HashMap::new();
    for (kind, letter) in [(Kind::User, 'U'), (Kind::Group, 'G'), (Kind::Contact, 'C')] {
        for (_, form, names) in ATTRIBUTES.iter().filter(|(kinds, _, _)| kinds.contains(letter)) {
            let named = |name| ((kind, str::to_ascii_lowercase(name)), (name, *form));
            by_name.extend(names.split_whitespace().map(named));
        }
    }
    by_name
});

/// An attribute by its name in any case: its usual name and its type, if the kind has it.
pub(super) fn attribute(kind: Kind, name: &str) -> Option<Attribute> {
    BY_NAME.get(&(kind, name.to_ascii_lowercase())).copied()
}
