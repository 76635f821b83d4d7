//! A read-only domain controller of the domain of the pair, which the pair does not know of.
//!
//! It holds the passwords of the accounts of the program and of nobody else, so that these can sign in there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use sha2::{Digest, Sha256};

use super::pair::{join_as, pack};
use super::{ADMIN_PASSWORD, Lab, Pair, home, run};

const ACCOUNTS: [&str; 2] = ["svc-samesign", "svc-replica"];

impl Lab {
    /// One that nobody else uses.
    pub(crate) fn read_only() -> Self {
        static ARCHIVE: OnceLock<PathBuf> = OnceLock::new();
        Self::launch(ARCHIVE.get_or_init(|| join(Pair::archive())), "DC3")
    }
}

fn join(pair: &Path) -> PathBuf {
    let digest =
        Sha256::digest([include_bytes!("read_only.rs"), pair.as_os_str().as_encoded_bytes()].concat());
    let digest = u64::from_be_bytes(*digest.first_chunk().unwrap());
    let archive = home().join(format!("{digest:016x}.DC3"));
    if archive.exists() {
        return archive;
    }
    let one = Lab::launch(&pair.with_extension("DC1"), "DC1");
    one.samba_tool(&["group", "addmembers", "Allowed RODC Password Replication Group", &ACCOUNTS.join(",")]);
    let folder = tempfile::tempdir_in(home()).unwrap();
    let tree = join_as("RODC", "DC3", &one, folder.path());
    for account in ACCOUNTS {
        let mut command = Command::new("samba-tool");
        command.args(["rodc", "preload", account, &format!("--server={}", one.address)]);
        command.arg("-U").arg(format!("CORP\\Administrator%{ADMIN_PASSWORD}"));
        run(one.sealed(command.arg("-s").arg(tree.join("etc/smb.conf"))), "samba-tool rodc preload");
    }
    one.stop();
    pack(&tree, &archive);
    fs::remove_dir_all(&one.directory).unwrap();
    archive
}
