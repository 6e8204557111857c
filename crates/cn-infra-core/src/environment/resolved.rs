//! What an environment says after everything is merged, and where each value was set: `check --resolved`.

use serde_json::Value;

use super::{Declared, Environment, Origin};
use crate::address::Address;

/// One resource with all that is set.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolved {
    /// The resource.
    pub address: Address,
    /// Its fields: those of every kind, then its own in the order of the kind.
    pub fields: Vec<ResolvedField>,
}

/// One top-level field.
#[derive(Clone, Debug, PartialEq)]
pub struct ResolvedField {
    /// Its name.
    pub name: String,
    /// Its value as TOML; in the place of a file's text stand its path and size.
    pub value: String,
    /// Where it was set; `None`: it follows from the address, or from `[tags]`.
    pub origin: Option<Origin>,
}

/// Every resource of an environment with its values and their origins.
pub fn resolved(environment: &Environment) -> Vec<Resolved> {
    let fields = |declared: &Declared| common(declared).into_iter().chain(own(declared)).collect();
    let resolve = |declared: &Declared| Resolved { address: declared.address.clone(), fields: fields(declared) };
    environment.resources.values().map(resolve).collect()
}

/// The fields that every kind has, as far as they are set.
fn common(declared: &Declared) -> Vec<ResolvedField> {
    let Declared { name, tags, protect, adopt, renamed_from, .. } = declared;
    let tags: serde_json::Map<_, _> = tags.iter().map(|(key, value)| (key.clone(), value.as_str().into())).collect();
    let values = [
        ("name", Some(Value::from(name.as_str()))),
        ("tags", (!tags.is_empty()).then_some(Value::Object(tags))),
        ("protect", protect.map(Value::from)),
        ("adopt", adopt.as_ref().map(|id| id.to_string().into())),
        ("renamed_from", renamed_from.as_ref().map(|address| address.to_string().into())),
    ];
    let set = values.into_iter().filter_map(|(name, value)| Some((name, value?)));
    set.map(|(name, value)| field(declared, name, &value)).collect()
}

/// The fields of the kind.
fn own(declared: &Declared) -> impl Iterator<Item = ResolvedField> {
    declared.document.0.iter().map(|(name, value)| {
        let mut value = value.clone();
        let texts = declared.origins.get(name).map(|origin| &origin.texts);
        for (path, file) in texts.into_iter().flatten() {
            let mut keys = path.split('.').skip(1);
            if let Some(text) = keys.try_fold(&mut value, |value, key| value.get_mut(key)) {
                let size = text.as_str().or_else(|| text.get("template")?.as_str()).map_or(0, str::len);
                *text = format!("{}, {size} bytes", file.display()).into();
            }
        }
        field(declared, name, &value)
    })
}

fn field(declared: &Declared, name: &str, value: &Value) -> ResolvedField {
    let shown = toml::Value::try_from(value).map_or_else(|_| value.to_string(), |value| value.to_string());
    ResolvedField { name: name.to_owned(), value: shown, origin: declared.origins.get(name).cloned() }
}
