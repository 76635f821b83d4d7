//! Return codes of the replication protocol and what to do about each ([MS-ERREF] 2.2, Win32 Error Codes).
//!
//! It does not do it.

use std::fmt;

macro_rules! statuses {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $words:literal, $remedy:ident;)+) => {
        /// A return code other than success.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Status {
            $($(#[$doc])* $name,)+
            /// Any other.
            Other(u32),
        }

        impl Status {
            /// The status with this number; `None` for success.
            pub const fn of(number: u32) -> Option<Self> {
                match number {
                    0 => None,
                    $($number => Some(Self::$name),)+
                    other => Some(Self::Other(other)),
                }
            }

            /// Its number.
            pub const fn number(self) -> u32 {
                match self {
                    $(Self::$name => $number,)+
                    Self::Other(number) => number,
                }
            }

            /// What helps.
            pub const fn remedy(self) -> Remedy {
                match self {
                    $(Self::$name => Remedy::$remedy,)+
                    Self::Other(_) => Remedy::Report,
                }
            }
        }

        impl fmt::Display for Status {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let words = match self {
                    $(Self::$name => $words,)+
                    Self::Other(_) => "an error of no known meaning",
                };
                write!(f, "{words} ({})", self.number())
            }
        }
    };
}

statuses! {
    /// `ERROR_ACCESS_DENIED`.
    AccessDenied = 5, "access denied", GrantRights;
    /// `ERROR_OUTOFMEMORY`.
    OutOfMemory = 14, "the domain controller is out of memory", Later;
    /// `ERROR_INVALID_PARAMETER`.
    InvalidParameter = 87, "the domain controller does not like the request", PrefixTable;
    /// `ERROR_DS_DRA_SCHEMA_MISMATCH`.
    SchemaMismatch = 8418, "the schemas of the two sides differ", PrefixTable;
    /// `ERROR_DS_DRA_GENERIC`.
    Generic = 8436, "replication failed", Later;
    /// `ERROR_DS_DRA_INVALID_PARAMETER`.
    ReplicationParameter = 8437, "the domain controller does not like the request", PrefixTable;
    /// `ERROR_DS_DRA_BUSY`.
    Busy = 8438, "the domain controller is busy", Later;
    /// `ERROR_DS_DRA_BAD_DN`. Windows says this also if the account has no replication right at all.
    BadDn = 8439,
        "the object does not exist, or the account has no replication right on the root of the domain itself \
         (an entry that only children inherit does not count)", CheckName;
    /// `ERROR_DS_DRA_BAD_NC`.
    BadNc = 8440, "the domain controller does not hold this domain", CheckName;
    /// `ERROR_DS_DRA_INTERNAL_ERROR`.
    Internal = 8442, "an error inside of the domain controller", OtherServer;
    /// `ERROR_DS_DRA_INCONSISTENT_DIT`.
    InconsistentDatabase = 8443, "the database of the domain controller is inconsistent", OtherServer;
    /// `ERROR_DS_DRA_OUT_OF_MEM`.
    ReplicationOutOfMemory = 8446, "the domain controller is out of memory", Later;
    /// `ERROR_DS_DRA_DB_ERROR`.
    Database = 8451, "an error in the database of the domain controller", OtherServer;
    /// `ERROR_DS_DRA_NO_REPLICA`.
    NoReplica = 8452, "the domain controller has no replica of this domain", OtherServer;
    /// `ERROR_DS_DRA_ACCESS_DENIED`.
    ReplicationDenied = 8453,
        "replication access was denied: the account needs \"Replicating Directory Changes\" \
         (1131f6aa-9c07-11d1-f79f-00c04fc2dcd2) and \"Replicating Directory Changes All\" \
         (1131f6ad-9c07-11d1-f79f-00c04fc2dcd2) on the root of the domain", GrantRights;
    /// `ERROR_DS_DRA_NOT_SUPPORTED`.
    NotSupported = 8454, "the domain controller does not support the request", OtherServer;
    /// `ERROR_DS_DRA_SOURCE_DISABLED`. Read-only domain controllers say this too.
    SourceDisabled = 8456,
        "outbound replication is off at this domain controller, or it is read-only", OtherServer;
    /// `ERROR_DS_DRA_SINK_DISABLED`.
    SinkDisabled = 8457, "inbound replication is off at the destination", OtherServer;
    /// `ERROR_DS_DRA_SOURCE_REINSTALLED`.
    SourceReinstalled = 8459, "the domain controller was installed anew", FullCycle;
    /// `ERROR_DS_DRA_PREEMPTED`.
    Preempted = 8461, "other replication had precedence", Later;
    /// `ERROR_DS_DRA_ABANDON_SYNC`.
    Abandoned = 8462, "the domain controller gave the request up", Later;
    /// `ERROR_DS_DRA_SHUTDOWN`.
    ShuttingDown = 8463, "the domain controller is shutting down", OtherServer;
    /// `ERROR_DS_DRA_INCOMPATIBLE_PARTIAL_SET`.
    IncompatiblePartialSet = 8464, "the set of attributes is not one that the domain controller has", PrefixTable;
    /// `ERROR_DS_DIFFERENT_REPL_EPOCHS`.
    DifferentEpoch = 8593, "the replication epochs differ", BindAnew;
    /// `ERROR_DS_REPL_LIFETIME_EXCEEDED`.
    LifetimeExceeded = 8614, "the last cycle is longer ago than deleted objects are kept", FullCycle;
    /// `ERROR_DS_DRA_SECRETS_DENIED`.
    SecretsDenied = 8630,
        "passwords were denied: the account needs \"Replicating Directory Changes All\" \
         (1131f6ad-9c07-11d1-f79f-00c04fc2dcd2) on the root of the domain", GrantRights;
}

/// What helps against a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// An administrator grants the two replication rights; no other server helps.
    GrantRights,
    /// The name is wrong, or hides that rights are missing: `DRSCrackNames` tells.
    CheckName,
    /// The same request with a prefix table.
    PrefixTable,
    /// The same request, later.
    Later,
    /// The same request, at another domain controller.
    OtherServer,
    /// Bind anew with the epoch that the server names.
    BindAnew,
    /// Forget the cursor and read all.
    FullCycle,
    /// Nothing known.
    Report,
}
