//! A tenant that plans are applied to through the protocol of Entra Connect.
//!
//! It reads objects through the [`Lookup`] that it was given, and writes them here.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use super::batch::pack;
use super::connection::{Called, Connection};
use super::draft::{Draft, Item, Missing, Sent, Write};
use super::hashes::PasswordHashes;
use super::known::{Known, KnownObject};
use super::merge::{Merged, Turn, merge};
use super::outcome::{Settled, Warning, settle};
use super::passwords::{self, Recipient};
use super::settings::Batches;
use crate::model::{Anchor, CloudGroup, CloudId, CloudUser, ObjectKind, Property, addresses};
use crate::target::{Current, Done, Lookup, ProvisioningError, Refused, Step, Target, TargetError};
use crate::wire::provisioning::{Answer, PropertyValue, Request};

/// A tenant behind the provisioning service; `R` reads its objects.
pub struct DirSync<R> {
    connection: Connection,
    reader: R,
    batches: Batches,
    hashes: Option<tokio::sync::Mutex<Box<dyn PasswordHashes>>>,
    record: Mutex<Record>,
}

/// What this run knows and did.
#[derive(Debug, Default)]
struct Record {
    known: Known,
    /// Objects that this run made.
    created: HashSet<CloudId>,
    warnings: Vec<Warning>,
    exported: i64,
    successful: i64,
}

impl<R> fmt::Debug for DirSync<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DirSync").field("connection", &self.connection).finish_non_exhaustive()
    }
}

type Outcome = Result<Done, TargetError>;

impl<R: Lookup> DirSync<R> {
    /// Writes through a connection; `known` says kind and anchor of the objects that steps name.
    pub fn new(connection: &Connection, reader: R, known: Known) -> Self {
        let record = Record { known, ..Record::default() };
        let batches = connection.shared.settings.batches;
        Self { connection: connection.clone(), reader, batches, hashes: None, record: Mutex::new(record) }
    }

    /// Sends at most so many members in one request, if the service said how many it takes.
    #[must_use]
    pub fn with_links_max(self, links_max: Option<usize>) -> Self {
        let links_max = links_max.map_or(self.batches.links_max, |it| it.min(self.batches.links_max));
        Self { batches: Batches { links_max, ..self.batches }, ..self }
    }

    /// Reads hashes of passwords from there. Without it none is sent.
    #[must_use]
    pub fn with_hashes(self, hashes: Option<Box<dyn PasswordHashes>>) -> Self {
        Self { hashes: hashes.map(tokio::sync::Mutex::new), ..self }
    }

    /// Sends passwords, after the objects that they belong to.
    async fn send_passwords(&self, recipients: Vec<Recipient>, outcomes: &mut Outcomes) {
        let Some(hashes) = &self.hashes else {
            let what = "there is no directory to read passwords from".to_owned();
            let error = TargetError::Step { what };
            return recipients.iter().for_each(|it| outcomes.add(it.step, &Err(error.clone())));
        };
        let recipients = self.with_record(|record| {
            let new = |it: Recipient| Recipient { is_new: record.created.contains(&it.id), ..it };
            recipients.into_iter().map(new).collect()
        });
        let mut hashes = hashes.lock().await;
        for (step, result) in passwords::send(&self.connection.shared, &mut **hashes, recipients).await {
            outcomes.add(step, &result);
        }
    }

    /// Takes what the service said of objects although it wrote them; it was logged, too.
    pub fn take_warnings(&self) -> Vec<Warning> {
        self.with_record(|it| std::mem::take(&mut it.warnings))
    }

    /// Tells the service that the run of writes is over. Says nothing if nothing was written since the last time.
    pub async fn finalize_export(&self) -> Result<(), TargetError> {
        let (total, successful) = self.with_record(|it| (it.exported, it.successful));
        if total == 0 {
            return Ok(());
        }
        self.connection.shared.call(&Request::FinalizeExport { total, successful }).await?;
        self.with_record(|it| {
            it.exported -= total;
            it.successful -= successful;
        });
        Ok(())
    }

    fn with_record<T>(&self, work: impl FnOnce(&mut Record) -> T) -> T {
        work(&mut self.record.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads what drafts lack; a draft that cannot be completed is not sent.
    async fn complete(&self, drafts: &mut [Draft]) {
        for missing in [Missing::Match, Missing::Bin] {
            let mut of: Vec<&mut Draft> =
                drafts.iter_mut().filter(|it| it.missing == missing && it.error.is_none()).collect();
            if of.is_empty() {
                continue;
            }
            match self.names_of(missing, &of).await {
                Ok(found) => of.iter_mut().zip(found).for_each(|(draft, found)| name(draft, found.as_ref())),
                Err(error) => of.iter_mut().for_each(|it| it.error = Some(error.clone())),
            }
        }
    }

    /// Each draft's user, if they are where they are thought to be.
    async fn names_of(
        &self,
        missing: Missing,
        drafts: &[&mut Draft],
    ) -> Result<Vec<Option<CloudUser>>, TargetError> {
        if missing == Missing::Match {
            let ids: Vec<_> = drafts.iter().filter_map(|it| Some((it.kind, it.id?))).collect();
            let current = self.reader.current(&ids).await?;
            return Ok(current
                .into_iter()
                .map(|it| match it {
                    Current::User(user) => Some(*user),
                    Current::Group(_) | Current::Contact(_) | Current::Deleted | Current::Gone => None,
                })
                .collect());
        }
        let deleted = self.reader.deleted_users().await?;
        let of = |draft: &&mut Draft| deleted.iter().find(|it| Some(it.id) == draft.id).cloned();
        Ok(drafts.iter().map(of).collect())
    }

    /// Sends one request; what became of each object, in their order.
    ///
    /// A refusal of the request as such may be for one object's sake: halves are sent until that one is alone.
    async fn send(&self, batch: Vec<Item>) -> Vec<(Sent, Result<CloudId, TargetError>)> {
        let (mut sent, mut objects): (Vec<Sent>, Vec<_>) =
            batch.into_iter().map(|it| (it.sent, it.object)).unzip();
        let mut settled = Vec::with_capacity(sent.len());
        let mut size = sent.len();
        while !sent.is_empty() {
            size = size.clamp(1, sent.len());
            let rest = objects.split_off(size);
            let request = Request::ProvisionObjects2(objects);
            let results = self.exchange(&request, &sent[..size]).await;
            let Request::ProvisionObjects2(tried) = request else { return settled };
            objects = rest;
            if 1 < size && results.iter().all(is_refused_as_a_whole) {
                objects.splice(..0, tried);
                size = size.div_ceil(2);
                continue;
            }
            settled.extend(sent.drain(..size).zip(results));
        }
        settled
    }

    async fn exchange(&self, request: &Request, sent: &[Sent]) -> Vec<Result<CloudId, TargetError>> {
        let shared = &self.connection.shared;
        let called = match shared.call(request).await {
            Ok(called) => called,
            Err(error) => return sent.iter().map(|_| Err(error.clone())).collect(),
        };
        match called {
            Called { answer: Answer::Objects2(results), source, tries } => {
                let settled = settle(sent, results, &source);
                self.note(sent, settled, tries).await
            }
            Called { answer, source, .. } => {
                let error = shared.foreign(&answer, &source);
                sent.iter().map(|_| Err(error.clone())).collect()
            }
        }
    }

    /// Remembers what an answer says.
    async fn note(
        &self,
        sent: &[Sent],
        settled: Vec<Settled>,
        tries: u32,
    ) -> Vec<Result<CloudId, TargetError>> {
        let mut outcomes = Vec::with_capacity(sent.len());
        for (sent, Settled { outcome, warning }) in sent.iter().zip(settled) {
            let outcome =
                match (outcome, sent.id) {
                    // An earlier try whose answer was lost may have deleted it.
                    (Err(error), Some(id)) if sent.deletes && 1 < tries => {
                        if self.is_gone(sent.kind, id).await { Ok(id) } else { Err(error) }
                    }
                    (outcome, _) => outcome,
                };
            if let Some(warning) = &warning {
                tracing::warn!(
                    object = warning.object,
                    code = %warning.code,
                    description = warning.description,
                    "the service wrote the object, with a warning"
                );
            }
            self.with_record(|record| {
                record.exported += 1;
                record.warnings.extend(warning);
                if let Ok(id) = outcome {
                    record.successful += 1;
                    if sent.id.is_none() {
                        record.created.insert(id);
                    }
                    let name = sent.name.as_str().into();
                    record.known.insert(id, KnownObject { kind: sent.kind, anchor: sent.anchor, name });
                }
            });
            outcomes.push(outcome);
        }
        outcomes
    }

    async fn is_gone(&self, kind: ObjectKind, id: CloudId) -> bool {
        let current = self.reader.current(&[(kind, id)]).await;
        current.is_ok_and(|it| matches!(it.first(), Some(Current::Deleted | Current::Gone)))
    }
}

impl<R: Lookup> Target for DirSync<R> {
    /// Thirty objects go into one message, or a hundred and fifty managers.
    const CHANGES_TOGETHER: usize = 300;
    /// Forty messages. Reading them page by page is worth it if one account of the domain in ten is among them.
    const PASSWORDS_TOGETHER: usize = 2000;
    /// One message is under way.
    const PIECES_AT_ONCE: usize = 1;

    async fn current(&self, ids: &[(ObjectKind, CloudId)]) -> Result<Vec<Current>, TargetError> {
        self.reader.current(ids).await
    }

    async fn find_users(&self, anchors: &[Anchor]) -> Result<Vec<Option<CloudUser>>, TargetError> {
        self.reader.find_users(anchors).await
    }

    async fn deleted_users(&self) -> Result<Vec<CloudUser>, TargetError> {
        self.reader.deleted_users().await
    }

    /// The service itself finds a group by its anchor, which nobody else can see: writing it once more changes nothing.
    async fn find_groups(&self, anchors: &[Anchor]) -> Result<Vec<Option<CloudGroup>>, TargetError> {
        Ok(vec![None; anchors.len()])
    }

    /// Carries out steps; those on one object go together, as one object of a message if they fit.
    async fn carry_out(&self, steps: &[Step]) -> Vec<Outcome> {
        let limits = self.batches;
        let Merged { mut drafts, refused, recipients, turns } =
            self.with_record(|record| merge(steps, &record.known, limits.links_max));
        let mut outcomes = Outcomes::new(steps.len());
        for (step, error) in refused {
            outcomes.add(step, &Err(error));
        }
        for Turn { step, tenant, features } in turns {
            outcomes.settle(step, self.connection.turn_features(tenant, &features).await);
        }
        self.complete(&mut drafts).await;
        let mut items = Vec::new();
        for mut draft in drafts {
            match draft.ready() {
                Ok(wire_anchor) => items.extend(draft.into_items(&wire_anchor)),
                Err(error) => draft.steps.iter().for_each(|step| outcomes.add(*step, &Err(error.clone()))),
            }
        }
        let mut broken = None;
        for batch in pack(items, limits) {
            let settled = match &broken {
                None => self.send(batch).await,
                Some(error) => {
                    batch.into_iter().map(|it| (it.sent, Err(TargetError::clone(error)))).collect()
                }
            };
            // If each object alone is refused as well, the matter lies in none of them.
            if let [_, (_, Err(error)), ..] = settled.as_slice()
                && settled.iter().all(|(_, it)| is_refused_as_a_whole(it))
            {
                broken.get_or_insert_with(|| error.clone());
            }
            for (sent, result) in settled {
                if let Err(error) = &result
                    && error.concerns_everything()
                {
                    broken.get_or_insert_with(|| error.for_unsent());
                }
                sent.steps.iter().for_each(|step| outcomes.add(*step, &result));
            }
        }
        if !recipients.is_empty() {
            self.send_passwords(recipients, &mut outcomes).await;
        }
        outcomes.finish()
    }
}

/// Whether the service refused the whole request, for a reason that may lie in one object of it.
fn is_refused_as_a_whole(result: &Result<CloudId, TargetError>) -> bool {
    let Err(TargetError::Provisioning(error)) = result else { return false };
    matches!(**error, ProvisioningError::Refused { refused: Refused::Otherwise, .. })
}

/// What becomes of each step: of several objects of messages that carry it out, the first error counts.
struct Outcomes(Vec<Option<Outcome>>);

impl Outcomes {
    fn new(steps: usize) -> Self {
        Self((0..steps).map(|_| None).collect())
    }

    fn add(&mut self, step: usize, result: &Result<CloudId, TargetError>) {
        let place = &mut self.0[step];
        if !matches!(place, Some(Err(_))) {
            *place = Some(result.clone().map(Done::Applied));
        }
    }

    fn settle(&mut self, step: usize, outcome: Outcome) {
        self.0[step] = Some(outcome);
    }

    fn finish(self) -> Vec<Outcome> {
        let never = || TargetError::Step { what: "nothing of it was sent".to_owned() };
        self.0.into_iter().map(|it| it.unwrap_or_else(|| Err(never()))).collect()
    }
}

/// Adds what the service matches objects by, where the steps do not say it.
fn name(draft: &mut Draft, found: Option<&CloudUser>) {
    let Some(found) = found else {
        let place = if draft.missing == Missing::Match { "an active user" } else { "found by its anchor" };
        let what = format!("{} is not {place} any more", draft.name);
        draft.error = Some(TargetError::Step { what });
        return;
    };
    let Some(write) = draft.writes.first_mut() else { return };
    let names = [
        ("userPrincipalName", Some(found.user_name())),
        ("displayName", text_of(found, Property::DisplayName)),
    ];
    keep(write, &names);
    if draft.missing == Missing::Match {
        keep_addresses(write, found);
    }
}

/// From now on the tenant calculates addresses from what is sent alone: what is right already is sent as well, or a user
/// who is taken over would lose it (graph-tenant reference, 8.6).
fn keep_addresses(write: &mut Write, found: &CloudUser) {
    keep(
        write,
        &[("mail", text_of(found, Property::Mail)), ("alias", text_of(found, Property::MailNickname))],
    );
    let user_name = Some(found.user_name());
    let is_own = |it: &&str| addresses::is_primary(it) || !addresses::is_calculated(it, user_name);
    let proxies = found.attributes.texts(Property::ProxyAddresses.id());
    let proxies: Vec<String> = proxies.filter(is_own).map(str::to_owned).collect();
    if !proxies.is_empty() && !write.has("proxyAddresses") {
        write.put("proxyAddresses", PropertyValue::Texts(proxies));
    }
}

fn text_of(found: &CloudUser, property: Property) -> Option<&str> {
    found.attributes.text(property.id())
}

/// Adds what the steps do not say.
fn keep(write: &mut Write, values: &[(&str, Option<&str>)]) {
    for (name, value) in values {
        if let Some(value) = value.filter(|it| !it.is_empty())
            && !write.has(name)
        {
            write.put(name, PropertyValue::Text(value.to_owned()));
        }
    }
}
