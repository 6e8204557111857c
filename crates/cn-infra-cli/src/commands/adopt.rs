//! `cn-infra adopt`: takes an existing object under management.

use cn_infra_core::address::{Address, PhysicalId};
use cn_infra_core::environment::edit::set_adopt;
use cn_infra_core::kinds::Kinds;
use cn_infra_core::live::Live;
use cn_infra_core::plan::PlanOptions;
use cn_infra_core::plan::identity::{Basis, identify};

use crate::arguments;
use crate::command::Context;
use crate::edited::Edited;
use crate::error::{CommandError, Result};
use crate::exit::ExitCode;
use crate::survey::{Subject, Survey};
use crate::target;

/// Runs the command.
pub async fn run(arguments: &arguments::Adopt, context: &Context) -> Result<ExitCode> {
    let mut edited = Edited::new(&arguments.editing, context)?;
    let subject = Subject::load(&arguments.environment, context)?;
    let address = target::declared(&arguments.resource, &subject.environment)?;
    let id = PhysicalId(arguments.id.clone());
    check_id(&id, &address, &subject.kinds)?;
    let path = context.directory()?.file(&arguments.environment);
    edited.edits.change(&path, |text| set_adopt(text, &address, &id))?;

    let survey = edited.open(&arguments.environment).await?;
    let planning = async {
        let live = survey.observe().await?;
        check_is_new(&address, &survey, &live)?;
        survey.plan_of(&live, &PlanOptions { only: vec![address.clone()], ..PlanOptions::default() })
    };
    Box::pin(edited.carry_out(&survey, planning)).await
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
