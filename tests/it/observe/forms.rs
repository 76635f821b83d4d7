//! How messages read.

use expect_test::{expect, expect_file};
use samesign::observe::{Event, notice_schema};

use super::notice;
use crate::program::repository;

/// What somebody could have written into a directory to make a message look otherwise.
const HOSTILE: &str = "OU=*Staff* [click](https://evil.example) <!channel> & \"x\"\nSubject: other";

#[test]
fn mail_has_a_subject_of_one_line_and_says_since_when() {
    let shown = |event| {
        let notice = notice(event, "3 changes wait for a person: look at `samesign plan`\nand more");
        format!("{}\n\n{}", notice.subject(), notice.body("dc1"))
    };
    expect![[r#"
        samesign warning, contoso: 3 changes wait for a person: look at `samesign plan`

        3 changes wait for a person: look at `samesign plan`
        and more

        Found at 2026-11-22 09:30 UTC.
        Told by samesign on dc1 (heldPlan).
        ----
        samesign warning, worse, contoso: 3 changes wait for a person: look at `samesign plan`

        3 changes wait for a person: look at `samesign plan`
        and more

        Since 2026-11-22 08:00 UTC; worse at 2026-11-22 09:30 UTC.
        Told by samesign on dc1 (heldPlan).
        ----
        samesign recovered, contoso: 3 changes wait for a person: look at `samesign plan`

        3 changes wait for a person: look at `samesign plan`
        and more

        Over at 2026-11-22 09:30 UTC, after 1 h 30 min.
        Told by samesign on dc1 (heldPlan).
    "#]]
    .assert_eq(&[Event::Raised, Event::Worse, Event::Recovered].map(shown).join("----\n"));
}

#[test]
fn json_follows_its_schema() {
    let json = notice(Event::Raised, HOSTILE).json("dc1");
    let schema = notice_schema();
    expect_file![repository("schema/notice.schema.json")]
        .assert_eq(&(serde_json::to_string_pretty(&schema).unwrap() + "\n"));
    let validator = jsonschema::validator_for(schema.as_value()).unwrap();
    assert!(validator.is_valid(&json), "{json}");
    expect![[r#"
        {
          "format": "samesign.dev/notice/v1alpha1",
          "event": "raised",
          "policy": "contoso",
          "topic": "heldPlan",
          "severity": "warning",
          "text": "OU=*Staff* [click](https://evil.example) <!channel> & \"x\"\nSubject: other",
          "since": "2026-11-22T08:00:00Z",
          "at": "2026-11-22T09:30:00Z",
          "host": "dc1"
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&json).unwrap());
}

#[test]
fn nothing_is_markup_for_teams() {
    expect![[r#"
        {
          "type": "message",
          "attachments": [
            {
              "contentType": "application/vnd.microsoft.card.adaptive",
              "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "body": [
                  {
                    "type": "RichTextBlock",
                    "inlines": [
                      {
                        "weight": "Bolder",
                        "color": "Warning",
                        "type": "TextRun",
                        "text": "samesign warning, contoso: OU=*Staff* [click](https://evil.example) <!channel> & \"x\""
                      }
                    ]
                  },
                  {
                    "type": "RichTextBlock",
                    "inlines": [
                      {
                        "type": "TextRun",
                        "text": "OU=*Staff* [click](https://evil.example) <!channel> & \"x\""
                      }
                    ]
                  },
                  {
                    "type": "RichTextBlock",
                    "inlines": [
                      {
                        "type": "TextRun",
                        "text": "Subject: other"
                      }
                    ]
                  },
                  {
                    "type": "RichTextBlock",
                    "inlines": [
                      {
                        "type": "TextRun",
                        "text": "Found at 2026-11-22 09:30 UTC."
                      }
                    ]
                  },
                  {
                    "type": "RichTextBlock",
                    "inlines": [
                      {
                        "type": "TextRun",
                        "text": "Told by samesign on dc1 (heldPlan)."
                      }
                    ]
                  }
                ]
              }
            }
          ]
        }"#]]
        .assert_eq(&serde_json::to_string_pretty(&notice(Event::Raised, HOSTILE).teams("dc1")).unwrap());
}

#[test]
fn nothing_is_markup_for_slack() {
    expect![[r#"
        {
          "text": "samesign warning, contoso: OU=*Staff* [click](https://evil.example) &lt;!channel&gt; &amp; \"x\"",
          "blocks": [
            {
              "type": "section",
              "text": {
                "type": "plain_text",
                "text": "samesign warning, contoso: OU=*Staff* [click](https://evil.example) <!channel> & \"x\""
              }
            },
            {
              "type": "section",
              "text": {
                "type": "plain_text",
                "text": "OU=*Staff* [click](https://evil.example) <!channel> & \"x\"\nSubject: other\n\nFound at 2026-11-22 09:30 UTC.\nTold by samesign on dc1 (heldPlan).\n"
              }
            }
          ]
        }"#]]
        .assert_eq(&serde_json::to_string_pretty(&notice(Event::Raised, HOSTILE).slack("dc1")).unwrap());
}
