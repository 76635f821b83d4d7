//! What is refused, and in which words.

use std::io::Read;
use std::net::TcpListener;

use expect_test::expect;
use samesign::source::ldap::{ServerAddress, Settings, Transport, certificates_from_pem};
use samesign::source::{Disposition, Request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::lab::{BASE, Lab, authority};
use crate::{chain, controller, names, password, read, settings};

/// Reads, expects a failure, and hands back its words with the address of the lab replaced.
async fn failure(lab: &Lab, settings: Settings) -> String {
    let broken = read(settings).await.expect_err("this must fail");
    chain(&broken).replace(&lab.address, "DC1")
}

#[tokio::test]
async fn an_unknown_authority_is_refused() {
    let lab = Lab::start();
    let other = certificates_from_pem(authority("somebody else").pem().as_bytes()).unwrap();
    for transport in [Transport::Ldaps, Transport::StartTls] {
        let said = failure(lab, Settings { ca: Some(other.clone()), transport, ..settings(lab) }).await;
        assert!(
            said.contains("UnknownIssuer; the `caFile` must hold it, or the authority that signed it"),
            "{said}"
        );
    }
    let said = failure(lab, Settings { ca: None, ..settings(lab) }).await;
    assert!(said.contains("UnknownIssuer; give the authority that signed it, or"), "{said}");
}

#[tokio::test]
async fn another_name_than_that_of_the_certificate_is_refused() {
    let lab = Lab::start();
    let server = ServerAddress { tls_name: Some("dc2.corp.example.com".to_owned()), ..controller(lab) };
    let said = failure(lab, Settings { servers: vec![server], ..settings(lab) }).await;
    assert!(said.contains("list the server under a name that its certificate has"), "{said}");
}

#[tokio::test]
async fn a_wrong_password_is_said_to_be_one_and_not_tried_elsewhere() {
    let lab = Lab::start();
    let servers = vec![controller(lab), controller(lab)];
    let bind = password("wrong");
    let broken = read(Settings { servers, bind, ..settings(lab) }).await.expect_err("a wrong password");
    expect![[r#"
        the directory could not be read
        DC1:636 refuses to bind svc-samesign@corp.example.com: the user name or the password is wrong"#]]
    .assert_eq(&chain(&broken).replace(&lab.address, "DC1"));
    assert_eq!(broken.cause.disposition(), Disposition::Fatal);
}

#[tokio::test]
async fn an_empty_password_is_not_sent() {
    let lab = Lab::start();
    let said = failure(lab, Settings { bind: password(""), ..settings(lab) }).await;
    assert!(said.contains("the password is empty"), "{said}");
}

#[tokio::test]
async fn a_missing_base_is_named() {
    let lab = Lab::start();
    let bases = vec![format!("OU=Staff,{BASE}").parse().unwrap(), format!("OU=Gone,{BASE}").parse().unwrap()];
    let said = failure(lab, Settings { search_bases: bases, ..settings(lab) }).await;
    assert!(said.contains("`OU=Gone,DC=corp,DC=example,DC=com`"), "{said}");
    assert!(said.contains("noSuchObject"), "{said}");
}

#[tokio::test]
async fn a_server_that_is_down_is_passed_over() {
    let lab = Lab::start();
    let down = ServerAddress { port: Some(1), ..controller(lab) };
    let servers = vec![down.clone(), controller(lab)];
    assert!(read(Settings { servers, ..settings(lab) }).await.is_ok());
    let said = failure(lab, Settings { servers: vec![down.clone(), down], ..settings(lab) }).await;
    expect![[r#"
        the directory could not be read
        none of the 2 servers of corp.example.com can be read
        cannot connect to DC1:1: Connection refused (os error 111)
        cannot connect to DC1:1: Connection refused (os error 111)"#]]
    .assert_eq(&said);
}

/// A server that keeps what it hears and answers nothing useful.
#[tokio::test]
async fn nothing_but_tls_and_start_tls_is_ever_sent() {
    for (transport, allowed) in [(Transport::Ldaps, 0x16), (Transport::StartTls, 0x30)] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut buffer = [0; 4096];
            let len = stream.read(&mut buffer).unwrap();
            buffer[..len].to_vec()
        });
        let server = ServerAddress { host: "127.0.0.1".to_owned(), port: Some(port), tls_name: None };
        let settings = Settings { servers: vec![server], transport, ..settings(Lab::start()) };
        assert!(read(settings).await.is_err());
        let heard = heard.join().unwrap();
        assert_eq!(heard[0], allowed);
        let find = |text: &[u8]| heard.windows(text.len()).any(|it| it == text);
        assert!(!find(b"svc-samesign") && !find(crate::lab::SERVICE_PASSWORD.as_bytes()));
    }
}

/// A proxy that passes so many bytes of the server's answers and then cuts the connection.
async fn cut_after(lab: &Lab, bytes: u64) -> ServerAddress {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = (lab.address.clone(), 636);
    tokio::spawn(async move {
        let (mut near, _) = listener.accept().await.unwrap();
        let mut far = tokio::net::TcpStream::connect((server.0.as_str(), server.1)).await.unwrap();
        let (mut near_read, mut near_write) = near.split();
        let (far_read, mut far_write) = far.split();
        let mut limited = far_read.take(bytes);
        tokio::select! {
            _ = tokio::io::copy(&mut limited, &mut near_write) => (),
            _ = tokio::io::copy(&mut near_read, &mut far_write) => (),
        }
        near_write.shutdown().await.unwrap_or_default();
    });
    ServerAddress { host: "127.0.0.1".to_owned(), port: Some(port), tls_name: Some(Lab::HOST.to_owned()) }
}

#[tokio::test]
async fn a_connection_that_is_cut_never_gives_a_snapshot() {
    let lab = Lab::start();
    for bytes in [0, 100, 2_000, 5_000, 60_000, 200_000, 700_000] {
        let servers = vec![cut_after(lab, bytes).await];
        let search_bases = vec![format!("OU=Crowd,{BASE}").parse().unwrap()];
        let settings = Settings { servers, page_size: 50, search_bases, ..settings(lab) };
        let directory = samesign::source::ldap::LdapDirectory::new(settings);
        let broken = directory.read(&Request { names: names() }, &samesign::source::Quiet).await;
        let broken = broken.expect_err("the connection was cut");
        assert_eq!(broken.cause.disposition(), Disposition::Retry, "{}", chain(&broken));
        // The unit itself is on one of the pages, and is no object.
        assert!(matches!(broken.so_far.len() % 50, 0 | 49), "whole pages only");
        if 100_000 < bytes {
            assert!(!broken.so_far.is_empty());
        }
    }
}
