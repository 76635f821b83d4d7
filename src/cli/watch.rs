//! `samesign status --watch`: how policies stand, again and again, until somebody ends it.
//!
//! On a terminal it is drawn in place, with its age; elsewhere one is printed after the other.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use ::console::{Term, truncate_str};
use jiff::Timestamp;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Interval, MissedTickBehavior, interval, sleep};

use crate::plan::PolicyStatus;
use crate::render::{look_heading, status_json_line, status_text, watch_heading};

use super::args::{Common, Status, StatusFormat};
use super::console::{self, Console};
use super::error::Error;
use super::status::{Kept, look_at_all};
use super::{Ending, clock};

/// How often the age is drawn anew.
const AGE_EVERY: Duration = Duration::from_secs(1);

pub(super) async fn run(args: &Status, common: &Common, console: Console) -> Result<Ending, Error> {
    let mut events = Events::listen()?;
    let mut kept = Kept::default();
    let is_screen = args.format == StatusFormat::Text && std::io::stdout().is_terminal();
    let console = Console { is_taken: is_screen, ..console };
    let mut page = Page { args, console, screen: None, shown: None, trouble: None };
    loop {
        let as_of = clock::now();
        let looking = Console { is_taken: page.screen.is_some(), ..console };
        let look = look_at_all(args, common, looking, Some(&mut kept));
        let Some(found) = events.meanwhile(&mut page, look).await? else { return Ok(Ending::Done) };
        match found {
            Ok(found) => page.show(&found, as_of)?,
            // What is wrong from the beginning is said as without --watch.
            Err(error) if page.shown.is_none() => return Err(error),
            Err(error) => page.excuse(&error)?,
        }
        if is_screen && page.screen.is_none() {
            page.screen = Some(Screen::open()?);
            page.draw()?;
        }
        if events.meanwhile(&mut page, sleep(args.every)).await?.is_none() {
            return Ok(Ending::Done);
        }
    }
}

/// What happens besides looking.
struct Events {
    stops: [Signal; 2],
    resized: Signal,
    tick: Interval,
}

impl Events {
    fn listen() -> Result<Self, Error> {
        let listen =
            |kind| signal(kind).map_err(|cause| Error::failed("cannot listen for signals").because(&cause));
        let mut tick = interval(AGE_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(Self {
            stops: [listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?],
            resized: listen(SignalKind::window_change())?,
            tick,
        })
    }

    /// Waits for something, and draws meanwhile; `None` if it is to end.
    async fn meanwhile<T>(
        &mut self,
        page: &mut Page<'_>,
        what: impl Future<Output = T>,
    ) -> Result<Option<T>, Error> {
        let mut what = Box::pin(what);
        let [interrupt, terminate] = &mut self.stops;
        loop {
            tokio::select! {
                biased;
                _ = interrupt.recv() => return Ok(None),
                _ = terminate.recv() => return Ok(None),
                it = &mut what => return Ok(Some(it)),
                _ = self.resized.recv() => page.draw()?,
                _ = self.tick.tick() => page.draw()?,
            }
        }
    }
}

/// What is shown.
struct Page<'a> {
    args: &'a Status,
    console: Console,
    /// Once there is something to draw on a terminal.
    screen: Option<Screen>,
    /// What was found last that could be looked at, and when the look began.
    shown: Option<(String, Timestamp)>,
    /// Why the latest look came to nothing.
    trouble: Option<String>,
}

impl Page<'_> {
    fn show(&mut self, found: &[PolicyStatus], as_of: Timestamp) -> Result<(), Error> {
        let text = status_text(found, self.console.paint);
        self.trouble = None;
        match self.args.format {
            StatusFormat::Json => console::print(&status_json_line(found))?,
            StatusFormat::Text if self.console.is_taken => (),
            StatusFormat::Text => {
                let heading = look_heading(as_of, self.console.paint);
                let gap = if self.shown.is_some() { "\n" } else { "" };
                console::print(&format!("{gap}{heading}\n\n{text}"))?;
            }
        }
        self.shown = Some((text, as_of));
        self.draw()
    }

    /// The manifests are broken, say, or the records: the next look may be better.
    fn excuse(&mut self, error: &Error) -> Result<(), Error> {
        if self.console.is_taken {
            self.trouble = Some(error.to_string());
        } else {
            console::error(error);
        }
        self.draw()
    }

    fn draw(&self) -> Result<(), Error> {
        let (Some(screen), Some((text, as_of))) = (&self.screen, &self.shown) else { return Ok(()) };
        let heading = watch_heading(*as_of, clock::now(), self.args.every, self.console.paint);
        let trouble = self.trouble.as_deref().unwrap_or_default();
        screen.draw(&format!("{heading}\n\n{trouble}{}{text}", if trouble.is_empty() { "" } else { "\n" }))
    }
}

/// The terminal's other page, which is given back when this is dropped.
struct Screen(Term);

impl Screen {
    fn open() -> Result<Self, Error> {
        console::print("\x1b[?1049h\x1b[?25l")?;
        Ok(Self(Term::stdout()))
    }

    /// Line by line over what is there, so that nothing flickers; what is too wide or too long is cut.
    fn draw(&self, text: &str) -> Result<(), Error> {
        let (rows, columns) = self.0.size();
        let lines: Vec<&str> = text.lines().collect();
        let room = usize::from(rows).max(1);
        let mut page = String::from("\x1b[H");
        let shown = if lines.len() <= room { lines.len() } else { room - 1 };
        for (at, line) in lines[..shown].iter().enumerate() {
            page += if at == 0 { "" } else { "\n" };
            page += &truncate_str(line, usize::from(columns), "…");
            page += "\x1b[0m\x1b[K";
        }
        if shown < lines.len() {
            page.extend(["\n… and ", &(lines.len() - shown).to_string(), " more lines\x1b[K"]);
        }
        console::print(&(page + "\x1b[J"))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let mut out = std::io::stdout().lock();
        let _unseen = out.write_all(b"\x1b[?25h\x1b[?1049l").and_then(|()| out.flush());
    }
}
