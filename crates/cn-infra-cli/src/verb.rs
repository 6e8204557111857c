//! Commands that change lines of environment files and carry out what follows: `adopt`, `ip`, `ingress`, `network`.

use std::future::Future;
use std::pin::Pin;

use cn_infra_core::address::{Address, StepId};
use cn_infra_core::apply::ApplyOptions;
use cn_infra_core::live::Live;
use cn_infra_core::plan::{Plan, PlanOptions};

use crate::carry_out::CarryOut;
use crate::command::Context;
use crate::edited::Edited;
use crate::error::{CommandError, Result};
use crate::exit::ExitCode;
use crate::lock::{self, Force};
use crate::survey::{Access, Subject, Survey};
use crate::view::{self, Answer, View};

/// A change of files, and the plans that carry it out.
pub struct Verb<'a> {
    /// The files as they would be.
    pub edited: Edited,
    /// The environments that are planned, in this order, and what of each.
    pub environments: Vec<(String, Vec<Address>)>,
    /// Options of the plans, but what they are about.
    pub options: PlanOptions,
    /// Each step only after the one before it.
    pub in_order: bool,
    /// Do not ask.
    pub yes: bool,
    /// Show, and write nothing.
    pub dry_run: bool,
    /// The options of every command.
    pub context: &'a Context,
}

/// One environment, and what there is.
pub struct Planned<'a> {
    /// The environment as it would be.
    pub survey: &'a Survey,
    /// What there is.
    pub live: Live,
    /// What would be done.
    pub plan: Plan,
}

/// Remarks on plans that are to be read before they are agreed to; an error holds them back.
pub type Remarks<'a> = &'a dyn Fn(&[Planned<'_>]) -> Result<Vec<String>>;

impl Verb<'_> {
    /// Somebody has to agree: at the terminal, or by `--yes`.
    pub fn check_can_ask(yes: bool, dry_run: bool) -> Result<()> {
        if yes || dry_run || View::can_ask() {
            return Ok(());
        }
        Err(CommandError::usage("there is no terminal to ask at")
            .hint("add --yes to apply without being asked, or --dry-run to see what it would do"))
    }

    /// Plans, shows, asks, writes the files and applies.
    pub async fn run(&self, remarks: Remarks<'_>) -> Result<ExitCode> {
        let access = if self.dry_run { Access::Read } else { Access::Write };
        let mut surveys = Vec::new();
        for (name, _) in &self.environments {
            let kinds = cn_infra_aws::kinds();
            let environment = self.context.directory()?.load_from(&self.edited, name, &kinds)?;
            surveys.push(Subject::of(environment, kinds).open(access, self.context).await?);
        }
        if self.dry_run {
            self.plan(&surveys, remarks).await?;
            return Ok(ExitCode::Done);
        }
        alone(&surveys, self.context, Box::pin(self.carry_out(&surveys, remarks))).await
    }

    async fn carry_out(&self, surveys: &[Survey], remarks: Remarks<'_>) -> Result<ExitCode> {
        let planned = self.plan(surveys, remarks).await?;
        if planned.iter().any(|planned| !planned.plan.blocked.is_empty()) {
            return Err(CommandError::new("blocked; nothing was written").code(ExitCode::Blocked));
        }
        let steps: usize = planned.iter().map(|planned| planned.plan.steps.len()).sum();
        self.agree(steps).await?;
        self.edited.write()?;
        let mut code = ExitCode::Done;
        for Planned { survey, plan, .. } in &planned {
            if plan.steps.is_empty() || code != ExitCode::Done {
                continue;
            }
            let parallelism = usize::from(self.context.global.parallelism);
            let options = ApplyOptions { parallelism, ..ApplyOptions::default() };
            code = CarryOut { survey, options, json: false, view: &self.context.view }.run(plan).await?;
        }
        Ok(code)
    }

    /// Plans, and shows what it comes to.
    async fn plan<'a>(&self, surveys: &'a [Survey], remarks: Remarks<'_>) -> Result<Vec<Planned<'a>>> {
        let mut planned = Vec::new();
        for (survey, (_, only)) in surveys.iter().zip(&self.environments) {
            let live = survey.observe().await?;
            let mut plan = survey.plan_of(&live, &PlanOptions { only: only.clone(), ..self.options.clone() })?;
            if self.in_order {
                put_in_order(&mut plan, only);
            }
            planned.push(Planned { survey, live, plan });
        }
        let remarks = remarks(&planned)?;
        let (view, style) = (&self.context.view, self.context.view.stdout_style());
        self.edited.show(self.context)?;
        for Planned { plan, .. } in &planned {
            view.data(&view::plan::plan(plan, style))?;
        }
        for remark in remarks {
            view.data(&format!("  {remark}\n"))?;
        }
        Ok(planned)
    }

    async fn agree(&self, steps: usize) -> Result<()> {
        if self.yes {
            return Ok(());
        }
        let files = self.edited.paths().join(" and ");
        let question = match (files.as_str(), steps) {
            ("", 0) => return Ok(()),
            ("", _) => format!("Apply {}?", view::count(steps, "step")),
            (files, 0) => format!("Write {files}? Nothing else is to be done."),
            (files, _) => format!("Write {files} and apply {}?", view::count(steps, "step")),
        };
        match self.context.view.ask(&question).await {
            Answer::Yes => Ok(()),
            Answer::No => Err(CommandError::new("declined; nothing was written")),
            Answer::Interrupted => {
                Err(CommandError::new("interrupted; nothing was written").code(ExitCode::Interrupted))
            }
        }
    }
}

/// Makes each resource's steps wait for those of the resource before it.
fn put_in_order(plan: &mut Plan, order: &[Address]) {
    let steps_of = |plan: &Plan, address: &Address| -> Vec<StepId> {
        plan.steps.iter().map(|step| step.id.clone()).filter(|id| id.address == *address).collect()
    };
    for pair in order.windows(2) {
        let before = steps_of(plan, &pair[0]);
        for step in plan.steps.iter_mut().filter(|step| step.id.address == pair[1]) {
            step.needs.extend(before.clone());
            step.needs.sort();
            step.needs.dedup();
        }
    }
    // Each step stands after those it needs.
    plan.steps.sort_by_key(|step| order.iter().position(|address| *address == step.id.address));
}

type Work<'a> = Pin<Box<dyn Future<Output = Result<ExitCode>> + 'a>>;

/// Does work as the only one in each of the environments.
fn alone<'a>(surveys: &'a [Survey], context: &'a Context, work: Work<'a>) -> Work<'a> {
    match surveys {
        [] => work,
        [first, rest @ ..] => Box::pin(lock::alone(first, Force::NONE, context, alone(rest, context, work))),
    }
}
