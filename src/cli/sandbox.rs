//! `samesign sandbox`: the embedded tenant as a server.

use crate::model::Secret;
use crate::sandbox::{self, SandboxOptions, TlsPem};

use super::Ending;
use super::args::Sandbox;
use super::clock;
use super::connect::read_seed;
use super::console;
use super::error::Error;

pub(super) async fn run(args: &Sandbox) -> Result<Ending, Error> {
    let mut options = SandboxOptions::new(clock::clock());
    options.listen = args.listen;
    options.state_file.clone_from(&args.store);
    options.number = args.number;
    if let Some(path) = &args.seed {
        options.seed = read_seed(path)?;
    }
    if let (Some(certificate), Some(key)) = (&args.tls_certificate, &args.tls_key) {
        options.tls = Some(TlsPem { certificates: read(certificate)?, key: Secret::new(read(key)?) });
    }
    let running = sandbox::start(options)
        .await
        .map_err(|cause| Error::failed("the sandbox does not start").because(&cause))?;
    console::print(&format!("sandbox tenant {} at {}\n", running.tenant_id(), running.base_url()))?;
    console::say("Ctrl-C stops it");
    wait_for_end().await?;
    running
        .shutdown()
        .await
        .map_err(|cause| Error::failed("the sandbox could not be saved").because(&cause))?;
    Ok(Ending::Done)
}

/// Ctrl-C, or the signal by which service managers end a program.
async fn wait_for_end() -> Result<(), Error> {
    let failed = |cause: std::io::Error| Error::failed("cannot listen for signals").because(&cause);
    let mut terminate =
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).map_err(failed)?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted.map_err(failed),
        _ = terminate.recv() => Ok(()),
    }
}

fn read(path: &std::path::Path) -> Result<String, Error> {
    #[expect(clippy::disallowed_methods, reason = "the command line reads what it is given")]
    let text = std::fs::read_to_string(path);
    text.map_err(|cause| Error::failed(format!("cannot read {}", path.display())).because(&cause))
}
