//! `cn-infra adopt`: takes an existing object under management.

use cn_infra_core::address::{Address, PhysicalId};
use cn_infra_core::environment::edit::set_adopt;
use cn_infra_core::kinds::Kinds;
use cn_infra_core::live::Live;
use cn_infra_core::plan::PlanOptions;
use cn_infra_core::plan::identity::{Basis, identify};

use jiff::Timestamp;

use crate::all::claim_nothing_twice;
use crate::arguments;
use crate::command::Context;
use crate::edited::Edited;
use crate::error::{CommandError, Result};
use crate::exit::ExitCode;
use crate::nearest::nearest;
use crate::survey::{Access, Subject, Survey};
use crate::target;

/// A resource, and what its object is to be.
type Pair = (Address, PhysicalId);

/// Runs the command.
pub async fn run(arguments: &arguments::Adopt, context: &Context) -> Result<ExitCode> {
    let mut edited = Edited::new(&arguments.editing, context)?;
    let pairs = pairs(arguments, context).await?;
    let path = context.directory()?.file(&arguments.environment);
    for (address, id) in &pairs {
        edited.edits.change(&path, |text| set_adopt(text, address, id))?;
    }
    check_others(&edited, &arguments.environment, context)?;

    let survey = edited.open(&arguments.environment).await?;
    let planning = async {
        let live = survey.observe().await?;
        pairs.iter().try_for_each(|(address, _)| check_is_new(address, &survey, &live))?;
        let only = pairs.iter().map(|(address, _)| address.clone()).collect();
        survey.plan_of(&live, &PlanOptions { only, ..PlanOptions::default() })
    };
    Box::pin(edited.carry_out(&survey, planning)).await
}

/// The resources, and the ids of their objects. The account is read only where an object is not named by its id.
async fn pairs(arguments: &arguments::Adopt, context: &Context) -> Result<Vec<Pair>> {
    let subject = Subject::load(&arguments.environment, context)?;
    let mut pairs = Vec::new();
    for named in arguments.pairs.chunks(2) {
        let [resource, object] = named else {
            let error = CommandError::usage(format!("{} has no object", named.join(" ")));
            return Err(error.hint("write RESOURCE OBJECT, as often as there is something to adopt"));
        };
        let address = target::declared(resource, &subject.environment)?;
        if pairs.iter().any(|(other, _)| *other == address) {
            return Err(CommandError::usage(format!("{address} is named twice")).hint("a resource has one object"));
        }
        pairs.push((address, object.as_str()));
    }
    let is_id =
        |address: &Address, text: &str| subject.kinds.get(&address.kind).is_none_or(|kind| (kind.is_physical_id)(text));
    let known: Vec<_> = pairs.iter().map(|(address, text)| is_id(address, text)).collect();
    for ((address, text), _) in pairs.iter().zip(&known).filter(|(_, known)| !**known) {
        check_names_no_id(text, address, &subject.kinds)?;
    }
    let kinds = cn_infra_aws::kinds();
    let live = if known.iter().all(|known| *known) {
        Live::new(Timestamp::now())
    } else {
        subject.open(Access::Read, context).await?.observe().await?
    };
    let id = |(address, text): (Address, &str), known: bool| {
        let id = if known { PhysicalId(text.to_owned()) } else { named(text, &address, &live, &kinds)? };
        Ok((address, id))
    };
    pairs.into_iter().zip(known).map(|(pair, known)| id(pair, known)).collect()
}

fn form(address: &Address, kinds: &Kinds) -> &'static str {
    kinds.get(&address.kind).map_or("", |kind| kind.id_form)
}

fn check_names_no_id(text: &str, address: &Address, kinds: &Kinds) -> Result<()> {
    if !looks_like_an_id(text) {
        return Ok(());
    }
    let error = CommandError::usage(format!("{text} is no id of kind {}", address.kind));
    Err(error.hint(format!("its ids look like {}", form(address, kinds))))
}

/// The one object of a name.
fn named(text: &str, address: &Address, live: &Live, kinds: &Kinds) -> Result<PhysicalId> {
    let there = || live.kind(&address.kind).iter().filter(|object| object.readiness.is_present());
    let named: Vec<_> =
        there().filter(|object| object.name.as_deref() == Some(text)).map(|object| &object.id).collect();
    match named[..] {
        [id] => Ok(id.clone()),
        [] => {
            let others: Vec<_> = there().filter_map(|object| object.name.clone()).collect();
            let error = CommandError::new(format!("there is no {} named {text:?}", address.kind));
            Err(error.hint(match nearest(text, &others) {
                Some(near) => format!("did you mean {near:?}?"),
                None => format!("name it by its id, as {}", form(address, kinds)),
            }))
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

/// No other file claims the object; of a file that cannot be read nobody knows, which is said.
fn check_others(edited: &Edited<'_>, own: &str, context: &Context) -> Result<()> {
    let (directory, kinds) = (context.directory()?, cn_infra_aws::kinds());
    let names = directory.names()?;
    let mut loaded = Vec::new();
    // The own one last: it is the one to blame.
    for name in names.iter().filter(|name| *name != own).map(String::as_str).chain([own]) {
        match directory.load_from(&edited.edits, name, &kinds) {
            Ok(environment) => loaded.push(environment),
            // An error of its own follows.
            Err(_) if name == own => {}
            Err(_) => context.view.say(&format!(
                "{} has errors: whether it claims the object too is not known (`cn-infra check {name}`)\n",
                directory.file(name).display()
            )),
        }
    }
    claim_nothing_twice(&loaded.iter().collect::<Vec<_>>(), &kinds)
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
