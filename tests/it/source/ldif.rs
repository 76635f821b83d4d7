//! The directory as an LDIF file.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use expect_test::{Expect, expect};
use jiff::{SignedDuration, Timestamp};
use samesign::model::{AttributeNamesBuilder, DirectorySnapshot, Dn, ObjectKind, well_known};
use samesign::policy::{Exclusion, Filter};
use samesign::source::ldif::{Follower, LdifFile};
use samesign::source::{BrokenReading, Depth, Progress, Quiet, Request};

use crate::program;

fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("manifests/directory.ldif")
}

async fn read(path: PathBuf) -> Result<DirectorySnapshot, BrokenReading> {
    let mut names = AttributeNamesBuilder::new();
    for name in ["title", "department", "employeeType"] {
        names.intern(name).unwrap();
    }
    LdifFile { path }.read(&Request { names: names.finish() }, &Quiet).await
}

#[tokio::test]
async fn the_sample_directory_is_a_small_company() {
    let snapshot = read(sample()).await.unwrap();
    let objects = snapshot.objects();
    let count = |kind| objects.iter().filter(|(_, it)| it.kind == kind).count();
    assert_eq!((count(ObjectKind::User), count(ObjectKind::Group), count(ObjectKind::Contact)), (15, 5, 1));
    let in_scope: Vec<&str> = objects
        .iter()
        .filter(|(_, it)| it.kind == ObjectKind::User && Exclusion::of(it).is_none())
        .filter_map(|(_, it)| it.attributes.text(well_known::SAM_ACCOUNT_NAME))
        .collect();
    assert_eq!(
        in_scope,
        [
            "greta",
            "jonas",
            "aylin",
            "henrik",
            "lars",
            "zoe",
            "marta",
            "tom",
            "priya",
            "eva",
            "otto",
            "ben",
            "svc-backup"
        ]
    );
    assert_eq!(snapshot.watermark().server, sample().display().to_string());
}

#[tokio::test]
async fn members_and_managers_of_the_sample_are_linked() {
    let snapshot = read(sample()).await.unwrap();
    let objects = snapshot.objects();
    let at = |dn: &str| objects.find_dn(&dn.parse::<Dn>().unwrap()).unwrap();
    let lars = at("CN=Bauer\\, Lars,OU=Staff,DC=corp,DC=contoso,DC=com");
    assert!(objects.is_member(lars, at("CN=All Staff,OU=Groups,DC=corp,DC=contoso,DC=com")));
    assert!(objects.iter().all(|(_, it)| it.members_not_read.is_empty()), "every member is an object");
    let mut names = AttributeNamesBuilder::new();
    let greta = "CN=Greta M\u{f6}ller,OU=Staff,DC=corp,DC=contoso,DC=com";
    let chain = Filter::parse(&format!("(manager:1.2.840.113556.1.4.1941:={greta})"), &mut names).unwrap();
    assert!(chain.matches(&objects.view(lars)));
}

async fn written(text: &str) -> Result<DirectorySnapshot, BrokenReading> {
    let file = tempfile::NamedTempFile::new().unwrap();
    #[expect(clippy::disallowed_methods, reason = "the test's own file")]
    std::fs::write(file.path(), text).unwrap();
    read(file.path().to_owned()).await
}

/// What is said about a file, without its path, and how many objects came before.
async fn broken(text: &str, expected: Expect) {
    let broken = written(text).await.unwrap_err();
    let mut said = format!("{broken}\n");
    let mut cause: Option<&dyn Error> = broken.source();
    while let Some(error) = cause {
        let line = error.to_string();
        let line = line
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .split_once(':')
            .map_or(&*line, |(_, it)| it)
            .to_owned();
        said.push_str(&line);
        said.push('\n');
        cause = error.source();
    }
    expected.assert_eq(&said);
}

const ADA: &str = "dn: CN=Ada,DC=a\nobjectClass: user\nobjectGUID:: AQEBAQEBAQEBAQEBAQEBAQ==\n\n";

#[tokio::test]
async fn a_broken_file_names_the_line_and_keeps_what_came_before() {
    broken(
        &format!("{ADA}dn: CN=x,DC=a\nobjectClass: gro"),
        expect![[r#"
        the directory was read in part only, 1 object
        6 cannot be read as LDIF
         the file ends in the middle of a record
    "#]],
    )
    .await;
    broken(
        &format!("{ADA}dn: nonsense\ncn: x\n"),
        expect![[r#"
        the directory was read in part only, 1 object
        5: the value of `dn` is not a distinguished name
         a component without `=` at character 1
    "#]],
    )
    .await;
    broken(
        &format!("{ADA}dn: CN=g,DC=a\nobjectClass: group\nmember: x\n"),
        expect![[r#"
        the directory was read in part only, 1 object
        7: the value of `member` is not a distinguished name
         a component without `=` at character 1
    "#]],
    )
    .await;
    broken(
        &format!("{ADA}dn: CN=g,DC=a\nchangetype: add\n"),
        expect![[r#"
        the directory was read in part only, 1 object
        6 cannot be read as LDIF
         a record with `changetype:` changes an entry instead of describing it
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_file_that_is_not_there_is_no_empty_directory() {
    let broken = read(PathBuf::from("/nonexistent/x.ldif")).await.unwrap_err();
    assert_eq!(broken.to_string(), "the directory could not be read");
    assert_eq!(broken.cause.to_string(), "cannot read /nonexistent/x.ldif: no such file");
    assert!(broken.so_far.is_empty());
}

#[tokio::test]
async fn a_file_that_cannot_be_read_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let broken = read(folder.path().to_owned()).await.unwrap_err();
    assert_eq!(broken.to_string(), "the directory could not be read");
    let said = broken.cause.to_string();
    assert_eq!(said, format!("cannot read {}", folder.path().display()));
    assert!(broken.cause.source().is_some());
}

#[tokio::test]
async fn the_domain_is_known_if_the_file_holds_one() {
    let domain = |number: u8| {
        let guid = format!("000000{number:02}-0000-0000-0000-000000000000");
        format!("dn: DC=d{number}\nobjectClass: top\nobjectClass: domainDNS\nobjectGUID: {guid}\n\n")
    };
    let read = async |text: String| written(&text).await.unwrap().watermark().domain;
    let one = read(format!("{}{ADA}", domain(1))).await;
    assert_eq!(one.unwrap().to_string(), "00000001-0000-0000-0000-000000000000");
    assert_eq!(read(ADA.to_owned()).await, None);
    assert_eq!(read(format!("{}{}{ADA}", domain(1), domain(2))).await, None);
}

#[tokio::test]
async fn only_what_was_asked_for_is_kept() {
    let text =
        ADA.replace("\n\n", "\nTITLE: Countess\nfoo: x\nmemberOf: CN=g,DC=a\ndistinguishedName: no\n\n");
    let snapshot = written(&text).await.unwrap();
    let (_, ada) = snapshot.objects().iter().next().unwrap();
    let names = snapshot.objects().names();
    let kept: Vec<&str> = ada.attributes.iter().map(|(id, _)| names.name(id)).collect();
    assert_eq!(kept, ["objectClass", "objectGUID", "distinguishedName", "title"]);
    assert_eq!(ada.attributes.text(well_known::DISTINGUISHED_NAME), Some("CN=Ada,DC=a"));
}

/// Remembers what it was told.
#[derive(Default)]
struct Told(Mutex<Vec<usize>>);

impl Progress for Told {
    fn objects_read(&self, objects: usize) {
        self.0.lock().unwrap().push(objects);
    }
}

#[tokio::test]
async fn progress_ends_with_all_objects() {
    let told = Told::default();
    let names = AttributeNamesBuilder::new().finish();
    let snapshot = LdifFile { path: sample() }.read(&Request { names }, &told).await.unwrap();
    assert_eq!(told.0.lock().unwrap().last(), Some(&snapshot.objects().len()));
}

#[tokio::test]
async fn a_file_is_read_again_only_while_its_time_may_hide_another_change() {
    let folder = tempfile::tempdir().unwrap();
    let file = LdifFile { path: folder.path().join("directory.ldif") };
    program::write(&file.path, "dn: CN=Ada,DC=x\nobjectClass: user\nobjectGUID:: AQIDBAUGBwgJCgsMDQ4PEA==\n");
    let changed =
        Timestamp::try_from(folder.path().join("directory.ldif").metadata().unwrap().modified().unwrap())
            .unwrap();
    let request = Request { names: AttributeNamesBuilder::new().finish() };
    let mut follower = Follower::default();
    let mut is_read = async |after: SignedDuration| {
        let at = changed + after;
        follower.observe((&file, Depth::Changes), &request, at, &Quiet).await.unwrap().has_news
    };
    // A file system that counts whole seconds takes longer to tell.
    let is_coarse = changed.subsec_nanosecond() == 0;
    assert!(is_read(SignedDuration::from_millis(50)).await);
    assert!(is_read(SignedDuration::from_millis(50)).await, "it may have been written twice");
    assert!(is_read(SignedDuration::from_millis(150)).await, "what was read may have been written since");
    assert_eq!(is_read(SignedDuration::from_millis(150)).await, is_coarse);
    assert_eq!(is_read(SignedDuration::from_secs(3)).await, is_coarse);
    assert!(!is_read(SignedDuration::from_secs(3)).await);
}
