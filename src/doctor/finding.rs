//! A finding: what was looked at, how it stands, and what to do about it.
//!
//! It does not know how it is shown.

/// How something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// As it should be, or simply a fact.
    Ok,
    /// It works, and somebody should look at it.
    Warning,
    /// It does not work, or will hurt somebody.
    Problem,
}

macro_rules! checks {
    ($($variant:ident $word:literal,)*) => {
        /// What was looked at.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Check {
            $(#[doc = concat!("`", $word, "`")] $variant,)*
        }

        impl Check {
            /// All checks.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its word, which scripts may rely on.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }
    };
}

checks! {
    Manifests "manifests",
    Settings "settings",
    Resolution "resolution",
    Reach "reach",
    Certificate "certificate",
    Bind "bind",
    Controller "controller",
    Clock "clock",
    Bases "bases",
    Reading "reading",
    Token "token",
    Permissions "permissions",
    Organization "organization",
    Domains "domains",
    Edition "edition",
    Synchronization "synchronization",
    Features "features",
    DeletionPrevention "deletionPrevention",
    Quarantine "quarantine",
    Passwords "passwords",
    Channel "channel",
    Scope "scope",
    Rights "rights",
    UserNames "userNames",
    Addresses "addresses",
    Lengths "lengths",
    Members "members",
}

/// One line of a doctor's report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How it stands.
    pub level: Level,
    /// What was looked at.
    pub check: Check,
    /// Server, object or place in a manifest.
    pub subject: String,
    /// How it stands, in words.
    pub says: String,
    /// The first few that it is about.
    pub examples: Vec<String>,
    /// What to do; always there where something is to be done.
    pub fix: Option<String>,
}

impl Finding {
    /// As it should be, or simply a fact.
    pub fn ok(check: Check, subject: &str, says: impl Into<String>) -> Self {
        let subject = subject.to_owned();
        Self { level: Level::Ok, check, subject, says: says.into(), examples: Vec::new(), fix: None }
    }

    /// It works, and somebody should look at it.
    pub fn warning(check: Check, subject: &str, says: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { level: Level::Warning, fix: Some(fix.into()), ..Self::ok(check, subject, says) }
    }

    /// It does not work, or will hurt somebody.
    pub fn problem(check: Check, subject: &str, says: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { level: Level::Problem, fix: Some(fix.into()), ..Self::ok(check, subject, says) }
    }

    /// With the first few that it is about.
    #[must_use]
    pub fn with_examples(self, examples: Examples) -> Self {
        Self { examples: examples.first, ..self }
    }
}

/// How many there are, and the first few of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Examples {
    /// All of them, counted.
    pub count: usize,
    /// The first few.
    pub first: Vec<String>,
}

impl Examples {
    /// Enough to find the pattern, few enough to read.
    pub const FIRST_MAX: usize = 5;

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// One more; its words are made only if they are shown.
    pub fn push(&mut self, words: impl FnOnce() -> String) {
        self.count += 1;
        if self.first.len() < Self::FIRST_MAX {
            self.first.push(words());
        }
    }
}

/// What a section is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// The folder of manifests.
    Manifests,
    /// A directory.
    Directory,
    /// A tenant.
    Tenant,
    /// A policy: its channel, and the data that it would send.
    Policy,
}

/// The findings about one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// What it is about.
    pub about: About,
    /// Its name.
    pub name: String,
    /// Where its manifest is, if it has one place.
    pub place: Option<String>,
    /// In the order in which things were looked at.
    pub findings: Vec<Finding>,
}
