//! `samesign.dev/v1alpha1`: one file per kind, exactly as people write it.
//!
//! Nothing here resolves a reference, compiles an expression or reads a secret. The descriptions are what
//! an editor shows.

mod approval;
mod attribute_flow;
mod directory;
mod duration;
mod metadata;
mod notifier;
mod policy_test;
mod scope;
mod secret_from;
mod sync_policy;
mod tenant;

pub use self::approval::{ApprovalSpec, ApprovedChangeSpec};
pub use self::attribute_flow::{
    AttributeFlowSpec, AuthorityWord, FlowSpec, MissingSpec, MissingWord, ObjectWord,
};
pub use self::directory::{
    BindSpec, DirectoryManifest, KerberosBind, LdapSpec, LdifSpec, SimpleBind, Transport,
};
pub use self::duration::{Duration, GracePeriod};
pub use self::metadata::Metadata;
pub use self::notifier::{HeartbeatSpec, NotifierSpec, SeverityWord, SmtpSpec, WebhookFormat, WebhookSpec};
pub use self::policy_test::{AttributeValue, ExpectSpec, OutOfScopeWord, PolicyTestSpec, TestCase};
pub use self::scope::{BaseSpec, ScopeSpec};
pub use self::secret_from::SecretFrom;
pub use self::sync_policy::{
    AlarmsSpec, AnchorWord, ContactGuards, ContactsSpec, DirectoryGuards, DisabledWord, ExpiredWord,
    FewerSpec, GroupGuards, GroupLifecycleSpec, GroupRemovedSpec, GroupsSpec, GuardsSpec, LifecycleSpec,
    LimitSpec, ModeWord, PasswordMode, PasswordsSpec, RemovedSpec, ScheduleSpec, SyncPolicySpec, UserGuards,
    UsersSpec,
};
pub use self::tenant::{
    AuthSpec, Channel, Cloud, DirectorySyncSpec, EndpointsSpec, FeaturesSpec, SandboxSpec, TenantManifest,
};

use schemars::{JsonSchema, Schema, SchemaGenerator};

/// What every manifest of this version says in `apiVersion`.
pub const API_VERSION: &str = "samesign.dev/v1alpha1";

macro_rules! kinds {
    ($($kind:ident $spec:ty, $description:literal;)*) => {
        /// The kinds of manifest.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind {
            $(#[doc = $description] $kind,)*
        }

        impl Kind {
            /// All kinds.
            pub const ALL: &'static [Self] = &[$(Self::$kind),*];

            /// What `kind` says.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$kind => stringify!($kind),)* }
            }

            /// What it is for.
            pub const fn description(self) -> &'static str {
                match self { $(Self::$kind => $description,)* }
            }

            /// The schema of its `spec`.
            pub(super) fn spec_schema(self, generator: &mut SchemaGenerator) -> Schema {
                match self { $(Self::$kind => generator.subschema_for::<$spec>(),)* }
            }
        }
    };
}

kinds! {
    Directory DirectoryManifest, "Where Active Directory is.";
    Tenant TenantManifest, "Which Office 365 tenant, and how to reach it.";
    AttributeFlow AttributeFlowSpec, "A named list of attribute flows that policies use.";
    SyncPolicy SyncPolicySpec, "Joins one Directory and one Tenant.";
    Approval ApprovalSpec, "Lets exactly the held changes that it lists run, once.";
    Notifier NotifierSpec, "Where alarms go.";
    PolicyTest PolicyTestSpec, "Tests of a policy, run offline by `samesign test`.";
}

/// The schema of `metadata`.
pub(super) fn metadata_schema(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<Metadata>()
}

/// A schema for text that has a form: `title` names the form in messages.
fn text_schema(title: &str, pattern: &str, examples: &[&str]) -> Schema {
    schemars::json_schema!({
        "title": title,
        "type": "string",
        "pattern": pattern,
        "examples": examples,
    })
}

/// A type whose schema is text of a form.
macro_rules! text_form {
    ($type:ty, $name:literal, $title:literal, $pattern:literal, $examples:expr) => {
        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                super::text_schema($title, $pattern, &$examples)
            }
        }
    };
}
use text_form;

/// A text that must not be empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(transparent)]
pub struct Name(pub String);

impl JsonSchema for Name {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Name".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        text_schema("name", "^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$", &["contoso"])
    }
}
