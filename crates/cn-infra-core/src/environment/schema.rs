//! The JSON Schema of environment files, for editors.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::kinds::{Kind, Kinds};

/// What a name of a resource, network or value looks like.
const NAME: &str = "^[A-Za-z][A-Za-z0-9_-]{0,63}$";

/// One JSON Schema, draft 2020-12, of an environment file with the given kinds.
///
/// Which fields a resource needs is not in it, as `[defaults.<kind>]` may give them.
pub fn schema(kinds: &Kinds) -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let mut properties = sections();
    let mut defaults = Map::new();
    for kind in kinds.iter() {
        let table = (kind.schema)(&mut generator).to_value();
        let resource = with_common(table.clone(), kind);
        properties.insert(kind.name.into(), json!({ "type": "object", "additionalProperties": resource }));
        defaults.insert(kind.name.into(), with(table, [("tags", tags()), ("protect", protect())]));
    }
    let defaults = json!({
        "type": "object",
        "description": "Fields given to every resource of a kind that does not set them itself.",
        "properties": defaults,
        "additionalProperties": false,
    });
    properties.insert("defaults".into(), defaults);
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "cn-infra environment",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "$defs": generator.take_definitions(true),
    });
    drop_null(&mut schema);
    schema
}

/// TOML has no null: a field that is an `Option` is left out, or has the value's type.
fn drop_null(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(drop_null),
        Value::Object(fields) => {
            if let Some(Value::Array(types)) = fields.get_mut("type") {
                types.retain(|name| name != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    fields.insert("type".into(), only);
                }
            }
            if let Some(Value::Array(choices)) = fields.get_mut("anyOf") {
                choices.retain(|choice| *choice != json!({ "type": "null" }));
                if let [Value::Object(only)] = choices.as_slice() {
                    let only = only.clone();
                    fields.shift_remove("anyOf");
                    fields.extend(only);
                }
            }
            fields.values_mut().for_each(drop_null);
        }
        _ => {}
    }
}

/// The table of a kind with the fields of every kind.
fn with_common(table: Value, kind: &Kind) -> Value {
    let id = format!("An existing object to take under management: {}.", kind.id_form);
    let common = [
        (
            "name",
            json!({ "type": "string", "description": "The name that consoles show. Default: project-environment-name of the resource." }),
        ),
        ("tags", tags()),
        ("protect", protect()),
        ("adopt", json!({ "type": "string", "description": id })),
        (
            "renamed_from",
            json!({ "type": "string", "description": "The address it had before, kind.name: its object is renamed, not made anew." }),
        ),
    ];
    with(table, common)
}

fn with<const N: usize>(mut table: Value, fields: [(&str, Value); N]) -> Value {
    if let Value::Object(table) = &mut table {
        table.remove("$schema");
        table.remove("title");
        let properties = table.entry("properties").or_insert_with(|| json!({}));
        for (name, schema) in fields {
            properties[name] = schema;
        }
    }
    table
}

fn tags() -> Value {
    json!({
        "type": "object",
        "description": "Tags of the object; the resource's own win over those of [tags].",
        "additionalProperties": { "type": "string" },
        "propertyNames": { "not": { "anyOf": [{ "pattern": "^(cn-infra|aws):" }, { "const": "Name" }] } },
    })
}

fn with_description(mut schema: Value, description: &str) -> Value {
    schema["description"] = description.into();
    schema
}

fn protect() -> Value {
    json!({ "type": "boolean", "description": "Whether its object is kept from being deleted; left out: as its tag says." })
}

/// The tables that are no kinds.
fn sections() -> Map<String, Value> {
    let sections = json!({
        "environment": {
            "type": "object",
            "properties": {
                "name": { "type": "string", "pattern": NAME, "description": "Equal to the file's name." },
                "project": { "type": "string", "pattern": NAME, "description": "Whose objects these are, within the account." },
                "account": { "type": "string", "pattern": "^[0-9]{12}$", "description": "The account that the objects are in, 12 digits; calls with credentials of another are refused." },
                "region": { "type": "string", "pattern": "^[a-z]+(-[a-z]+)+-[0-9]+$", "description": "The region: us-west-2." },
                "tier": { "enum": ["production", "staging", "development"], "description": "Which checks apply. Default: development." },
                "include": { "type": "array", "items": { "type": "string" }, "description": "Files that environments share; this file wins, key by key." },
            },
            "required": ["name", "project", "account", "region"],
            "additionalProperties": false,
        },
        "tags": with_description(tags(), "Tags of every object; a resource's own win."),
        "networks": {
            "type": "object",
            "description": "Named sources and destinations of rules: CIDRs, and names of other networks.",
            "propertyNames": { "pattern": NAME },
            "additionalProperties": { "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] },
        },
        "values": {
            "type": "object",
            "description": "What templates name, {{name}}: texts, whole numbers, booleans.",
            "propertyNames": { "pattern": NAME },
            "additionalProperties": { "type": ["string", "integer", "boolean"] },
        },
        "lock": {
            "type": "object",
            "description": "Where the lease of a running apply lives, so that one of several machines writes. Left out: a lock on a file keeps two applies of one directory apart.",
            "properties": { "bucket": { "type": "string", "description": "The name of a bucket that is there already, in the account and region of the environment, and that no environment declares." } },
            "additionalProperties": false,
        },
        "silence": {
            "type": "array",
            "description": "Findings that are accepted.",
            "items": {
                "type": "object",
                "properties": {
                    "finding": { "type": "string", "description": "The finding's code: CN104." },
                    "on": { "type": "string", "description": "The resource; left out: all." },
                    "reason": { "type": "string", "minLength": 1, "description": "Why it is accepted." },
                },
                "required": ["finding", "reason"],
                "additionalProperties": false,
            },
        },
    });
    match sections {
        Value::Object(sections) => sections,
        _ => Map::new(),
    }
}
