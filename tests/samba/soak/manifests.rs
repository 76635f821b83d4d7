//! The manifests of the soak: two policies of one directory, edited, torn and mended.

use rand::RngExt as _;
use rand::rngs::StdRng;

use super::cloud::{Channel, Cloud};
use super::company::root;
use crate::journey::tenant::CLIENT_ID;
use crate::journey::workplace::Workplace;
use crate::lab::Lab;

/// The manifests as they are.
pub(super) struct Manifests<'a> {
    place: &'a Workplace,
    policies: [(&'static str, Channel); 2],
    /// Written before each title.
    pub(super) prefix: String,
}

const GUARDS: &str = "  guards:
    users:
      removals: {max: 15, percent: 100, floor: 15}
      blocks: {max: 15, percent: 100, floor: 15}
      rewrites: {max: 25, percent: 100, floor: 25}
      clears: {max: 50, percent: 100, floor: 50}
    groups:
      memberRemovals: {max: 100, percent: 100, floor: 100}
      allMemberRemovals: {max: 200, percent: 100, floor: 200}
      clears: {max: 20, percent: 100, floor: 20}
    contacts:
      removals: {max: 8, percent: 100, floor: 8}
      clears: {max: 20, percent: 100, floor: 20}
";

impl<'a> Manifests<'a> {
    pub(super) fn write(place: &'a Workplace, lab: &Lab, clouds: &[Cloud<'a>; 2]) -> Self {
        let policies = [0, 1].map(|it| (clouds[it].name, clouds[it].channel));
        let manifests = Self { place, policies, prefix: String::new() };
        std::fs::copy(&lab.ca_file, place.path("manifests/ca.pem")).unwrap();
        manifests.put(
            "directory.yaml",
            &format!(
                "apiVersion: samesign.dev/v1alpha1\nkind: Directory\nmetadata: {{name: corp-ad}}\nspec:\n  ldap:\n    \
                 domain: {domain}\n    servers: [\"{}\"]\n    serverName: {}\n    caFile: ca.pem\n    \
                 searchBases: [\"{}\"]\n    bind:\n      \
                 simple: {{user: svc-replica@{domain}, passwordFrom: {{env: AD_PASSWORD}}}}\n",
                lab.address,
                Lab::HOST,
                root(),
                domain = Lab::DOMAIN,
            ),
        );
        manifests.put(
            "notifier.yaml",
            "apiVersion: samesign.dev/v1alpha1\nkind: Notifier\nmetadata: {name: it}\n\
             spec: {severity: info, webhook: {urlFrom: {env: ALARMS}}}\n",
        );
        for cloud in clouds {
            let (name, url, id) = (cloud.name, cloud.url(), cloud.tenant_id);
            let channel = if cloud.channel == Channel::Graph { "graph" } else { "directorySync" };
            manifests.put(
                &format!("{name}.yaml"),
                &format!(
                    "apiVersion: samesign.dev/v1alpha1\nkind: Tenant\nmetadata: {{name: {name}}}\nspec:\n  \
                     tenantId: {id}\n  cloud: custom\n  endpoints: {{login: \"{url}\", graph: \"{url}\", \
                     provisioning: \"{url}/provisioningservice.svc\"}}\n  channel: {channel}\n  \
                     auth: {{clientId: {CLIENT_ID}, clientSecretFrom: {{env: TENANT_SECRET}}}}\n"
                ),
            );
        }
        manifests.mend();
        manifests
    }

    /// All at once: whoever reads meanwhile sees the old text or the new one.
    fn put(&self, name: &str, text: &str) {
        let part = self.place.path("part");
        std::fs::write(&part, text).unwrap();
        std::fs::rename(part, self.place.path("manifests").join(name)).unwrap();
    }

    fn flow(&self) -> String {
        format!(
            "apiVersion: samesign.dev/v1alpha1\nkind: AttributeFlow\nmetadata: {{name: titles}}\nspec:\n  \
             object: user\n  flows:\n    - {{to: jobTitle, value: '\"{}\" + ad.title', missing: empty}}\n",
            self.prefix
        )
    }

    fn policy((name, channel): (&str, Channel), filter: &str) -> String {
        let soak = root();
        // One deletes at once, the other blocks and waits.
        let (days, more) = match channel {
            Channel::Graph => (0, String::new()),
            Channel::DirectorySync => (
                14,
                format!(
                    "  contacts:\n    scope: {{bases: [\"OU=Partners,{soak}\"]}}\n    \
                     lifecycle: {{removed: {{deleteAfter: 0d}}}}\n  passwords: {{mode: hash}}\n"
                ),
            ),
        };
        format!(
            "apiVersion: samesign.dev/v1alpha1\nkind: SyncPolicy\nmetadata: {{name: {name}}}\nspec:\n  \
             directory: corp-ad\n  tenant: {name}\n  mode: auto\n  schedule: {{every: 2s, passwordsEvery: 1s}}\n  \
             users:\n    scope:\n      bases: [\"OU=North,{soak}\", \"OU=South,{soak}\"]\n      filter: \"{filter}\"\n    \
             flows: [default, titles]\n    lifecycle: {{removed: {{block: true, deleteAfter: {days}d}}}}\n  \
             groups:\n    scope: {{bases: [\"OU=Teams,{soak}\"]}}\n    \
             lifecycle: {{removed: {{deleteAfter: 0d}}}}\n{more}{GUARDS}"
        )
    }

    /// As they should be.
    pub(super) fn mend(&self) {
        self.put("flow.yaml", &self.flow());
        for policy in self.policies {
            self.put(&format!("policy-{}.yaml", policy.0), &Self::policy(policy, "(objectClass=*)"));
        }
    }

    /// Somebody saves what is half written.
    pub(super) fn tear(&self) {
        let text = Self::policy(self.policies[0], "(objectClass=*)");
        self.put("policy-cloud.yaml", &text.replace("users:", "usres:"));
    }

    /// Titles get another beginning, or many people leave the scope, which a guard holds.
    pub(super) fn edit(&mut self, rng: &mut StdRng) {
        if rng.random() {
            self.prefix = format!("{}: ", rng.random_range(0..10));
            self.put("flow.yaml", &self.flow());
        } else {
            let policy = self.policies[rng.random_range(0..2)];
            self.put(&format!("policy-{}.yaml", policy.0), &Self::policy(policy, "(sAMAccountName=soak1*)"));
        }
    }
}
