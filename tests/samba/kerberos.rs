//! Binding with a Kerberos ticket, by key and from a credential cache.

use std::path::PathBuf;

use expect_test::expect;
use samesign::source::ldap::{Bind, Kerberos, ServerAddress, Settings, Transport};

use crate::lab::Lab;
use crate::{chain, controller, read, settings, whole};

/// Tickets depend on the time that the controller has.
fn clock() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

fn an_hour_late() -> jiff::Timestamp {
    clock() - jiff::SignedDuration::from_hours(1)
}

fn by(keytab: Option<PathBuf>, cache: Option<PathBuf>) -> Kerberos {
    Kerberos { principal: Lab::PRINCIPAL.to_owned(), keytab, password: None, cache, kdc: None, clock }
}

fn with(kerberos: Kerberos, lab: &Lab) -> Settings {
    Settings { bind: Bind::Kerberos(kerberos), ..settings(lab) }
}

async fn failure(settings: Settings, lab: &Lab) -> String {
    chain(&read(settings).await.expect_err("this must fail")).replace(&lab.address, "DC1")
}

#[tokio::test]
async fn a_keytab_opens_the_directory() {
    let lab = Lab::start();
    for transport in [Transport::Ldaps, Transport::StartTls] {
        let settings = Settings { transport, ..with(by(Some(lab.keytab.clone()), None), lab) };
        assert!(1900 < whole(settings).await.objects().len());
    }
}

#[tokio::test]
async fn a_credential_cache_opens_the_directory() {
    let lab = Lab::start();
    let snapshot = whole(with(by(None, Some(lab.cache.clone())), lab)).await;
    assert!(1900 < snapshot.objects().len());
}

#[tokio::test]
async fn a_key_distribution_centre_can_be_named() {
    let lab = Lab::start();
    let named = |port| ServerAddress { port, ..controller(lab) };
    let keytab = Some(lab.keytab.clone());
    let right = Kerberos { kdc: Some(named(Some(88))), ..by(keytab.clone(), None) };
    whole(with(right, lab)).await;
    let wrong = Kerberos { kdc: Some(named(Some(1))), ..by(keytab, None) };
    let said = failure(with(wrong, lab), lab).await;
    assert!(said.contains("no answer from the Kerberos key distribution centre DC1:1"), "{said}");
}

#[tokio::test]
async fn what_is_wrong_with_a_ticket_is_said() {
    let lab = Lab::start();
    let keytab = Some(lab.keytab.clone());
    let stranger = Kerberos { principal: "nobody@CORP.EXAMPLE.COM".to_owned(), ..by(keytab.clone(), None) };
    expect![[r#"
        the directory could not be read
        no Kerberos ticket for DC1:636 as nobody@CORP.EXAMPLE.COM
        the keytab has no AES key of nobody@CORP.EXAMPLE.COM; export it anew"#]]
    .assert_eq(&failure(with(stranger, lab), lab).await);
    let late = Kerberos { clock: an_hour_late, ..by(keytab.clone(), None) };
    let said = failure(with(late, lab), lab).await;
    assert!(said.contains("the clocks differ by more than five minutes (37"), "{said}");
    let not_one = by(Some(lab.ca_file.clone()), None);
    let said = failure(with(not_one, lab), lab).await;
    assert!(said.contains("the file is not a keytab of version 2"), "{said}");
    let missing = by(None, Some(PathBuf::from("/nonexistent/ccache")));
    let said = failure(with(missing, lab), lab).await;
    assert!(said.contains("cannot read /nonexistent/ccache\nNo such file"), "{said}");
    let server = ServerAddress { tls_name: Some(lab.address.clone()), ..controller(lab) };
    let unnamed = Settings { servers: vec![server], ..with(by(keytab, None), lab) };
    let said = failure(unnamed, lab).await;
    assert!(said.contains("does not know the server under this name"), "{said}");
}
