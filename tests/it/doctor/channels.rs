//! Which channels a tenant allows, and what stands in the way.

use expect_test::expect;
use samesign::doctor::{Wants, missing, needed};
use samesign::policy::Channel;

const ALL: Wants = Wants { users: true, deletions: true, groups: true, contacts: true, passwords: true };

fn lacks(channel: Channel, wants: Wants, granted: &[&str]) -> Vec<&'static str> {
    let granted: Vec<String> = granted.iter().map(|it| (*it).to_owned()).collect();
    missing(needed(channel, wants), &granted).iter().map(|it| it.least).collect()
}

#[test]
fn each_channel_needs_permissions_of_its_own() {
    expect![[r#"
        User.Read.All
        Group.Read.All
        GroupMember.Read.All
        Organization.Read.All
        Domain.Read.All
        RoleManagement.Read.Directory
        User.ReadWrite.All
        User.RevokeSessions.All
        User.DeleteRestore.All
        Group.ReadWrite.All"#]]
    .assert_eq(&lacks(Channel::Graph, ALL, &[]).join("\n"));
    expect![[r#"
        User.Read.All
        Group.Read.All
        GroupMember.Read.All
        Organization.Read.All
        Domain.Read.All
        RoleManagement.Read.Directory
        OrgContact.Read.All"#]]
    .assert_eq(&lacks(Channel::DirectorySync, ALL, &[]).join("\n"));
    let only_users = Wants { users: true, ..Wants::default() };
    assert!(!lacks(Channel::Graph, only_users, &[]).contains(&"Group.ReadWrite.All"));
}

#[test]
fn larger_permissions_count_for_smaller_ones_as_far_as_the_service_takes_them() {
    let suggested = [
        "User.ReadWrite.All",
        "Group.ReadWrite.All",
        "Organization.Read.All",
        "Domain.Read.All",
        "RoleManagement.Read.Directory",
    ];
    assert_eq!(lacks(Channel::Graph, ALL, &suggested), [""; 0]);
    assert_eq!(lacks(Channel::Graph, ALL, &["*"]), [""; 0], "the sandbox grants everything");
    let directory = ["Directory.ReadWrite.All"];
    assert_eq!(
        lacks(Channel::Graph, ALL, &directory),
        ["RoleManagement.Read.Directory", "User.DeleteRestore.All", "Group.ReadWrite.All"],
        "what it does not reach"
    );
}
