//! The command line: one file for each command, arguments to call to output.
//!
//! Only this layer touches a terminal, the environment, the clock and the exit code. What it calls decides;
//! nothing is decided here.

mod against;
mod alarms;
mod apply;
mod approve;
mod args;
mod carrier;
mod clock;
mod connect;
mod console;
mod converge;
mod cycle;
mod desk;
mod disclosure;
mod doctor;
mod dumps;
mod embedded;
mod error;
mod explain;
mod faults;
mod hashes;
mod history;
mod import;
mod init;
mod known;
mod listening;
mod login;
mod once;
mod outside;
mod pages;
mod paused;
mod picture;
mod plan;
mod plan_file;
mod planner;
mod progress;
mod renames;
mod rest;
mod rollback;
mod run;
mod sandbox;
mod schema;
mod secrets;
mod service_manager;
mod sides;
mod silence;
mod state;
mod status;
mod survey;
mod test;
mod turns;
mod validate;
mod watch;

pub use self::embedded::Embedded;
pub use self::outside::Outside;

use std::process::ExitCode;

use clap::Parser as _;

use self::args::{Args, Command};
use self::console::Console;
use self::error::{Error, Kind};

/// How a command ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// Done, or nothing to do.
    Done,
    /// `plan --detailed-exitcode`: changes pending, none held; with `--against`, an effect that harms nobody.
    Pending,
    /// Something is held; the rest is done. With `--against`, somebody leaves or an admin is touched.
    Held,
    /// It ran to its end, and some of it failed; everything was said already.
    Failed,
}

impl Ending {
    /// The exit code, part of the contract with scripts.
    fn code(self) -> ExitCode {
        match self {
            Self::Done => ExitCode::SUCCESS,
            Self::Failed => ExitCode::from(1),
            Self::Pending => ExitCode::from(2),
            Self::Held => ExitCode::from(3),
        }
    }
}

/// Wrong usage (`EX_USAGE` of sysexits).
const USAGE: u8 = 64;

/// Runs the program.
pub fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            let _printed = error.print();
            return ExitCode::from(if error.use_stderr() { USAGE } else { 0 });
        }
    };
    let console = Console::new(args.common.color);
    // Whoever runs it as a service reads its log, and nothing else of it.
    console.start_log(&args.common, &args.command);
    dumps::forbid();
    match run(&args, console) {
        Ok(ending) => ending.code(),
        Err(error) => {
            console::error(&error);
            match error.kind {
                Kind::Usage => ExitCode::from(USAGE),
                Kind::Failed => ExitCode::from(1),
                // Whoever closed the pipe has seen enough.
                Kind::BrokenPipe => ExitCode::SUCCESS,
            }
        }
    }
}

fn run(args: &Args, console: Console) -> Result<Ending, Error> {
    // Two TLS providers may be in the program; the choice is made once, before anything connects.
    let _already_installed = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|cause| Error::failed("cannot start the runtime").because(&cause))?;
    runtime.block_on(async {
        match &args.command {
            Command::Init(it) => init::run(it),
            Command::Validate(it) => validate::run(it, console),
            Command::Test(it) => test::run(it, console),
            Command::Plan(it) => Box::pin(plan::run(it, &args.common, console)).await,
            Command::Apply(it) => Box::pin(apply::run(it, &args.common, console)).await,
            Command::Approve(it) => approve::run(it, console),
            Command::Doctor(it) => Box::pin(doctor::run(it, console)).await,
            Command::Explain(it) => Box::pin(explain::run(it, &args.common, console)).await,
            Command::Status(it) => Box::pin(status::run(it, &args.common, console)).await,
            Command::State(it) => state::run(it, &args.common),
            Command::History(it) => history::run(it, &args.common, console),
            Command::Rollback(it) => Box::pin(rollback::run(it, &args.common, console)).await,
            Command::Import(it) => import::run(it),
            Command::Run(it) => Box::pin(run::run(it, &args.common, console)).await,
            Command::Sandbox(it) => Box::pin(sandbox::run(it)).await,
            Command::Schema(it) => schema::run(it),
            Command::Completions(it) => schema::completions(it),
            Command::Man => schema::man(),
        }
    })
}
