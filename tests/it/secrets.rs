//! What the library tells of a secret: no event, no log at the finest level, no `Debug` text.

use std::io;
use std::sync::{Arc, Mutex};

use cn_infra::aws::kinds;
use cn_infra::core::apply::ApplyOptions;
use cn_infra::core::environment::Environment;
use cn_infra::core::plan::PlanOptions;
use tracing::Level;
use tracing_subscriber::fmt::MakeWriter;

use crate::simulated::Simulated;

/// A variable that Cargo gives every test. Its value is the password.
const VARIABLE: &str = "CARGO_PKG_LICENSE";

const FILE: &str = r#"
[environment]
name = "staging"
project = "coralnet"
account = "123456789012"
region = "us-west-2"
[db_instance.main]
engine = "postgres"
engine_version = "16"
class = "db.t3.micro"
storage = { size_gib = 20 }
master_username = "coralnet"
master_password = { env = "CARGO_PKG_LICENSE" }
"#;

/// A log in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

fn environment() -> Environment {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("staging.toml"), FILE).unwrap();
    Environment::load(directory.path(), "staging", &kinds()).unwrap()
}

#[tokio::test]
async fn a_password_is_in_no_log_and_no_debug_text() {
    let password = std::env::var(VARIABLE).unwrap();
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(Level::TRACE).with_writer(log.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let (account, environment) = (Simulated::start().await, environment());
    let plan = account.plan(&environment, &PlanOptions::default()).await;
    let (report, _) = account.apply(&plan, &ApplyOptions::default()).await;
    assert!(report.is_success(), "the sandbox takes the password");
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("CreateDBInstance") && log.contains("TRACE"), "nothing is logged");
    let calls = account.sandbox.calls();
    for text in [log, format!("{environment:?}"), format!("{plan:?}"), format!("{report:?}"), format!("{calls:?}")] {
        let at = text.find(&password);
        assert!(at.is_none(), "it is told: {}", at.map_or("", |at| &text[at.saturating_sub(200)..at]));
    }
}
