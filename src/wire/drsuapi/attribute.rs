//! The attributes that are asked for, and the numbers that stand for attributes ([MS-DRSR] 5.14, ATTRTYP).
//!
//! A number means something only together with a prefix table.

use std::fmt;

/// The number of an attribute: the index of a prefix, and the end of the object identifier.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttributeType(pub u32);

impl fmt::Debug for AttributeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AttributeType({:#010x})", self.0)
    }
}

/// An attribute that this client knows by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attribute {
    /// `instanceType`, which comes with each object.
    InstanceType,
    /// `isDeleted`.
    IsDeleted,
    /// `userAccountControl`.
    UserAccountControl,
    /// `unicodePwd`: the hash, encrypted.
    UnicodePwd,
    /// `pwdLastSet`.
    PwdLastSet,
    /// `sAMAccountName`.
    SamAccountName,
}

impl Attribute {
    /// All that are known.
    pub const ALL: [Self; 6] = [
        Self::InstanceType,
        Self::IsDeleted,
        Self::UserAccountControl,
        Self::UnicodePwd,
        Self::PwdLastSet,
        Self::SamAccountName,
    ];

    /// What a reading of passwords asks for: no key, no history, no clear text.
    pub const PASSWORD: [Self; 5] =
        [Self::InstanceType, Self::IsDeleted, Self::UserAccountControl, Self::UnicodePwd, Self::PwdLastSet];

    /// Its object identifier ([MS-ADA1] to [MS-ADA3]).
    pub const fn oid(self) -> &'static str {
        match self {
            Self::InstanceType => "1.2.840.113556.1.2.1",
            Self::IsDeleted => "1.2.840.113556.1.2.48",
            Self::UserAccountControl => "1.2.840.113556.1.4.8",
            Self::UnicodePwd => "1.2.840.113556.1.4.90",
            Self::PwdLastSet => "1.2.840.113556.1.4.96",
            Self::SamAccountName => "1.2.840.113556.1.4.221",
        }
    }

    /// Its number with the prefix table that all domain controllers begin with ([MS-DRSR] 5.16.4).
    pub const fn default_type(self) -> AttributeType {
        AttributeType(match self {
            Self::InstanceType => 0x0002_0001,
            Self::IsDeleted => 0x0002_0030,
            Self::UserAccountControl => 0x0009_0008,
            Self::UnicodePwd => 0x0009_005a,
            Self::PwdLastSet => 0x0009_0060,
            Self::SamAccountName => 0x0009_00dd,
        })
    }
}
