//! The words about one object or setting that text and Markdown share.
//!
//! It does not know how they are laid out.

use crate::plan::{Class, Effect, ObjectEffect, Passage, Presence, PropertyEffect, SettingChange, Wanted};
use crate::render::words;

use super::Section;

/// Longer texts are cut: JSON has them whole.
const CHARACTERS_MAX: usize = 120;
/// Properties of one object that are shown; more are counted.
const CHANGES_SHOWN_MAX: usize = 8;

/// One entry of a section.
pub(super) struct Entry {
    /// `user`, `group`, or nothing for a setting.
    pub(super) kind: &'static str,
    /// The name of the object or of the setting.
    pub(super) name: String,
    /// What there is to say, in one line; may be empty.
    pub(super) says: String,
    /// Properties, and what happens to each.
    pub(super) details: Vec<(&'static str, String)>,
}

/// How many entries a section has, and the first of them.
pub(super) fn entries(effect: &Effect, section: Section, shown_max: usize) -> (usize, Vec<Entry>) {
    let settings = |loosened: bool| {
        let found: Vec<&SettingChange> =
            effect.settings.iter().filter(|it| it.loosened == loosened).collect();
        (found.len(), found.into_iter().take(shown_max).map(setting).collect())
    };
    match section {
        Section::Objects(class) => {
            let shown = effect.of_class(class).take(shown_max).map(|it| object(it, class)).collect();
            (effect.of_class(class).count(), shown)
        }
        Section::Loosened => settings(true),
        Section::Settings => settings(false),
    }
}

fn setting(change: &SettingChange) -> Entry {
    let SettingChange { setting, before, after, loosened: _ } = change;
    Entry {
        kind: "",
        name: setting.clone(),
        says: format!("{} -> {}", short(before), short(after)),
        details: Vec::new(),
    }
}

fn object(object: &ObjectEffect, class: Class) -> Entry {
    let mut says = Vec::new();
    match &object.passage {
        Passage::Stays => (),
        Passage::Leaves(why) | Passage::Enters(why) => {
            let leaves = object.is_of(Class::Leaving);
            let why = why.as_ref().map(|it| short(&it.to_string()));
            says.push(match (why, leaves, class) {
                (Some(why), true, Class::Leaving) => why,
                (Some(why), true, _) => format!("leaves scope: {why}"),
                (None, true, _) => "leaves scope".to_owned(),
                (Some(why), false, _) => format!("before: {why}"),
                (None, false, _) => "the policy is new".to_owned(),
            });
        }
    }
    if !object.roles.is_empty() {
        says.push(format!("admin ({})", short(&object.roles.join(", "))));
    }
    if object.is_of(Class::Licences) {
        says.push(words::count(object.licences, "licence", "licences"));
    }
    if object.id.is_none() {
        says.push("not in the tenant".to_owned());
    }
    let wanted = |it: &&PropertyEffect| class == Class::Admins || it.class() == class;
    let found: Vec<&PropertyEffect> = object.changes.iter().filter(wanted).collect();
    let shown = found.iter().take(CHANGES_SHOWN_MAX);
    let mut details: Vec<(&'static str, String)> =
        shown.map(|it| (it.property.name(), transition(it))).collect();
    if let Some(more) = found.len().checked_sub(CHANGES_SHOWN_MAX).filter(|it| *it != 0) {
        details.push(("…", format!("and {more} more")));
    }
    Entry { kind: object.kind.word(), name: object.name.clone(), says: says.join("; "), details }
}

/// `"Clerk" -> "Accountant"`, and what the tenant has if that is neither.
fn transition(change: &PropertyEffect) -> String {
    let PropertyEffect { property: _, before, after, tenant } = change;
    let side = |it: &Wanted| match it {
        Wanted::Values(found) => values(found),
        Wanted::LeftAlone(why) => format!("left alone ({})", short(why)),
    };
    let today = match tenant {
        Some(today) if Wanted::Values(today.clone()) == *after => "; the tenant has it so".to_owned(),
        Some(today) if Wanted::Values(today.clone()) != *before => {
            format!("; the tenant has {}", values(today))
        }
        Some(_) | None => String::new(),
    };
    format!("{} -> {}{today}", side(before), side(after))
}

fn values(values: &[String]) -> String {
    if values.is_empty() {
        return "(none)".to_owned();
    }
    short(&values.iter().map(|it| words::quoted(it)).collect::<Vec<_>>().join(", "))
}

fn short(text: &str) -> String {
    match text.char_indices().nth(CHARACTERS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// What is said of a policy that is in one version only, or that nothing happens to.
pub(super) fn presence(effect: &Effect) -> Option<String> {
    let count = |it: usize| words::count(it, "object", "objects");
    match effect.presence {
        Presence::Both if effect.is_empty() => Some("no effect: both versions want the same".to_owned()),
        Presence::Both => None,
        Presence::New => Some(format!("the policy is new: {} enter scope", count(effect.objects.len()))),
        Presence::Gone { looked_after: Some(found) } => Some(format!(
            "the policy is gone: nobody is removed, its {} in the tenant {} no longer looked after",
            count(found),
            if found == 1 { "is" } else { "are" },
        )),
        Presence::Gone { looked_after: None } => Some(
            "the policy is gone and so are its connections: nobody is removed, and whom it looked after is \
             not known"
                .to_owned(),
        ),
    }
}

/// What is said below those who leave.
pub(super) const LEAVERS: &str = "Whoever was joined before is blocked and deleted as the policy says, and only \
                                  once a person has approved it.";

/// What could not be read, and is missing from the lists for it.
pub(super) fn unknown(effect: &Effect) -> impl Iterator<Item = String> {
    let broken = effect.broken_off.as_ref();
    let broken =
        broken.map(|why| format!("the directory was not read to its end, so names are missing: {why}"));
    let roles = effect.roles_unknown.as_ref().map(|why| format!("who is an admin is not known: {why}"));
    broken.into_iter().chain(roles)
}
