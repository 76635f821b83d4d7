//! Messages arrive, or somebody reads why not; addresses of webhooks are secrets.

use std::time::Duration;

use expect_test::expect;
use samesign::model::Secret;
use samesign::observe::{
    Dispatcher, Event, Mail, MailSettings, Notifier, Severity, Way, Webhook, WebhookForm,
};

use super::notice;
use super::post_office::PostOffice;

fn webhook(office: &PostOffice, form: WebhookForm) -> Webhook {
    let url = format!("http://127.0.0.1:{}/hooks/s3cret-path", office.port);
    Webhook::new(&Secret::new(url), form).unwrap()
}

fn mail_settings(office: &PostOffice) -> MailSettings {
    MailSettings {
        host: "localhost".to_owned(),
        port: Some(office.port),
        from: "samesign <samesign@msp.example>".to_owned(),
        to: vec!["it@contoso.com".to_owned(), "kim@msp.example".to_owned()],
        login: None,
        ca: None,
    }
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

#[tokio::test]
async fn a_webhook_gets_the_form_that_it_wants() {
    let office = PostOffice::http(&[200]);
    for (form, begins) in [
        (WebhookForm::Json, r#"/hooks/s3cret-path {"format":"samesign.dev/notice/v1alpha1""#),
        (WebhookForm::Teams, r#"/hooks/s3cret-path {"type":"message""#),
        (WebhookForm::Slack, r#"/hooks/s3cret-path {"text":"samesign warning"#),
    ] {
        webhook(&office, form).post(&notice(Event::Raised, "held"), "dc1").await.unwrap();
        let arrived = office.next();
        assert!(arrived.starts_with(begins), "{arrived}");
    }
}

#[tokio::test]
async fn errors_of_a_webhook_name_the_host_and_not_the_address() {
    let office = PostOffice::http(&[404]);
    let hook = webhook(&office, WebhookForm::Json);
    let error = hook.post(&notice(Event::Raised, "held"), "dc1").await.unwrap_err();
    assert!(!error.may_pass());
    assert_eq!(with_causes(&error), format!("127.0.0.1:{} answers 404: no such workflow", office.port));
    // Nobody listens any more.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{closed}/s3cret-path");
    let hook = Webhook::new(&Secret::new(url), WebhookForm::Json).unwrap();
    let error = hook.post(&notice(Event::Raised, "held"), "dc1").await.unwrap_err();
    assert!(error.may_pass());
    let words = with_causes(&error);
    assert!(words.starts_with(&format!("127.0.0.1:{closed} does not answer")), "{words}");
    assert!(!words.contains("s3cret"), "{words}");
    for bad in ["", "hook", "ftp://x.example/", "http://hooks.example.com/s3cret-path"] {
        let error = Webhook::new(&Secret::new(bad.to_owned()), WebhookForm::Json).err().unwrap();
        assert_eq!(error.to_string(), "the secret is no address that starts with https://", "{bad}");
    }
}

#[tokio::test]
async fn mail_to_this_machine_needs_no_certificate() {
    let office = PostOffice::plain_smtp();
    let settings = MailSettings {
        login: Some(("samesign".to_owned(), Secret::new("hunter2".to_owned()))),
        ..mail_settings(&office)
    };
    let mail = Mail::new(settings).unwrap();
    mail.post(&notice(Event::Recovered, "Ümläute: 3 changes wait"), "dc1").await.unwrap();
    let arrived = office.next();
    let is_fixed = |it: &&str| !it.starts_with("Date:") && !it.starts_with("Message-ID:");
    expect![[r#"
        AUTH PLAIN AHNhbWVzaWduAGh1bnRlcjI=
        MAIL FROM:<samesign@msp.example>
        RCPT TO:<it@contoso.com>
        RCPT TO:<kim@msp.example>
        From: samesign <samesign@msp.example>
        Subject: samesign recovered, contoso: =?utf-8?b?w5xtbMOkdXRlOg==?= 3 changes
         wait
        Auto-Submitted: auto-generated
        Content-Type: text/plain; charset=utf-8
        To: it@contoso.com, kim@msp.example
        Content-Transfer-Encoding: quoted-printable

        =C3=9Cml=C3=A4ute: 3 changes wait

        Over at 2026-11-22 09:30 UTC, after 1 h 30 min.
        Told by samesign on dc1 (heldPlan).

        ."#]]
    .assert_eq(&arrived.lines().filter(is_fixed).collect::<Vec<_>>().join("\n"));
}

#[tokio::test]
async fn mail_goes_through_tls_that_is_verified() {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let office = PostOffice::smtp(Some((made.cert.der().clone(), made.signing_key.serialize_der())));
    let untrusting = Mail::new(mail_settings(&office)).unwrap();
    let error = untrusting.post(&notice(Event::Raised, "held"), "dc1").await.unwrap_err();
    let words = with_causes(&error);
    assert!(words.contains("certificate"), "{words}");
    let settings = MailSettings { ca: Some(made.cert.pem().into_bytes()), ..mail_settings(&office) };
    Mail::new(settings).unwrap().post(&notice(Event::Raised, "held"), "dc1").await.unwrap();
    let arrived = office.next();
    assert!(arrived.starts_with("(inside of TLS)\nMAIL FROM:<samesign@msp.example>"), "{arrived}");
}

#[tokio::test]
async fn mail_that_cannot_be_sent_says_why() {
    let wrong = |change: fn(&mut MailSettings)| {
        let mut settings = mail_settings(&PostOffice::plain_smtp());
        change(&mut settings);
        Mail::new(settings).err().unwrap().to_string()
    };
    expect!["nobody is no mail address: Invalid input"].assert_eq(&wrong(|it| it.from = "nobody".to_owned()));
    let no_ca = wrong(|it| it.ca = Some(b"none".to_vec()));
    assert_eq!(no_ca, "the CA file holds no certificate");
}

#[tokio::test]
async fn what_is_not_taken_is_tried_again_and_severity_decides_who_gets_it() {
    let (office, errors_only) = (PostOffice::http(&[503, 200]), PostOffice::http(&[200]));
    let mut dispatcher = Dispatcher::new("dc1", |_, _| ());
    let notifier = |office: &PostOffice, least| Notifier {
        name: "it".to_owned(),
        least,
        way: Way::Webhook(Box::new(webhook(office, WebhookForm::Json))),
    };
    dispatcher.replace(
        vec![notifier(&office, Severity::Info), notifier(&errors_only, Severity::Error)],
        Vec::new(),
    );
    dispatcher.send(vec![notice(Event::Raised, "first"), notice(Event::Recovered, "second")]);
    dispatcher.finish(Duration::from_mins(1)).await;
    let arrived = [office.next(), office.next(), office.next()];
    for (arrived, text) in arrived.iter().zip(["first", "first", "second"]) {
        assert!(arrived.contains(&format!(r#""text":"{text}""#)), "{arrived}");
    }
    assert!(errors_only.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_hangs_delays_no_other() {
    let hanging = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://127.0.0.1:{}/", hanging.local_addr().unwrap().port());
    let hanging = Webhook::new(&Secret::new(url), WebhookForm::Json).unwrap();
    let office = PostOffice::http(&[200]);
    let mut dispatcher = Dispatcher::new("dc1", |_, _| ());
    let notifier =
        |way| Notifier { name: "it".to_owned(), least: Severity::Info, way: Way::Webhook(Box::new(way)) };
    dispatcher.replace(vec![notifier(hanging), notifier(webhook(&office, WebhookForm::Json))], Vec::new());
    dispatcher.send(vec![notice(Event::Raised, "held")]);
    assert!(office.next().contains("held"));
}
