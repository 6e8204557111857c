//! Filling the templates of text files with what the environment itself knows.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::draft::Draft;
use super::nearest::did_you_mean;
use super::report::Report;
use super::template;
use super::text_file::TextFile;
use crate::address::{Address, is_name};
use crate::kinds::Kinds;

/// What templates may name.
pub(super) struct Names<'n, 'a> {
    pub environment: &'n str,
    pub values: &'n BTreeMap<String, String>,
    pub kinds: &'n Kinds,
    pub drafts: &'n [Draft<'a>],
    pub index: &'n BTreeMap<Address, usize>,
}

/// What a name in a template stands for.
enum Meaning {
    Text(String),
    /// What an object tells once it exists.
    Output(Address, String),
}

/// Why a name stands for nothing, and what to do.
type Nothing = (String, Option<String>);

/// A field whose template is filled as far as it can be.
pub(super) struct FilledField {
    draft: usize,
    keys: Vec<String>,
    value: Value,
    /// The resources whose outputs the text still waits for.
    pub waits_for: Vec<Address>,
}

impl FilledField {
    /// The number of the resource in the list of drafts.
    pub fn draft(&self) -> usize {
        self.draft
    }

    /// The dotted path of the field.
    pub fn path(&self) -> String {
        self.keys.join(".")
    }

    /// Puts the text into its document.
    pub fn store(self, drafts: &mut [Draft<'_>]) {
        let fields = &mut drafts[self.draft].declared.document.0;
        let Some((first, rest)) = self.keys.split_first() else { return };
        let place =
            fields.get_mut(first).and_then(|value| rest.iter().try_fold(value, |value, key| value.get_mut(key)));
        if let Some(place) = place {
            *place = self.value;
        }
    }
}

impl<'a> Names<'_, 'a> {
    /// Fills every template of every resource.
    pub fn fill_all(&self, report: &mut Report<'a>) -> Vec<FilledField> {
        let mut filled = Vec::new();
        for (number, draft) in self.drafts.iter().enumerate() {
            for text in draft.texts.iter().filter(|text| text.fill) {
                filled.extend(self.fill(number, draft, text, report));
            }
        }
        filled
    }

    fn fill(&self, number: usize, draft: &Draft<'a>, file: &TextFile, report: &mut Report<'a>) -> Option<FilledField> {
        let path = file.keys.join(".");
        let text = draft.declared.document.get(&path)?.as_str()?;
        let (mut waits_for, mut known) = (Vec::new(), HashMap::new());
        let (mut line, mut counted) = (1, 0);
        for hole in template::holes(text) {
            line += text[counted..hole.start].matches('\n').count();
            counted = hole.start;
            match self.meaning(hole.name) {
                Ok(Meaning::Text(value)) => drop(known.insert(hole.name, value)),
                Ok(Meaning::Output(address, output)) => {
                    known.insert(hole.name, format!("{{{{{address}.{output}}}}}"));
                    waits_for.push(address);
                }
                Err((why, hint)) => {
                    let message = format!("`{{{{{}}}}}` in {}:{line}: {why}", hole.name, file.file.display());
                    report.error(draft.place(&path), message).maybe_hint(hint);
                }
            }
        }
        let text = template::fill(text, &mut |name| known.get(name).cloned());
        let value = if waits_for.is_empty() { Value::String(text) } else { json!({ "template": text }) };
        Some(FilledField { draft: number, keys: file.keys.clone(), value, waits_for })
    }

    fn meaning(&self, name: &str) -> Result<Meaning, Nothing> {
        if let Some(value) = self.values.get(name) {
            return Ok(Meaning::Text(value.clone()));
        }
        if name.is_empty() {
            return Err(("the name is missing".into(), None));
        }
        if is_name(name) {
            let hint = did_you_mean(name, "there are", self.values.keys().map(String::as_str));
            return Err((format!("[values] has no `{name}`"), hint));
        }
        let local = match name.split_once('/') {
            Some((environment, local)) if environment == self.environment => local,
            Some(_) => return Err(("a template can name resources of its own environment only".into(), None)),
            None => name,
        };
        let mut words = local.splitn(3, '.');
        let (Some(kind), Some(resource), Some(field)) = (words.next(), words.next(), words.next()) else {
            return Err(("it is no name".into(), Some("write {{value}} or {{kind.name.field}}".into())));
        };
        self.field(&Address::new(kind, resource), field)
    }

    fn field(&self, address: &Address, field: &str) -> Result<Meaning, Nothing> {
        let Some(draft) = self.index.get(address).and_then(|number| self.drafts.get(*number)) else {
            if self.kinds.get(&address.kind).is_none() {
                let hint = did_you_mean(&address.kind, "there are", self.kinds.iter().map(|kind| kind.name));
                return Err((format!("there is no kind `{}`", address.kind), hint));
            }
            let of_kind = self.index.keys().filter(|other| other.kind == address.kind);
            let names: Vec<_> = of_kind.map(Address::local).collect();
            let hint = did_you_mean(&address.local(), "there are", names.iter().map(String::as_str));
            return Err((format!("the file declares no {address}"), hint));
        };
        if field == "name" {
            return Ok(Meaning::Text(draft.declared.name.clone()));
        }
        let is_text_file = draft.texts.iter().any(|text| text.keys.join(".") == field);
        if let Some(text) =
            draft.declared.document.get(field).filter(|_| !is_text_file).and_then(|value| self.scalar(value))
        {
            return Ok(Meaning::Text(text));
        }
        if draft.kind.outputs.iter().any(|output| output.name == field) {
            return Ok(Meaning::Output(address.clone(), field.to_owned()));
        }
        if draft.kind.tree.at(field).is_some() {
            return Err((format!("`{field}` of {address} is not one value that the file sets"), None));
        }
        let known =
            draft.kind.outputs.iter().map(|output| output.name).chain(draft.kind.fields.iter().map(|field| field.path));
        let hint = did_you_mean(field, "there are", known);
        Err((format!("{address} has no field and no output `{field}`"), hint))
    }

    /// The text of a single value; a reference stands for an object whose id is not known here.
    fn scalar(&self, value: &Value) -> Option<String> {
        match value {
            Value::String(text) => {
                let reference = text.parse::<Address>().is_ok_and(|address| self.kinds.get(&address.kind).is_some());
                (!reference).then(|| text.clone())
            }
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(value) => Some(value.to_string()),
            _ => None,
        }
    }
}
