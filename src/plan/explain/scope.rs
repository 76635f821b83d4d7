//! The conditions of a scope one by one, and what each looked at.

use crate::model::{AttributeId, ObjectKind, ObjectView, well_known};
use crate::policy::{Base, Channel, Exclusion};

use super::input::Input;
use crate::plan::scoping::{Clause, OutOfScope, ReadyScope, Scoping, base_dn};

/// One condition of the scope, as it was asked of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The word of the condition, as the policy names it.
    pub word: &'static str,
    /// What the policy says, as it is written there.
    pub text: Vec<String>,
    /// Whether it holds.
    pub answer: Result<(), OutOfScope>,
    /// What made it hold or fail: the base that it lies below, the part of a filter that does not match.
    pub because: Option<String>,
    /// What was looked at.
    pub inputs: Vec<Input>,
}

/// All conditions, in the order in which they are asked; the first that fails decides.
pub(super) fn trace(scoping: &Scoping<'_>, view: ObjectView<'_>) -> Vec<Asked> {
    let Some(scope) = scoping.of(view.object().kind) else {
        let why = OutOfScope::Kind;
        let text = vec![format!("the policy has no `{}s`", view.object().kind)];
        return vec![Asked { word: why.word(), text, answer: Err(why), because: None, inputs: Vec::new() }];
    };
    scope.clauses().map(|it| asked(scope, it, view)).collect()
}

fn asked(scope: &ReadyScope<'_>, clause: Clause<'_>, view: ObjectView<'_>) -> Asked {
    let objects = view.objects();
    let dn = &view.object().dn;
    let mut because = None;
    let read = |attributes: &[AttributeId]| attributes.iter().map(|it| Input::of(view, *it)).collect();
    let (word, text, inputs): (_, _, Vec<Input>) = match clause {
        Clause::DefaultExclusions => {
            let found = Exclusion::of(view.object());
            because = found.map(|it| it.origin().to_owned());
            (
                "defaultExclusions",
                vec!["none of Entra Connect's default exclusions".to_owned()],
                found.map_or_else(Vec::new, |it| read(it.reads())),
            )
        }
        Clause::Bases(bases) => {
            let base = bases.iter().filter_map(|it| base_dn(it, objects)).find(|it| dn.is_within(it));
            because = base.map(|it| format!("below {it}"));
            ("bases", bases.iter().map(base_text).collect(), read(&[well_known::DISTINGUISHED_NAME]))
        }
        Clause::ExcludeBases(bases) => {
            let text = bases.iter().map(base_text).collect();
            ("excludeBases", text, read(&[well_known::DISTINGUISHED_NAME]))
        }
        Clause::Filter(filter) => {
            because = filter.failing(&view).map(|it| format!("{it} does not match"));
            ("filter", vec![filter.text().to_owned()], read(&filter.reads()))
        }
        Clause::Exclude(filter) => ("exclude", vec![filter.text().to_owned()], read(&filter.reads())),
        Clause::MemberOf(groups) => {
            let is_in = |it: &&crate::model::Dn| {
                objects.find_dn(it).is_some_and(|group| objects.is_member(view.index(), group))
            };
            because = groups.iter().find(is_in).map(|it| format!("member of {it}"));
            let text = groups.iter().map(ToString::to_string).collect();
            ("memberOf", text, read(&[well_known::MEMBER_OF]))
        }
        Clause::Anchor => {
            let text = vec!["mS-DS-ConsistencyGuid".to_owned()];
            ("anchor", text, read(&[well_known::CONSISTENCY_GUID]))
        }
        Clause::Channel(channel) => {
            let inputs = read(&[well_known::GROUP_TYPE, well_known::MAIL, well_known::PROXY_ADDRESSES]);
            let text = match (channel, view.object().kind) {
                (Channel::Graph, _) => "a security group without mail addresses",
                (Channel::DirectorySync, ObjectKind::Contact) => "a mail address",
                (Channel::DirectorySync, _) => "a security group, or a mail address",
            };
            ("channel", vec![text.to_owned()], inputs)
        }
    };
    Asked { word, text, answer: scope.ask(clause, view), because, inputs }
}

fn base_text(base: &Base) -> String {
    match base {
        Base::Dn(dn) => dn.to_string(),
        Base::Guid(guid) => format!("guid {guid}"),
    }
}
