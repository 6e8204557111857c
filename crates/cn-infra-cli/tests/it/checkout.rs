//! A copy of the real environments, and the command run beside it with nothing of this machine around.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::mask::mask;
use crate::secrets;

/// The repository's root.
pub const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// Nobody listens on the discard port: a command that builds a client has nowhere to go.
const NOWHERE: &str = "http://127.0.0.1:9";

/// A directory with a copy of `environments/`, and the variables that the command is given, secrets among them.
///
/// Whatever a test did there: at the end no file below it holds a secret.
pub struct Checkout {
    directory: TempDir,
    variables: BTreeMap<&'static str, String>,
    /// Files to which the test itself wrote a secret.
    told: RefCell<Vec<PathBuf>>,
}

impl Checkout {
    /// A copy of the repository's environments, far from any AWS.
    pub fn new() -> Self {
        Self::of("environments")
    }

    /// A copy of other environments of the repository.
    pub fn of(environments: &str) -> Self {
        let checkout = Self::empty();
        copy(&Path::new(ROOT).join(environments), &checkout.path("environments"));
        checkout
    }

    /// The same, beside an AWS at an endpoint.
    pub fn at(endpoint: impl Into<String>) -> Self {
        Self::new().with("AWS_ENDPOINT_URL", endpoint)
    }

    /// A directory without environments.
    pub fn empty() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = |name: &str| directory.path().join(name).display().to_string();
        let mut variables = BTreeMap::from([
            ("HOME", file("")),
            ("AWS_CONFIG_FILE", file("aws-config")),
            ("AWS_SHARED_CREDENTIALS_FILE", file("aws-credentials")),
            ("AWS_ACCESS_KEY_ID", "testing".into()),
            ("AWS_EC2_METADATA_DISABLED", "true".into()),
            ("AWS_ENDPOINT_URL", NOWHERE.into()),
        ]);
        variables.extend(secrets::PLANTED.map(|(name, secret)| (name, secret.to_owned())));
        Self { directory, variables, told: RefCell::default() }
    }

    /// The same with a variable set.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.insert(name, value.into());
        self
    }

    /// The same without credentials.
    pub fn without_credentials(mut self) -> Self {
        for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
            self.variables.remove(name);
        }
        self
    }

    /// A path within it.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.directory.path().join(relative)
    }

    /// A file's text.
    pub fn read(&self, relative: &str) -> String {
        fs::read_to_string(self.path(relative)).unwrap()
    }

    /// Writes a file.
    pub fn write(&self, relative: &str, text: &str) {
        fs::create_dir_all(self.path(relative).parent().unwrap()).unwrap();
        fs::write(self.path(relative), text).unwrap();
        if secrets::told(text.as_bytes()).is_some() {
            self.told.borrow_mut().push(self.path(relative));
        }
    }

    /// Replaces a text that stands once in a file.
    pub fn edit(&self, relative: &str, from: &str, to: &str) {
        let text = self.read(relative);
        assert_eq!(text.matches(from).count(), 1, "{from:?} in {relative}");
        self.write(relative, &text.replace(from, to));
    }

    /// The command, its arguments separated by spaces, in this directory and with these variables only.
    pub fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cn-infra"));
        self.settle(&mut command).args(arguments.split_whitespace());
        command
    }

    /// Gives a program this directory and these variables only.
    pub fn settle<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.current_dir(self.directory.path()).stdin(Stdio::null()).env_clear().envs(&self.variables)
    }

    /// Runs the command.
    pub fn run(&self, arguments: &str) -> Run {
        let began = Instant::now();
        let output = output(&mut self.command(arguments));
        Run {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            took: began.elapsed(),
        }
    }

    /// Runs the command, which has to end with a code; returns what it printed.
    #[track_caller]
    pub fn expect(&self, code: i32, arguments: &str) -> String {
        let run = self.run(arguments);
        assert_eq!(run.code, Some(code), "cn-infra {arguments}\n{}\n{}", run.stdout, run.stderr);
        run.stdout
    }
}

impl Drop for Checkout {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            secrets::search(self.directory.path(), &self.told.borrow());
        }
    }
}

/// Runs a program to its end; what it prints must tell no secret.
#[track_caller]
pub fn output(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    secrets::assert_untold("stdout", &output.stdout);
    secrets::assert_untold("stderr", &output.stderr);
    output
}

/// How a run of the command ended. Its text has ids and addresses masked, and neither calls nor times.
pub struct Run {
    /// The exit code.
    pub code: Option<i32>,
    /// Data.
    pub stdout: String,
    /// All else.
    pub stderr: String,
    /// How long it took.
    pub took: Duration,
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "exit {}", self.code.map_or("by a signal".to_owned(), |code| code.to_string()))?;
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                writeln!(f, "{name}:")?;
                mask(text).lines().try_for_each(|line| writeln!(f, "{line}"))?;
            }
        }
        Ok(())
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in from.read_dir().unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}
