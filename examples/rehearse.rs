//! A rehearsal, as a test of a program that embeds the library has it: an environment is planned and applied in a
//! simulated account, in this process, without sockets, credentials or waiting.
//!
//! ```sh
//! cargo run -p cn-infra --example rehearse -- production
//! ```

use std::error::Error;
use std::path::Path;
use std::pin::Pin;
use std::time::Duration;

use cn_infra::{
    ApplyOptions, Cancellation, Clock, Environment, Event, PaceOptions, Plan, PlanOptions, Session, SessionOptions,
    apply, aws, observe, plan,
};
use cn_infra_sandbox::{Caller, Granted, Sandbox, SandboxOptions};
use jiff::{SignedDuration, Timestamp};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let name = std::env::args().nth(1).unwrap_or_else(|| "production".to_owned());
    let [first, second] = rehearse(Path::new("environments"), &name).await?;
    println!("{name}: {} steps applied, {} left", first.steps.len(), second.steps.len());
    Ok(())
}

/// Plans and applies an environment in a fresh account. Returns that plan, and the one made after it.
pub async fn rehearse(directory: &Path, name: &str) -> Result<[Plan; 2], Box<dyn Error>> {
    let kinds = aws::kinds();
    let environment = Environment::load(directory, name, &kinds)?;

    // The account, and in it what the file names and does not declare. Here one would also add faults.
    let options = SandboxOptions { account: environment.account.clone(), speed: 0.0, ..SandboxOptions::default() };
    let clock = SandboxClock { start: options.start, sandbox: Sandbox::new(options) };
    let granted = Granted {
        key_pairs: ["coralnet".to_owned()].into(),
        instance_profiles: ["coralnet-server".to_owned()].into(),
        ..Granted::default()
    };
    granted.make(&Caller::new(&clock.sandbox, &environment.account, &environment.region))?;

    // From here on it is what every embedding program does, but for `stand_in` and the clock.
    let session = Session::open(&SessionOptions {
        profile: None,
        region: environment.region.clone(),
        account: environment.account.clone(),
        read_only: false,
        timeout: None,
        pace: PaceOptions::default(),
        stand_in: Some(clock.sandbox.http_client()),
    })
    .await?;
    let managers = aws::managers(&session);
    let live = observe(&environment, &managers, clock.now()).await?;
    let first = plan(&environment, &live, &kinds, &PlanOptions::default(), clock.now())?;
    let (options, stop) = (ApplyOptions::default(), Cancellation::default());
    apply(&first, &kinds, &managers, &options, &clock, &stop, &mut |_: &Event| {}).await;
    let live = observe(&environment, &managers, clock.now()).await?;
    let second = plan(&environment, &live, &kinds, &PlanOptions::default(), clock.now())?;
    Ok([first, second])
}

/// Virtual time: who waits moves the account's clock on instead. So a database takes no longer than its calls.
struct SandboxClock {
    sandbox: Sandbox,
    start: Timestamp,
}

impl Clock for SandboxClock {
    fn now(&self) -> Timestamp {
        self.sandbox.now().unwrap_or(self.start)
    }

    fn elapsed(&self) -> Duration {
        self.now().duration_since(self.start).unsigned_abs()
    }

    fn sleep(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let sandbox = self.sandbox.clone();
        Box::pin(async move {
            // An account in memory can always be changed.
            let _ = sandbox.advance(SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX));
            tokio::task::yield_now().await;
        })
    }
}
