//! The built-in directory roles of the service, and whom a holder of one may not touch (graph-tenant
//! reference, 2.6 and 2.7; the service's page on roles and its table of sensitive actions).
//!
//! It knows no tenant: who holds a role is kept with the objects.

use uuid::Uuid;

use super::object::{Kind, Object};
use super::store::Store;
use super::token::Caller;

/// A built-in role. Its id is the same in every tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DirectoryRole {
    pub(crate) id: Uuid,
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
}

const fn role(id: u128, name: &'static str, description: &'static str) -> DirectoryRole {
    DirectoryRole { id: Uuid::from_u128(id), name, description }
}

/// The one role that is active in every tenant from its first day.
pub(crate) const GLOBAL_ADMINISTRATOR: Uuid = ROLES[0].id;

/// Those that people are likely to meet; the service has about a hundred more.
pub(crate) const ROLES: &[DirectoryRole] = &[
    role(0x62e9_0394_69f5_4237_9190_0121_7714_5e10, "Global Administrator", "Can manage everything."),
    role(0xe861_1ab8_c189_46e8_94e1_6021_3ab1_f814, "Privileged Role Administrator", "Can assign roles."),
    role(
        0x7be4_4c8a_adaf_4e2a_84d6_ab26_49e0_8a13,
        "Privileged Authentication Administrator",
        "Can reset the authentication of anybody.",
    ),
    role(
        0xc4e3_9bd9_1100_46d3_8c65_fb16_0da0_071f,
        "Authentication Administrator",
        "Can reset the authentication of users without a role.",
    ),
    role(0xfe93_0be7_5e62_47db_91af_98c3_a49a_38b1, "User Administrator", "Can manage users and groups."),
    role(0x7298_27e3_9c14_49f7_bb1b_9608_f156_bbb8, "Helpdesk Administrator", "Can reset passwords."),
    role(0x9667_07d0_3269_4727_9be2_8c3a_10f1_9b9d, "Password Administrator", "Can reset passwords."),
    role(0xfdd7_a751_b60b_444a_984c_0265_2fe8_fa1c, "Groups Administrator", "Can manage groups."),
    role(0x88d8_e3e3_8f55_4a1e_953a_9b98_98b8_876b, "Directory Readers", "Can read the directory."),
    role(0x9360_feb5_f418_4baa_8175_e2a0_0bac_4301, "Directory Writers", "Can write the directory."),
    role(0x95e7_9109_95c0_4d8e_aee3_d01a_ccf2_d47b, "Guest Inviter", "Can invite guests."),
    role(0x790c_1fb9_7f7d_4f88_86a1_ef1f_95c0_5c1b, "Message Center Reader", "Can read announcements."),
    role(0x4a5d_8f65_41da_4de4_8968_e035_b653_39cf, "Reports Reader", "Can read reports."),
    role(0x7593_4031_6c7e_415a_99d7_48db_d49e_875e, "Usage Summary Reports Reader", "Can read sums."),
    role(0xf2ef_992c_3afb_46b9_b7cf_a126_ee74_c451, "Global Reader", "Can read everything."),
    role(0x2923_2cdf_9323_42fd_ade2_1d09_7af3_e4de, "Exchange Administrator", "Can manage Exchange."),
    role(0xf28a_1f50_f6e7_4571_818b_6a12_f2af_6b6c, "SharePoint Administrator", "Can manage SharePoint."),
    role(0x6909_1246_20e8_4a56_aa4d_0660_75b2_a7a8, "Teams Administrator", "Can manage Teams."),
    role(0x194a_e4cb_b126_40b2_bd5b_6091_b380_977d, "Security Administrator", "Can manage security."),
    role(0x5d6b_6bb7_de71_4623_b4af_9638_0a35_2509, "Security Reader", "Can read about security."),
    role(
        0xb1be_1c3e_b65d_4f19_8427_f6fa_0d97_feb9,
        "Conditional Access Administrator",
        "Can manage conditional access.",
    ),
    role(0x9b89_5d92_2cd3_44c7_9d02_a6ac_2d5e_a5c3, "Application Administrator", "Can manage apps."),
    role(0x158c_047a_c907_4556_b7ef_4465_51a6_b5f7, "Cloud Application Administrator", "Can manage apps."),
    role(0xb0f5_4661_2d74_4c50_afa3_1ec8_03f1_2efe, "Billing Administrator", "Can buy."),
    role(0x4d6a_c14f_3453_41d0_bef9_a3e0_c569_773a, "License Administrator", "Can assign licences."),
    role(0x3a2c_62db_5318_420d_8d74_23af_fee5_d9d5, "Intune Administrator", "Can manage devices."),
    role(
        0x8ac3_fc64_6eca_42ea_9e69_59f4_c7b6_0eb2,
        "Hybrid Identity Administrator",
        "Can manage directory synchronisation.",
    ),
    role(
        0xd29b_2b05_8046_44ba_8758_1e26_182f_cf32,
        "Directory Synchronization Accounts",
        "The account of Entra Connect.",
    ),
];

/// Roles whose holders a User Administrator may disable, rename and delete.
const BELOW_USER_ADMINISTRATOR: &[&str] = &[
    "Directory Readers",
    "Groups Administrator",
    "Guest Inviter",
    "Helpdesk Administrator",
    "Message Center Reader",
    "Password Administrator",
    "Reports Reader",
    "Usage Summary Reports Reader",
    "User Administrator",
];
/// The same for an Authentication Administrator.
const BELOW_AUTHENTICATION_ADMINISTRATOR: &[&str] = &[
    "Authentication Administrator",
    "Directory Readers",
    "Guest Inviter",
    "Message Center Reader",
    "Password Administrator",
    "Reports Reader",
    "Usage Summary Reports Reader",
];

/// A role by its name.
pub(crate) fn named(name: &str) -> Option<&'static DirectoryRole> {
    ROLES.iter().find(|it| it.name.eq_ignore_ascii_case(name))
}

/// A role by its id.
pub(crate) fn with_id(id: Uuid) -> Option<&'static DirectoryRole> {
    ROLES.iter().find(|it| it.id == id)
}

/// Whether a caller may do what is sensitive to an object. Groups are guarded by permissions instead.
///
/// Without an Entra role of its own an app reaches nobody who holds one. Which roles the service counts
/// there is not documented for apps; any role is the careful reading.
pub(crate) fn reaches(caller: &Caller, store: &Store, object: &Object) -> bool {
    if object.kind != Kind::User || is_privileged(caller) {
        return true;
    }
    // Being in a role-assignable group, or owning one, protects by itself, whatever the group holds today.
    if store.in_role_group(object.id) {
        return false;
    }
    let below: &[&str] = if caller.holds("User Administrator") {
        BELOW_USER_ADMINISTRATOR
    } else if caller.holds("Authentication Administrator") {
        BELOW_AUTHENTICATION_ADMINISTRATOR
    } else {
        &[]
    };
    object.roles.iter().all(|id| with_id(*id).is_some_and(|it| below.contains(&it.name)))
}

/// Whether a caller may change everybody.
pub(crate) fn is_privileged(caller: &Caller) -> bool {
    caller.holds("Global Administrator") || caller.holds("Privileged Authentication Administrator")
}
