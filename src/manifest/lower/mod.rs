//! From manifests to policies: names resolve, expressions compile, defaults are filled in.
//!
//! Structure is checked before; time, files and secrets come later.

mod approval;
mod digest;
mod directory;
mod flow;
mod guards;
mod notifier;
mod policy;
mod policy_test;
mod register;
mod scope;
mod tenant;

use crate::model::{AttributeNamesBuilder, ObjectKind, Provenance};
use crate::policy::{Channel, preset_flows};

use self::register::Register;
use crate::manifest::Loaded;
use crate::manifest::connection::TenantSpec;
use crate::manifest::diagnostic::Diagnostic;
use crate::manifest::document::Document;
use crate::manifest::v1alpha1::Kind;

/// What lowering works on.
struct Lowering<'a> {
    register: Register<'a>,
    names: AttributeNamesBuilder,
    findings: Vec<Diagnostic>,
}

/// Lowers all documents. Unless `whole`, some could not be read, and what refers to them is not reported.
pub(super) fn lower(
    documents: &[Document],
    provenance: &Provenance,
    names: AttributeNamesBuilder,
    whole: bool,
) -> Loaded {
    let mut findings = Vec::new();
    let register = Register::new(documents, whole, &mut findings);
    let mut lowering = Lowering { register, names, findings };
    let directories = lowering.each(Kind::Directory, directory::lower);
    let tenants = lowering.each(Kind::Tenant, tenant::lower);
    reserve_preset_names(&tenants, &mut lowering.names);
    let lists = lowering.each(Kind::AttributeFlow, flow::lower_list);
    let lowered: Vec<policy::Lowered> = lowering.each(Kind::SyncPolicy, |lowering, document| {
        let sides = policy::Sides { lists: &lists, tenants: &tenants, directories: &directories, provenance };
        policy::lower(lowering, document, &sides)
    });
    let (mut policies, settings): (Vec<_>, Vec<_>) = lowered.into_iter().unzip();
    for (policy, approval) in lowering.each(Kind::Approval, approval::lower) {
        if let Some(policy) = policies.iter_mut().find(|it| it.name == policy) {
            policy.approvals.push(approval);
        }
    }
    let notifiers = lowering.each(Kind::Notifier, notifier::lower);
    let tests = lowering.each(Kind::PolicyTest, policy_test::lower);
    lowering.register.report_unused(&mut lowering.findings);
    Loaded {
        policies,
        settings,
        directories,
        tenants,
        tests,
        notifiers,
        names: lowering.names.finish(),
        findings: lowering.findings,
    }
}

/// The names of the presets come first, so that there is always room for them. Those of a channel that nobody uses
/// are not read from any directory.
fn reserve_preset_names(tenants: &[TenantSpec], names: &mut AttributeNamesBuilder) {
    for channel in [Channel::Graph, Channel::DirectorySync] {
        if channel == Channel::Graph || tenants.iter().any(|it| it.channel == channel) {
            for kind in [ObjectKind::User, ObjectKind::Group, ObjectKind::Contact] {
                preset_flows(channel, kind, flow::DEFAULT, names);
            }
        }
    }
}

impl<'a> Lowering<'a> {
    /// Lowers all manifests of a kind, by name; one that cannot be lowered has left a finding.
    fn each<T>(&mut self, kind: Kind, mut one: impl FnMut(&mut Self, &'a Document) -> Option<T>) -> Vec<T> {
        let documents = self.register.of_kind(kind);
        documents.into_iter().filter_map(|it| one(self, it)).collect()
    }
}
