//! The first line: the worst that a change of policy does, in one sentence.

use crate::model::ObjectKind;
use crate::plan::{Class, Effect, ObjectEffect, Presence};
use crate::render::words;

/// `worst: 12 people leave scope, 1 of them an admin`.
pub fn verdict(effects: &[Effect]) -> String {
    let phrases = [
        admins(effects),
        leaving(effects),
        changing(effects, Class::UserNames, ("user name changes", "user names change")),
        changing(effects, Class::Addresses, ("primary address changes", "primary addresses change")),
        changing(effects, Class::Clears, ("object loses a value", "objects lose a value")),
        loosened(effects),
        gone(effects),
        changing(
            effects,
            Class::Attributes,
            ("object gets another attribute", "objects get other attributes"),
        ),
        changing(
            effects,
            Class::Released,
            (
                "object keeps attributes that are no longer written",
                "objects keep attributes that are no longer written",
            ),
        ),
        entering(effects),
        settings(effects),
    ];
    let phrases: Vec<String> = phrases.into_iter().flatten().collect();
    match phrases.as_slice() {
        [] if effects.iter().any(|it| it.broken_off.is_some()) => {
            "not known: the directory was not read to its end".to_owned()
        }
        [] => "no effect: both versions want the same".to_owned(),
        [only] => format!("worst: {only}"),
        [worst, rest @ ..] => {
            format!("worst: {worst}; also: {}", rest.iter().take(3).cloned().collect::<Vec<_>>().join(", "))
        }
    }
}

fn of_class(effects: &[Effect], class: Class) -> Vec<&ObjectEffect> {
    effects.iter().flat_map(|it| it.of_class(class)).collect()
}

/// Admins who leave are said with those who leave.
fn admins(effects: &[Effect]) -> Option<String> {
    let staying = of_class(effects, Class::Admins).into_iter().filter(|it| !it.is_of(Class::Leaving)).count();
    (staying != 0).then(|| words::count(staying, "admin is touched", "admins are touched"))
}

fn leaving(effects: &[Effect]) -> Option<String> {
    let leaving = of_class(effects, Class::Leaving);
    let mut sentence = format!("{} scope", kinds(&leaving, ("leaves", "leave"))?);
    let of = |class: Class| leaving.iter().filter(|it| it.is_of(class)).count();
    let mut asides = Vec::new();
    match of(Class::Admins) {
        0 => (),
        1 if leaving.len() == 1 => asides.push("an admin".to_owned()),
        1 => asides.push("1 of them an admin".to_owned()),
        more => asides.push(format!("{more} of them admins")),
    }
    match of(Class::Licences) {
        0 => (),
        1 if leaving.len() == 1 => asides.push("with a licence".to_owned()),
        some => asides.push(format!("{some} with a licence")),
    }
    let absent = leaving.iter().filter(|it| it.id.is_none()).count();
    if absent != 0 && leaving.len() == 1 {
        asides.push("not in the tenant".to_owned());
    } else if absent != 0 {
        asides.push(format!("{absent} not in the tenant"));
    }
    if !asides.is_empty() {
        sentence += ", ";
        sentence += &asides.join(", ");
    }
    Some(sentence)
}

fn entering(effects: &[Effect]) -> Option<String> {
    Some(format!("{} scope", kinds(&of_class(effects, Class::Entering), ("enters", "enter"))?))
}

/// `12 people and 1 group leave`.
fn kinds(objects: &[&ObjectEffect], (one, many): (&str, &str)) -> Option<String> {
    let of = |kind: ObjectKind| objects.iter().filter(|it| it.kind == kind).count();
    let parts = [
        (of(ObjectKind::User), "person", "people"),
        (of(ObjectKind::Group), "group", "groups"),
        (of(ObjectKind::Contact), "contact", "contacts"),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(count, _, _)| *count != 0)
        .map(|(count, one, many)| words::count(count, one, many))
        .collect();
    let verb = if objects.len() == 1 { one } else { many };
    (!parts.is_empty()).then(|| format!("{} {verb}", parts.join(" and ")))
}

fn changing(effects: &[Effect], class: Class, (one, many): (&str, &str)) -> Option<String> {
    let count = of_class(effects, class).len();
    (count != 0).then(|| words::count(count, one, many))
}

fn loosened(effects: &[Effect]) -> Option<String> {
    let count = effects.iter().map(|it| it.loosened().count()).sum();
    (count != 0).then(|| words::count(count, "setting is loosened", "settings are loosened"))
}

fn gone(effects: &[Effect]) -> Option<String> {
    let count = effects.iter().filter(|it| matches!(it.presence, Presence::Gone { .. })).count();
    (count != 0).then(|| words::count(count, "policy is gone", "policies are gone"))
}

/// Said only if there is nothing else: otherwise the settings are what does the rest.
fn settings(effects: &[Effect]) -> Option<String> {
    let new = effects.iter().any(|it| it.presence == Presence::New && it.objects.is_empty());
    let quiet = effects.iter().all(|it| it.objects.is_empty() && it.loosened().next().is_none());
    if new && quiet {
        return Some("a policy is new, and nobody is in its scope".to_owned());
    }
    let count: usize = effects.iter().map(|it| it.settings.len()).sum();
    (quiet && count != 0)
        .then(|| format!("{}, and no object does", words::count(count, "setting changes", "settings change")))
}
