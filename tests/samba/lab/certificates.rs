//! A certificate authority and a certificate of the controller, made anew for each run.
//!
//! It does not know Samba: it writes three PEM files.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};

/// Writes `ca.pem`, `cert.pem` and `key.pem` for a controller of this name and address.
pub(crate) fn write(directory: &Path, address: &str, host: &str) {
    fs::create_dir_all(directory).unwrap();
    let ca = authority("samesign lab CA");
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new([host.to_owned(), address.to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, host);
    let certificate = params.signed_by(&key, &ca).unwrap();
    fs::write(directory.join("ca.pem"), ca.pem()).unwrap();
    fs::write(directory.join("cert.pem"), certificate.pem()).unwrap();
    let key_file = directory.join("key.pem");
    fs::write(&key_file, key.serialize_pem()).unwrap();
    // Samba refuses a key that others may read.
    fs::set_permissions(key_file, fs::Permissions::from_mode(0o600)).unwrap();
}

/// A self-signed authority.
pub(crate) fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}
