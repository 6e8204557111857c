//! `docs/reference.md`: every field of every kind, written from the schema, the roles and the impacts of the code.
//!
//! `CN_INFRA_BLESS=1 cargo test -p cn-infra --test it reference` writes the page anew.

use std::fmt::Write;

use cn_infra::aws::kinds;
use cn_infra::core::document::Document;
use cn_infra::core::environment::schema;
use cn_infra::core::kinds::{DocumentChange, Kind};
use cn_infra::core::resource::{Field, Impact, Role};
use cn_infra::core::testing::samples::NOW;
use serde_json::Value;

use super::{path, text};
use crate::fields::{Sample, pattern};

const PAGE: &str = "docs/reference.md";

const INTRODUCTION: &str = "\
# Reference of the environment file

Every table and field, with what a change of it costs. This page is written from the code by a test
(`CN_INFRA_BLESS=1 cargo test -p cn-infra --test it reference`), so it says what the code does. How a file is put
together is in [environment-file.md](environment-file.md); who owns an object, in [ownership.md](ownership.md).

A field that is left out is not managed: no plan mentions it. *AWS's default* is what a new object has then.

**Roles.** *managed*: compared with the live object, and changed to what the file says. *create-only*: used when the
object is made; a later difference is blocked or reported, never sent. *instruction*: how to change; compared with
nothing.

**A change** is *in place* (nothing stops), *interrupts* (something stops for a while), *impossible* (the plan blocks it
and says the way out) or *left* (reported as finding CN020). An example with an arrow holds for that direction.
";

/// Fields of the samples that would make an impact speak of the sample.
const UNSAID: [&str; 2] = ["apply_immediately", "maintenance_window"];

#[test]
fn the_reference_says_what_the_code_does() {
    let page = Page { schema: schema(&kinds()), samples: Sample::all() }.written();
    if std::env::var_os("CN_INFRA_BLESS").is_some() {
        std::fs::write(path(PAGE), &page).unwrap();
    }
    let first = page.lines().zip(text(PAGE).lines().map(str::to_owned).collect::<Vec<_>>());
    let first = first.enumerate().find(|(_, (new, old))| new != old);
    assert!(page == text(PAGE), "{PAGE} is not what the code says: write it anew. First difference: {first:#?}");
}

struct Page {
    schema: Value,
    samples: Vec<Sample>,
}

impl Page {
    fn written(&self) -> String {
        let mut page = INTRODUCTION.to_owned();
        self.sections(&mut page);
        self.common(&mut page);
        for kind in kinds().iter() {
            self.kind(kind, &mut page);
        }
        page
    }

    /// The tables that are no kinds.
    fn sections(&self, page: &mut String) {
        page.push_str("\n## The file itself\n\n| table | field | type | meaning |\n| --- | --- | --- | --- |\n");
        let names = ["environment", "tags", "networks", "values", "defaults", "lock", "silence"];
        for name in names {
            let section = &self.schema["properties"][name];
            let shown = if section["type"] == "array" { format!("`[[{name}]]`") } else { format!("`[{name}]`") };
            let fields = if section["type"] == "array" { &section["items"] } else { section };
            let described = description(section);
            if !described.is_empty() {
                let _ = writeln!(page, "| {shown} | | | {described} |");
            }
            if name == "defaults" {
                continue;
            }
            let required = fields["required"].as_array().cloned().unwrap_or_default();
            for (field, value) in fields["properties"].as_object().into_iter().flatten() {
                let required = if required.contains(&field.as_str().into()) { "Required. " } else { "" };
                let (form, meaning) = (self.form(value), description(value));
                let _ = writeln!(page, "| {shown} | `{field}` | {form} | {required}{meaning} |");
            }
        }
    }

    /// What every kind has.
    fn common(&self, page: &mut String) {
        page.push_str("\n## Fields of every resource\n\n| field | type | meaning |\n| --- | --- | --- |\n");
        let fields = &self.table(kinds().iter().next().unwrap().name)["properties"];
        for name in ["name", "tags", "protect", "adopt", "renamed_from"] {
            let form = self.form(&fields[name]);
            // The form of an id is its kind's.
            let meaning = description(&fields[name]);
            let meaning = meaning.split(" under management").next().unwrap_or_default().to_owned();
            let rest =
                if name == "adopt" { " under management; how an id is written stands with each kind." } else { "" };
            let _ = writeln!(page, "| `{name}` | {form} | {meaning}{rest} |");
        }
    }

    fn table(&self, kind: &str) -> &Value {
        &self.schema["properties"][kind]["additionalProperties"]
    }

    fn kind(&self, kind: &Kind, page: &mut String) {
        let table = self.table(kind.name);
        let _ = writeln!(page, "\n## `{}`\n\n{}\n", kind.name, description(table));
        facts(kind, page);
        page.push_str("\n| field | type | role | a change | meaning |\n| --- | --- | --- | --- | --- |\n");
        let mut nested = Vec::new();
        let mut told = Vec::new();
        for field in kind.fields {
            self.parents(table, field, &mut told, page);
            let schema = self.at(table, field.path);
            let role = match field.role {
                Role::Managed => "managed",
                Role::CreateOnly => "create-only",
                Role::Instruction => "instruction",
            };
            let change = self.change(kind, field);
            let _ = writeln!(
                page,
                "| `{}` | {} | {role} | {change} | {} |",
                field.path.replace('*', "NAME"),
                self.form(&schema),
                self.meaning(&schema),
            );
            self.collect(&schema, &mut nested);
        }
        self.nested(&nested, page);
        page.push_str("\n| output | meaning |\n| --- | --- |\n");
        for output in kind.outputs {
            let _ = writeln!(page, "| `{{{{{}.NAME.{}}}}}` | {} |", kind.name, output.name, output.doc);
        }
    }

    /// Rows for the tables that a field stands in, each once.
    fn parents(&self, table: &Value, field: &Field, told: &mut Vec<String>, page: &mut String) {
        let keys: Vec<_> = field.path.split('.').collect();
        for depth in 1..keys.len() {
            let above = keys[..depth].join(".");
            if keys[depth - 1] == "*" || told.contains(&above) {
                continue;
            }
            let schema = self.at(table, &above);
            let form = if keys[depth] == "*" { "table, one entry for each name of your choice" } else { "table" };
            let form = if self.resolved(&schema)["type"].is_array() { self.form(&schema) } else { form.to_owned() };
            let _ = writeln!(page, "| `{above}` | {form} | | | {} |", self.meaning(&schema));
            told.push(above);
        }
    }

    /// The schema of a dotted path; `*` is the schema of every entry.
    fn at(&self, table: &Value, path: &str) -> Value {
        path.split('.').fold(table.clone(), |schema, key| {
            let schema = self.resolved(&schema);
            if key == "*" { schema["additionalProperties"].clone() } else { schema["properties"][key].clone() }
        })
    }

    /// Follows a reference; what stands beside it wins.
    fn resolved(&self, schema: &Value) -> Value {
        let Some(name) = schema["$ref"].as_str().and_then(|name| name.strip_prefix("#/$defs/")) else {
            return schema.clone();
        };
        let mut found = self.resolved(&self.schema["$defs"][name]);
        for (key, value) in schema.as_object().into_iter().flatten().filter(|(key, _)| *key != "$ref") {
            found[key] = value.clone();
        }
        found
    }

    /// The type of a value in words.
    fn form(&self, schema: &Value) -> String {
        let found = self.resolved(schema);
        if let Some(value) = found["const"].as_str() {
            return format!("`\"{value}\"`");
        }
        let choices = found["anyOf"].as_array().or(found["oneOf"].as_array());
        if let Some(choices) = choices {
            let (none, others): (Vec<_>, Vec<_>) = choices.iter().partition(|choice| choice["const"] == "none");
            let forms: Vec<_> = others.into_iter().chain(none).map(|choice| self.form(choice)).collect();
            return forms.join(", ");
        }
        if let Some(values) = found["enum"].as_array() {
            let values: Vec<_> =
                values.iter().filter_map(Value::as_str).map(|value| format!("`\"{value}\"`")).collect();
            return values.join(", ");
        }
        if let Some(types) = found["type"].as_array() {
            let words: Vec<_> = types.iter().filter_map(Value::as_str).map(|name| self.word(name, &found)).collect();
            return words.join(" or ");
        }
        self.word(found["type"].as_str().unwrap_or("string"), &found)
    }

    fn word(&self, name: &str, schema: &Value) -> String {
        match name {
            "string" if schema["format"] == "date-time" => "date-time with offset".into(),
            "string" => "text".into(),
            "integer" => "whole number".into(),
            "number" => "number".into(),
            "boolean" => "true or false".into(),
            "array" => {
                let items = &schema["items"];
                if self.resolved(items)["properties"].is_object() {
                    return "list of tables".into();
                }
                format!("list of {}s", self.form(items))
            }
            "object" if schema["additionalProperties"]["type"].is_string() => {
                format!("table of {}s", self.form(&schema["additionalProperties"]))
            }
            _ => "table".into(),
        }
    }

    /// What a field is for, and what each of its choices means.
    fn meaning(&self, schema: &Value) -> String {
        let mut meaning = vec![description(schema)];
        let definition = self.resolved(&without_description(schema));
        let list_of = self.resolved(&definition["items"]);
        let about = if definition["items"].is_object() { &list_of } else { &definition };
        if let Some(link) = link(about) {
            meaning.push(format!("[AWS]({link})"));
        }
        // How a reference is written is described with its type.
        let forms = description(about);
        if forms.contains("NAME") {
            meaning.push(format!("Written: {}.", forms.trim_end_matches('.')));
        }
        let choices = definition["oneOf"].as_array().or(definition["anyOf"].as_array());
        let described = choices.into_iter().flatten().filter(|choice| choice["const"].is_string());
        let described = described
            .filter(|choice| description(choice).trim_matches('`') != choice["const"].as_str().unwrap_or_default());
        let described = described.filter(|choice| !description(choice).is_empty());
        let choices = described.map(|choice| {
            let name = choice["const"].as_str().unwrap_or_default();
            let meaning = description(choice);
            format!("`\"{name}\"`: {}.", meaning.trim_end_matches('.'))
        });
        meaning.extend(choices);
        if definition["format"] == "date-time" {
            meaning.push("Such as `2026-12-24T18:00:00Z`.".into());
        }
        meaning.retain(|part| !part.is_empty());
        meaning.join(" ")
    }

    /// The tables within values that are compared as a whole.
    fn collect(&self, schema: &Value, nested: &mut Vec<String>) {
        let found = &schema.to_string();
        for name in found.split("#/$defs/").skip(1).filter_map(|rest| rest.split('"').next()) {
            let definition = &self.schema["$defs"][name];
            if definition["properties"].is_object() && !nested.contains(&name.to_owned()) {
                nested.push(name.to_owned());
            }
            self.collect(definition, nested);
        }
    }

    fn nested(&self, nested: &[String], page: &mut String) {
        for name in nested {
            let definition = &self.schema["$defs"][name];
            let required = definition["required"].as_array().cloned().unwrap_or_default();
            let _ = writeln!(
                page,
                "\n**{}**\n\n| field | type | meaning |\n| --- | --- | --- |",
                description(definition).trim_end_matches('.')
            );
            for (field, schema) in definition["properties"].as_object().into_iter().flatten() {
                let needed = if required.contains(&field.as_str().into()) { "Required. " } else { "" };
                let _ = writeln!(page, "| `{field}` | {} | {needed}{} |", self.form(schema), self.meaning(schema));
            }
        }
    }

    /// What changes of a field cost, by its samples in both directions.
    fn change(&self, kind: &Kind, field: &Field) -> String {
        let mut costs: Vec<(String, String)> = Vec::new();
        for sample in self.samples.iter().filter(|sample| sample.kind == kind.name) {
            let now = document(sample, None);
            let changes = sample.changes.iter().filter(|(changed, _)| pattern(kind, changed) == field.path);
            for (changed, value) in changes {
                let then = document(sample, Some((changed, value)));
                let (Some(before), Some(after)) = (at(&now, changed), at(&then, changed)) else { continue };
                let mut add = |from: &Value, to: &Value, desired: &Document, live: &Document| {
                    if mean_the_same(kind, changed, desired, live) {
                        return;
                    }
                    let cost = impact(kind, changed, from, to, desired, live);
                    if costs.iter().all(|(_, known)| *known != cost) {
                        costs.push((format!("{} → {}", shown(from), shown(to)), cost));
                    }
                };
                add(&before, &after, &then, &now);
                // A file's text and a reference mean the same in either direction.
                if !shown(&before).is_empty() {
                    add(&after, &before, &now, &then);
                }
            }
        }
        match &costs[..] {
            [] => String::new(),
            [(_, cost)] => cost.clone(),
            several => {
                let several: Vec<_> = several.iter().map(|(change, cost)| format!("{change}: {cost}")).collect();
                several.join("<br>")
            }
        }
    }
}

/// What holds for the kind as a whole.
fn facts(kind: &Kind, page: &mut String) {
    let required = |needed: &str| format!("`{needed}`");
    let needed: Vec<_> = kind.required.iter().map(|needed| required(needed)).collect();
    if !needed.is_empty() {
        let _ = writeln!(page, "- Required, here or in `[defaults.{}]`: {}.", kind.name, needed.join(", "));
    }
    let shown = match (kind.naming.tag, kind.naming.unique) {
        (true, true) => "the object's own name, which no other can have, and its `Name` tag",
        (true, false) => "the object's `Name` tag, which others may have too",
        (false, _) => "the object's own name, which no other can have",
    };
    let default = if kind.naming.required { "required" } else { "default: `PROJECT-ENVIRONMENT-NAME`" };
    let rename =
        impact(kind, "name", &Value::from("old"), &Value::from("new"), &Document::default(), &Document::default());
    let _ = writeln!(page, "- `name` is {shown}; {default}. A change: {rename}.");
    let _ = writeln!(page, "- `adopt` takes an id written like {}.", kind.id_form);
    for part in kind.parts {
        let fields: Vec<_> = part.fields.iter().map(|field| required(field)).collect();
        let fields = fields.join(" and ");
        let _ = writeln!(page, "- {fields}: a step of its own in a plan, `{}.NAME/{}`.", kind.name, part.name);
    }
    if !kind.prune {
        page.push_str("- `--prune` does not delete it.\n");
    }
}

/// The fields of a sample's subject.
fn document(sample: &Sample, change: Option<(&str, &toml::Value)>) -> Document {
    let change = change.map(|(path, value)| (path, Some(value)));
    let environment = sample.environment(change);
    let mut document = environment.resources[&sample.address()].document.clone();
    for field in UNSAID {
        document.0.shift_remove(field);
    }
    document
}

/// Whether a kind takes both values of a field for equal: a newer minor version is as good as the one asked for.
fn mean_the_same(kind: &Kind, path: &str, desired: &Document, live: &Document) -> bool {
    let (mut desired, mut live) = (desired.clone(), live.clone());
    (kind.normalize)(&mut desired, &mut live, NOW).unwrap();
    at(&desired, path).is_some() && at(&desired, path) == at(&live, path)
}

fn at(document: &Document, path: &str) -> Option<Value> {
    let mut keys = path.split('.');
    let first = document.0.get(keys.next()?)?;
    keys.try_fold(first, |value, key| value.get(key)).cloned()
}

fn impact(kind: &Kind, path: &str, before: &Value, after: &Value, desired: &Document, live: &Document) -> String {
    let change = DocumentChange { path, before: Some(before), after: Some(after), desired, live };
    match (kind.impact)(&change).unwrap() {
        Impact::InPlace { note: None } => "in place".into(),
        Impact::InPlace { note: Some(note) } => format!("in place; {note}"),
        Impact::Interrupts { why } => format!("**interrupts**: {why}"),
        Impact::Impossible { why, hint } => format!("**impossible**: {why}. Way out: {hint}"),
        Impact::Ignored { why } => format!("left: {why}"),
    }
    .replace('|', "\\|")
}

/// A value that is short enough to stand in a table; else nothing.
fn shown(value: &Value) -> String {
    match value {
        Value::Bool(_) | Value::Number(_) => format!("`{value}`"),
        Value::String(text) if text.len() <= 24 && !text.contains('\n') => format!("`\"{text}\"`"),
        _ => String::new(),
    }
}

/// The first paragraph of a description, in one line.
fn description(schema: &Value) -> String {
    let whole = schema["description"].as_str().unwrap_or_default();
    let first = whole.split("\n\n").find(|paragraph| !paragraph.starts_with('<')).unwrap_or_default();
    first.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

fn without_description(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Some(fields) = schema.as_object_mut() {
        fields.shift_remove("description");
    }
    schema
}

/// The page of AWS that a description ends with.
fn link(schema: &Value) -> Option<String> {
    let (_, rest) = schema["description"].as_str()?.split_once("<https://")?;
    Some(format!("https://{}", rest.split('>').next()?))
}
