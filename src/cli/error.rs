//! Errors as people see them: what failed, because of what, and what to do.

use std::fmt;

use crate::source::{BrokenReading, SourceError};
use crate::state::StateError;
use crate::target::TargetError;
use crate::workspace::{HistoryError, WorkspaceError};

/// What sort of failure it is; decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The command line makes no sense.
    Usage,
    /// Something could not be done.
    Failed,
    /// Nobody reads our output any more.
    BrokenPipe,
}

/// An error with its causes and hints.
#[derive(Debug)]
pub(super) struct Error {
    pub(super) kind: Kind,
    message: String,
    causes: Vec<String>,
    hints: Vec<String>,
}

impl Error {
    pub(super) fn failed(message: impl Into<String>) -> Self {
        Self { kind: Kind::Failed, message: message.into(), causes: Vec::new(), hints: Vec::new() }
    }

    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self { kind: Kind::Usage, ..Self::failed(message) }
    }

    /// Adds an error and everything below it as causes.
    pub(super) fn because(mut self, cause: &(dyn std::error::Error + 'static)) -> Self {
        let mut next = Some(cause);
        while let Some(error) = next {
            let words = error.to_string();
            // A transparent wrapper says the same twice.
            if self.causes.last() != Some(&words) && self.message != words {
                self.causes.push(words);
            }
            next = error.source();
        }
        self
    }

    /// Adds a sentence that is no error of its own as a cause.
    pub(super) fn cause(mut self, words: impl Into<String>) -> Self {
        self.causes.push(words.into());
        self
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// What failed with its causes in one sentence, and what to do if that is known.
    pub(super) fn sentences(&self) -> (String, Option<String>) {
        let Self { kind: _, message, causes, hints } = self;
        let says = [std::slice::from_ref(message), causes].concat().join(": ");
        (says, (!hints.is_empty()).then(|| hints.join("; ")))
    }

    fn of(error: &(dyn std::error::Error + 'static)) -> Self {
        Self::failed(error.to_string()).because(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "error: {}", self.message)?;
        for cause in &self.causes {
            writeln!(f, "  caused by: {}", cause.replace('\n', "\n    "))?;
        }
        if !self.hints.is_empty() {
            writeln!(f)?;
        }
        self.hints.iter().try_for_each(|it| writeln!(f, "hint: {it}"))
    }
}

impl From<WorkspaceError> for Error {
    fn from(error: WorkspaceError) -> Self {
        Self::of(&error)
    }
}

impl From<HistoryError> for Error {
    fn from(error: HistoryError) -> Self {
        let hint = error.hint();
        let error = Self::of(&error);
        match hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}

impl From<StateError> for Error {
    fn from(error: StateError) -> Self {
        let hint = error.hint();
        let error = Self::of(&error);
        match hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}

impl From<TargetError> for Error {
    fn from(error: TargetError) -> Self {
        let hint = error.hint();
        let error = Self::of(&error);
        match hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}

impl From<BrokenReading> for Error {
    fn from(error: BrokenReading) -> Self {
        let hint = match &error.cause {
            SourceError::Ldap(_) => None,
            SourceError::Ldif(cause) => cause.hint(),
        };
        let error = Self::of(&error);
        match hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        let kind =
            if error.kind() == std::io::ErrorKind::BrokenPipe { Kind::BrokenPipe } else { Kind::Failed };
        Self { kind, ..Self::failed("cannot write to standard output").because(&error) }
    }
}
