//! From the plan's symbols to what managers are given: addresses become physical ids, templates text.

use std::collections::{BTreeMap, BTreeSet};

use super::step::Work;
use crate::address::{Address, Reference};
use crate::document::Document;
use crate::event::Failure;
use crate::plan::template;

/// The desired fields of a step, resolved by what there is and what this apply has made so far.
pub(super) async fn desired(work: &Work<'_>) -> Result<Document, Failure> {
    let mut document = work.desired()?;
    references(work, &mut document)?;
    templates(work, &mut document).await?;
    Ok(document)
}

fn references(work: &Work<'_>, document: &mut Document) -> Result<(), Failure> {
    let mut missing = None;
    (work.kind.references)(document, &mut |path, reference| {
        let Reference::Resource(address) = reference else { return };
        match work.run.id_of(&work.absolute(address)) {
            Some(id) => *reference = Reference::Foreign(id),
            None => missing = Some(Failure::new(format!("{path}: {address} is not there")).hint("plan again")),
        }
    })?;
    missing.map_or(Ok(()), Err)
}

async fn templates(work: &Work<'_>, document: &mut Document) -> Result<(), Failure> {
    let mut names = BTreeSet::new();
    template::fill(&work.kind.tree, document, &mut |_, address, name| {
        names.insert((address.clone(), name.to_owned()));
        None
    });
    let mut values = BTreeMap::new();
    for (address, name) in names {
        let value = output(work, &work.absolute(&address), &name).await?;
        values.insert((address, name), value);
    }
    template::fill(&work.kind.tree, document, &mut |_, address, name| {
        values.get(&(address.clone(), name.to_owned())).cloned()
    });
    match template::unfilled_field(&work.kind.tree, document) {
        Some(field) => Err(Failure::new(format!("{field}: the template names what is not known"))),
        None => Ok(()),
    }
}

/// An output: as this apply saw it last, else as it is now.
async fn output(work: &Work<'_>, address: &Address, name: &str) -> Result<String, Failure> {
    if let Some(value) = work.run.outputs(address).and_then(|mut outputs| outputs.remove(name)) {
        return Ok(value);
    }
    let unknown = || Failure::new(format!("{{{{{address}.{name}}}}} is not known")).hint("plan again");
    let id = work.run.id_of(address).ok_or_else(unknown)?;
    let mut watch = work.run.poll(&address.kind)?.watch(&id);
    let object = work.told(watch.next(work.run), &format!("reading {address}")).await?;
    object.and_then(|mut object| object.outputs.remove(name)).ok_or_else(unknown)
}
