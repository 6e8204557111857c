//! The checks of AWS's behaviour, which know nothing of Rust: boto3 against a served sandbox, and against moto.

mod page;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;

use cn_infra_sandbox::{Sandbox, SandboxOptions, Server, serve};
use serde::Deserialize;

use crate::venv::python;

/// What became of one check.
#[derive(Deserialize)]
struct Outcome {
    check: String,
    ok: bool,
    #[serde(default)]
    why: String,
}

impl Outcome {
    fn module(&self) -> &str {
        module(&self.check)
    }
}

/// The module of a check, from its name.
fn module(check: &str) -> &str {
    check.split_once('.').map_or(check, |(module, _)| module)
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/checks")
}

fn run_py(arguments: &[&str]) -> Output {
    let mut command = Command::new(python());
    command.arg(folder().join("run.py")).args(arguments).env("AWS_EC2_METADATA_DISABLED", "true");
    command.env("AWS_CONFIG_FILE", "/nonexistent").env("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent");
    command.output().expect("the virtual environment's python starts")
}

/// How many checks each module has.
fn counts() -> BTreeMap<String, usize> {
    static COUNTS: OnceLock<BTreeMap<String, usize>> = OnceLock::new();
    let count = || {
        let listed = run_py(&["--list"]);
        assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
        let mut counts = BTreeMap::new();
        for check in String::from_utf8_lossy(&listed.stdout).lines() {
            *counts.entry(module(check).to_owned()).or_default() += 1;
        }
        counts
    };
    COUNTS.get_or_init(count).clone()
}

/// Runs the checks of some modules, each of them, and tells what became of them.
fn run(endpoint: &str, flags: &[&str], modules: &[String]) -> Vec<Outcome> {
    let names: Vec<_> = modules.iter().map(|module| format!("{module}.")).collect();
    // Longer than by hand: the machine may be busy with other tests.
    let mut arguments = vec![endpoint, "--limit=60"];
    arguments.extend(flags);
    arguments.extend(names.iter().map(String::as_str));
    let output = run_py(&arguments);
    let told = String::from_utf8_lossy(&output.stdout);
    let outcomes: Vec<Outcome> = told.lines().map(|line| serde_json::from_str(line).expect("an outcome")).collect();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!outcomes.is_empty() && matches!(output.status.code(), Some(0 | 1)), "{}: {stderr}", output.status);
    outcomes
}

/// A fresh account whose clock stands.
fn served() -> Server {
    serve(Sandbox::new(SandboxOptions { speed: 0.0, ..SandboxOptions::default() }), 0).expect("a free port")
}

/// Runs the `share`-th of `of` shares of the modules whose names begin so; `""`: those of no service. Every check must
/// pass, and none may be left out.
fn expect_all_pass(service: &str, share: usize, of: usize) {
    let is_of = |module: &str| match service {
        "" => !SERVICES.iter().any(|service| module.starts_with(service)),
        service => module.starts_with(service),
    };
    let mut modules: Vec<_> = counts().into_iter().filter(|(module, _)| is_of(module)).collect();
    // The largest in turn, so that the shares take about as long.
    modules.sort_by_key(|(_, checks)| std::cmp::Reverse(*checks));
    let modules: BTreeMap<_, _> = modules.into_iter().skip(share).step_by(of).collect();
    let server = served();
    let outcomes = run(&server.endpoint(), &[], &modules.keys().cloned().collect::<Vec<_>>());
    assert_eq!(outcomes.len(), modules.values().sum::<usize>(), "as many as there are");
    let failed: Vec<_> = outcomes.iter().filter(|outcome| !outcome.ok).collect();
    let told: Vec<_> = failed.iter().map(|outcome| format!("\n  {}: {}", outcome.check, outcome.why)).collect();
    assert!(failed.is_empty(), "{} of {} checks fail:{}", failed.len(), outcomes.len(), told.concat());
}

/// How the names of modules begin that are about one service.
const SERVICES: [&str; 3] = ["ec2_", "rds_", "s3_"];

#[test]
fn ec2_behaves_as_on_aws() {
    expect_all_pass("ec2_", 0, 2);
}

#[test]
fn ec2_behaves_as_on_aws_in_the_other_half() {
    expect_all_pass("ec2_", 1, 2);
}

#[test]
fn rds_behaves_as_on_aws() {
    expect_all_pass("rds_", 0, 1);
}

#[test]
fn s3_behaves_as_on_aws() {
    expect_all_pass("s3_", 0, 2);
}

#[test]
fn s3_behaves_as_on_aws_in_the_other_half() {
    expect_all_pass("s3_", 1, 2);
}

#[test]
fn protocols_and_the_control_door_behave_as_they_should() {
    expect_all_pass("", 0, 1);
}

/// Moto's own server, for comparison; dropping it ends it.
struct Moto(Child, String);

impl Moto {
    fn start() -> Self {
        let port =
            std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
        let mut command = Command::new(python());
        command.args(["-m", "moto.server", "-p", &port.to_string()]).stdout(Stdio::null()).stderr(Stdio::null());
        let moto = Self(command.spawn().expect("moto starts"), format!("http://127.0.0.1:{port}"));
        for _ in 0..1_200 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return moto;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("moto's server did not answer within a minute");
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}
