//! What is exported: the environment's own objects, and those that nobody owns.

use std::collections::{BTreeMap, BTreeSet};

use super::Source;
use super::names;
use crate::address::Address;
use crate::live::Object;
use crate::owner::PROJECT;
use crate::plan::identity::{Basis, Identity};

/// One object, and how the file calls it.
pub(super) struct Subject<'a> {
    pub address: Address,
    pub object: &'a Object,
    /// Whether no tag says whose it is.
    pub adopt: bool,
}

/// By address, so that the same account is written in the same order.
pub(super) fn subjects<'a>(source: &Source<'a>, identity: &Identity<'a>) -> Vec<Subject<'a>> {
    let mut subjects: BTreeMap<Address, Subject<'a>> = BTreeMap::new();
    let claims = source.environment.resources.keys().filter_map(|address| Some((address, identity.claim(address)?)));
    for (address, claim) in claims {
        let adopt = claim.basis == Basis::Adopted;
        subjects.insert(address.clone(), Subject { address: address.clone(), object: claim.object, adopt });
    }
    for (address, object) in identity.unlisted() {
        let subject = Subject { address: address.clone(), object, adopt: false };
        subjects.entry(address.clone()).or_insert(subject);
    }
    if source.strangers {
        let taken: BTreeSet<_> = subjects.values().map(|subject| &subject.object.id).collect();
        let strangers = strangers(source, |object| taken.contains(&object.id));
        for (kind, object) in strangers {
            let name = names::resource(source.environment, object);
            let address = names::free(&name, |name| subjects.contains_key(&Address::new(kind, name)));
            let address = Address::new(kind, address);
            subjects.insert(address.clone(), Subject { address, object, adopt: true });
        }
    }
    subjects.into_values().collect()
}

/// What nobody owns, by name.
fn strangers<'a>(source: &Source<'a>, is_taken: impl Fn(&Object) -> bool) -> Vec<(&'static str, &'a Object)> {
    let is_stranger =
        |object: &Object| object.readiness.is_present() && !object.tags.contains_key(PROJECT) && !is_taken(object);
    let mut strangers: Vec<_> = source.live.all().filter(|(_, object)| is_stranger(object)).collect();
    strangers.sort_by(|(_, one), (_, other)| (&one.name, &one.id).cmp(&(&other.name, &other.id)));
    strangers
}
