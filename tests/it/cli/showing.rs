//! The page of a running service: what it shows is what the commands print, and others need to be known.

use std::io::{Read as _, Write as _};

use std::sync::Arc;
use std::time::Instant;

use expect_test::{Expect, expect};

use super::check;
use super::running::{PATIENCE, Service, folder, ldif, policy};
use crate::program::{Output, Program};

/// What is answered: status and body.
fn ask(address: &str, path: &str, header: &str) -> (u16, String) {
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\n{header}Connection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

/// The text of a command that a page shows.
fn printed(body: &str) -> String {
    let (_, from) = body.split_once("<pre").unwrap_or_else(|| panic!("nothing printed: {body}"));
    let inside = from.split_once('>').unwrap().1.split_once("</pre>").unwrap().0;
    let text = inside
        .split('<')
        .enumerate()
        .map(|(at, it)| if at == 0 { it } else { it.split_once('>').unwrap().1 });
    let text: String = text.collect();
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

/// Asks again until it is so.
fn until(address: &str, path: &str, is_so: impl Fn(&str) -> bool) -> String {
    let end = Instant::now() + PATIENCE;
    loop {
        let (_, body) = ask(address, path, "");
        if is_so(&body) {
            return body;
        }
        assert!(Instant::now() < end, "still {body}");
    }
}

fn listening(program: &Program, options: &[&str]) -> (Service, String) {
    let options = [&["--listen", "127.0.0.1:0"], options].concat();
    let mut service = Service::with(program, &options);
    let address = service.wait_for("monitoring is answered")["address"].as_str().unwrap().to_owned();
    (service, address)
}

#[test]
fn the_page_shows_what_the_commands_print() {
    let program = folder("auto", "1h");
    let everybody = ["ada", "bob", "cleo", "dan", "eve", "finn", "gus", "hana"];
    program.write("policy/corp.ldif", &ldif(&everybody));
    let (mut service, address) = listening(&program, &[]);
    assert_eq!(service.wait_for("cycle ended")["done"], 8);
    // Nearly everybody leaves: a guard holds that.
    program.write(
        "policy/corp.ldif",
        &ldif(&everybody[..2]).replace("sAMAccountName: ada", "title: <b>Boss</b>\nsAMAccountName: ada"),
    );
    service.signal("-HUP");
    assert_eq!(service.wait_for("cycle ended")["waiting"], 6);
    let plan = program.run(&["plan", "policy"]).stdout;
    // The look ends a moment after that is logged.
    let page = until(&address, "/policy/contoso", |it| printed(it).trim_end() == plan.trim_end());
    assert!(plan.contains("held: 6 users leave"), "{plan}");
    for words in
        ["6 changes wait for a person", "held by users.removals", "sooner if an event is seen", "run 2"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    let run = printed(&ask(&address, "/policy/contoso/run/2", "").1);
    assert!(run.contains("\"<b>Boss</b>\""), "{run}");
    assert_eq!(run.trim_end(), program.run(&["history", "policy", "2"]).stdout.trim_end());
    let explained = printed(&ask(&address, "/policy/contoso/explain?who=hana%40contoso.com", "").1);
    assert_eq!(
        explained.trim_end(),
        program.run(&["explain", "policy", "hana@contoso.com"]).stdout.trim_end()
    );
    let (status, nobody) = ask(&address, "/policy/contoso/explain?who=hana%40contoso.co", "");
    assert!(status == 404 && nobody.contains("There are: "), "{nobody}");
    let overview = ask(&address, "/", "").1;
    assert!(overview.contains("1 policy: 1 has an error."), "{overview}");
    // What was asked wrote nothing and made no look due.
    assert_eq!(printed(&ask(&address, "/policy/contoso", "").1).trim_end(), plan.trim_end());
    assert_eq!(program.run(&["history", "policy", "3"]).code, 1);
    service.stop();
}

#[test]
fn what_goes_wrong_is_shown_and_an_edit_takes_its_place() {
    let program = folder("review", "1s");
    std::fs::remove_file(program.path("policy/corp.ldif")).unwrap();
    let (mut service, address) = listening(&program, &[]);
    service.wait_for("both sides cannot be looked at");
    let until = |path: &str, words: &str| until(&address, path, |it| it.contains(words));
    until("/policy/contoso", "failed: the directory could not be read: ");
    assert!(ask(&address, "/policy/contoso", "").1.contains("No look has come to a plan yet."));
    assert_eq!(ask(&address, "/policy/contoso/explain?who=ada", "").0, 503);
    program.write("policy/corp.ldif", &ldif(&["ada"]));
    until("/policy/contoso", "+ user   ada@contoso.com");
    program.write("policy/policy.yaml", &policy("review", "1s").replace("name: contoso}", "name: fabrikam}"));
    until("/", "/policy/fabrikam");
    assert_eq!(ask(&address, "/policy/contoso", "").0, 404);
    service.stop();
}

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

#[test]
fn a_token_comes_from_where_secrets_are() {
    let mut program = folder("review", "1h");
    program.set("TOKEN", TOKEN);
    program.write("token.txt", &format!("{TOKEN}\n"));
    program.set("CREDENTIALS_DIRECTORY", program.path("credentials").to_str().unwrap());
    std::fs::create_dir(program.path("credentials")).unwrap();
    program.write("credentials/page", TOKEN);
    for source in ["env:TOKEN", "file:token.txt", "credential:page"] {
        let (service, address) = listening(&program, &["--listen-token-from", source]);
        assert_eq!(ask(&address, "/metrics", "").0, 401, "{source}");
        let known = format!("Authorization: Bearer {TOKEN}\r\n");
        assert_eq!(ask(&address, "/metrics", &known).0, 200, "{source}");
        service.stop();
    }
}

/// The same over TLS, by somebody who trusts this certificate; `None` if another one is shown.
fn ask_over_tls(address: &str, trusted: &rcgen::Certificate, header: &str) -> Option<u16> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(trusted.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider);
    let config = config.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots);
    let name = "localhost".try_into().unwrap();
    let tls = rustls::ClientConnection::new(Arc::new(config.with_no_client_auth()), name).unwrap();
    let mut stream = rustls::StreamOwned::new(tls, std::net::TcpStream::connect(address).unwrap());
    write!(stream, "GET / HTTP/1.1\r\nHost: samesign.example\r\n{header}Connection: close\r\n\r\n").ok()?;
    let mut head = [0; 12];
    stream.read_exact(&mut head).ok()?;
    std::str::from_utf8(&head[9..]).unwrap().parse().ok()
}

#[test]
fn a_new_certificate_is_shown_after_a_signal() {
    let mut program = folder("review", "1h");
    program.set("TOKEN", TOKEN);
    let made = || rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (before, after) = (made(), made());
    program.write("page.pem", &before.cert.pem());
    program.write("page.key", &before.signing_key.serialize_pem());
    let options =
        ["--listen-token-from", "env:TOKEN", "--tls-certificate", "page.pem", "--tls-key", "page.key"];
    let (mut service, address) = listening(&program, &options);
    let known = format!("Authorization: Bearer {TOKEN}\r\n");
    assert_eq!(ask_over_tls(&address, &before.cert, ""), Some(401));
    assert_eq!(ask_over_tls(&address, &before.cert, &known), Some(200));
    assert_eq!(ask_over_tls(&address, &after.cert, &known), None);
    program.write("page.pem", &after.cert.pem());
    service.signal("-HUP");
    service.wait_for("the certificate of --listen is not renewed: the one before stays");
    assert_eq!(ask_over_tls(&address, &before.cert, &known), Some(200), "the key is still the one before");
    program.write("page.key", &after.signing_key.serialize_pem());
    service.signal("-HUP");
    service.wait_for("manifests loaded");
    service.wait_for("manifests loaded");
    assert_eq!(ask_over_tls(&address, &after.cert, &known), Some(200));
    service.stop();
}

/// Standard error without the log that comes before it ends.
fn refused(program: &Program, options: &[&str], expected: &Expect) {
    let output = program.run(&[&["run", "policy"], options].concat());
    let said = output.stderr.lines().filter(|it| !it.contains(" INFO ")).map(|it| format!("{it}\n"));
    check(&Output { stderr: said.collect(), ..output }, expected);
}

#[test]
fn what_others_could_read_is_refused_and_it_says_what_to_give() {
    let mut program = folder("review", "1h");
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    program.write("page.pem", &made.cert.pem());
    program.write("page.key", &made.signing_key.serialize_pem());
    program.set("SHORT", "hunter2");
    let tls = ["--listen", "0.0.0.0:0", "--tls-certificate", "page.pem", "--tls-key", "page.key"];
    refused(
        &program,
        &["--listen", "0.0.0.0:8080"],
        &expect![[r#"
        ! error: 0.0.0.0:8080 can be reached from other machines, and there is no certificate for TLS
        !
        ! hint: give --tls-certificate and --tls-key, and --listen-token-from or --tls-client-ca; or listen on 127.0.0.1 or [::1]
        exit 64
    "#]],
    );
    refused(
        &program,
        &["--listen", "0.0.0.0:8080", "--listen-token-from", "env:SHORT"],
        &expect![[r#"
        ! error: what --listen-token-from names is no token
        !   caused by: the token has 7 characters, and has to have 24
        !
        ! hint: openssl rand -hex 32 makes one
        exit 1
    "#]],
    );
    refused(
        &program,
        &tls,
        &expect![[r#"
        ! error: 0.0.0.0:0 can be reached from other machines, and nothing says who may ask
        !
        ! hint: give --tls-certificate and --tls-key, and --listen-token-from or --tls-client-ca; or listen on 127.0.0.1 or [::1]
        exit 64
    "#]],
    );
}

#[test]
fn what_the_options_name_has_to_be_there_and_of_use() {
    let program = folder("review", "1h");
    program.write("page.key", &rcgen::KeyPair::generate().unwrap().serialize_pem());
    refused(
        &program,
        &["--listen", "127.0.0.1:0", "--listen-token-from", TOKEN],
        &expect![[r#"
        ! error: --listen-token-from does not say where the token is
        !
        ! hint: give env:NAME, file:PATH or credential:NAME
        exit 64
    "#]],
    );
    refused(
        &program,
        &["--listen", "127.0.0.1:0", "--listen-token-from", "env:NONE"],
        &expect![[r#"
        ! error: --listen-token-from: the environment variable NONE is not set
        !
        ! hint: set it for this command: NONE=… samesign …
        exit 1
    "#]],
    );
    refused(
        &program,
        &["--listen", "127.0.0.1:0", "--tls-certificate", "page.key", "--tls-key", "page.key"],
        &expect![[r#"
            ! error: what the options --tls-… name cannot be used
            !   caused by: there is no certificate in PEM
            exit 1
        "#]],
    );
    refused(
        &program,
        &["--tls-certificate", "page.pem"],
        &expect![[r#"
        ! error: the following required arguments were not provided:
        !   --listen <ADDR>
        !   --tls-key <FILE>
        !
        ! Usage: samesign run --listen <ADDR> --tls-certificate <FILE> --tls-key <FILE> <DIR>
        !
        ! For more information, try '--help'.
        exit 64
    "#]],
    );
}
