//! Stories of a directory and a tenant, told by the real program; one folder each below `tests/scenarios`.
//!
//! A folder has `manifests/`, `directory.ldif`, `tenant-seed.yaml`, `story.txt` with the commands, and `run.txt`
//! with what they print; a command that ends in `> FILE` prints to a golden file of its own, and one that begins
//! with `-` is told by its last line. `UPDATE_EXPECT=1 cargo test --test it scenarios` refreshes what is printed.
//! The policies work by hand too: `samesign plan tests/scenarios/leavers/manifests`.

mod directory;
mod plain;
mod story;
mod tenant;

use crate::program::repository;

macro_rules! scenarios {
    ($($name:ident)*) => {
        $(#[test] fn $name() { story::tell(stringify!($name)); })*

        const NAMES: &[&str] = &[$(stringify!($name)),*];
    };
}

scenarios! {
    a_canary_is_missing
    a_domain_gets_another_name
    a_first_run_is_rolled_back
    a_filter_typo_is_held
    a_flow_is_changed_in_a_commit
    a_grace_period_is_shortened
    a_group_of_groups
    a_half_directory_removes_nobody
    a_lost_answer_makes_no_duplicate
    a_mail_address_that_two_claim
    a_missing_permission_is_named
    a_missing_right_to_synchronise_is_named
    a_name_that_a_cloud_user_has
    a_name_that_is_taken_between_plan_and_apply
    a_plan_of_other_manifests_is_refused
    a_run_is_rolled_back
    a_short_directory_removes_nobody
    a_stale_plan_is_refused
    a_switch_of_the_tenant_waits_for_a_person
    a_tenant_that_takes_nothing_from_entra_connect
    a_tenant_that_throttles_and_stumbles
    a_unit_is_renamed
    a_unit_that_is_named_by_its_identity
    an_approval_releases_what_it_lists_once
    an_attribute_vanishes
    an_edited_plan_is_refused
    an_old_build_is_refused
    another_domain_answers
    anybody_is_explained
    customers_in_one_folder
    entra_connects_protocol_from_the_first_run_on
    from_graph_to_entra_connects_protocol
    hostile_names
    hostile_values_through_entra_connects_protocol
    leavers
    lost_records_remove_nobody
    many_lose_a_value
    many_members_leave
    members_leave_all_groups
    moved_out_of_scope
    nothing_of_entra_connect_is_removed_by_mistake
    nothing_to_do
    return_before_the_grace_period_ends
    return_from_the_recycle_bin
    return_under_another_name
    return_under_another_name_through_entra_connects_protocol
    tests_of_contacts_and_addresses
    the_first_run
    the_move_from_entra_connect
    values_that_somebody_else_has
    values_that_the_tenant_keeps_back
}

#[test]
fn every_scenario_is_told() {
    let mut found: Vec<String> = std::fs::read_dir(repository("tests/scenarios"))
        .unwrap()
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .collect();
    found.sort();
    let mut names = NAMES.to_vec();
    names.sort_unstable();
    assert_eq!(found, names);
}
