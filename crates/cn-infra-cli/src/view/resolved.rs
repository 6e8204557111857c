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
    let table = |title: &str, lines: String| {
        if lines.is_empty() { lines } else { format!("\n{}\n{lines}", style.paint(Ink::Strong, format!("[{title}]"))) }
    };
    let network = |(name, cidrs): (&String, &Vec<_>)| line(name, &quoted_list(cidrs), "", style);
    text += &table("networks", networks.0.iter().map(network).collect());
    let value = |(name, value): (&String, &String)| line(name, &toml::Value::from(value.as_str()).to_string(), "", style);
    text += &table("values", values.iter().map(value).collect());
    for Resolved { address, fields } in resolved(environment) {
        text += &table(&address.to_string(), fields.iter().map(|one| field(one, style)).collect());
    }
    text
}

fn quoted_list(cidrs: &[impl ToString]) -> String {
    toml::Value::from(cidrs.iter().map(ToString::to_string).collect::<Vec<_>>()).to_string()
}

fn field(field: &ResolvedField, style: Style) -> String {
    let ResolvedField { name, value, origin } = field;
    line(name, value, &origin.as_ref().map_or_else(|| "by default".to_owned(), place), style)
}

/// `type = "t2.large"   # production.toml:45`
fn line(name: &str, value: &str, origin: &str, style: Style) -> String {
    let origin = if origin.is_empty() { String::new() } else { format!("   {}", style.paint(Ink::Faint, format!("# {origin}"))) };
    format!("{name} = {}{origin}\n", hang(value, width(name) + 3, None, style))
}

/// `common.toml:14, a default`
fn place(origin: &Origin) -> String {
    let file = origin.file.file_name().unwrap_or(origin.file.as_os_str()).to_string_lossy();
    let default = if origin.default { ", a default" } else { "" };
    format!("{file}:{}{default}", origin.line)
}

/// The environment for a program.
pub fn json(environment: &Environment) -> Value {
    let origin = |Origin { file, line, default, texts }: &Origin| {
        json!({ "file": file, "line": line, "default": default, "texts": texts })
    };
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
