//! `samesign approve`: writes the Approval manifest for what a saved plan holds, or for all of it.
//!
//! It reads a file and writes one. Nothing is released by it: that takes the manifest among the others.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::manifest::v1alpha1::Duration;
use crate::model::Digest;
use crate::plan::{Change, Plan};
use crate::render::{ApprovalText, PlanFile, approval_yaml, held_words, unreleasable_line};
use crate::workspace;

use super::args::Approve;
use super::console::{self, Console};
use super::error::Error;
use super::{Ending, clock, login, plan_file};

/// Held changes that are listed in an error; more are counted.
const LISTED_MAX: usize = 20;
/// Fewer digits of a digest could be a slip of the hand.
const DIGITS_MIN: usize = 4;
/// Nobody has to do anything, unless a service does nothing by itself.
const NOTHING_HELD: &str =
    "nothing is held: no approval is needed (a service whose policy has `mode: review` waits for one: --all)";
/// Where `init` puts the schema of manifests.
const SCHEMA: &str = ".schema/manifest.schema.json";

/// What of one plan is approved.
struct Picked<'a> {
    plan: &'a Plan,
    changes: Vec<&'a Change>,
}

pub(super) fn run(args: &Approve, console: Console) -> Result<Ending, Error> {
    let files = plan_file::read(&args.file, "approve")?;
    let expires = expiry(&args.expires, clock::now())?;
    if let Some(out) = args.out.as_ref().filter(|it| it.exists()) {
        return Err(Error::failed(format!("{} exists already: nothing was written", out.display()))
            .hint("give another file; an approval that was used can be deleted"));
    }
    let picked = pick(&files, args)?;
    if picked.is_empty() {
        console::say(if args.all { "there is nothing to do: no approval is needed" } else { NOTHING_HELD });
        return Ok(Ending::Done);
    }
    let by = approver(args)?;
    let reason = reason(args, &picked, console)?;
    let several = 1 < picked.len();
    let mut text = modeline(args.out.as_deref());
    for (at, Picked { plan, changes }) in picked.iter().enumerate() {
        let policy = plan.binding().policy.as_str();
        let name = match &args.name {
            Some(name) if several => format!("{name}-{policy}"),
            Some(name) => name.clone(),
            None => format!("{policy}-{}", plan.id()),
        };
        check_name(&name)?;
        let (plan, changes) = (plan.id(), changes.clone());
        let approval = ApprovalText { name: &name, policy, plan, reason: &reason, by: &by, expires, changes };
        text += if at == 0 { "" } else { "---\n" };
        text += &approval_yaml(&approval);
    }
    let listed: usize = picked.iter().map(|it| it.changes.len()).sum();
    let plans = files.iter().map(|it| &it.planned.plan);
    let (of, kind): (usize, &str) = if args.all {
        (plans.map(|it| it.changes().len()).sum(), "")
    } else {
        (plans.map(Plan::held).sum(), "held ")
    };
    console::say(&format!("lets {listed} of {of} {kind}changes run once, until {expires}"));
    write(args, &files, &text)?;
    Ok(Ending::Done)
}

/// Changes of each plan that wait for an approval, those that none releases left out and said.
fn pick<'a>(files: &'a [PlanFile], args: &Approve) -> Result<Vec<Picked<'a>>, Error> {
    let plans: Vec<&Plan> = files.iter().map(|it| &it.planned.plan).collect();
    let changes: Vec<&Change> = plans.iter().flat_map(|it| it.changes()).collect();
    let waits = |it: &Change| args.all || it.held().is_some();
    let wanted: Vec<&Change> = if args.what.is_empty() {
        changes.into_iter().filter(|it| waits(it)).collect()
    } else {
        search(&changes, &args.what, waits)?
    };
    let (can, cannot): (Vec<&Change>, Vec<&Change>) = wanted.into_iter().partition(|it| is_releasable(it));
    for change in &cannot {
        console::say(&unreleasable_line(change));
    }
    if can.is_empty() && !cannot.is_empty() {
        return Err(Error::failed("no approval helps here: mend what is said above, then plan again"));
    }
    let can: BTreeSet<Digest> = can.into_iter().map(Change::digest).collect();
    let own = |plan: &'a Plan| -> Vec<&'a Change> {
        plan.changes().iter().filter(|it| can.contains(&it.digest())).collect()
    };
    let picked = plans.into_iter().map(|plan| Picked { plan, changes: own(plan) });
    Ok(picked.filter(|it| !it.changes.is_empty()).collect())
}

fn is_releasable(change: &Change) -> bool {
    change.held().is_none_or(|it| it.guard.can_be_approved())
}

/// The changes that wait and that these words mean; a word that means none is an error.
fn search<'a>(
    all: &[&'a Change],
    what: &[String],
    waits: impl Fn(&Change) -> bool,
) -> Result<Vec<&'a Change>, Error> {
    let mut found: Vec<&'a Change> = Vec::new();
    for who in what {
        let mut meant: Vec<&'a Change> = all.iter().copied().filter(|it| is_called(it, who)).collect();
        if meant.is_empty() {
            meant = by_digest(all, who)?;
        }
        if !meant.is_empty() && !meant.iter().any(|it| waits(it)) {
            return Err(Error::failed(format!("nothing holds `{who}`: it runs without an approval"))
                .hint("a service whose policy has `mode: review` waits for one all the same: give --all"));
        }
        meant.retain(|it| waits(it));
        if meant.is_empty() {
            return Err(nothing_called(who, all));
        }
        found.extend(meant);
    }
    Ok(found)
}

/// By name, anchor or operation.
fn is_called(change: &Change, who: &str) -> bool {
    change.name().to_lowercase() == who.to_lowercase()
        || change.anchor().to_string() == who
        || change.op().word() == who
}

/// By a digest or its beginning, which has to be of one change only.
fn by_digest<'a>(all: &[&'a Change], who: &str) -> Result<Vec<&'a Change>, Error> {
    let digits = who.strip_prefix("sha256:").unwrap_or(who).to_lowercase();
    if digits.len() < DIGITS_MIN || !digits.chars().all(|it| it.is_ascii_hexdigit()) {
        return Ok(Vec::new());
    }
    let begins = format!("sha256:{digits}");
    let found: Vec<&Change> =
        all.iter().copied().filter(|it| it.digest().to_string().starts_with(&begins)).collect();
    if 1 < found.len() {
        let number = found.len();
        return Err(Error::usage(format!(
            "the digests of {number} changes begin with {who}: give more of it"
        )));
    }
    Ok(found)
}

fn nothing_called(who: &str, all: &[&Change]) -> Error {
    let held: Vec<&&Change> = all.iter().filter(|it| it.held().is_some()).collect();
    let error = Error::failed(format!("the plan holds nothing that is called `{who}`"));
    if held.is_empty() {
        return error.hint(NOTHING_HELD);
    }
    let mut lines: Vec<String> = held.iter().take(LISTED_MAX).map(|it| listed(it)).collect();
    if let Some(more) = held.len().checked_sub(LISTED_MAX).filter(|it| 0 < *it) {
        lines.push(format!("\n    … and {more} more"));
    }
    error.hint(format!("it holds:{}", lines.concat()))
}

/// A change on a line of its own, with what tells it from others.
fn listed(change: &Change) -> String {
    format!("\n    {}  {}", change.digest().short(), held_words(change))
}

fn approver(args: &Approve) -> Result<String, Error> {
    let given = args.by.clone().or_else(|| workspace::author(Path::new("."))).or_else(login::found);
    given.filter(|it| !it.trim().is_empty()).ok_or_else(|| {
        Error::usage("who approves?")
            .hint("give --by, or set user.email of git: it stands in the manifest and in the history")
    })
}

fn reason(args: &Approve, picked: &[Picked<'_>], console: Console) -> Result<String, Error> {
    let ask = || {
        let lines: String = picked.iter().flat_map(|it| &it.changes).map(|it| listed(it)).collect();
        console.ask_text(&format!("To be approved:{lines}\nReason: "))
    };
    let given = args.reason.clone().or_else(ask);
    given.filter(|it| !it.trim().is_empty()).ok_or_else(|| {
        Error::usage("why is it approved?").hint("give --reason, as in `--reason \"leavers, ticket 4711\"`")
    })
}

/// A point in time in whole seconds: a day, a timestamp, or so long from now.
fn expiry(text: &str, now: Timestamp) -> Result<Timestamp, Error> {
    let from_now = |it: Duration| {
        let length = SignedDuration::from_secs(i64::try_from(it.seconds).ok()?);
        now.checked_add(length).ok()
    };
    let at_midnight = |it: Date| it.to_zoned(TimeZone::UTC).ok().map(|it| it.timestamp());
    let found = Duration::try_from(text.to_owned())
        .ok()
        .and_then(from_now)
        .or_else(|| text.parse::<Timestamp>().ok())
        // A day with a time but without an offset would lose its time.
        .or_else(|| text.parse::<Date>().ok().filter(|it| it.to_string() == text).and_then(at_midnight))
        .and_then(|it| Timestamp::from_second(it.as_second()).ok());
    match found {
        None => Err(Error::usage(format!("--expires {text} is neither a day nor a duration"))
            .hint("write it as in `2026-12-01`, `2026-12-01T18:00:00Z`, `36h` or `7d`")),
        Some(found) if found <= now => Err(Error::usage(format!("--expires {text} is over already"))),
        Some(found) => Ok(found),
    }
}

/// Names of manifests, as their schema has them.
fn check_name(name: &str) -> Result<(), Error> {
    let is_inner = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || matches!(it, '.' | '-');
    let is_name = name.len() <= 63
        && name.chars().all(is_inner)
        && !name.starts_with(['.', '-'])
        && !name.ends_with(['.', '-'])
        && !name.is_empty();
    if is_name {
        return Ok(());
    }
    Err(Error::usage(format!("{name} is no name of a manifest"))
        .hint("--name takes lower-case letters, digits, `-` and `.`, at most 63 of them"))
}

/// Leads editors to the schema that `init` wrote in a folder above, if it is found there.
fn modeline(out: Option<&Path>) -> String {
    let mut up = PathBuf::new();
    let found = out.and_then(Path::parent).and_then(|folder| {
        folder.ancestors().find_map(|it| {
            let path = if it.as_os_str().is_empty() { Path::new(SCHEMA).to_owned() } else { it.join(SCHEMA) };
            let found = path.is_file().then(|| up.join(SCHEMA).display().to_string());
            up.push("..");
            found
        })
    });
    format!("# yaml-language-server: $schema={}\n", found.as_deref().unwrap_or(SCHEMA))
}

fn write(args: &Approve, files: &[PlanFile], text: &str) -> Result<(), Error> {
    let manifests = files.first().and_then(|it| it.manifests.as_deref()).unwrap_or("DIR");
    let Some(out) = &args.out else {
        console::print(text)?;
        console::say(&format!("put it among the manifests ({manifests}), commit it, then plan and apply"));
        return Ok(());
    };
    let failed =
        |cause: std::io::Error| Error::failed(format!("cannot write {}", out.display())).because(&cause);
    if let Some(folder) = out.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    // Never over a file that somebody made in between.
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(out).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    console::say(&format!("wrote {}; commit it, then samesign apply {manifests}", out.display()));
    Ok(())
}
