//! Three kinds for tests, each with one trait of the real ones: rules in a part, a change that interrupts, a part that links.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::address::{Ref, Reference};
use crate::check::{Context, Finding, Severity};
use crate::environment::{Networks, Tier};
use crate::kinds::Kinds;
use crate::resource::{Field, FieldChange, Impact, Naming, Output, Part, Problem, Resource};
use crate::value::{FileText, OrNone};

/// The three kinds.
pub fn kinds() -> Kinds {
    Kinds::new().with::<Group>().with::<Host>().with::<Link>()
}

/// Like a security group: its name is unique within a network and fixed, its rules are a part and may name other groups.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Group {
    /// What it is for; cannot be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The network it is in, within which its name is unique; cannot be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// What may come in, by a name of the user's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ingress: Option<BTreeMap<String, Rule>>,
}

/// One rule of a [`Group`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Rule {
    /// The port that is opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Who may come in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Vec<Source>>,
}

/// Who may come in by a [`Rule`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// A CIDR, or the name of a network until it is expanded.
    Cidr(String),
    /// The members of a group.
    Group(Ref<Group>),
}

impl Serialize for Source {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Cidr(text) => serializer.serialize_str(text),
            Self::Group(group) => group.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Source {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        // A CIDR begins with a digit or, in IPv6, is no name of a group either.
        let group = text.starts_with(|c: char| c.is_ascii_alphabetic()).then(|| text.parse());
        Ok(group.and_then(Result::ok).map_or(Self::Cidr(text), Self::Group))
    }
}

impl JsonSchema for Source {
    fn schema_name() -> Cow<'static, str> {
        "source".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "A CIDR, a network, or group.NAME." })
    }
}

impl Resource for Group {
    const KIND: &'static str = "group";
    const FIELDS: &'static [Field] = &[
        Field::managed("description"),
        Field::create_only("network"),
        Field::managed("ingress.*.port"),
        Field::managed("ingress.*.from"),
    ];
    const PARTS: &'static [Part] = &[Part { name: "rules", fields: &["ingress"] }];
    const OUTPUTS: &'static [Output] = &[Output { name: "id", doc: "The group's id." }];
    const NAMING: Naming = Naming { tag: true, required: false, unique: true };
    const ID_FORM: &'static str = "group-0001";

    fn is_physical_id(text: &str) -> bool {
        text.starts_with("group-")
    }

    fn references(&mut self, each: &mut dyn FnMut(&str, &mut Reference)) {
        for (name, rule) in self.ingress.iter_mut().flatten() {
            for source in rule.from.iter_mut().flatten() {
                if let Source::Group(group) = source {
                    each(&format!("ingress.{name}.from"), group.get_mut());
                }
            }
        }
    }

    fn impact(change: &FieldChange<'_, Self>) -> Impact {
        match change.path {
            "name" | "description" | "network" => {
                Impact::impossible("a group is fixed once it is there", "declare a new group and prune the old")
            }
            _ => Impact::in_place(),
        }
    }

    fn normalize(&mut self, live: &mut Self, _: Timestamp) {
        for rule in [self, live].into_iter().flat_map(|group| group.ingress.iter_mut().flatten()) {
            if let Some(from) = &mut rule.1.from {
                from.sort_unstable();
                from.dedup();
            }
        }
    }

    fn expand(&mut self, networks: &Networks, unknown: &mut dyn FnMut(&str, &str)) {
        for (name, rule) in self.ingress.iter_mut().flatten() {
            let Some(from) = &mut rule.from else { continue };
            *from = std::mem::take(from)
                .into_iter()
                .flat_map(|source| {
                    expand_source(source, networks, &mut |text| unknown(&format!("ingress.{name}.from"), text))
                })
                .collect();
        }
    }

    fn same_scope(&self, live: &Self) -> bool {
        self.network.is_none() || live.network.is_none() || self.network == live.network
    }
}

fn expand_source(source: Source, networks: &Networks, unknown: &mut dyn FnMut(&str)) -> Vec<Source> {
    let Source::Cidr(text) = &source else { return vec![source] };
    if let Some(cidrs) = networks.get(text) {
        return cidrs.iter().map(|cidr| Source::Cidr(cidr.to_string())).collect();
    }
    if text.parse::<ipnet::IpNet>().is_err() {
        unknown(text);
    }
    vec![source]
}

/// Like an instance: a size whose change interrupts, fields for creation only, a disk that only grows, a filled template.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Host {
    /// How big it is; changing it interrupts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<String>,
    /// Where it is; for creation only, a difference is impossible.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// What it was made from; for creation only, a difference is ignored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// The groups it is in, in any order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<Ref<Group>>>,
    /// Its disk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk: Option<Disk>,
    /// `running` or `stopped`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// A text that may name outputs of others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<FileText>,
    /// How to change: finish what it is doing first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drain: Option<bool>,
}

/// The disk of a [`Host`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Disk {
    /// Its size in GiB; never shrinks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_gib: Option<u32>,
    /// `ssd` or `magnetic`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

impl Resource for Host {
    const KIND: &'static str = "host";
    const FIELDS: &'static [Field] = &[
        Field::managed("size"),
        Field::create_only("zone"),
        Field::create_only("image"),
        Field::managed("groups"),
        Field::managed("disk.size_gib"),
        Field::managed("disk.kind"),
        Field::managed("state"),
        Field::managed("note").file(),
        Field::instruction("drain"),
    ];
    const OUTPUTS: &'static [Output] = &[Output { name: "ip", doc: "The host's private address." }];
    const REQUIRED: &'static [&'static str] = &["size"];
    const NAMING: Naming = Naming { tag: true, required: false, unique: false };
    const ID_FORM: &'static str = "host-0001";

    fn is_physical_id(text: &str) -> bool {
        text.starts_with("host-")
    }

    fn references(&mut self, each: &mut dyn FnMut(&str, &mut Reference)) {
        for group in self.groups.iter_mut().flatten() {
            each("groups", group.get_mut());
        }
    }

    fn impact(change: &FieldChange<'_, Self>) -> Impact {
        match change.path {
            "size" => Impact::interrupts("the host stops for about a minute"),
            "zone" => Impact::impossible("a host cannot move", "declare a new host in the other zone"),
            "image" => Impact::ignored("an image is only used to make a host"),
            "disk.size_gib" if change.after.and_then(Value::as_u64) < change.before.and_then(Value::as_u64) => {
                Impact::impossible("a disk never shrinks", "declare a new host with a smaller disk")
            }
            _ => Impact::in_place(),
        }
    }

    fn normalize(&mut self, live: &mut Self, _: Timestamp) {
        for groups in [self, live].into_iter().filter_map(|host| host.groups.as_mut()) {
            groups.sort_unstable();
            groups.dedup();
        }
    }

    fn validate(&self, each: &mut dyn FnMut(Problem)) {
        if self.state.as_deref().is_some_and(|state| !matches!(state, "running" | "stopped")) {
            each(Problem::new("state", "a host is \"running\" or \"stopped\""));
        }
    }

    fn check(&self, context: &Context<'_, Self>, each: &mut dyn FnMut(Finding)) {
        if context.situation.tier == Tier::Production && self.size.as_deref() == Some("tiny") {
            each(Finding::new("CN900", Severity::Warning, "a tiny host in production").hint("choose a larger size"));
        }
    }
}

/// Like an elastic IP: which host it leads to is a part, and can be nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Link {
    /// The host it leads to, or `"none"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<OrNone<Ref<Host>>>,
}

impl Resource for Link {
    const KIND: &'static str = "link";
    const FIELDS: &'static [Field] = &[Field::managed("host")];
    const PARTS: &'static [Part] = &[Part { name: "association", fields: &["host"] }];
    const OUTPUTS: &'static [Output] = &[Output { name: "url", doc: "Where it is reached." }];
    const NAMING: Naming = Naming { tag: true, required: false, unique: false };
    const ID_FORM: &'static str = "link-0001";

    fn is_physical_id(text: &str) -> bool {
        text.starts_with("link-")
    }

    fn references(&mut self, each: &mut dyn FnMut(&str, &mut Reference)) {
        if let Some(host) = self.host.as_mut().and_then(OrNone::some_mut) {
            each("host", host.get_mut());
        }
    }

    fn impact(_: &FieldChange<'_, Self>) -> Impact {
        Impact::in_place()
    }
}
