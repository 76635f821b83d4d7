//! What is kept for the page: of policies that are there, and never too much.

use std::time::Duration;

use samesign::observe::{Ended, Picture, Pictures, excerpt};

use super::{at, found, title};

fn one<'a>(pictures: &'a Pictures, policy: &str) -> &'a Picture {
    pictures.all().find(|it| it.title.policy == policy).unwrap()
}

#[test]
fn a_picture_follows_the_looks_and_outlives_an_edit() {
    let mut pictures = Pictures::default();
    pictures.follow(vec![title("contoso"), title("adatum")]);
    pictures.began("contoso", at("08:00"));
    assert_eq!(one(&pictures, "contoso").looking_since, Some(at("08:00")));
    pictures.found("contoso", found());
    pictures.ended("contoso", Ended { at: at("08:01"), took: Duration::from_mins(1), trouble: None });
    pictures.due("contoso", at("08:02"));
    let mut edited = title("contoso");
    edited.mode = "review";
    pictures.follow(vec![edited]);
    let names: Vec<&str> = pictures.all().map(|it| it.title.policy.as_str()).collect();
    assert_eq!(names, ["contoso"]);
    let picture = one(&pictures, "contoso");
    assert_eq!(
        (picture.title.mode, picture.looking_since, picture.next),
        ("review", None, Some(at("08:02")))
    );
    assert!(picture.found.is_some());
    // A look that ends after its policy is gone is told to nobody.
    pictures.began("adatum", at("08:03"));
    assert_eq!(pictures.all().count(), 1);
}

#[test]
fn of_a_long_plan_the_beginning_and_the_summary_are_kept() {
    let short = "plan 7f3a9c12\n".to_owned();
    assert_eq!(excerpt(short.clone(), "samesign plan"), short);
    let lines: String = (0..100_000)
        .map(|it| ["+ user   ü", &it.to_string(), "@contoso.com   missing in tenant\n"].concat())
        .collect();
    let whole = format!("{lines}plan: 100000 to add\n");
    let kept = excerpt(whole.clone(), "samesign plan --policy contoso");
    assert!(kept.len() < 140_000, "{}", kept.len());
    assert!(kept.starts_with("+ user   ü0@") && kept.ends_with("\nplan: 100000 to add\n"));
    let (at, cut) = kept.lines().enumerate().find(|it| it.1.starts_with('…')).unwrap();
    let left_out = whole.lines().count() - (kept.lines().count() - 1);
    assert_eq!(
        cut,
        format!("… {left_out} lines are left out here: samesign plan --policy contoso prints all")
    );
    // What stands around the cut are whole lines of the plan.
    let kept: Vec<&str> = kept.lines().collect();
    for line in [kept[at - 1], kept[at + 1]] {
        assert!(whole.contains(&format!("\n{line}\n")), "{line}");
    }
    let one_line = "x".repeat(1 << 20);
    assert!(excerpt(one_line, "samesign plan").len() < 200);
}
