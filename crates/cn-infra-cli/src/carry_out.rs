//! Carrying out a plan at the terminal: progress, Ctrl-C, and the report at the end.

use std::sync::Arc;
use std::time::Instant;

use cn_infra_core::apply::{ApplyOptions, Cancellation, Report};
use cn_infra_core::event::Outcome;
use cn_infra_core::journal::Journal;
use cn_infra_core::plan::Plan;

use crate::error::{CommandError, Result};
use crate::exit::ExitCode;
use crate::interrupts::Interrupts;
use crate::survey::Survey;
use crate::view::{self, View};
use cn_infra_core::apply::apply;

/// How a plan is carried out, and where that is shown.
pub struct CarryOut<'a> {
    /// The environment's session.
    pub survey: &'a Survey,
    /// How.
    pub options: ApplyOptions,
    /// What an undo of it will know; see [`Context::journal`](crate::command::Context::journal).
    pub journal: Arc<Journal>,
    /// Show events as JSON lines.
    pub json: bool,
    /// Where it is shown.
    pub view: &'a View,
}

impl CarryOut<'_> {
    /// Carries the plan out and reports.
    pub async fn run(&self, plan: &Plan) -> Result<ExitCode> {
        let began = Instant::now();
        self.view.say("\n");
        let report = self.until_interrupted(plan).await.ok_or_else(|| dropped(plan))?;
        self.view.warn_unless_kept(self.journal.close());
        if self.json {
            self.view.data(&format!("{}\n", view::json::ended(&report)))?;
        } else {
            self.view.report(&view::events::report(&report, plan, self.view.stderr_style()));
        }
        #[cfg(feature = "who")]
        self.tell_who(plan, &report).await;
        let calls = &self.survey.session.calls;
        self.view.say(&format!(
            "{}, {}.\n",
            view::count(calls.count(), "API call"),
            view::events::time(began.elapsed())
        ));
        let code = exit_code(Some(&report), plan);
        // Nobody interrupted it: it stopped because its lease was lost.
        let is_lost = code == ExitCode::Interrupted && self.survey.session.fence.why().is_some();
        Ok(if is_lost { ExitCode::Failed } else { code })
    }

    /// Who changed what is stale.
    #[cfg(feature = "who")]
    async fn tell_who(&self, plan: &Plan, report: &Report) {
        let found = cn_infra_aws::who::who(plan, report, &self.survey.session, &*self.survey.clock).await;
        self.view.report(&view::who::changed(&found, self.view.stderr_style()));
    }

    /// The first request to stop starts nothing new, the second drops what is in flight.
    async fn until_interrupted(&self, plan: &Plan) -> Option<Report> {
        let Survey { kinds, managers, clock, speed, .. } = self.survey;
        let cancellation = Cancellation::default();
        let mut reporter = view::progress::reporter(self.view, self.json, *speed);
        let options = ApplyOptions { journal: Some(self.journal.clone()), ..self.options.clone() };
        let applying = apply(plan, kinds, managers, &options, &**clock, &cancellation, &mut *reporter);
        tokio::pin!(applying);
        let mut interrupts = Interrupts::listen();
        loop {
            tokio::select! {
                report = &mut applying => return Some(report),
                why = self.survey.session.fence.closed(), if !cancellation.is_cancelled() => {
                    self.view.say(&format!("\n{why}: nothing more is written\n"));
                    cancellation.cancel();
                }
                () = interrupts.next() => {
                    if cancellation.is_cancelled() {
                        self.survey.session.fence.abandon();
                        return None;
                    }
                    cancellation.cancel();
                }
            }
        }
    }
}

fn dropped(plan: &Plan) -> CommandError {
    let error = CommandError::new("interrupted while calls were in flight; whether they took effect is not known");
    let environments = view::events::environments(plan);
    let of = if environments.len() > 1 { "--all" } else { &plan.environment };
    let hint = format!("`cn-infra plan {of}` shows what is left; what was created bears our tags");
    error.code(ExitCode::Interrupted).hint(hint)
}

/// How an apply ends: interrupted, failed, stale, blocked, done, the first that holds.
pub fn exit_code(report: Option<&Report>, plan: &Plan) -> ExitCode {
    let any = |is: fn(&Outcome) -> bool| report.is_some_and(|report| report.outcomes.values().any(is));
    if report.is_some_and(|report| report.cancelled && !report.is_success()) {
        ExitCode::Interrupted
    } else if any(|outcome| matches!(outcome, Outcome::Failed(_))) {
        ExitCode::Failed
    } else if any(|outcome| matches!(outcome, Outcome::Stale { .. })) {
        ExitCode::Stale
    } else if plan.blocked.is_empty() {
        ExitCode::Done
    } else {
        ExitCode::Blocked
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::sample;
    use cn_infra_core::event::Failure;

    fn failed() -> Outcome {
        Outcome::Failed(Failure { message: "no".into(), causes: Vec::new(), hint: None, code: None, request_id: None })
    }

    #[test]
    fn the_worst_outcome_decides() {
        let outcomes = [Outcome::Done, Outcome::Stale { moved: Vec::new() }, failed()];
        let report = |count: usize, cancelled| Report {
            outcomes: (0..count)
                .map(|index| (format!("instance.i{index}").parse().unwrap(), outcomes[index].clone()))
                .collect(),
            cancelled,
            ..Report::default()
        };
        let plan = sample::plan(Vec::new());
        let blocked = Plan { blocked: vec![sample::blocked()], ..plan.clone() };
        assert_eq!(exit_code(None, &plan), ExitCode::Done);
        assert_eq!(exit_code(Some(&report(1, false)), &plan), ExitCode::Done);
        assert_eq!(exit_code(Some(&report(1, false)), &blocked), ExitCode::Blocked);
        assert_eq!(exit_code(Some(&report(2, false)), &blocked), ExitCode::Stale);
        assert_eq!(exit_code(Some(&report(3, false)), &blocked), ExitCode::Failed);
        assert_eq!(exit_code(Some(&report(3, true)), &blocked), ExitCode::Interrupted);
        assert_eq!(exit_code(Some(&report(1, true)), &plan), ExitCode::Done, "Ctrl-C came too late to leave anything");
    }
}
