//! Killed anywhere: an apply that ends at any of its calls is finished by the next one, with nothing twice and nothing
//! left over. What that means for a user is in `docs/guarantees.md`.

mod account;
mod inventory;
mod scenario;
mod sweep;
mod wire;

use std::time::Instant;

use scenario::SCENARIOS;
use sweep::Sweep;

/// Sweeps every call instead of a sample.
const EVERY_CALL: &str = "CN_INFRA_SWEEP";

/// Sweeps scenarios and prints what came of it.
fn sweep(title: &str, sweep: Sweep) {
    let only = std::env::var("CN_INFRA_SWEEP_ONLY").unwrap_or_default();
    let mut failures = Vec::new();
    println!(
        "{title}\n{:32} {:>5} {:>6} {:>9} {:>7} {:>10}",
        "scenario", "calls", "points", "converged", "applies", "undeterred"
    );
    for scenario in SCENARIOS.iter().filter(|scenario| only.split('|').any(|only| scenario.name.contains(only))) {
        let began = Instant::now();
        let row = sweep.run(scenario);
        println!(
            "{:32} {:>5} {:>6} {:>9} {:>7} {:>10}   {:.1} s",
            row.scenario,
            row.calls,
            row.points,
            row.converged,
            row.applies,
            row.undeterred,
            began.elapsed().as_secs_f64()
        );
        failures.extend(row.failures);
    }
    assert!(failures.is_empty(), "{} points do not converge:\n{}", failures.len(), failures.join("\n"));
}

/// Every call if asked for, else the sample.
fn calls(sample: fn(usize) -> bool) -> fn(usize) -> bool {
    if std::env::var_os(EVERY_CALL).is_some() { |_| true } else { sample }
}

#[test]
fn crash_anywhere_and_the_next_apply_finishes() {
    sweep("killed anywhere", Sweep { consistency: 0.0, retries: false, calls: calls(|call| call % 5 == 0) });
}

#[test]
fn crash_anywhere_while_what_was_made_stays_unseen() {
    sweep("with eventual consistency", Sweep { consistency: 8.0, retries: false, calls: calls(|call| call % 5 == 2) });
}

#[test]
fn crash_anywhere_under_the_retries_of_the_sdk() {
    sweep("with the SDK's retries", Sweep { consistency: 0.0, retries: true, calls: calls(|call| call % 11 == 0) });
}
