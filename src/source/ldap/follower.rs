//! Keeps a reading of the directory current at the cost of what changed.
//!
//! The first reading is a whole one. Before it, a cookie is fetched, so that whatever changes while it lasts is told
//! again afterwards; what is told twice is applied twice and comes to the same. From then on the server is asked what
//! changed ([MS-ADTS] 3.1.1.3.4.1.3), and each entry that it names is read again: what a reading would find is what
//! counts. Of members alone, those that came and went are taken as told, so that one new member of fifty thousand
//! costs nothing.
//!
//! A whole reading settles every doubt: another server, a name above others that changed, somebody who was there
//! before and is seen for the first time, an account that may not ask any more. It decides nothing about the
//! directory, and keeps nothing on disk.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::sync::Arc;

use super::changes::{self, Told};
use super::entry::{Builder, RawEntry};
use super::error::LdapError;
use super::reading::{self, Begun};
use super::settings::Settings;
use crate::model::{
    AttributeNames, DirectoryEntry, DirectoryObjects, DirectorySnapshot, Dn, DnError, Doubt, Gone, Guid,
    MembersRevised, PartialDirectory, Reading, RevisedEntry, Revision, Touched, Watermark,
};
use crate::source::{BrokenReading, Depth, Observed, Progress, Request, SourceError};

/// Members whose names are no object's, and that are looked for one by one. More of them are a doubt.
const STRANGERS_MAX: usize = 100;
/// What both readings differ in is looked at again: something may have changed between them.
const COMPARISONS: usize = 3;

/// A directory that is followed.
#[derive(Default)]
pub struct Follower {
    connection: Option<Begun>,
    followed: Option<Followed>,
    wholes: usize,
    /// Why it cannot be followed, as it was said.
    refusal: Option<String>,
}

impl std::fmt::Debug for Follower {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Follower").field("wholes", &self.wholes).finish_non_exhaustive()
    }
}

/// A reading, and where what changes after it begins.
#[derive(Debug)]
struct Followed {
    reading: Arc<Reading>,
    /// `None` if the server does not tell what changes.
    cookie: Option<Vec<u8>>,
    /// What became otherwise since somebody was told of it, if it was revised: also by a look that broke off afterwards.
    news: News,
}

/// Objects that became otherwise in a reading; `None` if it is what it was.
type News = Option<BTreeSet<Guid>>;

/// Why a reading could not be followed.
#[derive(Debug, thiserror::Error)]
enum Lost {
    /// The server did not answer, or not well.
    #[error(transparent)]
    Ldap(#[from] LdapError),
    /// Changes do not tell everything.
    #[error(transparent)]
    Doubt(#[from] Doubt),
    /// Somebody who was there before was not seen before.
    #[error("{0} was there before and is seen for the first time")]
    Appeared(Dn),
    /// A member that may be one under another name.
    #[error("the members that came cannot be told by their names")]
    Members,
    /// Somebody looks at the reading still.
    #[error("the last reading is in use")]
    InUse,
}

/// How a reading is asked for.
struct Asking<'a> {
    settings: &'a Settings,
    request: &'a Request,
}

impl Follower {
    /// The directory as it is now.
    ///
    /// # Errors
    /// It could not be reached, or a reading broke off.
    pub async fn observe(
        &mut self,
        (settings, depth): (&Settings, Depth),
        request: &Request,
        progress: &dyn Progress,
    ) -> Result<Observed, BrokenReading> {
        let asking = Asking { settings, request };
        let (mut has_news, mut touched) = (true, Touched::Everything);
        let before = match Box::pin(self.follow(&asking)).await {
            Ok(Some((followed, news))) => {
                has_news = news.is_some();
                touched = Touched::Only(news.unwrap_or_default());
                Some(followed)
            }
            Ok(None) => None,
            Err(Lost::Ldap(error)) if !casts_doubt(&error) => return Err(nothing(error)),
            Err(lost) => {
                let why = &lost as &dyn Error;
                tracing::info!(why, "the directory's changes cannot be told; it is read in whole");
                None
            }
        };
        let now = match before {
            Some(followed) if depth == Depth::Changes => followed,
            before => {
                (has_news, touched) = (true, Touched::Everything);
                let now = Box::pin(self.read(&asking, progress)).await?;
                match before {
                    Some(before) if now.cookie.is_some() => {
                        let compared = Box::pin(self.compare(before, now, &asking)).await;
                        match compared {
                            Ok(now) => now,
                            // What changed meanwhile cannot be told: then nothing is compared.
                            Err(_doubt) => Box::pin(self.read(&asking, progress)).await?,
                        }
                    }
                    Some(_) | None => now,
                }
            }
        };
        let reading = Arc::clone(&now.reading);
        self.followed = Some(now);
        Ok(Observed { reading, has_news, touched })
    }

    /// Whether the next look needs no other connection.
    pub const fn is_connected(&self) -> bool {
        self.connection.is_some()
    }

    /// Whether the next look asks for changes only.
    pub fn is_following(&self) -> bool {
        self.followed.as_ref().is_some_and(|it| it.cookie.is_some())
    }

    /// How often the directory was read in whole.
    pub const fn wholes(&self) -> usize {
        self.wholes
    }

    /// What became of the last reading, if it can be gone on from.
    async fn follow(&mut self, asking: &Asking<'_>) -> Result<Option<(Followed, News)>, Lost> {
        let Some(mut followed) = self.followed.take_if(|it| it.cookie.is_some()) else { return Ok(None) };
        if followed.reading.objects().names() != &asking.request.names {
            return Ok(None);
        }
        // A connection that was idle may be closed, which is no fault: then another one is made.
        if let Some(mut begun) = self.connection.take() {
            match followed.advance(&mut begun, asking).await {
                Err(Lost::Ldap(error)) if !casts_doubt(&error) => (),
                advanced => {
                    self.connection = Some(begun);
                    return Ok(Some((followed, advanced?)));
                }
            }
        }
        let advanced = async {
            let begun = self.connection.insert(reading::begin(asking.settings).await?);
            if !followed.is_of(&begun.root.watermark) {
                return Ok(None);
            }
            followed.advance(begun, asking).await.map(Some)
        };
        match advanced.await {
            Ok(news) => Ok(news.map(|it| (followed, it))),
            Err(Lost::Ldap(error)) if !casts_doubt(&error) => {
                self.connection = None;
                self.followed = Some(followed);
                Err(error.into())
            }
            Err(lost) => Err(lost),
        }
    }

    /// Reads everything, and begins to follow from there.
    async fn read(
        &mut self,
        asking: &Asking<'_>,
        progress: &dyn Progress,
    ) -> Result<Followed, BrokenReading> {
        let Asking { settings, request } = asking;
        self.followed = None;
        // Also where a connection is open: how far the server is has to be asked again.
        self.connection = None;
        let mut begun = reading::begin(settings).await.map_err(nothing)?;
        let cookie = self.cookie(&mut begun, settings.bind.account()).await.map_err(nothing)?;
        let mut partial = PartialDirectory::new(Arc::clone(&request.names));
        match Box::pin(reading::fill(&mut begun, settings, &mut partial, progress)).await {
            Ok(watermark) => {
                self.connection = Some(begun);
                self.wholes += 1;
                let reading = Arc::new(Reading::Whole(partial.finish(watermark)));
                Ok(Followed { reading, cookie, news: None })
            }
            Err(cause) => {
                Err(BrokenReading { so_far: Box::new(partial.break_off()), cause: SourceError::Ldap(cause) })
            }
        }
    }

    /// Where what changes from now on begins; `None` if the server does not tell.
    async fn cookie(&mut self, begun: &mut Begun, account: &str) -> Result<Option<Vec<u8>>, LdapError> {
        if begun.root.watermark.invocation_id.is_none() {
            return Ok(None);
        }
        let why = match changes::cookie(&mut begun.session, &begun.root.base, account).await {
            Ok(Some(cookie)) => return Ok(Some(cookie)),
            Ok(None) => format!("{} does not tell {account} who is deleted", begun.session.server),
            Err(error) if casts_doubt(&error) => error.to_string(),
            Err(error) => return Err(error),
        };
        if self.refusal.as_ref() != Some(&why) {
            let hint = "grant the account Replicating Directory Changes on the domain, and with Samba also to list \
                        and read CN=Deleted Objects: then only what changed is read each time";
            tracing::info!(
                why,
                hint,
                "the directory does not tell its changes; it is read in whole each time"
            );
            self.refusal = Some(why);
        }
        Ok(None)
    }

    /// Compares the reading that was followed with the whole one: both are brought to the same moment, and what they
    /// differ in all the same was not told, or not understood.
    async fn compare(
        &mut self,
        mut before: Followed,
        mut now: Followed,
        asking: &Asking<'_>,
    ) -> Result<Followed, Lost> {
        let Some(begun) = self.connection.as_mut() else { return Ok(now) };
        let mut differences = Vec::new();
        for _ in 0..COMPARISONS {
            before.advance(begun, asking).await?;
            now.advance(begun, asking).await?;
            differences = before.reading.objects().differences(now.reading.objects());
            if differences.is_empty() {
                break;
            }
        }
        for difference in differences {
            tracing::warn!(
                difference,
                "a change of the directory was not told, or not understood: please report it to the authors"
            );
        }
        Ok(now)
    }
}

impl Followed {
    /// Whether a server has the database that was read, and is as far.
    fn is_of(&self, server: &Watermark) -> bool {
        let Reading::Whole(snapshot) = &*self.reading else { return false };
        let Watermark { server: _, domain, invocation_id, highest_usn } = snapshot.watermark();
        (*domain, *invocation_id) == (server.domain, server.invocation_id)
            && *highest_usn <= server.highest_usn
    }

    /// Makes the reading what it is now; what of it is otherwise than when that was last said. After an error that casts
    /// doubt, the reading is of no use.
    async fn advance(&mut self, begun: &mut Begun, asking: &Asking<'_>) -> Result<News, Lost> {
        let Asking { settings, request } = asking;
        let Begun { session, root } = begun;
        let account = settings.bind.account();
        let attributes = attributes_of_changes(&request.names);
        let last = self.cookie.clone().unwrap_or_default();
        let (told, cookie) =
            changes::since(session, &root.base, (Arc::clone(&attributes), last), account).await?;
        if told.is_empty() {
            self.cookie = Some(cookie);
            return Ok(self.news.take());
        }
        // Whoever was made before this is told of now: who is told of later and was made before was there.
        let watermark = reading::root_dse(session, account).await?.watermark;
        let (more, cookie) = changes::since(session, &root.base, (attributes, cookie), account).await?;
        let told: BTreeMap<Guid, Told> = merged(told, more);
        let Some(Reading::Whole(snapshot)) = Arc::get_mut(&mut self.reading) else { return Err(Lost::InUse) };
        let mut look = Look { begun, asking, seen_to: snapshot.watermark().highest_usn };
        let revision = look.revision(snapshot, told).await?;
        if !revision.is_empty() {
            let strangers = snapshot.revise(revision, watermark)?;
            self.news.get_or_insert_default().extend(snapshot.take_touched());
            look.strangers(&strangers).await?;
        }
        self.cookie = Some(cookie);
        Ok(self.news.take())
    }
}

/// What was told, and what was told after it.
fn merged(mut told: BTreeMap<Guid, Told>, more: BTreeMap<Guid, Told>) -> BTreeMap<Guid, Told> {
    for (guid, Told { dn, is_deleted, members }) in more {
        let before = told.entry(guid).or_default();
        before.dn = dn;
        before.is_deleted = is_deleted;
        before.members.extend(members);
    }
    told
}

/// Looks at those of whom a server told.
struct Look<'a> {
    begun: &'a mut Begun,
    asking: &'a Asking<'a>,
    /// The highest change number that was seen before.
    seen_to: Option<u64>,
}

impl Look<'_> {
    /// What became of everybody who was told of.
    async fn revision(
        &mut self,
        snapshot: &DirectorySnapshot,
        told: BTreeMap<Guid, Told>,
    ) -> Result<Revision, Lost> {
        let objects = snapshot.objects();
        let names = &self.asking.request.names;
        let (known, unknown): (Vec<Guid>, Vec<Guid>) =
            told.keys().copied().partition(|it| objects.find_guid(*it).is_some());
        let mut entries = self.known(&known, names).await?;
        entries.extend(self.unknown(objects, (&unknown, names)).await?);
        let found: BTreeSet<Guid> = entries.iter().filter_map(|it| it.entry.guid()).collect();
        let mut revision = Revision { entries, ..Revision::default() };
        for (guid, Told { dn, is_deleted, members }) in told {
            let was_known = objects.find_guid(guid).is_some() || objects.container(guid).is_some();
            if !found.contains(&guid) {
                if was_known {
                    let now = if is_deleted { None } else { Some(self.name(&dn)?) };
                    revision.gone.push(Gone { guid, now });
                }
                continue;
            }
            let mut edit = MembersRevised { group: guid, added: Vec::new(), removed: Vec::new() };
            for (member, is_member) in members {
                let list = if is_member { &mut edit.added } else { &mut edit.removed };
                list.push(self.name(&member)?);
            }
            if !edit.added.is_empty() || !edit.removed.is_empty() {
                revision.members.push(edit);
            }
        }
        revision.entries.retain(|it| !is_as_before(objects, &it.entry));
        Ok(revision)
    }

    /// Those who were known, as they are now: their members are told apart.
    async fn known(
        &mut self,
        guids: &[Guid],
        names: &Arc<AttributeNames>,
    ) -> Result<Vec<RevisedEntry>, Lost> {
        let all = reading::attributes_to_ask(names);
        let attributes: Arc<[String]> =
            all.iter().filter(|it| !it.eq_ignore_ascii_case("member")).cloned().collect();
        let raw = self.entries(guids, &attributes).await?;
        let mut builder = Builder::new(Arc::clone(names));
        let built = raw.iter().map(|it| {
            let (entry, _members) = builder.build(it).map_err(|error| self.unreadable(it, &error))?;
            Ok(RevisedEntry { entry, groups: Vec::new() })
        });
        built.collect()
    }

    /// Those who were not known, with their members and groups.
    async fn unknown(
        &mut self,
        objects: &DirectoryObjects,
        (guids, names): (&[Guid], &Arc<AttributeNames>),
    ) -> Result<Vec<RevisedEntry>, Lost> {
        let all = reading::attributes_to_ask(names);
        let more = ["memberOf", "uSNCreated"].map(str::to_owned);
        let attributes: Arc<[String]> = all.iter().cloned().chain(more).collect();
        let raw = self.entries(guids, &attributes).await?;
        let mut builder = Builder::new(Arc::clone(names));
        let mut found = Vec::new();
        for it in &raw {
            let unreadable = |error: DnError| self.unreadable(it, &error);
            let (mut entry, members) = builder.build(it).map_err(unreadable)?;
            entry.members =
                members.into_iter().map(str::parse).collect::<Result<_, _>>().map_err(unreadable)?;
            let is_container = entry.guid().is_some_and(|it| objects.container(it).is_some());
            let made = it.text("uSNCreated").and_then(|it| it.parse::<u64>().ok());
            if !is_container && made.is_none_or(|it| self.seen_to.is_none_or(|seen| it <= seen)) {
                return Err(Lost::Appeared(entry.dn));
            }
            let groups = it.all("memberOf").map(str::parse).collect::<Result<_, _>>();
            found.push(RevisedEntry { entry, groups: groups.map_err(unreadable)? });
        }
        Ok(found)
    }

    async fn entries(
        &mut self,
        guids: &[Guid],
        attributes: &Arc<[String]>,
    ) -> Result<Vec<RawEntry>, LdapError> {
        let Begun { session, root } = &mut *self.begun;
        let settings = self.asking.settings;
        let bases = reading::bases(settings, root);
        changes::entries(session, &bases, (guids, attributes), settings.bind.account()).await
    }

    /// Looks for members whose names were no object's: one that is there under another name would be lost.
    async fn strangers(&mut self, names: &BTreeSet<Dn>) -> Result<(), Lost> {
        let bases = reading::bases(self.asking.settings, &self.begun.root);
        let account = self.asking.settings.bind.account();
        let near: Vec<&Dn> = names.iter().filter(|it| bases.iter().any(|base| it.is_within(base))).collect();
        if STRANGERS_MAX < near.len() {
            return Err(Lost::Members);
        }
        for name in near {
            // Whoever is kept should have been found, and whoever is nowhere has another name by now.
            if changes::is_kept(&mut self.begun.session, name, account).await? != Some(false) {
                return Err(Lost::Members);
            }
        }
        Ok(())
    }

    fn name(&self, text: &str) -> Result<Dn, LdapError> {
        text.parse().map_err(|error: DnError| {
            let reason = format!("it tells of a name that cannot be read: {error}");
            LdapError::NotWhole { server: self.begun.session.server.clone(), reason }
        })
    }

    fn unreadable(&self, entry: &RawEntry, error: &DnError) -> LdapError {
        let reason = format!("`{}` has a name in it that cannot be read: {error}", entry.dn());
        LdapError::NotWhole { server: self.begun.session.server.clone(), reason }
    }
}

/// Whether an entry has these values and this name already.
fn is_as_before(objects: &DirectoryObjects, entry: &DirectoryEntry) -> bool {
    let Some(guid) = entry.guid() else { return false };
    let is_named = |it: &Dn| it.as_str() == entry.dn.as_str();
    match objects.find_guid(guid).map(|it| objects.get(it)) {
        Some(object) => is_named(&object.dn) && object.attributes == entry.attributes,
        None => objects.container(guid).is_some_and(is_named),
    }
}

/// What is asked to be told of: what is read, and what says that an entry was renamed, moved or deleted.
fn attributes_of_changes(names: &AttributeNames) -> Arc<[String]> {
    let more = ["name", "isDeleted"].map(str::to_owned);
    reading::attributes_to_ask(names).iter().cloned().chain(more).collect()
}

fn nothing(cause: LdapError) -> BrokenReading {
    BrokenReading { so_far: Box::default(), cause: SourceError::Ldap(cause) }
}

/// Whether an error says that changes are not told from where we were, rather than that nobody answers: a whole reading
/// tells what is true, or fails for the same cause.
fn casts_doubt(error: &LdapError) -> bool {
    match error {
        LdapError::Search { code, .. } => !matches!(code, 51 | 52),
        LdapError::NotWhole { .. } | LdapError::Malformed { .. } => true,
        LdapError::FindingServers { .. }
        | LdapError::AllServers { .. }
        | LdapError::Connecting { .. }
        | LdapError::TimedOut { .. }
        | LdapError::Certificate { .. }
        | LdapError::Tls { .. }
        | LdapError::TlsSettings { .. }
        | LdapError::StartTls { .. }
        | LdapError::Bind { .. }
        | LdapError::Ticket { .. }
        | LdapError::Kdc { .. }
        | LdapError::CredentialFile { .. }
        | LdapError::Disconnected { .. } => false,
    }
}
