//! `plan --against`: a change of manifests since a commit, by the real program in a real repository.

use expect_test::expect;

use super::{check, started};
use crate::program::{Output, Program};

/// The folder `policy` in a repository of its own, committed and applied.
fn committed() -> Program {
    let program = started();
    git(&program, &["init", "--quiet", "--initial-branch=main"]);
    commit(&program);
    assert_eq!(program.run(&["apply", "policy", "--auto-approve"]).code, 0);
    program
}

fn git(program: &Program, arguments: &[&str]) -> String {
    let identity = ["-c", "user.name=kim", "-c", "user.email=kim@msp.example"];
    let mut command = std::process::Command::new("git");
    let output = command.arg("-C").arg(program.path("")).args(identity).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn commit(program: &Program) {
    git(program, &["add", "policy"]);
    git(program, &["commit", "--quiet", "--message", "policy"]);
}

fn edit(program: &Program, from: &str, to: &str) {
    let text = program.read("policy/policy.yaml");
    assert!(text.contains(from), "{from}");
    program.write("policy/policy.yaml", &text.replacen(from, to, 1));
}

/// What was printed, without what differs from run to run.
fn plain(program: &Program, output: Output) -> Output {
    let place = program.path("").display().to_string();
    let commits = if program.path(".git").exists() {
        git(program, &["log", "--all", "--format=%h"])
    } else {
        String::new()
    };
    let clean = |text: String| {
        commits.lines().fold(text.replace(&place, ""), |text, commit| text.replace(commit, "COMMIT"))
    };
    Output { code: output.code, stdout: clean(output.stdout), stderr: clean(output.stderr) }
}

#[test]
fn without_a_change_there_is_no_effect() {
    let program = committed();
    let output = program.run(&["plan", "policy", "--against", "HEAD", "--detailed-exitcode"]);
    check(
        &plain(&program, output),
        &expect![[r#"
        no effect: both versions want the same

        effect   policy contoso against HEAD (COMMIT)   contoso   contoso
        no effect: both versions want the same
    "#]],
    );
}

#[test]
fn the_effect_is_a_page_for_whoever_wants_one() {
    let program = committed();
    edit(&program, "scope: {", "scope: {filter: \"(!(title=Analyst))\", ");
    let page = program.run(&["plan", "policy", "--against", "main", "--format", "html"]).stdout;
    for words in [
        "<h1>Effect of a change of policy</h1>",
        "worst: 1 person leaves scope",
        "<strong>ada@contoso.com</strong>",
    ] {
        assert!(page.contains(words), "{page}");
    }
}

#[test]
fn under_pseudonyms_an_effect_names_nobody() {
    let program = committed();
    edit(&program, "scope: {", "scope: {filter: \"(!(title=Analyst))\", ");
    for form in ["text", "markdown", "json", "html"] {
        let output =
            program.run(&["plan", "policy", "--against", "main", "--pseudonymise", "--format", form]);
        assert_eq!((output.code, output.stderr.as_str()), (0, ""));
        let page = output.stdout.replace('\\', "").to_lowercase();
        assert!(page.contains("user-1@domain-1"), "{page}");
        for name in ["ada@", "lovelace", "analyst", "contoso.com"] {
            assert!(!page.contains(name), "{name}: {page}");
        }
    }
}

#[test]
fn a_filter_that_loses_somebody_is_seen_in_every_form() {
    let program = committed();
    edit(&program, "scope: {", "scope: {filter: \"(!(title=Analyst))\", ");
    let run = |arguments: &[&str]| {
        let all = [&["plan", "policy", "--against", "main", "--detailed-exitcode"], arguments].concat();
        plain(&program, program.run(&all))
    };
    check(
        &run(&[]),
        &expect![[r#"
            worst: 1 person leaves scope

            effect   policy contoso against main (COMMIT)   contoso   contoso

            Leave scope (1)
            - user   ada@contoso.com         the policy's filter does not match
              Whoever was joined before is blocked and deleted as the policy says, and only once a person has approved it.

            Other settings (1)
            ~ scope of users: filter  (none) -> (!(title=Analyst))
            exit 3
        "#]],
    );
    check(
        &run(&["--format", "markdown"]),
        &expect![[r#"
            ### samesign effect: worst: 1 person leaves scope

            #### contoso: contoso → contoso

            <details><summary>:warning: Leave scope (1)</summary>

            - user **ada\@contoso.com**: the policy's filter does not match

            Whoever was joined before is blocked and deleted as the policy says, and only once a person has approved it.

            </details>

            <details><summary>Other settings (1)</summary>

            - **scope of users: filter**: (none) -&gt; (\!(title=Analyst))

            </details>

            <sub>compared with main (COMMIT)</sub>
            exit 3
        "#]],
    );
    let json = run(&["--format", "json"]);
    let value: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(value["policies"][0]["summary"]["leaving"], 1);
    assert_eq!(value["policies"][0]["objects"][0]["scope"]["after"]["reason"], "filter");
    let schema = serde_json::from_str(&program.run(&["schema", "effect"]).stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    assert_eq!(
        validator.iter_errors(&value).map(|it| it.to_string()).collect::<Vec<_>>(),
        Vec::<String>::new()
    );
    assert_eq!(
        program.run(&["plan", "policy", "--against", "main"]).code,
        0,
        "only who asks gets another code"
    );
}

#[test]
fn an_attribute_that_only_the_older_version_reads_is_read() {
    let program = committed();
    edit(&program, "scope: {", "scope: {filter: \"(!(physicalDeliveryOfficeName=*))\", ");
    commit(&program);
    edit(&program, "(!(physicalDeliveryOfficeName=*))", "(!(roomNumber=*))");
    let directory = program.read("policy/directory.ldif");
    let with_room = directory.replace("title: Analyst", "title: Analyst\nphysicalDeliveryOfficeName: 7");
    assert_ne!(directory, with_room);
    program.write("policy/directory.ldif", &with_room);
    let output = program.run(&["plan", "policy", "--against", "HEAD", "--detailed-exitcode"]);
    assert_eq!(output.code, 2, "{}{}", output.stdout, output.stderr);
    assert!(output.stdout.starts_with("worst: 1 person enters scope\n"), "{}", output.stdout);
}

#[test]
fn nothing_is_written_to_tenant_records_or_work_tree() {
    let program = committed();
    edit(&program, "scope: {", "scope: {filter: \"(!(title=Analyst))\", ");
    let plan = || program.run(&["plan", "policy", "--format", "json"]).stdout;
    let status = || git(&program, &["status", "--porcelain", "--ignored"]);
    let before = (plan(), status());
    assert_eq!(program.run(&["plan", "policy", "--against", "HEAD"]).code, 0);
    assert_eq!((plan(), status()), before);
    // A plan notes who was seen joined, and only those can be removed later; a comparison decides nothing.
    let links = |state: &str| {
        let plan: serde_json::Value = serde_json::from_str(&before.0).unwrap();
        let state = samesign::state::State::open(&program.path(state)).unwrap();
        state.links("contoso", plan["tenant"]["id"].as_str().unwrap()).unwrap().by_anchor.len()
    };
    program.run(&["plan", "policy", "--against", "HEAD", "--state", "fresh"]);
    assert_eq!(links("fresh"), 0);
    program.run(&["plan", "policy", "--state", "fresh"]);
    assert_ne!(links("fresh"), 0);
}

#[test]
fn new_and_gone_policies_are_told() {
    let program = committed();
    let text = program.read("policy/policy.yaml");
    let (first, _) = text.split_once("---").unwrap();
    let other = first.replace("metadata: {name: contoso}", "metadata: {name: other}");
    program.write("policy/other.yaml", &other);
    let new = program.run(&["plan", "policy", "--against", "HEAD", "--policy", "other"]);
    assert!(new.stdout.contains("the policy is new: "), "{}", new.stdout);
    commit(&program);
    std::fs::remove_file(program.path("policy/other.yaml")).unwrap();
    let gone =
        program.run(&["plan", "policy", "--against", "HEAD", "--policy", "other", "--detailed-exitcode"]);
    assert_eq!(gone.code, 2);
    assert!(gone.stdout.contains("the policy is gone: nobody is removed"), "{}", gone.stdout);
    let nobody = program.run(&["plan", "policy", "--against", "HEAD", "--policy", "nobody"]);
    check(
        &nobody,
        &expect![[r#"
        ! error: there is no SyncPolicy named nobody, neither now nor then
        !
        ! hint: there are: contoso, other
        exit 1
    "#]],
    );
}

#[test]
fn what_cannot_be_compared_is_said_with_a_hint() {
    let program = started();
    let run = |arguments: &[&str]| plain(&program, program.run(arguments));
    let output = run(&["plan", "policy", "--against", "HEAD"]);
    assert!(output.stderr.contains("is in no git repository: not a git repository"), "{}", output.stderr);
    assert!(output.stderr.contains("hint: --against compares with a commit"), "{}", output.stderr);
    git(&program, &["init", "--quiet", "--initial-branch=main"]);
    program.write("elsewhere/x.txt", "");
    git(&program, &["add", "elsewhere"]);
    git(&program, &["commit", "--quiet", "--message", "first"]);
    check(
        &run(&["plan", "policy", "--against", "origin/main"]),
        &expect![[r#"
        ! error: the repository has no revision `origin/main`
        !
        ! hint: `git fetch origin main` may bring it
        exit 1
    "#]],
    );
    check(
        &run(&["plan", "policy", "--against", "--output=x"]),
        &expect![[r#"
        ! error: unexpected argument '--output' found
        !
        !   tip: a similar argument exists: '--out'
        !
        ! Usage: samesign plan --out <FILE> <DIR>
        !
        ! For more information, try '--help'.
        exit 64
    "#]],
    );
    check(
        &run(&["plan", "policy", "--against=--output=x"]),
        &expect![[r#"
        ! error: the repository has no revision `--output=x`
        !
        ! hint: give a commit, a tag or a branch, such as origin/main or HEAD~1
        exit 1
    "#]],
    );
    check(
        &run(&["plan", "policy", "--against", "HEAD"]),
        &expect![[r#"
        ! error: `policy` at revision `HEAD` is not there
        !
        ! hint: if the folder is new or was renamed there is nothing to compare with; `samesign plan` shows what the manifests do
        exit 1
    "#]],
    );
    check(
        &run(&["plan", "policy", "--against", "HEAD", "--out", "x"]),
        &expect![[r#"
        ! error: the argument '--against <REV>' cannot be used with '--out <FILE>'
        !
        ! Usage: samesign plan --against <REV> <DIR>
        !
        ! For more information, try '--help'.
        exit 64
    "#]],
    );
}

#[test]
fn findings_of_the_older_version_name_it() {
    let program = started();
    git(&program, &["init", "--quiet", "--initial-branch=main"]);
    edit(&program, "scope:", "scpe:");
    commit(&program);
    edit(&program, "scpe:", "scope:");
    check(
        &program.run(&["plan", "policy", "--against", "HEAD"]),
        &expect![[r#"
        ! error: `spec.users` lacks `scope`
        !  --> HEAD:policy/policy.yaml:9:3
        !   |
        ! 9 |   users:
        !   |   ^^^^^ `scope` is needed
        !   |
        !   = hint: `scope`: Which users.
        !
        ! error: unknown field `scpe`
        !   --> HEAD:policy/policy.yaml:10:5
        !    |
        ! 10 |     scpe: {bases: ["OU=Staff,DC=corp,DC=contoso,DC=com"]}
        !    |     ^^^^ unknown
        !    |
        !    = hint: did you mean `scope`?
        !
        ! 2 errors
        ! error: the manifests in policy at revision HEAD have errors
        exit 1
    "#]],
    );
}

#[test]
fn a_shallow_clone_gets_the_command_that_helps() {
    let program = committed();
    edit(&program, "scope: {", "scope: # newer\n      {");
    commit(&program);
    let from = format!("file://{}", program.path("").display());
    let folder = program.path("shallow");
    git(&program, &["clone", "--quiet", "--depth=1", &from, &folder.display().to_string()]);
    let output = program.run(&["plan", "shallow/policy", "--against", "origin/release"]);
    let hint = "this clone is shallow: `git fetch --depth=1 origin release` and --against FETCH_HEAD";
    assert!(output.stderr.contains(hint), "{}", output.stderr);
    let output = program.run(&["plan", "shallow/policy", "--against", "HEAD~1"]);
    check(
        &plain(&program, output),
        &expect![[r#"
            ! error: the repository has no revision `HEAD~1`
            !
            ! hint: this clone is shallow: `git fetch --unshallow` brings its history
            exit 1
        "#]],
    );
}

#[cfg(unix)]
#[test]
fn links_are_named_and_not_followed() {
    let program = committed();
    std::os::unix::fs::symlink("../elsewhere.yaml", program.path("policy/link.yaml")).unwrap();
    program.write("elsewhere.yaml", "apiVersion: samesign.dev/v1alpha1\nkind: Nonsense\n");
    commit(&program);
    std::fs::remove_file(program.path("policy/link.yaml")).unwrap();
    let output = program.run(&["plan", "policy", "--against", "HEAD", "--detailed-exitcode"]);
    assert_eq!(
        (output.code, output.stderr.as_str()),
        (0, "warning: links and sub-modules of HEAD are not followed: link.yaml\n")
    );
}
