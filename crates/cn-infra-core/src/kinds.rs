//! The registry of kinds: typed resources, erased once into a table of plain functions over documents.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::{Schema, SchemaGenerator};
use serde_json::Value;

use crate::address::Reference;
use crate::check::{Context, Finding, Situation, Whole};
use crate::document::{Document, DocumentError};
use crate::environment::Networks;
use crate::export::Exporting;
use crate::field_tree::FieldTree;
use crate::resource::{Field, FieldChange, Impact, Naming, Output, Part, Problem, Resource};

/// Every kind that environments may hold. Pure: parsing, references, checks and planning need nothing else.
#[derive(Clone, Debug, Default)]
pub struct Kinds {
    kinds: BTreeMap<&'static str, Kind>,
    whole: Vec<WholeCheck>,
}

/// A check of several resources at once.
pub type WholeCheck = fn(&Whole<'_>) -> Vec<Finding>;

impl Kinds {
    /// No kinds.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a kind.
    #[must_use]
    pub fn with<R: Resource>(mut self) -> Self {
        self.kinds.insert(R::KIND, Kind::of::<R>());
        self
    }

    /// Adds a check of several resources at once.
    #[must_use]
    pub fn checking(mut self, check: WholeCheck) -> Self {
        self.whole.push(check);
        self
    }

    /// The findings of all such checks.
    pub fn check_whole(&self, whole: &Whole<'_>) -> Vec<Finding> {
        self.whole.iter().flat_map(|check| check(whole)).collect()
    }

    /// The kind of a name.
    pub fn get(&self, name: &str) -> Option<&Kind> {
        self.kinds.get(name)
    }

    /// All kinds, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Kind> {
        self.kinds.values()
    }
}

/// One kind, erased: what [`Resource`] says of it, over [`Document`]s.
#[derive(Clone, Debug)]
pub struct Kind {
    /// The kind's name in files.
    pub name: &'static str,
    /// [`Resource::FIELDS`].
    pub fields: &'static [Field],
    /// The same as a tree, for walking documents.
    pub tree: FieldTree,
    /// [`Resource::PARTS`].
    pub parts: &'static [Part],
    /// [`Resource::OUTPUTS`].
    pub outputs: &'static [Output],
    /// [`Resource::REQUIRED`].
    pub required: &'static [&'static str],
    /// [`Resource::NAMING`].
    pub naming: Naming,
    /// [`Resource::PRUNE`].
    pub prune: bool,
    /// [`Resource::QUOTA`].
    pub quota: Option<usize>,
    /// [`Resource::HOLDS_DATA`].
    pub holds_data: bool,
    /// [`Resource::is_physical_id`].
    pub is_physical_id: fn(&str) -> bool,
    /// [`Resource::ID_FORM`].
    pub id_form: &'static str,
    /// The JSON Schema of the kind's table.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
    /// Reads a TOML table; positions of errors are those of the deserializer.
    pub read: fn(toml::de::ValueDeserializer<'_>) -> Result<Document, toml::de::Error>,
    /// [`Resource::references`], on a document.
    pub references: ReferencesFn,
    /// [`Resource::impact`], on documents.
    pub impact: fn(&DocumentChange<'_>) -> Result<Impact, DocumentError>,
    /// [`Resource::normalize`], on documents.
    pub normalize: fn(&mut Document, &mut Document, Timestamp) -> Result<(), DocumentError>,
    /// [`Resource::expand`], on a document.
    pub expand: ExpandFn,
    /// [`Resource::export`], on a document.
    pub export: ExportFn,
    /// [`Resource::validate`], on a document.
    pub validate: fn(&Document) -> Result<Vec<Problem>, DocumentError>,
    /// [`Resource::same_scope`], on documents.
    pub same_scope: fn(&Document, &Document) -> Result<bool, DocumentError>,
    /// [`Resource::after_delete`], on a document.
    pub after_delete: fn(&Document, &str) -> Result<Option<String>, DocumentError>,
    /// References, check and normalize in one conversion, for the planner: conversions are what planning costs.
    pub compare: CompareFn,
    /// [`Resource::check`], on documents.
    pub check: CheckFn,
}

/// [`Resource::references`], on a document.
pub type ReferencesFn = fn(&mut Document, &mut dyn FnMut(&str, &mut Reference)) -> Result<(), DocumentError>;

/// [`Resource::check`], on documents.
pub type CheckFn = fn(&Document, Option<&Document>, &Situation<'_>) -> Result<Vec<Finding>, DocumentError>;

/// Shows the references of a desired and a live document, checks the one against the other, then normalizes both.
pub type CompareFn = fn(
    &Document,
    Option<&Document>,
    &Situation<'_>,
    &mut dyn FnMut(Side, &str, &mut Reference),
) -> Result<Compared, DocumentError>;

/// The side of a comparison that a reference stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// What the file says.
    Desired,
    /// What the cloud has.
    Live,
}

/// What [`Kind::compare`] makes of a desired and a live document.
#[derive(Clone, Debug)]
pub struct Compared {
    /// Desired, in comparable form.
    pub desired: Document,
    /// Live, in comparable form; empty where there is no object.
    pub live: Document,
    /// The kind's own findings.
    pub findings: Vec<Finding>,
}

/// [`Resource::expand`], on a document.
pub type ExpandFn = fn(&mut Document, &Networks, &mut dyn FnMut(&str, &str)) -> Result<(), DocumentError>;

/// [`Resource::export`], on a document.
pub type ExportFn = fn(&mut Document, &Exporting<'_>) -> Result<Result<Vec<String>, String>, DocumentError>;

/// [`FieldChange`], before the documents are given their type.
#[derive(Clone, Copy, Debug)]
pub struct DocumentChange<'a> {
    /// Dotted path of the field, or `name`.
    pub path: &'a str,
    /// What is there.
    pub before: Option<&'a Value>,
    /// What is wanted.
    pub after: Option<&'a Value>,
    /// The whole desired document.
    pub desired: &'a Document,
    /// The whole live document.
    pub live: &'a Document,
}

impl Kind {
    /// The table of a typed kind.
    pub fn of<R: Resource>() -> Self {
        Self {
            name: R::KIND,
            fields: R::FIELDS,
            tree: FieldTree::of(R::FIELDS),
            parts: R::PARTS,
            outputs: R::OUTPUTS,
            required: R::REQUIRED,
            naming: R::NAMING,
            prune: R::PRUNE,
            quota: R::QUOTA,
            holds_data: R::HOLDS_DATA,
            is_physical_id: R::is_physical_id,
            id_form: R::ID_FORM,
            schema: R::json_schema,
            read: |deserializer| {
                let resource = R::deserialize(deserializer)?;
                Document::of(&resource).map_err(serde::de::Error::custom)
            },
            references: |document, each| edit::<R, _>(document, |resource| resource.references(each)),
            impact: |change| {
                Ok(R::impact(&FieldChange {
                    path: change.path,
                    before: change.before,
                    after: change.after,
                    desired: &change.desired.to()?,
                    live: &change.live.to()?,
                }))
            },
            normalize: |desired, live, now| {
                let (mut to, mut from) = (desired.to::<R>()?, live.to::<R>()?);
                to.normalize(&mut from, now);
                (*desired, *live) = (Document::of(&to)?, Document::of(&from)?);
                Ok(())
            },
            expand: |document, networks, unknown| edit::<R, _>(document, |resource| resource.expand(networks, unknown)),
            export: |document, exporting| edit::<R, _>(document, |resource| resource.export(exporting)),
            validate: |document| {
                let mut problems = Vec::new();
                document.to::<R>()?.validate(&mut |problem| problems.push(problem));
                Ok(problems)
            },
            same_scope: |desired, live| Ok(desired.to::<R>()?.same_scope(&live.to()?)),
            after_delete: |document, name| Ok(document.to::<R>()?.after_delete(name)),
            compare: compare::<R>,
            check: |desired, live, situation| {
                let live = live.map(Document::to::<R>).transpose()?;
                Ok(check(&desired.to::<R>()?, live.as_ref(), situation))
            },
        }
    }

    /// The part that a top-level field belongs to.
    pub fn part_of(&self, field: &str) -> Option<&'static str> {
        self.parts.iter().find(|part| part.fields.contains(&field)).map(|part| part.name)
    }

    /// The fields of one part, or with `None` those of no part.
    #[must_use]
    pub fn split(&self, document: &Document, part: Option<&str>) -> Document {
        document.only(|field| self.part_of(field) == part)
    }
}

fn check<R: Resource>(desired: &R, live: Option<&R>, situation: &Situation<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    desired.check(&Context { live, situation }, &mut |finding| findings.push(finding));
    findings
}

fn compare<R: Resource>(
    desired: &Document,
    live: Option<&Document>,
    situation: &Situation<'_>,
    each: &mut dyn FnMut(Side, &str, &mut Reference),
) -> Result<Compared, DocumentError> {
    let (mut to, mut from) = (desired.to::<R>()?, live.map(Document::to::<R>).transpose()?);
    to.references(&mut |path, reference| each(Side::Desired, path, reference));
    if let Some(from) = &mut from {
        from.references(&mut |path, reference| each(Side::Live, path, reference));
    }
    let findings = check(&to, from.as_ref(), situation);
    let mut from = from.unwrap_or_default();
    to.normalize(&mut from, situation.now);
    Ok(Compared { desired: Document::of(&to)?, live: Document::of(&from)?, findings })
}

fn edit<R: Resource, T>(document: &mut Document, change: impl FnOnce(&mut R) -> T) -> Result<T, DocumentError> {
    let mut resource = document.to::<R>()?;
    let answer = change(&mut resource);
    *document = Document::of(&resource)?;
    Ok(answer)
}
