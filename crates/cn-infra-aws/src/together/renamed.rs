//! CN313: a database that is renamed, and what names it by its former endpoint.

use cn_infra_core::check::{Finding, Severity, Whole};
use cn_infra_core::environment::{Declared, Environment};
use cn_infra_core::plan::identity::Identity;
use cn_infra_core::resource::Resource;
use serde_json::Value;

use crate::db_instance::DbInstance;

const ENDPOINT: &str = "endpoint";
const USER_DATA: &str = "user_data";

pub(super) fn check(whole: &Whole<'_>) -> Vec<Finding> {
    let Some((_, identity)) = whole.live else { return Vec::new() };
    let databases = whole.environment.resources.values().filter(|declared| declared.address.kind == DbInstance::KIND);
    databases.filter_map(|database| renamed(database, identity, whole.environment)).collect()
}

/// The endpoint of an instance begins with its identifier:
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_RenameInstance.html>.
fn renamed(declared: &Declared, identity: &Identity<'_>, environment: &Environment) -> Option<Finding> {
    let Declared { name, address, .. } = declared;
    let object = identity.object(address)?;
    let former = object.name.as_deref()?;
    let endpoint = object.outputs.get(ENDPOINT)?;
    let rest = endpoint.strip_prefix(former)?;
    if former == name || !rest.starts_with('.') {
        return None;
    }
    let mut parts = vec![format!("its endpoint becomes {name}{rest} in place of {endpoint}")];
    let named = mentions(environment, endpoint);
    if !named.is_empty() {
        parts.push(format!("the former one stands in {}", named.join(", ")));
    }
    let output = format!("{address}.{ENDPOINT}");
    let is_there = |server: &Declared| identity.object(&server.address).is_some();
    let (told, filled): (Vec<_>, Vec<_>) = fields(environment, &|value| is_filled_with(value, &output))
        .into_iter()
        .partition(|(field, of)| *field == USER_DATA && is_there(of));
    if !filled.is_empty() {
        parts.push(format!("it is filled into {}, by the next apply after this one", said(filled).join(", ")));
    }
    if !told.is_empty() {
        parts.push(format!("{} told it at the first start, which does not come again", said(told).join(", ")));
    }
    let hint = format!(
        "whatever connects to it has to follow: `cn-infra output {} {output}` tells the new one",
        environment.name
    );
    Some(Finding::new("CN313", Severity::Warning, parts.join("; ")).hint(hint).on(address))
}

/// Where a host stands in what an environment says: its `[values]`, and the fields of its resources.
fn mentions(environment: &Environment, host: &str) -> Vec<String> {
    let values = environment.values.iter().filter(|(_, value)| names_host(value, host));
    let fields = fields(environment, &|value| value.as_str().is_some_and(|text| names_host(text, host)));
    values.map(|(name, _)| format!("[values] {name}")).chain(said(fields)).collect()
}

fn said<'e>(fields: impl IntoIterator<Item = (&'e str, &'e Declared)>) -> Vec<String> {
    fields.into_iter().map(|(field, of)| format!("{field} of {}", of.address)).collect()
}

/// The fields of resources that hold such a value, at any depth.
fn fields<'e>(environment: &'e Environment, is_it: &dyn Fn(&Value) -> bool) -> Vec<(&'e str, &'e Declared)> {
    let fields = environment.resources.values().flat_map(|declared| {
        let fields = declared.document.0.iter().map(|(field, value)| (field.as_str(), value));
        fields.map(move |(field, value)| (field, value, declared))
    });
    fields.filter(|(_, value, _)| holds(value, is_it)).map(|(field, _, declared)| (field, declared)).collect()
}

fn holds(value: &Value, is_it: &dyn Fn(&Value) -> bool) -> bool {
    is_it(value)
        || match value {
            Value::Array(items) => items.iter().any(|item| holds(item, is_it)),
            Value::Object(table) => table.values().any(|item| holds(item, is_it)),
            _ => false,
        }
}

/// Whether a host is named, and not one that only ends or goes on as it does.
fn names_host(text: &str, host: &str) -> bool {
    let is_of_a_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    text.match_indices(host).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + host.len()..]);
        !before.ends_with(|letter| is_of_a_name(letter) || letter == '.') && !after.starts_with(is_of_a_name)
    })
}

/// Whether a value is a template with `{{name}}`; spaces within the braces mean nothing.
fn is_filled_with(value: &Value, name: &str) -> bool {
    let text = value.get("template").and_then(Value::as_str).unwrap_or_default();
    text.split("{{").skip(1).any(|rest| rest.split_once("}}").is_some_and(|(inside, _)| inside.trim() == name))
}
