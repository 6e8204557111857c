//! An environment with everything filled in, each value with the place where it was set.

use std::fmt::Write;

use cn_infra_core::environment::{Declared, Environment, Origin};
use serde_json::{Map, Value, json};

use super::color::{Ink, Style};
use super::layout::{hang, width};
use super::{rules, value};

/// The furthest column at which values begin.
const VALUES: usize = 30;

/// The environment for a person.
pub fn environment(environment: &Environment, style: Style) -> String {
    let Environment { name, project, account, region, networks, values, resources, .. } = environment;
    let mut text = format!("{} · {project} · account {account} · {region}\n", style.paint(Ink::Strong, name));
    let mut table = |title: &str, rows: &[(String, String, String)]| {
        if !rows.is_empty() {
            let _ = write!(text, "\n{}\n{}", style.paint(Ink::Strong, format!("[{title}]")), lines(rows, style));
        }
    };
    let list = |cidrs: &Vec<_>| cidrs.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    table("networks", &networks.0.iter().map(|(name, cidrs)| (name.clone(), list(cidrs), String::new())).collect::<Vec<_>>());
    table("values", &values.iter().map(|(name, value)| (name.clone(), value.clone(), String::new())).collect::<Vec<_>>());
    for declared in resources.values() {
        table(&declared.address.to_string(), &rows(declared, environment));
    }
    text
}

/// Label, value, origin.
fn rows(declared: &Declared, environment: &Environment) -> Vec<(String, String, String)> {
    let origin = |field: &str| declared.origins.get(field).map(origin).unwrap_or_default();
    let default_name = if declared.origins.contains_key("name") { origin("name") } else { "by default".to_owned() };
    let mut rows = vec![("name".to_owned(), declared.name.clone(), default_name)];
    rows.extend(declared.protect.map(|protect| ("protect".to_owned(), protect.to_string(), origin("protect"))));
    rows.extend(declared.adopt.as_ref().map(|id| ("adopt".to_owned(), id.to_string(), origin("adopt"))));
    let former = declared.renamed_from.as_ref();
    rows.extend(former.map(|former| ("renamed_from".to_owned(), former.to_string(), origin("renamed_from"))));
    for (field, value) in &declared.document.0 {
        for (label, text) in fields(field, value, environment) {
            rows.push((label, text, origin(field)));
        }
    }
    rows.extend(declared.tags.iter().map(|(key, value)| (format!("tags.{key}"), value.clone(), origin("tags"))));
    rows
}

/// A field in one row, or a row for each entry of a table of tables.
fn fields(field: &str, value: &Value, environment: &Environment) -> Vec<(String, String)> {
    let text = |value: &Value| match value {
        Value::Object(fields) if rules::is_rule(fields) => rules::rule(fields, &environment.networks),
        other => value::inline(other, &environment.networks),
    };
    match value {
        Value::Object(entries) if !entries.is_empty() && entries.values().all(Value::is_object) => {
            entries.iter().map(|(key, entry)| (format!("{field}.{key}"), text(entry))).collect()
        }
        other => vec![(field.to_owned(), text(other))],
    }
}

fn lines(rows: &[(String, String, String)], style: Style) -> String {
    let column = rows.iter().map(|(label, ..)| width(label) + 3).max().unwrap_or_default().min(VALUES);
    let line = |(label, value, origin): &(String, String, String)| {
        let gap = column.saturating_sub(width(label)).max(1);
        let shown = hang(value, width(label) + gap, None, style);
        let origin = if origin.is_empty() { String::new() } else { format!("   {}", style.paint(Ink::Faint, format!("# {origin}"))) };
        format!("{label}{:gap$}{shown}{origin}\n", "")
    };
    rows.iter().map(line).collect()
}

/// `common.toml:14, a default`.
fn origin(origin: &Origin) -> String {
    let file = origin.file.file_name().unwrap_or(origin.file.as_os_str()).to_string_lossy();
    let default = if origin.default { ", a default" } else { "" };
    format!("{file}:{}{default}", origin.line)
}

/// The environment for a program.
pub fn json(environment: &Environment) -> Value {
    let origin = |Origin { file, line, default }: &Origin| json!({ "file": file, "line": line, "default": default });
    let resource = |declared: &Declared| {
        let origins: Map<_, _> = declared.origins.iter().map(|(field, at)| (field.clone(), origin(at))).collect();
        json!({
            "name": declared.name,
            "tags": declared.tags,
            "protect": declared.protect,
            "adopt": declared.adopt,
            "renamed_from": declared.renamed_from,
            "fields": declared.document,
            "origins": origins,
        })
    };
    let resources: Map<_, _> =
        environment.resources.iter().map(|(address, declared)| (address.to_string(), resource(declared))).collect();
    json!({
        "environment": environment.name,
        "project": environment.project,
        "account": environment.account,
        "region": environment.region,
        "tier": environment.tier,
        "networks": environment.networks,
        "values": environment.values,
        "resources": resources,
    })
}
