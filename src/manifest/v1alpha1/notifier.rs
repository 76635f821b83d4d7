//! `Notifier`: where alarms go, and signs of life.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Duration, SecretFrom};

/// Where alarms go, or signs of life: exactly one of `smtp`, `webhook` and `heartbeat`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NotifierSpec {
    /// Least severity that is sent; a heartbeat sends none. Default: `warning`.
    #[serde(default)]
    #[schemars(extend("default" = "warning"))]
    pub severity: SeverityWord,
    /// By mail.
    pub smtp: Option<SmtpSpec>,
    /// By an HTTPS request.
    pub webhook: Option<WebhookSpec>,
    /// Signs of life for a monitor that tells somebody when they stay away.
    pub heartbeat: Option<HeartbeatSpec>,
}

/// How bad an alarm is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum SeverityWord {
    /// Everything.
    Info,
    /// What wants attention.
    #[default]
    Warning,
    /// What does not work.
    Error,
}

/// A mail server and addresses.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SmtpSpec {
    /// Mail server as `host` or `host:port`. Default port: 587. With 465 TLS begins at once, with others by STARTTLS.
    #[schemars(length(min = 1))]
    pub server: String,
    /// Sender.
    #[schemars(length(min = 1))]
    pub from: String,
    /// Recipients.
    #[schemars(length(min = 1))]
    pub to: Vec<String>,
    /// User name at the mail server.
    pub user: Option<String>,
    /// Where the password is.
    pub password_from: Option<SecretFrom>,
    /// PEM file with the certificate authority of the mail server, relative to this manifest. Default: those of the
    /// operating system.
    pub ca_file: Option<String>,
}

/// An address that takes alarms.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WebhookSpec {
    /// Where the address is; whoever knows it can post, so it is a secret.
    pub url_from: SecretFrom,
    /// Form of the request. Default: `json`.
    #[serde(default)]
    #[schemars(extend("default" = "json"))]
    pub format: WebhookFormat,
}

/// Form of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum WebhookFormat {
    /// Plain JSON.
    #[default]
    Json,
    /// Microsoft Teams.
    Teams,
    /// Slack.
    Slack,
}

/// An address that is asked as long as every policy is looked at well.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HeartbeatSpec {
    /// Where the address is; whoever knows it can say that all is well, so it is a secret.
    pub url_from: SecretFrom,
    /// How often. Default: `1m`.
    #[schemars(extend("default" = "1m"))]
    pub every: Option<Duration>,
}
