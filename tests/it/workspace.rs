//! The directory of manifests on disk.
#![expect(clippy::unwrap_used, reason = "a folder that cannot be written fails the test")]

use std::path::Path;
use std::process::Command;

use samesign::manifest::{InputContent, Provenance};
use samesign::workspace::{HistoryError, Version, WorkspaceError, load, load_version, provenance, read};

#[expect(clippy::disallowed_methods, reason = "the test writes the files that it reads")]
fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn git(root: &Path, arguments: &[&str]) {
    let identity =
        ["-c", "user.name=kim", "-c", "user.email=kim@msp.example", "-c", "init.defaultBranch=main"];
    let output = Command::new("git").arg("-C").arg(root).args(identity).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn names(root: &Path) -> Vec<String> {
    let files = read(root).unwrap();
    files.iter().map(|it| it.path.strip_prefix(root).unwrap().display().to_string()).collect()
}

#[test]
fn manifests_are_found_sorted_and_hidden_ones_are_not() {
    let root = tempfile::tempdir().unwrap();
    for path in
        ["b.yml", "a.yaml", "x/c.YAML", ".git/d.yaml", ".hidden.yaml", "e.json", "yaml", "x/.y/f.yaml"]
    {
        write(root.path(), path, "");
    }
    assert_eq!(names(root.path()), ["a.yaml", "b.yml", "x/c.YAML"]);
}

#[cfg(unix)]
#[test]
fn links_that_lead_in_circles_or_nowhere_do_no_harm() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "x/a.yaml", "");
    std::os::unix::fs::symlink(root.path(), root.path().join("x/up")).unwrap();
    std::os::unix::fs::symlink("nowhere", root.path().join("gone")).unwrap();
    std::os::unix::fs::symlink("nowhere", root.path().join("gone.yaml")).unwrap();
    assert_eq!(names(root.path()), ["gone.yaml", "x/a.yaml"]);
    let files = read(root.path()).unwrap();
    assert!(matches!(files[0].content, InputContent::Unreadable(_)));
    let loaded = load(root.path()).unwrap();
    let text = loaded.findings[0].to_string();
    assert!(text.contains("gone.yaml: error: the file cannot be read"), "{text}");
}

#[test]
fn a_large_file_is_not_read() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "a.yaml", &"# filler\n".repeat(600_000));
    assert!(matches!(read(root.path()).unwrap()[0].content, InputContent::TooLarge(_)));
}

#[test]
fn what_cannot_be_opened_is_named() {
    let root = tempfile::tempdir().unwrap();
    assert!(matches!(read(root.path()), Err(WorkspaceError::Empty { .. })));
    let gone = root.path().join("gone");
    let error = read(&gone).unwrap_err();
    assert_eq!(error.to_string(), format!("cannot read the manifests in `{}`", gone.display()));
}

#[test]
fn the_seed_of_a_sandbox_is_no_manifest() {
    let root = tempfile::tempdir().unwrap();
    let tenant = "apiVersion: samesign.dev/v1alpha1\nkind: Tenant\nmetadata: {name: t}\nspec: {cloud: sandbox, sandbox: {seed: ../seed.yaml}}\n";
    write(root.path(), "x/tenant.yaml", tenant);
    write(root.path(), "seed.yaml", "domains: []\n");
    let loaded = load(root.path()).unwrap();
    assert!(!loaded.has_errors(), "{:?}", loaded.findings);
}

#[test]
fn the_commit_and_whether_files_differ_from_it_are_known() {
    let root = tempfile::tempdir().unwrap();
    assert_eq!(provenance(root.path()).commit, None);
    write(root.path(), "m/a.yaml", "");
    git(root.path(), &["init", "-q"]);
    assert_eq!(provenance(&root.path().join("m")).commit, None, "a repository without a commit");
    git(root.path(), &["add", "."]);
    git(root.path(), &["commit", "-q", "-m", "first"]);
    let clean = provenance(&root.path().join("m"));
    assert!(clean.commit.is_some() && !clean.dirty);
    write(root.path(), "elsewhere", "");
    assert!(!provenance(&root.path().join("m")).dirty, "only the directory itself counts");
    write(root.path(), "m/a.yaml", "#\n");
    assert!(provenance(&root.path().join("m")).dirty);
}

#[test]
fn a_seed_that_is_a_manifest_is_not_hidden() {
    let root = tempfile::tempdir().unwrap();
    let head = "apiVersion: samesign.dev/v1alpha1\nkind: Tenant\nmetadata:";
    write(
        root.path(),
        "a.yaml",
        &format!("{head} {{name: a}}\nspec: {{cloud: sandbox, sandbox: {{seed: b.yaml}}}}\n"),
    );
    write(root.path(), "b.yaml", &format!("{head} {{name: b}}\nspec: {{cloud: sandbox}}\n"));
    assert_eq!(load(root.path()).unwrap().tenants.len(), 2);
}

#[test]
fn what_init_writes_can_be_loaded() {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in samesign::manifest::starter::files() {
        write(root.path(), &path, &text);
    }
    let loaded = load(root.path()).unwrap();
    assert_eq!(loaded.findings, []);
    assert_eq!((loaded.policies.len(), loaded.tests.len()), (1, 1));
}

/// A repository whose manifests lie in `m`, committed.
fn repository(files: &[(&str, &str)]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    git(root.path(), &["init", "-q"]);
    for (path, text) in files {
        write(root.path(), path, text);
    }
    git(root.path(), &["add", "--force", "."]);
    git(root.path(), &["commit", "-q", "-m", "first"]);
    root
}

fn version(directory: &Path, revision: &str) -> Result<Version, HistoryError> {
    load_version(directory, revision, &samesign::manifest::load(Vec::new(), &Provenance::default()))
}

const TENANT: &str =
    "apiVersion: samesign.dev/v1alpha1\nkind: Tenant\nmetadata: {name: NAME}\nspec: {cloud: sandbox}\n";

fn tenant(name: &str) -> String {
    TENANT.replace("NAME", name)
}

#[test]
fn the_manifests_of_a_revision_are_those_of_the_folder_then() {
    let root = repository(&[
        ("m/a.yaml", &tenant("a")),
        ("m/x/ü b.YML", &tenant("b")),
        ("m/.hidden/c.yaml", "{"),
        ("m/.d.yaml", "{"),
        ("m/e.txt", "{"),
        ("other/f.yaml", "{"),
    ]);
    let folder = root.path().join("m");
    write(&folder, "a.yaml", &tenant("later"));
    std::fs::remove_file(folder.join("x/ü b.YML")).unwrap();
    let found = version(&folder, "HEAD").unwrap();
    assert!(!found.loaded.has_errors(), "{:?}", found.loaded.findings);
    let names: Vec<&str> = found.loaded.tenants.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
    assert!(found.commit.len() < 40);
    let file = version(&folder.join("a.yaml"), "HEAD").unwrap();
    assert_eq!(file.loaded.tenants.len(), 1, "a single file");
    std::fs::remove_dir_all(root.path().join("other")).unwrap();
    let tops = version(root.path(), "HEAD").unwrap();
    assert!(tops.loaded.has_errors(), "at the top, the broken file of another folder counts");
    let finding = &tops.loaded.findings[0];
    let name = format!("HEAD:{}", root.path().join("other/f.yaml").display());
    assert_eq!(finding.file.path, Path::new(&name));
}

#[test]
fn a_large_file_of_a_revision_is_not_read() {
    let root = repository(&[("m/a.yaml", &"# filler\n".repeat(600_000)), ("m/b.yaml", &tenant("b"))]);
    let folder = root.path().join("m");
    std::fs::remove_file(folder.join("a.yaml")).unwrap();
    let found = version(&folder, "HEAD").unwrap();
    assert_eq!(found.loaded.findings.len(), 1);
    assert!(found.loaded.findings[0].title.contains("more than the"), "{:?}", found.loaded.findings);
}

#[test]
fn many_files_of_a_revision_do_not_stop_each_other() {
    let files: Vec<(String, String)> =
        (0..3000).map(|it| (format!("m/{it}.yaml"), "# filler\n".repeat(200))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|it| (it.0.as_str(), it.1.as_str())).collect();
    let root = repository(&files);
    assert_eq!(version(&root.path().join("m"), "HEAD").unwrap().loaded.findings, []);
}

#[test]
fn what_git_does_not_have_is_named() {
    let root = repository(&[("m/a.yaml", &tenant("a")), ("n/b.txt", "")]);
    for (revision, expected) in [
        ("nowhere", "the repository has no revision `nowhere`"),
        ("", "the repository has no revision ``"),
        ("--help", "the repository has no revision `--help`"),
        ("HEAD:m", "the repository has no revision `HEAD:m`"),
    ] {
        let error = version(&root.path().join("m"), revision).unwrap_err();
        assert_eq!(error.to_string(), expected);
        assert!(error.hint().is_some());
    }
    write(root.path(), "n/b.yaml", &tenant("b"));
    let error = version(&root.path().join("n"), "HEAD").unwrap_err();
    assert!(
        error.to_string().ends_with("at revision `HEAD` has no manifest (`*.yaml` or `*.yml`)"),
        "{error}"
    );
    write(root.path(), "new/b.yaml", &tenant("b"));
    let error = version(&root.path().join("new"), "HEAD").unwrap_err();
    assert!(error.to_string().ends_with("at revision `HEAD` is not there"), "{error}");
}

#[test]
fn a_sub_module_is_not_followed() {
    let inner = repository(&[("a.yaml", &tenant("a"))]);
    let root = repository(&[("m/b.yaml", &tenant("b"))]);
    let commit = provenance(inner.path()).commit.unwrap();
    let id = format!("{commit:0<40}");
    git(root.path(), &["update-index", "--add", "--cacheinfo", &format!("160000,{id},m/sub")]);
    git(root.path(), &["update-index", "--add", "--cacheinfo", &format!("160000,{id},whole")]);
    git(root.path(), &["commit", "-q", "-m", "second"]);
    let found = version(&root.path().join("m"), "HEAD").unwrap();
    assert_eq!((found.loaded.tenants.len(), found.not_followed), (1, vec!["sub".to_owned()]));
    write(root.path(), "whole/b.yaml", &tenant("b"));
    let error = version(&root.path().join("whole"), "HEAD").unwrap_err();
    assert!(error.to_string().contains("is a sub-module there"), "{error}");
}
