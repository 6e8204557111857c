//! Where the master password comes from. The password itself is in no file, document, plan, log or message.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Where the master password comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MasterPassword {
    /// `"managed"`: RDS makes it and keeps it in Secrets Manager.
    Managed,
    /// `{ env = "NAME" }`: the environment variable that create reads it from.
    Variable(String),
    /// `"unmanaged"`: not in Secrets Manager. Only a live instance says so.
    Unmanaged,
}

/// What may stand in a file. It never repeats what does: that may be a password.
const ALLOWED: &str = "a password never stands in a file: write \"managed\", which keeps it in Secrets Manager, or \
                       { env = \"NAME\" }, the environment variable that holds it when the database is created";

impl Serialize for MasterPassword {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Managed => serializer.serialize_str("managed"),
            Self::Variable(name) => serializer.collect_map([("env", name)]),
            Self::Unmanaged => serializer.serialize_str("unmanaged"),
        }
    }
}

impl<'de> Deserialize<'de> for MasterPassword {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MasterPasswordVisitor)
    }
}

struct MasterPasswordVisitor;

impl<'de> Visitor<'de> for MasterPasswordVisitor {
    type Value = MasterPassword;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"managed\" or { env = \"NAME\" }")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<MasterPassword, E> {
        match text {
            "managed" => Ok(MasterPassword::Managed),
            "unmanaged" => Ok(MasterPassword::Unmanaged),
            _ => Err(E::custom(ALLOWED)),
        }
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<MasterPassword, E> {
        Err(E::custom(ALLOWED))
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<MasterPassword, E> {
        Err(E::custom(ALLOWED))
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<MasterPassword, E> {
        Err(E::custom(ALLOWED))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<MasterPassword, A::Error> {
        let Some(key) = map.next_key::<String>()? else {
            return Err(de::Error::custom(ALLOWED));
        };
        if key != "env" {
            return Err(de::Error::unknown_field(&key, &["env"]));
        }
        let name = map.next_value()?;
        match map.next_key::<String>()? {
            None => Ok(MasterPassword::Variable(name)),
            Some(key) => Err(de::Error::unknown_field(&key, &["env"])),
        }
    }
}

impl JsonSchema for MasterPassword {
    fn schema_name() -> Cow<'static, str> {
        "master_password".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                { "const": "managed", "description": "RDS makes it and keeps it in Secrets Manager." },
                {
                    "type": "object",
                    "properties": {
                        "env": { "type": "string", "description": "The environment variable that create reads it from." }
                    },
                    "required": ["env"],
                    "additionalProperties": false
                }
            ]
        })
    }
}
