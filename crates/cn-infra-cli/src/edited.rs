//! What every command that edits files does: it plans from the files as they will be, shows their difference and the
//! plan, asks, writes, applies.
//!
//! Nothing is written before it is agreed to, so that declined, interrupted or blocked every byte is what it was.

use cn_infra_core::apply::ApplyOptions;
use cn_infra_core::environment::edit::{Edits, EditsError};
use cn_infra_core::plan::Plan;

use crate::arguments::Editing;
use crate::carry_out::CarryOut;
use crate::command::Context;
use crate::error::{CommandError, Result};
use crate::exit::ExitCode;
use crate::lock::{self, Force};
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
        let planning = async {
            let plan = planning.await?;
            self.show(&plan)?;
            Ok::<_, CommandError>(plan)
        };
        if self.editing.dry_run {
            let plan = planning.await?;
            return Ok(if plan.blocked.is_empty() { ExitCode::Done } else { ExitCode::Blocked });
        }
        lock::alone(survey, Force::NONE, self.context, async { self.agreed(survey, &planning.await?).await }).await
    }

    /// The same for several environments: every plan is shown before anything is asked, then each is applied as the only
    /// one that changes its environment.
    pub async fn carry_out_all(&self, planned: &[(Survey, Plan)]) -> Result<ExitCode> {
        let context = self.context;
        self.show_files()?;
        for (_, plan) in planned {
            context.view.data(&view::plan::plan(plan, context.view.stdout_style()))?;
        }
        let is_blocked = planned.iter().any(|(_, plan)| !plan.blocked.is_empty());
        if self.editing.dry_run {
            return Ok(if is_blocked { ExitCode::Blocked } else { ExitCode::Done });
        }
        let steps = planned.iter().map(|(_, plan)| plan.steps.len()).sum();
        self.agree(is_blocked, steps).await?;
        let mut code = ExitCode::Done;
        for (survey, plan) in planned.iter().filter(|(_, plan)| !plan.is_empty()) {
            let ended = lock::alone(survey, Force::NONE, context, self.apply(survey, plan)).await?;
            code = if code == ExitCode::Done { ended } else { code };
        }
        Ok(code)
    }

    fn show(&self, plan: &Plan) -> Result<()> {
        self.show_files()?;
        self.context.view.data(&view::plan::plan(plan, self.context.view.stdout_style()))
    }

    fn show_files(&self) -> Result<()> {
        let view = &self.context.view;
        for (path, file) in self.edits.files() {
            view.data(&view::file_difference(path, &file.before, &file.after, view.stdout_style()))?;
        }
        Ok(())
    }

    async fn agreed(&self, survey: &Survey, plan: &Plan) -> Result<ExitCode> {
        self.agree(!plan.blocked.is_empty(), plan.steps.len()).await?;
        self.apply(survey, plan).await
    }

    /// Asks, and writes the files.
    async fn agree(&self, is_blocked: bool, steps: usize) -> Result<()> {
        if is_blocked {
            return Err(CommandError::new("blocked; nothing was written").code(ExitCode::Blocked));
        }
        if !self.editing.yes {
            self.ask(steps).await?;
        }
        self.write()
    }

    async fn apply(&self, survey: &Survey, plan: &Plan) -> Result<ExitCode> {
        let context = self.context;
        let options = ApplyOptions { parallelism: usize::from(context.global.parallelism), ..ApplyOptions::default() };
        CarryOut { survey, options, json: false, view: &context.view }.run(plan).await
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
