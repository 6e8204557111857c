//! The kind contract: what the engine relies on and no type says. It runs over any kind with samples of it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use schemars::SchemaGenerator;
use serde_json::{Map, Value};
use toml::de::{DeTable, ValueDeserializer};

use crate::address::Address;
use crate::document::Document;
use crate::kinds::{DocumentChange, Kind, Kinds};
use crate::resource::{Impact, Role};

/// Holds one kind against the contract and returns every violation, a sentence each.
///
/// The samples are tables of the kind in TOML; together they must set every field. Values that refer to other
/// resources must be written as addresses of the registered kinds.
pub fn violations(kinds: &Kinds, kind: &Kind, samples: &[&str]) -> Vec<String> {
    let mut contract = Contract { kinds, kind, found: Vec::new() };
    contract.fields_match_schema();
    contract.unknown_fields_are_refused(samples);
    let documents: Vec<_> = samples.iter().filter_map(|sample| contract.read(sample)).collect();
    contract.samples_are_complete(&documents);
    for document in &documents {
        contract.each_field_stands_alone(document);
        contract.references_are_visited(document);
        contract.fields_have_impacts(document);
        for live in documents.iter().chain([&Document::default()]) {
            contract.normalize_is_idempotent(document, live);
        }
    }
    contract.found
}

struct Contract<'a> {
    kinds: &'a Kinds,
    kind: &'a Kind,
    found: Vec<String>,
}

impl Contract<'_> {
    fn fault(&mut self, fault: impl AsRef<str>) {
        self.found.push(format!("{}: {}", self.kind.name, fault.as_ref()));
    }

    fn read(&mut self, sample: &str) -> Option<Document> {
        match read(self.kind, sample) {
            Ok(document) => Some(document),
            Err(error) => {
                self.fault(format!("a sample is not valid: {error}"));
                None
            }
        }
    }

    /// Every field of the schema has a role, every role a field, and every field a doc comment.
    fn fields_match_schema(&mut self) {
        let mut generator = SchemaGenerator::default();
        let schema = (self.kind.schema)(&mut generator);
        let definitions = generator.take_definitions(true);
        let paths: BTreeSet<_> = self.kind.fields.iter().map(|field| field.path).collect();
        let mut described = BTreeMap::new();
        collect("", schema.as_value(), &definitions, &paths, &mut described);
        for (path, is_described) in &described {
            if !is_described {
                self.fault(format!("{path} has no doc comment"));
            }
            let below = format!("{path}.");
            if !paths.contains(path.as_str()) && !paths.iter().any(|field| field.starts_with(&below)) {
                self.fault(format!("{path} is in the schema but has no role in FIELDS"));
            }
        }
        for path in paths {
            if !described.contains_key(path) {
                self.fault(format!("{path} is in FIELDS but not in the schema"));
            }
        }
    }

    fn unknown_fields_are_refused(&mut self, samples: &[&str]) {
        for sample in samples {
            if read(self.kind, &format!("no_such_field = 1\n{sample}")).is_ok() {
                self.fault("an unknown field is accepted");
            }
        }
    }

    fn samples_are_complete(&mut self, documents: &[Document]) {
        for field in self.kind.fields {
            if !documents.iter().any(|document| has(&Value::Object(document.0.clone()), field.path)) {
                self.fault(format!("no sample sets {}", field.path));
            }
        }
    }

    /// A field left out is left out of the document, whatever else is set; and a document is the same when read again.
    fn each_field_stands_alone(&mut self, document: &Document) {
        for (name, value) in &document.0 {
            let mut alone = Document(Map::from_iter([(name.clone(), value.clone())]));
            let before = alone.clone();
            match (self.kind.references)(&mut alone, &mut |_, _| {}) {
                Err(error) => self.fault(format!("{name} cannot be read alone: {error}")),
                Ok(()) if alone != before => self.fault(format!("{name} alone comes back as {:?}", alone.0)),
                Ok(()) => {}
            }
        }
    }

    /// Every text that names a resource of a registered kind is shown to `references`, except in texts of files.
    fn references_are_visited(&mut self, document: &Document) {
        let mut written = BTreeSet::new();
        addresses(&Value::Object(document.0.clone()), &mut |address| {
            if self.kinds.get(&address.kind).is_some() {
                written.insert(address.to_string());
            }
        });
        let mut visited = BTreeSet::new();
        let mut copy = document.clone();
        let outcome = (self.kind.references)(&mut copy, &mut |_, reference| {
            visited.insert(reference.to_string());
        });
        if let Err(error) = outcome {
            self.fault(error.to_string());
        }
        for missed in written.difference(&visited) {
            self.fault(format!("the reference {missed} is not visited"));
        }
    }

    fn fields_have_impacts(&mut self, document: &Document) {
        for field in self.kind.fields.iter().filter(|field| field.role != Role::Instruction) {
            let change = DocumentChange {
                path: field.path,
                before: None,
                after: Some(&Value::Null),
                desired: document,
                live: document,
            };
            match (self.kind.impact)(&change) {
                Ok(Impact::InPlace { .. }) if field.role == Role::CreateOnly => {
                    self.fault(format!("{} is create-only and yet changes in place", field.path));
                }
                Ok(Impact::Impossible { hint, .. }) if hint.is_empty() => {
                    self.fault(format!("{} is impossible without a way out", field.path));
                }
                Ok(_) => {}
                Err(error) => self.fault(error.to_string()),
            }
        }
    }

    fn normalize_is_idempotent(&mut self, desired: &Document, live: &Document) {
        let now = Timestamp::UNIX_EPOCH;
        let (mut to, mut from) = (desired.clone(), live.clone());
        let first = (self.kind.normalize)(&mut to, &mut from, now);
        let once = (to.clone(), from.clone());
        let second = (self.kind.normalize)(&mut to, &mut from, now);
        if let Some(error) = first.and(second).err() {
            self.fault(error.to_string());
        } else if once != (to, from) {
            self.fault("normalize is not idempotent");
        }
    }
}

fn read(kind: &Kind, table: &str) -> Result<Document, String> {
    let table = DeTable::parse(table).map_err(|error| error.to_string())?;
    let (span, table) = (table.span(), table.into_inner());
    let value = toml::Spanned::new(span, toml::de::DeValue::Table(table));
    (kind.read)(ValueDeserializer::from(value)).map_err(|error| error.to_string())
}

/// Whether a value has something at a path in which `*` stands for any key.
fn has(value: &Value, path: &str) -> bool {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let below = |value: &Value| rest.is_none_or(|rest| has(value, rest));
    match value.as_object() {
        Some(fields) if first == "*" => fields.values().any(below),
        Some(fields) => fields.get(first).is_some_and(below),
        None => false,
    }
}

/// Paths of a schema and whether each is described, down to where `fields` says that a value begins.
fn collect(
    path: &str,
    schema: &Value,
    definitions: &Map<String, Value>,
    fields: &BTreeSet<&str>,
    into: &mut BTreeMap<String, bool>,
) {
    if fields.contains(path) {
        return;
    }
    for table in tables(schema, definitions) {
        for (name, field) in table.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            let described = field.get("description").is_some();
            into.entry(path.clone()).and_modify(|known| *known |= described).or_insert(described);
            collect(&path, field, definitions, fields, into);
        }
        if let Some(entry) = table.get("additionalProperties").filter(|entry| entry.is_object()) {
            collect(&format!("{path}.*"), entry, definitions, fields, into);
        }
    }
}

/// The object schemas that a schema comes down to, through references and alternatives.
fn tables<'a>(schema: &'a Value, definitions: &'a Map<String, Value>) -> Vec<&'a Value> {
    let target = schema.get("$ref").and_then(Value::as_str).and_then(|target| target.rsplit('/').next());
    let mut found: Vec<_> = target
        .and_then(|name| definitions.get(name))
        .map_or_else(Vec::new, |definition| tables(definition, definitions));
    for word in ["anyOf", "oneOf", "allOf"] {
        let options = schema.get(word).and_then(Value::as_array).into_iter().flatten();
        found.extend(options.flat_map(|option| tables(option, definitions)));
    }
    if schema.get("properties").is_some() || schema.get("additionalProperties").is_some() {
        found.push(schema);
    }
    found
}

fn addresses(value: &Value, each: &mut dyn FnMut(Address)) {
    match value {
        Value::String(text) => {
            if let Ok(address) = text.parse() {
                each(address);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| addresses(item, each)),
        Value::Object(fields) => fields.values().for_each(|field| addresses(field, each)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::kinds::kinds;

    fn check(kind: &str, sample: &str) -> Vec<String> {
        let kinds = kinds();
        violations(&kinds, kinds.get(kind).unwrap(), &[sample])
    }

    #[test]
    fn the_test_kinds_keep_it() {
        assert_eq!(check("link", "host = \"host.web\""), Vec::<String>::new());
        let group = "description = \"d\"\nnetwork = \"n\"\n[ingress.a]\nport = 1\nfrom = [\"group.b\", \"10.0.0.0/8\"]";
        assert_eq!(check("group", group), Vec::<String>::new());
    }

    #[test]
    fn a_field_without_a_sample_is_told() {
        assert_eq!(
            check("group", "description = \"d\"\nnetwork = \"n\"\n[ingress.a]\nport = 1"),
            ["group: no sample sets ingress.*.from"]
        );
    }
}
