//! `samesign state`: copies of the records, and whether they are whole.

use crate::state::{Census, State, restore};

use super::args::{Common, Records};
use super::console;
use super::error::Error;
use super::{Ending, survey};

pub(super) fn run(args: &Records, common: &Common) -> Result<Ending, Error> {
    let folder = survey::state_folder(common.state.as_ref());
    let none = || {
        Error::failed(format!("there are no records in {}", folder.display()))
            .hint("name their folder with --state; the service has them in /var/lib/samesign")
    };
    match args {
        Records::Check => {
            let census = State::look(&folder)?.ok_or_else(none)?.check()?;
            console::print(&format!("the records in {} are whole: {}\n", folder.display(), words(&census)))?;
        }
        Records::Backup { file } => {
            let census = State::look(&folder)?.ok_or_else(none)?.back_up(file)?;
            console::print(&format!("copied to {}: {}\n", file.display(), words(&census)))?;
        }
        Records::Restore { file } => {
            let (census, kept) = restore(&folder, file)?;
            console::print(&format!("restored to {}: {}\n", folder.display(), words(&census)))?;
            if let Some(kept) = kept {
                console::say(&format!("what was there is kept as {}", kept.display()));
            }
            console::say(
                "plan before anything is applied: grace periods and used approvals are those of the copy",
            );
        }
    }
    Ok(Ending::Done)
}

fn words(census: &Census) -> String {
    let Census { version, links, runs, intents } = census;
    let count = |many: u32, one: &str| if many == 1 { format!("1 {one}") } else { format!("{many} {one}s") };
    // Only a run that broke off leaves any.
    let begun =
        if *intents == 0 { String::new() } else { format!("{} begun, ", count(*intents, "creation")) };
    format!("{}, {}, {begun}version {version}", count(*links, "link"), count(*runs, "run"))
}
