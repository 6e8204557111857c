//! Two kinds that have every sort of field.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::address::{Ref, Reference};
use crate::environment::Networks;
use crate::kinds::Kinds;
use crate::resource::{Field, FieldChange, Impact, Naming, Output, Part, Problem, Resource};
use crate::value::{FileText, OrNone};

pub(super) fn kinds() -> Kinds {
    Kinds::new().with::<Server>().with::<Group>()
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Server {
    /// Instance type.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monitoring: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk: Option<Disk>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volumes: Option<BTreeMap<String, Disk>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<Ref<Group>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Ref<Server>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_file: Option<OrNone<FileText>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_data: Option<UserData>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encryption: Option<Encryption>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cors: Option<Vec<Cors>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    Running,
    Stopped,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Disk {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_gib: Option<u32>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encrypted: Option<bool>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct UserData {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<FileText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Cors {
    pub origins: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age_seconds: Option<u32>,
}

/// `"AES256"` or `{ kms = "…" }`
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Encryption {
    Name(String),
    Kms { kms: String },
}

impl<'de> Deserialize<'de> for Encryption {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Union;
        impl<'de> Visitor<'de> for Union {
            type Value = Encryption;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"AES256\" or { kms = \"KEY\" }")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Encryption, E> {
                match text {
                    "AES256" => Ok(Encryption::Name(text.into())),
                    _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                }
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Encryption, A::Error> {
                match map.next_entry::<String, String>()? {
                    Some((key, kms)) if key == "kms" => Ok(Encryption::Kms { kms }),
                    _ => Err(de::Error::invalid_type(de::Unexpected::Map, &self)),
                }
            }
        }
        deserializer.deserialize_any(Union)
    }
}

impl Resource for Server {
    const KIND: &'static str = "server";
    const FIELDS: &'static [Field] = &[
        Field::managed("type"),
        Field::managed("count"),
        Field::managed("monitoring"),
        Field::managed("state"),
        Field::managed("disk.size_gib"),
        Field::managed("disk.type"),
        Field::managed("disk.encrypted"),
        Field::managed("volumes.*.size_gib"),
        Field::managed("volumes.*.type"),
        Field::managed("volumes.*.encrypted"),
        Field::managed("groups"),
        Field::managed("after"),
        Field::managed("policy_file").file(),
        Field::create_only("user_data.file").file(),
        Field::instruction("user_data.template"),
        Field::managed("encryption"),
        Field::managed("cors"),
    ];
    const OUTPUTS: &'static [Output] =
        &[Output { name: "public_ip", doc: "Its address." }, Output { name: "arn", doc: "Its ARN." }];
    const REQUIRED: &'static [&'static str] = &["type"];
    const NAMING: Naming = Naming { tag: true, required: false, unique: false };
    const ID_FORM: &'static str = "i-0123456789abcdef0";

    fn is_physical_id(text: &str) -> bool {
        text.strip_prefix("i-").is_some_and(|hex| hex.len() >= 8 && hex.chars().all(|c| c.is_ascii_hexdigit()))
    }

    fn references(&mut self, each: &mut dyn FnMut(&str, &mut Reference)) {
        for group in self.groups.iter_mut().flatten() {
            each("groups", group.get_mut());
        }
        if let Some(after) = &mut self.after {
            each("after", after.get_mut());
        }
    }

    fn impact(_: &FieldChange<'_, Self>) -> Impact {
        Impact::in_place()
    }

    fn validate(&self, each: &mut dyn FnMut(Problem)) {
        if self.disk.as_ref().and_then(|disk| disk.size_gib) == Some(0) {
            each(Problem::new("disk.size_gib", "a disk has at least 1 GiB"));
        }
        if self.state == Some(State::Stopped) && self.monitoring == Some(true) {
            each(Problem::new("monitoring.detailed", "a stopped server cannot be monitored").hint("set it to false"));
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Group {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vpc: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<Ref<Group>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ingress: Option<BTreeMap<String, Rule>>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Rule {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ports: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<Ref<Group>>,
}

impl Resource for Group {
    const KIND: &'static str = "group";
    const FIELDS: &'static [Field] = &[
        Field::managed("description"),
        Field::managed("vpc"),
        Field::managed("parent"),
        Field::managed("ingress.*.port"),
        Field::managed("ingress.*.ports"),
        Field::managed("ingress.*.from"),
        Field::managed("ingress.*.group"),
    ];
    const PARTS: &'static [Part] = &[Part { name: "rules", fields: &["ingress"] }];
    const OUTPUTS: &'static [Output] = &[Output { name: "id", doc: "Its id." }];
    const REQUIRED: &'static [&'static str] = &["description"];
    const NAMING: Naming = Naming { tag: true, required: false, unique: true };
    const ID_FORM: &'static str = "sg-0123456789abcdef0";

    fn is_physical_id(text: &str) -> bool {
        text.starts_with("sg-")
    }

    fn references(&mut self, each: &mut dyn FnMut(&str, &mut Reference)) {
        if let Some(parent) = &mut self.parent {
            each("parent", parent.get_mut());
        }
        for (name, rule) in self.ingress.iter_mut().flatten() {
            if let Some(group) = &mut rule.group {
                each(&format!("ingress.{name}.group"), group.get_mut());
            }
        }
    }

    fn impact(_: &FieldChange<'_, Self>) -> Impact {
        Impact::in_place()
    }

    fn expand(&mut self, networks: &Networks, unknown: &mut dyn FnMut(&str, &str)) {
        for (name, rule) in self.ingress.iter_mut().flatten() {
            for source in std::mem::take(&mut rule.from).into_iter().flatten() {
                let into = rule.from.get_or_insert_default();
                match networks.get(&source) {
                    Some(cidrs) => into.extend(cidrs.iter().map(ToString::to_string)),
                    None if source.contains('/') => into.push(source),
                    None => unknown(&format!("ingress.{name}.from"), &source),
                }
            }
        }
    }

    fn validate(&self, each: &mut dyn FnMut(Problem)) {
        for (name, rule) in self.ingress.iter().flatten() {
            match (&rule.port, &rule.ports) {
                (Some(_), Some(_)) => {
                    let problem = Problem::new(format!("ingress.{name}.ports"), "a rule has port or ports, never both");
                    each(problem.hint("remove one of the two"));
                }
                (None, None) => each(Problem::new(format!("ingress.{name}"), "a rule needs port or ports")),
                (None, Some(range)) if !is_range(range) => {
                    each(Problem::new(format!("ingress.{name}.ports"), format!("`{range}` is no range of ports")));
                }
                _ => {}
            }
        }
    }

    fn same_scope(&self, live: &Self) -> bool {
        self.vpc == live.vpc
    }
}

fn is_range(text: &str) -> bool {
    let ports = text.split_once('-').and_then(|(from, to)| Some((from.parse::<u16>().ok()?, to.parse::<u16>().ok()?)));
    ports.is_some_and(|(from, to)| from <= to)
}
