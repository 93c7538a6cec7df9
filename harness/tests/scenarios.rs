//! The scenarios of this repository under `cargo test` and `cargo nextest`: one test a case.

fn main() -> std::process::ExitCode {
    shadowrig::cli::cargo_test(&["../scenarios"])
}
