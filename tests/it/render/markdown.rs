//! Plans for a comment on a merge request.

use std::fmt::Write as _;

use expect_test::expect;
use samesign::render::plan_markdown;

use crate::plan::world::world;

#[test]
fn the_summary_comes_first_and_what_is_held_before_the_rest() {
    let planned = world(
        "ad user ada title=\"<script>alert(1)</script>\"
         ad user bob userPrincipalName=a@contoso.com
         cloud-only user a
         cloud user eve",
    )
    .plan();
    expect![[r####"
        ### samesign plan `24435bdb`: contoso

        **1 to add, 0 to change, 1 to block, 0 to delete; 1 held; 1 left alone**

        > :warning: guards: held by adoption (1): taking over a user of the tenant always waits for a person
        >
        > To approve exactly what is held: `samesign apply … --approve sha256:60a1dc763265e1874c87c62fcd5e09701db965f86eb484ce557c7bc92a639a10`

        #### Held (1)

        - user **a\@contoso.com**: held: the tenant's user would be taken over: look at both first
          - adopt: CN=bob,OU=Staff,DC=contoso,DC=com of AD has the same userPrincipalName
          - userPrincipalName: "a\@contoso.com" on both sides
          - mailNickname: "a" on both sides
          - displayName: "a" -&gt; "bob"

        #### To block (1)

        - user **eve\@contoso.com**: deleted in AD: block sign-in now, delete on 2026-12-06

        #### To add (1)

        - user **ada\@contoso.com**: missing in tenant
          - userPrincipalName: "ada\@contoso.com"
          - displayName: "ada"
          - accountEnabled: true
          - mailNickname: "ada"
          - jobTitle: "&lt;script&gt;alert(1)&lt;/script&gt;"

        <sub>corp: 2 objects, whole; office: 2 objects, whole; policy 7731f753</sub>
    "####]].assert_eq(&plan_markdown(&planned));
}

#[test]
fn a_long_list_is_folded_and_the_comment_stays_within_its_limit() {
    let mut text = String::new();
    for number in 0..2000 {
        writeln!(text, "ad user user{number} title=\"{}\"", "x".repeat(60)).unwrap();
    }
    let markdown = plan_markdown(&world(&text).plan());
    assert!(markdown.contains("<details><summary>To add (2000)</summary>"));
    assert!(markdown.len() < 65_536, "{}", markdown.len());
    assert_eq!(markdown.matches("<details>").count(), markdown.matches("</details>").count());
}
