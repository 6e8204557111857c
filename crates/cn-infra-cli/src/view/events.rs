//! What happens during an apply, in sentences; and what became of all of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::time::Duration;

use cn_infra_core::address::StepId;
use cn_infra_core::apply::Report;
use cn_infra_core::environment::Networks;
use cn_infra_core::event::{Event, Failure, Moved, Outcome};
use cn_infra_core::plan::{Action, Plan};

use super::color::{Ink, Style};
use super::difference::{What, change, row};
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
        Event::SlowedDown { step, why, after } => format!("  {step}: {}", slowed_down(why, *after)),
        Event::Finished { step, outcome, elapsed } => finished(step, outcome, *elapsed, style)?,
        Event::NotJournaled { why, hint } => style.paint(Ink::Warn, not_journaled(why, hint)),
        Event::Cancelled => style.paint(
            Ink::Warn,
            "  interrupted: starting nothing new, finishing what is in flight (Ctrl-C again drops it)",
        ),
    })
}

/// Why an undo will not know what follows.
pub fn not_journaled(why: &str, hint: &str) -> String {
    format!("  warning: {why}; the apply goes on, and `cn-infra undo` will not know what follows ({hint})")
}

/// `waiting: AWS asks to slow down (RequestLimitExceeded), 12 s`.
pub fn slowed_down(why: &str, after: Duration) -> String {
    format!("waiting: {why}, {}", time(after))
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
            Outcome::Failed(failure) => text += &failed("failed:", step, failure, style),
            Outcome::Stale { moved } => text += &stale(step, moved, &plan.networks, style),
            Outcome::Done | Outcome::NotStarted { .. } => {}
        }
    }
    text += &not_started(report, style);
    format!("\n{text}") + &style.paint(Ink::Strong, totals(report, plan)) + "\n"
}

/// Why a step failed, or would: the service's own words, the code and the id of the request, what to do.
pub fn failed(label: &str, step: &StepId, failure: &Failure, style: Style) -> String {
    let Failure { message, causes, hint: advice, code, request_id } = failure;
    let mut text = format!("{} {}\n", style.paint(Ink::Alarm, label), style.paint(Ink::Strong, step));
    let _ = writeln!(text, "  {}", hang(message, 2, None, style));
    for cause in causes {
        let _ = writeln!(text, "    caused by: {}", hang(cause, 15, None, style));
    }
    let code = code.as_ref().filter(|code| !message.contains(*code));
    let ids: Vec<_> = [("code", code), ("request", request_id.as_ref())]
        .into_iter()
        .filter_map(|(name, id)| Some(format!("{name} {}", id?)))
        .collect();
    if !ids.is_empty() {
        let _ = writeln!(text, "    {}", style.paint(Ink::Faint, ids.join(", ")));
    }
    text += &advice.as_ref().map_or_else(String::new, |advice| hint(advice, 4, style));
    text + "\n"
}

fn stale(step: &StepId, moved: &[Moved], networks: &Networks, style: Style) -> String {
    let label = style.paint(Ink::Alarm, "stale:");
    let mut text =
        format!("{label} {} moved since the plan was made; nothing was written\n", style.paint(Ink::Strong, step));
    for moved in moved {
        text += &three_ways(moved, networks, style);
    }
    text + "\n"
}

/// A field as it was reviewed, as it is now, and as it would have become; of a text the lines that moved.
fn three_ways(moved: &Moved, networks: &Networks, style: Style) -> String {
    let Moved { path, reviewed, live, wanted } = moved;
    if let what @ What::Text(_) = change(Some(reviewed), Some(live), networks) {
        return super::plan::rows(&[row(&format!("{path}, reviewed → live now"), what)], style);
    }
    let mut text = format!("  {path}\n");
    for (name, side) in [("reviewed", reviewed), ("live now", live), ("wanted", wanted)] {
        let _ = writeln!(text, "    {name:<9} {}", hang(&value::inline(side, networks), 14, None, style));
    }
    text
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
    let environments: Vec<_> = environments(plan).into_iter().collect();
    format!("Applied {applied} to {}{colon}{}.", environments.join(", "), others.join(", "))
}

/// The environments that a plan has steps in.
pub fn environments(plan: &Plan) -> BTreeSet<&str> {
    let of = plan.steps.iter().map(|step| step.id.address.environment.as_ref().unwrap_or(&plan.environment));
    of.chain(plan.steps.is_empty().then_some(&plan.environment)).map(String::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::sample::{plan, step};
    use serde_json::json;

    fn outcomes() -> Vec<(&'static str, Outcome)> {
        let failure = Failure {
            message: "PutBucketPolicy: you may not".into(),
            causes: vec!["the account blocks public policies".into()],
            hint: Some("lift BlockPublicPolicy on the account".into()),
            code: Some("AccessDenied".into()),
            request_id: Some("4442587FB7D0A2F9".into()),
        };
        let moved = Moved {
            path: "ingress.http.from".into(),
            reviewed: json!(["0.0.0.0/0", "::/0"]),
            live: json!(["0.0.0.0/0"]),
            wanted: json!(["198.51.100.7/32", "203.0.113.0/28"]),
        };
        let text = Moved {
            path: "policy_file".into(),
            reviewed: json!("{\n  \"Statement\": []\n}\n"),
            live: json!("{\n  \"Statement\": [1]\n}\n"),
            wanted: json!("none"),
        };
        let not_started = || Outcome::NotStarted { because: "needs bucket.media, which failed".into() };
        vec![
            ("instance.web", Outcome::Done),
            ("bucket.media", Outcome::Failed(failure)),
            ("security_group.web/rules", Outcome::Stale { moved: vec![moved, text] }),
            ("bucket.logs", not_started()),
            ("bucket.more", not_started()),
        ]
    }

    fn sample() -> (Report, Plan) {
        let steps = outcomes().into_iter().map(|(id, _)| step(id, Action::Update)).collect();
        let outcomes = outcomes().into_iter().map(|(id, outcome)| (id.parse().unwrap(), outcome)).collect();
        (Report { outcomes, ..Report::default() }, plan(steps))
    }

    #[test]
    fn a_report_says_what_failed_moved_and_was_not_tried() {
        let (report_, plan) = sample();
        insta::assert_snapshot!(report(&report_, &plan, Style::PLAIN), @r#"
        failed: bucket.media
          PutBucketPolicy: you may not
            caused by: the account blocks public policies
            code AccessDenied, request 4442587FB7D0A2F9
            hint: lift BlockPublicPolicy on the account

        stale: security_group.web/rules moved since the plan was made; nothing was written
          ingress.http.from
            reviewed  everyone (0.0.0.0/0, ::/0)
            live now  0.0.0.0/0
            wanted    developers (198.51.100.7/32, 203.0.113.0/28)
              policy_file, reviewed → live now
                  {
                -   "Statement": []
                +   "Statement": [
                +     1
                +   ]
                  }

        not started: bucket.logs, bucket.more (needs bucket.media, which failed)

        Applied 1 of 5 steps to production: 1 failed, 1 stale, 2 not started.
        "#);
    }

    #[test]
    fn a_report_of_success_is_one_line() {
        let plan = plan(vec![step("instance.web", Action::Update)]);
        let outcomes = [("instance.web".parse().unwrap(), Outcome::Done)].into();
        let report_ = Report { outcomes, ..Report::default() };
        insta::assert_snapshot!(report(&report_, &plan, Style::PLAIN), @"Applied 1 step to production.");
    }

    #[test]
    fn events_are_lines() {
        let step: StepId = "db_instance.main".parse().unwrap();
        let events = [
            Event::Began { steps: 1 },
            Event::Started { step: step.clone(), action: Action::Create },
            Event::Waiting { step: step.clone(), status: "backing-up".into(), elapsed: Duration::from_secs(200) },
            Event::Retrying { step: step.clone(), why: "Throttling".into(), after: Duration::from_millis(400) },
            Event::SlowedDown {
                step: step.clone(),
                why: "AWS asks to slow down (RequestLimitExceeded)".into(),
                after: Duration::from_secs(12),
            },
            Event::Cancelled,
            Event::Finished { step, outcome: Outcome::Done, elapsed: Duration::from_mins(125) },
        ];
        let lines: Vec<_> = events.iter().filter_map(|event| line(event, Style::PLAIN)).collect();
        insta::assert_snapshot!(lines.join("\n"), @"
        db_instance.main: creating
        db_instance.main: backing-up, 3 min 20 s
        db_instance.main: Throttling; again in 0.4 s
        db_instance.main: waiting: AWS asks to slow down (RequestLimitExceeded), 12 s
        interrupted: starting nothing new, finishing what is in flight (Ctrl-C again drops it)
        db_instance.main: done, 2 h 5 min
        ");
    }

    #[test]
    fn for_programs_every_event_is_a_line_and_the_last_has_all_outcomes() {
        use crate::view::json;
        let started = Event::Started { step: "instance.web".parse().unwrap(), action: Action::Create };
        assert_eq!(json::event(&started).to_string(), r#"{"event":"started","step":"instance.web","action":"create"}"#);
        let ended = json::ended(&sample().0);
        assert_eq!(ended["event"], "ended");
        assert_eq!(ended["outcomes"]["bucket.media"]["outcome"], "failed");
        assert_eq!(ended["outcomes"]["bucket.media"]["request_id"], "4442587FB7D0A2F9");
        assert_eq!(ended["outcomes"]["instance.web"]["outcome"], "done");
    }
}
