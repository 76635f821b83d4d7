//! The real binary in a sealed environment: nothing of the tester's machine but `PATH` reaches it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Width at which help is wrapped.
const COLUMNS: &str = "100";

/// A folder to work in, and how the program is started there.
pub(crate) struct Program {
    folder: tempfile::TempDir,
    variables: Vec<(String, String)>,
}

/// How the program ended, and what it said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Output {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Program {
    /// In an empty folder, with records of its own.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut program = Self { folder, variables: Vec::new() };
        program.set("HOME", &program.path("home").display().to_string());
        program.set("COLUMNS", COLUMNS);
        #[expect(clippy::disallowed_methods, reason = "the program asks git, which has to be found")]
        program.set("PATH", &std::env::var("PATH").unwrap());
        program
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The program, ready to be started.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_samesign"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .envs(self.variables.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let output = self.command(arguments).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Output {
            code: output.status.code().unwrap(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    pub(crate) fn read(&self, name: &str) -> String {
        read(&self.path(name))
    }

    /// All of it at once: a service that reads meanwhile sees the old text or the new one.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let part = self.path(&format!("{name}.part"));
        write(&part, text);
        std::fs::rename(part, self.path(name)).unwrap();
    }
}

#[expect(clippy::disallowed_methods, reason = "tests look into files")]
pub(crate) fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|cause| panic!("{}: {cause}", path.display()))
}

#[expect(clippy::disallowed_methods, reason = "tests write what the program reads")]
pub(crate) fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// Copies a folder and everything below it.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

/// A path below the root of the repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
