//! What can be the matter.
//!
//! It does not know when it begins or ends.

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nobody has to do anything.
    Info,
    /// Somebody should look.
    Warning,
    /// Something does not work.
    Error,
}

impl Severity {
    /// The word of manifests and messages.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// The severity of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Info, Self::Warning, Self::Error].into_iter().find(|it| it.word() == word)
    }
}

/// What it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// The manifests have errors, so the last good ones stay in force.
    Manifests,
    /// No cycle of a policy went well for too long.
    NoSuccess,
    /// Changed passwords cannot be looked at.
    PasswordsUnseen,
    /// A password waits for too long.
    PasswordLag,
    /// Changes wait for a person.
    HeldPlan,
    /// A limit or a doubt about the directory holds changes.
    Guard,
    /// Something is wrong with a whole side.
    Finding,
    /// Changes fail again and again.
    Failing,
    /// The credential of the app ends.
    Credential,
}

impl Topic {
    /// The word of messages.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Manifests => "manifests",
            Self::NoSuccess => "noSuccess",
            Self::PasswordsUnseen => "passwordsUnseen",
            Self::PasswordLag => "passwordLag",
            Self::HeldPlan => "heldPlan",
            Self::Guard => "guard",
            Self::Finding => "finding",
            Self::Failing => "failing",
            Self::Credential => "credential",
        }
    }

    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Manifests,
        Self::NoSuccess,
        Self::PasswordsUnseen,
        Self::PasswordLag,
        Self::HeldPlan,
        Self::Guard,
        Self::Finding,
        Self::Failing,
        Self::Credential,
    ];

    /// The topic of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

/// Who finds alarms out; each tells all of its own at once, so that what it does not tell is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Loading manifests.
    Manifests,
    /// Whether cycles go well.
    Cycle,
    /// What a cycle found.
    Plan,
    /// Looking at changed passwords.
    Passwords,
    /// Looking at credentials.
    Credentials,
}

impl Part {
    /// The word of records.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Manifests => "manifests",
            Self::Cycle => "cycle",
            Self::Plan => "plan",
            Self::Passwords => "passwords",
            Self::Credentials => "credentials",
        }
    }

    /// The part of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Manifests, Self::Cycle, Self::Plan, Self::Passwords, Self::Credentials]
            .into_iter()
            .find(|it| it.word() == word)
    }
}

/// Something that is the matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// What it is about.
    pub topic: Topic,
    /// Which one, if there can be several of the topic.
    pub about: String,
    /// How bad it is.
    pub severity: Severity,
    /// A sentence for people, with what to do.
    pub text: String,
    /// How much of it there is: what grows is told again.
    pub size: u64,
}
