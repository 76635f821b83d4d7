//! The proxy of the environment. The environment of a process cannot be changed safely while it runs, so
//! the test starts itself again in another environment.

use std::process::Command;
use std::sync::{Arc, Mutex};

use samesign::target::TargetError;
use samesign::target::graph::{Connection, Reader};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::script::{Tenant, settings};

/// What a proxy was asked while `a_child…` ran in an environment that names it.
async fn asked_of_proxy(no_proxy: &'static str) -> Vec<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut bytes = [0; 1024];
            let len = stream.read(&mut bytes).await.unwrap();
            let text = String::from_utf8_lossy(&bytes[..len]).into_owned();
            heard.lock().unwrap().push(text.lines().next().unwrap_or_default().to_owned());
            drop(stream.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").await);
        }
    });
    let child = tokio::task::spawn_blocking(move || {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "target::graph::proxy::a_child_reaches_only_this_machine"])
            .env_remove("https_proxy")
            .env_remove("http_proxy")
            .env_remove("all_proxy")
            .env_remove("no_proxy")
            .env("HTTPS_PROXY", &proxy)
            .env("HTTP_PROXY", &proxy)
            .env("NO_PROXY", no_proxy)
            .output()
            .unwrap()
    });
    let output = child.await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    asked.lock().unwrap().clone()
}

#[tokio::test]
async fn a_proxy_of_the_environment_is_asked_for_the_services_and_never_for_this_machine() {
    let asked = asked_of_proxy("other.invalid").await;
    assert!(!asked.is_empty() && asked.iter().all(|it| it == "CONNECT 192.0.2.7:443 HTTP/1.1"), "{asked:?}");
    assert_eq!(asked_of_proxy("192.0.2.0/24").await, Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_child_reaches_only_this_machine() {
    let tenant = Tenant::start(|_| super::script::Say::error(404, "none", "none")).await;
    assert!(tenant.connection().sign_in().await.is_ok());
    let connection = Connection::open(settings("https://192.0.2.7")).unwrap();
    let error = Reader::new(&connection).identity().await.unwrap_err();
    let TargetError::NoToken(error) = error else { panic!("{error:?}") };
    assert!(matches!(*error, TargetError::Connect { ref host, .. } if host == "192.0.2.7"), "{error:?}");
}
