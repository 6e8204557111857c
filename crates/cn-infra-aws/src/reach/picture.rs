//! The groups, servers, databases and addresses that reach is about: as the account has them, or as the file wants them.

use std::collections::{BTreeMap, BTreeSet};

use cn_infra_core::address::{Address, Reference};
use cn_infra_core::check::Whole;
use cn_infra_core::document::{Document, DocumentError};
use cn_infra_core::environment::Environment;
use cn_infra_core::kinds::Kinds;
use cn_infra_core::live::Object;
use cn_infra_core::plan::identity::Identity;
use cn_infra_core::resource::Resource;

use crate::db_instance::DbInstance;
use crate::elastic_ip::{ElasticIp, Target};
use crate::instance::Instance;
use crate::security_group::SecurityGroup;

const KINDS: [&str; 4] = [SecurityGroup::KIND, Instance::KIND, DbInstance::KIND, ElasticIp::KIND];

/// Objects by kind and by what the file calls them; what no file calls anything, by id.
#[derive(Clone, Debug, Default)]
pub(crate) struct Picture(BTreeMap<(String, Reference), Document>);

impl Picture {
    /// What the file alone says.
    pub fn declared(environment: &Environment) -> Self {
        let mut picture = Self::default();
        for (address, declared) in &environment.resources {
            picture.put(&address.kind, Reference::Resource(address.clone()), declared.document.clone());
        }
        picture
    }

    /// What the account has: everything of the environment, and whatever else bears one of its groups.
    pub fn live(whole: &Whole<'_>) -> Result<Self, DocumentError> {
        let Some((live, identity)) = whole.live else { return Ok(Self::default()) };
        let mut picture = Self::default();
        for kind in KINDS {
            for object in live.kind(kind).iter().filter(|object| object.readiness.is_present()) {
                picture.put(kind, name(object, identity), named(kind, object, identity, whole.kinds)?);
            }
        }
        let own = picture.own_groups();
        picture.0.retain(|(kind, name), document| {
            let is_server = [Instance::KIND, DbInstance::KIND].contains(&kind.as_str());
            !is_server || is_local(name) || groups_in(document).iter().any(|group| own.contains(group))
        });
        Ok(picture)
    }

    /// This one once the file holds: what the file leaves out stays as it is.
    pub fn applied(&self, environment: &Environment) -> Self {
        let mut after = self.clone();
        for ((kind, name), Document(fields)) in Self::declared(environment).0 {
            after.0.entry((kind, name)).or_default().0.extend(fields);
        }
        after
    }

    /// The objects of one kind, by their names.
    pub fn all<R: Resource>(&self) -> Result<BTreeMap<Reference, R>, DocumentError> {
        let of_kind = self.0.iter().filter(|((kind, _), _)| kind == R::KIND);
        of_kind.map(|((_, name), document)| Ok((name.clone(), document.to::<R>()?))).collect()
    }

    /// The servers that an elastic IP points at.
    pub fn addressed(&self) -> Result<BTreeSet<Reference>, DocumentError> {
        let targets = self.all::<ElasticIp>()?.into_values().filter_map(|address| address.instance);
        Ok(targets
            .filter_map(|target| match target {
                Target::Instance(instance) => Some(instance.get().clone()),
                Target::None => None,
            })
            .collect())
    }

    fn put(&mut self, kind: &str, name: Reference, document: Document) {
        if KINDS.contains(&kind) {
            self.0.insert((kind.to_owned(), name), document);
        }
    }

    /// The groups of the environment, by the names that servers give them.
    fn own_groups(&self) -> BTreeSet<String> {
        let groups = self.0.keys().filter(|(kind, _)| kind == SecurityGroup::KIND).map(|(_, name)| name);
        groups.filter(|name| is_local(name)).map(ToString::to_string).collect()
    }
}

/// What a document says of its groups; servers and databases say it alike.
fn groups_in(document: &Document) -> Vec<String> {
    let groups = document.get("security_groups").and_then(|groups| groups.as_array());
    groups.into_iter().flatten().filter_map(|group| group.as_str()).map(str::to_owned).collect()
}

fn is_local(name: &Reference) -> bool {
    matches!(name, Reference::Resource(Address { environment: None, .. }))
}

fn name(object: &Object, identity: &Identity<'_>) -> Reference {
    match identity.address(&object.id) {
        Some(address) => Reference::Resource(address.clone()),
        None => Reference::Foreign(object.id.clone()),
    }
}

/// The object's fields, with addresses instead of ids where they are known.
fn named(kind: &str, object: &Object, identity: &Identity<'_>, kinds: &Kinds) -> Result<Document, DocumentError> {
    let mut document = object.live.clone();
    if let Some(kind) = kinds.get(kind) {
        (kind.references)(&mut document, &mut |_, reference| {
            if let Reference::Foreign(id) = reference
                && let Some(address) = identity.address(id)
            {
                *reference = Reference::Resource(address.clone());
            }
        })?;
    }
    Ok(document)
}
