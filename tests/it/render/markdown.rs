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
        ### samesign plan `3f52c933`: contoso

        **1 to add, 0 to change, 1 to block, 0 to delete; 1 held; 1 left alone**

        > :warning: guards: held by conflict (1): two objects claim one name; no approval helps, one of them has to change

        #### Held (1)

        - user **a\@contoso.com**: held: userPrincipalName belongs to the cloud-only user a\@contoso.com (4f3f2898-69e3-5a0d-820a-c4e87987dbce): if it is the same person, set that user's onPremisesImmutableId to 52UM5dZlcLEyeFPahv8+Qw==, else rename one of them
          - userPrincipalName: "a\@contoso.com"
          - displayName: "bob"
          - accountEnabled: true
          - mailNickname: "a"

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
