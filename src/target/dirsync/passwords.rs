//! Sends password hashes: reads each from the directory in this moment, salts it, sends fifty at a time, and forgets
//! them (password-sync reference, 2 and 3.7).
//!
//! It does not know where hashes come from, nor whose are to be sent.

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::connection::{Called, Shared};
use super::salting::salted;
use crate::model::{Anchor, CloudId, Guid};
use crate::target::retry::Backoff;
use crate::target::{ProvisioningError, TargetError};
use crate::wire::password::NtHash;
use crate::wire::provisioning::{
    Answer, CREDENTIALS_PER_CALL_MAX, CredentialChange, CredentialResult, Request,
};

/// Reads the hashes of passwords as they are in this moment.
pub trait PasswordHashes: Send {
    /// One answer for each account, in their order: its password, or why there is none to send.
    fn fetch<'a>(
        &'a mut self,
        accounts: &'a [Guid],
    ) -> BoxFuture<'a, Result<Vec<Result<CurrentPassword, String>>, TargetError>>;
}

/// The password of an account in this moment. It has no `Debug`.
pub struct CurrentPassword {
    /// Its hash.
    pub hash: NtHash,
    /// When it was changed.
    pub changed: Timestamp,
    /// Whether it has to be changed at the next logon.
    pub must_change: bool,
    /// When it was set by `pwdLastSet`, if that is a time.
    pub set_at: Option<Timestamp>,
}

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
    for some in recipients.chunks(CREDENTIALS_PER_CALL_MAX) {
        sent.extend(sending.send_patiently(some.to_vec()).await);
    }
    sent
}

/// One run of messages.
struct Sending<'a> {
    shared: &'a Shared,
    hashes: &'a mut dyn PasswordHashes,
    /// Why the directory or the service cannot be used any more: the next message would wait as long in vain.
    broken: Option<TargetError>,
}

impl Sending<'_> {
    /// Sends one message, and once more those of new users that the service does not know everywhere yet.
    async fn send_patiently(&mut self, mut left: Vec<Recipient>) -> Vec<Sent> {
        let mut sent = Vec::with_capacity(left.len());
        let mut backoff = Backoff::new(self.shared.settings.patience, &self.shared.settings.chance);
        loop {
            let results = self.send_once(&left).await;
            let is_new = |step: usize| left.iter().any(|it| it.step == step && it.is_new);
            let (again, done): (Vec<Sent>, Vec<Sent>) =
                results.into_iter().partition(|(step, result)| is_not_taken(result) && is_new(*step));
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
        let mut sent = Vec::with_capacity(recipients.len());
        let mut items = Vec::with_capacity(recipients.len());
        for (recipient, password) in recipients.iter().zip(found) {
            match item(recipient, password) {
                Ok(item) => items.push(item),
                Err(what) => sent.push((recipient.step, Err(TargetError::Step { what }))),
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

/// Whether the service took the message, and this password of it not.
fn is_not_taken(result: &Result<CloudId, TargetError>) -> bool {
    let Err(TargetError::Provisioning(error)) = result else { return false };
    matches!(**error, ProvisioningError::NotWritten { .. })
}

fn item(recipient: &Recipient, password: Result<CurrentPassword, String>) -> Result<Item, String> {
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
    Ok(Item { recipient: recipient.clone(), anchor: anchor.to_string(), password })
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
