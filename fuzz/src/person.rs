//! Somebody on whom filters and expressions are evaluated.
//!
//! It does not know how a directory is read.

use samesign::model::{
    AttributeNamesBuilder, AttributesBuilder, DirectoryEntry, DirectorySnapshot, Dn, ObjectView,
    PartialDirectory, Watermark,
};

const NAME: &str = "CN=Lovelace\\, Ada,OU=Staff,DC=corp,DC=example";
const VALUES: [(&str, &[u8]); 12] = [
    ("objectClass", b"user"),
    ("objectGUID", &[1; 16]),
    ("objectSid", &[1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0]),
    ("sAMAccountName", b"ada"),
    ("givenName", b"Ada"),
    ("sn", "Lövelace".as_bytes()),
    ("mail", b"ada@example.com"),
    ("proxyAddresses", b"SMTP:ada@example.com"),
    ("proxyAddresses", b"smtp:lovelace@example.com"),
    ("userAccountControl", b"514"),
    ("whenChanged", b"20260101000000.0Z"),
    ("thumbnailPhoto", &[0xff, 0xd8, 0]),
];

/// A directory of one object.
pub struct Person {
    snapshot: DirectorySnapshot,
}

impl Person {
    /// A person whose attributes have these numbers.
    pub fn new(mut names: AttributeNamesBuilder) -> Self {
        let mut attributes = AttributesBuilder::default();
        for (name, value) in VALUES {
            // There is room for so many names, which a policy may have taken up.
            let Ok(id) = names.intern(name) else { continue };
            attributes.push(id, value);
        }
        let mut reading = PartialDirectory::new(names.finish());
        let dn = NAME.parse().expect("a distinguished name");
        reading.push(DirectoryEntry { dn, attributes: attributes.finish(), members: Vec::new() });
        Self { snapshot: reading.finish(Watermark::default()) }
    }

    /// The person.
    pub fn view(&self) -> ObjectView<'_> {
        let dn: Dn = NAME.parse().expect("a distinguished name");
        let objects = self.snapshot.objects();
        objects.view(objects.find_dn(&dn).expect("the only object"))
    }
}
