//! Token buckets of the service's limits: resource units and writes (graph-tenant reference, 6.2).
//!
//! It is told the time and the cost of a request; it does not know what the request is about.

use std::collections::HashMap;

use jiff::Timestamp;

use super::errors::Refusal;
use super::seed::ThrottleSettings;

/// From this share of a limit on, the service tells how much is used.
const TELLING_SHARE: f64 = 0.8;
/// From this share on, requests of low priority are turned down.
const LOW_PRIORITY_SHARE: f64 = 0.9;

/// What a request costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cost {
    pub(crate) units: u32,
    pub(crate) writes: u32,
}

/// Who asks, how urgently, and how large the tenant is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asker<'a> {
    pub(crate) app: &'a str,
    pub(crate) tenant: &'a str,
    pub(crate) low_priority: bool,
    pub(crate) users: usize,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    used: f64,
    at: Timestamp,
}

/// A limit: so much in so many seconds.
#[derive(Clone, Copy, Debug)]
struct Limit {
    amount: f64,
    window_s: f64,
    scope: &'static str,
    reason: &'static str,
}

/// All buckets of the tenant.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    pub(crate) settings: ThrottleSettings,
    buckets: HashMap<(&'static str, String), Bucket>,
}

impl Throttle {
    pub(crate) fn new(settings: ThrottleSettings) -> Self {
        Self { settings, buckets: HashMap::new() }
    }

    /// Takes the cost out of every bucket, or refuses; the headers to add to a success.
    pub(crate) fn admit(
        &mut self,
        now: Timestamp,
        asker: Asker<'_>,
        cost: Cost,
    ) -> Result<Vec<(String, String)>, Refusal> {
        let mut headers = vec![("x-ms-resource-unit".to_owned(), cost.units.to_string())];
        if !self.settings.on {
            return Ok(headers);
        }
        let limits = limits(asker.users, self.settings.scale);
        let mut highest = 0.0_f64;
        for (limit, cost) in limits.into_iter().zip([cost.units, cost.writes, cost.writes]) {
            if cost == 0 {
                continue;
            }
            let used = self.used(now, asker, limit);
            let share = (used + f64::from(cost)) / limit.amount;
            let ceiling = if asker.low_priority { LOW_PRIORITY_SHARE } else { 1.0 };
            if ceiling < share {
                let surplus = used + f64::from(cost) - ceiling * limit.amount;
                return Err(refusal(asker, limit, share, surplus * limit.window_s / limit.amount));
            }
            highest = highest.max(share);
        }
        for (limit, cost) in limits.into_iter().zip([cost.units, cost.writes, cost.writes]) {
            let used = self.used(now, asker, limit) + f64::from(cost);
            self.buckets.insert(key(asker, limit), Bucket { used, at: now });
        }
        if TELLING_SHARE < highest {
            headers.push(("x-ms-throttle-limit-percentage".to_owned(), format!("{highest:.2}")));
        }
        Ok(headers)
    }

    /// What a bucket holds now, after it drained since the last request.
    fn used(&self, now: Timestamp, asker: Asker<'_>, limit: Limit) -> f64 {
        self.buckets.get(&key(asker, limit)).map_or(0.0, |bucket| {
            let elapsed_s = now.duration_since(bucket.at).as_secs_f64().max(0.0);
            (bucket.used - elapsed_s * limit.amount / limit.window_s).max(0.0)
        })
    }
}

fn key(asker: Asker<'_>, limit: Limit) -> (&'static str, String) {
    let app = if limit.scope == "Tenant/Write" { "" } else { asker.app };
    (limit.scope, app.to_owned())
}

fn limits(users: usize, scale: f64) -> [Limit; 3] {
    let units = match users {
        0..50 => 3_500.0,
        50..=500 => 5_000.0,
        _ => 8_000.0,
    };
    let limit = |amount: f64, window_s, scope, reason| Limit {
        amount: (amount * scale).max(1.0),
        window_s,
        scope,
        reason,
    };
    [
        limit(units, 10.0, "Tenant_Application/ReadWrite", "ResourceUnitLimitExceeded"),
        limit(3_000.0, 150.0, "Tenant_Application/Write", "WriteLimitExceeded"),
        limit(18_000.0, 300.0, "Tenant/Write", "WriteLimitExceeded"),
    ]
}

fn refusal(asker: Asker<'_>, limit: Limit, share: f64, wait_s: f64) -> Refusal {
    Refusal::new(429, "TooManyRequests", "Too many requests")
        .header("Retry-After", format!("{:.0}", wait_s.ceil().max(1.0)))
        .header("x-ms-throttle-limit-percentage", format!("{:.2}", share.min(1.8)))
        .header("x-ms-throttle-scope", format!("{}/{}/{}", limit.scope, asker.app, asker.tenant))
        .header("x-ms-throttle-information", limit.reason.to_owned())
}

/// The base cost and its modifiers.
pub(crate) fn cost(method: &str, segments: &[&str], query: &[(String, String)]) -> Cost {
    let has = |name: &str| query.iter().find(|(it, _)| it == name).map(|(_, value)| value);
    let by_ids = matches!(segments, ["directoryObjects", "getByIds" | "microsoft.graph.getByIds"]);
    let base: i32 = match (method, segments) {
        ("GET", ["groups", _, "members", ..] | ["subscribedSkus", ..]) => 3,
        ("GET", ["users", ..] | [_, _, "memberOf", ..]) => 2,
        // Three units less where properties are selected; the usual modifier is one of them.
        ("POST", _) if by_ids => {
            if has("$select").is_some() {
                3
            } else {
                5
            }
        }
        ("GET", ["groups", _, "transitiveMembers", ..]) => 5,
        _ => 1,
    };
    let reads = method == "GET" || by_ids;
    let small_page = has("$top").and_then(|it| it.parse::<u32>().ok()).is_some_and(|it| it < 20);
    let units = base - i32::from(has("$select").is_some()) + i32::from(has("$expand").is_some())
        - i32::from(small_page);
    Cost { units: u32::try_from(units.max(1)).unwrap_or(1), writes: u32::from(!reads) }
}
