//! The field matrix: every field of every kind, held against what the environment file promises.
//!
//! Samples stand in `fields/`: an environment with one resource named `subject` that sets every field, and for each
//! field another value. Exemptions stand in `docs/fields.md`. What is live here is what the file said, so this proves
//! comparison, impact and silence about what is left out; `fields_sent` proves the sending.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cn_infra::aws::kinds;
use cn_infra::core::address::{Address, PhysicalId};
use cn_infra::core::environment::{Environment, Files};
use cn_infra::core::kinds::Kind;
use cn_infra::core::live::{Live, Object, Outputs, Readiness};
use cn_infra::core::manager::TagChange;
use cn_infra::core::owner::NAME;
use cn_infra::core::plan::{Plan, PlanOptions, plan};
use cn_infra::core::resource::Role;
use cn_infra::core::testing::{contract, samples::NOW};
use serde::de::DeserializeOwned;
use toml::{Table, Value};

/// One file of samples.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The file's stem.
    pub file_name: String,
    /// The kind of its subject.
    pub kind: String,
    /// The environment's resources.
    pub file: Table,
    /// Field of the subject, with its other value.
    pub changes: Vec<(String, Value)>,
    /// Field, with what a create sends for it and does not send without it.
    pub create: BTreeMap<String, Vec<String>>,
    /// Field, with the writing calls that its change makes; none if the change is blocked.
    pub requests: BTreeMap<String, Vec<String>>,
    /// Field, or `tags`, with the program by which another client changes it.
    pub elsewhere: BTreeMap<String, String>,
    /// Texts of the file with what stands for them in an account.
    pub replacements: Vec<(String, String)>,
}

impl Sample {
    /// Every file of samples.
    pub fn all() -> Vec<Self> {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fields");
        let mut paths: Vec<_> = directory.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths.iter().map(|path| Self::read(path)).collect()
    }

    fn read(path: &Path) -> Self {
        let mut whole: Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let changes = whole.remove("changes").unwrap().as_table().unwrap().clone();
        Self {
            file_name: stem.to_owned(),
            kind: stem.split('-').next().unwrap().to_owned(),
            file: whole.remove("file").unwrap().as_table().unwrap().clone(),
            changes: changes.into_iter().collect(),
            create: table(&mut whole, "create"),
            requests: table(&mut whole, "requests"),
            elsewhere: table(&mut whole, "elsewhere"),
            replacements: Vec::new(),
        }
    }

    /// The subject's table, as TOML.
    fn subject(&self) -> String {
        self.file[&self.kind]["subject"].to_string_table()
    }

    pub fn address(&self) -> Address {
        Address::new(self.kind.clone(), "subject")
    }

    /// The environment with one field of the subject set to another value, or left out.
    pub fn environment(&self, change: Option<(&str, Option<&Value>)>) -> Environment {
        let mut changed = self.clone();
        if let Some((path, value)) = change {
            changed.set(path, value);
        }
        let header = "[environment]\nname = \"matrix\"\nproject = \"fields\"\naccount = \"123456789012\"\nregion = \"us-west-2\"\n";
        let text = self.replaced(&format!("{header}\n{}", toml::to_string(&changed.file).unwrap()));
        let name = self.replaced("matrix");
        let files = Texts { environment: text, sample: self };
        Environment::load_from(&files, Path::new("environments"), &name, &kinds())
            .unwrap_or_else(|errors| panic!("{} with {change:?}:\n{errors}", self.kind))
    }

    /// Sets one field of the subject to another value, or leaves it out.
    pub fn set(&mut self, path: &str, value: Option<&Value>) {
        set(self.file[&self.kind]["subject"].as_table_mut().unwrap(), path, value);
    }

    fn replaced(&self, text: &str) -> String {
        self.replacements.iter().fold(text.to_owned(), |text, (written, real)| text.replace(written, real))
    }
}

/// One table of a file of samples; empty if it is not there.
fn table<T: DeserializeOwned>(file: &mut Table, name: &str) -> BTreeMap<String, T> {
    file.remove(name).map_or_else(BTreeMap::new, |table| table.try_into().unwrap())
}

trait StringTable {
    fn to_string_table(&self) -> String;
}

impl StringTable for Value {
    fn to_string_table(&self) -> String {
        toml::to_string(self).unwrap()
    }
}

fn set(table: &mut Table, path: &str, value: Option<&Value>) {
    match path.split_once('.') {
        Some((first, rest)) => set(table[first].as_table_mut().unwrap(), rest, value),
        None => match value {
            Some(value) => drop(table.insert(path.to_owned(), value.clone())),
            None => drop(table.remove(path).unwrap_or_else(|| panic!("the sample does not set {path}"))),
        },
    }
}

/// The environment file, and the texts that samples name.
#[derive(Debug)]
struct Texts<'a> {
    environment: String,
    sample: &'a Sample,
}

impl Files for Texts<'_> {
    fn read(&self, path: &Path) -> std::io::Result<Vec<u8>> {
        let root = r#"{"AWS": "arn:aws:iam::123456789012:root"}"#;
        let delivery = r#"{"Service": "logging.s3.amazonaws.com"}"#;
        let text = match path.file_name().and_then(|name| name.to_str()) {
            Some(_) if path.extension().is_some_and(|extension| extension == "toml") => {
                return Ok(self.environment.clone().into_bytes());
            }
            Some("first.json") => policy("First", root, "s3:GetObject", "field-matrix"),
            Some("second.json") => policy("Second", root, "s3:GetObject", "field-matrix"),
            Some("deliver-to-logs.json") => policy("Logs", delivery, "s3:PutObject", "field-matrix-logs"),
            Some("deliver-to-other.json") => policy("Logs", delivery, "s3:PutObject", "field-matrix-other"),
            Some("first.sh") => "#!/bin/sh\necho first\n".to_owned(),
            Some("second.sh") => "#!/bin/sh\necho second\n".to_owned(),
            _ => return Err(std::io::ErrorKind::NotFound.into()),
        };
        Ok(self.sample.replaced(&text).into_bytes())
    }
}

/// A policy that allows one action on the objects of a bucket.
fn policy(sid: &str, principal: &str, action: &str, bucket: &str) -> String {
    let resource = format!("arn:aws:s3:::{bucket}/*");
    format!(
        r#"{{"Version": "2012-10-17", "Statement": [{{"Sid": "{sid}", "Effect": "Allow", "Principal": {principal}, "Action": "{action}", "Resource": "{resource}"}}]}}"#
    )
}

/// Live objects that are just as the file says.
fn live_as(environment: &Environment) -> Live {
    let empty = Live::new(NOW);
    let wanted = plan(environment, &empty, &kinds(), &PlanOptions::default(), NOW).unwrap();
    let mut live = Live::new(NOW);
    for kind in kinds().iter() {
        let declared = environment.resources.values().filter(|declared| declared.address.kind == kind.name);
        let objects = declared.map(|declared| {
            let whole = wanted.steps.iter().find(|step| step.id.address == declared.address && step.id.part.is_none());
            let mut tags = whole.map_or_else(Default::default, |step| step.tags.set.clone());
            if kind.naming.tag {
                tags.insert(NAME.to_owned(), declared.name.clone());
            }
            Object {
                id: PhysicalId(format!("{}-{}", kind.name, declared.address.name)),
                aliases: Vec::new(),
                name: Some(declared.name.clone()),
                token: None,
                tags,
                live: declared.document.clone(),
                readiness: Readiness::Ready,
                unfinished: None,
                outputs: Outputs::new(),
            }
        });
        let objects = objects.collect();
        live.insert(kind.name, objects);
    }
    live
}

fn planned(environment: &Environment, live: &Live) -> Plan {
    plan(environment, live, &kinds(), &PlanOptions::default(), NOW).unwrap()
}

/// Paths of all differences of a plan, planned or blocked, and whether all are the subject's.
pub fn mentioned(plan: &Plan, subject: &Address) -> BTreeSet<String> {
    let steps = plan.steps.iter().map(|step| (&step.id, &step.differences, &step.tags));
    let none = TagChange::default();
    let blocked = plan.blocked.iter().map(|blocked| (&blocked.id, &blocked.differences, &none));
    let mut paths = BTreeSet::new();
    for (id, differences, tags) in steps.chain(blocked) {
        assert_eq!(&id.address, subject, "a plan about {subject} touches {id}");
        assert!(
            tags.is_empty() || *tags == TagChange::default() || !tags.set.contains_key(NAME),
            "tags of {id} differ"
        );
        paths.extend(differences.iter().map(|difference| difference.path.clone()));
    }
    paths
}

/// Whether a difference is about a field. A rule is identified by its protocol and ports, so changing those makes it
/// another rule: then differences of the same table of rules count.
pub fn is_about(difference: &str, field: &str) -> bool {
    let table = field.split_once('.').filter(|(first, _)| ["ingress", "egress"].contains(first));
    let field = table.map_or(field, |(first, _)| first);
    difference == field || difference.starts_with(&format!("{field}."))
}

/// The field of the schema that a path of a sample sets: `volumes.data.type` is `volumes.*.type`.
pub fn pattern(kind: &Kind, path: &str) -> String {
    let keys: Vec<_> = path.split('.').collect();
    let matches = |field: &&str| {
        let field: Vec<_> = field.split('.').collect();
        field.len() == keys.len() && field.iter().zip(&keys).all(|(field, key)| *field == "*" || field == key)
    };
    let mut fields = kind.fields.iter().map(|field| field.path);
    fields.find(matches).unwrap_or_else(|| panic!("{}.{path} is no field", kind.name)).to_owned()
}

/// The fields that `docs/fields.md` exempts from a check, as `kind.field`.
pub fn exempt(check: &str) -> BTreeSet<String> {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/fields.md")).unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    let cells = rows.map(|row| row.split('|').map(|cell| cell.trim().trim_matches('`').to_owned()).collect::<Vec<_>>());
    let rows: Vec<_> =
        cells.inspect(|cells| assert!(cells.len() > 2 && !cells[2].is_empty(), "no reason: {cells:?}")).collect();
    rows.iter().filter(|cells| cells[1] == check).map(|cells| cells[0].clone()).collect()
}

#[test]
fn every_kind_keeps_the_contract() {
    let kinds = kinds();
    let samples = Sample::all();
    for kind in kinds.iter() {
        let subjects: Vec<_> = samples.iter().filter(|sample| sample.kind == kind.name).map(Sample::subject).collect();
        // What every kind has is the core's; a kind never sees it.
        let own: Vec<_> = subjects.iter().map(|subject| without_common(subject)).collect();
        let own: Vec<_> = own.iter().map(String::as_str).collect();
        let exempt = exempt("sample");
        let found = contract::violations(&kinds, kind, &own);
        let found: Vec<_> = found
            .iter()
            .filter(|found| {
                let field = found.strip_prefix(&format!("{}: no sample sets ", kind.name));
                !field.is_some_and(|field| exempt.contains(&format!("{}.{field}", kind.name)))
            })
            .collect();
        assert!(found.is_empty(), "{found:#?}");
    }
}

fn without_common(subject: &str) -> String {
    let mut table: Table = subject.parse().unwrap();
    table.remove("name");
    table.remove("tags");
    toml::to_string(&table).unwrap()
}

#[test]
fn every_field_has_a_second_value() {
    let (kinds, samples, exempt) = (kinds(), Sample::all(), exempt("sample"));
    let mut used = BTreeSet::new();
    for kind in kinds.iter() {
        let of_kind = || samples.iter().filter(|sample| sample.kind == kind.name);
        let changed: BTreeSet<_> =
            of_kind().flat_map(|sample| &sample.changes).map(|(path, _)| pattern(kind, path)).collect();
        for field in kind.fields.iter().filter(|field| field.role != Role::Instruction) {
            let name = format!("{}.{}", kind.name, field.path);
            match (changed.contains(field.path), exempt.contains(&name)) {
                (false, false) => panic!("tests/it/fields/{}.toml has no second value for {}", kind.name, field.path),
                (false, true) => drop(used.insert(name)),
                _ => {}
            }
        }
    }
    let instructions = kinds.iter().flat_map(|kind| {
        let fields = kind.fields.iter().filter(|field| field.role == Role::Instruction);
        fields.map(move |field| format!("{}.{}", kind.name, field.path))
    });
    used.extend(instructions.filter(|name| exempt.contains(name)));
    assert_eq!(used, exempt, "docs/fields.md exempts fields that need no exemption");
}

#[test]
fn exemptions_are_of_fields_that_there_are() {
    let kinds = kinds();
    let fields = kinds.iter().flat_map(|kind| kind.fields.iter().map(|field| format!("{}.{}", kind.name, field.path)));
    let fields: BTreeSet<_> = fields.collect();
    let of_both = ["sample", "left out", "create", "drift"];
    for check in of_both.into_iter().chain(["create on moto", "change on moto", "change on the sandbox"]) {
        assert!(exempt(check).is_subset(&fields), "{check}: {:?}", exempt(check));
    }
}

#[test]
fn what_is_as_the_file_says_makes_an_empty_plan() {
    for sample in Sample::all() {
        let environment = sample.environment(None);
        let plan = planned(&environment, &live_as(&environment));
        assert_eq!((&plan.steps, &plan.blocked), (&vec![], &vec![]), "{}", sample.kind);
    }
}

#[test]
fn a_changed_field_shows_and_nothing_else() {
    for sample in Sample::all() {
        let live = live_as(&sample.environment(None));
        for (path, value) in &sample.changes {
            let plan = planned(&sample.environment(Some((path, Some(value)))), &live);
            let paths = mentioned(&plan, &sample.address());
            let told = plan.findings.iter().any(|finding| finding.message.contains(path.split('.').next().unwrap()));
            assert!(!paths.is_empty() || told, "{}.{path}: the plan does not tell that it differs", sample.kind);
            let others: Vec<_> = paths.iter().filter(|difference| !is_about(difference, path)).collect();
            assert!(others.is_empty(), "{}.{path} also shows {others:?}", sample.kind);
            assert!(plan.blocked.iter().all(|blocked| !blocked.hint.is_empty()), "{}.{path}: no way out", sample.kind);
        }
    }
}

#[test]
fn a_field_left_out_is_never_mentioned() {
    for sample in Sample::all() {
        let live = live_as(&sample.environment(None));
        let kinds = kinds();
        for (path, _) in &sample.changes {
            let kind = kinds.get(&sample.kind).unwrap();
            if !can_be_left_out(kind, path) {
                continue;
            }
            let plan = planned(&sample.environment(Some((path, None))), &live);
            assert_eq!((&plan.steps, &plan.blocked), (&vec![], &vec![]), "{}.{path}", sample.kind);
        }
    }
}

/// Whether a file may leave the field alone out. Within a rule nothing can be: the table of rules is managed whole.
pub fn can_be_left_out(kind: &Kind, path: &str) -> bool {
    let name = format!("{}.{}", kind.name, pattern(kind, path));
    !kind.required.contains(&path) && !is_rule(path) && !exempt("left out").contains(&name)
}

fn is_rule(path: &str) -> bool {
    ["ingress.", "egress."].iter().any(|table| path.starts_with(table))
}
