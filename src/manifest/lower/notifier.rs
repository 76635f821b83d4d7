//! `Notifier` to `NotifierConnection`.

use std::time::Duration;

use super::Lowering;
use super::directory::{parse_server, secret};
use crate::manifest::connection::{AlarmForm, AlarmLevel, AlarmWay, MailConnection, NotifierConnection};
use crate::manifest::diagnostic::Diagnostic;
use crate::manifest::document::{At, Document};
use crate::manifest::v1alpha1::{
    HeartbeatSpec, NotifierSpec, SeverityWord, SmtpSpec, WebhookFormat, WebhookSpec,
};
use crate::manifest::yaml::Fault;

/// Lowers one notifier.
pub(super) fn lower(lowering: &mut Lowering<'_>, document: &Document) -> Option<NotifierConnection> {
    let findings = &mut lowering.findings;
    let NotifierSpec { severity, smtp, webhook, heartbeat } = document.read(findings)?;
    let at = document.spec();
    let way = match (smtp, webhook, heartbeat) {
        (Some(smtp), None, None) => lower_smtp(smtp, &at.field("smtp"), findings)?,
        (None, Some(WebhookSpec { url_from, format }), None) => AlarmWay::Webhook {
            url: secret(url_from, &at.field("webhook").field("urlFrom"))?,
            form: match format {
                WebhookFormat::Json => AlarmForm::Json,
                WebhookFormat::Teams => AlarmForm::Teams,
                WebhookFormat::Slack => AlarmForm::Slack,
            },
        },
        (None, None, Some(heartbeat)) => lower_heartbeat(heartbeat, &at.field("heartbeat"), findings)?,
        (None, None, None) | (Some(_), Some(_), _) | (Some(_), None, Some(_)) | (None, Some(_), Some(_)) => {
            at.error(findings, |it| {
                Fault::new(it, "`spec` takes exactly one of: smtp, webhook, heartbeat")
                    .hint("keep one of them")
            });
            return None;
        }
    };
    let least = match severity {
        SeverityWord::Info => AlarmLevel::Info,
        SeverityWord::Warning => AlarmLevel::Warning,
        SeverityWord::Error => AlarmLevel::Error,
    };
    Some(NotifierConnection { name: document.name.clone(), least, way, place: document.at().place() })
}

/// Somebody waits for signs of life in minutes.
const HEARTBEAT_EVERY: Duration = Duration::from_mins(1);

fn lower_heartbeat(spec: HeartbeatSpec, at: &At<'_>, findings: &mut Vec<Diagnostic>) -> Option<AlarmWay> {
    let HeartbeatSpec { url_from, every } = spec;
    let every = every.map_or(HEARTBEAT_EVERY, |it| Duration::from_secs(it.seconds));
    if every.is_zero() {
        at.value("every").error(findings, |it| Fault::new(it, "`every` must be at least one second"));
        return None;
    }
    Some(AlarmWay::Heartbeat { url: secret(url_from, &at.field("urlFrom"))?, every })
}

fn lower_smtp(spec: SmtpSpec, at: &At<'_>, findings: &mut Vec<Diagnostic>) -> Option<AlarmWay> {
    let SmtpSpec { server, from, to, user, password_from, ca_file } = spec;
    let Some(server) = parse_server(&server) else {
        at.value("server").error(findings, |it| {
            Fault::new(it, "not a mail server: `host` or `host:port` is expected")
                .hint("write `mail.example.com:587`")
        });
        return None;
    };
    let password = password_from.and_then(|it| secret(it, &at.field("passwordFrom")));
    let login = match (user, password) {
        (Some(user), Some(password)) => Some((user, password)),
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => {
            at.error(findings, |it| {
                Fault::new(it, "`user` and `passwordFrom` belong together").hint("give both, or neither")
            });
            return None;
        }
    };
    let addresses = [&from].into_iter().chain(&to);
    let mut are_good = true;
    for address in addresses.filter(|it| !it.contains('@')) {
        let field = if *address == from { "from" } else { "to" };
        at.field(field).error(findings, |it| Fault::new(it, format!("`{address}` is no mail address")));
        are_good = false;
    }
    let ca_file = ca_file.map(|it| at.value("caFile").file(&it));
    are_good.then(|| AlarmWay::Mail(Box::new(MailConnection { server, from, to, login, ca_file })))
}
