//! The `samesign` program: arguments in, exit code out.

/// A first plan of 100,000 users makes some four million small values; the system's allocator takes a third
/// of the time for them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    samesign::cli::main()
}
