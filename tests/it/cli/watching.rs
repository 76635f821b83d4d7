//! `status --watch`: printed again and again, or drawn in place on a terminal, until somebody ends it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStdout, Command};

use super::started;
use crate::program::Program;

/// A program that goes on until it is told to end, and that ends with the test.
struct Watching(Child);

impl Watching {
    fn signal(&self, name: &str) {
        assert!(Command::new("kill").args([name, &self.0.id().to_string()]).status().unwrap().success());
    }

    fn code(&mut self) -> Option<i32> {
        self.0.wait().unwrap().code()
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _has_ended = self.0.kill();
    }
}

fn watch(program: &Program, more: &[&str]) -> (Watching, BufReader<ChildStdout>) {
    let arguments = [&["status", "policy", "--watch", "--every", "1s"], more].concat();
    let mut child = program.command(&arguments).spawn().unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    (Watching(child), output)
}

/// Reads on until a line has these words; what came before them.
fn read_to(output: &mut impl std::io::BufRead, words: &str) -> String {
    let mut text = String::new();
    while !text.contains(words) {
        let before = text.len();
        output.read_line(&mut text).unwrap();
        assert!(before < text.len(), "it ended without {words:?}:\n{text}");
    }
    text
}

#[test]
fn without_a_terminal_one_is_printed_after_the_other_with_its_time() {
    let program = started();
    let (mut watching, mut output) = watch(&program, &[]);
    let first = read_to(&mut output, "changes pending");
    assert!(first.starts_with("as of 20"), "{first}");
    assert!(first.contains("\n\npolicy contoso   "), "{first}");
    assert_eq!(program.run(&["apply", "policy", "--auto-approve"]).code, 0, "nobody is kept from writing");
    let next = read_to(&mut output, "nothing to do");
    assert!(next.contains("\n\nas of 20"), "{next}");
    watching.signal("-INT");
    assert_eq!(watching.code(), Some(0));
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    assert!(!rest.contains('\x1b'), "{rest:?}");
}

#[test]
fn a_side_that_cannot_be_read_is_said_and_tried_again_and_so_are_broken_manifests() {
    let program = started();
    let (mut watching, mut output) = watch(&program, &[]);
    read_to(&mut output, "changes pending");
    let directory = program.read("policy/directory.ldif");
    std::fs::remove_file(program.path("policy/directory.ldif")).unwrap();
    read_to(&mut output, "not known, both sides have to be read");
    program.write("policy/directory.ldif", &directory);
    read_to(&mut output, "changes pending");
    let policy = program.read("policy/policy.yaml");
    program.write("policy/policy.yaml", "kind: Nonsense\n");
    let mut said = BufReader::new(watching.0.stderr.take().unwrap());
    read_to(&mut said, "the manifests in policy have errors");
    program.write("policy/policy.yaml", &policy);
    read_to(&mut output, "changes pending");
    watching.signal("-TERM");
    assert_eq!(watching.code(), Some(0));
}

#[test]
fn scripts_get_one_document_a_line() {
    let program = started();
    let (mut watching, output) = watch(&program, &["--format", "json"]);
    for line in output.lines().take(2) {
        let json: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
        assert_eq!(json["format"], "samesign.dev/status/v1alpha1");
        assert!(json["policies"][0]["asOf"].is_string());
    }
    watching.signal("-INT");
    assert_eq!(watching.code(), Some(0));
}

#[test]
fn what_is_wrong_from_the_beginning_ends_it() {
    let program = started();
    let output = program.run(&["status", "nowhere", "--watch"]);
    assert_eq!((output.code, output.stdout.as_str()), (1, ""));
    for every in ["0s", "soon"] {
        let output = program.run(&["status", "policy", "--watch", "--every", every]);
        assert_eq!(output.code, 64, "{every}: {}", output.stderr);
    }
    assert_eq!(program.run(&["status", "policy", "--every", "5s"]).code, 64, "it goes with --watch");
}

#[cfg(target_os = "linux")]
mod on_a_terminal {
    use std::fs::File;
    use std::process::Stdio;

    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    use rustix::termios::{Winsize, tcsetwinsize};

    use super::*;

    const OPEN: &str = "\x1b[?1049h\x1b[?25l";
    const CLOSE: &str = "\x1b[?25h\x1b[?1049l";

    /// A terminal of so many rows and columns, and the side on which programs are.
    fn terminal(rows: u16, columns: u16) -> (File, File) {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let name = ptsname(&ours, Vec::new()).unwrap();
        let theirs = File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
        let ours = File::from(ours);
        resize(&ours, rows, columns);
        (ours, theirs)
    }

    fn resize(terminal: &File, rows: u16, columns: u16) {
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(terminal, size).unwrap();
    }

    /// Reads on until something was drawn.
    fn drawn(terminal: &mut File, words: &str) -> String {
        let mut bytes = Vec::new();
        let mut some = [0; 4096];
        loop {
            let length = terminal.read(&mut some).unwrap();
            bytes.extend_from_slice(&some[..length]);
            let text = String::from_utf8_lossy(&bytes);
            if text.contains(words) {
                return text.into_owned();
            }
        }
    }

    /// The lines of the page that was drawn last and whole.
    fn lines(drawn: &str) -> Vec<&str> {
        let page = drawn.rsplit("\x1b[H").find(|it| it.contains("\x1b[J")).unwrap();
        let page = page.split_once("\x1b[J").unwrap().0;
        page.split("\r\n").map(|it| it.trim_end_matches("\x1b[K").trim_end_matches("\x1b[0m")).collect()
    }

    #[test]
    fn it_is_drawn_in_place_follows_the_size_and_gives_the_terminal_back() {
        let mut program = started();
        program.set("NO_COLOR", "1");
        let (mut terminal, theirs) = terminal(24, 100);
        let ends = || Stdio::from(theirs.try_clone().unwrap());
        let mut command = program.command(&["status", "policy", "--watch", "--every", "1s"]);
        let mut watching = Watching(command.stdin(ends()).stdout(ends()).stderr(ends()).spawn().unwrap());
        let first = drawn(&mut terminal, "\x1b[J");
        assert!(first.contains(OPEN), "{first:?}");
        let page = lines(&first);
        assert!(page[0].starts_with("as of 20"), "{page:#?}");
        assert!(page[0].ends_with(" s ago   every 1 s   Ctrl-C ends it"), "{page:#?}");
        assert!(page[2].starts_with("policy contoso   "), "{page:#?}");
        assert!(first.contains("changes pending"), "{first:?}");
        assert_eq!(program.run(&["apply", "policy", "--auto-approve"]).code, 0);
        drawn(&mut terminal, "nothing to do");
        resize(&terminal, 4, 30);
        watching.signal("-WINCH");
        let small = drawn(&mut terminal, "more lines\x1b[K\x1b[J");
        let page = lines(&small);
        assert_eq!(page.len(), 4, "{page:#?}");
        assert!(page.iter().all(|it| it.chars().count() <= 30), "{page:#?}");
        assert!(page[0].ends_with('…') && page[3].starts_with("… and "), "{page:#?}");
        watching.signal("-INT");
        assert!(drawn(&mut terminal, CLOSE).ends_with(CLOSE));
        assert_eq!(watching.code(), Some(0));
    }
}
