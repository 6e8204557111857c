//! The time after which a rule counts as absent.

use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A point in time: in TOML a date-time with offset, or the same as a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Until(pub Timestamp);

/// How the `toml` crate hands a date-time to serde: as a table with this one key.
const TOML_DATETIME: &str = "$__toml_private_datetime";

impl Serialize for Until {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Until {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UntilVisitor)
    }
}

struct UntilVisitor;

impl<'de> Visitor<'de> for UntilVisitor {
    type Value = Until;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a date-time with offset, such as 2026-12-24T18:00:00Z")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Until, E> {
        text.parse().map(Until).map_err(|_| {
            E::custom(format!("{text:?} is no point in time: write date, time and offset, as in 2026-12-24T18:00:00Z"))
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Until, A::Error> {
        match map.next_entry::<Cow<'_, str>, String>()? {
            Some((key, text)) if key == TOML_DATETIME => self.visit_str(&text),
            _ => Err(de::Error::invalid_type(de::Unexpected::Map, &self)),
        }
    }
}

impl JsonSchema for Until {
    fn schema_name() -> Cow<'static, str> {
        "until".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Table {
        until: Until,
    }

    fn read(value: &str) -> Result<String, String> {
        let table: Result<Table, _> = toml::from_str(&format!("until = {value}"));
        table.map(|table| table.until.0.to_string()).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn reads_date_times_and_strings() {
        assert_eq!(read("2026-12-24T18:00:00Z").unwrap(), "2026-12-24T18:00:00Z");
        assert_eq!(read("2026-12-24 10:00:00-08:00").unwrap(), "2026-12-24T18:00:00Z");
        assert_eq!(read("\"2026-12-24T18:00:00Z\"").unwrap(), "2026-12-24T18:00:00Z");
    }

    #[test]
    fn refuses_times_without_offset() {
        insta::assert_snapshot!(read("2026-12-24T18:00:00").unwrap_err(), @r#""2026-12-24T18:00:00" is no point in time: write date, time and offset, as in 2026-12-24T18:00:00Z"#);
        insta::assert_snapshot!(read("2026-12-24").unwrap_err(), @r#""2026-12-24" is no point in time: write date, time and offset, as in 2026-12-24T18:00:00Z"#);
        insta::assert_snapshot!(read("3").unwrap_err(), @"invalid type: integer `3`, expected a date-time with offset, such as 2026-12-24T18:00:00Z");
    }
}
