//! Ownership: the tags by which an object says whose it is. They are the only record there is.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use serde::Serialize;

/// An object's tags.
pub type Tags = BTreeMap<String, String>;

/// Tag of the owning project.
pub const PROJECT: &str = "cn-infra:project";
/// Tag of the owning environment.
pub const ENVIRONMENT: &str = "cn-infra:environment";
/// Tag of the declaring resource, `kind.name`.
pub const ADDRESS: &str = "cn-infra:address";
/// Tag that forbids deletion, whatever the file says.
pub const PROTECT: &str = "cn-infra:protect";
/// Tag that remembers which keys the file set, so that one it drops is removed and those of others are not.
pub const TAGS: &str = "cn-infra:tags";
/// Tag of an instance that was stopped for a change and has to be started again.
pub const RESTART: &str = "cn-infra:restart";
/// AWS's own tag for the name that consoles show.
pub const NAME: &str = "Name";

/// Whose an object is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Owner {
    /// The project within the account.
    pub project: String,
    /// The environment within the project.
    pub environment: String,
    /// The resource within the environment.
    pub address: Address,
}

impl Owner {
    /// The owner that tags name, if all three are there and well-formed.
    pub fn of(tags: &Tags) -> Option<Self> {
        Some(Self {
            project: tags.get(PROJECT)?.clone(),
            environment: tags.get(ENVIRONMENT)?.clone(),
            address: tags.get(ADDRESS)?.parse().ok()?,
        })
    }

    /// The three tags.
    pub fn tags(&self) -> Tags {
        [(PROJECT, self.project.clone()), (ENVIRONMENT, self.environment.clone()), (ADDRESS, self.address.local())]
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect()
    }
}

/// Whether a tag key is the tool's or AWS's, and so may not be set by a file.
pub fn is_reserved(key: &str) -> bool {
    key.starts_with("cn-infra:") || key.starts_with("aws:")
}

/// The value of the tag [`TAGS`] for a set of keys. Spaces and `=` are escaped, as the separator is a space.
pub fn remember<'a>(keys: impl IntoIterator<Item = &'a str>) -> String {
    let escaped: Vec<_> = keys.into_iter().map(|key| key.replace('=', "=3D").replace(' ', "=20")).collect();
    escaped.join(" ")
}

/// The keys that a value of the tag [`TAGS`] remembers.
pub fn remembered(value: &str) -> BTreeSet<String> {
    value.split(' ').filter(|key| !key.is_empty()).map(|key| key.replace("=20", " ").replace("=3D", "=")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembered_keys_survive_spaces_and_escapes() {
        let keys = ["Cost Center", "a=20b", "plain"];
        assert_eq!(remembered(&remember(keys)), keys.iter().map(ToString::to_string).collect());
        assert!(remembered("").is_empty());
    }
}
