//! Findings: remarks about a plan or an environment, each with a stable code.

use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::environment::{Declared, Environment, Tier};
use crate::kinds::Kinds;
use crate::live::Live;
use crate::plan::identity::Identity;
use crate::plan::{findings, tags};

/// A remark with a stable code; `docs/findings.md` has a passage for each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The code: `CN104`. It never changes its meaning.
    pub code: String,
    /// How much it matters.
    pub severity: Severity,
    /// The resource it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<Address>,
    /// What is so, and why it matters.
    pub message: String,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The top-level field whose change it holds back until it is silenced; `None`: it only remarks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocks: Option<String>,
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Note,
    /// Probably not meant.
    Warning,
    /// `check` fails.
    Error,
}

impl Finding {
    /// A finding of a kind about its own resource; the engine fills in which.
    pub fn new(code: &str, severity: Severity, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), severity, on: None, message: message.into(), hint: None, blocks: None }
    }

    /// The same finding, with what to do about it.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The same finding, which holds back the step that changes a field.
    #[must_use]
    pub fn blocking(self, field: &str) -> Self {
        Self { blocks: Some(field.to_owned()), ..self }
    }

    /// The same finding, about a resource.
    #[must_use]
    pub fn on(self, address: &Address) -> Self {
        Self { on: Some(address.clone()), ..self }
    }
}

/// `[[silence]]`: a finding that somebody looked at and accepts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Silence {
    /// The finding's code.
    pub finding: String,
    /// The resource it is silenced on; left out: all.
    pub on: Option<Address>,
    /// Why it is accepted.
    pub reason: String,
}

impl Silence {
    /// Whether it silences a finding.
    pub fn covers(&self, finding: &Finding) -> bool {
        self.finding == finding.code && (self.on.is_none() || self.on == finding.on)
    }
}

/// What a check may look at beside the resource itself.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// Which checks apply.
    pub tier: Tier,
    /// The time that counts as now.
    pub now: Timestamp,
    /// The resource's `name`.
    pub name: &'a str,
    /// The address that the caller's own connections come from, where it is known.
    pub my_ip: Option<IpAddr>,
}

/// A [`Situation`] and the live object, if there is one.
#[derive(Debug)]
pub struct Context<'a, R> {
    /// The live object.
    pub live: Option<&'a R>,
    /// All else.
    pub situation: &'a Situation<'a>,
}

/// A whole environment, for checks that look at several resources at once.
#[derive(Clone, Copy, Debug)]
pub struct Whole<'a> {
    /// The environment.
    pub environment: &'a Environment,
    /// What is live and whose it is; `None`: only the file is looked at.
    pub live: Option<(&'a Live, &'a Identity<'a>)>,
    /// All kinds.
    pub kinds: &'a Kinds,
    /// The time that counts as now.
    pub now: Timestamp,
}

/// Findings about an environment as it is written, without looking at live objects; silenced ones are left out.
pub fn check(environment: &Environment, kinds: &Kinds, now: Timestamp) -> Vec<Finding> {
    let declared = environment.resources.values();
    let mut found: Vec<_> = declared.flat_map(|declared| of_resource(environment, kinds, declared, now)).collect();
    found.extend(same_names(environment, kinds));
    found.extend(loose_cidrs(environment));
    found.extend(lock_bucket(environment));
    found.extend(kinds.check_whole(&Whole { environment, live: None, kinds, now }));
    findings::heard(found, environment)
}

fn of_resource(environment: &Environment, kinds: &Kinds, declared: &Declared, now: Timestamp) -> Vec<Finding> {
    let address = &declared.address;
    let Some(kind) = kinds.get(&address.kind) else { return vec![findings::no_such_kind(address)] };
    let situation = Situation { tier: environment.tier, now, name: &declared.name, my_ip: None };
    let mut found = match (kind.check)(&declared.document, None, &situation) {
        Ok(found) => found,
        Err(error) => vec![findings::invalid(address, &error)],
    };
    for finding in &mut found {
        finding.on.get_or_insert_with(|| address.clone());
    }
    found.extend(tags::remembered_keys(declared, kind).err().map(|length| findings::too_many_tags(address, length)));
    found
}

/// Networks whose CIDRs do not say just what they stand for.
pub(crate) fn loose_cidrs(environment: &Environment) -> impl Iterator<Item = Finding> {
    environment.loose_cidrs.iter().map(|(network, cidr)| findings::loose_cidr(network, cidr))
}

/// A lease in a bucket of the environment's own: the kind is known by its name, as `[lock]` is about S3 alone.
pub(crate) fn lock_bucket(environment: &Environment) -> Option<Finding> {
    let bucket = environment.lock_bucket.as_deref()?;
    let mut declared = environment.resources.values();
    let own = declared.find(|declared| declared.address.kind == "bucket" && declared.name == bucket)?;
    Some(findings::lock_bucket(own))
}

/// Resources of one kind whose names would collide.
pub(crate) fn same_names(environment: &Environment, kinds: &Kinds) -> Vec<Finding> {
    let mut found = Vec::new();
    for kind in kinds.iter().filter(|kind| kind.naming.unique) {
        let from_kind = environment.resources.range(Address::new(kind.name, "")..).map(|(_, declared)| declared);
        let mut of_kind: Vec<_> = from_kind.take_while(|declared| declared.address.kind == kind.name).collect();
        of_kind.sort_by_key(|declared| &declared.name);
        for same in of_kind.chunk_by(|a, b| a.name == b.name) {
            for (at, declared) in same.iter().enumerate() {
                let scope = |other: &&&Declared| (kind.same_scope)(&declared.document, &other.document).unwrap_or(true);
                found.extend(same[..at].iter().find(scope).map(|other| findings::same_name(declared, &other.address)));
            }
        }
    }
    found
}
