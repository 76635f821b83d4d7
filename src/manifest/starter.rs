//! What `samesign init` writes: a policy that can be planned at once, without any account.

use super::schema;

/// Files of a new policy repository: path and text.
pub const FILES: &[(&str, &str)] = &[
    ("policy.yaml", POLICY),
    ("directory.ldif", DIRECTORY),
    ("tests.yaml", TESTS),
    (".gitignore", ".sandbox/\n"),
];

/// All files, with the schema that editors check the manifests against.
pub fn files() -> Vec<(String, String)> {
    let schema = serde_json::to_string_pretty(&schema::of_all_kinds()).unwrap_or_default() + "\n";
    let fixed = FILES.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
    fixed.chain([(".schema/manifest.schema.json".to_owned(), schema)]).collect()
}

const POLICY: &str = "\
# yaml-language-server: $schema=.schema/manifest.schema.json
# Which users and groups of the directory are kept the same in the tenant.
apiVersion: samesign.dev/v1alpha1
kind: SyncPolicy
metadata: {name: contoso}
spec:
  directory: contoso
  tenant: contoso
  users:
    scope: {bases: [\"OU=Staff,DC=corp,DC=contoso,DC=com\"]}
  groups:
    scope: {bases: [\"OU=Groups,DC=corp,DC=contoso,DC=com\"]}
---
# An export, to try things out. For a domain controller, replace `ldif` by:
#   ldap:
#     domain: corp.contoso.com
#     bind:
#       simple: {user: svc-samesign@contoso.com, passwordFrom: {env: AD_PASSWORD}}
apiVersion: samesign.dev/v1alpha1
kind: Directory
metadata: {name: contoso}
spec:
  ldif: {path: directory.ldif}
---
# A tenant inside of samesign. For your own, write instead:
#   tenantId: …
#   auth: {clientId: …, clientSecretFrom: {env: TENANT_SECRET}}
apiVersion: samesign.dev/v1alpha1
kind: Tenant
metadata: {name: contoso}
spec:
  cloud: sandbox
  sandbox: {state: .sandbox/tenant.json}
";

const DIRECTORY: &str = "\
version: 1

dn: DC=corp,DC=contoso,DC=com
objectClass: top
objectClass: domainDNS
objectGUID: 5d0c0f6e-3b1e-4c55-9f0a-6a1f6b0c1a01

dn: OU=Staff,DC=corp,DC=contoso,DC=com
objectClass: top
objectClass: organizationalUnit
objectGUID: 5d0c0f6e-3b1e-4c55-9f0a-6a1f6b0c1a02

dn: OU=Groups,DC=corp,DC=contoso,DC=com
objectClass: top
objectClass: organizationalUnit
objectGUID: 5d0c0f6e-3b1e-4c55-9f0a-6a1f6b0c1a03

dn: CN=Ada Lovelace,OU=Staff,DC=corp,DC=contoso,DC=com
objectClass: top
objectClass: person
objectClass: organizationalPerson
objectClass: user
objectGUID: 5d0c0f6e-3b1e-4c55-9f0a-6a1f6b0c1a04
sAMAccountName: ada
userPrincipalName: ada@contoso.com
displayName: Ada Lovelace
givenName: Ada
sn: Lovelace
mail: ada@contoso.com
title: Analyst
userAccountControl: 512

dn: CN=Charles Babbage,OU=Staff,DC=corp,DC=contoso,DC=com
objectClass: top
objectClass: person
objectClass: organizationalPerson
objectClass: user
objectGUID: 5d0c0f6e-3b1e-4c55-9f0a-6a1f6b0c1a05
sAMAccountName: charles
userPrincipalName: charles@contoso.com
displayName: Charles Babbage
givenName: Charles
sn: Babbage
mail: charles@contoso.com
title: Engineer
manager: CN=Ada Lovelace,OU=Staff,DC=corp,DC=contoso,DC=com
userAccountControl: 512

dn: CN=Engine,OU=Groups,DC=corp,DC=contoso,DC=com
objectClass: top
objectClass: group
objectGUID: 5d0c0f6e-3b1e-4c55-9f0a-6a1f6b0c1a06
sAMAccountName: engine
description: Everybody who works on the engine
groupType: -2147483646
member: CN=Ada Lovelace,OU=Staff,DC=corp,DC=contoso,DC=com
member: CN=Charles Babbage,OU=Staff,DC=corp,DC=contoso,DC=com
";

const TESTS: &str = "\
# yaml-language-server: $schema=.schema/manifest.schema.json
# What the policy makes of made-up people; run with `samesign test`.
apiVersion: samesign.dev/v1alpha1
kind: PolicyTest
metadata: {name: contoso}
spec:
  policy: contoso
  cases:
    - name: the title becomes the job title
      directory:
        objectClass: [user]
        distinguishedName: CN=Kim,OU=Staff,DC=corp,DC=contoso,DC=com
        sAMAccountName: kim
        userPrincipalName: kim@contoso.com
        title: Clerk
      expect: {attributes: {jobTitle: Clerk}}
    - name: only staff is in scope
      directory:
        objectClass: [user]
        distinguishedName: CN=Guest,OU=Visitors,DC=corp,DC=contoso,DC=com
        sAMAccountName: guest1
      expect: {outOfScope: bases}
";
