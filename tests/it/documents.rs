//! What documents and examples promise is what the program does.

use std::path::{Path, PathBuf};

use crate::program::{self, Program, repository};

/// Folders whose policies stand on their own: a manifest in them is not below another such folder.
fn policy_folders(root: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(root).unwrap().map(|it| it.unwrap().path()).collect();
    entries.sort();
    let has_manifest = |folder: &Path| {
        let mut todo = vec![folder.to_owned()];
        while let Some(folder) = todo.pop() {
            for path in std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()) {
                if path.is_dir() {
                    todo.push(path);
                } else if path.extension().is_some_and(|it| it == "yaml" || it == "yml")
                    // Pipelines are YAML too.
                    && program::read(&path).contains("apiVersion: samesign.dev/")
                {
                    return true;
                }
            }
        }
        false
    };
    entries.into_iter().filter(|it| it.is_dir() && has_manifest(it)).collect()
}

/// Checks, tests, plans and applies a copy of a folder, twice.
fn converges(folder: &Path) {
    let mut program = Program::new();
    // Where an example names its secrets, any will do: its tenant is a sandbox.
    program.set("TENANT_SECRET", "of no use anywhere");
    program::copy(folder, &program.path("policy"));
    let kept = program.path("policy/.sandbox");
    if kept.exists() {
        std::fs::remove_dir_all(kept).unwrap();
    }
    for command in ["validate", "test"] {
        let output = program.run(&[command, "policy"]);
        assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{}: {output:?}", folder.display());
    }
    let plan = program.run(&["plan", "policy", "--detailed-exitcode"]);
    assert_eq!((plan.code, plan.stderr.as_str()), (2, ""), "{}:\n{}", folder.display(), plan.stdout);
    let applied = program.run(&["apply", "policy", "--auto-approve"]);
    assert_eq!(applied.code, 0, "{}:\n{}{}", folder.display(), applied.stdout, applied.stderr);
    let plan = program.run(&["plan", "policy", "--detailed-exitcode"]);
    assert_eq!((plan.code, plan.stderr.as_str()), (0, ""), "{}:\n{}", folder.display(), plan.stdout);
}

#[test]
fn the_sample_converges() {
    converges(&repository("manifests"));
}

#[test]
fn every_example_converges() {
    let folders = policy_folders(&repository("examples"));
    assert!(!folders.is_empty(), "there is no example");
    for folder in folders {
        converges(&folder);
    }
}

/// The sample outside of a git repository, as its commit is part of what is printed.
fn sample() -> Program {
    let program = Program::new();
    program::copy(&repository("manifests"), &program.path("manifests"));
    let kept = program.path("manifests/.sandbox");
    if kept.exists() {
        std::fs::remove_dir_all(kept).unwrap();
    }
    program
}

const BEGIN: &str = "<!-- plan:begin -->";
const END: &str = "<!-- plan:end -->";

/// `UPDATE_EXPECT=1 cargo test --test it documents` refreshes the plan in the README.
#[test]
fn the_plan_in_the_readme_is_what_is_printed() {
    let path = repository("README.md");
    let text = program::read(&path);
    let (before, rest) = text.split_once(BEGIN).expect("the README marks where its plan begins");
    let (_, after) = rest.split_once(END).expect("the README marks where its plan ends");
    let plan = sample().run(&["plan", "manifests"]);
    assert_eq!((plan.code, plan.stderr.as_str()), (0, ""));
    let fresh = format!("{before}{BEGIN}\n```text\n{}```\n{END}{after}", plan.stdout);
    expect_test::expect_file![path].assert_eq(&fresh);
}

/// Commands of the README for the sample, in their order.
#[test]
fn the_commands_of_the_readme_run() {
    let text = program::read(&repository("README.md"));
    let program = sample();
    let mut ran = 0;
    for command in text.lines().filter_map(|it| it.strip_prefix("cargo run --quiet -- ")) {
        let arguments: Vec<&str> = command.split_whitespace().collect();
        let output = program.run(&arguments);
        assert_eq!(output.code, 0, "{command}: {}", output.stderr);
        ran += 1;
    }
    assert!(1 < ran, "the README has commands for the sample");
    let plan = program.run(&["plan", "manifests"]);
    assert!(plan.stdout.contains("plan: nothing to do"), "{}", plan.stdout);
}

/// Every subcommand that the README and the guide name exists.
#[test]
fn documents_name_only_commands_that_exist() {
    let program = Program::new();
    let help = program.run(&["--help"]).stdout;
    let mut named = 0;
    for file in ["README.md", "docs/user-guide.md"] {
        let text = program::read(&repository(file));
        let mut fenced = false;
        for line in text.lines() {
            if line.starts_with("```") {
                fenced = line == "```sh";
            }
            let Some(command) = line.trim_start().strip_prefix("samesign ").filter(|_| fenced) else {
                continue;
            };
            let word = command.split_whitespace().next().unwrap_or_default();
            assert!(help.contains(&format!("\n  {word} ")), "{file}: samesign {word}");
            named += 1;
        }
    }
    assert!(0 < named);
}

/// Rows of `docs/ways-to-lose-people.md`: what happens, the file that shows it, what stands in that file.
#[test]
fn every_way_to_lose_people_is_shown_by_the_file_beside_it() {
    let text = program::read(&repository("docs/ways-to-lose-people.md"));
    let rows = text.lines().filter(|it| it.starts_with("| ") && !it.starts_with("| what happens"));
    let mut shown = 0;
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [_, file, words] = cells[..] else { panic!("not three cells: {row}") };
        let golden = program::read(&repository(file.trim_matches('`')));
        assert!(golden.contains(words.trim_matches('`')), "{file} does not say {words}");
        shown += 1;
    }
    assert!(40 < shown, "{shown}");
}
