//! What the pages say, and that no name in them is markup.

use std::collections::BTreeMap;
use std::sync::Arc;

use expect_test::expect;
use samesign::observe::{Alarm, Explained, Found, Past, Picture, Severity, Topic};
use samesign::plan::Summary;

use super::super::alarm;
use super::{Stage, at, found, past_change, past_run, picture};

/// What somebody could have written into a directory.
const HOSTILE: &str =
    "</pre></td>\"'><script>alert(1)</script>\u{202e}gro\u{7}&lt;<img src=x onerror=alert(2)>";

fn policy_alarm(topic: Topic, severity: Severity, text: &str) -> (Option<String>, Alarm, jiff::Timestamp) {
    (Some("contoso".to_owned()), Alarm { severity, ..alarm(topic, text, 1) }, at("08:00"))
}

/// A policy with something of everything.
fn troubled() -> Stage {
    let pending = Summary { objects_added: 1, objects_held: 2, passwords: 2, ..Summary::default() };
    let found = Found {
        pending,
        plan:
            "plan 7f3a9c12\n\n+ user   ada@contoso.com   missing in tenant\n! user   mal@contoso.com   held\n"
                .to_owned(),
        waiting: 2,
        failing: 2,
        paused: BTreeMap::from([("sha256:01".to_owned(), at("09:34"))]),
        oldest_password: Some(at("09:00")),
        broken: Some("the server closed the connection".to_owned()),
        ..found()
    };
    let failing =
        vec![(7, past_change("bob@contoso.com", "missing in tenant", "400 Bad Request\nA value is wrong"))];
    Stage {
        policies: vec![Picture { found: Some(Arc::new(found)), ..picture("contoso") }],
        alarms: vec![policy_alarm(
            Topic::HeldPlan,
            Severity::Warning,
            "2 changes wait for a person: look at `x`",
        )],
        past: Ok(Past { runs: vec![past_run(7)], failing }),
        ..Stage::default()
    }
}

#[tokio::test]
async fn the_first_page_has_all_policies_the_worst_first() {
    let mut stage = troubled();
    let mut broken = picture("adatum");
    broken.found = None;
    broken.last.as_mut().unwrap().trouble = Some("the directory cannot be read: timed out".to_owned());
    let new = Picture { last: None, next: None, found: None, ..picture("fabrikam") };
    stage.policies.extend([broken, new, picture("northwind")]);
    stage.alarms.push((None, alarm(Topic::Manifests, "the manifests have errors", 1), at("09:00")));
    expect![[r#"
        All policies · samesign
        To the content
        samesign
        All policies
        4 policies: 1 has an error, 1 waits for a person, 1 is not looked at yet, 1 is well.
        What is the matter, the worst first
        How bad | What | Since
        ▲ warning |  the manifests have errors  | 2026-11-22 09:00:00Z (30 min ago)
        The worst first. Add, change, block and delete count the objects that differ now; held, those that a guard holds. Waiting are changes that wait for a person, failing those that failed and are tried again later.
        Policy | Health | Last look | Next look | Add | Change | Block | Delete | Held | Waiting | Failing | Password lag
        adatum corp → adatum, auto | ✖ error the directory cannot be read | 1 min ago, failed | in 1 min | ? | ? | ? | ? | ? | ? | ? | none
        contoso corp → contoso, auto | ‖ waits for a person 2 changes wait for a person | 1 min ago | in 1 min | 1 | 0 | 0 | 0 | 2 | 2 | 2 | 30 min
        fabrikam corp → fabrikam, auto | … not looked at yet | none yet | soon | ? | ? | ? | ? | ? | ? | ? | none
        northwind corp → northwind, auto | ✔ well | 1 min ago | in 1 min | 0 | 0 | 0 | 0 | 0 | 0 | 0 | none
        As of 2026-11-22 09:30:00Z. It comes again every 30 s; keep it as it is.
        samesign 0.1.0 on dc1. This page only reads; all times are UTC."#]].assert_eq(&stage.get("/").await.read());
}

#[tokio::test]
async fn the_page_of_a_policy_says_what_waits_fails_and_was_done() {
    expect![[r#"
        contoso · samesign
        To the content
        samesign
        All policies
        contoso
        contoso ‖ waits for a person
        Last look
        2026-11-22 09:29:00Z (1 min ago), took 1.2 s: went well
        Next look
        2026-11-22 09:31:00Z (in 1 min); sooner if an event is seen
        Directory
        corp: 1204 objects, not read to its end: the server closed the connection
        Tenant
        contoso: 1198 objects
        Mode
        auto: applies what no guard holds
        Passwords
        2 waiting; the oldest for 30 min, changed in AD 2026-11-22 09:00:00Z
        Alarms
        What is the matter, the worst first
        How bad | What | Since
        ▲ warning |  2 changes wait for a person: look at `x`  | 2026-11-22 08:00:00Z (1 h 30 min ago)
        What differs
        As of the look 2026-11-22 09:29:00Z (1 min ago), without what it applied; 2 changes wait for a person. samesign plan --policy contoso prints it anew.
        plan 7f3a9c12
        + user   ada@contoso.com   missing in tenant
        ! user   mal@contoso.com   held
        Failing changes
        Each is tried again by itself, later each time that it fails; no other waits for it
        Change | What was answered | Failed | Tried again
        create user bob@contoso.com missing in tenant |  failed  400 Bad Request  A value is wrong  | 2026-11-22 08:30:00Z (1 h ago), run 7 | 2026-11-22 09:34:00Z (in 4 min)
        Not all of these 2 are shown here: samesign status lists them.
        History
        The latest runs; each link shows the values before and after
        Run | Began | Manifests | Done | Failed | Held | By
        run 7 | 2026-11-22 08:30:00Z | 3f2c1d9+changes | 0 | 1 | 2 | kim
        Explain one object
        Who or what
        Explain
        User name, mail address, account or group name, DN, objectGUID, anchor or id in the tenant. Both sides are read anew for it, which takes as long as a look; nothing is written.
        As of 2026-11-22 09:30:00Z. It comes again every 30 s; keep it as it is.
        samesign 0.1.0 on dc1. This page only reads; all times are UTC."#]].assert_eq(&troubled().get("/policy/contoso").await.read());
}

#[tokio::test]
async fn records_that_cannot_be_read_hide_nothing_else() {
    let stage = Stage { past: Err("cannot open state.db".to_owned()), ..troubled() };
    let page = stage.get("/policy/contoso").await.read();
    assert!(page.contains("The records cannot be read: cannot open state.db"), "{page}");
    assert!(page.contains("+ user   ada@contoso.com"), "{page}");
}

#[tokio::test]
async fn health_is_a_word_and_the_worst_counts() {
    let health = async |alarms: &[(Topic, Severity)]| {
        let alarms = alarms.iter().map(|it| policy_alarm(it.0, it.1, "so it is")).collect();
        let page = Stage { alarms, ..Stage::default() }.get("/policy/contoso").await.read();
        page.lines()
            .skip_while(|it| *it != "All policies")
            .find(|it| it.starts_with("contoso "))
            .unwrap()
            .to_owned()
    };
    let held = (Topic::HeldPlan, Severity::Warning);
    let failing = (Topic::Failing, Severity::Warning);
    assert_eq!(health(&[]).await, "contoso ✔ well");
    assert_eq!(health(&[(Topic::Credential, Severity::Info)]).await, "contoso ✔ well");
    assert_eq!(health(&[held]).await, "contoso ‖ waits for a person");
    assert_eq!(health(&[held, failing]).await, "contoso ▲ warning");
    assert_eq!(health(&[failing, (Topic::Guard, Severity::Error), held]).await, "contoso ✖ error");
}

#[tokio::test]
async fn no_name_is_markup_on_any_page() {
    let mut picture = picture("contoso");
    picture.last.as_mut().unwrap().trouble = Some(HOSTILE.to_owned());
    // The command line writes such a character as what it is before it comes here.
    let plan = format!("+ user   {}\n", HOSTILE.replace(['\u{202e}', '\u{7}'], "?"));
    let paused = BTreeMap::from([("sha256:01".to_owned(), at("09:34"))]);
    let found = Found { plan: plan.clone(), failing: 1, paused, broken: Some(HOSTILE.to_owned()), ..found() };
    picture.found = Some(Arc::new(found));
    let mut run = past_run(7);
    run.by = HOSTILE.to_owned();
    let change = past_change(HOSTILE, HOSTILE, HOSTILE);
    let explained = [
        Explained::Text(plan.clone()),
        Explained::Nobody(vec![HOSTILE.to_owned()]),
        Explained::Failed(HOSTILE.to_owned()),
    ];
    for explained in explained {
        let stage = Stage {
            policies: vec![picture.clone()],
            alarms: vec![
                policy_alarm(Topic::Finding, Severity::Error, HOSTILE),
                (None, alarm(Topic::Manifests, HOSTILE, 1), at("08:00")),
            ],
            past: Ok(Past { runs: vec![run.clone()], failing: vec![(7, change.clone())] }),
            run: Some((run.clone(), vec![change.clone()])),
            explained,
        };
        let visitor = stage.open().await;
        let who = "%3C%2Fpre%3E%22'%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E%E2%80%AEgro%07";
        for path in
            ["/", "/policy/contoso", "/policy/contoso/run/7", &format!("/policy/contoso/explain?who={who}")]
        {
            let answer = visitor.get(path).await;
            // Only elements and attributes that a page has, in their order: or this would fail.
            let text = answer.read();
            assert!(
                text.contains("<script>alert(1)</script>"),
                "{path}: it is shown as it is written: {text}"
            );
            assert!(!answer.body.contains(['\u{202e}', '\u{7}']), "{path}");
        }
        let printed = visitor.get("/policy/contoso").await.printed();
        assert_eq!(printed, plan);
    }
}

#[tokio::test]
async fn a_page_comes_again_unless_somebody_keeps_it() {
    let visitor = Stage::default().open().await;
    let again = r#"<meta http-equiv="refresh" content="30">"#;
    for path in ["/", "/policy/contoso"] {
        assert!(visitor.get(path).await.body.contains(again), "{path}");
        let kept = visitor.get(&format!("{path}?refresh=off")).await.body;
        assert!(!kept.contains("http-equiv") && kept.contains(r#"href="?""#), "{path}");
    }
    assert!(!visitor.get("/policy/contoso/explain").await.body.contains("http-equiv"));
}

#[tokio::test]
async fn a_run_is_shown_below_its_own_policy_only() {
    let changes = vec![past_change("bob@contoso.com", "missing in tenant", "400 Bad Request")];
    let mut run = past_run(7);
    run.done = 4_000;
    let stage = Stage {
        run: Some((run, changes)),
        policies: vec![picture("contoso"), picture("adatum")],
        ..Stage::default()
    };
    let visitor = stage.open().await;
    let page = visitor.get("/policy/contoso/run/7").await;
    expect![[r#"
        Run 7 · samesign
        To the content
        samesign
        All policies
        contoso
        Run 7
        Run 7 of contoso
        It is what samesign history 7 prints.
        The first 1 of 4001 changes are shown; the command prints all.
        run 7   plan 7f3a9c12   policy contoso 3f2c1d9+changes
        applied by kim   began 2026-11-22 08:30:00Z   ended 2026-11-22 08:31:00Z
        failed   create user bob@contoso.com   missing in tenant
            400 Bad Request
        4000 done, 1 failed; 2 stayed held
        As of 2026-11-22 09:30:00Z.
        samesign 0.1.0 on dc1. This page only reads; all times are UTC."#]]
    .assert_eq(&page.read());
    for missing in ["/policy/adatum/run/7", "/policy/contoso/run/8", "/policy/nobody/run/7"] {
        assert_eq!(visitor.get(missing).await.status, 404, "{missing}");
    }
}

#[tokio::test]
async fn an_object_is_explained_and_if_not_it_says_why() {
    let explain = async |explained, query: &str| {
        let answer =
            Stage { explained, ..Stage::default() }.get(&format!("/policy/contoso/explain{query}")).await;
        let text = answer.read();
        let main: Vec<&str> = text.lines().skip_while(|it| *it != "Explain one object").skip(4).collect();
        let main = main.into_iter().take_while(|it| !it.starts_with("As of ")).collect::<Vec<_>>().join("\n");
        (answer.status, main)
    };
    let text = || Explained::Text("user ada@contoso.com   policy contoso\n".to_owned());
    assert_eq!(explain(text(), "").await, (200, String::new()), "only the form");
    assert_eq!(explain(text(), "?who=+").await, (200, String::new()));
    let (status, words) = explain(text(), "?who=ada").await;
    assert_eq!(status, 200);
    assert!(
        words.starts_with("ada\n") && words.ends_with("\nuser ada@contoso.com   policy contoso"),
        "{words}"
    );
    let (status, words) = explain(Explained::Nobody(vec!["ada@contoso.com".to_owned()]), "?who=adda").await;
    assert_eq!(
        (status, words.as_str()),
        (
            404,
            "Nobody is called so\nNeither the directory nor the tenant of this policy has adda.\n\
             There are: ada@contoso.com"
        )
    );
    let (status, words) = explain(Explained::Busy, "?who=ada").await;
    assert_eq!((status, words.lines().next().unwrap()), (503, "Somebody else is being explained"));
    let (status, words) =
        explain(Explained::Failed("timed out\nlook at the cable".to_owned()), "?who=ada").await;
    assert_eq!((status, words.as_str()), (503, "A side cannot be read\ntimed out\nlook at the cable"));
}
