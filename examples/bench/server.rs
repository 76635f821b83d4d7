//! The made-up company on real servers: the exports that OpenLDAP's `slapadd` and Samba's `ldbadd` load, the seed of a
//! sandbox tenant, and for `benches/ldap.sh` the attributes to ask for and our own reading.

use std::io::Write as _;
use std::time::{Duration, Instant};

use samesign::model::{DirectoryEntry, Dn, Secret, well_known};
use samesign::source::ldap::{Bind, LdapDirectory, Settings, certificates_from_pem};
use samesign::source::{Quiet, Request};

use crate::seed::Master;
use crate::world::{Drift, World, ldif};

/// Writes all entries to the standard output, those that others lie below first.
pub(super) fn export(world: World) {
    let (_, names) = world.policy();
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut write = |text: &str| out.write_all(text.as_bytes()).expect("somebody reads");
    for container in World::containers() {
        write(&container);
    }
    let mut text = String::new();
    // The first two are containers, which are already there.
    for entry in world.entries(&names, Drift::None).skip(2) {
        text.clear();
        ldif(&entry, &names, &mut text);
        let is_group = entry.attributes.values(well_known::OBJECT_CLASS).any(|it| it == b"group");
        let category = if is_group { "group" } else { "person" };
        write(text.trim_end_matches('\n'));
        write(&format!("\nobjectCategory: {category}\n\n"));
    }
    out.flush().expect("somebody reads");
}

/// What a domain controller gives itself, or Active Directory has only with Exchange.
const NOT_FOR_SAMBA: &[&str] =
    &["objectGUID", "distinguishedName", "whenChanged", "primaryGroupID", "accountExpires", "mailNickname"];

/// Writes changes to the standard output that fill a domain of Samba with `ldbmodify`: first everybody, then the references
/// between them.
pub(super) fn export_for_samba(world: World) {
    let (_, names) = world.policy();
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut write = |text: &str| out.write_all(text.as_bytes()).expect("somebody reads");
    let mut add = |lines: &mut dyn Iterator<Item = &str>| {
        let (dn, rest) = (lines.next().expect("a name"), lines.collect::<Vec<_>>().join("\n"));
        write(&format!("{dn}\nchangetype: add\n{rest}\n\n"));
    };
    // The first is the domain itself, the first two of the entries are among them.
    World::containers().iter().skip(1).for_each(|it| add(&mut it.trim_end().lines()));
    let written = |entry: &DirectoryEntry| {
        let mut text = String::new();
        ldif(entry, &names, &mut text);
        text
    };
    let is = |line: &str, name: &str| line.split(':').next() == Some(name);
    for entry in world.entries(&names, Drift::None).skip(2) {
        let leave_out = |line: &str| ["manager", "member"].iter().chain(NOT_FOR_SAMBA).any(|it| is(line, it));
        add(&mut written(&entry).trim_end().lines().filter(|it| !leave_out(it)));
    }
    for entry in world.entries(&names, Drift::None).skip(2) {
        let text = written(&entry);
        let dn = text.lines().next().expect("a name");
        for name in ["manager", "member"] {
            let values: Vec<&str> = text.lines().filter(|it| is(it, name)).collect();
            if !values.is_empty() {
                write(&format!("{dn}\nchangetype: modify\nadd: {name}\n{}\n-\n\n", values.join("\n")));
            }
        }
    }
    out.flush().expect("somebody reads");
}

/// Writes the tenant as it is after a first run, as the seed of a sandbox.
pub(super) fn seed(world: World) {
    let seed = crate::seed::seed(&world.tenant(), Master::Directory);
    std::io::stdout().lock().write_all(seed.as_bytes()).expect("somebody reads");
}

/// What a reading asks for, one name a line.
pub(super) fn attributes(world: World) -> Vec<String> {
    let (_, names) = world.policy();
    let wanted = names.iter().filter(|it| it.0 != well_known::MEMBER_OF).map(|it| it.1.to_owned());
    wanted.chain(["uSNChanged".to_owned()]).collect()
}

/// Reads everything: how many objects, and how long it took.
pub(super) fn read(server: &str, ca_file: &str, user: &str, password: &str) -> (usize, Duration) {
    #[expect(clippy::disallowed_methods, reason = "the certificate of the script's own server")]
    let pem = std::fs::read(ca_file).expect("a file of certificates");
    let bind = Bind::Simple { user: user.to_owned(), password: Secret::new(password.to_owned()) };
    let mut settings = Settings::new("corp.example.com".to_owned(), bind);
    settings.servers = vec![server.parse().expect("host:port")];
    settings.ca = Some(certificates_from_pem(&pem).expect("certificates"));
    settings.search_bases = vec!["DC=corp,DC=example,DC=com".parse::<Dn>().expect("a name")];
    let (_, names) = World { users: 1_000, house_rule: false }.policy();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let start = Instant::now();
    let directory = LdapDirectory::new(settings);
    let snapshot = runtime.block_on(directory.read(&Request { names }, &Quiet)).expect("a whole reading");
    (snapshot.objects().len(), start.elapsed())
}
