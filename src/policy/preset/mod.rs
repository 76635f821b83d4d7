//! The flows that every policy starts with: those of Entra Connect, as far as a channel can write them
//! (graph-tenant reference, 9.2, 9.3 and appendix A).
//!
//! `accountEnabled` is not among them: the lifecycle decides it. `usageLocation` has no source in Entra Connect
//! either.

mod directory_sync;
mod graph;

pub use self::directory_sync::{NOT_SENT, StandardCopy, standard_copy};

use crate::model::{AttributeNamesBuilder, ObjectKind, Property};

use super::channel::Channel;
use super::flow::{Authority, Builtin, Flow, FlowOrigin, FlowSource, Missing};

/// The flows of one kind of object, in the order of `Property::ALL`; `list` is the name that the policy gave them.
pub fn preset_flows(
    channel: Channel,
    kind: ObjectKind,
    list: &str,
    names: &mut AttributeNamesBuilder,
) -> Vec<Flow> {
    let mut preset = Preset { channel, list, names, flows: Vec::new() };
    match channel {
        Channel::Graph => graph::fill(kind, &mut preset),
        Channel::DirectorySync => {
            graph::fill(kind, &mut preset);
            directory_sync::fill(kind, &mut preset);
        }
    }
    let mut flows = preset.flows;
    flows.retain(|it| channel.writes(kind, it.to));
    flows.sort_by_key(|it| it.to);
    flows
}

/// A preset that is being put together.
struct Preset<'a> {
    channel: Channel,
    list: &'a str,
    names: &'a mut AttributeNamesBuilder,
    flows: Vec<Flow>,
}

impl Preset<'_> {
    /// A plain copy.
    fn copy(&mut self, to: Property, attribute: &str) {
        let id = self.intern(attribute);
        self.push(to, FlowSource::Copy(id), self.missing(to), attribute);
    }

    /// A rule that is more than a copy, and the words for it.
    fn rule(&mut self, to: Property, rule: Builtin, words: &str) {
        self.push(to, FlowSource::Builtin(rule), self.missing(to), words);
    }

    fn missing(&self, to: Property) -> Missing {
        if self.channel.clears(to) { Missing::Empty } else { Missing::Skip }
    }

    /// A flow; a later one to the same property takes the place of an earlier one.
    fn push(&mut self, to: Property, source: FlowSource, missing: Missing, words: &str) {
        self.flows.retain(|it| it.to != to);
        let origin = FlowOrigin { list: self.list.to_owned(), text: words.to_owned() };
        self.flows.push(Flow { to, source, authority: Authority::Directory, missing, origin });
    }

    fn intern(&mut self, attribute: &str) -> crate::model::AttributeId {
        self.names.intern(attribute).expect("the preset comes before 65,535 other names or repeats one")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flows(channel: Channel, kind: ObjectKind) -> Vec<Flow> {
        preset_flows(channel, kind, "default", &mut AttributeNamesBuilder::new())
    }

    fn without(channel: Channel, kind: ObjectKind) -> Vec<&'static str> {
        let flows = flows(channel, kind);
        let is_missing =
            |it: &&Property| channel.writes(kind, **it) && !flows.iter().any(|flow| flow.to == **it);
        Property::ALL.iter().filter(is_missing).map(|it| it.name()).collect()
    }

    #[test]
    fn every_property_that_a_channel_writes_has_a_flow_or_a_reason() {
        assert_eq!(
            without(Channel::Graph, ObjectKind::User),
            ["accountEnabled", "usageLocation", "otherMails"]
        );
        assert_eq!(without(Channel::Graph, ObjectKind::Group), ["securityEnabled"]);
        // The first two as above. A photo is 10 KB: whoever wants to send those of everybody says so.
        let user = ["accountEnabled", "usageLocation", "thumbnailPhoto"];
        assert_eq!(without(Channel::DirectorySync, ObjectKind::User), user);
        assert_eq!(without(Channel::DirectorySync, ObjectKind::Group), [""; 0]);
        assert_eq!(without(Channel::DirectorySync, ObjectKind::Contact), ["thumbnailPhoto"]);
    }

    #[test]
    fn what_cannot_be_cleared_is_skipped() {
        let missing = |channel| {
            let flows = flows(channel, ObjectKind::User);
            flows.into_iter().find(|it| it.to == Property::Mail).unwrap().missing
        };
        assert_eq!(missing(Channel::Graph), Missing::Skip);
        assert_eq!(missing(Channel::DirectorySync), Missing::Empty);
    }
}
