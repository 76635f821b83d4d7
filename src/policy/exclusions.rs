//! What Entra Connect leaves out by default, as code (graph-tenant reference, 9.1).
//!
//! It knows nothing of a policy's own scope: [`Scope::default_exclusions`](super::Scope) switches all of this.

use std::fmt;

use crate::model::{AttributeId, DirectoryObject, ObjectKind, well_known};

/// Why an object is left out although no policy says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exclusion {
    /// `isCriticalSystemObject`: Administrator, Guest, krbtgt, Domain Admins and their like.
    CriticalSystemObject,
    /// A user without `sAMAccountName`.
    NoSamAccountName,
    /// An account of the directory service or of Samba's DNS server; samesign's own rule.
    DirectoryServiceAccount,
    /// `SUPPORT_388945a0`, or a name that starts with `AAD_` or `MSOL_`, or with `CAS_` and holds `}`.
    SynchronisationAccount,
    /// `mailNickname` that starts with `SystemMailbox{`, or with `CAS_` and holds `}`.
    SystemMailbox,
    /// `msExchRecipientTypeDetails` of a mailbox or group that Exchange itself uses.
    ExchangeSystemRecipient,
    /// `msExchRecipientTypeDetails` of a linked mailbox: the person is an account of another forest.
    LinkedMailbox,
    /// `msExchRecipientTypeDetails` of a role group.
    RoleGroup,
    /// The group `MSOL_AD_Sync_RichCoexistence`.
    RichCoexistenceGroup,
    /// `adminDescription` that starts with `User_` or `Group_`.
    AdminDescription,
    /// The loser of a replication conflict: `CNF:` in its name.
    ReplicationConflict,
    /// A group that is neither a security group nor has a mail address.
    NeitherSecurityNorMail,
    /// A contact without a mail address.
    NoMailAddress,
    /// A hidden contact with `(MSOL)` in its display name, made by an older synchronisation.
    SynchronisedContact,
}

/// Mail-enabled public folders, system attendants, mailbox databases, universal security and non-universal
/// groups that Exchange made, mailbox plans and discovery mailboxes.
const SYSTEM_RECIPIENTS: i64 = 0x21C0_7000;
const ROLE_GROUP: i64 = 0x4000_0000;
const LINKED_MAILBOX: i64 = 2;

impl Exclusion {
    /// Why an object is left out, if it is.
    pub fn of(object: &DirectoryObject) -> Option<Self> {
        match object.kind {
            ObjectKind::User => Self::of_user(object),
            ObjectKind::Group => Self::of_group(object),
            ObjectKind::Contact => Self::of_contact(object),
        }
    }

    /// Why a user is left out, if it is.
    pub fn of_user(user: &DirectoryObject) -> Option<Self> {
        if is_critical(user) {
            return Some(Self::CriticalSystemObject);
        }
        if is_described(user, "User_") {
            return Some(Self::AdminDescription);
        }
        let Some(account) = user.attributes.text(well_known::SAM_ACCOUNT_NAME) else {
            return Some(Self::NoSamAccountName);
        };
        if is_synchronisation_account(account) {
            return Some(Self::SynchronisationAccount);
        }
        if is_service_account(user, account) {
            return Some(Self::DirectoryServiceAccount);
        }
        if is_system_mailbox(user) {
            return Some(Self::SystemMailbox);
        }
        let details = recipient_details(user);
        match () {
            () if details & SYSTEM_RECIPIENTS != 0 => Some(Self::ExchangeSystemRecipient),
            () if details == LINKED_MAILBOX => Some(Self::LinkedMailbox),
            () if is_conflict(user) => Some(Self::ReplicationConflict),
            () => None,
        }
    }

    /// Why a group is left out, if it is. How many members it may have is a limit of the tenant, not asked here.
    pub fn of_group(group: &DirectoryObject) -> Option<Self> {
        let account = group.attributes.text(well_known::SAM_ACCOUNT_NAME).unwrap_or_default();
        match () {
            () if is_critical(group) => Some(Self::CriticalSystemObject),
            () if is_described(group, "Group_") => Some(Self::AdminDescription),
            () if account.eq_ignore_ascii_case("MSOL_AD_Sync_RichCoexistence") => {
                Some(Self::RichCoexistenceGroup)
            }
            () if recipient_details(group) & ROLE_GROUP != 0 => Some(Self::RoleGroup),
            () if is_conflict(group) => Some(Self::ReplicationConflict),
            () if !group.security_enabled() && !group.mail_enabled() => Some(Self::NeitherSecurityNorMail),
            () => None,
        }
    }

    /// Why a contact is left out, if it is.
    pub fn of_contact(contact: &DirectoryObject) -> Option<Self> {
        let name = contact.attributes.text(well_known::DISPLAY_NAME).unwrap_or_default();
        let hidden = contact.attributes.boolean(well_known::HIDE_FROM_ADDRESS_LISTS) == Some(true);
        match () {
            () if is_critical(contact) => Some(Self::CriticalSystemObject),
            () if hidden && name.contains("(MSOL)") => Some(Self::SynchronisedContact),
            () if is_system_mailbox(contact) => Some(Self::SystemMailbox),
            () if is_conflict(contact) => Some(Self::ReplicationConflict),
            () if !contact.mail_enabled() => Some(Self::NoMailAddress),
            () => None,
        }
    }

    /// The attributes that the rule goes by.
    pub const fn reads(self) -> &'static [AttributeId] {
        use well_known as a;
        match self {
            Self::CriticalSystemObject => &[a::IS_CRITICAL_SYSTEM_OBJECT],
            Self::NoSamAccountName | Self::SynchronisationAccount | Self::RichCoexistenceGroup => {
                &[a::SAM_ACCOUNT_NAME]
            }
            Self::DirectoryServiceAccount => &[a::SAM_ACCOUNT_NAME, a::SERVICE_PRINCIPAL_NAME],
            Self::SystemMailbox => &[a::MAIL_NICKNAME],
            Self::ExchangeSystemRecipient | Self::LinkedMailbox | Self::RoleGroup => {
                &[a::RECIPIENT_TYPE_DETAILS]
            }
            Self::AdminDescription => &[a::ADMIN_DESCRIPTION],
            Self::ReplicationConflict => &[a::DISTINGUISHED_NAME],
            Self::NeitherSecurityNorMail => &[a::GROUP_TYPE, a::MAIL, a::PROXY_ADDRESSES],
            Self::NoMailAddress => &[a::MAIL, a::PROXY_ADDRESSES],
            Self::SynchronisedContact => &[a::HIDE_FROM_ADDRESS_LISTS, a::DISPLAY_NAME],
        }
    }

    /// Where the rule comes from.
    pub const fn origin(self) -> &'static str {
        match self {
            Self::DirectoryServiceAccount => "a rule of samesign for Windows and Samba domain controllers",
            Self::CriticalSystemObject
            | Self::NoSamAccountName
            | Self::SynchronisationAccount
            | Self::SystemMailbox
            | Self::ExchangeSystemRecipient
            | Self::LinkedMailbox
            | Self::RoleGroup
            | Self::RichCoexistenceGroup
            | Self::AdminDescription
            | Self::ReplicationConflict
            | Self::NeitherSecurityNorMail
            | Self::NoMailAddress
            | Self::SynchronisedContact => "a default rule of Entra Connect",
        }
    }
}

/// A sentence without its full stop, to follow "out of scope: ".
impl fmt::Display for Exclusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CriticalSystemObject => "it is a critical system object of the directory",
            Self::NoSamAccountName => "it has no sAMAccountName",
            Self::DirectoryServiceAccount => "it is an account of the directory service, not of a person",
            Self::SynchronisationAccount => "its sAMAccountName is that of a synchronisation account",
            Self::SystemMailbox => "its mailNickname is that of a system mailbox",
            Self::ExchangeSystemRecipient => {
                "its msExchRecipientTypeDetails says that Exchange itself uses it"
            }
            Self::LinkedMailbox => "it is a linked mailbox, whose person has an account in another forest",
            Self::RoleGroup => "it is a role group of Exchange",
            Self::RichCoexistenceGroup => "it is the group MSOL_AD_Sync_RichCoexistence",
            Self::AdminDescription => "its adminDescription starts with User_ or Group_",
            Self::ReplicationConflict => "it lost a replication conflict (CNF: in its name)",
            Self::NeitherSecurityNorMail => "it is neither a security group nor has a mail address",
            Self::NoMailAddress => "it has no mail address",
            Self::SynchronisedContact => "it is a hidden contact with (MSOL) in its displayName",
        })
    }
}

/// The rules ask for presence; the directory only ever writes TRUE, and a FALSE by hand means what it says.
fn is_critical(object: &DirectoryObject) -> bool {
    object.attributes.first(well_known::IS_CRITICAL_SYSTEM_OBJECT).is_some()
        && object.attributes.boolean(well_known::IS_CRITICAL_SYSTEM_OBJECT) != Some(false)
}

fn is_described(object: &DirectoryObject, prefix: &str) -> bool {
    object.attributes.text(well_known::ADMIN_DESCRIPTION).is_some_and(|it| starts_with(it, prefix))
}

fn is_synchronisation_account(account: &str) -> bool {
    account.eq_ignore_ascii_case("SUPPORT_388945a0")
        || starts_with(account, "AAD_")
        || starts_with(account, "MSOL_")
        || is_client_access(account)
}

/// `CAS_{…}`: what Exchange's client access servers make.
fn is_client_access(name: &str) -> bool {
    starts_with(name, "CAS_") && name.contains('}')
}

/// `krbtgt`, `krbtgt_12345` of a read-only domain controller, and `dns-dc1`, which Samba makes for its DNS
/// server and which holds a `DNS/` principal: a person may well be called `dns-something`.
fn is_service_account(user: &DirectoryObject, account: &str) -> bool {
    let of_kerberos = starts_with(account, "krbtgt")
        && account["krbtgt".len()..].trim_start_matches('_').bytes().all(|it| it.is_ascii_digit());
    let mut principals = user.attributes.values(well_known::SERVICE_PRINCIPAL_NAME);
    let is_dns = |it: &[u8]| it.get(..4).is_some_and(|head| head.eq_ignore_ascii_case(b"DNS/"));
    of_kerberos || (starts_with(account, "dns-") && principals.any(is_dns))
}

fn is_system_mailbox(object: &DirectoryObject) -> bool {
    let nickname = object.attributes.text(well_known::MAIL_NICKNAME).unwrap_or_default();
    starts_with(nickname, "SystemMailbox{") || is_client_access(nickname)
}

fn recipient_details(object: &DirectoryObject) -> i64 {
    object.attributes.integer(well_known::RECIPIENT_TYPE_DETAILS).unwrap_or(0)
}

/// The first component of the name holds a line feed and `CNF:` ([MS-ADTS] 3.1.1.5.1.2, Naming Constraints).
fn is_conflict(object: &DirectoryObject) -> bool {
    // Everybody is asked: looking for the backslash alone is cheaper than for all of it.
    let mut escaped = object.dn.key().split('\\').skip(1);
    escaped.any(|it| it.starts_with("0acnf:")) && object.dn.leaf().contains("\nCNF:")
}

fn starts_with(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|it| it.eq_ignore_ascii_case(prefix))
}
