//! What every command that edits files does: it plans from the files as they will be, shows their difference and the
//! plan, asks, writes, applies.
//!
//! Nothing is written before it is agreed to, so that declined, interrupted or blocked every byte is what it was.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

use cn_infra_core::apply::ApplyOptions;
use cn_infra_core::environment::edit::{Edits, EditsError};
use cn_infra_core::journal::Journal;
use cn_infra_core::plan::Plan;

use crate::arguments::Editing;
use crate::carry_out::CarryOut;
use crate::command::Context;
use crate::error::{CommandError, Result};
use crate::exit::ExitCode;
use crate::interrupts::before_writing;
use crate::lock::{Force, alone};
use crate::survey::{Access, Subject, Survey};
use crate::view::{self, Answer, View};

/// Files that are to change, and how far the command goes.
pub struct Edited<'a> {
    /// The changes.
    pub edits: Edits,
    editing: &'a Editing,
    context: &'a Context,
}

impl<'a> Edited<'a> {
    /// No change yet. Somebody has to agree: at the terminal, or by `--yes`.
    pub fn new(editing: &'a Editing, context: &'a Context) -> Result<Self> {
        if !editing.yes && !editing.dry_run && !View::can_ask() {
            return Err(CommandError::usage("there is no terminal to ask at")
                .hint("add --yes to go on without being asked, or --dry-run to see what it would do"));
        }
        Ok(Self { edits: Edits::default(), editing, context })
    }

    /// An environment as it will be, with a session that may write unless nothing is to be written.
    pub async fn open(&self, name: &str) -> Result<Survey> {
        let access = if self.editing.dry_run { Access::Read } else { Access::Write };
        Subject::load_from(&self.edits, name, self.context)?.open(access, self.context).await
    }

    /// Plans and shows; then, as the only one that changes the environment, asks, writes the files and applies.
    pub async fn carry_out(&self, survey: &Survey, planning: impl Future<Output = Result<Plan>>) -> Result<ExitCode> {
        let planning = async { Ok(vec![planning.await?]) };
        self.carry_out_all(std::slice::from_ref(survey), planning).await
    }

    /// The same for several environments, a plan each, carried out one after the other.
    pub async fn carry_out_all(
        &self,
        surveys: &[Survey],
        planning: impl Future<Output = Result<Vec<Plan>>>,
    ) -> Result<ExitCode> {
        self.carry_out_after(surveys, planning, async || Ok(())).await
    }

    /// The same, with something to do once it is agreed to, before anything is written.
    pub async fn carry_out_after(
        &self,
        surveys: &[Survey],
        planning: impl Future<Output = Result<Vec<Plan>>>,
        first: impl AsyncFnOnce() -> Result<()>,
    ) -> Result<ExitCode> {
        let planning = before_writing(async {
            let plans = planning.await?;
            self.show(&plans)?;
            Ok(plans)
        });
        if self.editing.dry_run {
            let plans = planning.await?;
            return Ok(if plans.iter().all(|plan| plan.blocked.is_empty()) {
                ExitCode::Done
            } else {
                ExitCode::Blocked
            });
        }
        let work = Box::pin(async { self.agreed(surveys, &planning.await?, first).await });
        alone(surveys, Force::NONE, self.context, work).await
    }

    fn show(&self, plans: &[Plan]) -> Result<()> {
        let view = &self.context.view;
        for (path, file) in self.edits.files() {
            view.data(&view::file_difference(path, &file.before, &file.after, view.stdout_style()))?;
        }
        plans.iter().try_for_each(|plan| view.data(&view::plan::plan(plan, view.stdout_style())))
    }

    async fn agreed(
        &self,
        surveys: &[Survey],
        plans: &[Plan],
        first: impl AsyncFnOnce() -> Result<()>,
    ) -> Result<ExitCode> {
        if plans.iter().any(|plan| !plan.blocked.is_empty()) {
            return Err(CommandError::new("blocked; nothing was written").code(ExitCode::Blocked));
        }
        if !self.editing.yes {
            self.ask(plans.iter().map(|plan| plan.steps.len()).sum()).await?;
        }
        before_writing(first()).await?;
        let context = self.context;
        let mut journals = self.journals(surveys, plans);
        self.write()?;
        let mut code = ExitCode::Done;
        for (survey, plan) in surveys.iter().zip(plans) {
            let Some(journal) = journals.remove(&plan.environment) else { continue };
            if plan.steps.is_empty() {
                context.view.warn_unless_kept(journal.close());
            } else if code == ExitCode::Done {
                let parallelism = usize::from(context.global.parallelism);
                let options = ApplyOptions { parallelism, ..ApplyOptions::default() };
                code = CarryOut { survey, options, journal, json: false, view: &context.view }.run(plan).await?;
            }
        }
        Ok(code)
    }

    /// A journal for each plan with steps, or for one without: whichever is undone first puts the files back.
    fn journals(&self, surveys: &[Survey], plans: &[Plan]) -> BTreeMap<String, Arc<Journal>> {
        let mut journals = BTreeMap::new();
        let none_has_steps = plans.iter().all(|plan| plan.steps.is_empty());
        let kept = surveys.iter().zip(plans).filter(|(_, plan)| none_has_steps || !plan.steps.is_empty());
        for (survey, plan) in kept.take(if none_has_steps { 1 } else { plans.len() }) {
            let journal = self.context.journal(plan, survey.clock.now());
            for (path, file) in self.edits.files() {
                self.context.view.warn_unless_kept(journal.file_edited(path, &file.before, &file.after));
            }
            journals.insert(plan.environment.clone(), journal);
        }
        journals
    }

    async fn ask(&self, steps: usize) -> Result<()> {
        let question = format!("{} apply {}?", self.writing(), view::count(steps, "step"));
        match self.context.view.ask(&question).await {
            Answer::Yes => Ok(()),
            Answer::No => Err(CommandError::new("declined; nothing was written")),
            Answer::Interrupted => {
                Err(CommandError::new("interrupted; nothing was written").code(ExitCode::Interrupted))
            }
        }
    }

    /// `Write environments/production.toml and`
    fn writing(&self) -> String {
        let paths: Vec<_> = self.edits.files().map(|(path, _)| path.display().to_string()).collect();
        format!("Write {} and", paths.join(", "))
    }

    /// Writes the files: the one place where they change.
    fn write(&self) -> Result<()> {
        self.edits.write().map_err(|error| match error {
            EditsError::Changed { .. } => CommandError::new(format!("{error}; nothing was written")),
            error => error.into(),
        })
    }
}
