//! The made-up company on a real LDAP server, for `benches/ldap.sh`: the export that OpenLDAP's `slapadd` loads,
//! the attributes to ask for, and our own reading of that server.

use std::io::Write as _;
use std::time::{Duration, Instant};

use samesign::model::{Dn, Secret, well_known};
use samesign::source::ldap::{Bind, LdapDirectory, Settings, certificates_from_pem};
use samesign::source::{Quiet, Request};

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
