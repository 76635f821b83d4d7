//! The service under test, as a process that is killed and started again, and all that it said and told.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::journey::workplace::Workplace;

/// Nothing that is waited for takes longer, however busy the machine is.
const PATIENCE: Duration = Duration::from_mins(2);

/// Sends a signal to a process.
pub(super) fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

/// What was said, and when.
type Log = Arc<Mutex<Vec<(Instant, Value)>>>;

/// The service.
pub(super) struct Service<'a> {
    place: &'a Workplace,
    log: Log,
    child: Option<Child>,
    /// Where monitoring is answered.
    monitor: String,
    letters: Arc<Mutex<Vec<Value>>>,
    letter_box: u16,
}

impl<'a> Service<'a> {
    pub(super) fn start(place: &'a Workplace) -> Self {
        let letters = Arc::default();
        let letter_box = letter_box(Arc::clone(&letters));
        let mut service =
            Self { place, log: Arc::default(), child: None, monitor: String::new(), letters, letter_box };
        service.begin();
        service
    }

    /// Starts the process.
    pub(super) fn begin(&mut self) {
        let arguments = ["run", "manifests", "--log", "json", "--listen", "127.0.0.1:0"];
        let mut command = self.place.command(&arguments);
        command.env("ALARMS", format!("http://127.0.0.1:{}/", self.letter_box));
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let log = Arc::clone(&self.log);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let entry = serde_json::from_str(&line).unwrap_or(Value::String(line));
                lock(&log).push((Instant::now(), entry));
            }
        });
        let since = Instant::now();
        self.child = Some(child);
        self.monitor = loop {
            let found = self.log().into_iter().rev().take_while(|it| since <= it.0).find_map(|(_, it)| {
                let is_it = it["fields"]["message"] == "monitoring is answered";
                is_it.then(|| it["fields"]["address"].as_str().unwrap().to_owned())
            });
            if let Some(found) = found {
                break found;
            }
            assert!(since.elapsed() < PATIENCE, "the service does not start:\n{}", self.last(30));
            pause(Duration::from_millis(20));
        };
    }

    /// Ends the process in the midst of whatever it does.
    pub(super) fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Asks the process to end, and waits until it has; how long that took.
    pub(super) fn terminate(&mut self) -> Duration {
        let mut child = self.child.take().unwrap();
        signal(&child, "-TERM");
        let began = Instant::now();
        let status = child.wait().unwrap();
        assert_eq!(status.code(), Some(0), "{}", self.last(30));
        assert!(began.elapsed() < PATIENCE);
        began.elapsed()
    }

    /// Sends a signal that it survives.
    pub(super) fn signal(&self, name: &str) {
        signal(self.child.as_ref().unwrap(), name);
    }

    /// Everything that it said.
    pub(super) fn log(&self) -> Vec<(Instant, Value)> {
        lock(&self.log).clone()
    }

    /// The last lines that it said.
    pub(super) fn last(&self, lines: usize) -> String {
        let log = self.log();
        let from = log.len().saturating_sub(lines);
        let lines: Vec<String> = log[from..].iter().map(|it| it.1.to_string()).collect();
        lines.join("\n")
    }

    /// What people were told.
    pub(super) fn letters(&self) -> Vec<Value> {
        lock(&self.letters).clone()
    }

    /// What monitoring is answered.
    pub(super) fn metrics(&self) -> String {
        let mut stream = TcpStream::connect(&self.monitor).unwrap();
        write!(stream, "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }

    /// Alarms that are open.
    pub(super) fn alarms(&self) -> Vec<String> {
        let metrics = self.metrics();
        let open = metrics.lines().filter(|it| it.starts_with("samesign_alarms{") && !it.ends_with(" 0"));
        open.map(str::to_owned).collect()
    }
}

impl Drop for Service<'_> {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _has_ended = child.kill();
            let _has_ended = child.wait();
        }
    }
}

/// Waits without the clock that the program may not use.
pub(super) fn pause(how_long: Duration) {
    let until = Instant::now() + how_long;
    while let Some(rest) = until.checked_duration_since(Instant::now()).filter(|it| !it.is_zero()) {
        std::thread::park_timeout(rest);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes every message, and keeps it.
fn letter_box(letters: Arc<Mutex<Vec<Value>>>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            // Whoever is killed while it writes has told nothing.
            if let Some(letter) = read_letter(stream) {
                lock(&letters).push(letter);
            }
        }
    });
    port
}

fn read_letter(stream: TcpStream) -> Option<Value> {
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let mut stream = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).ok()?;
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    write!(stream.get_mut(), "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").ok()?;
    serde_json::from_slice(&body).ok()
}
