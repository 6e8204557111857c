//! `--sandbox`: the same commands on a simulated account, kept in `.cn-infra/sandbox/`.

use std::collections::BTreeSet;
use std::path::Path;
use std::pin::Pin;
use std::time::Duration;

use cn_infra_core::clock::{Clock, TokioClock};
use cn_infra_core::environment::Environment;
use cn_infra_sandbox::{Caller, Granted, Sandbox, SandboxOptions};
use jiff::Timestamp;

use crate::error::Result;
use crate::view::View;

/// Where the account is kept, relative to the current directory.
pub const DIRECTORY: &str = ".cn-infra/sandbox";

/// Virtual seconds in a real one, unless `--speed` says otherwise: a database is there after seconds, not minutes.
pub const SPEED: f64 = 100.0;

/// Opens the account that is kept, for the account number of an environment.
pub fn open(account: &str, speed: f64) -> Result<Sandbox> {
    let options = SandboxOptions { account: account.to_owned(), speed, ..SandboxOptions::default() };
    Ok(Sandbox::open(options, Path::new(DIRECTORY))?)
}

/// Makes what an environment names and does not declare, and says so.
pub fn prepare(sandbox: &Sandbox, environment: &Environment, view: &View) -> Result<()> {
    let made = granted(environment).make(&Caller::new(sandbox, &environment.account, &environment.region))?;
    if !made.is_empty() {
        view.say(&format!("The sandbox got what {} takes for granted: {}.\n", environment.name, made.join(", ")));
    }
    Ok(())
}

/// What an environment names and does not declare.
fn granted(environment: &Environment) -> Granted {
    let named = |kind: &str, field: &str| -> BTreeSet<String> {
        let of_kind = environment.resources.values().filter(|declared| declared.address.kind == kind);
        of_kind.filter_map(|declared| declared.document.get(field)?.as_str().map(str::to_owned)).collect()
    };
    let parameter_groups = environment.resources.values().filter_map(|declared| {
        let text = |field: &str| declared.document.get(field)?.as_str().map(str::to_owned);
        let (group, engine, version) = (text("parameter_group")?, text("engine")?, text("engine_version")?);
        let major = version.split('.').next().unwrap_or_default();
        (!group.starts_with("default.")).then(|| (group, format!("{engine}{major}")))
    });
    Granted {
        key_pairs: named("instance", "key_pair"),
        instance_profiles: named("instance", "instance_profile"),
        subnet_groups: named("db_instance", "subnet_group").into_iter().filter(|name| name != "default").collect(),
        parameter_groups: parameter_groups.collect(),
        buckets: environment
            .lock_bucket
            .iter()
            .filter(|bucket| !declares_bucket(environment, bucket))
            .cloned()
            .collect(),
    }
}

fn declares_bucket(environment: &Environment, name: &str) -> bool {
    environment.resources.values().any(|declared| declared.address.kind == "bucket" && declared.name == name)
}

/// The engine's clock, in step with the sandbox's: what takes ten minutes there is waited for in seconds.
pub struct SandboxClock {
    sandbox: Sandbox,
    speed: f64,
    real: TokioClock,
}

impl SandboxClock {
    /// The clock of a sandbox.
    pub fn new(sandbox: Sandbox) -> Result<Self> {
        let speed = sandbox.speed()?;
        Ok(Self { sandbox, speed, real: TokioClock::new() })
    }
}

impl Clock for SandboxClock {
    fn now(&self) -> Timestamp {
        self.sandbox.now().unwrap_or_else(|_| self.real.now())
    }

    fn elapsed(&self) -> Duration {
        self.real.elapsed().mul_f64(self.speed)
    }

    fn sleep(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.real.sleep(time.div_f64(self.speed.max(f64::MIN_POSITIVE)))
    }
}
