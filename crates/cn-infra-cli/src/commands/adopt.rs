//! `cn-infra adopt`: takes an existing object under management.
//!
//! The file is written only once the plan is agreed to: declined or interrupted, its bytes are what they were.

use std::path::Path;

use cn_infra_core::address::{Address, PhysicalId};
use cn_infra_core::apply::ApplyOptions;
use cn_infra_core::environment::Environment;
use cn_infra_core::kinds::Kinds;
use cn_infra_core::live::Live;
use cn_infra_core::plan::identity::{Basis, identify};
use cn_infra_core::plan::{Plan, PlanOptions};

use crate::arguments;
use crate::carry_out::CarryOut;
use crate::command::Context;
use crate::error::{CommandError, Result};
use crate::exit::ExitCode;
use crate::lock::{self, Force};
use crate::survey::{Access, Subject, Survey};
use crate::target;
use crate::view::{self, Answer, View};
use cn_infra_core::environment::edit::set_adopt;

/// Runs the command.
pub async fn run(arguments: &arguments::Adopt, context: &Context) -> Result<ExitCode> {
    if !arguments.yes && !arguments.dry_run && !View::can_ask() {
        return Err(CommandError::usage("there is no terminal to ask at")
            .hint("add --yes to adopt without being asked, or --dry-run to see what it would do"));
    }
    let access = if arguments.dry_run { Access::Read } else { Access::Write };
    let subject = Subject::load(&arguments.environment, context)?;
    let address = target::declared(&arguments.resource, &subject.environment)?;
    let id = PhysicalId(arguments.id.clone());
    check_id(&id, &address, &subject.kinds)?;
    let path = context.directory()?.file(&arguments.environment);
    let edit = Edit::of(&path, &address, &id)?;

    let mut survey = subject.open(access, context).await?;
    set(&mut survey.environment, &address, &id);
    let adoption = Adoption { survey: &survey, address: &address, path: &path, edit: &edit, arguments, context };
    if arguments.dry_run {
        adoption.plan().await?;
        return Ok(ExitCode::Done);
    }
    lock::alone(&survey, Force::NONE, context, adoption.carry_out()).await
}

/// An object that is to be adopted. The environment is as it will be once the file is written.
struct Adoption<'a> {
    survey: &'a Survey,
    address: &'a Address,
    path: &'a Path,
    edit: &'a Edit,
    arguments: &'a arguments::Adopt,
    context: &'a Context,
}

impl Adoption<'_> {
    /// Plans, and shows what it comes to.
    async fn plan(&self) -> Result<Plan> {
        let Self { survey, address, path, edit, arguments: _, context } = self;
        let live = survey.observe().await?;
        check_is_new(address, survey, &live)?;
        let only = PlanOptions { only: vec![(*address).clone()], ..PlanOptions::default() };
        let plan = survey.plan_of(&live, &only)?;
        context.view.data(&view::file_difference(path, &edit.before, &edit.after, context.view.stdout_style()))?;
        context.view.data(&view::plan::plan(&plan, context.view.stdout_style()))?;
        Ok(plan)
    }

    async fn carry_out(self) -> Result<ExitCode> {
        let plan = self.plan().await?;
        if !plan.blocked.is_empty() {
            return Err(CommandError::new("blocked; nothing was written").code(ExitCode::Blocked));
        }
        let Self { survey, path, edit, arguments, context, .. } = self;
        if !arguments.yes {
            agree(&plan, path, context).await?;
        }
        let journal = context.journal(&plan, survey.clock.now());
        context.view.warn_unless_kept(journal.file_edited(path, &edit.before, &edit.after));
        edit.write(path)?;
        let options = ApplyOptions { parallelism: usize::from(context.global.parallelism), ..ApplyOptions::default() };
        CarryOut { survey, options, journal, json: false, view: &context.view }.run(&plan).await
    }
}

fn check_id(id: &PhysicalId, address: &Address, kinds: &Kinds) -> Result<()> {
    match kinds.get(&address.kind) {
        Some(kind) if !(kind.is_physical_id)(&id.0) => {
            let error = CommandError::usage(format!("{id} is no id of kind {}", address.kind));
            Err(error.hint(format!("its ids look like {}", kind.id_form)))
        }
        _ => Ok(()),
    }
}

/// A resource that has its object adopts no other.
fn check_is_new(address: &Address, survey: &Survey, live: &Live) -> Result<()> {
    let identity = identify(&survey.environment, live, &survey.kinds);
    match identity.claim(address) {
        Some(claim) if claim.basis == Basis::Tags => {
            let error = CommandError::usage(format!("{address} has its object already: {}", claim.object.id));
            Err(error.hint("declare another resource for a second object"))
        }
        _ => Ok(()),
    }
}

/// The environment as it will be once the file is written.
fn set(environment: &mut Environment, address: &Address, id: &PhysicalId) {
    if let Some(declared) = environment.resources.get_mut(address) {
        declared.adopt = Some(id.clone());
    }
}

async fn agree(plan: &Plan, path: &Path, context: &Context) -> Result<()> {
    let question = format!("Write {} and apply {}?", path.display(), view::count(plan.steps.len(), "step"));
    match context.view.ask(&question).await {
        Answer::Yes => Ok(()),
        Answer::No => Err(CommandError::new("declined; nothing was written")),
        Answer::Interrupted => Err(CommandError::new("interrupted; nothing was written").code(ExitCode::Interrupted)),
    }
}

/// A file before and after a change.
#[derive(Debug)]
struct Edit {
    before: String,
    after: String,
}

impl Edit {
    fn of(path: &Path, address: &Address, id: &PhysicalId) -> Result<Self> {
        let before = read(path)?;
        let after = set_adopt(&before, address, id)?;
        Ok(Self { before, after })
    }

    /// Writes the change, unless somebody else changed the file meanwhile.
    fn write(&self, path: &Path) -> Result<()> {
        if read(path)? != self.before {
            return Err(CommandError::new(format!("{} changed meanwhile; nothing was written", path.display())));
        }
        std::fs::write(path, &self.after).map_err(|error| CommandError::file("write", path, error))
    }
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|error| CommandError::file("read", path, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_changed_meanwhile_is_left_alone() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("staging.toml");
        let edit = Edit { before: "a = 1\n".to_owned(), after: "a = 2\n".to_owned() };
        std::fs::write(&path, "a = 3\n").unwrap();
        assert!(edit.write(&path).is_err());
        assert_eq!(read(&path).unwrap(), "a = 3\n");
        std::fs::write(&path, "a = 1\n").unwrap();
        edit.write(&path).unwrap();
        assert_eq!(read(&path).unwrap(), "a = 2\n");
    }
}
