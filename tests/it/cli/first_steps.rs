//! From an empty folder to a plan, and what needs no folder at all.

use expect_test::expect;

use super::{check, started};
use crate::program::{Output, Program};

#[test]
fn a_new_folder_is_valid_tested_planned_applied_and_then_the_same() {
    let program = started();
    check(
        &program.run(&["validate", "policy"]),
        &expect![[r#"
        policy: 1 policy, 1 directory, 1 tenant, 1 test
    "#]],
    );
    check(
        &program.run(&["test", "policy"]),
        &expect![[r#"
        ok   contoso: the title becomes the job title
        ok   contoso: only staff is in scope
        2 passed, 0 failed
    "#]],
    );
    let plan = program.run(&["plan", "policy", "--detailed-exitcode"]);
    assert_eq!((plan.code, plan.stderr.as_str()), (2, ""));
    assert!(plan.stdout.contains("missing in tenant"), "{}", plan.stdout);
    assert_eq!(program.run(&["apply", "policy", "--auto-approve"]).code, 0);
    let plan = program.run(&["plan", "policy", "--detailed-exitcode"]);
    assert_eq!(plan.code, 0);
    assert!(plan.stdout.contains("plan: nothing to do"), "{}", plan.stdout);
}

#[test]
fn init_overwrites_nothing() {
    let program = started();
    program.write("policy/policy.yaml", "mine");
    check(
        &program.run(&["init", "policy"]),
        &expect![[r#"
            ! error: policy/policy.yaml exists already: nothing was written
            !
            ! hint: give a folder of its own
            exit 1
        "#]],
    );
    assert_eq!(program.read("policy/policy.yaml"), "mine");
}

/// The help up to its options, or the rest of it.
fn help(of_options: bool) -> Output {
    let output = Program::new().run(&["--help"]);
    let (commands, options) = output.stdout.split_once("\nOptions:\n").unwrap();
    let stdout = if of_options { options } else { commands }.to_owned();
    Output { stdout, ..output }
}

#[test]
fn help_says_what_each_command_is_for() {
    check(
        &help(false),
        &expect![[r#"
            Keeps Office 365 the same as an on-premises Active Directory: review a plan, then apply exactly that
            plan

            Usage: samesign [OPTIONS] <COMMAND>

            Commands:
              init         Start a policy repository
              validate     Check manifests, offline
              test         Run the PolicyTests, offline
              plan         Show what would change in the tenant, and why; writes nothing there
              apply        Apply a saved plan, or plan, show and apply
              approve      Write the Approval manifest for what a saved plan holds
              doctor       Say whether all that a policy needs is there, and which channel the tenant allows;
                           writes nothing
              run          Keep the tenants converged: look again and again, until stopped
              explain      Explain one object: where it is, its scope, match and properties, and what is planned
              status       Show how each policy stands: the last apply, what failed, waits or drifted, and whose
                           password is behind; writes nothing
              history      Show what was done, when, from which commit and by whose word, with values before and
                           after
              rollback     Make a plan that puts back what a run changed, and nobody since; writes nothing to
                           the tenant
              state        Copy the records, put a copy back, or look through them
              import       Make manifests from the configuration of another tool; writes to no tenant
              sandbox      Run the embedded tenant as a server
              schema       Print the JSON Schema of manifests, plans or history
              completions  Print a completion script
              man          Print the manual page
              help         Print this message or the help of the given subcommand(s)
        "#]],
    );
}

#[test]
fn help_says_what_all_commands_take() {
    check(
        &help(true),
        &expect![[r#"
              -h, --help
                      Print help (see a summary with '-h')

              -V, --version
                      Print version

            Common options:
                  --state <DIR>
                      Folder with what is remembered between runs [default: $STATE_DIRECTORY of a systemd
                      service, else $XDG_STATE_HOME/samesign, else ~/.local/state/samesign]

                      [env: SAMESIGN_STATE=]

                  --log <FORM>
                      How log lines on standard error look

                      Possible values:
                      - text: For people
                      - json: One JSON object a line

                      [default: text]

              -v, --verbose...
                      Say more on standard error; twice for every request

                  --color <WHEN>
                      Whether to colour

                      Possible values:
                      - auto:   On a terminal, unless NO_COLOR is set
                      - always: Always
                      - never:  Never

                      [default: auto]
        "#]],
    );
}

#[test]
fn without_arguments_the_help_is_printed_as_an_error() {
    let output = Program::new().run(&[]);
    assert_eq!((output.code, output.stdout.as_str()), (64, ""));
    assert!(output.stderr.contains("Usage: samesign"), "{}", output.stderr);
}

#[test]
fn wrong_usage_exits_with_64_and_says_what_is_right() {
    let program = Program::new();
    check(
        &program.run(&["plam"]),
        &expect![[r#"
            ! error: unrecognized subcommand 'plam'
            !
            !   tip: some similar subcommands exist: 'explain', 'plan'
            !
            ! Usage: samesign [OPTIONS] <COMMAND>
            !
            ! For more information, try '--help'.
            exit 64
        "#]],
    );
    check(
        &program.run(&["plan", "--format", "xml"]),
        &expect![[r#"
            ! error: invalid value 'xml' for '--format <FORMAT>'
            !   [possible values: text, json, markdown, html]
            !
            !   tip: a similar value exists: 'html'
            !
            ! For more information, try '--help'.
            exit 64
        "#]],
    );
    check(
        &program.run(&["plan", "--object", "x", "--out", "y"]),
        &expect![[r#"
            ! error: the argument '--object <WHO>' cannot be used with '--out <FILE>'
            !
            ! Usage: samesign plan --object <WHO> [DIR]
            !
            ! For more information, try '--help'.
            exit 64
        "#]],
    );
    check(
        &program.run(&["plan", "--force"]),
        &expect![[r#"
            ! error: unexpected argument '--force' found
            !
            !   tip: a similar argument exists: '--format'
            !
            ! Usage: samesign plan --format <FORMAT> [DIR]
            !
            ! For more information, try '--help'.
            exit 64
        "#]],
    );
    check(
        &program.run(&["schema", "Polcy"]),
        &expect![[r#"
            ! error: Polcy is no kind of manifest
            !
            ! hint: there are: Directory, Tenant, AttributeFlow, SyncPolicy, Approval, Notifier, PolicyTest, Plan, Plans, PseudonymousPlan, PseudonymousPlans, Explanation, Effect, History, Status, Doctor, Notice
            exit 64
        "#]],
    );
}

#[test]
fn version_schema_completions_and_manual_are_data() {
    let program = Program::new();
    for (arguments, part) in [
        (&["--version"][..], "samesign "),
        (&["completions", "bash"], "complete -F _samesign"),
        (&["completions", "zsh"], "#compdef samesign"),
        (&["man"], ".TH samesign 1"),
        (&["schema"], "\"$schema\""),
        (&["schema", "SyncPolicy"], "\"memberOf\""),
        (&["schema", "plan"], "\"heldDigest\""),
        (&["schema", "Plans"], "\"plans\""),
    ] {
        let output = program.run(arguments);
        assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{arguments:?}");
        assert!(output.stdout.contains(part), "{arguments:?}: {}", output.stdout);
    }
}

#[test]
fn the_manual_names_every_command() {
    let page = Program::new().run(&["man"]).stdout.replace("\\-", "-");
    for command in
        ["init", "validate", "test", "plan", "apply", "explain", "sandbox", "schema", "completions"]
    {
        assert!(page.contains(&format!("samesign-{command}")), "{command}:\n{page}");
    }
}
