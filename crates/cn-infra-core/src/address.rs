//! Names of things: the declared resource (`kind.name`), the remote object (physical id), and one naming the other.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::resource::Resource;

/// A declared resource: `instance.web`, or `staging/instance.web` where it stands in another environment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// The environment, where it is not the one at hand.
    pub environment: Option<String>,
    /// The kind: `instance`.
    pub kind: String,
    /// The name within the kind: `web`.
    pub name: String,
}

/// Why a text is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no resource address: write kind.name or environment/kind.name")]
pub struct AddressError {
    text: String,
}

impl Address {
    /// The address `kind.name` in the environment at hand.
    pub fn new(kind: impl Into<String>, name: impl Into<String>) -> Self {
        Self { environment: None, kind: kind.into(), name: name.into() }
    }

    /// The same resource, seen from another environment.
    #[must_use]
    pub fn in_environment(&self, environment: &str) -> Self {
        Self { environment: Some(environment.to_owned()), ..self.clone() }
    }

    /// `kind.name`, without the environment: the value of the tag `cn-infra:address`.
    pub fn local(&self) -> String {
        [&self.kind, ".", &self.name].concat()
    }
}

/// Whether a text may be the name of a resource, kind, network or environment: a letter, then letters, digits, `_`, `-`; at most 64.
pub fn is_name(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(environment) = &self.environment {
            f.write_str(environment)?;
            f.write_str("/")?;
        }
        f.write_str(&self.kind)?;
        f.write_str(".")?;
        f.write_str(&self.name)
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (environment, local) = match text.split_once('/') {
            Some((environment, local)) => (Some(environment), local),
            None => (None, text),
        };
        match local.split_once('.') {
            Some((kind, name)) if is_name(kind) && is_name(name) && environment.is_none_or(is_name) => {
                Ok(Self { environment: environment.map(str::to_owned), ..Self::new(kind, name) })
            }
            _ => Err(AddressError { text: text.to_owned() }),
        }
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// The cloud's id of an object: `i-0123456789abcdef0`, `sg-…`, `eipalloc-…`, a DbiResourceId, a bucket's name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PhysicalId(pub String);

impl fmt::Display for PhysicalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for PhysicalId {
    fn from(id: &str) -> Self {
        Self(id.to_owned())
    }
}

/// What a field that names another object holds: a declared resource, or an object of someone else by its physical id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reference {
    /// A declared resource, of this environment or another.
    Resource(Address),
    /// An object that no environment file declares.
    Foreign(PhysicalId),
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resource(address) => address.fmt(f),
            Self::Foreign(id) => id.fmt(f),
        }
    }
}

/// A [`Reference`] to an object of kind `R`; in files and documents it is a string.
pub struct Ref<R> {
    reference: Reference,
    kind: PhantomData<fn() -> R>,
}

impl<R: Resource> Ref<R> {
    /// A reference to a declared resource, by its name within the kind.
    pub fn to(name: &str) -> Self {
        Reference::Resource(Address::new(R::KIND, name)).into()
    }

    /// A reference to an object by its physical id.
    pub fn foreign(id: impl Into<String>) -> Self {
        Reference::Foreign(PhysicalId(id.into())).into()
    }

    /// The reference itself, for [`Resource::references`].
    pub fn get_mut(&mut self) -> &mut Reference {
        &mut self.reference
    }

    /// The reference itself.
    pub fn get(&self) -> &Reference {
        &self.reference
    }

    /// The physical id. While a step runs every reference is resolved to one.
    pub fn id(&self) -> Option<&str> {
        match &self.reference {
            Reference::Resource(_) => None,
            Reference::Foreign(id) => Some(&id.0),
        }
    }
}

impl<R> From<Reference> for Ref<R> {
    fn from(reference: Reference) -> Self {
        Self { reference, kind: PhantomData }
    }
}

impl<R: Resource> FromStr for Ref<R> {
    type Err = String;

    /// Accepts `kind.name`, `environment/kind.name` and the physical ids of the kind.
    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse::<Address>() {
            Ok(address) if address.kind == R::KIND => Ok(Reference::Resource(address).into()),
            _ if R::is_physical_id(text) => Ok(Self::foreign(text)),
            _ => {
                Err(format!("{text:?} names no {kind}: write {kind}.NAME or {form}", kind = R::KIND, form = R::ID_FORM))
            }
        }
    }
}

impl<R> Clone for Ref<R> {
    fn clone(&self) -> Self {
        self.reference.clone().into()
    }
}

impl<R> PartialEq for Ref<R> {
    fn eq(&self, other: &Self) -> bool {
        self.reference == other.reference
    }
}

impl<R> Eq for Ref<R> {}

impl<R> PartialOrd for Ref<R> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<R> Ord for Ref<R> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.reference.cmp(&other.reference)
    }
}

impl<R> fmt::Debug for Ref<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reference.fmt(f)
    }
}

impl<R> fmt::Display for Ref<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reference.fmt(f)
    }
}

impl<R> Serialize for Ref<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.reference)
    }
}

impl<'de, R: Resource> Deserialize<'de> for Ref<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl<R: Resource> JsonSchema for Ref<R> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("{}_reference", R::KIND).into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": format!("{kind}.NAME, ENVIRONMENT/{kind}.NAME or {form}", kind = R::KIND, form = R::ID_FORM) })
    }
}

/// What a step acts on: a resource, or one part of it (`security_group.web/rules`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepId {
    /// The resource.
    pub address: Address,
    /// The part, where the step acts on one.
    pub part: Option<String>,
}

impl StepId {
    /// The resource as a whole, without its parts.
    pub fn whole(address: &Address) -> Self {
        Self { address: address.clone(), part: None }
    }

    /// One part of the resource.
    pub fn part(address: &Address, part: &str) -> Self {
        Self { address: address.clone(), part: Some(part.to_owned()) }
    }
}

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)?;
        self.part.as_ref().map_or(Ok(()), |part| write!(f, "/{part}"))
    }
}

impl FromStr for StepId {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        if let Ok(address) = text.parse() {
            return Ok(Self { address, part: None });
        }
        match text.rsplit_once('/') {
            Some((address, part)) if is_name(part) => Ok(Self::part(&address.parse()?, part)),
            _ => Err(AddressError { text: text.to_owned() }),
        }
    }
}

impl Serialize for StepId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for StepId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}
