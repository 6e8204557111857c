//! `cn-infra adopt`: takes an existing object under management.
//!
//! The file is written only once the plan is agreed to: declined or interrupted, its bytes are what they were.

use cn_infra_core::address::{Address, PhysicalId};
use cn_infra_core::environment::edit::set_adopt;
use cn_infra_core::kinds::Kinds;
use cn_infra_core::plan::PlanOptions;
use cn_infra_core::plan::identity::{Basis, identify};

use crate::arguments;
use crate::command::Context;
use crate::edited::Edited;
use crate::error::{CommandError, Result};
use crate::exit::ExitCode;
use crate::survey::Subject;
use crate::target;
use crate::verb::{Planned, Verb};

/// Runs the command.
pub async fn run(arguments: &arguments::Adopt, context: &Context) -> Result<ExitCode> {
    Verb::check_can_ask(arguments.yes, arguments.dry_run)?;
    let subject = Subject::load(&arguments.environment, context)?;
    let address = target::declared(&arguments.resource, &subject.environment)?;
    let id = PhysicalId(arguments.id.clone());
    check_id(&id, &address, &subject.kinds)?;
    let path = context.directory()?.file(&arguments.environment);
    let mut edited = Edited::default();
    edited.change(&path, |text| set_adopt(text, &address, &id))?;
    let verb = Verb {
        edited,
        environments: vec![(arguments.environment.clone(), vec![address.clone()])],
        options: PlanOptions::default(),
        in_order: false,
        yes: arguments.yes,
        dry_run: arguments.dry_run,
        context,
    };
    verb.run(&|planned| check_is_new(&address, planned)).await
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
fn check_is_new(address: &Address, planned: &[Planned<'_>]) -> Result<Vec<String>> {
    for Planned { survey, live, .. } in planned {
        let identity = identify(&survey.environment, live, &survey.kinds);
        if let Some(claim) = identity.claim(address).filter(|claim| claim.basis == Basis::Tags) {
            let error = CommandError::usage(format!("{address} has its object already: {}", claim.object.id));
            return Err(error.hint("declare another resource for a second object"));
        }
    }
    Ok(Vec::new())
}
