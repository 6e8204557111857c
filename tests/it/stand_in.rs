//! What stands in for AWS: moto, which others made, or the sandbox, which holds to what AWS documents.
//!
//! A scenario is a function of a stand-in; [`scenarios`] makes of it a test on each. What moto gets wrong stands in
//! `tests/moto/serve.py` and `docs/fields.md`, and is the only difference. Shared with the tests of the command, which
//! include this file.

use std::process::Command;

use cn_infra_sandbox::{Caller, Granted, Sandbox, SandboxOptions, Server, serve};

use crate::moto::Moto;
use crate::venv::python;

/// Virtual seconds of a sandbox in a real one, for clients that wait in real time: a database is there in half a second.
const SPEED: f64 = 1_000.0;

/// A running stand-in, with the key pair and the instance profile that `environments/` takes for granted.
pub enum StandIn {
    /// Moto's server.
    Moto(Moto),
    /// A sandbox that this process serves.
    Sandbox(Sandbox, Server),
}

/// Makes of each scenario a test on moto and one on the sandbox: `on_moto::NAME` and `on_sandbox::NAME`.
macro_rules! scenarios {
    ($($name:ident),+ $(,)?) => {
        mod on_moto {
            use crate::stand_in::StandIn;
            // The snapshots are the same on both.
            $(#[test] fn $name() { insta::allow_duplicates! { super::$name(&StandIn::moto()) } })+
        }
        mod on_sandbox {
            use crate::stand_in::StandIn;
            $(#[test] fn $name() { insta::allow_duplicates! { super::$name(&StandIn::sandbox()) } })+
        }
    };
}
pub(crate) use scenarios;

impl StandIn {
    /// Moto's server.
    pub fn moto() -> Self {
        Self::Moto(Moto::start())
    }

    /// A fresh sandbox.
    pub fn sandbox() -> Self {
        let sandbox = Sandbox::new(SandboxOptions { speed: SPEED, ..SandboxOptions::default() });
        let granted = Granted {
            key_pairs: ["coralnet".to_owned()].into(),
            instance_profiles: ["coralnet-server".to_owned()].into(),
            ..Granted::default()
        };
        granted.make(&Caller::new(&sandbox, "123456789012", "us-west-2")).expect("a fresh account takes them");
        let server = serve(sandbox.clone(), 0).expect("loopback has a free port");
        Self::Sandbox(sandbox, server)
    }

    /// The endpoint of every service.
    pub fn endpoint(&self) -> String {
        match self {
            Self::Moto(moto) => moto.endpoint(),
            Self::Sandbox(_, server) => server.endpoint(),
        }
    }

    /// What a client needs to talk to this stand-in and to nothing else.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ENDPOINT_URL", self.endpoint()),
            ("AWS_ACCESS_KEY_ID", "testing".into()),
            ("AWS_SECRET_ACCESS_KEY", "testing".into()),
            ("AWS_DEFAULT_REGION", "us-west-2".into()),
            ("AWS_EC2_METADATA_DISABLED", "true".into()),
            ("AWS_CONFIG_FILE", "/nonexistent".into()),
            ("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent".into()),
        ]
    }

    /// Runs a boto3 program against the stand-in, as another client of the same account; returns what it printed.
    ///
    /// `ec2`, `rds` and `s3` are clients already, and `rest()` lets an hour pass, in which everything that is under way
    /// comes to its end; on moto nothing is ever under way.
    pub fn boto3(&self, program: &str) -> String {
        let rest = match self {
            Self::Moto(_) => "None",
            Self::Sandbox(..) => REST,
        };
        let output = Command::new(python())
            .args(["-c", &format!("{HEAD}def rest():\n    {rest}\n{program}")])
            .envs(self.environment())
            .output()
            .expect("the virtual environment's python starts");
        assert!(output.status.success(), "{program}\n{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}

/// What stands above every program.
const HEAD: &str =
    "import boto3, os, urllib.request\nec2, rds, s3 = (boto3.client(name) for name in ('ec2', 'rds', 's3'))\n";

/// Moves the clock of a sandbox on.
const REST: &str = "urllib.request.urlopen(os.environ['AWS_ENDPOINT_URL'] + '/_sandbox/clock', b'{\"advance\": 3600}')";
