//! The program as a service, as a test sees it: what it logs, and how it ends.
//!
//! It does not know what the service is to do.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

use crate::journey::workplace::Workplace;

/// The program as a service, whose log is read line by line.
pub(crate) struct Service {
    child: Child,
    log: mpsc::Receiver<String>,
}

/// Nothing that is waited for takes longer, however busy the machine is.
const PATIENCE: Duration = Duration::from_mins(2);

impl Service {
    pub(crate) fn start(place: &Workplace) -> Self {
        let mut command = place.command(&["run", "manifests", "--log", "json"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (to_log, log) = mpsc::channel();
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|it| to_log.send(it)));
        Self { child, log }
    }

    /// Waits until a cycle has done something, and returns how much.
    pub(crate) fn next_cycle(&self) -> u64 {
        self.wait_for(|it| it["message"] == "cycle ended")["done"].as_u64().unwrap()
    }

    /// Waits until these alarms were raised, or are over, in whichever order.
    pub(crate) fn wait_for_alarms(&self, event: &str, topics: &[&str]) {
        let message = format!("alarm {event}");
        let mut missing: BTreeSet<&str> = topics.iter().copied().collect();
        while !missing.is_empty() {
            let found = self.wait_for(|it| {
                it["message"] == *message && it["topic"].as_str().is_some_and(|it| missing.contains(it))
            });
            missing.remove(found["topic"].as_str().unwrap());
        }
    }

    /// Waits for a line of the log, and returns its fields.
    fn wait_for(&self, is_it: impl Fn(&Value) -> bool) -> Value {
        let mut seen = String::new();
        loop {
            let line = tokio::task::block_in_place(|| self.log.recv_timeout(PATIENCE));
            let line = line.unwrap_or_else(|_| panic!("it is not said; it said:\n{seen}"));
            let entry: Value = serde_json::from_str(&line).unwrap();
            if is_it(&entry["fields"]) {
                return entry["fields"].clone();
            }
            seen += &(line + "\n");
        }
    }

    pub(crate) fn stop(&mut self) {
        let status = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
        let ended = tokio::task::block_in_place(|| self.child.wait()).unwrap();
        assert_eq!(ended.code(), Some(0));
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _has_ended = self.child.kill();
        let _has_ended = self.child.wait();
    }
}
