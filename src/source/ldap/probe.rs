//! Asks each server who it is and how it is reached, for somebody who wants to know before anything is read.
//!
//! It judges nothing: names, times and answers come back as they are. A refused password is not tried at the next
//! server, as in a reading.

use std::io;
use std::net::IpAddr;

use futures_util::future::join_all;
use jiff::Timestamp;

use super::error::LdapError;
use super::relay::Session;
use super::search::Query;
use super::settings::Settings;
use super::transport::Channel;
use super::{LdapDirectory, authentication, opening, transport};
use crate::model::{Dn, Guid, from_generalized_time};
use crate::source::ServerAddress;
use crate::source::server::endpoint;

/// What there is to know about one server.
#[derive(Debug)]
pub struct Probe {
    /// Server and port.
    pub server: String,
    /// The addresses of its name.
    pub addresses: io::Result<Vec<IpAddr>>,
    /// The certificate that it showed and that was verified, DER.
    pub certificate: Option<Vec<u8>>,
    /// What it said after the account was bound; `None` if it was not asked, because another server had refused
    /// the account's password.
    pub controller: Option<Result<Controller, LdapError>>,
}

/// What a domain controller says of itself.
#[derive(Debug)]
pub struct Controller {
    /// DNS name.
    pub name: Option<String>,
    /// The domain that it holds.
    pub base: Option<Dn>,
    /// Its clock, and ours at the same moment.
    pub clocks: Option<(Timestamp, Timestamp)>,
    /// Whether it takes changes; a read-only domain controller does not.
    pub writable: Option<bool>,
    /// `domainFunctionality`.
    pub functional_level: Option<u32>,
    /// `invocationId` of its database.
    pub invocation_id: Option<Guid>,
    /// Configured search bases that it does not have, or does not show to the account.
    pub missing_bases: Vec<Dn>,
}

impl LdapDirectory {
    /// Asks each server that is configured or that DNS names.
    ///
    /// # Errors
    /// No server is known.
    pub async fn probe(&self, clock: fn() -> Timestamp) -> Result<Vec<Probe>, LdapError> {
        let settings = &self.settings;
        let servers = if settings.servers.is_empty() {
            let domain = || settings.domain.clone();
            let found = opening::find_servers(settings).await;
            found.map_err(|source| LdapError::FindingServers { domain: domain(), source })?
        } else {
            settings.servers.clone()
        };
        let reached = join_all(servers.iter().map(|it| reach(it, settings))).await;
        let mut refused = false;
        let mut probes = Vec::with_capacity(servers.len());
        for (address, (mut probe, channel)) in servers.iter().zip(reached) {
            probe.controller = match channel {
                Err(error) => Some(Err(error)),
                Ok(_) if refused => None,
                Ok(channel) => Some(ask(channel, address, settings, clock).await),
            };
            refused |= matches!(&probe.controller, Some(Err(error)) if error.is_final());
            probes.push(probe);
        }
        Ok(probes)
    }
}

/// Resolves the name and connects, up to where TLS protects the connection.
async fn reach(address: &ServerAddress, settings: &Settings) -> (Probe, Result<Channel, LdapError>) {
    let port = address.port.unwrap_or(settings.transport.port());
    let server = endpoint(&address.host, port);
    let lookup = transport::within(
        settings.timeout,
        &server,
        "resolving its name",
        tokio::net::lookup_host((address.host.as_str(), port)),
    );
    let addresses = match lookup.await {
        Ok(found) => found.map(|it| it.map(|it| it.ip()).collect()),
        Err(error) => Err(io::Error::other(error)),
    };
    let channel = transport::connect(address, settings).await;
    let shown = |it: &Channel| Some(it.stream.get_ref().1.peer_certificates()?.first()?.to_vec());
    let certificate = channel.as_ref().ok().and_then(shown);
    (Probe { server, addresses, certificate, controller: None }, channel)
}

async fn ask(
    mut channel: Channel,
    address: &ServerAddress,
    settings: &Settings,
    clock: fn() -> Timestamp,
) -> Result<Controller, LdapError> {
    authentication::bind(&mut channel, address, settings).await?;
    let mut session = Session::start(channel).await?;
    let account = settings.bind.account();
    let names =
        ["currentTime", "dnsHostName", "defaultNamingContext", "domainFunctionality", "dsServiceName"];
    let page = session.search(&Query::entry("", &names), account).await?;
    let now = clock();
    let root = page.entries.first();
    let text = |name: &str| root.and_then(|it| it.text(name));
    let time = text("currentTime").and_then(from_generalized_time);
    let (invocation_id, read_only) = match text("dsServiceName") {
        Some(service) => service_of(&mut session, service, account).await?,
        None => (None, None),
    };
    Ok(Controller {
        name: text("dnsHostName").map(str::to_owned),
        base: text("defaultNamingContext").and_then(|it| it.parse().ok()),
        clocks: time.map(|it| (it, now)),
        writable: read_only.map(|it| !it),
        functional_level: text("domainFunctionality").and_then(|it| it.parse().ok()),
        invocation_id,
        missing_bases: missing(&mut session, &settings.search_bases, account).await?,
    })
}

/// `invocationId` and `msDS-isRODC` of the controller's own entry, as far as the account may read them.
async fn service_of(
    session: &mut Session,
    service: &str,
    account: &str,
) -> Result<(Option<Guid>, Option<bool>), LdapError> {
    let page = match session.search(&Query::entry(service, &["invocationId", "msDS-isRODC"]), account).await {
        Err(LdapError::Search { .. }) => return Ok((None, None)),
        other => other?,
    };
    let Some(entry) = page.entries.first() else { return Ok((None, None)) };
    let id = entry.first("invocationId").and_then(|it| Guid::from_value(it).ok());
    Ok((id, entry.text("msDS-isRODC").map(|it| it.eq_ignore_ascii_case("TRUE"))))
}

async fn missing(session: &mut Session, bases: &[Dn], account: &str) -> Result<Vec<Dn>, LdapError> {
    let mut missing = Vec::new();
    for base in bases {
        match session.search(&Query::entry(base.as_str(), &["objectGUID"]), account).await {
            Ok(page) if page.entries.is_empty() => missing.push(base.clone()),
            Err(LdapError::Search { .. }) => missing.push(base.clone()),
            other => drop(other?),
        }
    }
    Ok(missing)
}
