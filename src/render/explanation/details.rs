//! The tenant's object, sign-in, leaving, and what holds changes.

use std::fmt::Result;

use jiff::Timestamp;

use crate::model::{GroupType, Origin};
use crate::plan::{
    Change, Departure, DirectorySignIn, Guard, Leaving, PasswordStanding, PasswordState, Place, SignInState,
    TenantSide,
};

use super::{Page, plural};
use crate::render::words;

pub(super) fn write_tenant(page: &mut Page<'_>) -> Result {
    let Some(side) = &page.it.tenant else { return Ok(()) };
    let TenantSide { id, name, origin, guest, group_type, anchor, roles, licences, protected, deleted_at } =
        side;
    let mut facts = vec![format!("{} ({id})", words::name(name))];
    facts.extend(guest.then(|| "a guest".to_owned()));
    if let Some(group_type) = group_type {
        facts.extend(group_type_words(*group_type, *origin).map(str::to_owned));
    }
    match origin {
        Origin::Cloud => (),
        Origin::Synced => facts.push("mastered by Entra Connect".to_owned()),
        Origin::FormerlySynced => facts.push("was mastered by Entra Connect once".to_owned()),
    }
    if 0 < *licences {
        facts.push(words::count(*licences, "licence", "licences"));
    }
    if let Some(at) = deleted_at {
        facts.push(format!("in the recycle bin since {}, for 30 days", day(*at)));
    }
    page.line("tenant", facts.join(", "))?;
    match anchor {
        Some(other) if page.it.anchor.is_none_or(|it| it.to_string() != *other) => {
            page.line("", format!("its onPremisesImmutableId is {}", words::quoted(other)))?;
        }
        Some(_) | None => (),
    }
    match roles {
        Ok(roles) if !roles.is_empty() => {
            let word = if roles.len() == 1 { "role" } else { "roles" };
            let roles = words::name(&roles.join(", ")).into_owned();
            page.line("admin", format!("holds the {word} {roles}: never removed, blocked or adopted"))
        }
        Ok(_) => match protected {
            Some(why) => {
                page.line("protected", format!("{}: never removed, blocked or adopted", words::name(why)))
            }
            None => Ok(()),
        },
        Err(why) => page.quiet("roles", format!("not known: {}", words::name(why))),
    }
}

const fn group_type_words(group: GroupType, origin: Origin) -> Option<&'static str> {
    match (group, origin) {
        (GroupType::Security, _) => None,
        (GroupType::Microsoft365, _) => Some("a Microsoft 365 group"),
        (GroupType::MailEnabledSecurity, Origin::Synced) => Some("a mail-enabled security group"),
        (GroupType::MailEnabledSecurity, Origin::Cloud | Origin::FormerlySynced) => {
            Some("a mail-enabled security group, which Microsoft Graph cannot write")
        }
        (GroupType::Distribution, Origin::Synced) => Some("a distribution list"),
        (GroupType::Distribution, Origin::Cloud | Origin::FormerlySynced) => {
            Some("a distribution list, which Microsoft Graph cannot write")
        }
    }
}

pub(super) fn write_sign_in(page: &mut Page<'_>) -> Result {
    let Some(SignInState { directory, expires, tenant }) = &page.it.sign_in else { return Ok(()) };
    let directory = match directory {
        DirectorySignIn::Allowed => Some("enabled in AD"),
        DirectorySignIn::Disabled => Some("disabled in AD"),
        DirectorySignIn::Expired => Some("expired in AD"),
        DirectorySignIn::LeftAlone => Some("disabled in AD, which the policy leaves alone"),
        DirectorySignIn::NotReadable => {
            Some("unknown: userAccountControl cannot be read; give the account of samesign that right")
        }
        DirectorySignIn::NotAsked => None,
    };
    let expiry = expires.map(|day| format!("accountExpires {day}"));
    let tenant = tenant.map(|it| if it { "allowed in the tenant" } else { "blocked in the tenant" });
    let facts = [directory.map(str::to_owned), expiry, tenant.map(str::to_owned)];
    page.line("sign-in", facts.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

/// `confirmed by the tenant 2026-11-22 09:15, changed in AD 2026-11-22 09:14`, in UTC.
pub(super) fn write_password(page: &mut Page<'_>) -> Result {
    let Some(PasswordState { changed, confirmed, standing }) = &page.it.password else { return Ok(()) };
    let time = |it: Timestamp| it.strftime("%Y-%m-%d %H:%M").to_string();
    let changed = changed.map(|it| format!("changed in AD {}", time(it)));
    let confirmed = confirmed.map_or_else(
        || "the tenant has confirmed none yet".to_owned(),
        |it| format!("the tenant confirmed one {}", time(it)),
    );
    let head = match standing {
        PasswordStanding::Confirmed => "the same on both sides".to_owned(),
        PasswordStanding::Waiting => "the next apply sends its hash".to_owned(),
        PasswordStanding::Left(why) => format!("not sent: {why}"),
    };
    let facts = [Some(head), changed, Some(confirmed)];
    page.line("password", facts.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

pub(super) fn write_leaving(page: &mut Page<'_>) -> Result {
    let Some(Leaving { last_dn, blocked_since, delete_on, how }) = &page.it.leaving else { return Ok(()) };
    let why = match how {
        Some(Departure::DeletedInDirectory) => "deleted in AD".to_owned(),
        Some(Departure::MovedOutOfScope { why, moved }) => match moved {
            Some(it) => format!("moved from {} to {} ({why})", words::name(&it.from), words::name(&it.to)),
            None => format!("moved out of scope ({why})"),
        },
        Some(Departure::PolicyChanged { why, edit }) => {
            format!("policy changed: {} ({why})", words::edit(edit))
        }
        None if page.it.server.is_none() => {
            "cannot be said: the directory was not read to the end, and nobody is removed".to_owned()
        }
        None => "it had left, and is back".to_owned(),
    };
    page.line("left", why)?;
    let now_elsewhere = match &page.it.place {
        Place::Directory { dn, guid: _ } => last_dn.as_ref().is_some_and(|it| !it.eq_ignore_ascii_case(dn)),
        Place::Tenant | Place::Records => true,
        Place::Container(_) | Place::LeftOut(_) => false,
    };
    match last_dn {
        Some(dn) if now_elsewhere => page.line("", format!("last in scope as {}", words::name(dn)))?,
        Some(_) | None => (),
    }
    let mut facts = Vec::new();
    facts.extend(blocked_since.map(|it| format!("leaving since {}", day(it))));
    facts.extend(delete_on.map(|it| format!("will be deleted on {it}")));
    if facts.is_empty() { Ok(()) } else { page.line("", facts.join(", ")) }
}

fn day(at: Timestamp) -> jiff::civil::Date {
    at.to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// What holds changes of the object, and what to do about it.
pub(super) fn write_guards(page: &mut Page<'_>) -> Result {
    let it = page.it;
    let mut seen: Vec<Guard> = Vec::new();
    for change in it.changes.changes() {
        let Some(hold) = change.held() else { continue };
        if seen.contains(&hold.guard) {
            continue;
        }
        seen.push(hold.guard);
        page.line("held", format!("by {}: {}", hold.guard.word(), words::name(&hold.reason)))?;
        page.line("", format!("to release it: {}", release(hold.guard, page)))?;
        if hold.guard.can_be_approved() {
            let same = |it: &&Change| it.held().is_some_and(|other| other.guard == hold.guard);
            for change in it.changes.changes().iter().filter(same) {
                page.quiet("", format!("{} {}", change.op().word(), change.digest()))?;
            }
        }
    }
    Ok(())
}

/// What to do about a guard.
fn release(guard: Guard, page: &Page<'_>) -> String {
    let kind = page.it.kind.map_or("objects", plural);
    let cure = match guard {
        Guard::Conflict => "give one of the two another name or address; no approval helps",
        Guard::Protected => "no approval helps: do it by hand, or take away what protects it",
        Guard::MissingScope => "correct the base or group in the policy's scope, or",
        Guard::DirectoryHealth => "see that the directory can be read to the end and as before, or",
        Guard::RolesUnknown => "give the app the right to read directory roles, or",
        Guard::Adoption | Guard::Recreated => "compare both objects; if it is the same one,",
        Guard::Features => "if the whole tenant is meant,",
        Guard::PolicyChange => "if the change of policy was meant,",
        Guard::UserRemovals
        | Guard::UserBlocks
        | Guard::UserRewrites
        | Guard::UserClears
        | Guard::UserCreates
        | Guard::UserUpdates
        | Guard::GroupRemovals
        | Guard::MemberRemovals
        | Guard::AllMemberRemovals
        | Guard::GroupClears
        | Guard::GroupCreates
        | Guard::GroupUpdates
        | Guard::ContactRemovals
        | Guard::ContactClears
        | Guard::ContactCreates
        | Guard::ContactUpdates => {
            return format!(
                "if so many {kind} are meant, approve it by its digest, in an Approval or with `apply --approve`"
            );
        }
    };
    if guard.can_be_approved() {
        format!("{cure} approve it by its digest, in an Approval")
    } else {
        cure.to_owned()
    }
}
