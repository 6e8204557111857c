//! `cn-infra undo`: plans the inverse of the last apply from its journal, shows, asks and carries it out.
//!
//! The environment's file stays the truth: where the command itself changed it, the old text comes back with the undo; what
//! a person wrote is theirs, and the undo says what it still asks for.

use std::sync::Arc;

use cn_infra_core::address::{Address, StepId};
use cn_infra_core::journal::{FileChange, FileChanges, Header, Journal, Past};
use cn_infra_core::observe::observe_undoable;
use cn_infra_core::plan::{Plan, undo};

use super::apply;
use crate::arguments::{self, Selection};
use crate::carry_out::exit_code;
use crate::command::Context;
use crate::error::{CommandError, Result};
use crate::exit::ExitCode;
use crate::lock;
use crate::survey::{Access, Subject, Survey};
use crate::view::{self, Answer, View};

/// Runs the command.
pub async fn run(arguments: &arguments::Undo, context: &Context) -> Result<ExitCode> {
    if !arguments.yes && !arguments.dry_run && !View::can_ask() {
        return Err(CommandError::usage("there is no terminal to ask at")
            .hint("add --yes to undo without being asked, or --dry-run to see what it would do"));
    }
    let past = last(arguments.environment.as_deref(), context)?;
    let subject = Subject::load(&past.header.environment, context)?;
    let access = if arguments.dry_run { Access::Read } else { Access::Write };
    let survey = subject.open(access, context).await?;
    let undoing = Undoing { files: past.file_changes(), past: &past, survey: &survey, context };
    let dry_run = arguments.dry_run;
    let arguments = &as_apply(arguments);
    if dry_run {
        let plan = undoing.plan(arguments).await?;
        return Ok(exit_code(None, &plan));
    }
    lock::alone(&survey, apply::force(arguments), context, undoing.carry_out(arguments)).await
}

/// The journal of the last apply.
fn last(environment: Option<&str>, context: &Context) -> Result<Past> {
    if let Some(name) = environment {
        // A name that there is not is said as such.
        Subject::load(name, context)?;
    }
    let directory = context.journals();
    Past::last(&directory, environment)?.ok_or_else(|| {
        let of = environment.map_or_else(String::new, |name| format!(" to {name}"));
        CommandError::new(format!("no apply{of} to undo"))
            .hint(format!("{} tells of none: an apply is undone where it ran", directory.display()))
    })
}

/// An undo is carried out as an apply is.
fn as_apply(undo: &arguments::Undo) -> arguments::Apply {
    arguments::Apply {
        target: None,
        selection: Selection { my_ip: undo.my_ip, ..Selection::default() },
        allow_delete: undo.allow_delete.clone(),
        yes: undo.yes,
        no_wait: false,
        preflight: false,
        force_unlock: undo.force_unlock,
        json: undo.json,
    }
}

/// An apply that is to be undone.
struct Undoing<'a> {
    past: &'a Past,
    files: FileChanges,
    survey: &'a Survey,
    context: &'a Context,
}

impl Undoing<'_> {
    /// Plans the inverse, and shows what it comes to.
    async fn plan(&self, arguments: &arguments::Apply) -> Result<Plan> {
        let Self { past, files, survey, context } = self;
        let Survey { environment, kinds, managers, clock, .. } = survey;
        let age = clock.now().duration_since(past.header.at).unsigned_abs();
        let view = &context.view;
        view.say(&format!("{}\n", view::undo::of(past, age)));
        let live = survey.told(observe_undoable(past, environment, managers, kinds, clock.now())).await?;
        let plan = undo(past, environment, &live, kinds, arguments.selection.my_ip, live.at)?;
        for path in &files.moved {
            view.say(&view::undo::left_alone(path));
        }
        if !arguments.json {
            for FileChange { path, from, to } in &files.back {
                view.data(&view::file_difference(path, from, to, view.stdout_style()))?;
            }
            if plan.is_empty() && plan.blocked.is_empty() {
                view.data(&view::undo::nothing(&plan.environment))?;
                return Ok(plan);
            }
        }
        apply::show(&plan, arguments, context)?;
        Ok(plan)
    }

    async fn carry_out(self, arguments: &arguments::Apply) -> Result<ExitCode> {
        let plan = self.plan(arguments).await?;
        let Self { past, files, survey, context } = &self;
        if plan.is_empty() && files.back.is_empty() {
            return Ok(exit_code(None, &plan));
        }
        if !arguments.yes {
            agree(&plan, files, context).await?;
        }
        let arguments = &apply::allowed(&plan, survey, arguments, context).await?;
        let header = Header { undoes: Some(past.name()), ..Header::of(&plan, survey.clock.now()) };
        let journal = Arc::new(Journal::new(context.journals(), header));
        for change in &files.back {
            put_back(change, &journal, context)?;
        }
        let code = apply::carry_out(&plan, survey, true, Arc::clone(&journal), arguments, context).await?;
        context.view.warn_unless_kept(journal.close());
        if matches!(code, ExitCode::Done | ExitCode::Blocked) {
            self.say_what_the_file_says(&plan).await?;
        }
        Ok(code)
    }

    /// Plans by the file, as the next `plan` will: what was undone and is wanted all the same is named.
    async fn say_what_the_file_says(&self, undone: &Plan) -> Result<()> {
        let Self { survey, context, .. } = self;
        let environment = Subject::load(&undone.environment, context)?.environment;
        let plan = survey.plan_for(&environment).await?;
        let touched = |address: &Address| undone.steps.iter().any(|step| step.id.address == *address);
        let again: Vec<StepId> = plan.steps.into_iter().map(|step| step.id).filter(|id| touched(&id.address)).collect();
        if !again.is_empty() {
            let file = context.directory()?.file(&undone.environment);
            context.view.say(&view::undo::again(&file, &undone.environment, &again));
        }
        Ok(())
    }
}

async fn agree(plan: &Plan, files: &FileChanges, context: &Context) -> Result<()> {
    let question = view::undo::question(&plan.environment, &plan.account, plan.steps.len(), files.back.len());
    match context.view.ask(&question).await {
        Answer::Yes => Ok(()),
        Answer::No => Err(CommandError::new("declined; nothing was undone")),
        Answer::Interrupted => Err(CommandError::new("interrupted; nothing was undone").code(ExitCode::Interrupted)),
    }
}

/// The file first: if what follows is killed, the next plan goes on to where the file says.
fn put_back(change: &FileChange, journal: &Journal, context: &Context) -> Result<()> {
    context.view.warn_unless_kept(journal.file_edited(&change.path, &change.from, &change.to));
    match change.write() {
        Ok(true) => Ok(()),
        Ok(false) => Err(CommandError::new(format!("{} changed meanwhile; nothing was undone", change.path.display()))),
        Err(error) => Err(CommandError::file("write", &change.path, error)),
    }
}
