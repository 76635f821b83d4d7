//! `Directory` to `DirectorySpec`.

use crate::model::Dn;

use super::Lowering;
use crate::manifest::connection::{
    Bind, DirectoryConnection, DirectorySpec, KerberosKey, LdapConnection, LdapTransport, SecretRef,
    SecretSource, Server,
};
use crate::manifest::diagnostic::Diagnostic;
use crate::manifest::document::{At, Document};
use crate::manifest::v1alpha1::{BindSpec, DirectoryManifest, KerberosBind, LdapSpec, SecretFrom, Transport};
use crate::manifest::yaml::Fault;

/// Active Directory refuses larger pages by default (`MaxPageSize`).
const PAGE_SIZE_DEFAULT: u32 = 1000;

/// Lowers one directory.
pub(super) fn lower(lowering: &mut Lowering<'_>, document: &Document) -> Option<DirectorySpec> {
    let findings = &mut lowering.findings;
    let spec: DirectoryManifest = document.read(findings)?;
    let DirectoryManifest { ldap, ldif } = spec;
    let connection = match (ldap, ldif) {
        (Some(ldap), _) => {
            let connection = lower_ldap(ldap, &document.spec().field("ldap"), findings)?;
            DirectoryConnection::Ldap(Box::new(connection))
        }
        (None, Some(ldif)) => {
            DirectoryConnection::Ldif(document.spec().field("ldif").value("path").file(&ldif.path))
        }
        (None, None) => return None,
    };
    Some(DirectorySpec { name: document.name.clone(), connection, place: document.at().place() })
}

fn lower_ldap(spec: LdapSpec, at: &At<'_>, findings: &mut Vec<Diagnostic>) -> Option<LdapConnection> {
    let LdapSpec {
        domain,
        servers,
        server_name,
        transport,
        ca_file,
        bind,
        search_bases,
        replication_port,
        page_size,
    } = spec;
    let before = findings.len();
    let servers = (0..).zip(&servers).filter_map(|(index, text)| {
        let server = parse_server(text);
        if server.is_none() {
            at.field("servers").item(index).error(findings, |it| {
                Fault::new(it, "not a server").hint("write `host` or `host:port`, IPv6 addresses in brackets")
            });
        }
        server
    });
    let servers: Vec<Server> = servers.collect();
    let search_bases = (0..)
        .zip(&search_bases)
        .filter_map(|(index, text)| dn(text, &at.field("searchBases").item(index), findings));
    let search_bases: Vec<Dn> = search_bases.collect();
    let bind = lower_bind(bind, &at.field("bind"), findings)?;
    (findings.len() == before).then(|| LdapConnection {
        domain: domain.0,
        servers,
        server_name: server_name.map(|it| it.0),
        transport: match transport {
            Transport::Ldaps => LdapTransport::Ldaps,
            Transport::StartTls => LdapTransport::StartTls,
        },
        ca_file: ca_file.map(|it| at.value("caFile").file(&it)),
        bind,
        search_bases,
        replication_port,
        page_size: page_size.unwrap_or(PAGE_SIZE_DEFAULT),
    })
}

fn lower_bind(spec: BindSpec, at: &At<'_>, findings: &mut Vec<Diagnostic>) -> Option<Bind> {
    let BindSpec { simple, kerberos } = spec;
    if let Some(simple) = simple {
        let password = secret(simple.password_from, &at.field("simple").field("passwordFrom"))?;
        return Some(Bind::Simple { user: simple.user, password });
    }
    let KerberosBind { principal, keytab_from, cache_from, kdc } = kerberos?;
    let at = at.field("kerberos");
    let key = match (keytab_from, cache_from) {
        (Some(keytab), None) => KerberosKey::Keytab(secret(keytab, &at.field("keytabFrom"))?),
        (None, Some(cache)) => KerberosKey::Cache(secret(cache, &at.field("cacheFrom"))?),
        (Some(_), Some(_)) | (None, None) => {
            at.error(findings, |it| {
                Fault::new(it, "`kerberos` takes exactly one of `keytabFrom` and `cacheFrom`")
                    .hint("write `keytabFrom: {file: svc.keytab}`")
            });
            return None;
        }
    };
    let server = kdc.as_deref().map(parse_server);
    if server == Some(None) {
        at.value("kdc").error(findings, |it| {
            Fault::new(it, "not a server").hint("write `host` or `host:port`, IPv6 addresses in brackets")
        });
        return None;
    }
    Some(Bind::Kerberos { principal, key, kdc: server.flatten() })
}

/// Where a secret is; structure has made sure that exactly one place is given.
pub(super) fn secret(spec: SecretFrom, at: &At<'_>) -> Option<SecretRef> {
    let SecretFrom { env, file, credential } = spec;
    let source = env
        .map(SecretSource::Env)
        .or_else(|| file.map(|it| SecretSource::File(at.document.file.resolve(&it))))
        .or_else(|| credential.map(SecretSource::Credential))?;
    Some(SecretRef { source, place: at.place() })
}

/// A distinguished name, or a finding.
pub(super) fn dn(text: &str, at: &At<'_>, findings: &mut Vec<Diagnostic>) -> Option<Dn> {
    let error = match text.parse::<Dn>() {
        Ok(dn) if !dn.key().is_empty() => return Some(dn),
        Ok(_) => {
            at.error(findings, |it| Fault::new(it, "a distinguished name must not be empty"));
            return None;
        }
        Err(error) => error,
    };
    let start = text.char_indices().nth(error.at.saturating_sub(1)).map_or(text.len(), |(at, _)| at);
    let end = text[start..].find(',').map_or(text.len(), |it| start + it);
    at.error(findings, |_| {
        Fault::new(at.part(&(start..end)), format!("not a distinguished name: {}", error.reason))
            .hint("write it as in `OU=Staff,DC=corp,DC=example,DC=com`, and a comma in a name as `\\,`")
    });
    None
}

pub(super) fn parse_server(text: &str) -> Option<Server> {
    let (host, port) = if let Some(rest) = text.strip_prefix('[') {
        let (host, rest) = rest.split_once(']')?;
        host.parse::<core::net::Ipv6Addr>().ok()?;
        (host, if rest.is_empty() { None } else { Some(rest.strip_prefix(':')?) })
    } else {
        match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        }
    };
    let odd = |it: char| it.is_whitespace() || it.is_control() || "/@\\[]".contains(it);
    if host.is_empty() || host.contains(odd) {
        return None;
    }
    let port = match port {
        Some(text) => Some(text.parse().ok().filter(|it| *it != 0)?),
        None => None,
    };
    Some(Server { host: host.to_owned(), port })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_a_host_and_perhaps_a_port() {
        let server = |host: &str, port| Some(Server { host: host.to_owned(), port });
        assert_eq!(parse_server("dc1.corp.example.com"), server("dc1.corp.example.com", None));
        assert_eq!(parse_server("127.0.0.2:636"), server("127.0.0.2", Some(636)));
        assert_eq!(parse_server("[fd00::1]:636"), server("fd00::1", Some(636)));
        for bad in ["", ":636", "dc1:0", "dc1:x", "ldaps://dc1", "fd00::1", "[dc1]", "a b"] {
            assert_eq!(parse_server(bad), None, "{bad}");
        }
    }
}
