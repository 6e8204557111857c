//! From one resource to its steps: create what is missing, update what differs, hold back what cannot be.

use std::collections::HashSet;
use std::net::IpAddr;

use jiff::Timestamp;
use serde_json::Value;

use crate::address::{Address, StepId};
use crate::check::Finding;
use crate::document::{Document, DocumentError};
use crate::environment::{Declared, Environment, Written};
use crate::field_tree::FieldTree;
use crate::kinds::{DocumentChange, Kind};
use crate::manager::TagChange;
use crate::owner::Tags;
use crate::plan::diff::{self, Differing, Selection};
use crate::plan::identity::{Basis, Claim, Identity, Refusal};
use crate::plan::reading::{Names, Reading};
use crate::plan::strangers::Creation;
use crate::plan::{Action, Blocked, Difference, PlanError, Step, findings, tags, template};
use crate::resource::{Impact, Part};

/// Steps as they would be, were nothing else in the plan.
#[derive(Debug, Default)]
pub(super) struct Drafts {
    pub steps: Vec<Draft>,
    pub held: Vec<Held>,
    pub findings: Vec<Finding>,
}

/// A step, and the resources that it names.
#[derive(Debug)]
pub(super) struct Draft {
    pub step: Step,
    /// Named by what it writes: those not there yet have to be made before, and become what it needs.
    pub refers: Vec<Address>,
    /// Named by what was read.
    pub mentions: Vec<Address>,
}

/// A change that is held back, and the resources that it names.
#[derive(Debug)]
pub(super) struct Held {
    pub blocked: Blocked,
    pub refers: Vec<Address>,
}

/// Drafts the steps of one resource after the other.
pub(super) struct Drafter<'a> {
    pub environment: &'a Environment,
    pub identity: &'a Identity<'a>,
    /// Resources to create although something looks like them.
    pub anyway: &'a [Address],
    /// The address that the caller's own connections come from, where it is known.
    pub my_ip: Option<IpAddr>,
    pub now: Timestamp,
    pub drafts: Drafts,
}

/// One resource with all that is known of it.
struct Subject<'a> {
    kind: &'a Kind,
    declared: &'a Declared,
    reading: Reading<'a>,
    /// The value of the tag that remembers the file's keys.
    keys: Option<String>,
    /// Findings that hold back a change, and that nobody silenced.
    objections: Vec<Finding>,
}

/// What an update of the whole does beside changing fields.
#[derive(Clone, Default)]
pub(super) struct Beside {
    pub rename: Option<String>,
    pub reasons: Vec<String>,
    pub tags: TagChange,
    pub tags_before: Tags,
}

impl<'a> Drafter<'a> {
    /// Drafts the steps of a resource.
    pub(super) fn draft(&mut self, kind: &'a Kind, declared: &'a Declared) -> Result<(), PlanError> {
        let address = &declared.address;
        let keys = tags::remembered_keys(declared, kind)
            .map_err(|length| PlanError::TooManyTags { address: address.clone(), length })?;
        self.draft_valid(kind, declared, keys)
            .map_err(|source| PlanError::Document { address: address.clone(), source })
    }

    fn draft_valid(
        &mut self,
        kind: &'a Kind,
        declared: &'a Declared,
        keys: Option<String>,
    ) -> Result<(), DocumentError> {
        let claim = self.identity.claim(&declared.address);
        let names = Names { environment: self.environment, identity: self.identity, my_ip: self.my_ip };
        let mut reading = Reading::of(kind, declared, claim.map(|claim| claim.object), &names, self.now)?;
        let own = reading.compared.findings.drain(..);
        let own: Vec<_> =
            own.map(|finding| Finding { on: finding.on.or(Some(declared.address.clone())), ..finding }).collect();
        let objections =
            own.iter().filter(|finding| finding.blocks.is_some() && findings::is_heard(finding, self.environment));
        let objections = objections.cloned().collect();
        self.drafts.findings.extend(own);
        let subject = Subject { kind, declared, reading, keys, objections };
        if let Some(claim) = claim {
            self.drafts.findings.extend(findings::of_claim(declared, claim));
            return self.existing(&subject, claim);
        }
        if let Some(refusal) = self.identity.refused.get(&declared.address) {
            self.hold(&subject, None, Action::Update, refusal.clone(), Vec::new());
            return Ok(());
        }
        self.missing(subject)
    }

    /// Drafts the updates that give an object the fields of a declaration, and beside them nothing but what is said.
    pub(super) fn put_back(
        &mut self,
        kind: &'a Kind,
        declared: &'a Declared,
        claim: Claim<'a>,
        beside: Beside,
    ) -> Result<(), DocumentError> {
        let names = Names { environment: self.environment, identity: self.identity, my_ip: self.my_ip };
        let mut reading = Reading::of(kind, declared, Some(claim.object), &names, self.now)?;
        // What is remarkable about a few fields alone was remarked of the file; what holds a change back still does.
        let mut own: Vec<_> = reading.compared.findings.drain(..).filter(|finding| finding.blocks.is_some()).collect();
        for finding in &mut own {
            finding.on.get_or_insert_with(|| declared.address.clone());
        }
        self.drafts.findings.extend(own.iter().cloned());
        own.retain(|finding| findings::is_heard(finding, self.environment));
        let subject = Subject { kind, declared, reading, keys: None, objections: own };
        self.updates(&subject, claim, beside)
    }

    /// A resource without an object: a create, and a step for each part that the file says something about.
    fn missing(&mut self, mut subject: Subject<'a>) -> Result<(), DocumentError> {
        let (kind, declared) = (subject.kind, subject.declared);
        let creation = Creation { environment: self.environment, identity: self.identity, anyway: self.anyway };
        let generation = creation.generation(declared);
        if let Some(refusal) = creation.refusal(declared, kind, generation)? {
            self.hold(&subject, None, Action::Create, refusal, Vec::new());
            return Ok(());
        }
        let mut rest = std::mem::take(&mut subject.reading.compared.desired);
        let parts: Vec<_> = kind.parts.iter().map(|part| (part.name, take(part, &mut rest))).collect();
        let set = tags::of_new(self.environment, declared, kind, subject.keys.as_deref());
        let whole = Step {
            tags: TagChange { set, ..TagChange::default() },
            after: Some(rest),
            generation,
            alike: creation.alike(declared, kind),
            ..subject.step(None, Action::Create)
        };
        self.push(whole, subject.reading.take_refers(None), Vec::new());
        for (part, after) in parts.into_iter().filter(|(_, after)| !after.0.is_empty()) {
            let mut refers = subject.reading.take_refers(Some(part));
            refers.push(declared.address.clone());
            let step = Step { after: Some(after), ..subject.step(Some(part), Action::Create) };
            self.push(step, refers, Vec::new());
        }
        Ok(())
    }

    /// A resource with an object: an update of the whole and of each part that differs.
    fn existing(&mut self, subject: &Subject<'a>, claim: Claim<'a>) -> Result<(), DocumentError> {
        let Subject { kind, declared, reading: _, keys, objections: _ } = subject;
        let object = claim.object;
        let tags = tags::difference(self.environment, declared, kind, keys.as_deref(), &object.tags);
        let beside = Beside {
            rename: (object.name.as_ref() != Some(&declared.name)).then(|| declared.name.clone()),
            reasons: reasons(declared, claim),
            tags_before: tags::of_changed(&tags, &object.tags),
            tags,
        };
        self.updates(subject, claim, beside)
    }

    /// An update of the whole and of each part that differs.
    fn updates(&mut self, subject: &Subject<'a>, claim: Claim<'a>, beside: Beside) -> Result<(), DocumentError> {
        let Subject { kind, declared, reading, .. } = subject;
        let object = claim.object;
        let mut found = diff::differing(&kind.tree, &reading.compared.desired, &reading.compared.live);
        if found.is_empty() && beside.rename.is_none() && beside.reasons.is_empty() && beside.tags.is_empty() {
            return Ok(());
        }
        let (before, after) = (object.name.as_deref().map(Into::into), declared.name.as_str().into());
        let mut whole: Vec<_> = found.extract_if(.., |one| kind.part_of(one.field()).is_none()).collect();
        if beside.rename.is_some() {
            whole.insert(0, Differing { path: "name".into(), before: before.as_ref(), after: Some(&after) });
        }
        self.update(subject, claim, None, whole, beside)?;
        for part in kind.parts {
            let of_part = found.extract_if(.., |one| part.fields.contains(&one.field())).collect();
            self.update(subject, claim, Some(part.name), of_part, Beside::default())?;
        }
        Ok(())
    }

    /// One update: of a part, or of the rest.
    fn update(
        &mut self,
        subject: &Subject<'a>,
        claim: Claim<'a>,
        part: Option<&'static str>,
        found: Vec<Differing<'_>>,
        beside: Beside,
    ) -> Result<(), DocumentError> {
        let Subject { kind, declared, reading, .. } = subject;
        let mut differences = Vec::with_capacity(found.len());
        let mut ignored = HashSet::new();
        for one in found {
            let difference = subject.judge(one)?;
            if let Impact::Ignored { why } = &difference.impact {
                self.drafts.findings.push(findings::ignored(&declared.address, &difference, why));
                ignored.insert(difference.path);
            } else {
                differences.push(difference);
            }
        }
        if let Some((why, hint)) = findings::impossible(&differences) {
            self.hold(subject, part, Action::Update, Refusal { why, hint }, differences);
            return Ok(());
        }
        if !differences.is_empty()
            && let Some(refusal) = subject.objection(part)
        {
            self.hold(subject, part, Action::Update, refusal, differences);
            return Ok(());
        }
        let Beside { rename, reasons, tags, tags_before } = beside;
        if differences.is_empty() && rename.is_none() && reasons.is_empty() && tags.is_empty() {
            return Ok(());
        }
        let changed: HashSet<_> = differences.iter().map(|difference| difference.path.as_str()).collect();
        let refers = reading.refers_if(part, |path| changed.contains(path));
        let selection = Selection { changed, ignored: ignored.iter().map(String::as_str).collect() };
        let after = diff::wanted(&kind.tree, &kind.split(&reading.compared.desired, part), &selection);
        let before = diff::before(&kind.tree, &after, &reading.compared.live);
        let step = Step {
            object: Some(claim.object.id.clone()),
            rename,
            reasons,
            differences,
            tags,
            tags_before,
            before: Some(before),
            after: Some(after),
            ..subject.step(part, Action::Update)
        };
        self.push(step, refers, reading.mentions(part));
        Ok(())
    }

    fn push(&mut self, step: Step, refers: Vec<Address>, mentions: Vec<Address>) {
        self.drafts.steps.push(Draft { step, refers, mentions });
    }

    fn hold(
        &mut self,
        subject: &Subject<'a>,
        part: Option<&str>,
        action: Action,
        refusal: Refusal,
        differences: Vec<Difference>,
    ) {
        let id = StepId { address: subject.declared.address.clone(), part: part.map(str::to_owned) };
        let Refusal { why, hint } = refusal;
        let blocked = Blocked { id, action, why, hint, differences };
        self.drafts.held.push(Held { blocked, refers: subject.reading.refers_if(part, |_| true) });
    }
}

impl Subject<'_> {
    /// A step of a part, or of the rest, that says nothing but what it acts on.
    fn step(&self, part: Option<&str>, action: Action) -> Step {
        let id = StepId { address: self.declared.address.clone(), part: part.map(str::to_owned) };
        Step { written: self.written(part), ..Step::new(id, action, self.declared.name.as_str()) }
    }

    /// The findings that hold back the change of a part, or of the rest.
    fn objection(&self, part: Option<&str>) -> Option<Refusal> {
        let blocks = |finding: &&Finding| finding.blocks.as_deref().map(|field| self.kind.part_of(field)) == Some(part);
        findings::refusal(self.objections.iter().filter(blocks))
    }

    /// The lists of a part, or of the rest, in which the file writes names of networks.
    fn written(&self, part: Option<&str>) -> Written {
        let of_part = |path: &str| self.kind.part_of(path.split('.').next().unwrap_or(path)) == part;
        let written = self.declared.written.iter().filter(|(path, _)| of_part(path));
        written.map(|(path, list)| (path.clone(), list.clone())).collect()
    }

    /// Asks the kind what a difference costs.
    fn judge(&self, found: Differing<'_>) -> Result<Difference, DocumentError> {
        let Differing { path, before, after } = found;
        let (desired, live) = (&self.reading.compared.desired, &self.reading.compared.live);
        let impact = (self.kind.impact)(&DocumentChange { path: &path, before, after, desired, live })?;
        let unfilled = |tree: &FieldTree| after.is_some_and(|after| template::is_unfilled(tree, after));
        let known_after_apply = self.kind.tree.at(&path).is_some_and(unfilled);
        Ok(Difference { path, before: before.cloned(), after: after.cloned(), impact, known_after_apply })
    }
}

/// Takes the fields of a part out of a document.
fn take(part: &Part, document: &mut Document) -> Document {
    let of_part = |(field, _): &(String, Value)| part.fields.contains(&field.as_str());
    let (taken, rest) = std::mem::take(&mut document.0).into_iter().partition(of_part);
    document.0 = rest;
    Document(taken)
}

/// Why there is a step, where differences do not say it.
fn reasons(declared: &Declared, claim: Claim<'_>) -> Vec<String> {
    let basis = match (claim.basis, &declared.renamed_from) {
        (Basis::FormerAddress, Some(former)) => Some(format!("renamed from {former}")),
        (Basis::Tags | Basis::FormerAddress, _) => None,
        (Basis::SomeTags, _) => Some("tags repaired".to_owned()),
        (Basis::Adopted, _) => Some("adopted".to_owned()),
    };
    basis.into_iter().chain(claim.object.unfinished.clone()).collect()
}
