//! A day, in TOML a date or the same as a string.

use std::borrow::Cow;
use std::fmt;

use jiff::civil::Date;
use serde::Deserializer;
use serde::de::{self, MapAccess, Visitor};

/// How the `toml` crate hands a date to serde: as a table with this one key.
const TOML_DATETIME: &str = "$__toml_private_datetime";

/// Reads a day that is there.
pub(super) fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Date>, D::Error> {
    from.deserialize_any(DateVisitor).map(Some)
}

struct DateVisitor;

impl<'de> Visitor<'de> for DateVisitor {
    type Value = Date;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a date such as 2027-01-31")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Date, E> {
        // A date-time would be read as its date, and the time be dropped without a word.
        let date = (text.len() == "2027-01-31".len()).then(|| text.parse().ok()).flatten();
        date.ok_or_else(|| E::custom(format!("{text:?} is no date: write year, month and day, as in 2027-01-31")))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Date, A::Error> {
        match map.next_entry::<Cow<'_, str>, String>()? {
            Some((key, text)) if key == TOML_DATETIME => self.visit_str(&text),
            _ => Err(de::Error::invalid_type(de::Unexpected::Map, &self)),
        }
    }
}
