//! Plans as one page, to send or to keep.

use std::fmt::Write as _;

use expect_test::expect;
use samesign::render::{STYLE, plans_html};

use crate::plan::world::world;

/// The page without what stands on all of them, a line for each thing.
fn body(page: &str) -> String {
    let (_, body) = page.split_once("<main").unwrap();
    let body = body.split_once("</main>").unwrap().0;
    let starts = ["<h", "<p", "<details", "<li>", "<dl", "<dt>"];
    starts.iter().fold(body.to_owned(), |body, it| body.replace(it, &format!("\n{it}")))
}

#[test]
fn what_waits_for_a_decision_stands_first_and_no_name_is_mark_up() {
    let planned = world(
        "ad user ada title=\"<script>alert(1)</script>\"
         ad user bob userPrincipalName=a@contoso.com
         cloud-only user a
         cloud user eve",
    )
    .plan();
    expect![[r#"
         id="main">
        <h1>Plan 24435bdb of contoso</h1><section aria-labelledby="contoso">
        <h2 id="contoso">Policy contoso</h2>
        <p class="lead">1 to add, 0 to change, 1 to block, 0 to delete; 1 held; 1 left alone</p>
        <p><span class="badge waits">held</span> by adoption (1): taking over a user of the tenant always waits for a person</p>
        <p class="quiet">To approve exactly what is held: <code>samesign apply … --approve sha256:60a1dc763265e1874c87c62fcd5e09701db965f86eb484ce557c7bc92a639a10</code></p>
        <details class="list" open><summary>Held (1)</summary><ul>
        <li>
        <p><span class="quiet">user </span><strong>a@contoso.com</strong> <span class="held">held: the tenant's user would be taken over: look at both first</span></p>
        <dl class="facts">
        <dt>adopt</dt><dd>CN=bob,OU=Staff,DC=contoso,DC=com of AD has the same userPrincipalName</dd>
        <dt>userPrincipalName</dt><dd>&quot;a@contoso.com&quot; on both sides</dd>
        <dt>mailNickname</dt><dd>&quot;a&quot; on both sides</dd>
        <dt>displayName</dt><dd>&quot;a&quot; -&gt; &quot;bob&quot;</dd></dl></li></ul></details>
        <details class="list" open><summary>To block (1)</summary><ul>
        <li>
        <p><span class="quiet">user </span><strong>eve@contoso.com</strong> <span class="remove">deleted in AD: block sign-in now, delete on 2026-12-06</span></p></li></ul></details>
        <details class="list" open><summary>To add (1)</summary><ul>
        <li>
        <p><span class="quiet">user </span><strong>ada@contoso.com</strong> <span class="add">missing in tenant</span></p>
        <dl class="facts">
        <dt>userPrincipalName</dt><dd>&quot;ada@contoso.com&quot;</dd>
        <dt>displayName</dt><dd>&quot;ada&quot;</dd>
        <dt>accountEnabled</dt><dd>true</dd>
        <dt>mailNickname</dt><dd>&quot;ada&quot;</dd>
        <dt>jobTitle</dt><dd>&quot;&lt;script&gt;alert(1)&lt;/script&gt;&quot;</dd></dl></li></ul></details>
        <dl class="facts">
        <dt>Plan</dt><dd><code>24435bdb</code></dd>
        <dt>Directory</dt><dd>corp: 2 objects, whole</dd>
        <dt>Tenant</dt><dd>office: 2 objects, whole</dd>
        <dt>Manifests</dt><dd><code>7731f753</code></dd></dl></section>"#]].assert_eq(&body(&plans_html(&[planned])));
}

#[test]
fn several_plans_stand_in_a_table_first() {
    let (some, mut none) = (world("ad user ada").plan(), world("").plan());
    none.header.policy = "adatum".to_owned();
    let page = plans_html(&[some, none]);
    let table = page.find("<table>").unwrap();
    for policy in ["contoso", "adatum"] {
        let (link, section) = (format!("href=\"#{policy}\""), format!("<h2 id=\"{policy}\""));
        assert!(table < page.find(&link).unwrap() && page.find(&link) < page.find(&section), "{page}");
    }
}

#[test]
fn a_long_list_is_folded_and_what_is_not_listed_is_counted() {
    let mut text = String::new();
    for number in 0..1002 {
        writeln!(text, "ad user user{number}").unwrap();
    }
    let page = plans_html(&[world(&text).plan()]);
    assert!(page.contains("<details class=\"list\"><summary>To add (1002)</summary>"));
    assert!(page.contains("… and 2 more: --format json lists all"));
    assert_eq!(page.matches("<li>").count(), 1000);
}

#[test]
fn a_page_loads_nothing() {
    let page = plans_html(&[world("ad user ada").plan()]);
    assert!(page.contains("content=\"default-src 'none'; style-src 'unsafe-inline'\""), "{page}");
    for forbidden in ["<script", "src=", "http://", "https://", "@import", "url("] {
        assert!(!page.contains(forbidden) && !STYLE.contains(forbidden), "{forbidden}");
    }
}
