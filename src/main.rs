//! The `samesign` program: arguments in, exit code out.

fn main() {}
