//! The tenant behind the sockets: its state, and the way of a request through authentication, faults,
//! throttling and permissions to its route.
//!
//! It knows neither HTTP connections nor files.

use jiff::{SignedDuration, Timestamp};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use ring::hmac;
use uuid::Uuid;

use super::audit::{self, Audit, AuditLine, Counters};
use super::errors::Refusal;
use super::exchange::{Fate, Request, Response};
use super::faults::{self, Effect, Faults};
use super::features::Synchronization;
use super::lockout::Lockout;
use super::path::Target;
use super::seed::{Replication, Seed};
use super::store::Store;
use super::throttle::{self, Asker, Throttle};
use super::token::{self, Caller};
use super::{Clock, admission, batch, control, provisioning, routes, user_realm};

/// What a Graph route answers.
pub(crate) type Answer = Result<Response, Refusal>;

/// Everything that a tenant is.
pub(crate) struct Tenant {
    pub(crate) seed: Seed,
    pub(crate) store: Store,
    pub(crate) throttle: Throttle,
    pub(crate) faults: Faults,
    pub(crate) audit: Audit,
    pub(crate) replication: Replication,
    pub(crate) synchronization: Synchronization,
    pub(crate) lockout: Lockout,
    /// Signs access tokens, page tokens and delta tokens.
    pub(crate) key: hmac::Key,
    pub(crate) random: StdRng,
    pub(crate) ids: Ids,
    /// When values in quarantine were last tried again.
    pub(crate) quarantine_reviewed: Option<Timestamp>,
    clock: Clock,
    clock_offset: SignedDuration,
}

/// A Graph request, whose it is, and whether it came in a batch.
struct Errand<'a> {
    request: &'a Request,
    caller: &'a Caller,
    batched: bool,
}

/// Where new ids come from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ids {
    /// With a number, ids repeat from run to run.
    pub(crate) number: Option<u64>,
    pub(crate) made: u64,
}

impl Ids {
    pub(crate) fn next(&mut self) -> Uuid {
        self.made += 1;
        match self.number {
            None => Uuid::new_v4(),
            Some(number) => {
                Uuid::new_v5(&Uuid::from_u64_pair(number, 0x5a4d), self.made.to_string().as_bytes())
            }
        }
    }
}

impl Tenant {
    pub(crate) fn new(seed: Seed, clock: Clock, number: Option<u64>) -> Self {
        let secret = format!("samesign sandbox {} {number:?}", seed.tenant_id);
        let mut faults = Faults::default();
        faults.arm(seed.faults.clone());
        let mut tenant = Self {
            store: Store::default(),
            throttle: Throttle::new(seed.throttle),
            faults,
            audit: Audit::default(),
            replication: Replication::default(),
            synchronization: Synchronization::default(),
            lockout: Lockout::default(),
            key: hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()),
            random: StdRng::seed_from_u64(number.unwrap_or(7)),
            ids: Ids { number, made: 0 },
            quarantine_reviewed: None,
            clock,
            clock_offset: SignedDuration::ZERO,
            seed,
        };
        tenant.set_replication(tenant.seed.replication);
        tenant
    }

    /// The time of the tenant.
    pub(crate) fn now(&self) -> Timestamp {
        let now = (self.clock)();
        now.saturating_add(self.clock_offset).unwrap_or(now)
    }

    pub(crate) fn advance(&mut self, by: SignedDuration) {
        self.clock_offset = self.clock_offset.saturating_add(by);
    }

    pub(crate) fn set_replication(&mut self, replication: Replication) {
        let Replication { get_ms, list_ms, delta_ms, reference_ms } = replication;
        self.replication = replication;
        self.store.horizon = lag(get_ms.max(list_ms).max(delta_ms).max(reference_ms));
    }

    /// Whether people with such a name sign in elsewhere.
    pub(crate) fn is_federated(&self, name: &str) -> bool {
        let domain = name.rsplit_once('@').map_or("", |(_, it)| it);
        self.seed.domains.iter().any(|it| it.federated && it.name.eq_ignore_ascii_case(domain))
    }

    /// How many requests there were, and how many objects they deleted.
    pub(crate) fn counters(&self) -> Counters {
        Counters { deletes: self.store.deletions, ..self.audit.counters() }
    }

    /// Answers any request.
    pub(crate) fn answer(&mut self, request: &Request) -> Response {
        let segments: Vec<&str> = request.path.split('/').filter(|it| !it.is_empty()).collect();
        match (request.method.as_str(), segments.as_slice()) {
            (_, ["sandbox", rest @ ..]) => control::answer(self, request, rest),
            ("POST", [name, "oauth2", "v2.0", "token"]) => self.answer_token(request, name),
            ("GET", [name, "v2.0", ".well-known", "openid-configuration"]) => {
                match token::check_tenant(self, name) {
                    Ok(()) => token::discovery(self, &request.base),
                    Err(refusal) => refusal.into_response(self.now(), self.ids.next(), ""),
                }
            }
            ("GET", [_, "discovery", "v2.0", "keys"]) => {
                Response::json(200, serde_json::json!({ "keys": [] }))
            }
            ("GET", ["common", "discovery", "instance"]) => routes::instance_discovery(self, request),
            ("GET", ["common", "userrealm", name]) => user_realm::answer(self, name),
            (_, ["provisioningservice.svc"]) => provisioning::answer(self, request),
            _ => self.answer_graph(request),
        }
    }

    fn answer_token(&mut self, request: &Request, name: &str) -> Response {
        let trace = self.ids.next();
        let correlation = request.header("client-request-id").unwrap_or_default().to_owned();
        let struck = self.faults.strike("POST", "/token");
        let mut response = match struck {
            Some(Effect::Status { status, retry_after_s, code: _, message: _ }) => {
                let text = "The server is busy or rate limits apply. Please retry later.";
                let mut refused = token::refuse(status, "temporarily_unavailable", 50_196, text)
                    .into_response(self.now(), trace, &correlation);
                refused.headers.extend(retry_after_s.map(|it| ("Retry-After".to_owned(), it.to_string())));
                refused
            }
            Some(Effect::Reset | Effect::LostResponse) => Response { fate: Fate::Cut, ..Response::default() },
            Some(
                Effect::DeltaGone | Effect::DeltaReplay | Effect::ServiceFault { .. } | Effect::Redirect,
            )
            | None => token::issue(self, request, name)
                .unwrap_or_else(|refusal| refusal.into_response(self.now(), trace, &correlation)),
        };
        response.headers.push(("x-ms-request-id".to_owned(), trace.to_string()));
        response
    }

    fn answer_graph(&mut self, request: &Request) -> Response {
        let caller = match token::authenticate(self, request) {
            Ok(caller) => caller,
            Err(refusal) => {
                let (id, client) = self.request_ids(request);
                let refused = refusal.into_response(&date(self.now()), &id, &client);
                return self.finish(request, refused, (&id, &client), None);
            }
        };
        self.answer_item(request, &caller, false)
    }

    /// Answers one Graph request, or one item of a batch.
    pub(crate) fn answer_item(&mut self, request: &Request, caller: &Caller, batched: bool) -> Response {
        let (id, client) = self.request_ids(request);
        let target = Target::parse(&request.path);
        let mut costs = Vec::new();
        let result = target.and_then(|target| {
            let struck = self.faults.strike(&request.method, &target.path());
            self.perform(&Errand { request, caller, batched }, &target, struck.as_ref(), &mut costs)
        });
        let mut response =
            result.unwrap_or_else(|refusal| refusal.into_response(&date(self.now()), &id, &client));
        response.headers.extend(costs);
        self.finish(request, response, (&id, &client), Some((caller, batched)))
    }

    fn perform(
        &mut self,
        errand: &Errand<'_>,
        target: &Target,
        struck: Option<&Effect>,
        costs: &mut Vec<(String, String)>,
    ) -> Answer {
        let Errand { request, caller, batched } = *errand;
        match struck {
            Some(Effect::Status { status, code, message, retry_after_s }) => {
                return Err(faults::refusal(*status, code.as_deref(), message.as_deref(), *retry_after_s));
            }
            Some(Effect::Reset) => return Ok(Response { fate: Fate::Cut, ..Response::default() }),
            Some(
                Effect::LostResponse
                | Effect::DeltaGone
                | Effect::DeltaReplay
                | Effect::ServiceFault { .. }
                | Effect::Redirect,
            )
            | None => (),
        }
        let segments = target.segments();
        if let ["$batch"] = segments.as_slice() {
            if batched {
                return Err(Refusal::new(400, "BadRequest", "A batch may not contain a batch."));
            }
            return batch::answer(self, request, caller);
        }
        let cost = throttle::cost(&request.method, &segments, &request.query);
        let tenant_id = self.seed.tenant_id.to_string();
        let asker = Asker {
            app: &caller.app,
            tenant: &tenant_id,
            low_priority: request
                .header("x-ms-throttle-priority")
                .is_some_and(|it| it.eq_ignore_ascii_case("low")),
            users: self.store.count(super::object::Kind::User, false),
        };
        let now = self.now();
        costs.extend(self.throttle.admit(now, asker, cost)?);
        admission::check(caller, &request.method, &segments)?;
        let mut response = routes::answer(self, request, caller, (&segments, struck))?;
        if struck == Some(&Effect::LostResponse) {
            response.fate = Fate::Cut;
        }
        Ok(response)
    }

    /// Takes nothing from the sequence of object ids, so that retries do not shift those.
    pub(crate) fn request_id(&self) -> Uuid {
        match self.ids.number {
            None => Uuid::new_v4(),
            Some(number) => {
                let counted = self.audit.counters();
                let total = counted.reads + counted.writes + counted.refusals;
                Uuid::new_v5(&Uuid::from_u64_pair(number, 0x7e57), total.to_string().as_bytes())
            }
        }
    }

    fn request_ids(&self, request: &Request) -> (String, String) {
        let id = self.request_id();
        let client = request.header("client-request-id").map_or_else(|| id.to_string(), str::to_owned);
        (id.to_string(), client)
    }

    /// Headers of every response (reference, 6.3), and the line in the audit log.
    fn finish(
        &mut self,
        request: &Request,
        mut response: Response,
        (id, client): (&str, &str),
        by: Option<(&Caller, bool)>,
    ) -> Response {
        let headers = &mut response.headers;
        headers.push(("request-id".to_owned(), id.to_owned()));
        headers.push(("client-request-id".to_owned(), client.to_owned()));
        headers.push((
            "x-ms-ags-diagnostic".to_owned(),
            "{\"ServerInfo\":{\"DataCenter\":\"Loopback\",\"Slice\":\"E\",\"Ring\":\"0\",\"ScaleUnit\":\"001\",\
             \"RoleInstance\":\"SANDBOX\"}}"
                .to_owned(),
        ));
        let path = Target::parse(&request.path).map_or_else(|_| request.path.clone(), |it| it.path());
        let writes = request.method != "GET" && path != "/$batch";
        self.audit.record(AuditLine {
            at: self.now(),
            method: request.method.clone(),
            body: if writes { audit::without_passwords(&request.body) } else { None },
            path,
            app: by.map(|(it, _)| it.app.clone()).unwrap_or_default(),
            request_id: id.to_owned(),
            batched: by.is_some_and(|(_, batched)| batched),
            status: response.status,
        });
        response
    }
}

/// A replication delay as a duration.
pub(crate) const fn lag(ms: u32) -> SignedDuration {
    SignedDuration::from_millis(ms as i64)
}

/// The form of dates inside error bodies.
fn date(now: Timestamp) -> String {
    super::object::whole_second(now).trim_end_matches('Z').to_owned()
}
