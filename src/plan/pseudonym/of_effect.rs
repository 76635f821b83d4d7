//! The effect of a change of policy, in which nobody can be recognised.

use super::of_plan::text_of;
use super::register::{Label, Names};
use crate::plan::{
    Effect, ObjectEffect, OutOfScope, Passage, PropertyEffect, SettingChange, Wanted, WhyAlone,
};

pub(super) fn effect(effect: &Effect, names: &mut dyn Names) -> Effect {
    let Effect { policy, directory, tenant, presence, settings, objects, roles_unknown, broken_off } = effect;
    let mut objects: Vec<ObjectEffect> = objects.iter().map(|it| object(it, names)).collect();
    // The order from before is that of the names.
    objects.sort_by(|a, b| (a.kind, &a.name, &a.dn).cmp(&(b.kind, &b.name, &b.dn)));
    // What a server answered is quoted in both.
    let not_told = |it: &Option<String>| it.as_ref().map(|_| "why is not told under pseudonyms".to_owned());
    Effect {
        policy: policy.clone(),
        directory: directory.clone(),
        tenant: tenant.clone(),
        presence: *presence,
        settings: settings.iter().map(|it| setting(it, names)).collect(),
        objects,
        roles_unknown: not_told(roles_unknown),
        broken_off: not_told(broken_off),
    }
}

fn setting(change: &SettingChange, names: &mut dyn Names) -> SettingChange {
    let SettingChange { setting, before, after, loosened } = change;
    let mut side = |it: &str| {
        if SettingChange::names_nobody(setting, it) { it.to_owned() } else { names.whole(Label::Value, it) }
    };
    SettingChange {
        before: side(before),
        after: side(after),
        setting: SettingChange::without_name(setting).to_owned(),
        loosened: *loosened,
    }
}

fn object(object: &ObjectEffect, names: &mut dyn Names) -> ObjectEffect {
    let ObjectEffect { kind, name, dn, id, roles, licences, passage, changes } = object;
    ObjectEffect {
        kind: *kind,
        name: names.text((*kind).into(), name),
        dn: names.text(Label::Entry, dn),
        id: id.map(|it| names.id(it, None)),
        // Roles are the tenant's own and of Microsoft, and what is worst of a change.
        roles: roles.clone(),
        licences: *licences,
        passage: match passage {
            Passage::Stays => Passage::Stays,
            Passage::Enters(why) => Passage::Enters(why.as_ref().map(|it| condition(it, names))),
            Passage::Leaves(why) => Passage::Leaves(why.as_ref().map(|it| condition(it, names))),
        },
        changes: changes.iter().map(|it| property(it, names)).collect(),
    }
}

fn condition(why: &OutOfScope, names: &mut dyn Names) -> OutOfScope {
    match why {
        OutOfScope::ExcludeBases(base) => OutOfScope::ExcludeBases(names.text(Label::Entry, base)),
        OutOfScope::Exclude(filter) => OutOfScope::Exclude(names.whole(Label::Value, filter)),
        OutOfScope::Kind
        | OutOfScope::Excluded(_)
        | OutOfScope::Bases
        | OutOfScope::Filter
        | OutOfScope::MemberOf
        | OutOfScope::NoAnchor
        | OutOfScope::NotWritable(_) => why.clone(),
    }
}

fn property(effect: &PropertyEffect, names: &mut dyn Names) -> PropertyEffect {
    let PropertyEffect { property, before, after, tenant } = effect;
    PropertyEffect {
        property: *property,
        before: wanted(effect, before, names),
        after: wanted(effect, after, names),
        tenant: tenant.as_ref().map(|it| values(effect, it, names)),
    }
}

fn wanted(effect: &PropertyEffect, wanted: &Wanted, names: &mut dyn Names) -> Wanted {
    match wanted {
        Wanted::Values(it) => Wanted::Values(values(effect, it, names)),
        Wanted::LeftAlone(why) => Wanted::LeftAlone(WhyAlone::without_value(why).to_owned()),
    }
}

fn values(effect: &PropertyEffect, values: &[String], names: &mut dyn Names) -> Vec<String> {
    let mut values: Vec<String> = values.iter().map(|it| text_of(effect.property, it, names)).collect();
    values.sort();
    values
}
