//! What administrators do to the directory between two plans, with their own tools.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use uuid::Uuid;

use crate::lab::{BASE, Lab, escape};

fn staff(cn: &str) -> String {
    format!("CN={},OU=Staff,{BASE}", escape(cn))
}

fn replace(lab: &Lab, dn: &str, attribute: &str, value: &str) {
    let (dn, value) = (STANDARD.encode(dn), STANDARD.encode(value));
    lab.modify(&format!("dn:: {dn}\nchangetype: modify\nreplace: {attribute}\n{attribute}:: {value}\n"));
}

fn clear(lab: &Lab, dn: &str, attribute: &str) {
    lab.modify(&format!("dn: {dn}\nchangetype: modify\ndelete: {attribute}\n"));
}

/// Another name, another place, or both.
fn rename(lab: &Lab, dn: &str, cn: &str, unit: &str) {
    let cn = STANDARD.encode(format!("CN={}", escape(cn)));
    lab.modify(&format!(
        "dn: {dn}\nchangetype: modrdn\nnewrdn:: {cn}\ndeleteoldrdn: 1\nnewsuperior: {unit},{BASE}\n"
    ));
}

/// People: names, places, states, values.
pub(crate) fn of_people(lab: &Lab) {
    rename(lab, &staff("User 000"), "User, \"Zero\"", "OU=Staff");
    rename(lab, &format!("CN=Guest 0000,OU=Crowd,{BASE}"), "Gäste #0 + 1", "OU=Crowd");
    replace(lab, &staff("User 001"), "userPrincipalName", "renamed.one@corp.example.com");
    rename(lab, &staff("User 002"), "User 002", "OU=Former");
    lab.ldif(&format!("dn: OU=Attic,OU=Staff,{BASE}\nobjectClass: organizationalUnit\n"));
    rename(lab, &staff("User 003"), "User 003", "OU=Attic,OU=Staff");
    lab.samba_tool(&["user", "disable", "user004"]);
    lab.samba_tool(&["user", "enable", "disabled"]);
    lab.samba_tool(&["user", "delete", "user005"]);
    replace(lab, &staff("User 006"), "accountExpires", "131000000000000000");
    replace(lab, &staff("User 007"), "title", "Köchin & <Chefin>; \"+#\"");
    clear(lab, &staff("User 008"), "givenName");
    replace(lab, &staff("Clerk"), "manager", &staff("O'Brien, \"Paddy\""));
    replace(lab, &staff("User 009"), "manager", &staff("Boss"));
    replace(lab, &staff("Twin Two"), "mail", "twin2@corp.example.com");
    let arguments = ["user", "create", "newcomer", "New-Passw0rd.1", "--userou=OU=Staff", "--surname=Comer"];
    lab.samba_tool(&arguments);
    replace(lab, &format!("CN=Comer,OU=Staff,{BASE}"), "displayName", "新人 & Co");
}

/// Groups: members, nesting, names, existence.
pub(crate) fn of_groups(lab: &Lab) {
    lab.samba_tool(&["group", "addmembers", "Team 1", "user100,clerk"]);
    lab.samba_tool(&["group", "removemembers", "Team 1", "user030"]);
    lab.samba_tool(&["group", "removemembers", "All Teams", "Team 8"]);
    lab.samba_tool(&["group", "addmembers", "Empty", "Team 8"]);
    rename(lab, &format!("CN=Team 9,OU=Groups,{BASE}"), "Team <Nine>", "OU=Groups");
    replace(lab, &format!("CN=Team 2,OU=Groups,{BASE}"), "description", "Second & <last>");
    lab.samba_tool(&["group", "add", "Newer", "--groupou=OU=Groups"]);
    lab.samba_tool(&["group", "addmembers", "Newer", "newcomer,Circle A"]);
    lab.samba_tool(&["group", "delete", "Strangers"]);
}

/// The object that was deleted and the one that was moved away come back; `guid` are the bytes of the former.
pub(crate) fn of_return(lab: &Lab, guid: &[u8]) {
    rename(lab, &format!("CN=User 002,OU=Former,{BASE}"), "User 002", "OU=Staff");
    let guid = Uuid::from_slice_le(guid).unwrap();
    // Reanimation ([MS-ADTS] 3.1.1.5.3.7): a tombstone has lost most of its values.
    lab.modify_deleted(&format!(
        "dn: CN=User 005\\0ADEL:{guid},CN=Deleted Objects,{BASE}\nchangetype: modify\ndelete: isDeleted\n-\n\
         replace: distinguishedName\ndistinguishedName: {}\n-\nadd: userPrincipalName\n\
         userPrincipalName: user005@corp.example.com\n",
        staff("User 005")
    ));
    lab.samba_tool(&["user", "enable", "user005"]);
}
