//! CN313: a database that is renamed, and what names it by its former endpoint.

use cn_infra_core::check::{Finding, Severity, Whole};
use cn_infra_core::environment::{Declared, Environment};
use cn_infra_core::live::Object;
use cn_infra_core::resource::Resource;
use serde_json::Value;

use crate::db_instance::DbInstance;

const ENDPOINT: &str = "endpoint";

pub(super) fn check(whole: &Whole<'_>) -> Vec<Finding> {
    let Some((_, identity)) = whole.live else { return Vec::new() };
    let databases = whole.environment.resources.values().filter(|declared| declared.address.kind == DbInstance::KIND);
    let renamed =
        databases.filter_map(|database| renamed(database, identity.object(&database.address)?, whole.environment));
    renamed.collect()
}

/// The endpoint of an instance begins with its identifier:
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_RenameInstance.html>.
fn renamed(declared: &Declared, object: &Object, environment: &Environment) -> Option<Finding> {
    let (Declared { name, address, .. }, former) = (declared, object.name.as_deref()?);
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
    let filled = mentions(environment, &format!("{{{{{address}.{ENDPOINT}}}}}"));
    if !filled.is_empty() {
        parts.push(format!("it is filled into {}, by the next apply after this one", filled.join(", ")));
    }
    let hint = format!(
        "whatever connects to it has to follow: `cn-infra output {} {address}.{ENDPOINT}` tells the new one",
        environment.name
    );
    Some(Finding::new("CN313", Severity::Warning, parts.join("; ")).hint(hint).on(address))
}

/// Where a text stands in what an environment says: its `[values]`, and the fields of its resources.
fn mentions(environment: &Environment, text: &str) -> Vec<String> {
    let values = environment.values.iter().filter(|(_, value)| value.contains(text));
    let fields = environment.resources.values().flat_map(|declared| {
        let fields = declared.document.0.iter().filter(|(_, value)| says(value, text));
        fields.map(|(field, _)| format!("{field} of {}", declared.address))
    });
    values.map(|(name, _)| format!("[values] {name}")).chain(fields).collect()
}

fn says(value: &Value, text: &str) -> bool {
    match value {
        Value::String(string) => string.contains(text),
        Value::Array(items) => items.iter().any(|item| says(item, text)),
        Value::Object(table) => table.values().any(|item| says(item, text)),
        _ => false,
    }
}
