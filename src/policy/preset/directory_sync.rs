//! The flows that only Entra Connect's protocol can write: those of its default rules (graph-tenant reference, 9.2 and
//! appendix A), and why the others are not there.
//!
//! It does not know how the attributes are written on the wire.

use crate::model::{ObjectKind, Property};
use crate::policy::flow::{Builtin, FlowSource, Missing};

use super::Preset;

/// Plain copies, for all kinds that have the property.
const COPIES: &[(Property, &str)] = &[
    (Property::CommonName, "cn"),
    (Property::CountryLetterCode, "c"),
    (Property::HideDlMembership, "hideDLMembership"),
    (Property::HomePhone, "homePhone"),
    (Property::Initials, "initials"),
    (Property::IpPhone, "ipPhone"),
    (Property::MiddleName, "middleName"),
    (Property::MsDsHabSeniorityIndex, "msDS-HABSeniorityIndex"),
    (Property::MsDsPhoneticDisplayName, "msDS-PhoneticDisplayName"),
    (Property::MsOrgIsOrganizational, "msOrg-IsOrganizational"),
    (Property::MsRtcSipApplicationOptions, "msRTCSIP-ApplicationOptions"),
    (Property::MsRtcSipDeploymentLocator, "msRTCSIP-DeploymentLocator"),
    (Property::MsRtcSipLine, "msRTCSIP-Line"),
    (Property::MsRtcSipOptionFlags, "msRTCSIP-OptionFlags"),
    (Property::MsRtcSipOwnerUrn, "msRTCSIP-OwnerUrn"),
    (Property::MsRtcSipPrimaryUserAddress, "msRTCSIP-PrimaryUserAddress"),
    (Property::MsRtcSipUserEnabled, "msRTCSIP-UserEnabled"),
    (Property::OofReplyToOriginator, "oOFReplyToOriginator"),
    (Property::OnPremiseSecurityIdentifier, "objectSid"),
    (Property::OnPremisesSamAccountName, "sAMAccountName"),
    (Property::OnPremisesUserPrincipalName, "userPrincipalName"),
    (Property::OtherFacsimileTelephoneNumber, "otherFacsimileTelephoneNumber"),
    (Property::OtherHomePhone, "otherHomePhone"),
    (Property::OtherIpPhone, "otherIpPhone"),
    (Property::OtherMobile, "otherMobile"),
    (Property::OtherPager, "otherPager"),
    (Property::OtherTelephone, "otherTelephone"),
    (Property::Pager, "pager"),
    (Property::ReportToOriginator, "reportToOriginator"),
    (Property::ReportToOwner, "reportToOwner"),
    (Property::TelephoneAssistant, "telephoneAssistant"),
    (Property::UserCertificate, "userCertificate"),
    (Property::UserSmimeCertificate, "userSMIMECertificate"),
    (Property::WwwHomePage, "wWWHomePage"),
];

/// Copies that count only for who has a `mailNickname`: the rules for Exchange ask for it.
const EXCHANGE: &[(Property, &str)] = &[
    (Property::LegacyExchangeDn, "legacyExchangeDN"),
    (Property::MsExchArchiveGuid, "msExchArchiveGUID"),
    (Property::MsExchArchiveName, "msExchArchiveName"),
    (Property::MsExchAssistantName, "msExchAssistantName"),
    (Property::MsExchAuditAdmin, "msExchAuditAdmin"),
    (Property::MsExchAuditDelegate, "msExchAuditDelegate"),
    (Property::MsExchAuditDelegateAdmin, "msExchAuditDelegateAdmin"),
    (Property::MsExchAuditOwner, "msExchAuditOwner"),
    (Property::MsExchBlockedSendersHash, "msExchBlockedSendersHash"),
    (Property::MsExchBypassAudit, "msExchBypassAudit"),
    (Property::MsExchElcExpirySuspensionEnd, "msExchELCExpirySuspensionEnd"),
    (Property::MsExchElcExpirySuspensionStart, "msExchELCExpirySuspensionStart"),
    (Property::MsExchElcMailboxFlags, "msExchELCMailboxFlags"),
    (Property::MsExchEnableModeration, "msExchEnableModeration"),
    (Property::MsExchExtensionCustomAttribute1, "msExchExtensionCustomAttribute1"),
    (Property::MsExchExtensionCustomAttribute2, "msExchExtensionCustomAttribute2"),
    (Property::MsExchExtensionCustomAttribute3, "msExchExtensionCustomAttribute3"),
    (Property::MsExchExtensionCustomAttribute4, "msExchExtensionCustomAttribute4"),
    (Property::MsExchExtensionCustomAttribute5, "msExchExtensionCustomAttribute5"),
    (Property::MsExchHideFromAddressLists, "msExchHideFromAddressLists"),
    (Property::MsExchImmutableId, "msExchImmutableId"),
    (Property::MsExchLitigationHoldDate, "msExchLitigationHoldDate"),
    (Property::MsExchLitigationHoldOwner, "msExchLitigationHoldOwner"),
    (Property::MsExchMailboxAuditEnable, "msExchMailboxAuditEnable"),
    (Property::MsExchMailboxAuditLogAgeLimit, "msExchMailboxAuditLogAgeLimit"),
    (Property::MsExchMailboxGuid, "msExchMailboxGuid"),
    (Property::MsExchModerationFlags, "msExchModerationFlags"),
    (Property::MsExchRecipientDisplayType, "msExchRecipientDisplayType"),
    (Property::MsExchRecipientTypeDetails, "msExchRecipientTypeDetails"),
    (Property::MsExchRemoteRecipientType, "msExchRemoteRecipientType"),
    (Property::MsExchRequireAuthToSendTo, "msExchRequireAuthToSendTo"),
    (Property::MsExchResourceCapacity, "msExchResourceCapacity"),
    (Property::MsExchResourceDisplay, "msExchResourceDisplay"),
    (Property::MsExchResourceMetadata, "msExchResourceMetaData"),
    (Property::MsExchResourceSearchProperties, "msExchResourceSearchProperties"),
    (Property::MsExchRetentionComment, "msExchRetentionComment"),
    (Property::MsExchRetentionUrl, "msExchRetentionURL"),
    (Property::MsExchSafeRecipientsHash, "msExchSafeRecipientsHash"),
    (Property::MsExchSafeSendersHash, "msExchSafeSendersHash"),
    (Property::MsExchSenderHintTranslations, "msExchSenderHintTranslations"),
    (Property::MsExchTeamMailboxExpiration, "msExchTeamMailboxExpiration"),
    (Property::MsExchTeamMailboxSharePointUrl, "msExchTeamMailboxSharePointUrl"),
    (Property::MsExchUserHoldPolicies, "msExchUserHoldPolicies"),
    (Property::TargetAddress, "targetAddress"),
];

/// Copies that are cut at 448 characters.
const CUT: &[(Property, &str)] = &[
    (Property::Description, "description"),
    (Property::Info, "info"),
    (Property::PostOfficeBox, "postOfficeBox"),
    (Property::Url, "url"),
];

const LISTS: &str =
    "a list of other objects: the tenant does not show it, so nobody could review what changes";

/// Attributes of Entra Connect's default rules that are not sent, and why.
pub const NOT_SENT: &[(&str, &str)] = &[
    ("accountEnabled", "the lifecycle of the policy decides it"),
    ("assistant", LISTS),
    ("authOrig", LISTS),
    ("dLMemRejectPerms", LISTS),
    ("dLMemSubmitPerms", LISTS),
    ("dn", "a name inside of Entra Connect, which the tenant does not keep"),
    ("lastPasswordChangeTimestamp", "the password itself carries the time of its change"),
    ("member", "members are changes of their own, not a flow"),
    ("msExchCoManagedByLink", LISTS),
    ("msExchDelegateListLink", LISTS),
    ("msExchModeratedByLink", LISTS),
    ("msExchTeamMailboxOwners", LISTS),
    ("msExchTeamMailboxSharePointLinkedBy", LISTS),
    ("netBiosName", "no object of the directory that is read carries it"),
    ("publicDelegates", LISTS),
    ("sourceAnchor", "the identity of each object, not a flow"),
    ("thumbnailPhoto", "a photo is 10 KB and stands in the plan: add a flow to send it"),
    ("unauthOrig", LISTS),
    ("usageLocation", "it has no source in the directory: add a flow to set it"),
];

/// How a default rule copies one attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StandardCopy {
    /// As it is.
    Plain(&'static str),
    /// Only if there is a `mailNickname`.
    Exchange(&'static str),
    /// Cut at 448 characters.
    Cut(&'static str),
}

impl StandardCopy {
    /// The attribute of the directory.
    pub const fn attribute(self) -> &'static str {
        match self {
            Self::Plain(it) | Self::Exchange(it) | Self::Cut(it) => it,
        }
    }
}

/// The default rule of a property that only this protocol writes, if it is a copy.
pub fn standard_copy(to: Property) -> Option<StandardCopy> {
    let of = |table: &[(Property, &'static str)]| table.iter().find(|it| it.0 == to).map(|it| it.1);
    let plain = || of(COPIES).map(StandardCopy::Plain);
    let exchange = || of(EXCHANGE).map(StandardCopy::Exchange);
    plain().or_else(exchange).or_else(|| of(CUT).map(StandardCopy::Cut))
}

pub(super) fn fill(kind: ObjectKind, preset: &mut Preset<'_>) {
    for (to, attribute) in COPIES {
        preset.copy(*to, attribute);
    }
    for (to, attribute) in EXCHANGE {
        let id = preset.intern(attribute);
        let words = format!("{attribute}, if there is a mailNickname");
        preset.push(*to, FlowSource::Builtin(Builtin::Exchange(id)), Missing::Empty, &words);
    }
    for (to, attribute) in CUT {
        let id = preset.intern(attribute);
        let words = format!("{attribute}, cut at 448 characters");
        preset.push(*to, FlowSource::Builtin(Builtin::Cut(id)), Missing::Empty, &words);
    }
    // Entra Connect ignores this flow where there is no value.
    let country = preset.intern("countryCode");
    preset.push(Property::CountryCode, FlowSource::Copy(country), Missing::Skip, "countryCode");
    addresses(preset);
    identity(preset);
    if kind != ObjectKind::User {
        extension_attributes(preset);
    }
    preset.copy(Property::ManagedBy, "managedBy");
}

fn addresses(preset: &mut Preset<'_>) {
    let words = "proxyAddresses, with mail as the primary address if none is marked";
    preset.rule(Property::ProxyAddresses, Builtin::ProxyAddresses, words);
}

fn identity(preset: &mut Preset<'_>) {
    preset.rule(Property::DnsDomainName, Builtin::DnsDomainName, "the DNS name of the directory's domain");
    let words = "the name of the object in the directory";
    preset.rule(Property::OnPremisesDistinguishedName, Builtin::DistinguishedName, words);
    preset.rule(Property::SecurityEnabled, Builtin::SecurityEnabled, "whether groupType says security group");
}

fn extension_attributes(preset: &mut Preset<'_>) {
    let all = Property::ALL.iter().filter(|it| it.extension_number().is_some());
    for to in all {
        preset.copy(*to, to.name());
    }
}
