//! One resource as TOML.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Map, Value as Json};
use toml_edit::{Array, InlineTable, Key, Value};

use super::Said;
use super::subject::Subject;
use crate::environment::Environment;
use crate::field_tree::FieldTree;
use crate::kinds::Kind;
use crate::owner::{self, Tags};

/// The longest list that stands on one line.
const WIDTH: usize = 100;

/// A resource's table, with its id and what is to be said of it in comments.
pub(super) fn resource(
    environment: &Environment,
    kind: &Kind,
    subject: &Subject<'_>,
    said: &Said,
    files: &mut BTreeMap<PathBuf, String>,
) -> String {
    let header = format!("{}.{}", kind.name, subject.address.name);
    let mut fields = said.document.0.clone();
    let mut texts = Texts { environment: &environment.name, resource: &subject.address.name, files };
    texts.take(&kind.tree, &mut fields, "");
    let mut text = comments(subject, &said.remarks);
    text.extend(["[", &header, "]\n"]);
    for (name, value) in common(environment, kind, subject) {
        text.push_str(&line(name, value));
    }
    let mut tables = String::new();
    for name in in_order(kind) {
        let Some(value) = fields.get(name) else { continue };
        match (kind.tree.child(name), value) {
            (Some(FieldTree::Keyed(_)), Json::Object(entries)) if !entries.is_empty() => {
                let lines: String = entries.iter().filter_map(|(key, value)| Some(line(key, toml(value)?))).collect();
                tables.extend(["[", &header, ".", name, "]\n", &lines]);
            }
            _ => text.extend(toml(value).map(|value| line(name, value))),
        }
    }
    text + &tables
}

/// What stands in the place of an object that no file can declare.
pub(super) fn left_out(subject: &Subject<'_>, why: &str) -> String {
    comments(subject, &[format!("not declared: {why}")])
}

/// The id, for whoever looks it up in a console, and the remarks.
fn comments(subject: &Subject<'_>, remarks: &[String]) -> String {
    let name = subject.object.name.as_deref().filter(|name| *name != subject.object.id.0);
    let id = subject.object.id.to_string();
    let first = name.map_or(id.clone(), |name| format!("{id}, {name}"));
    let lines: String = remarks.iter().map(|remark| comment(remark)).collect();
    format!("\n{}{lines}", comment(&first))
}

fn comment(text: &str) -> String {
    // A name of an object's may hold anything.
    format!("# {}\n", text.replace(char::is_control, " "))
}

/// The top-level fields of a kind, in its own order.
fn in_order(kind: &Kind) -> Vec<&'static str> {
    let mut names = Vec::new();
    for field in kind.fields {
        let name = field.path.split('.').next().unwrap_or(field.path);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// What every kind has: name, tags, protection, adoption.
fn common(environment: &Environment, kind: &Kind, subject: &Subject<'_>) -> Vec<(&'static str, Value)> {
    let object = subject.object;
    let mut fields = Vec::new();
    let default_name = format!("{}-{}-{}", environment.project, environment.name, subject.address.name);
    if let Some(name) = object.name.as_ref().filter(|name| kind.naming.required || **name != default_name) {
        fields.push(("name", name.into()));
    }
    if subject.adopt {
        fields.push(("adopt", object.id.0.as_str().into()));
    }
    let defaults = environment.defaults.get(kind.name);
    let protected = object.tags.contains_key(owner::PROTECT);
    if protected != defaults.and_then(|defaults| defaults.protect).unwrap_or_default() {
        fields.push(("protect", protected.into()));
    }
    let shared = |key: &String, value: &String| environment.tags.get(key) == Some(value);
    let own: Tags = of_file(kind, subject).into_iter().filter(|(key, value)| !shared(key, value)).collect();
    let given = defaults.and_then(|defaults| defaults.tags.clone());
    let given: Tags = given.into_iter().flatten().filter(|(key, value)| !shared(key, value)).collect();
    if own != given {
        fields.push((
            "tags",
            own.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect::<InlineTable>().into(),
        ));
    }
    fields
}

/// The tags that a file sets: of an own object those that it remembers, of another all.
fn of_file(kind: &Kind, subject: &Subject<'_>) -> Tags {
    let tags = &subject.object.tags;
    let remembered = tags.get(owner::TAGS).map(|value| owner::remembered(value)).unwrap_or_default();
    let is_set = |key: &String| {
        let named = kind.naming.tag && key == owner::NAME;
        !owner::is_reserved(key) && !named && (subject.adopt || remembered.contains(key))
    };
    tags.iter().filter(|(key, _)| is_set(key)).map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// Texts that stand in files of their own.
struct Texts<'a> {
    environment: &'a str,
    resource: &'a str,
    files: &'a mut BTreeMap<PathBuf, String>,
}

impl Texts<'_> {
    /// Puts the path of a file in the place of each text.
    fn take(&mut self, tree: &FieldTree, fields: &mut Map<String, Json>, within: &str) {
        for (name, value) in fields {
            match (tree.child(name), value) {
                (Some(FieldTree::Leaf { file: true, .. }), Json::String(text)) if text != "none" => {
                    let what = if name == "file" { within } else { name.trim_end_matches("_file") };
                    *text = self.put(what, text);
                }
                (Some(tree @ FieldTree::Fixed(_)), Json::Object(below)) => self.take(tree, below, name),
                _ => {}
            }
        }
    }

    /// The path of the file that holds a text. JSON is laid out for readers: its meaning is what counts.
    fn put(&mut self, what: &str, text: &str) -> String {
        let pretty = serde_json::from_str::<Json>(text).and_then(|json| serde_json::to_string_pretty(&json));
        let (extension, text) = match pretty {
            Ok(pretty) => ("json", pretty + "\n"),
            Err(_) => ("txt", text.to_owned()),
        };
        let path = format!("{}/{}-{what}.{extension}", self.environment, self.resource);
        self.files.insert(PathBuf::from(&path), text);
        path
    }
}

fn line(name: &str, value: Value) -> String {
    format!("{} = {}\n", Key::new(name), laid_out(value))
}

/// A long list of several values has a line for each.
fn laid_out(value: Value) -> Value {
    let text = value.to_string();
    match value {
        Value::Array(mut items) if items.len() > 1 && text.len() > WIDTH => {
            for item in items.iter_mut() {
                item.decor_mut().set_prefix("\n    ");
            }
            items.set_trailing_comma(true);
            items.set_trailing("\n");
            Value::Array(items)
        }
        other => other,
    }
}

/// A value of a document; TOML has no null.
fn toml(value: &Json) -> Option<Value> {
    Some(match value {
        Json::Null => return None,
        Json::Bool(value) => (*value).into(),
        Json::Number(number) => match number.as_i64() {
            Some(number) => number.into(),
            None => number.as_f64()?.into(),
        },
        Json::String(text) => text.as_str().into(),
        Json::Array(items) => items.iter().filter_map(toml).collect::<Array>().into(),
        Json::Object(fields) => fields
            .iter()
            .filter_map(|(name, value)| Some((name.as_str(), toml(value)?)))
            .collect::<InlineTable>()
            .into(),
    })
}
