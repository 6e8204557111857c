//! The simulated account: what is in it, its clock, its faults.

use std::collections::BTreeMap;

use cn_infra_sandbox::faults::{Effect, Fault};
use cn_infra_sandbox::settings::Settings;
use jiff::Timestamp;
use serde::Serialize;

use super::layout::{printable, width};

/// What is told of an account.
#[derive(Debug, Serialize)]
pub struct Status {
    /// Its number.
    pub account: String,
    /// The virtual time.
    pub now: Timestamp,
    /// Quotas and switches.
    pub settings: Settings,
    /// The faults that wait.
    pub faults: Vec<Fault>,
    /// How many rows each table has.
    pub counts: BTreeMap<String, usize>,
}

/// As text.
pub fn status(status: &Status) -> String {
    let mut text = format!("account {} · {}\n", status.account, status.now.strftime("%Y-%m-%d %H:%M:%S UTC"));
    let rows: Vec<_> = status.counts.iter().map(|(path, count)| (path.as_str(), count.to_string())).collect();
    text.push_str(&table(&rows));
    if !status.faults.is_empty() {
        text.push_str("faults\n");
        text.push_str(&faults(&status.faults));
    }
    text
}

/// The faults that wait, a line each.
pub fn faults(faults: &[Fault]) -> String {
    if faults.is_empty() {
        return "No fault waits.\n".to_owned();
    }
    let rows: Vec<_> = faults.iter().map(|fault| (fault.operation.as_str(), words(fault))).collect();
    table(&rows)
}

fn table(rows: &[(&str, String)]) -> String {
    let column = rows.iter().map(|(label, _)| width(label)).max().unwrap_or_default() + 2;
    rows.iter().map(|(label, text)| format!("  {:column$}{text}\n", printable(label))).collect()
}

fn words(fault: &Fault) -> String {
    let effect = match fault.effect {
        Effect::Fail => format!("answers {}", fault.code.as_deref().unwrap_or("InternalError")),
        Effect::Throttle => "answers that requests come too fast".to_owned(),
        Effect::Delay => format!("answers {} s later", fault.seconds.unwrap_or(1.0)),
        Effect::Hang => "never answers".to_owned(),
        Effect::Cut => "cuts the connection before anything is done".to_owned(),
        Effect::Garbage => "answers what is no document".to_owned(),
        Effect::LoseAnswer => "does it and cuts the connection".to_owned(),
    };
    let (from, seen) = (fault.at.unwrap_or(1), fault.seen);
    match (fault.at, fault.times) {
        (None, None) => format!("{effect}, at every call; {seen} so far"),
        (Some(at), None) => format!("{effect}, at call {at}; {seen} so far"),
        (_, Some(times)) => format!("{effect}, at calls {from} to {}; {seen} so far", from + times.saturating_sub(1)),
    }
}
