//! `cn-infra adopt`: takes an existing object under management.

use cn_infra_core::address::{Address, PhysicalId};
use cn_infra_core::environment::check_together;
use cn_infra_core::environment::edit::set_adopt;
use cn_infra_core::live::Live;
use cn_infra_core::plan::PlanOptions;
use cn_infra_core::plan::identity::{Basis, identify};

use crate::arguments;
use crate::command::Context;
use crate::edited::Edited;
use crate::error::{CommandError, Result};
use crate::exit::ExitCode;
use crate::nearest::nearest;
use crate::survey::{Access, Subject, Survey};
use crate::target;

/// Runs the command.
pub async fn run(arguments: &arguments::Adopt, context: &Context) -> Result<ExitCode> {
    let mut edited = Edited::new(&arguments.editing, context)?;
    let subject = Subject::load(&arguments.environment, context)?;
    let address = target::declared(&arguments.resource, &subject.environment)?;
    let id = id(&arguments.object, &address, arguments, context).await?;
    let path = context.directory()?.file(&arguments.environment);
    edited.edits.change(&path, |text| set_adopt(text, &address, &id))?;
    check_others(&edited, &arguments.environment, context)?;

    let survey = edited.open(&arguments.environment).await?;
    let planning = async {
        let live = survey.observe().await?;
        check_is_new(&address, &survey, &live)?;
        survey.plan_of(&live, &PlanOptions { only: vec![address.clone()], ..PlanOptions::default() })
    };
    Box::pin(edited.carry_out(&survey, planning)).await
}

/// The id of the object that a text names: itself, or that of the one object of this name.
async fn id(text: &str, address: &Address, arguments: &arguments::Adopt, context: &Context) -> Result<PhysicalId> {
    let subject = Subject::load(&arguments.environment, context)?;
    let Some(kind) = subject.kinds.get(&address.kind) else { return Ok(PhysicalId(text.to_owned())) };
    if (kind.is_physical_id)(text) {
        return Ok(PhysicalId(text.to_owned()));
    }
    let form = kind.id_form;
    if looks_like_an_id(text) {
        let error = CommandError::usage(format!("{text} is no id of kind {}", address.kind));
        return Err(error.hint(format!("its ids look like {form}")));
    }
    let live = subject.open(Access::Read, context).await?.observe().await?;
    let there = || live.kind(&address.kind).iter().filter(|object| object.readiness.is_present());
    let named: Vec<_> =
        there().filter(|object| object.name.as_deref() == Some(text)).map(|object| &object.id).collect();
    match named[..] {
        [id] => Ok(id.clone()),
        [] => {
            let names: Vec<_> = there().filter_map(|object| object.name.clone()).collect();
            let error = CommandError::new(format!("there is no {} named {text:?}", address.kind));
            Err(match nearest(text, &names) {
                Some(near) => error.hint(format!("did you mean {near:?}?")),
                None => error.hint(format!(
                    "name it by its id, as {form}; `cn-infra export {}` lists what is there",
                    arguments.environment
                )),
            })
        }
        _ => {
            let ids: Vec<_> = named.iter().map(ToString::to_string).collect();
            let error = CommandError::new(format!("{} objects are named {text:?}: {}", ids.len(), ids.join(", ")));
            Err(error.hint("name the one to adopt by its id"))
        }
    }
}

/// `i-0123456789abcdef0`: meant as an id, if of another kind.
fn looks_like_an_id(text: &str) -> bool {
    text.split_once('-').is_some_and(|(prefix, digits)| {
        prefix.chars().all(|letter| letter.is_ascii_lowercase())
            && [8, 17].contains(&digits.len())
            && digits.chars().all(|digit| digit.is_ascii_hexdigit())
    })
}

/// No other file claims the object: as far as the other files can be read.
fn check_others(edited: &Edited<'_>, own: &str, context: &Context) -> Result<()> {
    let (directory, kinds) = (context.directory()?, cn_infra_aws::kinds());
    let names = directory.names()?;
    // The own one last: it is the one to blame.
    let others = names.iter().filter(|name| *name != own).map(String::as_str);
    let loaded = others.chain([own]).filter_map(|name| directory.load_from(&edited.edits, name, &kinds).ok());
    let loaded: Vec<_> = loaded.collect();
    Ok(check_together(&loaded.iter().collect::<Vec<_>>(), &kinds)?)
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
