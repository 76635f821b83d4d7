//! Reads secrets where the manifests say they are, at the moment they are needed.

use std::path::{Path, PathBuf};

use crate::manifest::{FileRef, SecretRef, SecretSource};
use crate::model::Secret;

use super::error::Error;

/// A secret is never longer: a larger file is something else.
const LENGTH_MAX: u64 = 64 << 10;

/// The secret, without the line break at its end.
pub(super) fn read(secret: &SecretRef) -> Result<Secret, Error> {
    read_from(&secret.source, &secret.place.to_string())
}

/// The same, of a secret that no manifest names; `place` says what does.
pub(super) fn read_from(source: &SecretSource, place: &str) -> Result<Secret, Error> {
    let text = match source {
        SecretSource::Env(name) => {
            #[expect(clippy::disallowed_methods, reason = "the command line reads the environment")]
            let value = std::env::var(name);
            value.map_err(|_| {
                Error::failed(format!("{place}: the environment variable {name} is not set"))
                    .hint(format!("set it for this command: {name}=… samesign …"))
            })?
        }
        SecretSource::File(_) | SecretSource::Credential(_) => {
            let path = path_from(source, place)?;
            let bytes = small_file(&path, place)?;
            String::from_utf8(bytes)
                .map_err(|_| Error::failed(format!("{place}: {} is not text", path.display())))?
        }
    };
    let text = text.strip_suffix('\n').map_or(text.as_str(), |it| it.strip_suffix('\r').unwrap_or(it));
    if text.is_empty() {
        return Err(Error::failed(format!("{place}: the secret is empty")));
    }
    Ok(Secret::new(text.to_owned()))
}

/// The file of a secret that is read by somebody else, such as a keytab.
pub(super) fn path(secret: &SecretRef) -> Result<PathBuf, Error> {
    path_from(&secret.source, &secret.place.to_string())
}

fn path_from(source: &SecretSource, place: &str) -> Result<PathBuf, Error> {
    match source {
        SecretSource::File(path) => Ok(path.clone()),
        SecretSource::Credential(name) => {
            #[expect(clippy::disallowed_methods, reason = "the command line reads the environment")]
            let folder = std::env::var_os("CREDENTIALS_DIRECTORY");
            let folder = folder.ok_or_else(|| {
                Error::failed(format!("{place}: there is no credentials directory"))
                    .hint(format!("start samesign as a systemd service with LoadCredential={name}:…"))
            })?;
            Ok(Path::new(&folder).join(name))
        }
        SecretSource::Env(name) => {
            Err(Error::failed(format!("{place}: {name} is an environment variable, here a file is needed")))
        }
    }
}

/// A small file that a manifest names, such as a certificate.
pub(super) fn file(file: &FileRef) -> Result<Vec<u8>, Error> {
    small_file(&file.path, &file.place.to_string())
}

/// A small file that an option or a manifest names.
pub(super) fn small_file(path: &Path, place: &str) -> Result<Vec<u8>, Error> {
    let failed = |cause: std::io::Error| {
        Error::failed(format!("{place}: cannot read {}", path.display())).because(&cause)
    };
    let length = std::fs::metadata(path).map_err(failed)?.len();
    if LENGTH_MAX < length {
        return Err(Error::failed(format!(
            "{place}: {} has {length} bytes: not what it should be",
            path.display()
        )));
    }
    #[expect(clippy::disallowed_methods, reason = "the command line reads what manifests name")]
    std::fs::read(path).map_err(failed)
}
