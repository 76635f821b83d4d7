//! The effect as one page of HTML: the verdict, then policy by policy, worst first.

use maud::{Markup, html};

use crate::plan::{Class, Effect};
use crate::render::html::{Item, SHOWN_MAX, list, page};
use crate::render::words;

use super::phrases::{self, Entry};
use super::{Compared, Section, verdict};

/// The effects on all policies.
pub fn effect_html(compared: &Compared<'_>) -> String {
    effects_page(compared, None)
}

/// The same, with something to say below.
pub(in crate::render) fn effects_page(compared: &Compared<'_>, note: Option<&str>) -> String {
    let Compared { revision, commit, effects } = compared;
    let main = html! {
        p.lead { (words::name(&verdict(effects))) }
        p.quiet { "Compared with " (words::name(revision)) " (" code { (words::name(commit)) } ")." }
        @for effect in *effects { (section(effect)) }
        @if let Some(note) = note { p.quiet { (note) } }
    };
    page("Effect of a change of policy", &main)
}

fn section(effect: &Effect) -> Markup {
    let Effect { policy, directory, tenant, .. } = effect;
    html! {
        section {
            h2 { "Policy " (words::name(policy)) }
            p.quiet { (words::name(directory)) " → " (words::name(tenant)) }
            @if let Some(words) = phrases::presence(effect) { p { (words::name(&words)) } }
            @for unknown in phrases::unknown(effect) {
                p { span.badge.warns { "not known" } " " (words::name(&unknown)) }
            }
            @for section in Section::ALL { (of_section(effect, *section)) }
        }
    }
}

fn of_section(effect: &Effect, section: Section) -> Markup {
    let (count, entries) = phrases::entries(effect, section, SHOWN_MAX);
    let class = match section {
        Section::Objects(Class::Admins) | Section::Loosened => "held",
        Section::Objects(Class::Leaving | Class::Licences) => "remove",
        Section::Objects(Class::Entering) => "add",
        Section::Objects(
            Class::UserNames | Class::Addresses | Class::Clears | Class::Attributes | Class::Released,
        )
        | Section::Settings => "change",
    };
    let items = entries.iter().map(|Entry { kind, name, says, details }| Item {
        kind,
        name,
        says: says.clone(),
        details: details.clone(),
    });
    html! {
        (list(section.title(), class, count, items))
        @if 0 < count && section == Section::Objects(Class::Leaving) { p.quiet { (phrases::LEAVERS) } }
    }
}
