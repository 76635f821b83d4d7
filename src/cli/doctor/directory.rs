//! A directory: how its servers are reached, and what is read of it.
//!
//! What a server says of itself is judged elsewhere; here it is only asked.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::cli::clock;
use crate::cli::connect;
use crate::cli::console::Console;
use crate::cli::error::Error;
use crate::doctor::{self, About, Check, ControllerFacts, Finding, Section};
use crate::manifest::{DirectoryConnection, DirectorySpec, FileRef, LdapConnection};
use crate::model::{AttributeNames, Reading};
use crate::source::Request;
use crate::source::drs::{MissingRights, ReplicationError};
use crate::source::ldap::{Controller, LdapDirectory, LdapError, Probe, Settings};
use crate::wire::x509::Certificate;

/// A server that does not answer in this time is not one to work with.
const PATIENCE: Duration = Duration::from_secs(10);

/// What became of a directory.
pub(super) struct DirectoryExamined {
    pub(super) section: Section,
    /// What was read, if anything.
    pub(super) reading: Option<Reading>,
}

pub(super) async fn examine(
    spec: &DirectorySpec,
    names: &Arc<AttributeNames>,
    replicates: bool,
    console: Console,
) -> DirectoryExamined {
    let (mut findings, readable) = match &spec.connection {
        DirectoryConnection::Ldif(file) => (export(file), true),
        DirectoryConnection::Ldap(ldap) => Box::pin(servers(ldap, spec)).await,
    };
    if readable && replicates {
        findings.push(replication(spec).await);
    }
    // Where no server takes the account, one more try would say the same, or lock it.
    let reading = if readable {
        let request = Request { names: Arc::clone(names) };
        let read = Box::pin(connect::read_directory(spec, &request, console)).await;
        let (finding, reading) = judge_reading(spec, read);
        findings.push(finding);
        reading
    } else {
        None
    };
    let section = Section {
        about: About::Directory,
        name: spec.name.clone(),
        place: Some(spec.place.to_string()),
        findings,
    };
    DirectoryExamined { section, reading }
}

/// Whether password hashes can be read. None is asked for.
async fn replication(spec: &DirectorySpec) -> Finding {
    let check = |it| Box::pin(missing_rights(it));
    match check(spec).await {
        Ok(None) => Finding::ok(Check::Passwords, &spec.name, "the account may replicate password hashes"),
        Ok(Some(missing)) => {
            let says = format!("the account {} lacks {missing}", missing.account);
            Finding::problem(Check::Passwords, &spec.name, says, missing.hints().join("; "))
        }
        Err(error) => {
            let (says, fix) = error.sentences();
            let fix = fix.unwrap_or_else(|| {
                "check that ports 135 and 49152 to 65535 of a domain controller can be reached, or the one that \
                 replicationPort of the Directory says"
                    .to_owned()
            });
            Finding::problem(Check::Passwords, &spec.name, says, fix)
        }
    }
}

async fn missing_rights(spec: &DirectorySpec) -> Result<Option<MissingRights>, Error> {
    let Some(mut replica) = connect::replica(spec)? else {
        return Err(Error::failed("an export has no password hashes")
            .hint("read the directory over LDAP, or leave out passwords of its policies"));
    };
    let failed = |cause: ReplicationError| {
        let error = Error::failed("password hashes cannot be read").because(&cause);
        cause.hints().into_iter().fold(error, Error::hint)
    };
    replica.missing_rights().await.map_err(failed)
}

fn judge_reading(spec: &DirectorySpec, read: Result<Reading, Error>) -> (Finding, Option<Reading>) {
    match read {
        Ok(Reading::Whole(snapshot)) => {
            let objects = snapshot.objects().len();
            let says = format!("read to the end: {objects} object{}", if objects == 1 { "" } else { "s" });
            (Finding::ok(Check::Reading, &spec.name, says), Some(Reading::Whole(snapshot)))
        }
        Ok(Reading::Broken { objects, cause }) => {
            let says = format!("the reading broke off after {} objects: {cause}", objects.len());
            let fix = "mend that first: of a reading that breaks off nobody is ever removed";
            let finding = Finding::problem(Check::Reading, &spec.name, says, fix);
            (finding, Some(Reading::Broken { objects, cause }))
        }
        Err(error) => {
            let (says, fix) = error.sentences();
            let fix = fix.unwrap_or_else(|| "mend what is said about its servers or its file".to_owned());
            (Finding::problem(Check::Reading, &spec.name, says, fix), None)
        }
    }
}

/// How old an export is. Whether it can be read shows when it is.
fn export(file: &FileRef) -> Vec<Finding> {
    let subject = file.path.display().to_string();
    let written = std::fs::metadata(&file.path).and_then(|it| it.modified()).ok();
    let written = written.and_then(|it| Timestamp::try_from(it).ok());
    written.map(|it| doctor::export_age(&subject, it, clock::now())).into_iter().collect()
}

/// Findings about all servers, and whether one of them can be read.
async fn servers(ldap: &LdapConnection, spec: &DirectorySpec) -> (Vec<Finding>, bool) {
    let settings = match connect::ldap_settings(ldap) {
        Ok(settings) => Settings { timeout: PATIENCE, ..settings },
        Err(error) => {
            let (says, fix) = error.sentences();
            let fix = fix.unwrap_or_else(|| "correct the Directory, or what it points to".to_owned());
            return (vec![Finding::problem(Check::Settings, &spec.name, says, fix)], false);
        }
    };
    match LdapDirectory::new(settings).probe(clock::now).await {
        Ok(probes) => {
            let readable = probes.iter().any(|it| matches!(it.controller, Some(Ok(_))));
            (probes.iter().flat_map(|it| server(it, &ldap.domain)).collect(), readable)
        }
        Err(error) => {
            let fix = "list servers in the Directory, or let this machine ask the domain's DNS";
            let says = connect::with_causes(&error);
            (vec![Finding::problem(Check::Resolution, &ldap.domain, says, fix)], false)
        }
    }
}

fn server(probe: &Probe, domain: &str) -> Vec<Finding> {
    let Probe { server, addresses, certificate, controller } = probe;
    let mut findings = vec![match addresses {
        Ok(addresses) => {
            let list: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            Finding::ok(Check::Resolution, server, format!("its address is {}", list.join(", ")))
        }
        Err(error) => {
            let fix = "correct servers in the Directory, or let this machine ask the domain's DNS";
            let says = format!("its name has no address: {error}");
            return vec![Finding::problem(Check::Resolution, server, says, fix)];
        }
    }];
    if let Some(shown) = certificate.as_deref().and_then(|it| Certificate::parse(it).ok()) {
        findings.push(Finding::ok(Check::Reach, server, "reached inside TLS, its certificate is trusted"));
        let renew = "renew the certificate on the domain controller";
        findings.push(doctor::certificate(server, &shown, clock::now(), renew));
    }
    match controller {
        None => {
            let says = "not asked: another server had refused the account, and asking on could lock it";
            findings.push(Finding::ok(Check::Bind, server, says));
        }
        Some(Err(error)) => findings.push(failure(server, error)),
        Some(Ok(found)) => {
            findings.push(Finding::ok(Check::Bind, server, "the account is taken"));
            findings.extend(facts(found).judge(server, domain));
        }
    }
    findings
}

fn facts(controller: &Controller) -> ControllerFacts {
    let Controller { name, base, clocks, writable, functional_level, invocation_id, missing_bases } =
        controller;
    ControllerFacts {
        name: name.clone(),
        base: base.clone(),
        clocks: *clocks,
        writable: *writable,
        functional_level: *functional_level,
        invocation_id: *invocation_id,
        missing_bases: missing_bases.clone(),
    }
}

/// Which step failed, and what to do about it.
fn failure(server: &str, error: &LdapError) -> Finding {
    let (check, fix) = match error {
        LdapError::Certificate { reason, advice, .. } => {
            let says = format!("its certificate is refused: {reason}");
            return Finding::problem(Check::Certificate, server, says, *advice);
        }
        LdapError::Bind { .. } => (
            Check::Bind,
            "correct the account of the Directory, or its password where the manifest says it is",
        ),
        LdapError::Ticket { .. } | LdapError::Kdc { .. } | LdapError::CredentialFile { .. } => {
            (Check::Bind, "check principal, keytab and clocks, and that port 88 of the server can be reached")
        }
        LdapError::StartTls { .. } | LdapError::Tls { .. } | LdapError::TlsSettings { .. } => {
            (Check::Certificate, "give the domain controller a certificate, or correct transport and port")
        }
        LdapError::Search { .. } | LdapError::Malformed { .. } | LdapError::NotWhole { .. } => {
            (Check::Controller, "check that it is a domain controller, and what the account may read")
        }
        LdapError::FindingServers { .. }
        | LdapError::AllServers { .. }
        | LdapError::Connecting { .. }
        | LdapError::TimedOut { .. }
        | LdapError::Disconnected { .. } => {
            (Check::Reach, "check that the server runs, and that no firewall is in the way of its port")
        }
    };
    Finding::problem(check, server, connect::with_causes(error), fix)
}
