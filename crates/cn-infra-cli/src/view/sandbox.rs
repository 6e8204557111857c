//! The simulated account: what is in it, its clock, its settings, its faults.

use cn_infra_sandbox::Contents;
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
    /// What was made in it, by account and region.
    pub contents: Vec<Contents>,
    /// Quotas and switches.
    pub settings: Settings,
    /// The faults that wait.
    pub faults: Vec<Fault>,
}

/// As text.
pub fn status(status: &Status) -> String {
    let Status { account, now, contents, settings, faults } = status;
    let mut text = format!("account {account} · {}\n", now.strftime("%Y-%m-%d %H:%M:%S UTC"));
    if contents.is_empty() {
        text.push_str("\nNothing was made in it yet.\n");
    }
    let rows =
        |place: &Contents| place.counts.iter().map(|(kind, count)| (*kind, count.to_string())).collect::<Vec<_>>();
    let column = column(contents.iter().flat_map(|place| place.counts.keys().copied()));
    for place in contents {
        text += &["\n", &heading(place, account), "\n", &table(&rows(place), column)].concat();
    }
    let settings = changed(settings);
    if !settings.is_empty() {
        text += &["\nsettings\n", &aligned(&settings)].concat();
    }
    if !faults.is_empty() {
        text += &["\nfaults\n", &self::faults(faults)].concat();
    }
    text
}

/// Where it is: the account is said where it is not the one that the directory is for.
fn heading(place: &Contents, account: &str) -> String {
    let region = place.region.as_deref().unwrap_or("all regions");
    if place.account == account { region.to_owned() } else { format!("account {} · {region}", place.account) }
}

/// The settings that are not as at the start.
fn changed(settings: &Settings) -> Vec<(&str, String)> {
    let Settings { limits, consistency_delay, latency, quotas } = settings;
    let seconds = |name, seconds: f64| (seconds > 0.0).then(|| (name, format!("{seconds} s")));
    let limits = limits.then(|| ("request budgets", "as on AWS".to_owned()));
    let latency = seconds("every answer takes", *latency);
    let delay = seconds("what was just made is not found for", *consistency_delay);
    let quotas = quotas.iter().map(|(name, quota)| (name.as_str(), format!("quota {quota}")));
    limits.into_iter().chain(latency).chain(delay).chain(quotas).collect()
}

/// The faults that wait, a line each.
pub fn faults(faults: &[Fault]) -> String {
    if faults.is_empty() {
        return "No fault waits.\n".to_owned();
    }
    let rows: Vec<_> = faults.iter().map(|fault| (fault.operation.as_str(), words(fault))).collect();
    aligned(&rows)
}

fn column<'a>(labels: impl Iterator<Item = &'a str>) -> usize {
    labels.map(width).max().unwrap_or_default() + 2
}

fn aligned(rows: &[(&str, String)]) -> String {
    table(rows, column(rows.iter().map(|(label, _)| *label)))
}

fn table(rows: &[(&str, String)], column: usize) -> String {
    let lines: Vec<_> = rows.iter().map(|(label, text)| format!("  {:column$}{text}\n", printable(label))).collect();
    lines.concat()
}

fn words(fault: &Fault) -> String {
    let Fault { effect, code, status, seconds, at, times, seen, .. } = fault;
    let error = |default: &str| {
        let status = status.map_or_else(String::new, |status| format!(" ({status})"));
        format!("answers {}{status}", code.as_deref().unwrap_or(default))
    };
    let effect = match effect {
        Effect::Fail => error("InternalError"),
        Effect::Throttle => error("that requests come too fast"),
        Effect::Delay => format!("answers {} s later", seconds.unwrap_or(1.0)),
        Effect::Hang => "never answers".to_owned(),
        Effect::Cut => "cuts the connection before anything is done".to_owned(),
        Effect::Garbage => "answers what is no document".to_owned(),
        Effect::LoseAnswer => "does it and cuts the connection".to_owned(),
    };
    let from = at.unwrap_or(1);
    let which = match (at, times) {
        (None, None) => "at every call".to_owned(),
        (Some(at), None | Some(1)) => format!("at call {at}"),
        (None, Some(1)) => "at the next call".to_owned(),
        (_, Some(times)) => format!("at calls {from} to {}", from + times.saturating_sub(1)),
    };
    format!("{effect}, {which}; {} so far", super::count(usize::try_from(*seen).unwrap_or(usize::MAX), "call"))
}
