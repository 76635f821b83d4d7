//! Others that bear a name or an address of an object, on either side.

use std::collections::BTreeSet;

use crate::model::{CloudId, CloudObject, DirectoryObject, ObjectIndex, ObjectKind, Property, well_known};

use super::Sides;
use super::standing::name_of;
use crate::plan::Ground;

/// Another object with the same name or address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Namesake {
    /// Which side it is on.
    pub side: Side,
    /// Kind.
    pub kind: ObjectKind,
    /// The name that people know it by there.
    pub name: String,
    /// Its `objectGUID`, or its id in the tenant.
    pub id: String,
    /// The name or address that both bear.
    pub shared: String,
    /// Whether it is in the tenant's recycle bin.
    pub deleted: bool,
}

/// A side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The directory.
    Directory,
    /// The tenant.
    Tenant,
}

/// Nobody reads more, and a hostile directory could have a hundred thousand.
const NAMESAKES_MAX: usize = 20;

pub(super) fn namesakes(ground: &Ground<'_>, sides: Sides<'_>) -> Vec<Namesake> {
    let Sides { at, anchor: _, cloud } = sides;
    let mut names: BTreeSet<String> = BTreeSet::new();
    names.extend(at.into_iter().flat_map(|it| of_directory(ground.objects.get(it))));
    names.extend(cloud.into_iter().flat_map(of_tenant));
    let own = cloud.map(|it| it.id());
    let in_directory = directory_namesakes(ground, &names, at);
    in_directory.chain(tenant_namesakes(ground, &names, own)).take(NAMESAKES_MAX).collect()
}

fn directory_namesakes<'b>(
    ground: &'b Ground<'_>,
    names: &'b BTreeSet<String>,
    own: Option<ObjectIndex>,
) -> impl Iterator<Item = Namesake> + 'b {
    ground.objects.iter().filter(move |it| Some(it.0) != own).filter_map(|(_, object)| {
        let shared = of_directory(object).find(|it| names.contains(it))?;
        Some(Namesake {
            side: Side::Directory,
            kind: object.kind,
            name: object.dn.to_string(),
            id: object.guid.to_string(),
            shared: without_mark(&shared),
            deleted: false,
        })
    })
}

fn tenant_namesakes<'b>(
    ground: &'b Ground<'_>,
    names: &'b BTreeSet<String>,
    own: Option<CloudId>,
) -> impl Iterator<Item = Namesake> + 'b {
    let users = ground.tenant.users().iter().map(CloudObject::User);
    let all = users.chain(ground.tenant.groups().iter().map(CloudObject::Group));
    all.filter(move |it| Some(it.id()) != own).filter_map(|object| {
        let shared = of_tenant(object).find(|it| names.contains(it))?;
        Some(Namesake {
            side: Side::Tenant,
            kind: object.kind(),
            name: name_of(object),
            id: object.id().to_string(),
            shared: without_mark(&shared),
            deleted: super::standing::deleted_at(object).is_some(),
        })
    })
}

/// Groups may share a name with a user, and not with each other.
const GROUP: &str = "group ";

fn without_mark(name: &str) -> String {
    name.strip_prefix(GROUP).unwrap_or(name).to_owned()
}

/// The names and addresses of an object of the directory that only one should bear, in lower case.
pub(super) fn of_directory(object: &DirectoryObject) -> impl Iterator<Item = String> {
    let text = |id| object.attributes.text(id);
    let group = (object.kind == ObjectKind::Group)
        .then(|| text(well_known::DISPLAY_NAME).or_else(|| text(well_known::CN)))
        .flatten();
    let addresses = object.attributes.values(well_known::PROXY_ADDRESSES);
    let addresses = addresses.filter_map(|it| smtp(std::str::from_utf8(it).ok()?));
    let plain = [well_known::USER_PRINCIPAL_NAME, well_known::MAIL].into_iter().filter_map(text);
    plain.chain(addresses).map(str::to_lowercase).chain(group.map(|it| GROUP.to_owned() + &it.to_lowercase()))
}

/// The names and addresses of an object of the tenant that only one can bear, in lower case.
pub(super) fn of_tenant(object: CloudObject<'_>) -> impl Iterator<Item = String> {
    let attributes = object.attributes();
    let name = match object {
        CloudObject::User(_) | CloudObject::Contact(_) => name_of(object).to_lowercase(),
        CloudObject::Group(_) => GROUP.to_owned() + &name_of(object).to_lowercase(),
    };
    let mail = attributes.text(Property::Mail.id()).map(str::to_lowercase);
    let addresses = attributes.texts(Property::ProxyAddresses.id()).filter_map(smtp).map(str::to_lowercase);
    [name].into_iter().chain(mail).chain(addresses)
}

/// The address of `smtp:address`; `None` for other sorts.
fn smtp(value: &str) -> Option<&str> {
    let (sort, address) = value.trim().split_once(':')?;
    sort.eq_ignore_ascii_case("smtp").then_some(address)
}
