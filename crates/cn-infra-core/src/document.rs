//! A resource as data: the form in which desired and live are compared, shown and saved.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::resource::Resource;

/// Field values of one resource, by name. References are `kind.name`, templates unfilled: never a resolved secret.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Document(pub Map<String, Value>);

/// A document that is not of its kind: a plan file that was edited, or a mistake in a kind.
#[derive(Debug, thiserror::Error)]
#[error("not a valid {kind}")]
pub struct DocumentError {
    kind: &'static str,
    source: serde_json::Error,
}

impl Document {
    /// The document of a typed resource.
    pub fn of<R: Resource>(resource: &R) -> Result<Self, DocumentError> {
        let wrong = |source| DocumentError { kind: R::KIND, source };
        match serde_json::to_value(resource).map_err(wrong)? {
            Value::Object(fields) => Ok(Self(fields)),
            other => serde_json::from_value(other).map(Self).map_err(wrong),
        }
    }

    /// The typed resource of a document.
    pub fn to<R: Resource>(&self) -> Result<R, DocumentError> {
        R::deserialize(&self.0).map_err(|source| DocumentError { kind: R::KIND, source })
    }

    /// The value at a dotted path.
    pub fn get(&self, path: &str) -> Option<&Value> {
        let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
        let value = self.0.get(first)?;
        rest.map_or(Some(value), |rest| rest.split('.').try_fold(value, |value, key| value.get(key)))
    }

    /// Only the given top-level fields.
    #[must_use]
    pub fn only(&self, keep: impl Fn(&str) -> bool) -> Self {
        Self(self.0.iter().filter(|(name, _)| keep(name)).map(|(name, value)| (name.clone(), value.clone())).collect())
    }
}
