//! Two domain controllers of one domain, whose people have passwords, and accounts that may replicate these or not.
//!
//! They are joined once and kept as an archive, as the single controller is. Nothing is replicated between them
//! unless a test asks for it.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::{ADMIN_PASSWORD, BASE, Lab, SERVICE_PASSWORD, home, run};

/// Replicating Directory Changes, and … All.
const RIGHTS: [&str; 2] =
    ["OA;;CR;1131f6aa-9c07-11d1-f79f-00c04fc2dcd2", "OA;;CR;1131f6ad-9c07-11d1-f79f-00c04fc2dcd2"];

/// Two controllers.
pub(crate) struct Pair {
    /// Has the service principal name `ldap/…`.
    pub(crate) one: Lab,
    /// Has `HOST/…` only, as all have that just joined.
    pub(crate) two: Lab,
}

impl Pair {
    /// People with passwords: `User 000` and so on.
    pub(crate) const PEOPLE: usize = 120;

    /// The pair that tests share which change nothing.
    pub(crate) fn start() -> &'static Self {
        static PAIR: OnceLock<Pair> = OnceLock::new();
        PAIR.get_or_init(Self::own)
    }

    /// Both as they were when the second had just joined, by their names as extensions.
    pub(super) fn archive() -> &'static Path {
        static ARCHIVE: OnceLock<PathBuf> = OnceLock::new();
        ARCHIVE.get_or_init(|| join(&super::archive()))
    }

    /// The first of them alone, which nobody else uses.
    pub(crate) fn first() -> Lab {
        Lab::launch(&Self::archive().with_extension("DC1"), "DC1")
    }

    /// A pair that nobody else uses.
    pub(crate) fn own() -> Self {
        let began = Instant::now();
        let archive = Self::archive();
        let joined = began.elapsed();
        let launch = |name| Lab::launch(&archive.with_extension(name), name);
        // Both take the same time to start.
        let (one, two) = std::thread::scope(|scope| {
            let one = scope.spawn(|| launch("DC1"));
            let two = launch("DC2");
            (one.join().unwrap(), two)
        });
        let all = began.elapsed();
        eprintln!(
            "samba pair on {} and {}: joined in {joined:.1?}, ready after {all:.1?}",
            one.address, two.address
        );
        Self { one, two }
    }

    /// Lets the second controller know what the first knows.
    pub(crate) fn replicate(&self) {
        let administrator = format!("CORP\\Administrator%{ADMIN_PASSWORD}");
        self.two.samba_tool(&[
            "drs",
            "replicate",
            "dc2",
            &self.one.address,
            BASE,
            "--local",
            "-U",
            &administrator,
        ]);
    }
}

/// The archives of the pair, with the names of the controllers for extensions.
fn join(base: &Path) -> PathBuf {
    let digest = Sha256::digest([include_bytes!("pair.rs"), base.as_os_str().as_encoded_bytes()].concat());
    let digest = u64::from_be_bytes(*digest.first_chunk().unwrap());
    let archive = home().join(format!("{digest:016x}.pair"));
    if archive.with_extension("DC2").exists() {
        return archive;
    }
    let one = Lab::launch(base, "DC1");
    populate(&one);
    let second = tempfile::tempdir_in(home()).unwrap();
    let tree = join_as("DC", "DC2", &one, second.path());
    one.stop();
    pack(&one.directory, &archive.with_extension("DC1"));
    pack(&tree, &archive.with_extension("DC2"));
    archive
}

/// Makes the files of a controller that joins another in a role of Samba's.
pub(super) fn join_as(role: &str, name: &str, other: &Lab, folder: &Path) -> PathBuf {
    let tree = folder.join("tree");
    let mut command = Command::new("samba-tool");
    command.args(["domain", "join", Lab::DOMAIN, role, "-U", "CORP\\Administrator", "-W", "CORP"]);
    command.arg(format!("--password={ADMIN_PASSWORD}")).arg(format!("--server={}", other.address));
    command.arg("--dns-backend=NONE").arg("--targetdir").arg(&tree);
    command.arg(format!("--option=netbios name={name}")).arg("--option=interfaces=127.0.0.2/8");
    run(other.sealed(command.arg("--option=bind interfaces only=yes")), "samba-tool domain join");
    fs::copy(&other.keytab, tree.join("svc-samesign.keytab")).unwrap();
    tree
}

/// Under its name only when it is whole.
pub(super) fn pack(tree: &Path, archive: &Path) {
    let partial = archive.with_extension("partial");
    let parts = ["private", "state", "bind-dns", "svc-samesign.keytab"];
    run(Command::new("tar").arg("-C").arg(tree).arg("-cf").arg(&partial).args(parts), "packing a controller");
    fs::rename(partial, archive).unwrap();
}

/// Passwords for people, and the accounts that replicate.
fn populate(lab: &Lab) {
    let mut ldif = String::new();
    for number in 0..Pair::PEOPLE {
        let dn = format!("CN=User {number:03},OU=Staff,{BASE}");
        writeln!(ldif, "dn: {dn}\n{}\n", new_password(&format!("Pässw0rd of {number}"))).unwrap();
    }
    for account in ["svc-replica", "svc-half", "svc-later"] {
        writeln!(ldif, "dn: CN={account},CN=Users,{BASE}\nchangetype: add\nobjectClass: user").unwrap();
        writeln!(ldif, "sAMAccountName: {account}\nuserPrincipalName: {account}@{}", Lab::DOMAIN).unwrap();
        writeln!(ldif, "unicodePwd:: {}\nuserAccountControl: 66048\n", quoted(SERVICE_PASSWORD)).unwrap();
    }
    writeln!(
        ldif,
        "dn: CN=User 001,OU=Staff,{BASE}\nchangetype: modify\nreplace: pwdLastSet\npwdLastSet: 0\n"
    )
    .unwrap();
    lab.modify(&ldif);
    let [changes, secrets] = RIGHTS;
    for (account, right) in [("svc-replica", changes), ("svc-replica", secrets), ("svc-half", changes)] {
        lab.set_right_of(account, BASE, right);
    }
    let principal = "--principal=svc-replica@CORP.EXAMPLE.COM";
    lab.samba_tool(&["domain", "exportkeytab", &lab.keytab.display().to_string(), principal]);
}

/// A change of a password by an administrator ([MS-ADTS] 3.1.1.3.1.5.2), as lines of LDIF.
pub(crate) fn new_password(password: &str) -> String {
    format!("changetype: modify\nreplace: unicodePwd\nunicodePwd:: {}", quoted(password))
}

/// A password as `unicodePwd` takes it, in base64.
pub(crate) fn quoted(password: &str) -> String {
    let bytes: Vec<u8> = format!("\"{password}\"").encode_utf16().flat_map(u16::to_le_bytes).collect();
    STANDARD.encode(bytes)
}
