//! An environment with everything filled in, each value with the place where it was set.

use cn_infra_core::environment::{Declared, Environment, Origin, Resolved, ResolvedField, resolved};
use serde_json::{Map, Value, json};

use super::color::{Ink, Style};
use super::layout::{hang, width};
use super::plan::header;

/// The environment for a person.
pub fn environment(environment: &Environment, style: Style) -> String {
    let Environment { name, project, account, region, networks, values, .. } = environment;
    let mut text = header([name, project, account, region], style);
    let network = |(name, cidrs): (&String, &Vec<_>)| Line::of(name, list(cidrs));
    text += &table("networks", &networks.0.iter().map(network).collect::<Vec<_>>(), style);
    let value = |(name, value): (&String, &String)| Line::of(name, toml::Value::from(value.as_str()).to_string());
    text += &table("values", &values.iter().map(value).collect::<Vec<_>>(), style);
    for Resolved { address, fields } in resolved(environment) {
        text += &table(&address.to_string(), &fields.iter().map(Line::of_field).collect::<Vec<_>>(), style);
    }
    text
}

fn list(cidrs: &[impl ToString]) -> String {
    toml::Value::from(cidrs.iter().map(ToString::to_string).collect::<Vec<_>>()).to_string()
}

/// `type = "t2.large"   # production.toml:45`
struct Line {
    name: String,
    value: String,
    origin: Option<String>,
}

impl Line {
    fn of(name: &str, value: String) -> Self {
        Self { name: name.to_owned(), value, origin: None }
    }

    fn of_field(field: &ResolvedField) -> Self {
        let ResolvedField { name, value, origin } = field;
        let origin = match origin {
            Some(origin) => place(origin),
            None if name == "tags" => "[tags]".to_owned(),
            None => "follows from the address".to_owned(),
        };
        Self { name: name.clone(), value: value.clone(), origin: Some(origin) }
    }

    fn text(&self, column: usize, style: Style) -> String {
        let Self { name, value, origin } = self;
        let value = hang(value, column + 3, None, style);
        let origin = origin.as_ref().map(|origin| format!("   {}", style.paint(Ink::Faint, format!("# {origin}"))));
        format!("{name:column$} = {value}{}\n", origin.unwrap_or_default())
    }
}

fn table(title: &str, lines: &[Line], style: Style) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let column = lines.iter().map(|line| width(&line.name)).max().unwrap_or_default();
    let lines: String = lines.iter().map(|line| line.text(column, style)).collect();
    format!("\n{}\n{lines}", style.paint(Ink::Strong, format!("[{title}]")))
}

/// `common.toml:14, a default`
fn place(origin: &Origin) -> String {
    let file = origin.file.file_name().unwrap_or(origin.file.as_os_str()).to_string_lossy();
    let default = if origin.default { ", a default" } else { "" };
    format!("{file}:{}{default}", origin.line)
}

/// The environment for a program.
pub fn json(environment: &Environment) -> Value {
    let origin = |Origin { file, line, default, texts }: &Origin| json!({ "file": file, "line": line, "default": default, "texts": texts });
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
