//! One object of a reading as filters and expressions see it: its values, and where its links lead.
//!
//! It does not know what is asked, nor how a reading comes about.

use super::attributes::{AttributeId, AttributeNames, Values, well_known};
use super::directory::{DirectoryObject, DirectoryObjects, ObjectIndex};
use super::dn::Dn;

/// What a filter or an expression may ask about one object.
pub trait Facts: Sync {
    /// The attributes that can be asked for.
    fn names(&self) -> &AttributeNames;

    /// The values of one attribute; none for `member` and `memberOf`, which are links.
    fn values(&self, attribute: AttributeId) -> Values<'_>;

    /// Whether the object has any value of `attribute`, links included.
    fn has(&self, attribute: AttributeId) -> bool;

    /// Whether `attribute` (`member`, `memberOf`, `manager` or another attribute with DN values) names
    /// `target`, or with `chain` leads to it over any number of steps (1.2.840.113556.1.4.1941).
    fn links_to(&self, attribute: AttributeId, target: &Dn, chain: bool) -> bool;
}

/// One object of a reading together with the objects around it.
#[derive(Clone, Copy, Debug)]
pub struct ObjectView<'a> {
    objects: &'a DirectoryObjects,
    at: ObjectIndex,
}

impl<'a> ObjectView<'a> {
    pub(super) const fn new(objects: &'a DirectoryObjects, at: ObjectIndex) -> Self {
        Self { objects, at }
    }

    /// The object.
    pub fn object(&self) -> &'a DirectoryObject {
        self.objects.get(self.at)
    }

    /// Its place.
    pub const fn index(&self) -> ObjectIndex {
        self.at
    }

    /// The reading it belongs to.
    pub const fn objects(&self) -> &'a DirectoryObjects {
        self.objects
    }

    fn linked(&self, at: ObjectIndex, attribute: AttributeId) -> Vec<ObjectIndex> {
        let object = self.objects.get(at);
        match attribute {
            well_known::MEMBER => object.members.to_vec(),
            well_known::MEMBER_OF => object.member_of.to_vec(),
            other => {
                object.attributes.values(other).filter_map(|it| self.objects.find_dn(&dn_of(it)?)).collect()
            }
        }
    }

    fn names_directly(&self, at: ObjectIndex, attribute: AttributeId, target: &Dn) -> bool {
        let object = self.objects.get(at);
        match attribute {
            well_known::MEMBER_OF => {
                self.objects.find_dn(target).is_some_and(|it| object.member_of.binary_search(&it).is_ok())
            }
            well_known::MEMBER => match self.objects.find_dn(target) {
                Some(it) => object.members.binary_search(&it).is_ok(),
                None => object.members_not_read.binary_search(target).is_ok(),
            },
            other => object.attributes.values(other).any(|it| dn_of(it).as_ref() == Some(target)),
        }
    }
}

fn dn_of(value: &[u8]) -> Option<Dn> {
    std::str::from_utf8(value).ok()?.parse().ok()
}

impl Facts for ObjectView<'_> {
    fn names(&self) -> &AttributeNames {
        self.objects.names()
    }

    fn values(&self, attribute: AttributeId) -> Values<'_> {
        self.object().attributes.values(attribute)
    }

    fn has(&self, attribute: AttributeId) -> bool {
        let object = self.object();
        match attribute {
            well_known::MEMBER => !object.members.is_empty() || !object.members_not_read.is_empty(),
            well_known::MEMBER_OF => !object.member_of.is_empty(),
            other => !object.attributes.values(other).is_empty(),
        }
    }

    fn links_to(&self, attribute: AttributeId, target: &Dn, chain: bool) -> bool {
        // The usual question, answered without allocating.
        let direct = self.names_directly(self.at, attribute, target);
        if direct || !chain {
            return direct;
        }
        let mut seen = vec![self.at];
        let mut next = 0;
        while let Some(current) = seen.get(next).copied() {
            next += 1;
            if self.names_directly(current, attribute, target) {
                return true;
            }
            for it in self.linked(current, attribute) {
                if !seen.contains(&it) {
                    seen.push(it);
                }
            }
        }
        false
    }
}
