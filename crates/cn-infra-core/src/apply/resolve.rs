//! From the plan's symbols to what managers are given: addresses become physical ids, templates text.

use std::collections::BTreeMap;

use serde_json::Value;

use super::step::Work;
use crate::address::{Address, Reference};
use crate::document::Document;
use crate::event::Failure;
use crate::field_tree::FieldTree;

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
        match work.run.id_of(address) {
            Some(id) => *reference = Reference::Foreign(id),
            None => missing = Some(Failure::new(format!("{path}: {address} is not there")).hint("plan again")),
        }
    })?;
    missing.map_or(Ok(()), Err)
}

async fn templates(work: &Work<'_>, document: &mut Document) -> Result<(), Failure> {
    let mut names = Vec::new();
    each_template(&work.kind.tree, document, &mut |text| {
        names.extend(placeholders(text).map(str::to_owned));
        None
    });
    let mut values = BTreeMap::new();
    for name in names {
        let value = output(work, &name).await?;
        values.insert(name, value);
    }
    each_template(&work.kind.tree, document, &mut |text| Some(fill(text, &values)));
    Ok(())
}

/// The value of `kind.name.output`: as this apply saw it last, else as it is now.
async fn output(work: &Work<'_>, name: &str) -> Result<String, Failure> {
    let unknown = || Failure::new(format!("{{{{{name}}}}} is not known")).hint("plan again");
    let (address, output) = name.rsplit_once('.').ok_or_else(unknown)?;
    let address: Address = address.parse().map_err(|_| unknown())?;
    if let Some(value) = work.run.outputs(&address).and_then(|mut outputs| outputs.remove(output)) {
        return Ok(value);
    }
    let id = work.run.id_of(&address).ok_or_else(unknown)?;
    let object = work.run.poll(&address.kind)?.watch(&id).next(work.run).await?;
    object.and_then(|mut object| object.outputs.remove(output)).ok_or_else(unknown)
}

/// Shows every unfilled template of a document; one that is answered with text becomes that text.
fn each_template(tree: &FieldTree, document: &mut Document, each: &mut dyn FnMut(&str) -> Option<String>) {
    for (field, value) in &mut document.0 {
        if let Some(below) = tree.child(field) {
            visit(below, value, each);
        }
    }
}

fn visit(tree: &FieldTree, value: &mut Value, each: &mut dyn FnMut(&str) -> Option<String>) {
    if let FieldTree::Leaf { file: true, .. } = tree {
        let filled = value.get("template").and_then(Value::as_str).and_then(&mut *each);
        if let Some(text) = filled {
            *value = Value::String(text);
        }
        return;
    }
    for (key, value) in value.as_object_mut().into_iter().flatten() {
        if let Some(below) = tree.child(key) {
            visit(below, value, each);
        }
    }
}

/// The names between `{{` and `}}`.
fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.split("{{").skip(1).filter_map(|rest| rest.split_once("}}")).map(|(name, _)| name.trim())
}

fn fill(text: &str, values: &BTreeMap<String, String>) -> String {
    let mut pieces = text.split("{{");
    let mut filled = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        match piece.split_once("}}").and_then(|(name, rest)| Some((values.get(name.trim())?, rest))) {
            Some((value, rest)) => filled.extend([value, rest]),
            None => filled.extend(["{{", piece]),
        }
    }
    filled
}
