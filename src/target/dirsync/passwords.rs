//! Sends password hashes: reads each from the directory in this moment, salts it, sends fifty at a time, and forgets
//! them (password-sync reference, 2 and 3.7). Many are read page by page, and a page is sent before the next is read.
//!
//! It does not know where hashes come from, nor whose are to be sent.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use super::connection::{Called, Shared};
use super::hashes::{CurrentPassword, PasswordHashes, PasswordPage};
use super::salting::salted;
use crate::model::{Anchor, CloudId, Guid};
use crate::target::retry::Backoff;
use crate::target::{ProvisioningError, TargetError};
use crate::wire::provisioning::{
    Answer, CREDENTIALS_PER_CALL_MAX, CredentialChange, CredentialResult, Request,
};

/// Whose password is sent.
#[derive(Clone, Debug)]
pub(super) struct Recipient {
    /// Of the step.
    pub(super) step: usize,
    pub(super) id: CloudId,
    pub(super) account: Guid,
    pub(super) must_change: bool,
    pub(super) set_at: Option<Timestamp>,
    /// `None` if the directory is not yet master of the user.
    pub(super) anchor: Option<Anchor>,
    pub(super) name: String,
    /// Whether the user was made in this run: the service may not know them everywhere yet.
    pub(super) is_new: bool,
}

/// What became of one.
type Sent = (usize, Result<CloudId, TargetError>);

/// What the directory says of one.
type Found = (Recipient, Result<CurrentPassword, String>);

/// Somebody of whom there is a hash to send.
struct Item {
    recipient: Recipient,
    anchor: String,
    password: CurrentPassword,
}

/// Sends the passwords of some users; one result for each.
pub(super) async fn send(
    shared: &Shared,
    hashes: &mut dyn PasswordHashes,
    recipients: Vec<Recipient>,
) -> Vec<Sent> {
    let mut sending = Sending { shared, hashes, broken: None };
    let mut sent = Vec::with_capacity(recipients.len());
    let mut left = recipients;
    if CREDENTIALS_PER_CALL_MAX < left.len() {
        left = sending.send_pages(left, &mut sent).await;
    }
    for some in left.chunks(CREDENTIALS_PER_CALL_MAX) {
        sent.extend(sending.send_patiently(some.to_vec()).await);
    }
    sent
}

/// One account takes 0.1 ms of a processor if it is fetched, and 0.01 ms in a page: pages are worth it as long as one
/// object in so many is wanted. So at worst both together take twice as long as fetching all.
const OBJECTS_FOR_EACH_MAX: usize = 10;

/// One run of messages.
struct Sending<'a> {
    shared: &'a Shared,
    hashes: &'a mut dyn PasswordHashes,
    /// Why the directory or the service cannot be used any more: the next message would wait as long in vain.
    broken: Option<TargetError>,
}

impl Sending<'_> {
    /// Sends page by page, each before the next is read: no hash waits for one. Returns who is left: those who are in no
    /// page, and new users that the service does not know everywhere yet.
    async fn send_pages(&mut self, mut left: Vec<Recipient>, sent: &mut Vec<Sent>) -> Vec<Recipient> {
        let mut wanted: HashSet<Guid> = left.iter().map(|it| it.account).collect();
        let mut again = Vec::new();
        let (mut read, mut found) = (0, 0);
        self.hashes.rewind();
        while self.broken.is_none() && !wanted.is_empty() && read <= found * OBJECTS_FOR_EACH_MAX {
            let PasswordPage { passwords, objects } = match self.hashes.next_page(&wanted).await {
                Ok(Some(page)) => page,
                Ok(None) => break,
                Err(error) => {
                    self.broken = Some(error);
                    break;
                }
            };
            read += objects;
            found += passwords.len();
            let mut passwords: HashMap<Guid, CurrentPassword> = passwords.into_iter().collect();
            let mut page = Vec::with_capacity(passwords.len());
            for recipient in std::mem::take(&mut left) {
                match passwords.remove(&recipient.account) {
                    Some(password) => page.push((recipient, Ok(password))),
                    None => left.push(recipient),
                }
            }
            for (recipient, _) in &page {
                wanted.remove(&recipient.account);
            }
            again.extend(self.send_page(page, sent).await);
        }
        left.extend(again);
        left
    }

    /// Sends one page; the last of its messages need not be full. Returns who has to be asked for once more.
    async fn send_page(&mut self, mut page: Vec<Found>, sent: &mut Vec<Sent>) -> Vec<Recipient> {
        let mut again = Vec::new();
        while !page.is_empty() && self.broken.is_none() {
            let rest = page.split_off(page.len().min(CREDENTIALS_PER_CALL_MAX));
            let message = std::mem::replace(&mut page, rest);
            let recipients: Vec<Recipient> = message.iter().map(|(it, _)| it.clone()).collect();
            let (early, done) = too_early(self.send_message(message).await, &recipients);
            sent.extend(done);
            again.extend(recipients.into_iter().filter(|it| early.iter().any(|(step, _)| *step == it.step)));
        }
        again.extend(page.into_iter().map(|(it, _)| it));
        again
    }

    /// Sends one message, and once more those of new users that the service does not know everywhere yet.
    async fn send_patiently(&mut self, mut left: Vec<Recipient>) -> Vec<Sent> {
        let mut sent = Vec::with_capacity(left.len());
        let mut backoff = Backoff::new(self.shared.settings.patience, &self.shared.settings.chance);
        loop {
            let (again, done) = too_early(self.send_once(&left).await, &left);
            sent.extend(done);
            let wait =
                if again.is_empty() || ROUNDS_MAX <= backoff.tries() { None } else { backoff.next(None) };
            let Some(wait) = wait else {
                sent.extend(again);
                return sent;
            };
            left.retain(|it| again.iter().any(|(step, _)| *step == it.step));
            tokio::time::sleep(wait).await;
        }
    }

    async fn send_once(&mut self, recipients: &[Recipient]) -> Vec<Sent> {
        if let Some(error) = &self.broken {
            return all_failed(recipients, error);
        }
        let accounts: Vec<Guid> = recipients.iter().map(|it| it.account).collect();
        let found = match self.hashes.fetch(&accounts).await {
            Ok(found) => found,
            Err(error) => return all_failed(recipients, self.broken.insert(error)),
        };
        self.send_message(recipients.iter().cloned().zip(found).collect()).await
    }

    async fn send_message(&mut self, found: Vec<Found>) -> Vec<Sent> {
        let mut sent = Vec::with_capacity(found.len());
        let mut items = Vec::with_capacity(found.len());
        for (recipient, password) in found {
            let step = recipient.step;
            match item(recipient, password) {
                Ok(item) => items.push(item),
                Err(what) => sent.push((step, Err(TargetError::Step { what }))),
            }
        }
        if !items.is_empty() {
            sent.extend(exchange(self.shared, items).await);
        }
        let mut errors = sent.iter().filter_map(|(_, it)| it.as_ref().err());
        self.broken = errors.find(|it| it.concerns_everything()).map(TargetError::for_unsent);
        sent
    }
}

fn all_failed(recipients: &[Recipient], error: &TargetError) -> Vec<Sent> {
    recipients.iter().map(|it| (it.step, Err(error.clone()))).collect()
}

/// How often the password of a new user is sent that the service does not take.
const ROUNDS_MAX: u32 = 4;

/// The results of new users that the service does not know everywhere yet, and all others.
fn too_early(results: Vec<Sent>, recipients: &[Recipient]) -> (Vec<Sent>, Vec<Sent>) {
    let is_new = |step: usize| recipients.iter().any(|it| it.step == step && it.is_new);
    results.into_iter().partition(|(step, result)| is_not_taken(result) && is_new(*step))
}

/// Whether the service took the message, and this password of it not.
fn is_not_taken(result: &Result<CloudId, TargetError>) -> bool {
    let Err(TargetError::Provisioning(error)) = result else { return false };
    matches!(**error, ProvisioningError::NotWritten { .. })
}

fn item(recipient: Recipient, password: Result<CurrentPassword, String>) -> Result<Item, String> {
    let fail = |why: &str| format!("the password of {}: {why}", recipient.name);
    let anchor = recipient.anchor.ok_or_else(|| fail("the directory is not yet master of the user"))?;
    let password = password.map_err(|why| fail(&why))?;
    match (recipient.must_change, password.must_change) {
        (false, true) => return Err(fail("it must be changed at the office first")),
        (true, false) => return Err(fail("it need not be changed any more; apply again")),
        (true, true) | (false, false) => (),
    }
    // Another domain controller said when it was set than the one that says what it is.
    if recipient.set_at.zip(password.set_at).is_some_and(|(planned, found)| found < planned) {
        return Err(fail("the domain controller that was asked has an older one only; apply again later"));
    }
    Ok(Item { recipient, anchor: anchor.to_string(), password })
}

/// Salts and sends.
async fn exchange(shared: &Shared, items: Vec<Item>) -> Vec<Sent> {
    let (people, passwords): (Vec<(Recipient, String)>, Vec<CurrentPassword>) =
        items.into_iter().map(|it| ((it.recipient, it.anchor), it.password)).unzip();
    let all =
        |error: TargetError| people.iter().map(|it| (it.0.step, Err(error.clone()))).collect::<Vec<Sent>>();
    let salted = match salted(passwords).await {
        Ok(salted) => salted,
        Err(error) => return all(error),
    };
    let changes = people
        .iter()
        .zip(salted)
        .map(|((recipient, anchor), (changed_at, credential))| CredentialChange {
            changed_at,
            cloud_anchor: None,
            credential,
            must_change: recipient.must_change,
            source_anchor: Some(anchor.clone()),
        })
        .collect();
    match shared.call(&Request::ProvisionCredentials(changes)).await {
        Err(error) => all(error),
        Ok(Called { answer: Answer::Credentials(results), source, .. }) => people
            .iter()
            .map(|(recipient, anchor)| {
                let result = results.iter().find(|it| it.source_anchor.as_deref() == Some(anchor));
                (recipient.step, verdict(recipient, result, &source))
            })
            .collect(),
        Ok(Called { answer, source, .. }) => all(shared.foreign(&answer, &source)),
    }
}

fn verdict(
    recipient: &Recipient,
    result: Option<&CredentialResult>,
    source: &super::outcome::Source,
) -> Result<CloudId, TargetError> {
    let object = format!("the password of {}", recipient.name);
    match result {
        Some(result) if result.is_done() => Ok(recipient.id),
        Some(CredentialResult { result, extended_error, .. }) => Err(ProvisioningError::NotWritten {
            object,
            code: format!("result {result}").into(),
            description: extended_error.clone().unwrap_or_else(|| "the service does not say why".to_owned()),
            tracking_id: source.tracking_id.as_str().into(),
        }
        .into()),
        None => Err(ProvisioningError::NotSaid {
            object,
            host: source.host.clone(),
            what: "no result has its anchor".to_owned(),
            tracking_id: source.tracking_id.as_str().into(),
        }
        .into()),
    }
}
