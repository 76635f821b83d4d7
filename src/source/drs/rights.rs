//! The two rights that reading password hashes takes, and how to grant them.
//!
//! It grants nothing.

use std::fmt;

/// Which of the two rights an account has ([MS-ADTS] 5.1.3.2.1, Control Access Rights).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights {
    /// Replicating Directory Changes.
    pub changes: bool,
    /// Replicating Directory Changes All. It cannot be seen without the other one.
    pub secrets: bool,
}

impl Rights {
    /// Whether password hashes can be read.
    pub const fn suffice(self) -> bool {
        self.changes && self.secrets
    }
}

/// What an account lacks, and the commands that grant it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingRights {
    /// What it has.
    pub rights: Rights,
    /// The root of the domain, where the rights are granted.
    pub root: String,
    /// The account as it was configured.
    pub account: String,
    /// Its distinguished name, if the server knows it.
    pub dn: Option<String>,
}

const CHANGES: &str = "Replicating Directory Changes";
const SECRETS: &str = "Replicating Directory Changes All";

impl MissingRights {
    /// The names of the rights to grant, with the words of `samba-tool`.
    fn wanted(&self) -> &'static [(&'static str, &'static str)] {
        const BOTH: [(&str, &str); 2] = [(CHANGES, "get-changes"), (SECRETS, "get-changes-all")];
        if self.rights.changes { &BOTH[1..] } else { &BOTH }
    }

    /// The commands that grant them with Samba, to be run on a domain controller.
    pub fn samba_commands(&self) -> Vec<String> {
        let trustee = self.dn.as_deref().unwrap_or("DN of the account");
        let command = |car: &str| {
            format!(
                "samba-tool dsacl set --action=allow --car={car} --objectdn=\"{}\" --trusteedn=\"{trustee}\"",
                self.root
            )
        };
        self.wanted().iter().map(|it| command(it.1)).collect()
    }

    /// The command that grants them with Windows, where the names of rights are those of its language.
    pub fn windows_command(&self) -> String {
        let account = &self.account;
        let grants = self.wanted().iter().map(|(right, _)| format!(" /G \"{account}:CA;{right}\""));
        format!("dsacls \"{}\"{}", self.root, grants.collect::<String>())
    }

    /// All commands, each with where it is typed.
    pub fn hints(&self) -> Vec<String> {
        let samba = self.samba_commands().join(" && ");
        vec![
            format!("on a domain controller with Samba: {samba}"),
            format!("on a domain controller with Windows: {}", self.windows_command()),
        ]
    }
}

impl fmt::Display for MissingRights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.wanted().iter().map(|it| format!("\"{}\"", it.0)).collect();
        let these = if names.len() == 1 { "the right" } else { "the rights" };
        write!(f, "{these} {} on {} itself", names.join(" and "), self.root)
    }
}
