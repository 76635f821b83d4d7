//! Reading a real Active Directory: everything here talks to a Samba domain controller.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test that fails panics, says what it does, and reads the files of its domain controller"
)]

mod following;
mod journey;
mod kerberos;
mod lab;
mod oracle;
mod passwords;
mod reading;
mod replication;
mod service;
mod soak;
mod trust;

use std::fs;
use std::sync::Arc;

use samesign::model::{AttributeNames, AttributeNamesBuilder, DirectorySnapshot, Secret};
use samesign::source::ldap::{Bind, LdapDirectory, ServerAddress, Settings, certificates_from_pem};
use samesign::source::{BrokenReading, Quiet, Request};

use tokio::sync::RwLock;

use self::lab::Lab;

/// Attributes that the tests read besides the well-known ones.
const MORE: &[&str] = &[
    "givenName",
    "sn",
    "title",
    "department",
    "description",
    "otherTelephone",
    "streetAddress",
    "employeeID",
    "whenCreated",
    "uSNChanged",
];

fn names() -> Arc<AttributeNames> {
    let mut names = AttributeNamesBuilder::new();
    for name in MORE {
        names.intern(name).unwrap();
    }
    names.finish()
}

/// Tests that compare whole readings hold it for reading, tests that change the directory for writing.
static DIRECTORY: RwLock<()> = RwLock::const_new(());

/// The controller of the lab, under the name that its certificate has.
fn controller(lab: &Lab) -> ServerAddress {
    ServerAddress { host: lab.address.clone(), port: None, tls_name: Some(Lab::HOST.to_owned()) }
}

fn password(text: &str) -> Bind {
    Bind::Simple { user: Lab::USER.to_owned(), password: Secret::new(text.to_owned()) }
}

/// Settings that work.
fn settings(lab: &Lab) -> Settings {
    Settings {
        servers: vec![controller(lab)],
        ca: Some(certificates_from_pem(&fs::read(&lab.ca_file).unwrap()).unwrap()),
        ..Settings::new(Lab::DOMAIN.to_owned(), password(lab::SERVICE_PASSWORD))
    }
}

async fn read(settings: Settings) -> Result<DirectorySnapshot, BrokenReading> {
    LdapDirectory::new(settings).read(&Request { names: names() }, &Quiet).await
}

/// Reads, and ends the test with the words of a failure.
async fn whole(settings: Settings) -> DirectorySnapshot {
    read(settings).await.unwrap_or_else(|broken| panic!("{}", chain(&broken)))
}

/// The whole chain of a failure, a line for each cause.
fn chain(error: &dyn std::error::Error) -> String {
    let mut lines = vec![error.to_string()];
    let mut below = error.source();
    while let Some(it) = below {
        lines.push(it.to_string());
        below = it.source();
    }
    lines.join("\n")
}
