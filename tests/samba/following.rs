//! What is followed by changes is what a whole reading finds, whatever happened meanwhile.

use std::sync::Arc;
use std::time::Instant;

use samesign::model::{DirectoryObjects, Reading};
use samesign::source::ldap::{Follower, LdapDirectory, Settings};
use samesign::source::{Depth, Quiet, Request};

use crate::journey::tenant::Tenant;
use crate::journey::workplace::{Door, Workplace};
use crate::lab::{BASE, EVERYBODY, Lab};
use crate::service::Service;
use crate::{chain, names, settings};

/// DS-Replication-Get-Changes ([MS-ADTS] 5.1.3.2.1).
const REPLICATING_CHANGES: &str = "OA;;CR;1131f6aa-9c07-11d1-f79f-00c04fc2dcd2";

/// What an account needs to be told of changes.
fn grant(lab: &Lab) {
    lab.set_right(BASE, REPLICATING_CHANGES);
    lab.show_deletions_to("svc-samesign");
}

/// A directory that is followed from step to step.
struct Walk<'a> {
    lab: &'a Lab,
    settings: Settings,
    follower: Follower,
}

impl<'a> Walk<'a> {
    async fn begin(lab: &'a Lab, settings: Settings) -> Self {
        let mut walk = Self { lab, settings, follower: Follower::default() };
        walk.observe(Depth::Changes).await;
        walk
    }

    async fn observe(&mut self, depth: Depth) -> (Arc<Reading>, bool) {
        let request = Request { names: names() };
        let how = (&self.settings, depth);
        match self.follower.observe(how, &request, &Quiet).await {
            Ok(observed) => (observed.reading, observed.has_news),
            Err(broken) => panic!("{}", chain(&broken)),
        }
    }

    /// Follows what was done, and compares it with a whole reading; whether it was news, and whether everything had to
    /// be read.
    async fn step(&mut self, done: &str) -> (bool, bool) {
        let before = self.follower.wholes();
        let (reading, has_news) = self.observe(Depth::Changes).await;
        let whole = LdapDirectory::new(self.settings.clone());
        let whole = whole.read(&Request { names: names() }, &Quiet).await.unwrap();
        let differences = reading.objects().differences(whole.objects());
        assert_eq!(differences, Vec::<String>::new(), "after {done}");
        assert_eq!(containers(reading.objects()), containers(whole.objects()), "after {done}");
        (has_news, before < self.follower.wholes())
    }

    /// What the step is to be: news that changes tell.
    async fn told(&mut self, done: &str) {
        assert_eq!(self.step(done).await, (true, false), "after {done}");
    }

    async fn guid(&mut self, dn: &str) -> String {
        let (reading, _) = self.observe(Depth::Changes).await;
        let at = reading.objects().find_dn(&format!("{dn},{BASE}").parse().unwrap()).unwrap();
        reading.objects().get(at).guid.to_string()
    }

    fn modify(&self, dn: &str, lines: &str) {
        self.lab.modify(&format!("dn: {dn},{BASE}\n{lines}\n"));
    }

    fn rename(&self, dn: &str, to: &str, above: &str) {
        let above = if above.is_empty() { String::new() } else { format!("newsuperior: {above},{BASE}\n") };
        self.modify(dn, &format!("changetype: modrdn\nnewrdn: {to}\ndeleteoldrdn: 1\n{above}"));
    }
}

fn containers(objects: &DirectoryObjects) -> Vec<String> {
    objects.containers().map(|it| it.1.as_str().to_owned()).collect()
}

fn replace(attribute: &str, value: &str) -> String {
    format!("changetype: modify\nreplace: {attribute}\n{attribute}: {value}")
}

fn member(doing: &str, who: &str) -> String {
    format!("changetype: modify\n{doing}: member\nmember: {who},{BASE}")
}

fn new_user(account: &str) -> String {
    format!("changetype: add\nobjectClass: user\nsAMAccountName: {account}\nuserAccountControl: 544")
}

#[tokio::test]
async fn each_change_is_followed_to_what_a_whole_reading_finds() {
    let lab = Lab::own();
    grant(&lab);
    let mut walk = Walk::begin(&lab, settings(&lab)).await;
    assert_eq!(walk.step("nothing").await, (false, false));
    walk.modify("CN=User 001,OU=Staff", &replace("title", "Accountant"));
    walk.told("a new title").await;
    walk.modify("CN=User 001,OU=Staff", "changetype: modify\ndelete: title");
    walk.told("no title any more").await;
    walk.modify("CN=Marie,OU=Staff", &new_user("marie"));
    walk.told("a new user").await;
    walk.modify("CN=Everybody,OU=Groups", &member("add", "CN=Marie,OU=Staff"));
    walk.told("a new member of a large group").await;
    let (reading, _) = walk.observe(Depth::Changes).await;
    let everybody = reading.objects().find_dn(&format!("CN=Everybody,OU=Groups,{BASE}").parse().unwrap());
    assert_eq!(reading.objects().get(everybody.unwrap()).members.len(), EVERYBODY + 1);
    drop(reading);
    walk.modify("CN=Everybody,OU=Groups", &member("delete", "CN=Guest 0007,OU=Crowd"));
    walk.modify("CN=Everybody,OU=Groups", &member("delete", "CN=Marie,OU=Staff"));
    walk.modify("CN=Everybody,OU=Groups", &member("add", "CN=Marie,OU=Staff"));
    walk.told("members that went and came").await;
    walk.modify("CN=Boss,OU=Staff", &replace("manager", &format!("CN=Marie,OU=Staff,{BASE}")));
    walk.rename("CN=Marie,OU=Staff", "CN=Marie Curie", "OU=Former");
    walk.told("a manager and member that was renamed and moved").await;
    walk.rename("CN=User 010,OU=Staff", "CN=Between", "");
    walk.rename("CN=User 011,OU=Staff", "CN=User 010", "");
    walk.rename("CN=Between,OU=Staff", "CN=User 011", "");
    walk.told("names that were exchanged").await;
    walk.modify("CN=User 012,OU=Staff", "changetype: delete");
    walk.told("somebody deleted").await;
    walk.modify("CN=User 012,OU=Staff", &new_user("user012"));
    walk.modify("CN=Team 0,OU=Groups", &member("add", "CN=User 012,OU=Staff"));
    walk.told("another one of that name").await;
    walk.modify("CN=Marie Curie,OU=Former", "changetype: delete");
    walk.told("a manager and member deleted").await;
    walk.modify("CN=Team 3,OU=Groups", "changetype: delete");
    walk.told("a group deleted").await;
    let groups = "changetype: add\nobjectClass: group\nsAMAccountName: fresh";
    walk.modify("CN=Fresh,OU=Groups", &format!("{groups}\nmember: CN=User 005,OU=Staff,{BASE}"));
    walk.modify("CN=All Teams,OU=Groups", &member("add", "CN=Fresh,OU=Groups"));
    walk.told("a new group").await;
    walk.modify("OU=Branch", "changetype: add\nobjectClass: organizationalUnit");
    walk.modify("CN=Tom,OU=Branch", &new_user("tom"));
    walk.told("a new unit").await;
    walk.modify("CN=Tom,OU=Branch", "changetype: delete");
    walk.modify("OU=Branch", "changetype: delete");
    walk.told("a unit deleted with all that lay in it").await;
    assert_eq!(walk.step("nothing any more").await, (false, false));
}

#[tokio::test]
async fn what_changes_do_not_tell_is_read_in_whole() {
    let lab = Lab::own();
    grant(&lab);
    let mut walk = Walk::begin(&lab, settings(&lab)).await;
    walk.rename("OU=Staff", "OU=People", "");
    assert_eq!(walk.step("a unit renamed").await, (true, true));
    walk.modify("CN=User 001,OU=People", &replace("title", "Accountant"));
    walk.told("a title after it").await;
    lab.while_stopped(|_| ());
    walk.modify("CN=User 001,OU=People", &replace("title", "Clerk"));
    walk.told("a title while the connection was lost").await;
    let guid = walk.guid("CN=User 002,OU=People").await;
    walk.modify("CN=User 002,OU=People", "changetype: delete");
    walk.told("somebody deleted").await;
    // An administrator brings them back: whatever else comes back with them, nobody tells.
    let dn = format!("CN=User 002\\0ADEL:{guid},CN=Deleted Objects");
    let back = format!("replace: distinguishedName\ndistinguishedName: CN=User 002,OU=People,{BASE}");
    let revived = format!("changetype: modify\ndelete: isDeleted\n-\n{back}\n-\n");
    lab.modify_deleted(&format!("dn: {dn},{BASE}\n{revived}\n"));
    assert_eq!(walk.step("somebody brought back").await, (true, true));
    walk.observe(Depth::Whole).await;
    assert_eq!(walk.step("a whole reading").await, (false, false));
    lab.set_right(BASE, "OD;;CR;1131f6aa-9c07-11d1-f79f-00c04fc2dcd2");
    walk.modify("CN=User 001,OU=People", &replace("title", "Baker"));
    assert_eq!(walk.step("the right taken").await, (true, true));
    assert!(!walk.follower.is_following());
    assert_eq!(walk.step("nothing").await, (true, true));
}

#[tokio::test]
async fn whoever_crosses_the_bases_is_followed() {
    let lab = Lab::own();
    grant(&lab);
    let bases = ["OU=Staff", "OU=Groups"].map(|it| format!("{it},{BASE}").parse().unwrap());
    let mut walk = Walk::begin(&lab, Settings { search_bases: bases.to_vec(), ..settings(&lab) }).await;
    walk.rename("CN=User 001,OU=Staff", "CN=User 001", "OU=Former");
    walk.told("somebody who left the bases").await;
    walk.rename("CN=User 001,OU=Former", "CN=User 001", "OU=Staff");
    assert_eq!(walk.step("somebody who came back").await, (true, true));
    walk.modify("CN=Guest 0001,OU=Crowd", &replace("title", "Guest"));
    assert_eq!(walk.step("a change outside of the bases").await, (false, false));
}

/// Each change takes the requests of a look that asks what changed, and no cycle comes but for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_reaches_the_tenant_while_the_service_runs() {
    let lab = tokio::task::block_in_place(Lab::own);
    grant(&lab);
    let tenant = Tenant::start().await;
    let place = Workplace::new(&lab, &tenant, Door::Password, &["Staff"]);
    place.run_by_itself();
    place.wait_for_news();
    let mut service = Service::start(&place);
    assert!(300 < service.next_cycle());
    for title in ["Harbour Master", "Lamplighter"] {
        let modify = format!("dn: CN=User 001,OU=Staff,{BASE}\n{}\n", replace("title", title));
        tokio::task::block_in_place(|| lab.modify(&modify));
        let changed = Instant::now();
        assert_eq!(service.next_cycle(), 1);
        eprintln!("a title: changed in AD, in the tenant {:.1?} later", changed.elapsed());
        let content = tenant.content().await;
        assert!(content.users.values().any(|it| it.get("jobTitle").is_some_and(|it| it == title)));
    }
    tokio::task::block_in_place(|| {
        lab.modify(&format!("dn: CN=User 003,OU=Staff,{BASE}\nchangetype: delete\n"));
    });
    // Blocked, and no member of groups any more.
    assert!(1 <= service.next_cycle());
    service.stop();
    assert_eq!(place.plan(0, &[]).lines(), "");
}
