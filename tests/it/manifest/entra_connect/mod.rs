//! What an exported configuration of Entra Connect becomes, and what is said about the rest of it.

mod expressions;
mod hostile;
mod rules;

use expect_test::{expect, expect_file};
use samesign::manifest::entra_connect::{Imported, import};
use samesign::manifest::{Provenance, load};

use super::{file, words_of};

const SHOP: &str = include_str!("shop.json");
const SCHOOL: &str = include_str!("school.json");

fn imported(text: &str) -> Imported {
    import(text.as_bytes(), "Applied-SynchronizationPolicy.JSON").unwrap()
}

fn notes(imported: &Imported) -> String {
    imported.notes.iter().map(|it| format!("{it}\n")).collect()
}

fn texts(imported: &Imported) -> String {
    imported.files.iter().map(|(name, text)| format!("# {name}\n{text}")).collect()
}

/// The configuration with some of its text replaced.
fn changed(text: &str, replacements: &[(&str, &str)]) -> String {
    replacements.iter().fold(text.to_owned(), |text, (old, new)| {
        assert!(text.contains(old), "{old}");
        text.replacen(old, new, 1)
    })
}

#[test]
fn a_small_shop_becomes_a_policy_of_a_few_lines() {
    let imported = imported(SHOP);
    expect_file!["shop.txt"].assert_eq(&texts(&imported));
    expect![[r#"
        check: tenant.yaml needs an app registration of your own and its certificate
        line 32: check: the password of the account that reads the directory is not in the file: give samesign an account of its own, or reset this one's
    "#]].assert_eq(&notes(&imported));
}

#[test]
fn units_rules_an_alternate_id_and_a_pilot_group_are_carried_over() {
    expect_file!["school.txt"].assert_eq(&texts(&imported(SCHOOL)));
}

#[test]
fn everything_without_an_equivalent_is_a_note() {
    expect_file!["school-notes.txt"].assert_eq(&notes(&imported(SCHOOL)));
}

/// The program's own reader finds nothing wrong with what was written.
#[track_caller]
fn assert_sound(imported: &Imported) {
    let files = imported.files.iter().map(|(name, text)| file(name, text.as_bytes())).collect();
    let found = load(files, &Provenance::default()).findings;
    assert_eq!(words_of(&found), "");
}

#[test]
fn the_manifests_are_sound() {
    assert_sound(&imported(SHOP));
    assert_sound(&imported(SCHOOL));
}
