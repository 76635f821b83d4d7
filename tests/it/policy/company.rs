//! A handful of objects in memory for the tests of policies; it knows nothing of LDIF.

use samesign::model::{
    AttributeNamesBuilder, AttributesBuilder, DirectoryEntry, DirectoryObjects, Dn, ObjectView,
    PartialDirectory, Watermark,
};

pub(super) const ADA: &str = "CN=Lovelace\\, Ada,OU=Staff,DC=corp,DC=example";
pub(super) const STAFF: &str = "CN=Staff,OU=Groups,DC=corp,DC=example";
pub(super) const EVERYBODY: &str = "CN=Everybody,OU=Groups,DC=corp,DC=example";
pub(super) const CHARLES: &str = "CN=Charles,OU=Staff,DC=corp,DC=example";

/// Entries under construction.
pub(super) struct Company {
    names: AttributeNamesBuilder,
    entries: Vec<DirectoryEntry>,
}

impl Company {
    pub(super) fn new(names: AttributeNamesBuilder) -> Self {
        Self { names, entries: Vec::new() }
    }

    pub(super) fn entry(mut self, dn: &str, values: &[(&str, &[u8])], members: &[&str]) -> Self {
        let mut attributes = AttributesBuilder::default();
        let number = u8::try_from(self.entries.len() + 1).unwrap();
        if !values.iter().any(|(name, _)| *name == "objectGUID") {
            attributes.push(self.names.intern("objectGUID").unwrap(), &[number; 16]);
        }
        for (name, value) in values {
            attributes.push(self.names.intern(name).unwrap(), value);
        }
        let members = members.iter().map(|it| it.parse().unwrap()).collect();
        self.entries.push(DirectoryEntry {
            dn: dn.parse().unwrap(),
            attributes: attributes.finish(),
            members,
        });
        self
    }

    pub(super) fn read(self) -> Objects {
        let mut reading = PartialDirectory::new(self.names.finish());
        self.entries.into_iter().for_each(|it| reading.push(it));
        Objects(reading.finish(Watermark::default()))
    }
}

/// The objects, by name.
pub(super) struct Objects(samesign::model::DirectorySnapshot);

impl Objects {
    pub(super) fn all(&self) -> &DirectoryObjects {
        self.0.objects()
    }

    pub(super) fn named(&self, dn: &str) -> ObjectView<'_> {
        let dn: Dn = dn.parse().unwrap();
        self.all().view(self.all().find_dn(&dn).unwrap())
    }
}

/// Ada, who is disabled and has odd values, in a group within a group.
pub(super) fn company(names: AttributeNamesBuilder) -> Objects {
    let ada: &[(&str, &[u8])] = &[
        ("objectClass", b"top"),
        ("objectClass", b"user"),
        ("objectGUID", b"\x78\x56\x34\x12\xbc\x9a\xf0\xde\x11\x22\x33\x44\x55\x66\x77\x88"),
        ("objectSid", &[1, 2, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 0xf4, 1, 0, 0]),
        ("objectCategory", b"CN=Person,CN=Schema,CN=Configuration,DC=corp,DC=example"),
        ("distinguishedName", ADA.as_bytes()),
        ("sAMAccountName", b"ada"),
        ("userPrincipalName", b"Ada@Corp.Example"),
        ("displayName", "Ada Lövelace (Ä)".as_bytes()),
        ("givenName", b"Ada"),
        ("sn", b"Lovelace"),
        ("mail", b"ada@example.com"),
        ("proxyAddresses", b"SMTP:ada@example.com"),
        ("proxyAddresses", b"smtp:lovelace@example.com"),
        ("userAccountControl", b"514"),
        ("accountExpires", b"9223372036854775807"),
        ("whenChanged", b"20261122091400.0Z"),
        ("msExchHideFromAddressLists", b"TRUE"),
        ("manager", CHARLES.as_bytes()),
        ("unixHomeDirectory", b"/home/Ada"),
        ("thumbnailPhoto", b"\xff\xd8\x00"),
        ("employeeNumber", b"007"),
        ("badPwdCount", b"many"),
    ];
    let charles: &[(&str, &[u8])] = &[("objectClass", b"user"), ("sAMAccountName", b"charles")];
    let staff: &[(&str, &[u8])] =
        &[("objectClass", b"group"), ("sAMAccountName", b"staff"), ("groupType", b"-2147483646")];
    let everybody: &[(&str, &[u8])] = &[("objectClass", b"group"), ("sAMAccountName", b"everybody")];
    Company::new(names)
        .entry(ADA, ada, &[])
        .entry(CHARLES, charles, &[])
        .entry(STAFF, staff, &[ADA])
        .entry(EVERYBODY, everybody, &[STAFF])
        .read()
}
