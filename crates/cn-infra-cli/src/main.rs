//! The `cn-infra` command.

fn main() -> std::process::ExitCode {
    cn_infra_cli::run(std::env::args_os()).into()
}
