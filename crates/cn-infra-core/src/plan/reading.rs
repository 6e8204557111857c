//! One resource ready to be compared: templates filled, objects named by addresses, equal meaning made equal value.

use std::borrow::Cow;
use std::net::IpAddr;

use jiff::Timestamp;

use crate::address::{Address, Reference};
use crate::check::Situation;
use crate::document::{Document, DocumentError};
use crate::environment::{Declared, Environment};
use crate::field_tree::FieldTree;
use crate::kinds::{Compared, Kind, Side};
use crate::live::Object;
use crate::plan::identity::Identity;
use crate::plan::template;
use crate::resource::Role;

/// A desired and a live document in comparable form, and the resources that they name.
pub(super) struct Reading<'a> {
    pub compared: Compared,
    desired: Vec<Named<'a>>,
    live: Vec<Named<'a>>,
}

/// A resource named in a field.
struct Named<'a> {
    address: Cow<'a, Address>,
    part: Option<&'static str>,
    /// The field's path, if only a create uses the field.
    create_only: Option<String>,
}

impl<'a> Reading<'a> {
    /// Reads a resource and its object, if it has one.
    pub(super) fn of(
        kind: &Kind,
        declared: &Declared,
        object: Option<&Object>,
        names: &Names<'a>,
        now: Timestamp,
    ) -> Result<Self, DocumentError> {
        let (mut desired, mut live) = (Vec::new(), Vec::new());
        let filled = names.fill(kind, &declared.document, &mut desired);
        let situation = Situation { tier: names.environment.tier, now, name: &declared.name, my_ip: names.my_ip };
        let mut each = |side: Side, path: &str, reference: &mut Reference| {
            if let Some(address) = names.rewrite(reference) {
                let into = if side == Side::Desired { &mut desired } else { &mut live };
                into.push(Named::at(kind, path, address));
            }
        };
        let document = filled.as_ref().unwrap_or(&declared.document);
        let compared = (kind.compare)(document, object.map(|object| &object.live), &situation, &mut each)?;
        Ok(Self { compared, desired, live })
    }

    /// Takes the resources that a create of a part or the rest refers to.
    pub(super) fn take_refers(&mut self, part: Option<&str>) -> Vec<Address> {
        let of_part = self.desired.extract_if(.., |named| named.part == part);
        of_part.map(|named| named.address.into_owned()).collect()
    }

    /// The resources that an update refers to: fields that only a create uses do not count, unless they change.
    pub(super) fn refers_if(&self, part: Option<&str>, changed: impl Fn(&str) -> bool) -> Vec<Address> {
        let of_part = self.desired.iter().filter(|named| named.part == part);
        let used = of_part.filter(|named| named.create_only.as_deref().is_none_or(&changed));
        used.map(|named| named.address.clone().into_owned()).collect()
    }

    /// The resources that the live side names.
    pub(super) fn mentions(&self, part: Option<&str>) -> Vec<Address> {
        self.live.iter().filter(|named| named.part == part).map(|named| named.address.clone().into_owned()).collect()
    }
}

impl<'a> Named<'a> {
    fn at(kind: &Kind, path: &str, address: Cow<'a, Address>) -> Self {
        let field = path.split('.').next().unwrap_or(path);
        let create_only = matches!(kind.tree.at(path), Some(FieldTree::Leaf { role: Role::CreateOnly, .. }));
        Self { address, part: kind.part_of(field), create_only: create_only.then(|| path.to_owned()) }
    }
}

/// Addresses for physical ids, and outputs for templates.
#[derive(Clone, Copy)]
pub(super) struct Names<'a> {
    pub environment: &'a Environment,
    pub identity: &'a Identity<'a>,
    /// The address that the caller's own connections come from, where it is known.
    pub my_ip: Option<IpAddr>,
}

impl<'a> Names<'a> {
    /// Makes a reference an address where one is known for it; an object of someone else keeps its id.
    pub(super) fn rewrite(&self, reference: &mut Reference) -> Option<Cow<'a, Address>> {
        match reference {
            Reference::Foreign(id) => {
                let address = self.identity.address(id)?;
                *reference = Reference::Resource(address.clone());
                Some(Cow::Borrowed(address))
            }
            Reference::Resource(address) => {
                if address.environment.as_ref() == Some(&self.environment.name) {
                    address.environment = None;
                }
                Some(Cow::Owned(address.clone()))
            }
        }
    }

    /// The document with its templates filled, if it has any.
    fn fill(&self, kind: &Kind, document: &Document, named: &mut Vec<Named<'a>>) -> Option<Document> {
        let may_hold_one = kind.fields.iter().any(|field| field.file);
        if !may_hold_one || template::unfilled_field(&kind.tree, document).is_none() {
            return None;
        }
        let mut filled = document.clone();
        template::fill(&kind.tree, &mut filled, &mut |field, address, output| {
            let mut reference = Reference::Resource(address.clone());
            let address = self.rewrite(&mut reference)?;
            let value = self.identity.object(&address).and_then(|object| object.outputs.get(output).cloned());
            named.push(Named::at(kind, field, address));
            value
        });
        Some(filled)
    }
}
