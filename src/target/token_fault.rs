//! Errors of the token endpoint in words (graph-tenant reference, 1.2).
//!
//! It does not decide whether to ask again.

use serde::Deserialize;

use super::error::{Disposition, TargetError};
use super::http::Answer;
use crate::model::Secret;
use crate::wire::odata::Fault;

/// AADSTS number, what it means, what to do.
const MEANINGS: &[(u32, &str, &str)] = &[
    (
        7_000_215,
        "the client secret is wrong",
        "put the secret's value, not its id, where clientSecretFrom points, and check that it belongs to this app",
    ),
    (
        7_000_222,
        "the client secret has expired",
        "create a new client secret for the app and put it where clientSecretFrom points",
    ),
    (
        700_016,
        "the app is not known in this tenant",
        "check clientId and tenantId; an administrator of the tenant must have consented to the app",
    ),
    (90_002, "the tenant is not known", "check tenantId, and cloud: each national cloud knows only its own"),
    (
        700_027,
        "the certificate is not registered at the app, or the signature does not fit it",
        "upload the certificate to the app registration, or check certificateFrom",
    ),
    (700_021, "the assertion has expired or the clock is off", "check this machine's clock"),
    (
        70_021,
        "no federated credential of the app matches the token",
        "compare issuer, subject and audience of the app's federated credential with the token's",
    ),
    (700_024, "the assertion is outside its time", "check this machine's clock"),
    (
        700_213,
        "no federated credential of the app matches the token's subject",
        "compare the subjects; case counts",
    ),
    (
        1_002_012,
        "the scope is not fit for an app",
        "check the Graph endpoint: the scope is that endpoint and /.default",
    ),
    (
        500_011,
        "the resource is not known in this tenant",
        "check the endpoints and cloud; the service of Entra Connect is known to a tenant only once directory \
         synchronisation has been enabled there",
    ),
    (50_196, "too many tokens were asked for", "look for another program that uses the same app in a loop"),
    (7_000_112, "the app is disabled", "enable the app's service principal in the tenant"),
    (
        53_003,
        "conditional access refuses the app",
        "exclude the app, or this machine's address, from that policy",
    ),
];

#[derive(Deserialize, Default)]
struct Body {
    #[serde(default)]
    error: String,
    #[serde(default)]
    error_description: String,
    #[serde(default)]
    error_codes: Vec<u32>,
    #[serde(default)]
    trace_id: String,
}

/// An error of the token endpoint.
#[derive(Debug)]
pub(super) struct TokenFault {
    code: String,
    meaning: String,
    advice: Option<&'static str>,
    trace_id: String,
    disposition: Disposition,
}

impl TokenFault {
    /// Reads the answer; a text of the service is quoted only if it does not hold the secret.
    pub(super) fn read(
        answer: &Answer,
        retry_after: Option<std::time::Duration>,
        secret: Option<&Secret>,
    ) -> Self {
        let body: Body = serde_json::from_slice(&answer.body).unwrap_or_default();
        let known = body
            .error_codes
            .iter()
            .copied()
            .chain(described(&body.error_description))
            .find_map(|number| MEANINGS.iter().find(|(it, _, _)| *it == number));
        let number = body.error_codes.first().copied().or_else(|| described(&body.error_description));
        let code = match (number, body.error.as_str()) {
            (Some(number), _) => format!("AADSTS{number}"),
            (None, error) => or(Fault::read(error.as_bytes()).message, "(no code)"),
        };
        let meaning = known.map_or_else(|| words(&body, &answer.body, secret), |(_, it, _)| (*it).to_owned());
        let retries = matches!(answer.status, 408 | 429 | 500..=599);
        let after = retry_after.map_or(60_000, |it| u64::try_from(it.as_millis()).unwrap_or(u64::MAX));
        Self {
            code,
            meaning,
            advice: known.map(|(_, _, it)| *it),
            trace_id: or(Fault::read(body.trace_id.as_bytes()).message, "unknown"),
            disposition: if retries { Disposition::Retry { after_ms: after } } else { Disposition::Fatal },
        }
    }

    pub(super) fn into_error(self, host: &str, status: u16) -> TargetError {
        let Self { code, meaning, advice, trace_id, disposition } = self;
        let (code, trace_id) = (code.into(), trace_id.into());
        TargetError::Token { host: host.to_owned(), status, code, meaning, advice, trace_id, disposition }
    }
}

/// The number in `AADSTS7000215: …`.
fn described(description: &str) -> Option<u32> {
    let rest = &description[description.find("AADSTS")? + "AADSTS".len()..];
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

/// The service's own words, cleaned as an answer that is no envelope.
fn words(body: &Body, raw: &[u8], secret: Option<&Secret>) -> String {
    let text = if body.error_description.is_empty() { raw } else { body.error_description.as_bytes() };
    let words = Fault::read(text).message;
    let leaks = secret.is_some_and(|it| !it.reveal().is_empty() && words.contains(it.reveal()))
        || words.contains("eyJ");
    if leaks { "(its words are not shown: they hold a secret)".to_owned() } else { words }
}

fn or(text: String, else_text: &str) -> String {
    if text.is_empty() { else_text.to_owned() } else { text }
}
