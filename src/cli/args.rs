//! The arguments, as `product` names them.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};

use crate::manifest::v1alpha1;

/// Keeps Office 365 the same as an on-premises Active Directory: review a plan, then apply exactly that plan.
#[derive(Debug, Parser)]
#[command(
    name = "samesign",
    version,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Command,
    #[command(flatten)]
    pub(super) common: Common,
}

/// Options of all commands.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Common options")]
pub(super) struct Common {
    /// Folder with what is remembered between runs [default: $STATE_DIRECTORY of a systemd service, else
    /// $XDG_STATE_HOME/samesign, else ~/.local/state/samesign]
    #[arg(long, global = true, value_name = "DIR", env = "SAMESIGN_STATE")]
    pub(super) state: Option<PathBuf>,
    /// How log lines on standard error look
    #[arg(long, global = true, value_name = "FORM", default_value = "text")]
    pub(super) log: LogForm,
    /// Say more on standard error; twice for every request
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(super) verbose: u8,
    /// Whether to colour
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(super) color: When,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LogForm {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

/// Whether to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum When {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Start a policy repository
    Init(Folder),
    /// Check manifests, offline
    Validate(Folder),
    /// Run the PolicyTests, offline
    Test(Folder),
    /// Show what would change in the tenant, and why; writes nothing there
    Plan(Plan),
    /// Apply a saved plan, or plan, show and apply
    Apply(Apply),
    /// Write the Approval manifest for what a saved plan holds
    Approve(Approve),
    /// Say whether all that a policy needs is there, and which channel the tenant allows; writes nothing
    Doctor(Doctor),
    /// Keep the tenants converged: look again and again, until stopped
    Run(Run),
    /// Explain one object: where it is, its scope, match and properties, and what is planned
    Explain(Explain),
    /// Show how each policy stands: the last apply, what failed, waits or drifted, and whose password is behind;
    /// writes nothing
    Status(Status),
    /// Show what was done, when, from which commit and by whose word, with values before and after
    History(History),
    /// Make a plan that puts back what a run changed, and nobody since; writes nothing to the tenant
    Rollback(Rollback),
    /// Copy the records, put a copy back, or look through them
    #[command(subcommand)]
    State(Records),
    /// Make manifests from the configuration of another tool; writes to no tenant
    #[command(subcommand)]
    Import(Import),
    /// Run the embedded tenant as a server
    Sandbox(Sandbox),
    /// Print the JSON Schema of manifests, plans or history
    Schema(Schema),
    /// Print a completion script
    Completions(Completions),
    /// Print the manual page
    Man,
}

/// What is done with the records.
#[derive(Debug, Subcommand)]
pub(super) enum Records {
    /// Write a copy, also while a service writes the records
    Backup {
        /// A file that is not there yet
        file: PathBuf,
    },
    /// Put a copy in their place; what was there is kept beside it
    Restore {
        /// A copy that `backup` made
        file: PathBuf,
    },
    /// Look through all of them
    Check,
}

#[derive(Debug, clap::Args)]
pub(super) struct Folder {
    /// Folder of manifests
    #[arg(default_value = "manifests")]
    pub(super) dir: PathBuf,
}

/// How a plan is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For a terminal
    Text,
    /// For scripts; has a JSON Schema
    Json,
    /// For a comment on a merge request
    Markdown,
    /// For a file to send or to keep: one page, without script
    Html,
}

#[derive(Debug, clap::Args)]
pub(super) struct Plan {
    /// Folder of manifests
    #[arg(default_value = "manifests")]
    pub(super) dir: PathBuf,
    /// Only this policy
    #[arg(long, value_name = "NAME")]
    pub(super) policy: Option<String>,
    /// Save the plan, to apply exactly it later
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: Format,
    /// Only what concerns this object: user name, mail address, account name, group name, DN or id
    #[arg(long, value_name = "WHO", conflicts_with = "out")]
    pub(super) object: Option<String>,
    /// Put a pseudonym in place of each name and value, for logs that the public reads: the same one for the same text,
    /// in this output alone; what --out saves stays as it is
    #[arg(long, conflicts_with = "object")]
    pub(super) pseudonymise: bool,
    /// Show instead what the change of the manifests since this git revision does to live data, worst first
    #[arg(long, value_name = "REV", conflicts_with_all = ["out", "object"])]
    pub(super) against: Option<String>,
    /// Exit with 2 if changes are pending, with 3 if something is held; with --against, with 2 if there is an
    /// effect, with 3 if somebody leaves scope or an admin is touched
    #[arg(long)]
    pub(super) detailed_exitcode: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Apply {
    /// A saved plan, or a folder of manifests
    #[arg(value_name = "FILE|DIR", default_value = "manifests")]
    pub(super) what: PathBuf,
    /// Folder of manifests for a plan that was made elsewhere
    pub(super) dir: Option<PathBuf>,
    /// Do not ask; what a guard holds stays held all the same
    #[arg(long)]
    pub(super) auto_approve: bool,
    /// Approve exactly what the plan holds, by the digest that it prints
    #[arg(long, value_name = "DIGEST")]
    pub(super) approve: Vec<String>,
}

#[derive(Debug, clap::Args)]
pub(super) struct Run {
    /// Folder of manifests
    #[arg(default_value = "manifests")]
    pub(super) dir: PathBuf,
    /// Look at each policy once, and end
    #[arg(long)]
    pub(super) once: bool,
    #[command(flatten)]
    pub(super) listen: Answering,
}

/// Where the service can be asked, and by whom.
#[derive(Debug, clap::Args)]
pub(super) struct Answering {
    /// Show how each policy does at http://ADDR/, and answer monitoring: /healthz, /readyz, /metrics; an address that
    /// other machines reach needs TLS, and a token or an authority of clients
    #[arg(long, value_name = "ADDR", conflicts_with = "once")]
    pub(super) listen: Option<SocketAddr>,
    /// Ask whoever wants to see it for a token, which stands in env:NAME, file:PATH or credential:NAME
    #[arg(long, value_name = "SOURCE", requires = "listen")]
    pub(super) listen_token_from: Option<String>,
    /// PEM file with certificate chain, to answer over HTTPS; read again on SIGHUP
    #[arg(long, value_name = "FILE", requires = "listen", requires = "tls_key")]
    pub(super) tls_certificate: Option<PathBuf>,
    /// PEM file with its key
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    pub(super) tls_key: Option<PathBuf>,
    /// PEM file with authorities: only clients with a certificate of theirs are answered
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    pub(super) tls_client_ca: Option<PathBuf>,
}

/// How an explanation is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ExplainFormat {
    /// For a terminal
    Text,
    /// For scripts; has a JSON Schema
    Json,
}

#[derive(Debug, clap::Args)]
pub(super) struct Approve {
    /// A saved plan
    pub(super) file: PathBuf,
    /// Only these of the held changes: user or group name, anchor, digest or its beginning, or operation
    #[arg(long, value_name = "WHO", num_args = 1..)]
    pub(super) what: Vec<String>,
    /// Also changes that nothing holds: a service whose policy has `mode: review` waits for these as well
    #[arg(long)]
    pub(super) all: bool,
    /// Who approves [default: user.email of git, else the login name]
    #[arg(long, value_name = "WHO")]
    pub(super) by: Option<String>,
    /// Why; asked for on a terminal
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: Option<String>,
    /// When it ends: a day (its beginning, in UTC), a point in time, or from now on, as in `36h` or `7d`
    #[arg(long, value_name = "WHEN", default_value = "7d")]
    pub(super) expires: String,
    /// Name of the manifest [default: policy and id of the plan]
    #[arg(long, value_name = "NAME")]
    pub(super) name: Option<String>,
    /// Write to this file, which must not exist, instead of standard output
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(super) struct Explain {
    /// Folder of manifests, or the object if the folder is `manifests`
    #[arg(value_name = "DIR")]
    pub(super) dir: String,
    /// User name, mail address, account name, group name, DN, objectGUID, anchor or id in the tenant
    pub(super) who: Option<String>,
    /// Only this policy
    #[arg(long, value_name = "NAME")]
    pub(super) policy: Option<String>,
    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: ExplainFormat,
}

/// How a doctor's report is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum DoctorFormat {
    /// For a terminal
    Text,
    /// For scripts; has a JSON Schema
    Json,
}

#[derive(Debug, clap::Args)]
pub(super) struct Doctor {
    /// Folder of manifests
    #[arg(default_value = "manifests")]
    pub(super) dir: PathBuf,
    /// Only this policy
    #[arg(long, value_name = "NAME")]
    pub(super) policy: Option<String>,
    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: DoctorFormat,
}

/// How a status is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum StatusFormat {
    /// For a terminal
    Text,
    /// For scripts; has a JSON Schema
    Json,
}

#[derive(Debug, clap::Args)]
pub(super) struct Status {
    /// Folder of manifests
    #[arg(default_value = "manifests")]
    pub(super) dir: PathBuf,
    /// Only this policy
    #[arg(long, value_name = "NAME")]
    pub(super) policy: Option<String>,
    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: StatusFormat,
    /// Look again and again, until Ctrl-C: drawn in place on a terminal, one after the other elsewhere; JSON is one
    /// document a line
    #[arg(long)]
    pub(super) watch: bool,
    /// How long to wait between two looks, as in `10s` or `5m`
    #[arg(long, value_name = "DURATION", default_value = "30s", requires = "watch", value_parser = pause)]
    pub(super) every: Duration,
}

/// A pause of a second at least: each look reads both sides.
fn pause(text: &str) -> Result<Duration, String> {
    let found = v1alpha1::Duration::try_from(text.to_owned()).map_err(|cause| cause.to_string())?;
    if found.seconds == 0 {
        Err("a second is the least".to_owned())
    } else {
        Ok(Duration::from_secs(found.seconds))
    }
}

/// How history is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum HistoryFormat {
    /// For a terminal
    Text,
    /// For scripts; has a JSON Schema
    Json,
}

#[derive(Debug, clap::Args)]
pub(super) struct History {
    /// Folder of manifests, or the run if the folder is `manifests`
    #[arg(default_value = "manifests")]
    pub(super) dir: String,
    /// Number of a run: all of its changes
    pub(super) run: Option<i64>,
    /// Only runs of this policy, which the manifests need not have any more
    #[arg(long, value_name = "NAME", conflicts_with = "run")]
    pub(super) policy: Option<String>,
    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: HistoryFormat,
    /// Most runs, the newest
    #[arg(long, value_name = "NUMBER", default_value = "20", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) limit: u32,
}

#[derive(Debug, clap::Args)]
pub(super) struct Rollback {
    /// Folder of manifests, or the run if the folder is `manifests`
    #[arg(value_name = "DIR")]
    pub(super) dir: String,
    /// Number of the run, as `history` lists it
    pub(super) run: Option<i64>,
    /// Save the plan, to apply exactly it later
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: Format,
}

/// Whose configuration is imported.
#[derive(Debug, Subcommand)]
pub(super) enum Import {
    /// Microsoft Entra Connect: the JSON file that its wizard exports
    EntraConnect(ImportEntraConnect),
}

#[derive(Debug, clap::Args)]
pub(super) struct ImportEntraConnect {
    /// Applied-SynchronizationPolicy-*.JSON or Exported-SynchronizationPolicy-*.JSON
    pub(super) file: PathBuf,
    /// Write the manifests into this folder, where none of them may exist, instead of to standard output
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(super) struct Sandbox {
    /// Address to listen on; anything but loopback is open to the network
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8365")]
    pub(super) listen: SocketAddr,
    /// File that keeps the tenant; without it, it is forgotten
    #[arg(long, value_name = "FILE")]
    pub(super) store: Option<PathBuf>,
    /// YAML file with what a new tenant starts with
    #[arg(long, value_name = "FILE")]
    pub(super) seed: Option<PathBuf>,
    /// Make ids repeat from run to run
    #[arg(long, value_name = "NUMBER")]
    pub(super) number: Option<u64>,
    /// PEM file with certificate chain, to serve HTTPS
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(super) tls_certificate: Option<PathBuf>,
    /// PEM file with its key
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    pub(super) tls_key: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(super) struct Schema {
    /// Kind of manifest, `Plan`, `Plans`, `PseudonymousPlan`, `PseudonymousPlans`, `Explanation`, `Effect`, `History`, `Status` or `Doctor`; all kinds of manifest without it
    pub(super) kind: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(super) struct Completions {
    /// Shell
    pub(super) shell: clap_complete::Shell,
}
