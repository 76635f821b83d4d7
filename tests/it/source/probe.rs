//! What a server says before anything is read of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Timestamp;
use samesign::source::ldap::{LdapDirectory, LdapError, ServerAddress, Settings, certificates_from_pem};
use samesign::wire::x509::Certificate;

use super::scripted::{Asked, What, entry, result, serve, serve_with_certificate};

fn now() -> Timestamp {
    "2026-11-22T09:14:00Z".parse().unwrap()
}

/// A read-only controller whose clock is a minute and a half ahead.
fn controller(asked: &Asked) -> Option<Vec<u8>> {
    let What::Search { base, .. } = &asked.what else { return None };
    let values: &[(&str, Vec<&str>)] = match base.as_str() {
        "" => &[
            ("currentTime", vec!["20261122091530.0Z"]),
            ("dnsHostName", vec!["dc1.x"]),
            ("defaultNamingContext", vec!["DC=x"]),
            ("domainFunctionality", vec!["7"]),
            ("dsServiceName", vec!["CN=NTDS Settings,DC=x"]),
        ],
        "CN=NTDS Settings,DC=x" => {
            &[("invocationId", vec!["0123456789abcdef"]), ("msDS-isRODC", vec!["TRUE"])]
        }
        "OU=Staff,DC=x" => &[("objectGUID", vec!["fedcba9876543210"])],
        _ => return Some(result(asked.id, 0x65, 32, "", None)),
    };
    Some([entry(asked.id, base, values), result(asked.id, 0x65, 0, "", None)].concat())
}

#[tokio::test]
async fn a_controller_says_who_it_is() {
    let settings = serve(false, Arc::new(controller)).await;
    let search_bases = vec!["OU=Staff,DC=x".parse().unwrap(), "OU=Gone,DC=x".parse().unwrap()];
    let settings = Settings { search_bases, ..settings };
    let probes = LdapDirectory::new(settings).probe(now).await.unwrap();
    let [probe] = probes.as_slice() else { panic!("one server") };
    assert!(probe.addresses.as_ref().unwrap().iter().all(std::net::IpAddr::is_loopback));
    assert!(Certificate::parse(probe.certificate.as_ref().unwrap()).is_ok());
    let found = probe.controller.as_ref().unwrap().as_ref().unwrap();
    assert_eq!(found.name.as_deref(), Some("dc1.x"));
    assert_eq!(found.clocks, Some(("2026-11-22T09:15:30Z".parse().unwrap(), now())));
    assert_eq!((found.writable, found.functional_level), (Some(false), Some(7)));
    assert!(found.invocation_id.is_some());
    assert_eq!(found.missing_bases, ["OU=Gone,DC=x".parse().unwrap()]);
}

#[tokio::test]
async fn a_refused_password_is_not_tried_at_the_next_server() {
    let binds = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&binds);
    let script = move |asked: &Asked| match &asked.what {
        What::Bind => {
            counted.fetch_add(1, Ordering::Relaxed);
            Some(result(asked.id, 0x61, 49, "", None))
        }
        What::Search { .. } | What::Other => None,
    };
    let settings = serve(false, Arc::new(script)).await;
    let servers = [&settings.servers[0]; 2].map(Clone::clone).to_vec();
    let probes = LdapDirectory::new(Settings { servers, ..settings }).probe(now).await.unwrap();
    assert!(matches!(probes[0].controller, Some(Err(LdapError::Bind { .. }))));
    assert!(probes[1].controller.is_none() && probes[1].certificate.is_some(), "reached, and not asked");
    assert_eq!(binds.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn each_server_fails_for_itself() {
    let (settings, _) = serve_with_certificate(false, Arc::new(controller)).await;
    let down = ServerAddress { port: Some(1), ..settings.servers[0].clone() };
    let other = ServerAddress { tls_name: Some("dc2.x".to_owned()), ..settings.servers[0].clone() };
    let servers = vec![down, other, settings.servers[0].clone()];
    let probes = LdapDirectory::new(Settings { servers, ..settings.clone() }).probe(now).await.unwrap();
    assert!(matches!(probes[0].controller, Some(Err(LdapError::Connecting { .. }))));
    assert!(matches!(probes[1].controller, Some(Err(LdapError::Certificate { .. }))));
    assert!(matches!(probes[2].controller, Some(Ok(_))));
    let stranger = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap().cert.pem();
    let ca = Some(certificates_from_pem(stranger.as_bytes()).unwrap());
    let probes = LdapDirectory::new(Settings { ca, ..settings }).probe(now).await.unwrap();
    assert!(matches!(probes[0].controller, Some(Err(LdapError::Certificate { .. }))));
    assert_eq!(probes[0].certificate, None, "what is not trusted is not shown as if it were");
}
