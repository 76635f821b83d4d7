//! Settings that differ between two versions of a policy, and whether they allow more than before.
//!
//! What they do to objects is not known here.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Dn, Feature, Property};
use crate::policy::{
    AnchorSource, Approval, Authority, Base, ContactLimits, ContactPolicy, DirectoryLimits, Flow, Flows,
    GroupLimits, GroupPolicy, Guards, Lifecycle, Limit, Missing, Mode, OnExpired, PasswordPolicy, Policy,
    Removal, Scope, UserLimits, UserPolicy,
};

/// A setting that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingChange {
    /// Which, in words.
    pub setting: String,
    /// As it was.
    pub before: String,
    /// As it is.
    pub after: String,
    /// Whether more may happen unseen than before.
    pub loosened: bool,
}

/// Settings whose values are words and numbers of samesign, by the beginning of their names.
const OF_NOBODY: [&str; 6] =
    ["limit on ", "switch ", "connection or ", "objects of ", "users ", "anchor of "];
/// The same, by all of their names.
const OF_NOBODY_AT_ALL: [&str; 7] = ["mode", "channel", "directory", "tenant", "users", "groups", "contacts"];
/// Values that stand for none.
const NO_VALUES: [&str; 4] = ["(none)", "none", "not protected", "another"];

impl SettingChange {
    /// Whether a value of a setting holds neither a filter nor an expression nor a name out of the policy.
    pub(in crate::plan) fn names_nobody(setting: &str, value: &str) -> bool {
        let of_kind = |(beginning, rest): (&str, &str)| {
            (beginning.starts_with("scope of ") && rest == "default exclusions")
                || beginning.ends_with(" that left")
        };
        NO_VALUES.contains(&value)
            || OF_NOBODY.iter().any(|it| setting.starts_with(it))
            || OF_NOBODY_AT_ALL.contains(&setting)
            || setting.split_once(": ").is_some_and(of_kind)
    }

    /// Which setting, without the name that an approval has.
    pub(in crate::plan) fn without_name(setting: &str) -> &str {
        if setting.starts_with("approval ") { "approval" } else { setting }
    }
}

/// Collects what differs.
#[derive(Default)]
struct Settings(Vec<SettingChange>);

/// Compares everything that a policy says, loosened settings first.
pub(super) fn compare_settings(before: &Policy, after: &Policy, other_anchors: usize) -> Vec<SettingChange> {
    let Policy {
        name: _,
        directory,
        tenant,
        channel,
        mode,
        users,
        groups,
        contacts,
        passwords,
        features,
        guards,
        approvals,
        digest: _,
        directory_digest,
        provenance: _,
    } = before;
    let mut settings = Settings::default();
    settings.guards(guards, &after.guards);
    settings.note("directory", directory, &after.directory, true);
    settings.note("tenant", tenant, &after.tenant, true);
    settings.note("channel", channel.word(), after.channel.word(), true);
    if *directory == after.directory && *directory_digest != after.directory_digest {
        let (was, is) = ("as before", "changed: who is no longer read because of it is not listed here");
        settings.note("connection or search bases of the directory", was, is, true);
    }
    let bolder = (*mode as u8) < (after.mode as u8);
    settings.note("mode", mode_word(*mode), mode_word(after.mode), bolder);
    settings.features(features, &after.features);
    settings.users(users.as_ref(), after.users.as_ref(), other_anchors);
    settings.groups(groups.as_ref(), after.groups.as_ref());
    let words =
        |it: &Option<PasswordPolicy>| it.as_ref().map_or_else(|| "none".to_owned(), PasswordPolicy::words);
    let (was, is) = (words(passwords), words(&after.passwords));
    settings.note("passwords", &was, &is, after.passwords.is_some());
    settings.contacts(contacts.as_ref(), after.contacts.as_ref());
    settings.approvals(approvals, &after.approvals);
    settings.0.sort_by_key(|it| !it.loosened);
    settings.0
}

impl Settings {
    fn note(&mut self, setting: &str, before: &str, after: &str, loosened: bool) {
        if before != after {
            self.0.push(SettingChange {
                setting: setting.to_owned(),
                before: before.to_owned(),
                after: after.to_owned(),
                loosened,
            });
        }
    }

    fn guards(&mut self, before: &Guards, after: &Guards) {
        let Guards { directory, users, groups, contacts, protect, own_accounts: _ } = before;
        self.directory_limits(directory, &after.directory);
        let UserLimits { removals, blocks, rewrites, clears, creates, updates } = *users;
        let now = after.users;
        self.limit("removals of users", Some(removals), Some(now.removals));
        self.limit("blocks of users", Some(blocks), Some(now.blocks));
        self.limit("rewrites of users", Some(rewrites), Some(now.rewrites));
        self.limit("values taken away from users", Some(clears), Some(now.clears));
        self.limit("new users", creates, now.creates);
        self.limit("updates of users", updates, now.updates);
        let GroupLimits { removals, member_removals, all_member_removals, clears, creates, updates } =
            *groups;
        let now = after.groups;
        self.limit("removals of groups", Some(removals), Some(now.removals));
        self.limit("members taken out of a group", Some(member_removals), Some(now.member_removals));
        let (was, is) = (all_member_removals, now.all_member_removals);
        self.limit("members taken out of all groups", Some(was), Some(is));
        self.limit("values taken away from groups", Some(clears), Some(now.clears));
        self.limit("new groups", creates, now.creates);
        self.limit("updates of groups", updates, now.updates);
        let ContactLimits { removals, clears, creates, updates } = *contacts;
        let now = after.contacts;
        self.limit("removals of contacts", Some(removals), Some(now.removals));
        self.limit("values taken away from contacts", Some(clears), Some(now.clears));
        self.limit("new contacts", creates, now.creates);
        self.limit("updates of contacts", updates, now.updates);
        let (was, is): (BTreeSet<&String>, BTreeSet<&String>) =
            (protect.iter().collect(), after.protect.iter().collect());
        for gone in was.difference(&is) {
            self.note("protection", gone, "not protected", true);
        }
        for new in is.difference(&was) {
            self.note("protection", "not protected", new, false);
        }
    }

    /// Whatever is turned concerns everybody in the tenant.
    fn features(&mut self, before: &BTreeMap<Feature, bool>, after: &BTreeMap<Feature, bool>) {
        let words = |it: Option<&bool>| match it {
            Some(true) => "on",
            Some(false) => "off",
            None => "as it is",
        };
        for feature in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
            let (was, is) = (before.get(feature), after.get(feature));
            self.note(&format!("switch {feature} of the tenant"), words(was), words(is), is.is_some());
        }
    }

    fn directory_limits(&mut self, before: &DirectoryLimits, after: &DirectoryLimits) {
        let DirectoryLimits { fewer_percent, fewer_floor, canaries } = before;
        let words = |percent: u32, floor: u32| format!("more than {floor} and {percent} % fewer");
        let looser = *fewer_percent < after.fewer_percent || *fewer_floor < after.fewer_floor;
        let (was, is) = (words(*fewer_percent, *fewer_floor), words(after.fewer_percent, after.fewer_floor));
        self.note("objects of the directory that are too few", &was, &is, looser);
        let names = |it: &[Dn]| list(it.iter().map(ToString::to_string));
        let gone = canaries.iter().any(|it| !after.canaries.contains(it));
        self.note("canaries", &names(canaries), &names(&after.canaries), gone);
    }

    /// `None` sets no limit.
    fn limit(&mut self, what: &str, before: Option<Limit>, after: Option<Limit>) {
        let loosened = match (before, after) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(before), Some(after)) => {
                let share = |it: Limit| it.percent.unwrap_or(u32::MAX);
                before.max < after.max || share(before) < share(after) || before.floor < after.floor
            }
        };
        let same_words = before.map(|it| it.words()) == after.map(|it| it.words());
        let words = |it: Option<Limit>| match it {
            None => "(none)".to_owned(),
            Some(it) if same_words => format!("{}, floor {}", it.words(), it.floor),
            Some(it) => it.words(),
        };
        self.note(&format!("limit on {what}"), &words(before), &words(after), loosened);
    }

    fn users(&mut self, before: Option<&UserPolicy>, after: Option<&UserPolicy>, other_anchors: usize) {
        let (Some(before), Some(after)) = (before, after) else {
            return self.note("users", handled(before.is_some()), handled(after.is_some()), false);
        };
        let UserPolicy { scope, anchor, flows, lifecycle } = before;
        if *anchor != after.anchor {
            let word = anchor_word(after.anchor);
            let new = format!("{word} (of the users in scope, {other_anchors} get another anchor)");
            self.note("anchor of users", anchor_word(*anchor), &new, true);
        }
        self.lifecycle(*lifecycle, after.lifecycle);
        self.scope("users", scope, &after.scope);
        self.flows("users", flows, &after.flows);
    }

    fn groups(&mut self, before: Option<&GroupPolicy>, after: Option<&GroupPolicy>) {
        let (Some(before), Some(after)) = (before, after) else {
            return self.note("groups", handled(before.is_some()), handled(after.is_some()), false);
        };
        let GroupPolicy { scope, flows, removal } = before;
        self.removal("groups", *removal, after.removal);
        self.scope("groups", scope, &after.scope);
        self.flows("groups", flows, &after.flows);
    }

    fn contacts(&mut self, before: Option<&ContactPolicy>, after: Option<&ContactPolicy>) {
        let (Some(before), Some(after)) = (before, after) else {
            return self.note("contacts", handled(before.is_some()), handled(after.is_some()), false);
        };
        let ContactPolicy { scope, flows, removal } = before;
        self.removal("contacts", *removal, after.removal);
        self.scope("contacts", scope, &after.scope);
        self.flows("contacts", flows, &after.flows);
    }

    fn lifecycle(&mut self, before: Lifecycle, after: Lifecycle) {
        let Lifecycle { block_disabled, expired, removal } = before;
        let word = |it: bool| if it { "block" } else { "ignore" };
        self.note(
            "users disabled in the directory",
            word(block_disabled),
            word(after.block_disabled),
            block_disabled,
        );
        let blocks = |it: OnExpired| it == OnExpired::Block;
        let (was, is) = (blocks(expired), blocks(after.expired));
        self.note("users expired in the directory", word(was), word(is), was);
        self.removal("users", removal, after.removal);
    }

    fn removal(&mut self, kind: &str, before: Removal, after: Removal) {
        let Removal { block, delete_after_days } = before;
        let word = |it: bool| if it { "block" } else { "do not block" };
        self.note(&format!("{kind} that left: sign-in"), word(block), word(after.block), block);
        let days = |it: Option<u32>| match it {
            None => "never".to_owned(),
            Some(1) => "after 1 day".to_owned(),
            Some(more) => format!("after {more} days"),
        };
        let sooner = after.delete_after_days.unwrap_or(u32::MAX) < delete_after_days.unwrap_or(u32::MAX);
        let setting = format!("{kind} that left: delete");
        self.note(&setting, &days(delete_after_days), &days(after.delete_after_days), sooner);
    }

    fn scope(&mut self, kind: &str, before: &Scope, after: &Scope) {
        let Scope { bases, exclude_bases, filter, exclude, member_of, default_exclusions } = before;
        let mut note = |what: &str, before: &str, after: &str| {
            self.note(&format!("scope of {kind}: {what}"), before, after, false);
        };
        note("bases", &bases_words(bases), &bases_words(&after.bases));
        note("excluded bases", &bases_words(exclude_bases), &bases_words(&after.exclude_bases));
        let text = |it: &Option<crate::policy::Filter>| {
            it.as_ref().map_or_else(|| "(none)".to_owned(), |it| it.text().to_owned())
        };
        note("filter", &text(filter), &text(&after.filter));
        let excludes = |it: &[crate::policy::Filter]| list(it.iter().map(|it| it.text().to_owned()));
        note("exclude", &excludes(exclude), &excludes(&after.exclude));
        let groups = |it: &[Dn]| list(it.iter().map(ToString::to_string));
        note("memberOf", &groups(member_of), &groups(&after.member_of));
        let on = |it: bool| if it { "on" } else { "off" };
        note("default exclusions", on(*default_exclusions), on(after.default_exclusions));
    }

    fn flows(&mut self, kind: &str, before: &Flows, after: &Flows) {
        for property in Property::ALL {
            let words = |it: &Flows| it.to(*property).map_or_else(|| "(none)".to_owned(), flow_words);
            self.note(&format!("flow of {kind} to {property}"), &words(before), &words(after), false);
        }
    }

    fn approvals(&mut self, before: &[Approval], after: &[Approval]) {
        for new in after.iter().filter(|it| !before.contains(it)) {
            let Approval { name, reason, by, expires, changes } = new;
            let was = before.iter().find(|it| it.name == *name).map_or("(none)", |_| "another");
            let is = format!("releases {} held changes until {expires}, by {by}: {reason}", changes.len());
            self.note(&format!("approval {name}"), was, &is, false);
        }
    }
}

const fn handled(is: bool) -> &'static str {
    if is { "handled" } else { "not handled" }
}

const fn mode_word(mode: Mode) -> &'static str {
    match mode {
        Mode::Observe => "observe",
        Mode::Review => "review",
        Mode::Auto => "auto",
    }
}

const fn anchor_word(anchor: AnchorSource) -> &'static str {
    match anchor {
        AnchorSource::Auto => "auto",
        AnchorSource::ObjectGuid => "objectGUID",
        AnchorSource::ConsistencyGuid => "mS-DS-ConsistencyGuid",
    }
}

fn bases_words(bases: &[Base]) -> String {
    list(bases.iter().map(|it| match it {
        Base::Dn(dn) => dn.to_string(),
        Base::Guid(guid) => guid.to_string(),
    }))
}

fn list(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    if items.is_empty() { "(none)".to_owned() } else { items.join("; ") }
}

/// The source, and what is not the default.
fn flow_words(flow: &Flow) -> String {
    let Flow { to: _, source: _, authority, missing, origin } = flow;
    let authority = match authority {
        Authority::Directory => "",
        Authority::InitialOnly => ", on creation only",
        Authority::Tenant => "the tenant decides",
    };
    let missing = match missing {
        Missing::Skip => "skip".to_owned(),
        Missing::Empty => "take the value away".to_owned(),
        Missing::Default(text) => format!("\"{text}\""),
        Missing::Error => "finding".to_owned(),
    };
    if flow.authority == Authority::Tenant {
        return authority.to_owned();
    }
    format!("{}{authority}; without a value: {missing}", origin.text)
}
