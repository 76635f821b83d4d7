//! `Tenant` to `TenantSpec`.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::Lowering;
use super::directory::secret;
use crate::manifest::connection::{Credential, DirectorySyncSettings, TenantAuth, TenantCloud, TenantSpec};
use crate::manifest::diagnostic::Diagnostic;
use crate::manifest::document::{At, Document};
use crate::manifest::v1alpha1::{
    AuthSpec, Channel, Cloud, DirectorySyncSpec, EndpointsSpec, FeaturesSpec, TenantManifest,
};
use crate::manifest::yaml::Fault;
use crate::model::Feature;
use crate::policy;

/// Lowers one tenant.
pub(super) fn lower(lowering: &mut Lowering<'_>, document: &Document) -> Option<TenantSpec> {
    let findings = &mut lowering.findings;
    let spec: TenantManifest = document.read(findings)?;
    let at = document.spec();
    let before = findings.len();
    let is_sandbox = spec.cloud == Cloud::Sandbox;
    let tenant_id = spec.tenant_id.as_ref().and_then(|it| Uuid::try_parse(&it.0).ok());
    if tenant_id.is_none() && !is_sandbox {
        at.error(findings, |it| {
            Fault::new(it, "a tenant in the cloud needs `tenantId`")
                .hint("copy it from the overview page of the Entra admin centre, or use `cloud: sandbox`")
        });
    }
    if spec.auth.is_none() && !is_sandbox {
        at.error(findings, |it| {
            Fault::new(it, "a tenant in the cloud needs `auth`")
                .hint("write `auth: {clientId: …, clientSecretFrom: {env: NAME}}`, or use `cloud: sandbox`")
        });
    }
    report_ignored(&spec, &at, findings);
    let auth = spec.auth.as_ref().and_then(|it| lower_auth(it, &at.field("auth"), findings));
    let cloud = lower_cloud(&spec, &at, findings);
    let directory_sync = lower_directory_sync(&spec, &at.field("directorySync"), findings);
    let failed =
        findings[before..].iter().any(|it| it.severity == crate::manifest::diagnostic::Severity::Error);
    let channel = match spec.channel {
        Channel::Graph => policy::Channel::Graph,
        Channel::DirectorySync => policy::Channel::DirectorySync,
    };
    let name = document.name.clone();
    cloud.filter(|_| !failed).map(|cloud| TenantSpec {
        name,
        tenant_id,
        cloud,
        channel,
        directory_sync,
        auth,
        place: document.at().place(),
    })
}

/// Fields that count with another `cloud` only.
fn report_ignored(spec: &TenantManifest, at: &At<'_>, findings: &mut Vec<Diagnostic>) {
    let mut ignored = |field: &str, counts: &str| {
        at.field(field).warning(findings, |it| {
            Fault::new(it, format!("`{field}` counts only with {counts}"))
                .hint(format!("set {counts}, or remove `{field}`"))
        });
    };
    if spec.endpoints.is_some() && spec.cloud != Cloud::Custom {
        ignored("endpoints", "`cloud: custom`");
    }
    if spec.sandbox.is_some() && spec.cloud != Cloud::Sandbox {
        ignored("sandbox", "`cloud: sandbox`");
    }
}

fn lower_directory_sync(
    spec: &TenantManifest,
    at: &At<'_>,
    findings: &mut Vec<Diagnostic>,
) -> DirectorySyncSettings {
    let DirectorySyncSpec {
        endpoint,
        build_number,
        redirect_suffix,
        objects_per_request,
        managers_per_request,
        features,
    } = &spec.directory_sync;
    let is_elsewhere = matches!(spec.cloud, Cloud::UsGov | Cloud::UsGovDod | Cloud::China);
    if spec.channel == Channel::DirectorySync && is_elsewhere && endpoint.is_none() {
        at.error(findings, |it| {
            Fault::new(it, "the address of the provisioning service of this cloud is not published")
                .hint("write `directorySync: {endpoint: https://…/provisioningservice.svc}`")
        });
    }
    let endpoint = endpoint.as_ref().and_then(|it| url(&it.0, &at.value("endpoint"), findings));
    DirectorySyncSettings {
        endpoint,
        build_number: build_number.clone(),
        redirect_suffix: redirect_suffix.clone(),
        objects_per_request: objects_per_request.map(usize::from),
        managers_per_request: managers_per_request.map(usize::from),
        features: lower_features(features, spec.channel, &at.field("features"), findings),
    }
}

fn lower_features(
    spec: &FeaturesSpec,
    channel: Channel,
    at: &At<'_>,
    findings: &mut Vec<Diagnostic>,
) -> BTreeMap<Feature, bool> {
    let FeaturesSpec {
        password_sync_enabled,
        user_force_password_change_on_logon_enabled,
        cloud_password_policy_for_password_synced_users_enabled,
        soft_match_on_upn_enabled,
        block_soft_match_enabled,
        block_cloud_object_takeover_through_hard_match_enabled,
        synchronize_upn_for_managed_users_enabled,
        directory_extensions_enabled,
    } = *spec;
    let given = [
        (Feature::PasswordSync, password_sync_enabled),
        (Feature::ForcePasswordChangeOnLogon, user_force_password_change_on_logon_enabled),
        (Feature::CloudPasswordPolicy, cloud_password_policy_for_password_synced_users_enabled),
        (Feature::SoftMatchOnUpn, soft_match_on_upn_enabled),
        (Feature::BlockSoftMatch, block_soft_match_enabled),
        (Feature::BlockHardMatchTakeover, block_cloud_object_takeover_through_hard_match_enabled),
        (Feature::SynchronizeUpn, synchronize_upn_for_managed_users_enabled),
        (Feature::DirectoryExtensions, directory_extensions_enabled),
    ];
    let features: BTreeMap<Feature, bool> =
        given.into_iter().filter_map(|(feature, on)| Some((feature, on?))).collect();
    if channel == Channel::Graph && !features.is_empty() {
        at.warning(findings, |it| {
            Fault::new(it, "`features` counts only with `channel: directorySync`")
                .hint("Microsoft Graph lets no application turn them: set the channel, or remove `features`")
        });
        return BTreeMap::new();
    }
    for feature in features.iter().filter(|(feature, on)| !**on && feature.stays_on()).map(|it| it.0) {
        at.value(feature.name()).error(findings, |it| {
            Fault::new(it, format!("`{feature}` cannot be switched off: a tenant keeps it on"))
                .hint("write `true`, or remove the line")
        });
    }
    features
}

fn lower_auth(spec: &AuthSpec, at: &At<'_>, findings: &mut Vec<Diagnostic>) -> Option<TenantAuth> {
    let AuthSpec { client_id, client_secret_from, certificate_from, federated_token_from } = spec;
    let given = [
        (client_secret_from, "clientSecretFrom", Credential::ClientSecret as fn(_) -> _),
        (certificate_from, "certificateFrom", Credential::Certificate),
        (federated_token_from, "federatedTokenFrom", Credential::FederatedToken),
    ];
    let mut credentials =
        given.into_iter().filter_map(|(from, field, wrap)| secret(from.clone()?, &at.field(field)).map(wrap));
    let (first, second) = (credentials.next(), credentials.next());
    let Some((credential, None)) = first.map(|it| (it, second)) else {
        at.error(findings, |it| {
            Fault::new(it, "`auth` takes exactly one credential")
                .hint("give one of `clientSecretFrom`, `certificateFrom`, `federatedTokenFrom`")
        });
        return None;
    };
    let client_id = Uuid::try_parse(&client_id.0).ok()?;
    Some(TenantAuth { client_id, credential })
}

fn lower_cloud(spec: &TenantManifest, at: &At<'_>, findings: &mut Vec<Diagnostic>) -> Option<TenantCloud> {
    match spec.cloud {
        Cloud::Global => Some(TenantCloud::Global),
        Cloud::UsGov => Some(TenantCloud::UsGov),
        Cloud::UsGovDod => Some(TenantCloud::UsGovDod),
        Cloud::China => Some(TenantCloud::China),
        Cloud::Sandbox => {
            let sandbox = spec.sandbox.clone().unwrap_or_default();
            let file =
                |field: &str, path: Option<String>| path.map(|it| at.field("sandbox").value(field).file(&it));
            let (state, seed) = (file("state", sandbox.state), file("seed", sandbox.seed));
            Some(TenantCloud::Sandbox { state, seed })
        }
        Cloud::Custom => {
            let Some(endpoints) = &spec.endpoints else {
                at.value("cloud").error(findings, |it| {
                    Fault::new(it, "`cloud: custom` needs `endpoints`")
                        .hint("write `endpoints: {login: https://…, graph: https://…}`")
                });
                return None;
            };
            lower_endpoints(endpoints, spec.channel, &at.field("endpoints"), findings)
        }
    }
}

fn lower_endpoints(
    spec: &EndpointsSpec,
    channel: Channel,
    at: &At<'_>,
    findings: &mut Vec<Diagnostic>,
) -> Option<TenantCloud> {
    let EndpointsSpec { login, graph, provisioning, ca_file } = spec;
    if channel == Channel::DirectorySync && provisioning.is_none() {
        at.error(findings, |it| Fault::new(it, "`channel: directorySync` needs `endpoints.provisioning`"));
    }
    let mut url = |text: &str, field: &str| url(text, &at.value(field), findings);
    let (login, graph) = (url(&login.0, "login"), url(&graph.0, "graph"));
    let provisioning = match provisioning {
        Some(it) => Some(url(&it.0, "provisioning")?),
        None => None,
    };
    Some(TenantCloud::Custom {
        login: login?,
        graph: graph?,
        provisioning,
        ca_file: ca_file.as_ref().map(|it| at.value("caFile").file(it)),
    })
}

/// An address, or a finding if somebody could listen in.
fn url(text: &str, at: &At<'_>, findings: &mut Vec<Diagnostic>) -> Option<String> {
    if is_protected(text) {
        return Some(text.trim_end_matches('/').to_owned());
    }
    at.error(findings, |it| {
        Fault::new(it, "an address outside of this machine must start with `https://`")
            .hint("tokens and passwords travel there; `http://` is for loopback only")
    });
    None
}

/// Whether nobody can listen in: TLS, or it stays on this machine.
fn is_protected(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else { return true };
    let authority = rest.split('/').next().unwrap_or_default();
    let host = match authority.strip_prefix('[').and_then(|it| it.split_once(']')) {
        Some((host, _)) => host,
        None => authority.split(':').next().unwrap_or_default(),
    };
    host == "localhost" || host.parse::<core::net::IpAddr>().is_ok_and(|it| it.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_loopback_only() {
        for good in ["https://x.example", "http://127.0.0.1:8080", "http://[::1]:80/x", "http://localhost"] {
            assert!(is_protected(good), "{good}");
        }
        for bad in
            ["http://login.example.com", "http://127.0.0.1.example.com", "http://localhost.example.com/"]
        {
            assert!(!is_protected(bad), "{bad}");
        }
    }
}
