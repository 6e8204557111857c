//! What happens during an apply, in sentences; and what became of all of it.

use std::collections::BTreeMap;
use std::time::Duration;

use cn_infra_core::address::StepId;
use cn_infra_core::apply::Report;
use cn_infra_core::environment::Networks;
use cn_infra_core::event::{Event, Failure, Moved, Outcome};
use cn_infra_core::plan::{Action, Plan};
use serde_json::Value;

use super::color::{Ink, Style};
use super::findings::hint;
use super::layout::{count, hang};
use super::value;

/// One event as a line, if it is worth one; `quiet_for` is the time since this step last had one.
pub fn line(event: &Event, style: Style) -> Option<String> {
    Some(match event {
        Event::Began { .. } => return None,
        Event::Started { step, action } => format!("  {step}: {}", doing(*action)),
        Event::Waiting { step, status, elapsed } => format!("  {step}: {status}, {}", time(*elapsed)),
        Event::Retrying { step, why, after } => format!("  {step}: {why}; again in {}", time(*after)),
        Event::Finished { step, outcome, elapsed } => finished(step, outcome, *elapsed, style)?,
        Event::Cancelled => style.paint(
            Ink::Warn,
            "  interrupted: starting nothing new, finishing what is in flight (Ctrl-C again drops it)",
        ),
    })
}

/// `creating`.
pub fn doing(action: Action) -> &'static str {
    match action {
        Action::Create => "creating",
        Action::Update => "updating",
        Action::Delete => "deleting",
    }
}

fn finished(step: &StepId, outcome: &Outcome, elapsed: Duration, style: Style) -> Option<String> {
    let (ink, word) = match outcome {
        Outcome::Done => (Ink::Add, "done"),
        Outcome::Failed(_) => (Ink::Alarm, "failed"),
        Outcome::Stale { .. } => (Ink::Alarm, "stale"),
        Outcome::NotStarted { .. } => return None,
    };
    Some(format!("  {step}: {}, {}", style.paint(ink, word), time(elapsed)))
}

/// A time as people say it: `0.4 s`, `48 s`, `3 min 20 s`, `2 h 5 min`.
pub fn time(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", time.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

/// What became of a plan: failures with their causes, stale steps three-way, what was not started, and the totals.
pub fn report(report: &Report, plan: &Plan, style: Style) -> String {
    let mut text = String::new();
    let in_order = plan.steps.iter().filter_map(|step| Some((&step.id, report.outcomes.get(&step.id)?)));
    for (step, outcome) in in_order {
        match outcome {
            Outcome::Done => {}
            Outcome::Failed(failure) => text += &failed(step, failure, style),
            Outcome::Stale { moved } => text += &stale(step, moved, &plan.networks, style),
            Outcome::NotStarted { .. } => {}
        }
    }
    text += &not_started(report, style);
    text + &style.paint(Ink::Strong, totals(report, plan)) + "\n"
}

fn failed(step: &StepId, failure: &Failure, style: Style) -> String {
    let Failure { message, causes, hint: advice, code, request_id } = failure;
    let mut text = format!("{} {}\n", style.paint(Ink::Alarm, "failed:"), style.paint(Ink::Strong, step));
    text += &format!("  {}\n", hang(message, 2, None, style));
    for cause in causes {
        text += &format!("    caused by: {}\n", hang(cause, 15, None, style));
    }
    let ids: Vec<_> = [("code", code), ("request", request_id)]
        .into_iter()
        .filter_map(|(name, id)| Some(format!("{name} {}", id.as_ref()?)))
        .collect();
    if !ids.is_empty() {
        text += &format!("    {}\n", style.paint(Ink::Faint, ids.join(", ")));
    }
    text += &advice.as_ref().map_or_else(String::new, |advice| hint(advice, 4, style));
    text + "\n"
}

fn stale(step: &StepId, moved: &[Moved], networks: &Networks, style: Style) -> String {
    let label = style.paint(Ink::Alarm, "stale:");
    let mut text = format!("{label} {} moved since the plan was made; nothing was written\n", style.paint(Ink::Strong, step));
    for Moved { path, reviewed, live, wanted } in moved {
        text += &format!("  {path}\n");
        for (name, side) in [("reviewed", reviewed), ("live now", live), ("wanted", wanted)] {
            text += &format!("    {name:<9} {}\n", hang(&side_text(side, networks), 14, None, style));
        }
    }
    text + "\n"
}

fn side_text(side: &Value, networks: &Networks) -> String {
    value::inline(side, networks)
}

/// Steps that were not tried, those with the same reason together.
fn not_started(report: &Report, style: Style) -> String {
    let mut by_reason: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (step, outcome) in &report.outcomes {
        if let Outcome::NotStarted { because } = outcome {
            by_reason.entry(because).or_default().push(step.to_string());
        }
    }
    let label = style.paint(Ink::Warn, "not started:");
    let line = |(because, steps): (&&str, &Vec<String>)| {
        format!("{label} {}\n", hang(&format!("{} ({because})", steps.join(", ")), 13, None, style))
    };
    let lines: String = by_reason.iter().map(line).collect();
    if lines.is_empty() { lines } else { lines + "\n" }
}

/// `Applied 3 of 5 steps to production: 1 failed, 1 not started.`
fn totals(report: &Report, plan: &Plan) -> String {
    let number = |is: fn(&Outcome) -> bool| report.outcomes.values().filter(|outcome| is(outcome)).count();
    let done = number(|outcome| *outcome == Outcome::Done);
    let others = [
        (number(|outcome| matches!(outcome, Outcome::Failed(_))), "failed"),
        (number(|outcome| matches!(outcome, Outcome::Stale { .. })), "stale"),
        (number(|outcome| matches!(outcome, Outcome::NotStarted { .. })), "not started"),
    ];
    let others: Vec<_> =
        others.iter().filter(|(number, _)| *number > 0).map(|(number, word)| format!("{number} {word}")).collect();
    let all = plan.steps.len();
    let applied = if done == all { count(all, "step") } else { format!("{done} of {}", count(all, "step")) };
    let colon = if others.is_empty() { "" } else { ": " };
    format!("Applied {applied} to {}{colon}{}.", plan.environment, others.join(", "))
}
