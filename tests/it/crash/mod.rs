//! Killed anywhere: an apply that ends at any of its calls is finished by the next one, with nothing twice and nothing
//! left over. What that means for a user is in `docs/guarantees.md`.

pub mod account;
mod inventory;
pub mod scenario;
mod sweep;
pub mod wire;

use std::time::Instant;

use scenario::SCENARIOS;
use sweep::{Row, Sweep};

/// Set: sweeps every call instead of a sample.
const EVERY_CALL: &str = "CN_INFRA_SWEEP";

/// Sweeps the scenarios and prints what came of it.
fn sweep(title: &str, sweep: Sweep) {
    let began = Instant::now();
    let rows: Vec<Row> = SCENARIOS.iter().map(|scenario| sweep.run(scenario)).collect();
    println!("{}", table(title, &rows, began.elapsed().as_secs()));
    let failures: Vec<_> = rows.into_iter().flat_map(|row| row.failures).collect();
    assert!(failures.is_empty(), "{} points do not converge:\n{}", failures.len(), failures.join("\n"));
}

/// The rows and their sum, as `docs/guarantees.md` has them.
fn table(title: &str, rows: &[Row], seconds: u64) -> String {
    let sum = |of: fn(&Row) -> usize| rows.iter().map(of).sum::<usize>();
    let all = Row {
        scenario: "together",
        calls: sum(|row| row.calls),
        points: sum(|row| row.points),
        converged: sum(|row| row.converged),
        applies: rows.iter().map(|row| row.applies).max().unwrap_or_default(),
        undeterred: sum(|row| row.undeterred),
        failures: Vec::new(),
    };
    let line = |row: &Row| {
        let Row { scenario, calls, points, converged, applies, undeterred, failures: _ } = row;
        format!("| {scenario} | {calls} | {points} | {converged} | {applies} | {undeterred} |\n")
    };
    let lines: String = rows.iter().chain([&all]).map(line).collect();
    let head =
        "| scenario | calls | points | converged | applies | undeterred |\n| --- | --- | --- | --- | --- | --- |";
    format!("{title}, {seconds} s\n\n{head}\n{lines}")
}

/// Every call if asked for, else the sample.
fn calls(sample: fn(usize) -> bool) -> fn(usize) -> bool {
    if std::env::var_os(EVERY_CALL).is_some() { |_| true } else { sample }
}

#[test]
fn crash_anywhere_and_the_next_apply_finishes() {
    sweep("killed anywhere", Sweep { consistency: 0.0, retries: false, calls: calls(|call| call % 11 == 3) });
}

#[test]
fn crash_anywhere_while_what_was_made_stays_unseen() {
    sweep("with eventual consistency", Sweep { consistency: 8.0, retries: false, calls: calls(|call| call % 13 == 2) });
}

#[test]
fn crash_anywhere_under_the_retries_of_the_sdk() {
    sweep("with the SDK's retries", Sweep { consistency: 0.0, retries: true, calls: calls(|call| call % 29 == 5) });
}
