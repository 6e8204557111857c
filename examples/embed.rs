//! A program that embeds the library: it plans an environment, prints the steps, and applies them if told to.
//!
//! ```sh
//! cargo run -p cn-infra --example embed -- staging          # plan
//! cargo run -p cn-infra --example embed -- staging --apply  # plan and apply
//! ```

use std::error::Error;
use std::path::Path;

use cn_infra::{
    Action, ApplyOptions, Cancellation, Clock, Environment, Event, Outcome, PaceOptions, Plan, PlanOptions, Session,
    SessionOptions, TokioClock, apply, aws, observe, plan,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let name = arguments.first().map_or("staging", String::as_str);
    let wanted = arguments.iter().any(|argument| argument == "--apply");

    // What the file declares. `kinds` is pure: up to here no client was built and nothing was called.
    let (kinds, clock) = (aws::kinds(), TokioClock::new());
    let environment = Environment::load(Path::new("environments"), name, &kinds)?;

    // What the account has. A read-only session refuses every call that may write.
    let session = Session::open(&SessionOptions {
        profile: None,
        region: environment.region.clone(),
        account: environment.account.clone(),
        read_only: !wanted,
        timeout: None,
        pace: PaceOptions::default(),
        stand_in: None,
    })
    .await?;
    let managers = aws::managers(&session);
    let live = observe(&environment, &managers, clock.now()).await?;

    // The plan is data: show it, save it, refuse it.
    let plan = plan(&environment, &live, &kinds, &PlanOptions::default(), clock.now())?;
    print(&plan);
    if !wanted || plan.is_empty() {
        return Ok(());
    }

    // Whoever is told is a closure; another task could hold a clone of `stop` and cancel.
    let (options, stop) = (ApplyOptions::default(), Cancellation::default());
    let report = apply(&plan, &kinds, &managers, &options, &clock, &stop, &mut tell).await;
    let done = report.outcomes.values().filter(|outcome| **outcome == Outcome::Done).count();
    println!("{done} of {} steps done, {} calls", plan.steps.len(), session.calls.count());
    Ok(())
}

fn print(plan: &Plan) {
    for step in &plan.steps {
        let verb = match step.action {
            Action::Create => "create",
            Action::Update => "update",
            Action::Delete => "delete",
        };
        let fields: Vec<_> = step.differences.iter().map(|difference| difference.path.as_str()).collect();
        println!("{verb} {} {}", step.id, fields.join(", "));
    }
    for blocked in &plan.blocked {
        println!("blocked: {}: {}; {}", blocked.id, blocked.why, blocked.hint);
    }
    println!("{} steps", plan.steps.len());
}

fn tell(event: &Event) {
    match event {
        Event::Waiting { step, status, .. } => println!("{step}: {status}"),
        Event::Finished { step, outcome: Outcome::Done, .. } => println!("{step}: done"),
        Event::Finished { step, outcome: Outcome::Failed(failure), .. } => println!("{step}: {}", failure.message),
        _ => {}
    }
}
