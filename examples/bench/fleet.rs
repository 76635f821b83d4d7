//! Many tenants in one process, for `benches/fleet.sh`.

use std::sync::Arc;

use jiff::Timestamp;
use samesign::sandbox::{Sandbox, SandboxOptions, Seed};

const SEED: &str =
    "domains:\n- {name: contoso.onmicrosoft.com, initial: true}\n- {name: example.com, default: true}\n";

/// Starts so many tenants, prints the address of each on a line, and serves them until it is ended.
pub(super) fn serve(tenants: usize) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut all: Vec<Sandbox> = Vec::new();
        for _ in 0..tenants {
            let mut options = SandboxOptions::new(Arc::new(now));
            options.seed = Seed::parse(SEED).expect("a seed");
            let sandbox = samesign::sandbox::start(options).await.expect("a sandbox");
            println!("{}", sandbox.base_url());
            all.push(sandbox);
        }
        std::future::pending::<()>().await;
    });
}

#[expect(clippy::disallowed_methods, reason = "tenants have the time of the program that is measured")]
fn now() -> Timestamp {
    Timestamp::now()
}
