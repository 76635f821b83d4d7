//! Why a file is no configuration of Entra Connect that can be read.

/// What is wrong with a file, with the line where that is known.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// More bytes than any configuration has.
    #[error("the file has {0} bytes, more than the {limit} MB that are read", limit = super::BYTES_MAX >> 20)]
    TooLarge(u64),
    /// Neither UTF-8 nor UTF-16.
    #[error("the file is neither UTF-8 nor UTF-16 text")]
    NotText,
    /// Not JSON.
    #[error("not JSON: {reason}")]
    NotJson {
        /// Line and column.
        at: (usize, usize),
        /// What the parser says, without a place: it has seen a part of the file only.
        reason: String,
    },
    /// The same key twice in one object: which one counts is not known.
    #[error("the key `{key}` stands twice in one object")]
    DuplicateKey {
        /// Line and column.
        at: (usize, usize),
        /// The key.
        key: String,
    },
    /// Deeper than any configuration.
    #[error("the file nests deeper than {limit} levels", limit = super::json::DEPTH_MAX)]
    TooDeep {
        /// Line and column.
        at: (usize, usize),
    },
    /// More values than any configuration.
    #[error("the file has more than {limit} values", limit = super::json::VALUES_MAX)]
    TooMany,
    /// More of something than any server has: each is compared with all others.
    #[error("there are more than {limit} {what}")]
    TooManyOf {
        /// Line and column.
        at: (usize, usize),
        /// Of what.
        what: &'static str,
        /// How many there may be.
        limit: usize,
    },
    /// Another type than is needed.
    #[error("`{key}` is {found}, {wanted} is expected")]
    WrongType {
        /// Line and column.
        at: (usize, usize),
        /// Where in the file.
        key: String,
        /// What it is.
        found: &'static str,
        /// What it has to be.
        wanted: &'static str,
    },
    /// A container whose name is none.
    #[error("`{key}` names no container")]
    NotADn {
        /// Line and column.
        at: (usize, usize),
        /// Where in the file.
        key: String,
        /// What is wrong with it.
        #[source]
        cause: crate::model::DnError,
    },
    /// What `MigrateSettings.ps1` writes: the settings are in XML files beside it.
    #[error("the file describes a server and has none of its settings")]
    MigrationOnly,
    /// JSON of something else.
    #[error("the file has no `onpremisesDirectoryPolicy`: it is no configuration of Entra Connect")]
    NotAConfiguration,
    /// Nothing of the directory is selected.
    #[error("no domain of the file has a container that is synchronised")]
    NothingSelected,
}

impl ImportError {
    /// Line and column of the place, counted from one.
    pub const fn place(&self) -> Option<(usize, usize)> {
        match self {
            Self::NotJson { at, .. }
            | Self::DuplicateKey { at, .. }
            | Self::TooDeep { at }
            | Self::TooManyOf { at, .. }
            | Self::WrongType { at, .. }
            | Self::NotADn { at, .. } => Some(*at),
            Self::TooLarge(_)
            | Self::NotText
            | Self::TooMany
            | Self::MigrationOnly
            | Self::NotAConfiguration
            | Self::NothingSelected => None,
        }
    }

    /// What to do about it.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::MigrationOnly => {
                "MigrateSettings.ps1 writes it for an installation of Entra Connect: export with the wizard of \
                 version 1.5.42 or later, \"View or export current configuration\""
            }
            Self::NothingSelected => "select domains and containers in the wizard, and export again",
            Self::TooLarge(_)
            | Self::NotText
            | Self::NotJson { .. }
            | Self::DuplicateKey { .. }
            | Self::TooDeep { .. }
            | Self::TooMany
            | Self::TooManyOf { .. }
            | Self::WrongType { .. }
            | Self::NotADn { .. }
            | Self::NotAConfiguration => {
                "export it again with the wizard of Entra Connect, \"View or export current configuration\", or \
                 take the newest Applied-SynchronizationPolicy-*.JSON of %ProgramData%\\AADConnect"
            }
        }
    }
}
