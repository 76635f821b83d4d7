//! What ends by itself, and clocks: certificates, exports, and the time that two machines disagree on.
//!
//! It does not know today's date; it is told.

use jiff::{SignedDuration, Timestamp};

use super::finding::{Check, Finding};
use crate::wire::x509::Certificate;

/// Long enough to renew a certificate without hurry.
const SOON_DAYS: i64 = 30;
const WEEK_DAYS: i64 = 7;
/// An export that is older shows people as they were, not as they are.
const EXPORT_OLD: SignedDuration = SignedDuration::from_hours(24);

/// How long a certificate is valid; `renew` says how to get another.
pub fn certificate(subject: &str, certificate: &Certificate, now: Timestamp, renew: &str) -> Finding {
    let Certificate { subject: name, begins, ends } = certificate;
    let name =
        name.as_deref().map_or_else(|| "its certificate".to_owned(), |it| format!("certificate CN={it}"));
    let left = ends.duration_since(now);
    let days = left.as_hours() / 24;
    let day = day(*ends);
    let check = Check::Certificate;
    if now < *begins {
        let fix = "check this machine's clock, or wait";
        return Finding::problem(check, subject, format!("{name} is not valid before {begins}"), fix);
    }
    let (says, ended) = match () {
        () if left <= SignedDuration::ZERO => (format!("{name} ended on {day}"), true),
        () if days < 1 => (format!("{name} ends within a day, at {ends}"), false),
        () if days <= WEEK_DAYS => (format!("{name} ends within a week, in {days} d on {day}"), false),
        () if days <= SOON_DAYS => (format!("{name} ends within a month, in {days} d on {day}"), false),
        () => return Finding::ok(check, subject, format!("{name} is valid until {day}")),
    };
    if ended {
        Finding::problem(check, subject, says, renew)
    } else {
        Finding::warning(check, subject, says, renew)
    }
}

/// How old an export is.
pub fn export_age(subject: &str, written: Timestamp, now: Timestamp) -> Finding {
    let age = now.duration_since(written);
    if age <= EXPORT_OLD {
        return Finding::ok(Check::Reading, subject, "written within the last day");
    }
    let says = format!("{} d old, written on {}", age.as_hours() / 24, day(written));
    let fix = "export the directory anew before a plan of it is applied";
    Finding::warning(Check::Reading, subject, says, fix)
}

/// A service's clock that is so far ahead of ours, or behind.
pub(super) fn clock(subject: &str, ahead: SignedDuration) -> Finding {
    let off = ahead.unsigned_abs().as_secs();
    let side = if ahead.is_positive() { "ahead of" } else { "behind" };
    let says = format!("its clock is {off} s {side} this machine's");
    let fix = "set both clocks by the same time server: Kerberos and signed requests fail beyond 5 minutes";
    match off {
        0..=5 => Finding::ok(Check::Clock, subject, "its clock and this machine's agree"),
        6..=60 => Finding::ok(Check::Clock, subject, says),
        61..=300 => Finding::warning(Check::Clock, subject, says, fix),
        _ => Finding::problem(Check::Clock, subject, says, fix),
    }
}

fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}
