//! Who is answered, and what each answer tells a browser to refuse.

use expect_test::expect;
use samesign::model::Secret;
use samesign::observe::{Entry, Monitor, Token};

use super::Stage;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn with_token() -> Entry {
    Entry { token: Some(Token::new(&Secret::new(SECRET.to_owned())).unwrap()), tls: None }
}

#[tokio::test]
async fn every_answer_tells_the_browser_what_to_refuse() {
    let visitor = Stage::default().open().await;
    let mut told = Vec::new();
    for (method, path, host, status) in [
        ("GET", "/", "localhost", 200),
        ("HEAD", "/policy/contoso", "localhost", 200),
        ("GET", "/policy/contoso/explain?who=ada", "localhost", 503),
        ("GET", "/style.css", "localhost", 200),
        ("GET", "/icon.svg", "localhost", 200),
        ("GET", "/healthz", "localhost", 200),
        ("GET", "/metrics", "localhost", 200),
        ("GET", "/nothing", "localhost", 404),
        ("GET", "/policy/nobody", "localhost", 404),
        ("GET", "/policy/contoso/run/x", "localhost", 400),
        ("GET", "/?refresh=maybe", "localhost", 400),
        ("POST", "/", "localhost", 405),
        ("DELETE", "/policy/contoso", "localhost", 405),
        ("PUT", "/metrics", "localhost", 405),
        ("GET", "/", "samesign.example", 421),
    ] {
        let answer = visitor.ask(method, path, &[("host", host)]).await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.body);
        let own = ["content-type", "content-length", "date", "connection", "allow"];
        let headers = answer.headers.iter().filter(|it| !own.contains(&it.0.as_str()));
        told.push(headers.map(|(name, value)| [name, ": ", value, "\n"].concat()).collect::<String>());
    }
    told.dedup();
    expect![[r#"
        cache-control: no-store
        content-security-policy: default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'
        cross-origin-opener-policy: same-origin
        cross-origin-resource-policy: same-origin
        referrer-policy: no-referrer
        x-content-type-options: nosniff
        x-frame-options: DENY
    "#]]
    .assert_eq(&told.join("-- and another --\n"));
}

#[tokio::test]
async fn without_a_token_only_names_of_this_machine_are_answered() {
    let visitor = Stage::default().open().await;
    for own in ["localhost", "LocalHost:9464", "127.0.0.1:9464", "127.1.2.3", "[::1]:9464", "[::1]"] {
        assert_eq!(visitor.ask("GET", "/", &[("host", own)]).await.status, 200, "{own}");
    }
    for other in
        ["evil.example", "localhost.evil.example:9464", "192.0.2.7", "[2001:db8::1]:9464", "", "[", "::1"]
    {
        for path in ["/", "/metrics", "/readyz"] {
            assert_eq!(visitor.ask("GET", path, &[("host", other)]).await.status, 421, "{other} {path}");
        }
    }
    assert_eq!(visitor.ask("GET", "/metrics", &[]).await.status, 200, "no browser asks without a name");
}

#[tokio::test]
async fn a_token_is_asked_for_everywhere_but_for_the_sign_of_life() {
    let visitor = Stage::default().open_to(with_token()).await;
    let ask = async |path: &str, authorization: Option<&str>| {
        // With a token any name will do: a browser gives it to the one name that it was typed for.
        let mut headers = vec![("host", "samesign.example")];
        headers.extend(authorization.map(|it| ("authorization", it)));
        visitor.ask("GET", path, &headers).await
    };
    let paths = ["/", "/policy/contoso", "/style.css", "/metrics", "/readyz", "/nothing", "/healthz/"];
    for path in paths {
        let refused = ask(path, None).await;
        assert_eq!((refused.status, refused.body.contains("contoso")), (401, false), "{path}");
        assert_eq!(refused.headers["www-authenticate"], "Basic realm=\"samesign\", charset=\"UTF-8\"");
    }
    assert_eq!(ask("/healthz", None).await.status, 200);
    let basic = |pair: &str| {
        use base64::Engine as _;
        format!("Basic {}", base64::prelude::BASE64_STANDARD.encode(pair))
    };
    for right in [format!("Bearer {SECRET}"), format!("bearer  {SECRET}"), basic(&format!("kim:{SECRET}"))] {
        assert_eq!(ask("/metrics", Some(&right)).await.status, 200, "{right}");
        assert_eq!(ask("/policy/contoso", Some(&right)).await.status, 200, "{right}");
    }
    let wrong = [
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        format!("Bearer {}", &SECRET[1..]),
        format!("Bearer {SECRET}0"),
        format!("Token {SECRET}"),
        SECRET.to_owned(),
        basic(SECRET),
        basic(&format!("{SECRET}:")),
        "Basic !!!".to_owned(),
    ];
    for wrong in wrong {
        assert_eq!(ask("/", Some(&wrong)).await.status, 401, "{wrong}");
    }
}

#[test]
fn a_token_that_could_be_guessed_is_none_and_none_is_kept() {
    let error = Token::new(&Secret::new("hunter2".to_owned())).unwrap_err();
    assert_eq!(error.to_string(), "the token has 7 characters, and has to have 24");
    let kept = format!("{:?}", with_token());
    assert!(!kept.contains(SECRET), "{kept}");
}

#[tokio::test]
async fn another_page_may_link_here_and_do_nothing_else() {
    let visitor = Stage::default().open().await;
    let ask = async |path: &str, site: &str, mode: &str, dest: &str| {
        let from = [
            ("host", "localhost"),
            ("sec-fetch-site", site),
            ("sec-fetch-mode", mode),
            ("sec-fetch-dest", dest),
        ];
        visitor.ask("GET", path, &from).await.status
    };
    let explain = "/policy/contoso/explain?who=ada";
    for site in ["cross-site", "same-site"] {
        assert_eq!(ask("/", site, "navigate", "document").await, 200, "a link");
        assert_eq!(ask("/", site, "navigate", "iframe").await, 403, "a frame");
        assert_eq!(ask("/", site, "no-cors", "image").await, 403, "a picture");
        assert_eq!(ask("/metrics", site, "cors", "empty").await, 403, "a script");
        assert_eq!(ask(explain, site, "navigate", "document").await, 403, "what costs something");
    }
    for site in ["same-origin", "none"] {
        // As far as the question, which somebody else's keeps waiting.
        assert_eq!(ask(explain, site, "navigate", "document").await, 503, "{site}");
        assert_eq!(ask("/style.css", site, "no-cors", "style").await, 200, "{site}");
    }
}

#[tokio::test]
async fn an_address_that_others_reach_needs_tls() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.7:0"] {
        let error = Monitor::open(address.parse().unwrap(), with_token()).await.unwrap_err();
        let words =
            format!("{address} can be reached from other machines, and there is no certificate for TLS");
        assert_eq!(error.to_string(), words);
    }
}
