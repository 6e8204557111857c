//! Progress of an apply: a line per running step on a terminal, plain lines elsewhere, JSON lines for programs.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use cn_infra_core::address::StepId;
use cn_infra_core::event::{Event, Reporter};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::color::Style;
use super::{View, events, json};

/// How often a waiting step is mentioned where lines stay.
const HEARTBEAT: Duration = Duration::from_secs(30);
/// How often a running step's time moves.
const TICK: Duration = Duration::from_millis(120);

/// The reporter that fits the view. Times of events pass `speed` times as fast as those of whoever looks on.
pub fn reporter<'a>(view: &'a View, as_json: bool, speed: f64) -> Box<dyn Reporter + 'a> {
    if as_json {
        Box::new(|event: &Event| {
            // A reader that is gone is no reason to stop an apply.
            let _ = view.data(&format!("{}\n", json::event(event)));
        })
    } else if view.is_quiet() {
        Box::new(|event: &Event| {
            if let Event::NotJournaled { why, hint } = event {
                view.report(&format!("{}\n", events::not_journaled(why, hint)));
            }
        })
    } else if view.stderr_is_terminal() {
        Box::new(Bars::new(view.stderr_style(), speed))
    } else {
        Box::new(Lines { view, heartbeat: HEARTBEAT.mul_f64(speed), said: BTreeMap::new() })
    }
}

/// A line per running step, redrawn in place; lines of finished steps stay above.
struct Bars {
    style: Style,
    speed: f64,
    all: MultiProgress,
    running: BTreeMap<StepId, ProgressBar>,
}

impl Bars {
    fn new(style: Style, speed: f64) -> Self {
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        Self { style, speed, all, running: BTreeMap::new() }
    }

    fn start(&mut self, step: &StepId, doing: &str) {
        let bar = self.all.add(ProgressBar::new_spinner());
        if let Ok(look) = ProgressStyle::with_template("  {spinner} {prefix}   {time}   {wide_msg}") {
            let speed = self.speed;
            // A terminal that cannot be written to is no reason to stop an apply.
            let time = move |state: &ProgressState, into: &mut dyn Write| {
                let _ = into.write_str(&events::time(state.elapsed().mul_f64(speed)));
            };
            bar.set_style(look.with_key("time", time));
        }
        bar.set_prefix(step.to_string());
        bar.set_message(doing.to_owned());
        bar.enable_steady_tick(TICK);
        self.running.insert(step.clone(), bar);
    }

    fn say(&self, step: &StepId, text: String) {
        if let Some(bar) = self.running.get(step) {
            bar.set_message(text);
        }
    }
}

impl Reporter for Bars {
    fn event(&mut self, event: &Event) {
        match event {
            Event::Started { step, action } => return self.start(step, events::doing(*action)),
            Event::Waiting { step, status, elapsed: _ } => return self.say(step, status.clone()),
            Event::Retrying { step, why, after } => {
                return self.say(step, format!("{why}; again in {}", events::time(*after)));
            }
            Event::SlowedDown { step, why, after } => return self.say(step, events::slowed_down(why, *after)),
            Event::Finished { step, .. } => {
                if let Some(bar) = self.running.remove(step) {
                    bar.finish_and_clear();
                }
            }
            Event::Began { .. } | Event::NotJournaled { .. } | Event::Cancelled => {}
        }
        if let Some(line) = events::line(event, self.style) {
            // A terminal that cannot be written to is no reason to stop an apply.
            let _ = self.all.println(line);
        }
    }
}

/// Lines that stay: one when a step begins and ends, one when its status changes, and a heartbeat.
struct Lines<'a> {
    view: &'a View,
    heartbeat: Duration,
    said: BTreeMap<StepId, (String, Duration)>,
}

impl Lines<'_> {
    /// Whether a waiting step says something new, or was silent for long.
    fn is_due(&mut self, event: &Event) -> bool {
        let Event::Waiting { step, status, elapsed } = event else { return true };
        let due = self.said.get(step).is_none_or(|(said, at)| said != status || *elapsed >= *at + self.heartbeat);
        if due {
            self.said.insert(step.clone(), (status.clone(), *elapsed));
        }
        due
    }
}

impl Reporter for Lines<'_> {
    fn event(&mut self, event: &Event) {
        if self.is_due(event)
            && let Some(line) = events::line(event, self.view.stderr_style())
        {
            self.view.say(&format!("{line}\n"));
        }
    }
}
