//! A tenant: everything that is asked of it, at once and each within its time.
//!
//! What the answers mean is decided elsewhere.

use std::time::Duration;

use crate::cli::clock;
use crate::cli::connect;
use crate::doctor::{
    About, Check, DirectorySync, Examples, Finding, Obstacle, Section, Session, TenantFacts, Unread, Wants,
    Ways,
};
use crate::manifest::TenantSpec;
use crate::model::Domain;
use crate::target::graph::Reader;
use crate::target::{TargetError, dirsync};
use crate::wire::odata::NamedRecord;

use super::access::Access;

/// For one question, its repetitions and pages included.
const LIMIT: Duration = Duration::from_mins(1);

/// What became of a tenant.
pub(super) struct TenantExamined {
    pub(super) section: Section,
    pub(super) ways: Ways,
    /// Its domains, if they could be read.
    pub(super) domains: Option<Vec<Domain>>,
}

pub(super) async fn examine(spec: &TenantSpec, wants: Wants) -> TenantExamined {
    let place = spec.place.to_string();
    let (findings, ways, domains) = match Access::open(spec).await {
        Ok(access) => {
            let facts = facts(spec, &access).await;
            let (findings, ways) = facts.judge(spec.channel, wants, clock::now());
            let domains = facts.session.ok().and_then(|it| it.domains.ok());
            (findings, ways, domains)
        }
        Err(error) => {
            let (says, fix) = error.sentences();
            let fix = fix.unwrap_or_else(|| "correct the Tenant, or what it points to".to_owned());
            let obstacle =
                Obstacle::new("the tenant cannot be asked", "mend what is said about the tenant first");
            let ways = Ways { graph: vec![obstacle.clone()], directory_sync: vec![obstacle], settings: None };
            (vec![Finding::problem(Check::Settings, &spec.name, says, fix)], ways, None)
        }
    };
    let section = Section { about: About::Tenant, name: spec.name.clone(), place: Some(place), findings };
    TenantExamined { section, ways, domains }
}

async fn facts(spec: &TenantSpec, access: &Access) -> TenantFacts {
    let session = match limited(access.graph.permissions()).await {
        Ok(permissions) => Ok(Box::pin(session(access, permissions)).await),
        Err(unread) => Err(unread),
    };
    TenantFacts { name: spec.name.clone(), certificate: access.certificate.clone(), session }
}

async fn session(access: &Access, permissions: Option<Vec<String>>) -> Session {
    let reader = Reader::new(&access.graph);
    let (
        clock_ahead,
        organization,
        domains,
        subscriptions,
        synchronization,
        quarantined,
        mastered,
        directory_sync,
    ) = tokio::join!(
        limited(reader.clock_ahead()),
        limited(reader.organization_state()),
        limited(reader.all_domains()),
        limited(reader.subscriptions()),
        limited(reader.synchronization()),
        limited(reader.quarantined()),
        limited(reader.mastered_users()),
        Box::pin(directory_sync(access)),
    );
    Session {
        permissions,
        clock_ahead,
        organization,
        domains,
        subscriptions,
        synchronization,
        quarantined: quarantined.map(|it| examples(&it)),
        mastered: mastered.map(|it| examples(&it)),
        directory_sync,
    }
}

fn examples(records: &[NamedRecord]) -> Examples {
    let mut examples = Examples::default();
    for it in records {
        examples.push(|| it.name().to_owned());
    }
    examples
}

/// Asks the endpoint of Entra Connect, whichever channel is chosen; it takes one request after the other.
async fn directory_sync(access: &Access) -> Result<DirectorySync, Obstacle> {
    let Some(connection) = &access.directory_sync else {
        return Err(Obstacle::new(
            "the address of Entra Connect's endpoint is not known in this cloud",
            "give endpoints.provisioning in the Tenant",
        ));
    };
    let permissions = limited(connection.permissions()).await.map_err(|it| obstacle(&it))?;
    Ok(DirectorySync {
        build: access.build.clone(),
        permissions,
        capabilities: asked(connection, dirsync::Connection::capabilities).await,
        configuration: asked(connection, dirsync::Connection::company_configuration).await,
    })
}

async fn asked<'a, T>(
    connection: &'a dirsync::Connection,
    question: impl AsyncFnOnce(&'a dirsync::Connection) -> Result<T, TargetError>,
) -> Result<T, Obstacle> {
    limited(question(connection)).await.map_err(|it| obstacle(&it))
}

fn obstacle(unread: &Unread) -> Obstacle {
    let fix =
        unread.fix.clone().unwrap_or_else(|| "run it again; see what the endpoint says with -vv".to_owned());
    Obstacle::new(unread.why.clone(), fix)
}

/// Asks for so long and no longer.
async fn limited<T>(question: impl Future<Output = Result<T, TargetError>>) -> Result<T, Unread> {
    match tokio::time::timeout(LIMIT, question).await {
        Ok(answer) => answer.map_err(|it| unread(&it)),
        Err(_) => {
            Err(Unread { why: format!("no answer within {} s", LIMIT.as_secs()), fix: None, denied: false })
        }
    }
}

fn unread(error: &TargetError) -> Unread {
    let denied = matches!(error, TargetError::Permission { .. } | TargetError::Refused { status: 403, .. });
    Unread { why: connect::with_causes(error), fix: error.hint(), denied }
}
