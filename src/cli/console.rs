//! Standard input, output and error: data to the one, everything else to the other.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::render::Paint;

use super::args::{Command, Common, LogForm, When};
use super::error::Error;

/// Whether programs read standard error, and take each line for an object. Like the log, it is the process's.
static IS_LOG: AtomicBool = AtomicBool::new(false);

/// The terminal, or what stands in for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Console {
    /// Whether standard output is coloured.
    pub(super) paint: Paint,
    /// Whether standard error is coloured.
    pub(super) error_paint: Paint,
    /// Whether standard error is a terminal, so that progress can be drawn over.
    pub(super) shows_progress: bool,
    /// Whether something else is drawn on the terminal: then nothing is said beside it.
    pub(super) is_taken: bool,
}

impl Console {
    /// Nobody sits there.
    pub(super) const SILENT: Self =
        Self { paint: Paint::Plain, error_paint: Paint::Plain, shows_progress: false, is_taken: true };

    pub(super) fn new(color: When) -> Self {
        #[expect(clippy::disallowed_methods, reason = "the command line reads the environment")]
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|it| !it.is_empty());
        let paint = |is_terminal: bool| match color {
            When::Always => Paint::Colour,
            When::Auto if is_terminal && !no_color => Paint::Colour,
            When::Auto | When::Never => Paint::Plain,
        };
        let shows_progress = std::io::stderr().is_terminal();
        Self {
            paint: paint(std::io::stdout().is_terminal()),
            error_paint: paint(shows_progress),
            shows_progress,
            is_taken: false,
        }
    }

    /// Starts the log on standard error.
    pub(super) fn start_log(self, common: &Common, command: &Command) {
        let is_service = matches!(command, Command::Run(_));
        let level = match common.verbose {
            // Others write what they met.
            _ if matches!(command, Command::Plan(it) if it.pseudonymise) => "samesign::cli::console=info",
            0 if is_service => "samesign=info,warn",
            // What is said besides the log is in it, if it is for programs.
            0 => "samesign::cli::console=info,warn",
            1 => "samesign=info,warn",
            _ => "samesign=debug,info",
        };
        let filter = EnvFilter::new(level);
        let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
        let _already_started = match common.log {
            LogForm::Text => log.with_ansi(self.error_paint == Paint::Colour).finish().try_init(),
            LogForm::Json => {
                IS_LOG.store(true, Ordering::Relaxed);
                std::panic::set_hook(Box::new(|panic| tracing::error!(%panic, "the program has a fault")));
                log.json().finish().try_init()
            }
        };
    }

    /// Asks a question that only `yes` answers with yes; `None` without a terminal to ask on.
    pub(super) fn ask(self, question: &str) -> Option<bool> {
        self.ask_text(&format!("{question} Only `yes` is accepted: ")).map(|it| it == "yes")
    }

    /// Asks for one line, without the white space around it; `None` without a terminal to ask on.
    pub(super) fn ask_text(self, question: &str) -> Option<String> {
        let input = std::io::stdin();
        if !input.is_terminal() || !self.shows_progress {
            return None;
        }
        let mut err = std::io::stderr().lock();
        let _unheard = write!(err, "{question}");
        let _unheard = err.flush();
        drop(err);
        let mut answer = String::new();
        let read = input.lock().read_line(&mut answer);
        Some(if read.is_ok() { answer.trim().to_owned() } else { String::new() })
    }
}

/// Data, to standard output.
pub(super) fn print(text: &str) -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// Everything else, to standard error. Nothing can be done if nobody can be told.
pub(super) fn say(text: &str) {
    if IS_LOG.load(Ordering::Relaxed) {
        return tracing::info!("{}", text.trim_end());
    }
    let mut err = std::io::stderr().lock();
    let _unheard = err.write_all(text.as_bytes());
    if !text.ends_with('\n') {
        let _unheard = err.write_all(b"\n");
    }
}

pub(super) fn error(error: &Error) {
    if error.kind == super::Kind::BrokenPipe {
        return;
    }
    if IS_LOG.load(Ordering::Relaxed) {
        let (error, hint) = error.sentences();
        tracing::error!(error, hint, "failed");
    } else {
        say(&error.to_string());
    }
}
