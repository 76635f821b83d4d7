//! From manifests to policies: names resolve, expressions compile, defaults are filled in.
//!
//! Structure is checked before; time, files and secrets come later.

mod approval;
mod digest;
mod directory;
mod flow;
mod guards;
mod policy;
mod policy_test;
mod register;
mod scope;
mod tenant;

use crate::model::{AttributeNamesBuilder, Provenance};
use crate::policy::{default_group_flows, default_user_flows};

pub(super) use self::flow::exists;
use self::register::Register;
use crate::manifest::Loaded;
use crate::manifest::diagnostic::Diagnostic;
use crate::manifest::document::Document;
use crate::manifest::v1alpha1::{Kind, NotifierSpec};
use crate::manifest::yaml::Fault;

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
    // The names of the preset come first, so that there is always room for them.
    default_user_flows(&mut lowering.names);
    default_group_flows(&mut lowering.names);
    let directories = lowering.each(Kind::Directory, directory::lower);
    let tenants = lowering.each(Kind::Tenant, tenant::lower);
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
    lowering.each(Kind::Notifier, lower_notifier);
    let tests = lowering.each(Kind::PolicyTest, policy_test::lower);
    lowering.register.report_unused(&mut lowering.findings);
    Loaded {
        policies,
        settings,
        directories,
        tenants,
        tests,
        names: lowering.names.finish(),
        findings: lowering.findings,
    }
}

impl<'a> Lowering<'a> {
    /// Lowers all manifests of a kind, by name; one that cannot be lowered has left a finding.
    fn each<T>(&mut self, kind: Kind, mut one: impl FnMut(&mut Self, &'a Document) -> Option<T>) -> Vec<T> {
        let documents = self.register.of_kind(kind);
        documents.into_iter().filter_map(|it| one(self, it)).collect()
    }
}

/// A notifier is only checked so far.
fn lower_notifier(lowering: &mut Lowering<'_>, document: &Document) -> Option<()> {
    let spec = document.read::<NotifierSpec>(&mut lowering.findings)?;
    if spec.smtp.is_some() == spec.webhook.is_some() {
        document.spec().error(&mut lowering.findings, |it| {
            Fault::new(it, "`spec` takes exactly one of: smtp, webhook").hint("keep one of them")
        });
    }
    document.at().warning(&mut lowering.findings, |it| {
        Fault::new(it, "this notifier is checked, but nothing is sent to it yet")
            .hint("watch the exit code of `samesign plan --detailed-exitcode` meanwhile")
    });
    Some(())
}
