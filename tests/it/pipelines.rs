//! The pipelines of `examples/ci`: what they say to a shell is run, as far as it needs no forge.

use std::process::Command;

use serde_json::Value;

use crate::program::{self, Program, repository};

/// A pipeline, taken apart.
struct Pipeline {
    /// All commands, in the order of the jobs.
    commands: Vec<String>,
    /// What the forge would put into the environment.
    variables: &'static [(&'static str, &'static str)],
}

fn parsed(name: &str) -> Value {
    serde_yaml::from_str(&program::read(&repository("examples/ci").join(name))).unwrap()
}

fn github() -> Pipeline {
    let file = parsed("github-actions.yml");
    let jobs = file["jobs"].as_object().unwrap().values();
    let steps = jobs.flat_map(|it| it["steps"].as_array().unwrap());
    let commands = steps.filter_map(|it| it["run"].as_str()).map(str::to_owned).collect();
    Pipeline { commands, variables: &[] }
}

fn gitlab() -> Pipeline {
    let file = parsed("gitlab-ci.yml");
    let stages = file["stages"].as_array().unwrap().iter().map(|it| it.as_str().unwrap());
    let lines = stages.flat_map(|it| file[it]["script"].as_array().unwrap());
    let commands = lines.map(|it| it.as_str().unwrap().to_owned()).collect();
    Pipeline { commands, variables: &[("CI_MERGE_REQUEST_DIFF_BASE_SHA", "origin/main")] }
}

fn shell(program: &Program, script: &str, variables: &[(&str, &str)]) -> (i32, String) {
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_samesign")).parent().unwrap();
    #[expect(clippy::disallowed_methods, reason = "the shell finds git where the tester has it")]
    let path = std::env::var("PATH").unwrap();
    let output = Command::new("sh")
        .args(["-eu", "-c", script])
        .current_dir(program.path("work"))
        .env_clear()
        .env("HOME", program.path("home"))
        .env("PATH", format!("{}:{}:{path}", program.path("bin").display(), binary.display()))
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

/// A branch of the sample with another filter, cloned from a repository with a branch `main`.
fn proposed() -> Program {
    let program = Program::new();
    program::copy(&repository("manifests"), &program.path("work/manifests"));
    let kept = program.path("work/manifests/.sandbox");
    if kept.exists() {
        std::fs::remove_dir_all(kept).unwrap();
    }
    let begin = "git init --quiet --initial-branch=main && git add manifests \
         && git -c user.name=kim -c user.email=kim@msp.example commit --quiet --message first \
         && git update-ref refs/remotes/origin/main HEAD";
    assert_eq!(shell(&program, begin, &[]), (0, String::new()));
    let policy = program.read("work/manifests/contoso.yaml");
    let filtered = policy.replacen("exclude: [", "filter: \"(!(title=Machinist))\"\n      exclude: [", 1);
    assert_ne!(policy, filtered);
    program.write("work/manifests/contoso.yaml", &filtered);
    program
}

/// Runs what needs only the program, and gives the rest.
fn run(program: &Program, pipeline: &Pipeline) -> Vec<String> {
    let (own, rest): (Vec<&String>, Vec<&String>) =
        pipeline.commands.iter().partition(|it| it.starts_with("samesign "));
    for what in ["validate", "test", "plan manifests --against", "plan manifests --format", "apply plan.json"]
    {
        assert!(own.iter().any(|it| it.starts_with(&format!("samesign {what}"))), "no job runs {what}");
    }
    for command in own {
        assert_eq!(shell(program, command, pipeline.variables).0, 0, "{command}");
    }
    let effect = program.read("work/effect.md");
    assert!(effect.starts_with("### samesign effect: worst: 2 people leave scope"), "{effect}");
    assert!(program.read("work/plan.md").starts_with("### samesign plan "));
    rest.into_iter().cloned().collect()
}

/// A program of the forge that writes down how it is called, and knows one comment or none.
fn forge(program: &Program, name: &str, answer: &str) {
    let script = format!("#!/bin/sh\nprintf '%s\\n' \"$*\" >> ../called.txt\n{answer}\n");
    let path = format!("bin/{name}");
    program.write(&path, &script);
    let made = Command::new("chmod").arg("+x").arg(program.path(&path)).status().unwrap();
    assert!(made.success());
}

#[test]
fn the_pipeline_for_github_runs() {
    let program = proposed();
    let rest = run(&program, &github());
    let [post] = rest.as_slice() else { panic!("one step posts: {rest:?}") };
    let variables = [("COMMENTS", "c"), ("COMMENT", "one"), ("GITHUB_STEP_SUMMARY", "summary.md")];
    forge(&program, "gh", "");
    assert_eq!(shell(&program, post, &variables), (0, String::new()));
    forge(&program, "gh", "case \"$*\" in *--paginate*) echo 17;; esac");
    assert_eq!(shell(&program, post, &variables), (0, String::new()));
    let called = program.read("called.txt");
    assert!(called.contains("api --silent --method POST c --field body=@comment.md"), "{called}");
    assert!(called.contains("api --silent --method PATCH one/17 --field body=@comment.md"), "{called}");
    assert!(program.read("work/comment.md").starts_with("<!-- samesign -->\n### samesign effect: "));
}

#[test]
fn the_pipeline_for_gitlab_runs() {
    let program = proposed();
    let rest = run(&program, &gitlab());
    let [post] = rest.as_slice() else { panic!("one line posts: {rest:?}") };
    let variables = [
        ("CI_API_V4_URL", "u"),
        ("CI_PROJECT_ID", "1"),
        ("CI_MERGE_REQUEST_IID", "2"),
        ("REVIEW_TOKEN", "of no use anywhere"),
    ];
    forge(&program, "curl", "cat > ../stdin.txt; echo '[]'");
    forge(&program, "jq", "cat > /dev/null");
    assert_eq!(shell(&program, post, &variables), (0, String::new()));
    forge(&program, "jq", "cat > /dev/null; echo 17");
    assert_eq!(shell(&program, post, &variables), (0, String::new()));
    let called = program.read("called.txt");
    assert!(called.contains("--request POST u/projects/1/merge_requests/2/notes "), "{called}");
    assert!(called.contains("--request PUT u/projects/1/merge_requests/2/notes/17 "), "{called}");
    assert!(!called.contains("of no use"), "a token on a command line is seen by everybody: {called}");
    assert!(program.read("stdin.txt").contains("PRIVATE-TOKEN: of no use anywhere"));
}

/// Nothing in them is read from a place of one machine, and no job gets more than it needs.
#[test]
fn pipelines_ask_for_little() {
    let file = parsed("github-actions.yml");
    assert_eq!(file["permissions"], serde_json::json!({}));
    for (name, job) in file["jobs"].as_object().unwrap() {
        let wanted = if name == "review" {
            serde_json::json!({"contents": "read", "pull-requests": "write"})
        } else {
            serde_json::json!({"contents": "read"})
        };
        assert_eq!(job["permissions"], wanted, "{name}");
        assert!(job["environment"].is_string(), "{name}: secrets come by environment");
    }
    for pipeline in [github(), gitlab()] {
        for command in pipeline.commands {
            assert!(!command.contains("${{"), "text of a request would become part of the script: {command}");
            let place = ["/home", "/opt", "/usr", "/var", "/tmp", "/work", "~/"]
                .iter()
                .find(|it| command.contains(**it));
            assert_eq!(place, None, "{command}");
        }
    }
}
