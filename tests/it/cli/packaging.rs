//! What is shipped beside the program fits it: dashboard, alert rules, container, runbook.

use std::collections::BTreeSet;
use std::process::Command;

use samesign::observe::Topic;
use serde_json::Value;

use super::running::{Service, ask, folder};
use crate::program::{read, repository};

const DASHBOARD: &str = "packaging/grafana/samesign.json";
const RULES: &str = "packaging/prometheus/samesign.rules.yaml";
const GUIDE: &str = "docs/user-guide.md";
const CONTAINER: &str = "packaging/container/Containerfile";

fn shipped(path: &str) -> String {
    read(&repository(path))
}

/// Words that begin as metrics do.
fn metrics(text: &str) -> BTreeSet<String> {
    let is_part = |it: char| it.is_ascii_lowercase() || it == '_';
    let words = text.split(|it| !is_part(it)).filter(|it| it.starts_with("samesign_") && !it.ends_with('_'));
    words.map(str::to_owned).collect()
}

#[test]
fn every_metric_that_is_asked_for_is_there() {
    let program = folder("review", "1s");
    let mut service = Service::with(&program, &["--listen", "127.0.0.1:0"]);
    let address = service.wait_for("monitoring is answered")["address"].as_str().unwrap().to_owned();
    service.wait_for("cycle ended");
    let answered = loop {
        let (_, text) = ask(&address, "/metrics");
        // The look is counted a moment after it is logged.
        if text.contains("samesign_cycles_total") {
            let samples = text.lines().filter(|it| !it.starts_with('#'));
            break samples.map(|it| it.split(['{', ' ']).next().unwrap().to_owned()).collect::<BTreeSet<_>>();
        }
    };
    for path in [DASHBOARD, RULES, GUIDE] {
        let asked = metrics(&shipped(path));
        // The guide has the name of a histogram without what is added to it.
        let is_there =
            |it: &String| answered.contains(it) || path == GUIDE && answered.contains(&format!("{it}_count"));
        let missing: Vec<&String> = asked.iter().filter(|it| !is_there(it)).collect();
        assert!(missing.is_empty() && 3 < asked.len(), "{path}: {missing:?}");
    }
    is_healthy(&address);
    service.stop();
}

/// What the container asks to know whether it lives, at another address.
fn is_healthy(address: &str) {
    let text = shipped(CONTAINER);
    let (_, after) = text.split_once("HEALTHCHECK").unwrap();
    let command = after.lines().find_map(|it| it.trim().strip_prefix("CMD ")).unwrap();
    let words: Vec<String> = serde_json::from_str(command).unwrap();
    let healthy = |address: &str| {
        let words: Vec<String> = words.iter().map(|it| it.replace("127.0.0.1/9464", address)).collect();
        Command::new(&words[0]).args(&words[1..]).output().unwrap().status.success()
    };
    assert!(healthy(&address.replace(':', "/")));
    assert!(!healthy("127.0.0.1/9"), "nobody listens");
}

#[test]
fn the_dashboard_is_whole() {
    let dashboard: Value = serde_json::from_str(&shipped(DASHBOARD)).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let ids: BTreeSet<i64> = panels.iter().map(|it| it["id"].as_i64().unwrap()).collect();
    assert_eq!(ids.len(), panels.len());
    for panel in panels {
        let targets = panel["targets"].as_array().unwrap();
        assert!(!targets.is_empty() && targets.iter().all(|it| it["expr"].is_string()), "{panel}");
        assert_eq!(panel["datasource"]["uid"], "${datasource}", "it belongs to no server in particular");
    }
}

#[test]
fn the_rules_are_what_prometheus_takes() {
    let rules: Value = serde_yaml::from_str(&shipped(RULES)).unwrap();
    for rule in rules["groups"][0]["rules"].as_array().unwrap() {
        let annotations = &rule["annotations"];
        assert!(annotations["summary"].is_string() && annotations["description"].is_string(), "{rule}");
    }
    match Command::new("promtool").arg("check").arg("rules").arg(repository(RULES)).output() {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
        Err(cause) => eprintln!("promtool is not here, so the expressions are not checked: {cause}"),
    }
}

#[test]
fn the_runbook_has_every_alarm() {
    let guide = shipped(GUIDE);
    let (_, runbook) = guide.split_once("#### What to do").unwrap();
    for topic in Topic::ALL {
        assert!(runbook.contains(&format!("| `{}` |", topic.word())), "{}", topic.word());
    }
}

#[test]
fn the_container_runs_without_any_privilege() {
    let text = shipped(CONTAINER);
    let lines: Vec<&str> = text.lines().collect();
    let stages: Vec<&&str> = lines.iter().filter(|it| it.starts_with("FROM ")).collect();
    assert!(stages.len() == 2 && !stages.iter().any(|it| it.contains("latest")), "{stages:?}");
    let manifest = shipped("Cargo.toml");
    let version = manifest.split_once("rust-version = \"").unwrap().1.split('"').next().unwrap();
    assert!(stages[0].contains(&format!("rust:{version}-")), "it is built with what the crate asks for");
    let at = |word: &str| lines.iter().position(|it| it.starts_with(word)).unwrap();
    assert!(at("USER 10001:10001") < at("ENTRYPOINT"), "nothing runs as root");
    assert!(at("VOLUME /var/lib/samesign") < at("ENTRYPOINT"));
    // What is copied is there, and gets to the builder.
    let ignore = shipped("packaging/container/Containerfile.dockerignore");
    let copies =
        lines.iter().filter_map(|it| it.strip_prefix("COPY ")).filter(|it| !it.starts_with("--from"));
    for from in copies.flat_map(|it| it.rsplit_once(' ').unwrap().0.split(' ')) {
        assert!(repository(from).exists(), "{from}");
        let is_kept =
            |it: &str| it.strip_prefix('!').is_some_and(|it| from.starts_with(it.trim_end_matches('*')));
        assert!(ignore.lines().any(is_kept), "{from}");
    }
    // Its command is one that the program takes.
    let command = lines.iter().rev().find_map(|it| it.strip_prefix("CMD ")).unwrap();
    let words: Vec<String> = serde_json::from_str(command).unwrap();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let ran = crate::program::Program::new().run(&words);
    assert!(ran.stderr.contains("/etc/samesign/policy"), "{}", ran.stderr);
}
