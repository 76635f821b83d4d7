//! Reading a real Active Directory: everything here talks to a Samba domain controller.

mod lab;

#[test]
fn the_lab_answers() {
    let lab = lab::Lab::start();
    let found = lab.search(&["-b", lab::BASE, "(objectClass=group)", "sAMAccountName"]);
    assert!(found.contains("sAMAccountName: Everybody"));
}
