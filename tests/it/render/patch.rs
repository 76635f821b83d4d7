//! Manifests that follow a rename.

use expect_test::expect;
use samesign::model::Guid;
use samesign::plan::Renamed;
use samesign::render::{patch, renamed_in};

fn renamed(from: &str, to: &str) -> Renamed {
    let guid = Guid::from_bytes([7; 16]);
    Renamed { guid, is_container: true, from: from.to_owned(), to: to.to_owned() }
}

const STAFF: &str = "OU=Staff,DC=contoso,DC=com";
const PEOPLE: &str = "OU=People,DC=contoso,DC=com";

/// A line after a rename; the line itself if it does not name what was renamed.
fn line(text: &str) -> String {
    renamed_in(text, &[renamed(STAFF, PEOPLE)]).unwrap_or_else(|| text.to_owned())
}

#[test]
fn a_name_is_found_in_any_quotes_and_below_itself() {
    for quote in ["", "'", "\""] {
        assert_eq!(
            line(&format!("  - {quote}{STAFF}{quote} # here")),
            format!("  - {quote}{PEOPLE}{quote} # here")
        );
    }
    assert_eq!(
        line(&format!("bases: [\"{STAFF}\", 'OU=A,{STAFF}']")),
        format!("bases: [\"{PEOPLE}\", 'OU=A,{PEOPLE}']")
    );
    assert_eq!(
        line(&format!("filter: \"(memberOf=CN=a,{STAFF})\"")),
        format!("filter: \"(memberOf=CN=a,{PEOPLE})\"")
    );
}

#[test]
fn what_only_looks_like_the_name_stays() {
    for text in
        ["- \"OU=Staff,DC=contoso,DC=com,DC=au\"", "- \"XOU=Staff,DC=contoso,DC=com\"", "- \"OU=Staff\""]
    {
        assert_eq!(renamed_in(text, &[renamed(STAFF, PEOPLE)]), None, "{text}");
    }
}

#[test]
fn names_are_escaped_as_their_quotes_want_it() {
    let odd = renamed(r"OU=A\, B,DC=com", r#"OU=O'Hara \"X\",DC=com"#);
    let follow = |text: &str| renamed_in(text, std::slice::from_ref(&odd)).unwrap();
    assert_eq!(follow(r#"- "OU=A\\, B,DC=com""#), r#"- "OU=O'Hara \\\"X\\\",DC=com""#);
    assert_eq!(follow(r"- 'OU=A\, B,DC=com'"), r#"- 'OU=O''Hara \"X\",DC=com'"#);
}

#[test]
fn a_patch_has_three_lines_around_a_change_and_keeps_line_ends() {
    let before = format!("a\nb\nc\nd\r\n- \"{STAFF}\"\r\ne\nf\ng\nh");
    let after = renamed_in(&before, &[renamed(STAFF, PEOPLE)]).unwrap();
    let text = patch("some folder/policy.yaml", &before, &after)
        .unwrap()
        .replace('\r', "<CR>")
        .replace('\t', "<TAB>");
    expect![[r#"
        --- a/some folder/policy.yaml<TAB>
        +++ b/some folder/policy.yaml<TAB>
        @@ -2,7 +2,7 @@
         b
         c
         d<CR>
        -- "OU=Staff,DC=contoso,DC=com"<CR>
        +- "OU=People,DC=contoso,DC=com"<CR>
         e
         f
         g
    "#]]
    .assert_eq(&text);
}

#[test]
fn a_terminal_is_not_steered_by_a_patch() {
    assert_eq!(patch("policy.yaml", "a \x1b[2J\nb\n", "a \x1b[2J\nc\n"), None);
    assert_eq!(patch("a\u{202e}b.yaml", "b\n", "c\n"), None);
}
