//! How the values of a directory attribute are written and compared.
//!
//! The table holds what Active Directory's schema says of the attributes that policies name; what it does not
//! list is text. It knows nothing of filters or expressions.

/// Syntax of an attribute ([MS-ADTS] 3.1.1.2.2.2, LDAP Representations).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// Text that compares without regard to case.
    Text,
    /// Text that compares exactly.
    ExactText,
    /// A decimal number of 32 or 64 bits: counts, bit fields, and times as 100 ns steps since 1601.
    Integer,
    /// `TRUE` or `FALSE`.
    Boolean,
    /// The name of another object.
    Dn,
    /// 16 bytes in the directory's order.
    Guid,
    /// A binary security identifier.
    Sid,
    /// Other bytes.
    Octets,
    /// A time such as `20261122091400.0Z`.
    GeneralizedTime,
}

const EXACT_TEXT: &[&str] = &["gecos", "loginshell", "mssfu30name", "unixhomedirectory"];

const INTEGERS: &[&str] = &[
    "accountexpires",
    "admincount",
    "badpasswordtime",
    "badpwdcount",
    "codepage",
    "countrycode",
    "gidnumber",
    "grouptype",
    "instancetype",
    "lastlogoff",
    "lastlogon",
    "lastlogontimestamp",
    "lockouttime",
    "logoncount",
    "ms-ds-machineaccountquota",
    "msds-supportedencryptiontypes",
    "msds-user-account-control-computed",
    "msds-userpasswordexpirytimecomputed",
    "msexchrecipientdisplaytype",
    "msexchrecipienttypedetails",
    "msexchremoterecipienttype",
    "msexchuseraccountcontrol",
    "msexchversion",
    "primarygroupid",
    "pwdlastset",
    "samaccounttype",
    "sdrightseffective",
    "systemflags",
    "uidnumber",
    "useraccountcontrol",
    "usnchanged",
    "usncreated",
];

const BOOLEANS: &[&str] = &[
    "deliverandredirect",
    "iscriticalsystemobject",
    "isdeleted",
    "isrecycled",
    "mapirecipient",
    "msexchhidefromaddresslists",
    "msexchrequireauthtosendto",
    "reporttooriginator",
    "reporttoowner",
    "showinadvancedviewonly",
];

const NAMES: &[&str] = &[
    "altrecipient",
    "assistant",
    "authorig",
    "directreports",
    "distinguishedname",
    "dlmemrejectperms",
    "dlmemsubmitperms",
    "homemdb",
    "lastknownparent",
    "managedby",
    "managedobjects",
    "manager",
    "member",
    "memberof",
    "msds-resultantpso",
    "msexchcomanagedbylink",
    "objectcategory",
    "owner",
    "publicdelegates",
    "roleoccupant",
    "secretary",
    "seealso",
    "unauthorig",
];

const GUIDS: &[&str] =
    &["ms-ds-consistencyguid", "msexcharchiveguid", "msexchmailboxguid", "objectguid", "parentguid"];

const SIDS: &[&str] =
    &["msexchmasteraccountsid", "msrtcsip-originatorsid", "objectsid", "sidhistory", "tokengroups"];

const OCTETS: &[&str] = &[
    "jpegphoto",
    "logonhours",
    "msexchblockedsendershash",
    "msexchsaferecipientshash",
    "msexchsafesendershash",
    "photo",
    "replicationsignature",
    "thumbnaillogo",
    "thumbnailphoto",
    "usercertificate",
    "userparameters",
    "userpkcs12",
    "usersmimecertificate",
];

const TIMES: &[&str] = &[
    "createtimestamp",
    "dscorepropagationdata",
    "modifytimestamp",
    "msexchwhenmailboxcreated",
    "whenchanged",
    "whencreated",
];

/// Attributes with several values, links to other objects apart. `description`, `info`, `ou` and `url` are
/// multi-valued in the schema, but everybody uses them with one value: they are not in here.
const LISTS: &[&str] = &[
    "dscorepropagationdata",
    "msds-allowedtodelegateto",
    "msexchextensioncustomattribute1",
    "msexchextensioncustomattribute2",
    "msexchextensioncustomattribute3",
    "msexchextensioncustomattribute4",
    "msexchextensioncustomattribute5",
    "msexchpoliciesexcluded",
    "msexchpoliciesincluded",
    "objectclass",
    "otherfacsimiletelephonenumber",
    "otherhomephone",
    "otheripphone",
    "othermailbox",
    "othermobile",
    "otherpager",
    "othertelephone",
    "postofficebox",
    "protocolsettings",
    "proxyaddresses",
    "serviceprincipalname",
    "showinaddressbook",
    "sidhistory",
    "usercertificate",
    "usersmimecertificate",
];

const TABLE: &[(&[&str], Syntax)] = &[
    (INTEGERS, Syntax::Integer),
    (NAMES, Syntax::Dn),
    (BOOLEANS, Syntax::Boolean),
    (GUIDS, Syntax::Guid),
    (SIDS, Syntax::Sid),
    (TIMES, Syntax::GeneralizedTime),
    (OCTETS, Syntax::Octets),
    (EXACT_TEXT, Syntax::ExactText),
];

impl Syntax {
    /// The syntax of an attribute, by its LDAP display name in any case.
    pub fn of(name: &str) -> Self {
        TABLE.iter().find(|(names, _)| lists(names, name)).map_or(Self::Text, |(_, syntax)| *syntax)
    }

    /// Whether an attribute is a list: it holds several values, and people use it so.
    pub fn is_list(name: &str) -> bool {
        lists(LISTS, name)
    }

    /// What a value looks like, for hints.
    pub const fn example(self) -> &'static str {
        match self {
            Self::Text | Self::ExactText => "text",
            Self::Integer => "a decimal number",
            Self::Boolean => "TRUE or FALSE",
            Self::Dn => "a whole distinguished name such as CN=Staff,OU=Groups,DC=corp,DC=example",
            Self::Guid => {
                "a GUID such as 12345678-9abc-def0-1122-334455667788, or its 16 bytes as \\xx escapes"
            }
            Self::Sid => {
                "a security identifier such as S-1-5-21-1-2-3-500, or its binary form as \\xx escapes"
            }
            Self::Octets => "bytes as \\xx escapes",
            Self::GeneralizedTime => "a time in UTC such as 20261122091400.0Z",
        }
    }
}

/// Looks a name up in a sorted list of lower-case names, without allocating.
fn lists(sorted: &[&str], name: &str) -> bool {
    sorted.binary_search_by(|it| it.bytes().cmp(name.bytes().map(|byte| byte.to_ascii_lowercase()))).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted_and_apart() {
        let mut seen = Vec::new();
        for (names, _) in TABLE {
            assert!(names.is_sorted(), "{names:?}");
            seen.extend_from_slice(names);
        }
        let all = seen.len();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(all, seen.len(), "an attribute has one syntax");
        assert!(LISTS.is_sorted());
    }

    #[test]
    fn names_are_looked_up_in_any_case() {
        assert_eq!(Syntax::of("UserAccountControl"), Syntax::Integer);
        assert_eq!(Syntax::of("mS-DS-ConsistencyGuid"), Syntax::Guid);
        assert_eq!(Syntax::of("extensionAttribute3"), Syntax::Text);
        assert!(Syntax::is_list("proxyAddresses"));
        assert!(!Syntax::is_list("Description"));
    }
}
