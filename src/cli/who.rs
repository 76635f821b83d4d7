//! Finds the object that a person means.

use crate::model::{DirectoryObjects, Facts as _, ObjectIndex, well_known};

/// Objects whose user name, mail address, account name, display name, name, id or anchor is this.
pub(super) fn find(objects: &DirectoryObjects, who: &str) -> Vec<ObjectIndex> {
    let who = who.trim();
    if let Some(at) = who.parse().ok().and_then(|dn| objects.find_dn(&dn)) {
        return vec![at];
    }
    let wanted = who.to_lowercase();
    let names = [
        well_known::USER_PRINCIPAL_NAME,
        well_known::SAM_ACCOUNT_NAME,
        well_known::MAIL,
        well_known::CN,
        well_known::DISPLAY_NAME,
    ];
    let matches = |at: ObjectIndex| {
        let view = objects.view(at);
        let object = view.object();
        let same = |value: &[u8]| String::from_utf8_lossy(value).to_lowercase() == wanted;
        let address = |value: &[u8]| {
            let text = String::from_utf8_lossy(value).to_lowercase();
            text.split_once(':').is_some_and(|(_, address)| address == wanted)
        };
        names.into_iter().any(|name| view.values(name).any(same))
            || view.values(well_known::PROXY_ADDRESSES).any(address)
            || object.guid.to_string() == wanted
            || object.guid_anchor().to_string() == who
    };
    objects.iter().map(|(at, _)| at).filter(|at| matches(*at)).collect()
}
