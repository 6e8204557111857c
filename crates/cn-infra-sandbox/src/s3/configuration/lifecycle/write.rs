//! Rules as they are answered.

use jiff::tz::TimeZone;

use super::{Expiration, Filter, Noncurrent, Rule, Scope, Transition, When};
use crate::xml::Xml;

impl Rule {
    /// Writes a `Rule`'s members.
    pub fn write(&self, xml: &mut Xml) {
        let Self {
            id,
            enabled,
            scope,
            expiration,
            transitions,
            noncurrent_expiration,
            noncurrent_transitions,
            abort_days,
        } = self;
        xml.text("ID", id);
        match scope {
            Scope::Prefix(prefix) => _ = xml.text("Prefix", prefix),
            Scope::Filter(filter) => _ = xml.element("Filter", |xml| filter.write(xml)),
        }
        xml.text("Status", if *enabled { "Enabled" } else { "Disabled" });
        for Transition { when, class } in transitions {
            xml.element("Transition", |xml| {
                when.write(xml);
                xml.text("StorageClass", class);
            });
        }
        if let Some(expiration) = expiration {
            xml.element("Expiration", |xml| expiration.write(xml));
        }
        for (when, class) in noncurrent_transitions {
            xml.element("NoncurrentVersionTransition", |xml| {
                when.write(xml);
                xml.text("StorageClass", class);
            });
        }
        if let Some(when) = noncurrent_expiration {
            xml.element("NoncurrentVersionExpiration", |xml| when.write(xml));
        }
        if let Some(days) = abort_days {
            xml.element("AbortIncompleteMultipartUpload", |xml| {
                xml.text("DaysAfterInitiation", days);
            });
        }
    }
}

impl Filter {
    fn write(&self, xml: &mut Xml) {
        let conditions = |xml: &mut Xml| {
            xml.some("Prefix", self.prefix.as_ref());
            for (key, value) in &self.tags {
                xml.element("Tag", |xml| {
                    xml.text("Key", key).text("Value", value);
                });
            }
            xml.some("ObjectSizeGreaterThan", self.larger_than).some("ObjectSizeLessThan", self.smaller_than);
        };
        if self.and {
            xml.element("And", conditions);
        } else {
            conditions(xml);
        }
    }
}

impl Expiration {
    fn write(&self, xml: &mut Xml) {
        match self {
            Self::At(when) => when.write(xml),
            Self::Markers(on) => _ = xml.text("ExpiredObjectDeleteMarker", on),
        }
    }
}

impl When {
    fn write(&self, xml: &mut Xml) {
        match self {
            Self::Days(days) => xml.text("Days", days),
            Self::Date(date) => {
                let date = TimeZone::UTC.to_datetime(*date).date();
                xml.text("Date", format!("{date}T00:00:00.000Z"))
            }
        };
    }
}

impl Noncurrent {
    fn write(&self, xml: &mut Xml) {
        xml.text("NoncurrentDays", self.days).some("NewerNoncurrentVersions", self.newer);
    }
}
