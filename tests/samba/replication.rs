//! Trial.

use samesign::model::Secret;
use samesign::source::drs::{Account, PasswordChange, Replica, Settings};
use samesign::source::{Kerberos, ServerAddress};

use crate::chain;
use crate::lab::{self, Lab};

fn clock() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

#[tokio::test]
async fn trial() {
    let lab = Lab::own();
    let right = |it: &str| lab.set_right(lab::BASE, &format!("OA;;CR;{it}"));
    let ntlm = |user: &str, password: &str| Account::Password { user: user.to_owned(), password: Secret::new(password.to_owned()), clock };
    let kerberos = Account::Kerberos(Kerberos { principal: Lab::PRINCIPAL.to_owned(), keytab: Some(lab.keytab.clone()), cache: None, kdc: None, clock });
    let accounts = [ntlm(Lab::USER, lab::SERVICE_PASSWORD), ntlm("CORP\\svc-samesign", lab::SERVICE_PASSWORD), ntlm("svc-samesign", lab::SERVICE_PASSWORD), kerberos, ntlm(Lab::USER, "wrong")];
    let settings = |account: &Account| Settings { servers: vec![ServerAddress { host: lab.address.clone(), port: None, tls_name: Some(Lab::HOST.to_owned()) }], ..Settings::new(Lab::DOMAIN.to_owned(), account.clone()) };
    for step in 0..3 {
        for account in &accounts {
            let mut replica = Replica::new(settings(account));
            let began = std::time::Instant::now();
            let mut hashes = 0;
            let result = replica.changes(None, &mut |it| hashes += usize::from(matches!(it.password, PasswordChange::Set { .. }))).await;
            match result {
                Ok(cursor) => {
                    let all = began.elapsed();
                    let r = replica.requests();
                    let again = replica.changes(Some(&cursor), &mut |_| eprintln!("surprise")).await.unwrap();
                    eprintln!("{step} {} hashes {hashes} in {all:?}, {r} requests, then {} {:?} {:?}", account.name(), replica.requests() - r, again == cursor, began.elapsed());
                }
                Err(error) => eprintln!("{step} {}: {}", account.name(), chain(&error)),
            }
            match replica.rights().await { Ok(r) => eprintln!("{r:?}"), Err(e) => eprintln!("{}", chain(&e)) }
        }
        right(["1131f6aa-9c07-11d1-f79f-00c04fc2dcd2", "1131f6ad-9c07-11d1-f79f-00c04fc2dcd2", "1131f6ad-9c07-11d1-f79f-00c04fc2dcd2"][step]);
    }
}
