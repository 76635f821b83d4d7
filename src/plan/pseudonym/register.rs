//! Which pseudonym stands for which text.
//!
//! It does not know where the texts stand.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::model::{Anchor, CloudId, Digest, Guid, ObjectKind};

use super::PseudonymKey;

/// What a pseudonym says of its text: the first that fits, whatever else the text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Label {
    User,
    Group,
    Contact,
    /// A distinguished name, or whatever else a directory calls something.
    Entry,
    /// What stands behind the `@` of an address.
    Domain,
    Value,
}

impl Label {
    const fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::Contact => "contact",
            Self::Entry => "entry",
            Self::Domain => "domain",
            Self::Value => "value",
        }
    }
}

impl From<ObjectKind> for Label {
    fn from(kind: ObjectKind) -> Self {
        match kind {
            ObjectKind::User => Self::User,
            ObjectKind::Group => Self::Group,
            ObjectKind::Contact => Self::Contact,
        }
    }
}

/// Takes texts and identities, and says what stands for them.
pub(super) trait Names {
    /// Stands for a text that has no parts.
    fn whole(&mut self, label: Label, text: &str) -> String;

    /// Stands for an anchor.
    fn anchor(&mut self, anchor: Anchor) -> Anchor;

    /// Stands for an id; for the one that stands for the anchor too, if the object's is known.
    fn id(&mut self, id: CloudId, anchor: Option<Anchor>) -> CloudId;

    /// Stands for a text. Of an address the protocol stays, which says whether it is the primary one, and its two parts
    /// have a pseudonym each: another domain is something to look at.
    fn text(&mut self, label: Label, text: &str) -> String {
        let protocol = PROTOCOLS.iter().find(|it| text.starts_with(**it)).copied().unwrap_or("");
        let rest = &text[protocol.len()..];
        let parts = rest.split_once('@').filter(|(local, domain)| {
            let is_part =
                |it: &str| !it.is_empty() && !it.contains(|it: char| it == '@' || it.is_whitespace());
            is_part(local) && is_part(domain)
        });
        match parts {
            Some((local, domain)) => {
                let local = self.whole(label, local);
                let domain = self.whole(Label::Domain, &domain.to_lowercase());
                format!("{protocol}{local}@{domain}")
            }
            // There is nothing to hide in nothing.
            None if rest.is_empty() => protocol.to_owned(),
            None => format!("{protocol}{}", self.whole(label, rest)),
        }
    }
}

/// Of mail addresses, in capitals of the primary one.
const PROTOCOLS: [&str; 6] = ["SMTP:", "smtp:", "SIP:", "sip:", "X500:", "x500:"];

/// Learns what there is to stand for.
#[derive(Default)]
pub(super) struct Learning {
    texts: BTreeMap<String, Label>,
    anchors: BTreeSet<Anchor>,
    ids: BTreeMap<CloudId, Option<Anchor>>,
}

impl Names for Learning {
    fn whole(&mut self, label: Label, text: &str) -> String {
        match self.texts.get_mut(text) {
            Some(known) => *known = label.min(*known),
            None => drop(self.texts.insert(text.to_owned(), label)),
        }
        String::new()
    }

    fn anchor(&mut self, anchor: Anchor) -> Anchor {
        self.anchors.insert(anchor);
        anchor
    }

    fn id(&mut self, id: CloudId, anchor: Option<Anchor>) -> CloudId {
        self.anchors.extend(anchor);
        let known = self.ids.entry(id).or_default();
        *known = known.or(anchor);
        id
    }
}

/// Gives pseudonyms.
///
/// They are numbers, so nothing can be computed back from one. Lists of a plan are ordered by name, and numbers in that
/// order would tell everybody who has a list of all names: their order is that of a digest with a key that nobody has.
pub(super) struct Giving {
    texts: HashMap<String, String>,
    anchors: HashMap<Anchor, u128>,
    ids: HashMap<CloudId, u128>,
}

impl Giving {
    pub(super) fn new(learned: Learning, key: &PseudonymKey) -> Self {
        let Learning { texts, anchors, ids } = learned;
        let place = |bytes: &[u8]| Digest::of_fields([key.as_slice(), bytes]);
        let mut by_label: BTreeMap<Label, Vec<(Digest, String)>> = BTreeMap::new();
        for (text, label) in texts {
            by_label.entry(label).or_default().push((place(text.as_bytes()), text));
        }
        let mut given = HashMap::new();
        for (label, mut texts) in by_label {
            texts.sort_unstable();
            // All as long as the longest, so that they are ordered as texts as well.
            let width = texts.len().to_string().len();
            let numbered = (1_usize..).zip(texts);
            given.extend(numbered.map(|(at, (_, text))| (text, format!("{}-{at:0width$}", label.word()))));
        }
        let unlinked = ids.iter().filter(|it| it.1.is_none()).map(|(id, _)| (place(id.as_bytes()), Err(*id)));
        let of_anchors = anchors.into_iter().map(|it| (place(it.guid().as_bytes()), Ok(it)));
        let mut objects: Vec<(Digest, Result<Anchor, CloudId>)> = of_anchors.chain(unlinked).collect();
        objects.sort_unstable();
        let numbers: BTreeMap<Result<Anchor, CloudId>, u128> =
            objects.into_iter().map(|it| it.1).zip(1..).collect();
        let ids = ids.iter().map(|(id, anchor)| (*id, numbers[&anchor.ok_or(*id)])).collect();
        let anchors = numbers.into_iter().filter_map(|(of, number)| Some((of.ok()?, number))).collect();
        Self { texts: given, anchors, ids }
    }
}

impl Names for Giving {
    fn whole(&mut self, _: Label, text: &str) -> String {
        self.texts.get(text).expect("the walk that learns meets all texts").clone()
    }

    fn anchor(&mut self, anchor: Anchor) -> Anchor {
        let number = self.anchors.get(&anchor).expect("the walk that learns meets all anchors");
        Anchor::from_guid(Guid::from_bytes(number.to_be_bytes()))
    }

    fn id(&mut self, id: CloudId, _: Option<Anchor>) -> CloudId {
        let number = self.ids.get(&id).expect("the walk that learns meets all ids");
        CloudId::from_uuid(uuid::Uuid::from_u128(*number))
    }
}
