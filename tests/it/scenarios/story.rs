//! Tells a story: runs its commands, writes down what they print, and checks what must hold in all stories.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use expect_test::expect_file;
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil::Date};
use serde_json::Value;

use super::directory::Directory;
use super::plain::Plain;
use super::tenant::Tenant;
use crate::program::{self, Output, Program, repository};

/// Never to be printed.
const SECRET: &str = "Tin-Kettle-Harbour-77";
/// How manifests of scenarios name their tenant; replaced by a sandbox that the story can look into.
const SANDBOX: &str = "cloud: sandbox\n  sandbox: {seed: ";

/// One story being told.
struct Story {
    folder: PathBuf,
    program: Program,
    tenants: Vec<Tenant>,
    plain: Plain,
    transcript: String,
    /// Files of golden output, with what was printed.
    goldens: Vec<(String, String)>,
    held: String,
    /// What was planned last, as it was printed.
    planned: String,
    /// What was printed last to standard error.
    said: String,
    commits: usize,
}

/// Tells the story of a folder; once more if a day ended meanwhile.
pub(super) fn tell(name: &str) {
    let folder = repository("tests/scenarios").join(name);
    let mut day = today();
    let goldens = loop {
        let mut story = Story::begin(&folder, day);
        for line in program::read(&folder.join("story.txt")).lines().map(str::trim) {
            story.line(line);
        }
        story.end();
        let now = today();
        if now == day {
            break story.finish();
        }
        day = now;
    };
    for (file, text) in goldens {
        expect_file![folder.join(file)].assert_eq(&text);
    }
}

#[expect(clippy::disallowed_methods, reason = "the program reads the wall clock")]
fn today() -> Date {
    Timestamp::now().to_zoned(TimeZone::UTC).date()
}

impl Story {
    fn begin(folder: &std::path::Path, today: Date) -> Self {
        let mut program = Program::new();
        program::copy(folder, &program.path(""));
        program.set("SAMESIGN_STATE", "state");
        program.set("TENANT_SECRET", SECRET);
        let mut story = Self {
            folder: folder.to_owned(),
            plain: Plain::new(today),
            program,
            tenants: Vec::new(),
            transcript: String::new(),
            goldens: Vec::new(),
            held: String::new(),
            planned: String::new(),
            said: String::new(),
            commits: 0,
        };
        let place = story.program.path("").display().to_string();
        story.plain.fixed.push((place.trim_end_matches('/').to_owned(), "<folder>".to_owned()));
        story.start_tenants();
        story
    }

    /// Starts a sandbox for each that the manifests name, and leads the manifests to it.
    fn start_tenants(&mut self) {
        let mut files: Vec<PathBuf> = std::fs::read_dir(self.program.path("manifests"))
            .unwrap()
            .map(|it| it.unwrap().path())
            .filter(|it| it.is_file())
            .collect();
        files.sort();
        for file in files {
            let mut text = program::read(&file);
            while let Some(at) = text.find(SANDBOX) {
                let (seed, rest) = text[at + SANDBOX.len()..].split_once('}').unwrap();
                let tenant = Tenant::start(&self.program.path("manifests").join(seed));
                let url = tenant.base_url().to_owned();
                let manifest = format!(
                    "tenantId: {}\n  cloud: custom\n  endpoints: {{login: \"{url}\", graph: \"{url}\", \
                     provisioning: \"{url}/provisioningservice.svc\"}}\n  auth: {{clientId: 11111111-0000-4000-8000-000000000000, clientSecretFrom: {{env: TENANT_SECRET}}}}",
                    tenant.id()
                );
                text = format!("{}{manifest}{rest}", &text[..at]);
                let host = url.split_once("//").unwrap().1.to_owned();
                self.plain.fixed.push((url, "https://tenant".to_owned()));
                self.plain.fixed.push((host, "tenant".to_owned()));
                self.tenants.push(tenant);
            }
            program::write(&file, &text);
        }
    }

    fn line(&mut self, line: &str) {
        let _infallible = writeln!(self.transcript, "{line}");
        if let Some(command) = line.strip_prefix("- ") {
            self.quietly(command);
        }
        let Some(command) = line.strip_prefix("> ") else { return };
        let words: Vec<&str> = command.split_whitespace().collect();
        match words.as_slice() {
            ["directory", rest @ ..] => {
                Directory(self.program.path("directory.ldif")).edit(rest, &self.folder);
            }
            ["tenant", rest @ ..] => {
                let said = self.tenants[0].act(rest);
                let said = self.plain.text(&said);
                self.transcript += &said;
            }
            ["edit", file, ..] => self.edit(file, command),
            ["follow", tool, rest @ ..] => self.follow(tool, rest),
            ["commit", ..] => self.commit(),
            ["restore", file] => self.program.write(file, &program::read(&self.folder.join(file))),
            ["add", file, to] => self.program.write(to, &program::read(&self.folder.join(file))),
            ["approval", name, who @ ..] => self.approval(name, who),
            ["advance", days] => self.advance(days.strip_suffix('d').unwrap().parse().unwrap()),
            ["forget"] => std::fs::remove_dir_all(self.program.path("state")).unwrap(),
            _ => self.command(&words),
        }
    }

    /// `edit FILE OLD => NEW`
    fn edit(&self, file: &str, command: &str) {
        let (_, change) = command.split_once(file).unwrap();
        let (old, new) = change.split_once(" => ").unwrap();
        let (old, new) = (old.trim(), new.trim());
        let text = self.program.read(file);
        assert!(text.contains(old), "{file} has no {old}:\n{text}");
        self.program.write(file, &text.replace(old, new));
    }

    /// `follow git apply`: gives a program what was just said, as a user would who saved it to a file.
    fn follow(&self, tool: &str, arguments: &[&str]) {
        let mut command = Command::new(tool);
        command.args(arguments).current_dir(self.program.path("")).env("LC_ALL", "C");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(self.said.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{tool}: {output:?}\n{}", self.said);
    }

    /// Commits the manifests in a repository of their own.
    fn commit(&mut self) {
        let git = |arguments: &[&str]| {
            let mut command = Command::new("git");
            command.args(["-c", "user.name=kim", "-c", "user.email=kim@msp.example"]).args(arguments);
            command.current_dir(self.program.path("manifests")).env("HOME", self.program.path("home"));
            let output = command.output().unwrap();
            assert!(output.status.success(), "git {arguments:?}: {output:?}");
            String::from_utf8(output.stdout).unwrap().trim().to_owned()
        };
        if self.commits == 0 {
            git(&["init", "--quiet"]);
        }
        git(&["add", "."]);
        git(&["commit", "--quiet", "--message", "change"]);
        let commit = git(&["rev-parse", "--short", "HEAD"]);
        self.commits += 1;
        self.plain.fixed.push((commit, format!("<commit {}>", self.commits)));
    }

    /// Time goes by: everything that was recorded is so many days older.
    fn advance(&self, days: i64) {
        let database = rusqlite::Connection::open(self.program.path("state/state.db")).unwrap();
        let seconds = days * 24 * 60 * 60;
        database.execute("UPDATE link SET blocked_since = blocked_since - ?1", [seconds]).unwrap();
        self.tenants.iter().for_each(|it| it.advance(days));
    }

    /// Writes an Approval of what a plan holds for these objects.
    fn approval(&self, name: &str, who: &[&str]) {
        let plan: Value =
            serde_json::from_str(&self.program.run(&["plan", "--format", "json"]).stdout).unwrap();
        let mut text = format!(
            "apiVersion: samesign.dev/v1alpha1\nkind: Approval\nmetadata: {{name: {name}}}\nspec:\n  policy: \
             {}\n  reason: it was agreed\n  by: kim@msp.example\n  expires: 2099-01-01T00:00:00Z\n  changes:\n",
            plan["policy"]["name"].as_str().unwrap()
        );
        let held = plan["changes"].as_array().unwrap().iter().filter(|it| !it["held"].is_null());
        for change in held.filter(|it| who.contains(&it["name"].as_str().unwrap())) {
            let (digest, op, name) = (&change["digest"], &change["op"], &change["name"]);
            let what = format!("{} {}", op.as_str().unwrap(), name.as_str().unwrap());
            let _infallible = writeln!(text, "    - {{digest: {digest}, what: {what}}}");
        }
        self.program.write(&format!("manifests/{name}.yaml"), &text);
    }

    /// A command of the program; `> FILE` at its end makes its output a golden file.
    fn command(&mut self, words: &[&str]) {
        let (words, golden) = match words {
            [words @ .., ">", file] => (words, Some(*file)),
            words => (words, None),
        };
        let arguments: Vec<&str> =
            words.iter().map(|it| if *it == "$HELD" { self.held.as_str() } else { *it }).collect();
        let before = self.writes();
        let output = self.program.run(&arguments);
        if words[0] != "apply" {
            assert_eq!(self.writes(), before, "`{words:?}` wrote to the tenant");
        }
        if words[0] == "apply" && output.code == 0 && self.program.path(words[1]).is_file() {
            self.apply_again(&arguments);
        }
        if let Some((_, digest)) = output.stdout.split_once("--approve ") {
            digest.split_whitespace().next().unwrap().clone_into(&mut self.held);
        }
        let Output { code, mut stdout, stderr } = output;
        self.said.clone_from(&stderr);
        match words[0] {
            "plan" => self.planned.clone_from(&stdout),
            "apply" if !self.planned.is_empty() && stdout.starts_with(&self.planned) => {
                stdout.replace_range(..self.planned.len(), "(the plan above)\n");
            }
            _ => (),
        }
        self.print(&Output { code, stdout, stderr }, golden);
    }

    /// What only leads up to a story: the last line says enough.
    fn quietly(&mut self, command: &str) {
        let words: Vec<&str> = command.split_whitespace().collect();
        let output = self.program.run(&words);
        assert_eq!(output.code, 0, "{}", output.stderr);
        let _infallible = writeln!(self.transcript, "{}", output.stdout.lines().last().unwrap_or_default());
    }

    fn writes(&self) -> Vec<String> {
        self.tenants.iter().flat_map(Tenant::writes).collect()
    }

    /// A saved plan that was applied has nothing left to do.
    fn apply_again(&self, arguments: &[&str]) {
        let before = self.successes();
        let arguments: Vec<&str> =
            arguments.iter().copied().filter(|it| !it.starts_with("--approve")).collect();
        self.program.run(&arguments[..2]);
        assert_eq!(self.successes(), before, "applying a plan twice changed something");
    }

    fn successes(&self) -> usize {
        let writes = self.tenants.iter().flat_map(Tenant::writes);
        writes.filter(|it| it.rsplit(' ').next().is_some_and(|it| it.starts_with('2'))).count()
    }

    fn print(&mut self, output: &Output, golden: Option<&str>) {
        let Output { code, stdout, stderr } = output;
        for text in [stdout, stderr] {
            assert!(!text.contains(SECRET) && !text.contains("eyJ"), "a secret was printed:\n{text}");
            assert!(!text.contains('\x1b'), "an escape sequence was printed: {text:?}");
        }
        let stdout = self.plain.text(stdout);
        match golden {
            Some(file) => match self.goldens.iter().find(|it| it.0 == file) {
                Some((_, before)) => assert_eq!(&stdout, before, "{file} is printed twice"),
                None => self.goldens.push((file.to_owned(), stdout)),
            },
            None => self.transcript += &stdout,
        }
        for line in self.plain.text(stderr).lines() {
            let _infallible = writeln!(self.transcript, "! {line}");
        }
        if *code != 0 {
            let _infallible = writeln!(self.transcript, "exit {code}");
        }
    }

    /// Whatever happened, in the end nothing is left to do but what is held.
    fn end(&mut self) {
        if self.transcript.contains("# the end is open") {
            return;
        }
        let Output { code, stdout, stderr } = self.program.run(&["plan", "--format", "json"]);
        assert_eq!(code, 0, "{stderr}");
        let answer: Value = serde_json::from_str(&stdout).unwrap();
        let plans = answer["plans"].as_array().cloned().unwrap_or_else(|| vec![answer]);
        for change in plans.iter().flat_map(|it| it["changes"].as_array().unwrap()) {
            assert!(!change["held"].is_null(), "{change} is left to do\n{}", self.transcript);
        }
    }

    fn finish(self) -> Vec<(String, String)> {
        for tenant in &self.tenants {
            assert!(!tenant.audit().contains(SECRET));
        }
        let mut goldens = self.goldens;
        goldens.push(("run.txt".to_owned(), self.transcript));
        goldens
    }
}
