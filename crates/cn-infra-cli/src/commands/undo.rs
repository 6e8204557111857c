//! `cn-infra undo`: plans the inverse of the last apply from its journal, shows, asks and carries it out.
//!
//! The environment's file stays the truth: where the command itself changed it, the old text comes back with the undo; what
//! a person wrote is theirs, and the undo says what it still asks for.

use std::sync::Arc;

use cn_infra_core::address::{Address, StepId};
use cn_infra_core::environment::edit::{Edits, EditsError};
use cn_infra_core::journal::{FileChanges, Header, Journal, Past};
use cn_infra_core::observe::observe_undoable;
use cn_infra_core::plan::{Plan, undo};

use super::apply;
use crate::arguments::{self, Selection};
use crate::carry_out::exit_code;
use crate::command::Context;
use crate::error::{CommandError, Result};
use crate::exit::ExitCode;
use crate::interrupts::before_writing;
use crate::lock::alone;
use crate::survey::{Access, Subject, Survey};
use crate::view::{self, Answer, View};

/// Runs the command.
pub async fn run(arguments: &arguments::Undo, context: &Context) -> Result<ExitCode> {
    if !arguments.yes && !arguments.dry_run && !View::can_ask() {
        return Err(CommandError::usage("there is no terminal to ask at")
            .hint("add --yes to undo without being asked, or --dry-run to see what it would do"));
    }
    let past = last(arguments.environment.as_deref(), context)?;
    let access = if arguments.dry_run { Access::Read } else { Access::Write };
    let mut surveys = Vec::new();
    for name in std::iter::once(past.header.environment.as_str()).chain(past.others()) {
        surveys.push(Survey::open(name, access, context).await?);
    }
    let [home, others @ ..] = &surveys[..] else { return Ok(ExitCode::Done) };
    let undoing = Undoing { files: past.file_changes(), past: &past, home, others, context };
    let dry_run = arguments.dry_run;
    let arguments = &as_apply(arguments);
    if dry_run {
        return Ok(exit_code(None, &undoing.plan(arguments).await?));
    }
    alone(&surveys, apply::force(arguments), context, Box::pin(undoing.carry_out(arguments))).await
}

/// The journal of the last apply.
fn last(environment: Option<&str>, context: &Context) -> Result<Past> {
    if let Some(name) = environment {
        // A name that there is not is said as such.
        Subject::load(name, context)?;
    }
    let directory = context.journals();
    let past = Past::last(&directory, environment)?.ok_or_else(|| {
        let of = environment.map_or_else(String::new, |name| format!(" to {name}"));
        CommandError::new(format!("no apply{of} to undo"))
            .hint(format!("{} tells of none: an apply is undone in the directory that it ran in", directory.display()))
    })?;
    let home = &past.header.environment;
    match environment.filter(|name| name != home) {
        // Whoever asks for one is not to get more.
        Some(name) => Err(CommandError::new(format!("the last apply to {name} was one to {home} as well"))
            .hint(format!("`cn-infra undo {home}` takes back all of it"))),
        None => Ok(past),
    }
}

/// An undo is carried out as an apply is.
fn as_apply(undo: &arguments::Undo) -> arguments::Apply {
    arguments::Apply {
        target: None,
        all: false,
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
    home: &'a Survey,
    others: &'a [Survey],
    context: &'a Context,
}

impl Undoing<'_> {
    /// Plans the inverse, and shows what it comes to.
    async fn plan(&self, arguments: &arguments::Apply) -> Result<Plan> {
        let Survey { environment, kinds, managers, clock, .. } = self.home;
        let view = &self.context.view;
        let age = clock.now().duration_since(self.past.header.at).unsigned_abs();
        view.say(&format!("{}\n", view::undo::of(self.past, age)));
        let others: Vec<_> = self.others.iter().map(|other| &other.environment).collect();
        let all: Vec<_> = std::iter::once(environment).chain(others.iter().copied()).collect();
        let live = self.home.told(observe_undoable(self.past, &all, managers, kinds, clock.now())).await?;
        let plan = undo(self.past, environment, &others, (&live, kinds), arguments.selection.my_ip, live.at)?;
        for path in &self.files.moved {
            view.say(&view::undo::left_alone(path));
        }
        if arguments.json {
            apply::show(&plan, arguments, self.context)?;
            return Ok(plan);
        }
        for (path, file) in self.files.back.files() {
            view.data(&view::file_difference(path, &file.before, &file.after, view.stdout_style()))?;
        }
        if plan.is_empty() && plan.blocked.is_empty() {
            view.data(&view::undo::nothing(&plan.environment))?;
        } else {
            apply::show(&plan, arguments, self.context)?;
        }
        Ok(plan)
    }

    async fn carry_out(&self, arguments: &arguments::Apply) -> Result<ExitCode> {
        let preparing = async {
            let plan = self.plan(arguments).await?;
            let arguments = self.agreed(&plan, arguments).await?;
            Ok((plan, arguments))
        };
        let (plan, arguments) = &before_writing(preparing).await?;
        let Self { past, files: FileChanges { back, .. }, home, context, .. } = self;
        if plan.is_empty() && back.is_empty() {
            return Ok(exit_code(None, plan));
        }
        let header = Header { undoes: Some(past.name()), ..Header::of(plan, home.clock.now()) };
        let journal = Arc::new(Journal::new(context.journals(), header));
        put_back(back, &journal, context)?;
        let code = apply::carry_out(plan, home, true, Arc::clone(&journal), arguments, context).await?;
        if plan.is_empty() {
            context.view.warn_unless_kept(journal.close());
        }
        if matches!(code, ExitCode::Done | ExitCode::Blocked) {
            self.say_what_the_file_says(plan).await?;
        }
        Ok(code)
    }

    /// Asks, where something would be done: the arguments with all that was allowed.
    async fn agreed(&self, plan: &Plan, arguments: &arguments::Apply) -> Result<arguments::Apply> {
        let Self { files: FileChanges { back, .. }, home, context, .. } = self;
        if plan.is_empty() && back.is_empty() {
            return Ok(arguments.clone());
        }
        if !arguments.yes {
            agree(plan, back, context).await?;
        }
        apply::allowed(plan, home, arguments, context).await
    }

    /// Plans by the file, as the next `plan` will: what was undone and is wanted all the same is named.
    async fn say_what_the_file_says(&self, undone: &Plan) -> Result<()> {
        let environment = Subject::load(&undone.environment, self.context)?.environment;
        let plan = self.home.plan_for(&environment).await?;
        let touched = |address: &Address| undone.steps.iter().any(|step| step.id.address == *address);
        let again: Vec<StepId> = plan.steps.into_iter().map(|step| step.id).filter(|id| touched(&id.address)).collect();
        if !again.is_empty() {
            let file = self.context.directory()?.file(&undone.environment);
            self.context.view.say(&view::undo::again(&file, &undone.environment, &again));
        }
        Ok(())
    }
}

async fn agree(plan: &Plan, back: &Edits, context: &Context) -> Result<()> {
    let files = back.files().map(|(path, _)| path);
    match context.view.ask(&view::undo::question(&plan.environment, &plan.account, plan.steps.len(), files)).await {
        Answer::Yes => Ok(()),
        Answer::No => Err(CommandError::new("declined; nothing was undone")),
        Answer::Interrupted => Err(CommandError::new("interrupted; nothing was undone").code(ExitCode::Interrupted)),
    }
}

/// The files first: if what follows is killed, the next plan goes on to where they say.
fn put_back(back: &Edits, journal: &Journal, context: &Context) -> Result<()> {
    for (path, file) in back.files() {
        context.view.warn_unless_kept(journal.file_edited(path, &file.before, &file.after));
    }
    back.write().map_err(|error| match error {
        EditsError::Changed { .. } => CommandError::new(format!("{error}; nothing was undone")),
        error => error.into(),
    })
}
