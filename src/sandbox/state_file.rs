//! The JSON file in which a sandbox keeps its objects between runs.
//!
//! Domains, apps, limits and faults are the seed's. Of passwords it holds what tells the right one from others:
//! neither they nor their hashes can be read from it, but whoever has it can guess at leisure, so it is its
//! owner's alone.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::SandboxError;
use super::features::Synchronization;
use super::journal::Journal;
use super::object::Object;
use super::tenant::Tenant;
use super::verifier::Verifier;

/// Version of the form of the file.
const VERSION: u32 = 1;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    version: u32,
    tenant_id: Uuid,
    ids_made: u64,
    objects: Vec<&'a Object>,
    journal: &'a Journal,
    synchronization: &'a Synchronization,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    passwords: &'a BTreeMap<Uuid, Verifier>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Read {
    version: u32,
    tenant_id: Uuid,
    ids_made: u64,
    objects: Vec<Object>,
    journal: Journal,
    #[serde(default)]
    synchronization: Synchronization,
    #[serde(default)]
    passwords: BTreeMap<Uuid, Verifier>,
}

/// Loads the file into an empty tenant. `false`: there is no such file yet.
pub(super) fn load(tenant: &mut Tenant, path: &Path) -> Result<bool, SandboxError> {
    #[expect(clippy::disallowed_methods, reason = "the sandbox owns its state file")]
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(source) => return Err(SandboxError::ReadState { path: path.to_owned(), source }),
    };
    let read: Read = serde_json::from_slice(&text)
        .map_err(|source| SandboxError::ParseState { path: path.to_owned(), source })?;
    if read.version != VERSION || read.tenant_id != tenant.seed.tenant_id {
        return Err(SandboxError::ForeignState {
            path: path.to_owned(),
            version: read.version,
            tenant_id: read.tenant_id,
        });
    }
    for object in read.objects {
        tenant.store.load(object);
    }
    for (id, verifier) in read.passwords {
        tenant.store.set_verifier(id, verifier);
    }
    tenant.store.journal = read.journal;
    tenant.ids.made = read.ids_made;
    tenant.synchronization = read.synchronization;
    tenant.store.changed = false;
    Ok(true)
}

/// The content of the file as of now.
pub(super) fn render(tenant: &Tenant) -> Vec<u8> {
    let written = Written {
        version: VERSION,
        tenant_id: tenant.seed.tenant_id,
        ids_made: tenant.ids.made,
        objects: tenant.store.all().collect(),
        journal: &tenant.store.journal,
        synchronization: &tenant.synchronization,
        passwords: tenant.store.verifiers(),
    };
    serde_json::to_vec(&written).expect("objects are plain values with text keys")
}

/// Replaces the file in one step: a reader sees the old content or the new one.
pub(super) fn write(path: &Path, content: &[u8]) -> Result<(), SandboxError> {
    let failed = |source| SandboxError::WriteState { path: path.to_owned(), source };
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let beside = path.with_file_name(name);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside).map_err(failed)?;
    file.write_all(content).and_then(|()| file.sync_all()).map_err(failed)?;
    std::fs::rename(&beside, path).map_err(failed)
}
