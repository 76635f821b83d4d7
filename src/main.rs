//! The `samesign` program: arguments in, exit code out.

fn main() -> std::process::ExitCode {
    samesign::cli::main()
}
